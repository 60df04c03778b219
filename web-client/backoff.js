/** The wait after the first failure; each further failure doubles it. */
export const FIRST_WAIT_MS = 250;
/** No wait is longer, however many attempts have failed. */
export const LONGEST_WAIT_MS = 10_000;

/**
 * How long to wait before the next attempt. It counts attempts and reads no clock, so a sleeping machine or a clock that
 * jumps cannot confuse it. The upper half of each wait is random: after a restart of the server not all viewers come at once.
 */
export class Backoff {
  #failures = 0;
  #random;

  /** @param {() => number} random gives 0 up to, but not including, 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** How many attempts have failed in a row. */
  get failures() {
    return this.#failures;
  }

  /** Counts one failure. @returns {number} milliseconds to wait */
  next() {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    return wait * (0.5 + this.#random() / 2);
  }

  /** An attempt succeeded: the next failure begins small again. */
  reset() {
    this.#failures = 0;
  }
}
