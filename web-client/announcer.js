/** A state that lasts less is not worth interrupting a listener for. */
const SETTLED_MS = 1_000;

/**
 * Tells screen readers when a state changed: never each picture, never an age, and not what flickers.
 */
export class Announcer {
  #say;
  #state = '';
  #sinceMs = 0;
  #said = '';

  /** @param {(text: string) => void} say puts a text into an element with role=status */
  constructor(say) {
    this.#say = say;
  }

  /**
   * @param {string} state what decides whether something changed
   * @param {string} text what is said about it
   * @param {number} steadyMs
   */
  note(state, text, steadyMs) {
    if (state !== this.#state) {
      this.#state = state;
      this.#sinceMs = steadyMs;
    }
    if (state === this.#said || steadyMs - this.#sinceMs < SETTLED_MS) return;
    this.#said = state;
    this.#say(text);
  }
}
