/**
 * Permits for pictures on their way. A browser opens six connections to a server; if pictures took all of them, the poll
 * that announces the next ones would wait behind them.
 */
export class Slots {
  #free;
  /** @type {(() => void)[]} first come, first served; as long as the page has channels at most */
  #queue = [];

  /** @param {number} count */
  constructor(count) {
    this.#free = count;
  }

  /** @returns {Promise<void>} kept when the caller may go; it owes a `give` then */
  take() {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  /** Hands the permit on. */
  give() {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free += 1;
  }
}
