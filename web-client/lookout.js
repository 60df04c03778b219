import { escapeName } from './address.js';
import { wait, within } from './later.js';
import { State } from './states.js';

const EVERY_MS = 15_000;
const LIMIT_MS = 8_000;
/** So young a picture is one of a camera that works; how slow a slower one is shows by the next picture. */
const LIVE_FOR_MS = 15_000;

/**
 * While a page is hidden it does not watch: it asks for no picture, holds no poll, and the broadcaster doesn't count it. But its
 * title must not lie, so it looks now and then whether there is a newest picture, and of when.
 */
export class Lookout {
  #name;
  #onSeen;
  #onFrozen;
  /** @type {AbortController | null} given while it looks */
  #looking = null;
  /** When the newest picture was taken, as of the last look; 0 if that is not known. */
  #newestMs = 0;
  /** How far it was from the one before. */
  #gapMs = 0;

  /**
   * @param {string} name the channel
   * @param {(state: import('./states.js').StateName) => void} onSeen
   * @param {() => void} onFrozen from now on the browser lets the page do nothing
   */
  constructor(name, onSeen, onFrozen) {
    this.#name = name;
    this.#onSeen = onSeen;
    this.#onFrozen = onFrozen;
  }

  start() {
    document.addEventListener('visibilitychange', () => this.#follow());
    document.addEventListener('freeze', () => {
      this.#looking?.abort();
      this.#onFrozen();
    });
    document.addEventListener('resume', () => this.#follow());
    this.#follow();
  }

  #follow() {
    this.#looking?.abort();
    this.#looking = null;
    if (!document.hidden) return;
    this.#looking = new AbortController();
    void this.#loop(this.#looking.signal);
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    while (!stop.aborted) {
      const state = await this.#look(stop).catch(() => State.Unreachable);
      if (stop.aborted) return;
      this.#onSeen(state);
      await wait(EVERY_MS, stop);
    }
  }

  /** @param {AbortSignal} stop @returns {Promise<import('./states.js').StateName>} */
  async #look(stop) {
    const { status, headers } = await within(stop, LIMIT_MS, (signal) => (
      fetch(`/live/${escapeName(this.#name)}.jpg`, { method: 'HEAD', cache: 'no-store', signal })));
    switch (status) {
      case 200: return this.#judge(headers);
      case 401: return State.Refused;
      case 403: return State.Closed;
      case 404: return State.NotLive;
      case 410: return State.Ended;
      case 503: return State.Full;
      default: return State.Unreachable;
    }
  }

  /** @param {Headers} headers */
  #judge(headers) {
    const newestMs = Number(headers.get('X-Timestamp')) * 1000;
    const ageMs = Date.parse(headers.get('Date') ?? '') - newestMs;
    if (this.#newestMs > 0 && newestMs > this.#newestMs) this.#gapMs = newestMs - this.#newestMs;
    this.#newestMs = newestMs;
    return ageMs < Math.max(LIVE_FOR_MS, 2 * this.#gapMs) ? State.Live : State.Stalled;
  }
}
