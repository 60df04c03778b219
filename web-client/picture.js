import { Backoff } from './backoff.js';
import { brokenOff, wait, within } from './later.js';
import { Slots } from './slots.js';

/** @typedef {import('./freshness.js').Announced} Announced */

/** A picture of which nothing has come for so long is given up; one that is slow, but comes, is not. */
const STALL_MS = 20_000;

/** The server says that the picture is over. */
class OverError extends Error {}

/**
 * A picture that was decoded, and can be shown.
 * @typedef {object} Ready
 * @property {Announced} frame
 * @property {Blob | null} blob its bytes; null if it is from another server, which doesn't let a page read it
 * @property {string} url an object URL, if there are bytes
 */

/**
 * Puts the newest picture on the screen: one is fetched at a time, and of those announced meanwhile only the newest stays.
 * So a slow viewer sees fewer pictures, but never late ones. Only ever two `<img>` are used: the one on the page, and one
 * beside it that decodes, so that a damaged picture never gets onto the page. Memory stays flat: of the object URLs only
 * the one on the screen lives on.
 */
export class Picture {
  #img;
  #ahead = new Image();
  #slots;
  #onShown;
  #onOver;
  #onPast;
  #backoff = new Backoff();
  /** @type {Announced | null} announced, to be fetched when the one in flight is done */
  #waiting = null;
  /** The address of the newest one announced that is waiting, on its way, or on the screen. */
  #wanted = '';
  /** @type {Ready | null} on the screen */
  #shown = null;
  #fetching = false;
  #held = false;
  #stop = new AbortController();

  /**
   * @param {HTMLImageElement} img
   * @param {object} options
   * @param {() => void} options.onShown another picture is on the screen
   * @param {() => void} options.onOver the server no longer gives out the newest picture: its broadcast is over
   * @param {(url: string) => void} [options.onPast] the server has a picture no more that was picked out of the last minute
   * @param {Slots} [options.slots] shared with the page's other pictures
   */
  constructor(img, { onShown, onOver, onPast = () => {}, slots = new Slots(1) }) {
    this.#img = img;
    this.#onPast = onPast;
    this.#onShown = onShown;
    this.#onOver = onOver;
    this.#slots = slots;
  }

  /** The picture on the screen. */
  get shown() {
    return this.#shown && this.#shown.frame;
  }

  /** The bytes of the picture on the screen. */
  get shownBlob() {
    return this.#shown && this.#shown.blob;
  }

  /** Is the picture on the screen held, or the place where none is yet? */
  get isHeld() {
    return this.#held;
  }

  /** How often in a row a picture could not be had. */
  get failures() {
    return this.#backoff.failures;
  }

  /** A picture is announced, or told once more. @param {Announced} frame */
  offer(frame) {
    if (!this.#held) this.#want(frame);
  }

  /** Holds another picture than the one on the screen. Of those picked while one is on its way only the last one counts. @param {Announced} frame */
  pick(frame) {
    this.#held = true;
    this.#want(frame);
  }

  /** @param {Announced} frame */
  #want(frame) {
    if (frame.url === this.#wanted) return;
    this.#wanted = frame.url;
    this.#waiting = frame;
    if (!this.#fetching) void this.#fetchAll();
  }

  /** Holds the picture on the screen. Let go, it goes on with the next one that is offered. @param {{ held: boolean }} how */
  hold({ held }) {
    this.#held = held;
    if (held) this.rest();
  }

  /** Breaks off what is on its way; the picture on the screen stays. */
  rest() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#waiting = null;
    this.#wanted = this.shown?.url ?? '';
  }

  /** Takes the picture off the screen, and whatever is on its way with it. */
  clear() {
    this.#takeOff();
    this.rest();
  }

  #takeOff() {
    this.#img.hidden = true;
    this.#img.removeAttribute('src');
    this.#ahead.removeAttribute('src');
    release(this.#shown);
    this.#shown = null;
  }

  async #fetchAll() {
    this.#fetching = true;
    try {
      while (this.#waiting) {
        const stop = this.#stop.signal;
        const pauseMs = await this.#fetchOne(stop);
        if (pauseMs > 0) await wait(pauseMs, stop);
      }
    } finally {
      this.#fetching = false;
    }
  }

