import { Backoff } from './backoff.js';
import { within } from './later.js';

/** A page that was only just loaded is not loaded again: two servers of different versions must not make it spin. */
const YOUNG_MS = 60_000;
const LIMIT_MS = 8_000;

/**
 * Loads the page anew when the server has become another version, so that a display on a wall follows its server without
 * a hand, or goes to another page when it is told so. Only just after an answer, and only when the page itself can be had: a
 * page that loads anew while the server is away ends as the browser's error page and never comes back.
 */
export class Renewal {
  #address;
  #isBusy;
  /** @type {string | null} */
  #loadedBy = null;
  #asking = false;
  /** Where the page was told to go; its own address, if to load anew. @type {string | null} */
  #demanded = null;
  /** A server that answers polls and refuses the page is not asked for it after each picture. */
  #backoff = new Backoff();
  #notBeforeMs = 0;

  /** @param {string} address this page's own @param {() => boolean} [isBusy] would somebody lose what they are doing? */
  constructor(address, isBusy = () => false) {
    this.#address = address;
    this.#isBusy = isBusy;
  }

  /** The version of the server that this page is from; null until it has answered. */
  get loadedBy() {
    return this.#loadedBy;
  }

  /** The server just answered, and is of this version. @param {string} version */
  note(version) {
    this.#loadedBy ??= version;
    const isDue = this.#demanded !== null || (version !== this.#loadedBy && !this.#isBusy() && performance.now() >= YOUNG_MS);
    if (isDue && !this.#asking && performance.now() >= this.#notBeforeMs) void this.#renew(this.#demanded ?? this.#address);
  }

  /** From the server's next answer on: loads the page anew, or another one in its place. @param {string} [address] */
  demand(address = this.#address) {
    this.#demanded = address;
    this.#backoff.reset();
    this.#notBeforeMs = 0;
  }

  /** @param {string} address */
  async #renew(address) {
    this.#asking = true;
    try {
      const isThere = await within(new AbortController().signal, LIMIT_MS, async (signal) => {
        const response = await fetch(address, { cache: 'no-store', signal });
        await response.body?.cancel();
        return response.ok;
      });
      if (!isThere) return;
      if (address === this.#address) location.reload();
      else location.replace(address);
    } catch {
      // Away again, or silent: a later answer asks once more.
    } finally {
      this.#notBeforeMs = performance.now() + this.#backoff.next();
      this.#asking = false;
    }
  }
}
