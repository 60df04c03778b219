import { within } from './later.js';

/** A page that was only just loaded is not loaded again: two servers of different versions must not make it spin. */
const YOUNG_MS = 60_000;
const LIMIT_MS = 8_000;

/**
 * Loads the page anew when the server has become another version, so that a display on a wall follows its server without
 * a hand. Only just after an answer, and only when the page itself can be had: a page that loads anew while the server
 * is away ends as the browser's error page and never comes back.
 */
export class Renewal {
  #address;
  #isBusy;
  /** @type {string | null} */
  #loadedBy = null;
  #asking = false;

  /** @param {string} address this page's own @param {() => boolean} [isBusy] would somebody lose what they are doing? */
  constructor(address, isBusy = () => false) {
    this.#address = address;
    this.#isBusy = isBusy;
  }

  /** The server just answered, and is of this version. @param {string} version */
  note(version) {
    this.#loadedBy ??= version;
    if (version === this.#loadedBy || this.#asking || this.#isBusy() || performance.now() < YOUNG_MS) return;
    void this.#renew();
  }

  async #renew() {
    this.#asking = true;
    try {
      const response = await within(new AbortController().signal, LIMIT_MS, (signal) => (
        fetch(this.#address, { cache: 'no-store', signal })));
      if (response.ok) location.reload();
    } catch {
      // Away again, or silent: the next answer asks once more.
    } finally {
      this.#asking = false;
    }
  }
}
