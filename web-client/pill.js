import { make, setText } from './dom.js';
import { pillDetail } from './words.js';

/** The pill that says the state in a word, the same on every page. */
export class Pill {
  element = make('span', 'pill');
  #word = make('b');
  #detail = make('span', 'pill-detail');

  constructor() {
    const dot = make('span', 'dot');
    // An age that changes all the time is no part of a link's name, and is told otherwise: see `alt`.
    for (const part of [dot, this.#detail]) part.setAttribute('aria-hidden', 'true');
    this.element.append(dot, this.#word, this.#detail);
  }

  /** @param {import('./freshness.js').Verdict} verdict @param {number} nowMs server time */
  draw(verdict, nowMs) {
    setText(this.#word, verdict.state);
    setText(this.#detail, pillDetail(verdict, nowMs));
    if (this.element.dataset.state !== verdict.state) this.element.dataset.state = verdict.state;
  }
}
