/**
 * Stand-ins for what a browser gives, worked by the test: time that passes only when told, requests that are answered only
 * when told, pictures that decode only when told. Nothing here sleeps.
 */

/** Lets everything that is ready to run do so. */
export async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes only when told. */
export class Time {
  nowMs = 0;
  /** How long the machine slept: the steady clock stands still meanwhile, the time of day goes on. */
  sleptMs = 0;
  /** @type {Map<number, { atMs: number, run: () => void }>} */
  #timers = new Map();
  #next = 1;

  /** @param {import('node:test').TestContext} t */
  constructor(t) {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    const timeOfDay = { now: Reflect.get(Date, 'now') };
    const now = Object.getOwnPropertyDescriptor(performance, 'now');
    Object.assign(globalThis, {
      setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => {
        this.#timers.set(this.#next, { atMs: this.nowMs + ms, run });
        return this.#next++;
      },
      clearTimeout: (/** @type {number} */ id) => this.#timers.delete(id),
    });
    // Read-only by inheritance in older versions of node.
    Object.defineProperty(performance, 'now', { configurable: true, value: () => this.nowMs });
    Object.assign(Date, { now: () => this.nowMs + this.sleptMs });
    t.after(() => {
      Object.assign(globalThis, real);
      Object.assign(Date, timeOfDay);
      if (now) Object.defineProperty(performance, 'now', now);
      else Reflect.deleteProperty(performance, 'now');
    });
  }

  /** How many timers are set. */
  get timers() {
    return this.#timers.size;
  }

  /** @param {number} ms */
  async pass(ms) {
    const endMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const [first] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs);
      if (!first || first[1].atMs > endMs) break;
      this.#timers.delete(first[0]);
      this.nowMs = Math.max(this.nowMs, first[1].atMs);
      first[1].run();
      await settle();
    }
    this.nowMs = endMs;
    await settle();
  }
}

/**
 * @typedef {object} Request
 * @property {string} url
 * @property {string} method
 * @property {Headers} headers
 * @property {AbortSignal | undefined} signal
 * @property {boolean} open nobody has answered or left yet
 * @property {(status: number, body?: BodyInit | null, headers?: Record<string, string>) => Promise<void>} answer
 * @property {() => Promise<void>} fail
 */

/** A server that answers when told. */
export class Server {
  /** @type {Request[]} */
  requests = [];
  /** The addresses of those that said goodbye, which needs no answer. @type {string[]} */
  goodbyes = [];

  /** @param {import('node:test').TestContext} t */
  constructor(t) {
    const real = globalThis.fetch;
    globalThis.fetch = (url, init) => this.#receive(String(url), init);
    t.after(() => {
      globalThis.fetch = real;
    });
  }

  /** The requests that wait for an answer. */
  get open() {
    return this.requests.filter(({ open }) => open);
  }

  /** The one request that waits. @returns {Request} */
  get only() {
    const [only, ...others] = this.open;
    if (!only || others.length > 0) throw new Error(`${this.open.length} requests are open instead of one.`);
    return only;
  }

  /** @param {string} url @param {RequestInit} [init] @returns {Promise<Response>} */
  #receive(url, init = {}) {
    if (/&leave=/.test(url)) {
      this.goodbyes.push(url);
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    return new Promise((resolve, reject) => {
      /** @type {Request} */
      const request = {
        url,
        method: init.method ?? 'GET',
        headers: new Headers(init.headers),
        signal: init.signal ?? undefined,
        open: true,
        answer: (status, body = null, headers = {}) => {
          request.open = false;
          resolve(new Response(body, { status, headers }));
          return settle();
        },
        fail: () => {
          request.open = false;
          reject(new TypeError('The connection is refused.'));
          return settle();
        },
      };
      init.signal?.addEventListener('abort', () => {
        request.open = false;
        reject(new DOMException('It was broken off.', 'AbortError'));
      });
      this.requests.push(request);
    });
  }
}

/** An `<img>` whose pictures decode unless told otherwise. */
export class FakeImage {
  /** Which object URLs can't be decoded. @type {Set<string>} */
  static damaged = new Set();
  src = '';
  hidden = true;
  alt = '';
  /** What was on the screen, in order. @type {string[]} */
  seen = [];

  removeAttribute() {
    this.src = '';
  }

  async decode() {
    if (this.src === '' || FakeImage.damaged.has(this.src)) throw new DOMException('It is no picture.', 'EncodingError');
    if (this.seen.at(-1) !== this.src) this.seen.push(this.src);
  }
}

/** Object URLs that can be counted. */
export class ObjectUrls {
  /** @type {Set<string>} */
  alive = new Set();
  #made = 0;

  /** @param {import('node:test').TestContext} t */
  constructor(t) {
    const real = { createObjectURL: URL.createObjectURL, revokeObjectURL: URL.revokeObjectURL };
    FakeImage.damaged.clear();
    URL.createObjectURL = () => {
      this.#made += 1;
      this.alive.add(`blob:${this.#made}`);
      return `blob:${this.#made}`;
    };
    URL.revokeObjectURL = (url) => void this.alive.delete(url);
    Object.assign(globalThis, { Image: FakeImage });
    t.after(() => Object.assign(URL, real));
  }
}

/**
 * @param {number} n @param {Partial<import('../freshness.js').Announced>} [fields]
 * @returns {import('../freshness.js').Announced}
 */
export function frame(n, fields = {}) {
  const atMs = fields.captured_at_ms ?? n * 1000;
  return {
    type: 'frame', url: `/frames/front/${n}.jpg`, captured_at_ms: atMs, interval_ms: 100, width: 640, height: 480, arrivedMs: atMs, ...fields };
}
