/** A state that lasts less is not worth interrupting a listener for. */
const SETTLED_MS = 1_000;

/**
 * Tells screen readers when a state changed: never each picture, never an age, and not what is as before within a second.
 */
export class Announcer {
  #say;
  #said = '';
  /** When the state was last the one that was said. @type {number | null} */
  #saidMs = null;

  /** @param {(text: string) => void} say puts a text into an element with role=status */
  constructor(say) {
    this.#say = say;
  }

  /** Nobody follows what it is about. Of the next state it is not known since when it lasts. */
  rest() {
    this.#saidMs = null;
  }

  /**
   * @param {string} state what decides whether something changed
   * @param {string} text what is said about it
   * @param {number} steadyMs
   */
  note(state, text, steadyMs) {
    if (state === this.#said) this.#saidMs = steadyMs;
    this.#saidMs ??= steadyMs;
    if (steadyMs - this.#saidMs < SETTLED_MS) return;
    this.#said = state;
    this.#saidMs = steadyMs;
    this.#say(text);
  }
}
