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
  #alt;

  /**
   * @param {string} name the channel
   * @param {object} [options]
   * @param {boolean} [options.namesChannel] is the channel named in the words? It must be where several are shown
   * @param {HTMLElement} [options.below] stands below the words
   * @param {string} [options.alt] the picture in words, where the words beside it say already of what and when it is
   */
  constructor(name, options = {}) {
    /** @param {import('./freshness.js').Verdict} verdict @param {number} nowMs server time */
    this.#alt = (verdict, nowMs) => options.alt ?? alt(name, verdict, nowMs);
    this.img.hidden = true;
    this.img.alt = '';
    this.#say.hidden = true;
    if (options.namesChannel) this.#say.append(make('em', '', [name]));
    this.#say.append(this.#headline, this.#sentence, ...(options.below ? [options.below] : []));
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
    if (this.element.dataset.state !== verdict.state) this.element.dataset.state = verdict.state;
    // Changes with the second at most, since some screen readers follow it.
    const text = this.#alt(verdict, nowMs);
    if (this.img.alt !== text) this.img.alt = text;
  }

  /** Takes the picture's shape, so that nothing beside it moves when the next one comes. @param {number} width @param {number} height */
  shape(width, height) {
    if (width > 0 && height > 0) this.element.style.setProperty('--shape', `${width} / ${height}`);
  }
}
