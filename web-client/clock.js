/** The best offset is looked for anew this often, since two clocks never run at quite the same pace. */
const WINDOW_MS = 120_000;
/** An answer that was that much longer on its way than the best one is rather one of a clock that was set back. */
const SET_BACK_MS = 5_000;

/**
 * The server's clock, as far as this page can know it: the server tells its time in every answer, and between answers the
 * page's steady clock carries it on. The answer that was least delayed on its way counts: by any other one a picture
 * would seem younger than it is. The viewer's own time of day may be wrong by years and is never asked.
 */
export class ServerClock {
  /** Server milliseconds minus steady milliseconds: the largest of this window, and of the one before. */
  #best = -Infinity;
  #bestBefore = -Infinity;
  #windowMs = 0;
  /** Did the last answer look like one of a clock that was set back? */
  #seemsSetBack = false;
  #steadyMs;

  /** @param {() => number} steadyMs a clock that never jumps */
  constructor(steadyMs = () => performance.now()) {
    this.#steadyMs = steadyMs;
  }

  get #offsetMs() {
    return Math.max(this.#best, this.#bestBefore);
  }

  /** The server's time was `nowMs` when it sent the answer that is here now. @param {number} nowMs */
  set(nowMs) {
    const steadyMs = this.#steadyMs();
    const offsetMs = nowMs - steadyMs;
    const wasSetBack = offsetMs < this.#offsetMs - SET_BACK_MS;
    // A single one was only slow.
    if (wasSetBack && this.#seemsSetBack) this.#best = this.#bestBefore = -Infinity;
    this.#seemsSetBack = wasSetBack && !this.#seemsSetBack;
    if (this.#seemsSetBack) return;
    if (steadyMs - this.#windowMs > WINDOW_MS) {
      this.#bestBefore = this.#best;
      this.#best = -Infinity;
      this.#windowMs = steadyMs;
    }
    this.#best = Math.max(this.#best, offsetMs);
  }

  /** @returns {number} the server's time, milliseconds since 1970; 0 until it has told it */
  now() {
    return this.#offsetMs === -Infinity ? 0 : this.#steadyMs() + this.#offsetMs;
  }
}
