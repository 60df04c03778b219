import { byId, setText } from './dom.js';
import { learnMinute } from './learning.js';
import { MINUTE_MS } from './minute.js';
import { State } from './states.js';
import { age, ago, moment } from './words.js';

/** So near to now it is live that somebody wants. */
const LIVE_WITHIN_MS = 700;
/** What is learned of the minute is good for so long. */
const LEARNED_FOR_MS = 5_000;

/** How far each key goes. @type {Readonly<Record<string, number | undefined>>} */
const SECONDS_OF_KEY = Object.freeze({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -60 });

/** The last minute of a channel: somebody drags through it, and goes back to live with one touch. */
export class Past {
  #channel;
  #viewer;
  #minute;
  #slider = byId('minute', HTMLInputElement);
  #liveButton = byId('live', HTMLButtonElement);
  #banner = byId('past', HTMLElement);
  /** The picture that was picked last; it may be on its way. @type {import('./freshness.js').Announced | null} */
  #picked = null;
  #isDragged = false;
  /** When the minute's pictures were learned last. */
  #learnedMs = -Infinity;

  /** @param {import('./channel.js').Channel} channel @param {import('./viewer.js').Viewer} viewer @param {import('./minute.js').Minute} minute */
  constructor(channel, viewer, minute) {
    this.#channel = channel;
    this.#viewer = viewer;
    this.#minute = minute;
  }

  start() {
    this.#slider.addEventListener('input', () => {
      void this.#learn();
      this.#slide();
    });
    this.#slider.addEventListener('keydown', (event) => this.#key(event));
    this.#slider.addEventListener('pointerdown', () => {
      this.#isDragged = true;
      void this.#learn();
    });
    for (const end of ['pointerup', 'pointercancel', 'change']) {
      this.#slider.addEventListener(end, () => {
        this.#isDragged = false;
        this.#viewer.draw();
      });
    }
    this.#liveButton.addEventListener('click', () => this.goLive());
  }

  /** Back to the newest picture. */
  goLive() {
    this.#picked = null;
    if (this.#viewer.isHeld) this.#viewer.hold({ held: false });
  }

  /** Goes so many seconds on, or back. @param {number} seconds */
  step(seconds) {
    void this.#learn();
    const nowMs = this.#viewer.clock.now();
    const fromMs = this.#atMs ?? nowMs;
    const toMs = fromMs + seconds * 1000;
    if (toMs > nowMs - LIVE_WITHIN_MS) return this.goLive();
    const near = this.#nearest(toMs);
    // Where pictures are rare, the next one is further away.
    if (near && near.captured_at_ms !== fromMs) this.#pick(near);
    else this.#stepFrom(fromMs, seconds < 0 ? -1 : 1);
  }

  /** Goes to the picture before, or to the one after. @param {1 | -1} way */
  stepPicture(way) {
    void this.#learn();
    this.#stepFrom(this.#atMs ?? this.#viewer.clock.now(), way);
  }

  /** @param {import('./freshness.js').Verdict} verdict @param {number} nowMs server time */
  draw(verdict, nowMs) {
    const { capturedAtMs, ageMs, held } = verdict;
    byId('timeline', HTMLElement).classList.toggle('away', capturedAtMs === null);
    byId('screen', HTMLElement).classList.toggle('past', held);
    this.#banner.hidden = !held;
    this.#liveButton.classList.toggle('on', held);
    this.#liveButton.classList.toggle('is-live', verdict.state === State.Live);
    const time = capturedAtMs === null || ageMs === null ? '' : `${moment(capturedAtMs, nowMs)}, ${ago(ageMs)}`;
    if (held && capturedAtMs !== null && ageMs !== null) {
      setText(byId('past-time', HTMLElement), `${moment(capturedAtMs, nowMs)} · ${age(ageMs)} ago`);
    }
    this.#drawSlider(held ? ageMs : null, held ? time : 'Live');
    // Its pictures are over: what comes next is wanted live.
    if (verdict.state === State.Ended && this.#picked) this.goLive();
  }

  /** @param {number | null} ageMs null if it is live @param {string} text */
  #drawSlider(ageMs, text) {
    const value = String(ageMs === null ? 0 : -Math.min(MINUTE_MS, ageMs) / 1000);
    if (!this.#isDragged && this.#slider.value !== value) this.#slider.value = value;
    if (this.#slider.getAttribute('aria-valuetext') !== text) this.#slider.setAttribute('aria-valuetext', text);
    const beginsMs = this.#minute.oldest(this.#viewer.clock.now())?.captured_at_ms ?? Infinity;
    const share = Math.max(0, 1 - (this.#viewer.clock.now() - beginsMs) / MINUTE_MS);
    this.#slider.style.setProperty('--begins', `${Math.round(Math.min(1, share) * 100)}%`);
  }

  /** When the picture was taken that is picked, or held; null if it is live. */
  get #atMs() {
    if (!this.#viewer.isHeld) return null;
    return this.#picked?.captured_at_ms ?? this.#channel.picture.shown?.captured_at_ms ?? null;
  }

  #slide() {
    const agoMs = -Number(this.#slider.value) * 1000;
    if (agoMs < LIVE_WITHIN_MS) return this.goLive();
    const near = this.#nearest(this.#viewer.clock.now() - agoMs);
    if (near) this.#pick(near);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const seconds = SECONDS_OF_KEY[event.key];
    if (event.key === 'End') this.goLive();
    else if (seconds !== undefined) this.step(seconds);
    else return;
    event.preventDefault();
  }

  /** @param {number} atMs */
  #nearest(atMs) {
    this.#minute.oldest(this.#viewer.clock.now());
    return this.#minute.nearest(atMs);
  }

  /** @param {number} fromMs @param {1 | -1} way */
  #stepFrom(fromMs, way) {
    const next = this.#minute.next(fromMs, way);
    if (next) this.#pick(next);
    else if (way > 0) this.goLive();
  }

  /** @param {import('./freshness.js').Announced} frame */
  #pick(frame) {
    this.#picked = frame;
    if (!this.#viewer.isHeld) this.#viewer.hold({ held: true });
    this.#channel.picture.pick(frame);
  }

  async #learn() {
    if (performance.now() - this.#learnedMs < LEARNED_FOR_MS) return;
    this.#learnedMs = performance.now();
    await learnMinute(this.#channel.name, this.#minute, () => this.#viewer.query);
    // Where the finger is, a nearer picture may be known by now.
    if (this.#isDragged) this.#slide();
  }
}
