/**
 * The server's clock, as far as this page can know it: the server tells its time in every answer, and between answers the
 * page's steady clock carries it on. The viewer's own time of day may be wrong by years and is never asked.
 */
export class ServerClock {
  /** @type {number | null} server milliseconds minus steady milliseconds */
  #offsetMs = null;
  #steadyMs;

  /** @param {() => number} steadyMs a clock that never jumps */
  constructor(steadyMs = () => performance.now()) {
    this.#steadyMs = steadyMs;
  }

  /** Has the server told its time yet? */
  get isSet() {
    return this.#offsetMs !== null;
  }

  /** The server's time was `nowMs` just now. @param {number} nowMs */
  set(nowMs) {
    this.#offsetMs = nowMs - this.#steadyMs();
  }

  /** @returns {number} the server's time, milliseconds since 1970; 0 until it has told it */
  now() {
    return this.#offsetMs === null ? 0 : this.#steadyMs() + this.#offsetMs;
  }
}
