import { escapeName } from './address.js';
import { judge } from './freshness.js';
import { Picture } from './picture.js';

/** @typedef {import('./freshness.js').Announced} Announced */
/** @typedef {import('./freshness.js').Known} Known */
/** @typedef {import('./message.js').Frame} Frame */
/** @typedef {import('./message.js').Status} Status */

/** One channel as this page knows it: what was said about it, and its picture. */
export class Channel {
  /** Its name. */
  name;
  #picture;
  #paceMs;
  /** @type {Known['connection']} */
  #connection = 'connecting';
  /** @type {Known['refusal']} */
  #refusal = '';
  #refusalReason = '';
  #minute;
  #asker;
  /** @type {Announced | null} */
  #newest = null;
  /** @type {Status | null} */
  #status = null;

  /**
   * @param {string} name
   * @param {HTMLImageElement} img where its picture is to be
   * @param {object} [options]
   * @param {() => void} [options.onShown] another picture is on the screen, or none
   * @param {import('./slots.js').Slots} [options.slots]
   * @param {number} [options.paceMs] it is asked for no more often than this
   * @param {import('./minute.js').Minute} [options.minute] learns of each picture
   * @param {() => string} [options.asker] what a request for the last picture says of this viewer, who is counted once then
   */
  constructor(name, img, { onShown = () => {}, slots, paceMs = 0, minute, asker = () => '' } = {}) {
    this.name = name;
    this.#asker = asker;
    this.#minute = minute;
    this.#paceMs = paceMs;
    this.#picture = new Picture(img, {
      onShown,
      onOver: () => {
        this.#newest = null;
        this.#minute?.clear();
        onShown();
      },
      onPast: (url) => this.#minute?.drop(url),
      ...(slots && { slots }),
    });
  }

  /** The picture on the screen. */
  get picture() {
    return this.#picture;
  }

  /** Does the server not let this viewer watch? */
  get isRefused() {
    return this.#refusal !== '';
  }

  /** @param {Known['connection']} connection */
  set connection(connection) {
    this.#connection = connection;
  }

  /**
   * What the server says of this channel: it answers, and lets this viewer watch.
   * @param {Frame | Status | null} message @param {number} [second] of its id
   */
  hear(message, second = NaN) {
    const isFirst = this.#connection !== 'open';
    this.#letIn();
    if (message?.type === 'frame') {
      this.#status = null;
      // Told once more, it has not arrived anew.
      if (message.url !== this.#newest?.url) this.#newest = arrivedNow(message);
      this.#minute?.add(this.#newest, second);
      this.#picture.offer(this.#newest);
    } else if (message) {
      // Told once more, as when polls change, it says nothing new of the last picture.
      const isNew = message.at_ms !== this.#status?.at_ms;
      this.#status = message;
      if (message.state === 'ended') this.#dropPicture();
      else if (isFirst || (isNew && !this.#newest)) this.#picture.offer(arrivedNow(lastPictureOf(this.name, this.#asker())));
    }
  }

  /** The server has nothing of this channel: whatever was heard of it before is no more. */
  forget() {
    this.#letIn();
    // An `ended` that was said already stays: it tells more than silence.
    if (this.#status?.state !== 'ended') this.#status = null;
    this.#dropPicture();
  }

  /** The server doesn't let this viewer watch. @param {Exclude<Known['refusal'], ''>} why @param {string} [reason] */
  refuse(why, reason = '') {
    this.#connection = 'open';
    this.#refusal = why;
    this.#refusalReason = reason;
    if (why === 'password' || why === 'closed') this.#dropPicture();
    else this.#picture.rest();
  }

  /** Nobody follows it any more, until its next message. */
  leave() {
    this.#connection = 'connecting';
    this.#picture.rest();
  }

  #letIn() {
    this.#connection = 'open';
    this.#refusal = '';
    this.#refusalReason = '';
  }

  #dropPicture() {
    this.#newest = null;
    this.#minute?.clear();
    this.#picture.clear();
  }

  /** @param {number} nowMs server time @returns {import('./freshness.js').Verdict} */
  judge(nowMs) {
    return judge({
      connection: this.#connection,
      refusal: this.#refusal,
      refusalReason: this.#refusalReason,
      held: this.#picture.isHeld,
      newest: this.#newest,
      shown: this.#picture.shown,
      status: this.#status,
      failures: this.#picture.failures,
    }, { nowMs, steadyMs: performance.now(), paceMs: this.#paceMs });
  }
}

/** @param {Frame} frame @returns {Announced} */
function arrivedNow(frame) {
  return { ...frame, arrivedMs: performance.now() };
}

/**
 * The last picture, for who comes while no new ones come: its answer says of when it is.
 * @param {string} name @param {string} query @returns {Frame}
 */
function lastPictureOf(name, query) {
  return { type: 'frame', url: `/live/${escapeName(name)}.jpg${query && `?${query}`}`, captured_at_ms: NaN, interval_ms: 0, width: 0, height: 0 };
}
