import { Backoff } from './backoff.js';
import { onReturn } from './dom.js';
import { wait, within } from './later.js';

const LIMIT_MS = 8_000;
/** New channels are looked for this often while the page can be seen. */
const LIST_EVERY_MS = 10_000;
/** Who looks at an empty page waits for the first camera. */
const EMPTY_LIST_EVERY_MS = 2_000;

/** Follows the names of the server's channels while the page can be seen. */
export class ChannelList {
  #onAnswer;
  /** @type {AbortController | null} given while the list is being followed */
  #following = null;

  /** @param {(names: string[] | null) => void} onAnswer given null if the list can't be had; it is asked for again */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  start() {
    onReturn(() => this.#follow());
    this.#follow();
  }

  /** Follows the list if the page can be seen; if it does already, looks at once. */
  #follow() {
    this.#following?.abort();
    this.#following = null;
    if (document.hidden) return;
    this.#following = new AbortController();
    void this.#loop(this.#following.signal);
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    const backoff = new Backoff();
    while (!stop.aborted) {
      const names = await listChannels(stop).catch(() => null);
      if (stop.aborted) return;
      if (names) backoff.reset();
      this.#onAnswer(names);
      const everyMs = names?.length === 0 ? EMPTY_LIST_EVERY_MS : LIST_EVERY_MS;
      await wait(names ? everyMs : backoff.next(), stop);
    }
  }
}

/**
 * Asks the server which channels there are.
 * @param {AbortSignal} stop
 * @returns {Promise<string[]>} rejected if the server gives no usable answer
 */
async function listChannels(stop) {
  const body = await within(stop, LIMIT_MS, async (signal) => {
    const response = await fetch('/api/channels', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`The server answered ${response.status} when asked for its channels.`);
    return response.json();
  });
  return readList(body);
}

/** @param {unknown} body @returns {string[]} */
export function readList(body) {
  const { channels } = /** @type {{ channels?: unknown }} */ (body ?? {});
  if (!Array.isArray(channels)) throw new Error('The server gave no list of channels.');
  return channels.map((listed) => listed?.name).filter((name) => typeof name === 'string' && name !== '');
}
