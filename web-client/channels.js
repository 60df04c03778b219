import { Backoff } from './backoff.js';
import { onReturn } from './dom.js';
import { wait, within } from './later.js';
import { readMessage } from './message.js';

/**
 * One channel as the server lists it.
 * @typedef {object} Listed
 * @property {string} name
 * @property {import('./message.js').Status | null} status null if it never said anything
 * @property {import('./message.js').Frame | null} frame the newest picture, where there is one
 */

/** @typedef {{ nowMs: number | null, channels: Listed[] }} List */

const LIMIT_MS = 8_000;
/** New channels are looked for this often while the page can be seen. */
const LIST_EVERY_MS = 10_000;
/** Who looks at an empty page waits for the first camera. */
const EMPTY_LIST_EVERY_MS = 2_000;

/** Follows the server's list of channels while the page can be seen. */
export class ChannelList {
  #onAnswer;
  #isWanted = true;
  /** @type {AbortController | null} given while the list is being followed */
  #following = null;

  /** @param {(list: List | null) => void} onAnswer given null if the list can't be had; it is asked for again */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  start() {
    onReturn(() => this.#follow());
    this.#follow();
  }

  /** Asks no more. */
  stop() {
    this.#isWanted = false;
    this.#following?.abort();
  }

  /** Follows the list if the page can be seen; if it does already, looks at once. */
  #follow() {
    this.#following?.abort();
    this.#following = null;
    if (document.hidden || !this.#isWanted) return;
    this.#following = new AbortController();
    void this.#loop(this.#following.signal);
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    const backoff = new Backoff();
    while (!stop.aborted) {
      const list = await listChannels(stop).catch(() => null);
      if (stop.aborted) return;
      if (list) backoff.reset();
      this.#onAnswer(list);
      const everyMs = list?.channels.length === 0 ? EMPTY_LIST_EVERY_MS : LIST_EVERY_MS;
      await wait(list ? everyMs : backoff.next(), stop);
    }
  }
}

/**
 * Asks the server which channels there are.
 * @param {AbortSignal} stop
 * @returns {Promise<List>} rejected if the server gives no usable answer
 */
async function listChannels(stop) {
  const body = await within(stop, LIMIT_MS, async (signal) => {
    const response = await fetch('/api/channels', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`The server answered ${response.status} when asked for its channels.`);
    return response.json();
  });
  return readList(body);
}

/** @param {unknown} body @returns {List} */
export function readList(body) {
  const fields = /** @type {Record<string, unknown>} */ (typeof body === 'object' && body !== null ? body : {});
  if (!Array.isArray(fields.channels)) throw new Error('The server gave no list of channels.');
  return {
    nowMs: typeof fields.now_ms === 'number' ? fields.now_ms : null,
    channels: fields.channels.map(readListed).filter((listed) => listed !== null),
  };
}

/** @param {unknown} value @returns {Listed | null} */
function readListed(value) {
  if (typeof value !== 'object' || value === null) return null;
  const fields = /** @type {Record<string, unknown>} */ (value);
  if (typeof fields.name !== 'string' || fields.name === '') return null;
  const status = readMessage({ ...fields, type: 'status' });
  const frame = readMessage(fields.frame);
  return {
    name: fields.name,
    status: status?.type === 'status' ? status : null,
    frame: frame?.type === 'frame' ? frame : null,
  };
}
