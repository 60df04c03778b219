import { Backoff } from './backoff.js';
import { wait } from './later.js';

/**
 * Keeps the screen awake while the page can be seen, where the browser has a wake lock and lets the page have it. Browsers
 * give it to https and localhost only, and take it back when they like (a battery runs low): so its true state is told,
 * never assumed, and it is asked for again, for ever.
 */
export class WakeLock {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #wanted = false;
  #onChange;
  /** Begins small only with the page or its wish: a browser that takes each lock back at once is not asked in a loop. */
  #backoff = new Backoff();
  /** Given when there is no use in waiting any longer. */
  #hurry = new AbortController();
  /** Is the lock being asked for, or waited for? Two requests at once would leave a lock that nobody releases. */
  #asking = false;

  /** @param {(state: 'held' | 'released' | 'unavailable') => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    // The browser takes the lock away whenever the page is hidden.
    document.addEventListener('visibilitychange', () => this.#begin());
  }

  /** Asks for the lock, and asks again whenever it was taken back or the page comes back. */
  hold() {
    if (!navigator.wakeLock) return this.#onChange('unavailable');
    this.#wanted = true;
    this.#begin();
  }

  /** Lets the screen sleep. */
  release() {
    this.#wanted = false;
    this.#begin();
    void this.#lock?.release();
  }

  /** Must it be asked for now? */
  get #isDue() {
    return this.#wanted && !document.hidden && !this.#lock;
  }

  #begin() {
    this.#backoff.reset();
    this.#hurry.abort();
    this.#hurry = new AbortController();
    void this.#ask(0);
  }

  /** Asks until the lock is there or no longer due. @param {number} waitMs before the first time */
  async #ask(waitMs) {
    if (this.#asking) return;
    this.#asking = true;
    if (waitMs > 0) await wait(waitMs, this.#hurry.signal);
    while (this.#isDue) {
      await this.#request();
      if (this.#isDue) await wait(this.#backoff.next(), this.#hurry.signal);
    }
    this.#asking = false;
  }

  async #request() {
    try {
      const lock = await navigator.wakeLock.request('screen');
      this.#lock = lock;
      lock.addEventListener('release', () => {
        this.#lock = null;
        this.#onChange('released');
        void this.#ask(this.#backoff.next());
      });
      this.#onChange('held');
      if (!this.#wanted) void lock.release();
    } catch {
      this.#onChange('unavailable');
    }
  }
}
