import { judge } from './freshness.js';
import { Picture } from './picture.js';

/** @typedef {import('./message.js').Frame} Frame */
/** @typedef {import('./message.js').Status} Status */

/** One channel as this page knows it: what was said about it, and its picture. */
export class Channel {
  /** Its name. */
  name;
  #picture;
  #paceMs;
  /** @type {import('./freshness.js').Known['connection']} */
  #connection = 'connecting';
  /** @type {import('./freshness.js').Known['refusal']} */
  #refusal = '';
  /** @type {Frame | null} */
  #newest = null;
  /** @type {Status | null} */
  #status = null;

  /**
   * @param {string} name
   * @param {HTMLImageElement} img where its picture is to be
   * @param {object} [options]
   * @param {() => void} [options.onShown] another picture is on the screen, or none
   * @param {import('./slots.js').Slots} [options.slots]
   * @param {number} [options.paceMs] its pictures come no nearer together than this
   */
  constructor(name, img, { onShown = () => {}, slots, paceMs = 0 } = {}) {
    this.name = name;
    this.#paceMs = paceMs;
    this.#picture = new Picture(img, {
      onShown,
      onOver: () => {
        this.forget();
        onShown();
      },
      gapMs: paceMs,
      ...(slots && { slots }),
    });
  }

  /** The picture on the screen, for saving it. */
  get picture() {
    return this.#picture;
  }

  /** The newest picture announced. */
  get newest() {
    return this.#newest;
  }

  /** @param {import('./freshness.js').Known['connection']} connection */
  set connection(connection) {
    this.#connection = connection;
  }

  /** Nothing was known of this channel before. */
  get isBlank() {
    return !this.#newest && !this.#status;
  }

  /** @param {Frame | Status} message */
  take(message) {
    if (message.type === 'frame') {
      this.#newest = message;
      this.#status = null;
      this.#picture.offer(message);
    } else {
      this.#status = message;
      if (message.state === 'ended') this.#dropPicture();
    }
  }

  /** The server doesn't let this viewer watch. @param {'taken' | 'refused'} why */
  refuse(why) {
    this.#refusal = why;
    this.#picture.rest();
  }

  /** The server lets this viewer watch, again or still. */
  admit() {
    if (this.#refusal === '') return;
    this.#refusal = '';
    this.#picture.resume();
  }

  /** The channel, or the broadcast, is no more. */
  forget() {
    this.#refusal = '';
    // An `ended` that was said already stays: it tells more than silence.
    if (this.#status?.state !== 'ended') this.#status = null;
    this.#dropPicture();
  }

  #dropPicture() {
    this.#newest = null;
    this.#picture.clear();
  }

  /** @param {number} nowMs server time @returns {import('./freshness.js').Verdict} */
  judge(nowMs) {
    return judge({
      connection: this.#connection,
      refusal: this.#refusal,
      held: this.#picture.isHeld,
      newest: this.#newest,
      shown: this.#picture.shown,
      status: this.#status,
    }, nowMs, this.#paceMs);
  }
}
