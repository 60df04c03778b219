import { setText } from './dom.js';

/** @typedef {import('./freshness.js').Verdict['refusal']} Refusal */

/** What is on the button for who does not come back by themselves. @type {Readonly<Record<string, string | undefined>>} */
const WORDS = Object.freeze({ displaced: 'Watch here', closed: 'Try again', password: 'Enter password' });

/** The button of a channel that this viewer was sent away from, or not let in to. */
export class AgainButton {
  element;
  #name;
  /** @type {Refusal} */
  #refusal = '';

  /**
   * @param {HTMLButtonElement} element
   * @param {() => void} onAgain asks the server once more
   * @param {string} [name] the channel, where there are several
   */
  constructor(element, onAgain, name = '') {
    this.element = element;
    this.#name = name;
    element.type = 'button';
    element.hidden = true;
    // The server has the form for a password in the place of the page.
    element.addEventListener('click', () => (this.#refusal === 'password' ? location.reload() : onAgain()));
  }

  /** @param {Refusal} refusal */
  draw(refusal) {
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    const words = WORDS[refusal] ?? '';
    this.element.hidden = words === '';
    setText(this.element, words);
    if (this.#name !== '') this.element.setAttribute('aria-label', `${words}: ${this.#name}`);
  }
}
