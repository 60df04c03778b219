/**
 * Keeps the screen awake while the page can be seen, where the browser has a wake lock and lets the page have it. Browsers
 * give it to https and localhost only, so its true state is told, never assumed.
 */
export class WakeLock {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #wanted = false;
  #onChange;

  /** @param {(state: 'held' | 'released' | 'unavailable') => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    // The browser takes the lock away whenever the page is hidden.
    document.addEventListener('visibilitychange', () => void this.#request());
  }

  /** Asks for the lock, and asks again whenever the page comes back. */
  hold() {
    this.#wanted = true;
    void this.#request();
  }

  /** Lets the screen sleep. */
  release() {
    this.#wanted = false;
    void this.#lock?.release();
  }

  async #request() {
    if (!this.#wanted || document.hidden || this.#lock) return;
    if (!navigator.wakeLock) return this.#onChange('unavailable');
    try {
      const lock = await navigator.wakeLock.request('screen');
      this.#lock = lock;
      lock.addEventListener('release', () => {
        this.#lock = null;
        this.#onChange('released');
      });
      this.#onChange('held');
      if (!this.#wanted) void lock.release();
    } catch {
      this.#onChange('unavailable');
    }
  }
}
