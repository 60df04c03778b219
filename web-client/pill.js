import { make, setText } from './dom.js';
import { pillDetail } from './words.js';

/** The pill that says the state in a word, the same on every page. */
export class Pill {
  element = make('span', 'pill');
  #word = make('b');
  #detail = make('span', 'pill-detail');

  constructor() {
    const dot = make('span', 'dot');
    dot.ariaHidden = 'true';
    this.element.append(dot, this.#word, this.#detail);
  }

  /** @param {import('./freshness.js').Verdict} verdict */
  draw(verdict) {
    this.write(verdict.state, pillDetail(verdict));
  }

  /** @param {string} word @param {string} detail */
  write(word, detail) {
    setText(this.#word, word);
    setText(this.#detail, detail);
    if (this.element.dataset.state !== word) this.element.dataset.state = word;
  }
}
