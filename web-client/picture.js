import { Backoff } from './backoff.js';
import { brokenOff, wait, within } from './later.js';
import { Slots } from './slots.js';

/** @typedef {import('./message.js').Frame} Frame */

/** A picture that has not come by then is given up: the next one is newer anyway. */
const LIMIT_MS = 20_000;

/** The server says that the picture is over. */
class OverError extends Error {}

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
  #gapMs;
  #onShown;
  #onOver;
  #backoff = new Backoff();
  /** @type {Frame | null} announced, to be fetched when the one in flight is done */
  #waiting = null;
  /** @type {Frame | null} the last one announced */
  #newest = null;
  /** @type {Frame | null} on the screen */
  #shown = null;
  /** Its object URL. */
  #shownUrl = '';
  /** @type {Blob | null} its bytes */
  #shownBlob = null;
  #fetching = false;
  #held = false;
  #stop = new AbortController();

  /**
   * @param {HTMLImageElement} img
   * @param {object} options
   * @param {() => void} options.onShown another picture is on the screen
   * @param {() => void} options.onOver the server no longer gives out the newest picture: its broadcast is over
   * @param {Slots} [options.slots] shared with the page's other pictures
   * @param {number} [options.gapMs] pictures come no nearer together than this
   */
  constructor(img, { onShown, onOver, slots = new Slots(1), gapMs = 0 }) {
    this.#img = img;
    this.#onShown = onShown;
    this.#onOver = onOver;
    this.#slots = slots;
    this.#gapMs = gapMs;
  }

  /** The picture on the screen. */
  get shown() {
    return this.#shown;
  }

  /** The bytes of the picture on the screen. */
  get shownBlob() {
    return this.#shownBlob;
  }

  /** Is the picture on the screen held, or the place where none is yet? */
  get isHeld() {
    return this.#held;
  }

  /** A new picture is announced. @param {Frame} frame */
  offer(frame) {
    if (frame.url === this.#newest?.url) return;
    this.#newest = frame;
    this.#waiting = frame;
    this.#fetchNext();
  }

  /** Holds the picture on the screen. Let go, it goes on with the newest. @param {{ held: boolean }} how */
  hold({ held }) {
    this.#held = held;
    if (held) this.rest();
    else this.resume();
  }

  /** Breaks off what is on its way; the picture on the screen stays. */
  rest() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#waiting = null;
  }

  /** Goes on with the newest picture announced, if it is not the one on the screen. */
  resume() {
    if (this.#newest && this.#newest.url !== this.#shown?.url) this.#waiting = this.#newest;
    this.#fetchNext();
  }

  /** Takes the picture off the screen, and whatever is on its way with it. */
  clear() {
    this.rest();
    this.#newest = null;
    this.#shown = null;
    this.#img.hidden = true;
    this.#img.removeAttribute('src');
    this.#ahead.removeAttribute('src');
    this.#release(this.#shownUrl);
    this.#shownUrl = '';
    this.#shownBlob = null;
  }

  /** Asks the server whether the picture on the screen may still be there: it may have forgotten it while out of reach. */
  async recheck() {
    const frame = this.#shown;
    if (!frame) return;
    try {
      const response = await within(this.#stop.signal, LIMIT_MS, (signal) => (
        fetch(frame.url, { method: 'HEAD', cache: 'no-store', signal })));
      if (response.status === 410 || response.status === 404) this.#over(frame);
    } catch {
      // Out of reach again: the poll notices and says so.
    }
  }

  /** If a newer picture is announced it takes this one's place at once. @param {Frame} frame */
  #over(frame) {
    if (frame === this.#newest) this.#onOver();
  }

  #fetchNext() {
    if (!this.#fetching && this.#waiting && !this.#held) void this.#fetchAll();
  }

  async #fetchAll() {
    this.#fetching = true;
    try {
      while (this.#waiting && !this.#held) {
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

  /** @param {Frame} frame @param {AbortSignal} stop @returns {Promise<number>} milliseconds to wait before the next picture */
  async #show(frame, stop) {
    let ready;
    try {
      ready = await within(stop, LIMIT_MS, (signal) => this.#decode(frame, signal));
    } catch (error) {
      if (stop.aborted) return 0;
      if (error instanceof OverError) {
        this.#over(frame);
        return 0;
      }
      // The next picture may be minutes away: try this one again as long as it is the newest.
      if (frame === this.#newest) this.#waiting ??= frame;
      return this.#backoff.next();
    }
    if (stop.aborted) {
      this.#release(ready.url);
      return 0;
    }
    this.#backoff.reset();
    await this.#swap(frame, ready, stop);
    return this.#gapMs;
  }

  /** Fetches a picture and decodes it beside the page. @param {Frame} frame @param {AbortSignal} signal @returns {Promise<{ blob: Blob, url: string }>} */
  async #decode(frame, signal) {
    const response = await fetch(frame.url, { cache: 'no-store', signal });
    if (response.status === 410) throw new OverError('The broadcast of this picture is over.');
    if (!response.ok) throw new Error(`The server answered ${response.status} for a picture.`);
    const blob = await response.blob();
    const url = URL.createObjectURL(blob);
    try {
      this.#ahead.src = url;
      await this.#ahead.decode();
      if (signal.aborted) throw brokenOff();
      return { blob, url };
    } catch (error) {
      this.#release(url);
      throw error;
    }
  }

  /** @param {Frame} frame @param {{ blob: Blob, url: string }} ready @param {AbortSignal} stop */
  async #swap(frame, { blob, url }, stop) {
    const before = this.#shownUrl;
    this.#shown = frame;
    this.#shownUrl = url;
    this.#shownBlob = blob;
    this.#img.src = url;
    this.#img.hidden = false;
    try {
      await within(stop, LIMIT_MS, () => this.#img.decode());
    } catch {
      // It was decoded a moment ago; only a clear or a rest can come between.
    }
    this.#release(before);
    if (this.#shown === frame) this.#onShown();
  }

  /** @param {string} url */
  #release(url) {
    if (url) URL.revokeObjectURL(url);
  }
}
