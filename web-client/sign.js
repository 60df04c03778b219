import { byId } from './dom.js';
import { State } from './states.js';

/** @type {ReadonlySet<string>} */
const BETWEEN = new Set([State.Late, State.Paused, State.Stalled, State.Unreachable]);

/** What is seen of a page from another tab: its title and its icon. A state is told by word and shape, not by colour alone. */
export class Sign {
  #icon = byId('icon', HTMLElement);
  #shown = '';

  /** @param {string} state @param {string} [words] what it is the state of */
  show(state, words = '') {
    const [mark, icon] = state === State.Live ? ['●', 'live'] : BETWEEN.has(state) ? ['◐', 'late'] : ['○', 'off'];
    this.#set(`${[mark, state, words].filter(Boolean).join(' ')} · Cometcam`, `/client/icon-${icon}.svg`);
  }

  /** Nothing is known. @param {string} words */
  rest(words) {
    this.#set(words === '' ? 'Cometcam' : `${words} · Cometcam`, '/client/icon.svg');
  }

  /** @param {string} title @param {string} icon */
  #set(title, icon) {
    if (document.title !== title) document.title = title;
    if (icon !== this.#shown) this.#icon.setAttribute('href', icon);
    this.#shown = icon;
  }
}
