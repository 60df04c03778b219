import { Backoff } from './backoff.js';
import { onReturn } from './dom.js';
import { wait, within } from './later.js';

const LIMIT_MS = 8_000;
/** New channels are looked for this often while the page can be seen. */
const LIST_EVERY_MS = 10_000;
/** Who looks at an empty page waits for the first camera. */
const EMPTY_LIST_EVERY_MS = 2_000;
/** A page that can't be seen has a title still, and it must not lie. */
const HIDDEN_EVERY_MS = 15_000;

/** @typedef {{ name: string, state: string }} Listed */

/** Follows the list of the server's channels; less often while the page can't be seen. */
export class ChannelList {
  #onAnswer;
  /** @type {AbortController | null} given while the list is being followed */
  #following = null;

  /** @param {(channels: Listed[] | null) => void} onAnswer given null if the list can't be had; it is asked for again */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  start() {
    onReturn(() => this.#follow());
    document.addEventListener('freeze', () => this.#following?.abort());
    this.#follow();
  }

  /** Looks at once, and from now on. */
  #follow() {
    this.#following?.abort();
    this.#following = new AbortController();
    void this.#loop(this.#following.signal);
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    const backoff = new Backoff();
    while (!stop.aborted) {
      const channels = await listChannels(stop).catch(() => null);
      if (stop.aborted) return;
      if (channels) backoff.reset();
      this.#onAnswer(channels);
      const everyMs = channels?.length === 0 ? EMPTY_LIST_EVERY_MS : LIST_EVERY_MS;
      const pauseMs = channels ? everyMs : backoff.next();
      await wait(document.hidden ? HIDDEN_EVERY_MS : pauseMs, stop);
    }
  }
}

/**
 * Asks the server which channels there are.
 * @param {AbortSignal} stop
 * @returns {Promise<Listed[]>} rejected if the server gives no usable answer
 */
async function listChannels(stop) {
  const body = await within(stop, LIMIT_MS, async (signal) => {
    const response = await fetch('/api/channels', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`The server answered ${response.status} when asked for its channels.`);
    return response.json();
  });
  return readList(body);
}

/** @param {unknown} body @returns {Listed[]} */
export function readList(body) {
  const { channels } = /** @type {{ channels?: unknown }} */ (body ?? {});
  if (!Array.isArray(channels)) throw new Error('The server gave no list of channels.');
  return channels.filter((listed) => typeof listed?.name === 'string' && listed.name !== '')
    .map(({ name, state }) => ({ name, state: String(state) }));
}
