/**
 * Paces a poll over several channels without being unfair: within a round each channel is answered once, as fast as the
 * server answers; then comes the pause. Pauses between single answers would let a busy channel take every one of them.
 */
export class Rounds {
  #size;
  /** @type {Set<string>} channels answered in this round */
  #answered = new Set();
  #beganMs = -Infinity;

  /** @param {number} size how many channels there are */
  constructor(size) {
    this.#size = size;
  }

  /**
   * A channel was answered.
   * @param {string} channel @param {number} steadyMs
   * @param {number} paceMs rounds begin no nearer together than this
   * @returns {number} milliseconds to wait before the next poll
   */
  pauseAfter(channel, steadyMs, paceMs) {
    if (steadyMs - this.#beganMs > paceMs) this.#begin(steadyMs);
    const again = this.#answered.has(channel);
    this.#answered.add(channel);
    if (!again && this.#answered.size < this.#size) return 0;
    const pauseMs = Math.max(0, this.#beganMs + paceMs - steadyMs);
    this.#begin(steadyMs + pauseMs);
    return pauseMs;
  }

  /** @param {number} steadyMs */
  #begin(steadyMs) {
    this.#answered.clear();
    this.#beganMs = steadyMs;
  }
}
