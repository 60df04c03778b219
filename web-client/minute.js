/** @typedef {import('./freshness.js').Announced} Announced */

/** The server keeps the pictures of a live broadcast for so long. */
export const MINUTE_MS = 60_000;
/** Ten a second are enough to find a moment, and keep what a page remembers small. */
const APART_MS = 90;
/** More than fit into a minute so far apart. */
const MOST = 700;

/**
 * The pictures of a channel's last minute by their messages, oldest first. None of them is fetched before somebody looks at it,
 * and none is kept afterwards.
 */
export class Minute {
  /** @type {Announced[]} */
  #frames = [];
  /** The seconds of message ids of which a picture is known. @type {Set<number>} */
  #seconds = new Set();

  /** The newest picture known. */
  get newest() {
    return this.#frames[this.#frames.length - 1] ?? null;
  }

  /** The oldest picture that the server has still. @param {number} nowMs server time */
  oldest(nowMs) {
    this.#forgetBefore(nowMs - MINUTE_MS);
    return this.#frames[0] ?? null;
  }

  /** @param {Announced} frame @param {number} second of its message's id; NaN if unknown */
  add(frame, second) {
    if (second >= 0) this.#seconds.add(second);
    const place = this.#placeOf(frame.captured_at_ms);
    const isCrowded = [this.#frames[place - 1], this.#frames[place]].some((near) => (
      near && Math.abs(near.captured_at_ms - frame.captured_at_ms) < APART_MS));
    if (!isCrowded) this.#frames.splice(place, 0, frame);
    if (this.#frames.length > MOST) this.#forget(1);
    this.#forgetBefore((this.newest?.captured_at_ms ?? 0) - MINUTE_MS);
  }

  /** Is a picture known whose message's id is of this second? @param {number} second */
  knows(second) {
    return this.#seconds.has(second);
  }

  /** The picture taken nearest to this moment. @param {number} atMs server time */
  nearest(atMs) {
    const place = this.#placeOf(atMs);
    const [before, after] = [this.#frames[place - 1], this.#frames[place]];
    if (!before || !after) return before ?? after ?? null;
    return atMs - before.captured_at_ms <= after.captured_at_ms - atMs ? before : after;
  }

  /** The picture after this one, or before it. @param {number} atMs when this one was taken @param {1 | -1} way */
  next(atMs, way) {
    const place = this.#placeOf(atMs);
    if (way < 0) return this.#frames[place - 1] ?? null;
    return this.#frames.slice(place).find(({ captured_at_ms }) => captured_at_ms > atMs) ?? null;
  }

  /** The server has this one no more. @param {string} url */
  drop(url) {
    this.#frames = this.#frames.filter((frame) => frame.url !== url);
  }

  clear() {
    this.#frames = [];
    this.#seconds.clear();
  }

  /** How many of them were taken before this moment. @param {number} atMs */
  #placeOf(atMs) {
    // Nearly always the newest one is added.
    let place = this.#frames.length;
    while (place > 0 && (this.#frames[place - 1]?.captured_at_ms ?? 0) >= atMs) place -= 1;
    return place;
  }

  /** @param {number} atMs */
  #forgetBefore(atMs) {
    const gone = this.#placeOf(atMs);
    if (gone > 0) this.#forget(gone);
    // By another clock, perhaps, but one as long: a second more than are told apart is forgotten too.
    const newest = Math.max(...this.#seconds);
    for (const second of this.#seconds) if (second < newest - MINUTE_MS / 1000 - 1) this.#seconds.delete(second);
  }

  /** @param {number} count of the oldest */
  #forget(count) {
    this.#frames.splice(0, count);
  }
}