  /** @param {AbortSignal} stop @returns {Promise<number>} milliseconds to wait before the next picture */
  async #fetchOne(stop) {
    await this.#slots.take();
    try {
      // Chosen only now: what was announced while this picture stood in the queue is newer.
      const frame = this.#waiting;
      if (stop.aborted || !frame) return 0;
      this.#waiting = null;
      return await this.#show(frame, stop);
    } finally {
      this.#slots.give();
    }
  }

  /** @param {Announced} frame @param {AbortSignal} stop @returns {Promise<number>} milliseconds to wait before the next picture */
  async #show(frame, stop) {
    let ready;
    try {
      ready = await within(stop, STALL_MS, (signal, progress) => this.#decode(frame, signal, progress));
    } catch (error) {
      if (stop.aborted) return 0;
      if (error instanceof OverError) {
        this.#over(frame);
        return 0;
      }
      // The next picture may be minutes away: try this one again as long as it is the newest.
      if (frame.url === this.#wanted) this.#waiting ??= frame;
      return this.#backoff.next();
    }
    if (stop.aborted) {
      release(ready);
      return 0;
    }
    this.#backoff.reset();
    await this.#swap(ready, stop);
    return 0;
  }

  /** What was on the screen is older than this one, and over with it. A newer one that waits has its turn now. @param {Announced} frame */
  #over(frame) {
    this.#backoff.reset();
    if (this.#held) return this.#past(frame);
    this.#takeOff();
    if (frame.url !== this.#wanted) return;
    this.#wanted = '';
    this.#onOver();
  }

  /** Only that one is gone: the server keeps no more than the last minute. @param {Announced} frame */
  #past(frame) {
    if (frame.url === this.#wanted) this.#wanted = this.shown?.url ?? '';
    this.#onPast(frame.url);
  }

  /** Fetches a picture and decodes it beside the page. @param {Announced} announced @param {AbortSignal} signal @param {() => void} progress @returns {Promise<Ready>} */
  async #decode(announced, signal, progress) {
    const ready = isElsewhere(announced.url) ? { frame: announced, blob: null, url: announced.url }
      : await fetchPicture(announced, signal, progress);
    try {
      this.#ahead.src = ready.url;
      await this.#ahead.decode();
      if (signal.aborted) throw brokenOff();
      return ready;
    } catch (error) {
      release(ready);
      throw error;
    }
  }

  /** @param {Ready} ready @param {AbortSignal} stop */
  async #swap(ready, stop) {
    const before = this.#shown;
    this.#shown = ready;
    this.#img.src = ready.url;
    this.#img.hidden = false;
    try {
      await within(stop, STALL_MS, () => this.#img.decode());
    } catch {
      // It was decoded a moment ago; only a clear or a rest can come between.
    }
    release(before);
    if (this.#shown === ready) this.#onShown();
  }
}

/** @param {Announced} announced @param {AbortSignal} signal @param {() => void} progress @returns {Promise<Ready>} */
async function fetchPicture(announced, signal, progress) {
  const response = await fetch(announced.url, { cache: 'no-store', signal });
  if (response.status === 404 || response.status === 410) throw new OverError('The broadcast of this picture is over.');
  if (!response.ok || !response.body) throw new Error(`The server answered ${response.status} for a picture.`);
  const frame = { ...announced, ...toldBy(response.headers) };
  if (Number.isNaN(frame.captured_at_ms)) throw new OverError('Nobody says of when this picture is.');
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const pieces = [];
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    progress();
    pieces.push(piece.value);
  }
  const blob = new Blob(pieces, { type: response.headers.get('Content-Type') ?? '' });
  return { frame, blob, url: URL.createObjectURL(blob) };
}

/** What only the answer says of a picture that was asked for as the newest one. @param {Headers} headers */
function toldBy(headers) {
  const seconds = Number(headers.get('X-Timestamp'));
  const url = headers.get('Content-Location');
  return { ...(seconds > 0 && { captured_at_ms: Math.round(seconds * 1000) }), ...(url && { url }) };
}

/** Is the picture on another server? Then the page may show it, but not read it. @param {string} url a path, if it is on this one */
function isElsewhere(url) {
  return /^([a-z]+:)?\/\//i.test(url);
}

/** @param {Ready | null} ready */
function release(ready) {
  if (ready?.blob) URL.revokeObjectURL(ready.url);
}
