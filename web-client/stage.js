import { make, setText } from './dom.js';
import { isDimmed } from './freshness.js';
import { alt, say } from './words.js';

/** A picture, and the words that stand on it, or in its place, when it is not live. */
export class Stage {
  element = make('div', 'stage');
  img = make('img', 'picture');
  #say = make('div', 'say');
  #headline = make('strong');
  #sentence = make('span');
  #name;
  #alt = '';

  /**
   * @param {string} name the channel
   * @param {{ namesChannel?: boolean }} [options] is the channel named in the words? It must be where several are shown
   */
  constructor(name, { namesChannel = false } = {}) {
    this.#name = name;
    this.img.hidden = true;
    this.img.alt = '';
    this.#say.hidden = true;
    if (namesChannel) this.#say.append(make('em', '', [name]));
    this.#say.append(this.#headline, this.#sentence);
    this.element.append(this.img, this.#say);
  }

  /** @param {import('./freshness.js').Verdict} verdict @param {number} nowMs server time */
  draw(verdict, nowMs) {
    const words = say(verdict, nowMs);
    this.#say.hidden = words === null;
    setText(this.#headline, words?.headline ?? '');
    setText(this.#sentence, words?.sentence ?? '');
    this.element.classList.toggle('dimmed', isDimmed(verdict));
    this.element.classList.toggle('empty', verdict.capturedAtMs === null);
    this.element.dataset.state = verdict.state;
    this.#drawAlt(verdict, nowMs);
  }

  /** Takes the picture's shape, so that nothing beside it moves when the next one comes. @param {number} width @param {number} height */
  shape(width, height) {
    if (width > 0 && height > 0) this.element.style.setProperty('--shape', `${width} / ${height}`);
  }

  /** Changes with the second at most, since some screen readers follow it. @param {import('./freshness.js').Verdict} verdict @param {number} nowMs */
  #drawAlt(verdict, nowMs) {
    const text = alt(this.#name, verdict, nowMs);
    if (text === this.#alt) return;
    this.#alt = text;
    this.img.alt = text;
  }
}
