import { within } from './later.js';
import { readMessage } from './message.js';

/**
 * One channel as the server lists it.
 * @typedef {object} Listed
 * @property {string} name
 * @property {import('./message.js').Status | null} status null if it never said anything
 * @property {import('./message.js').Frame | null} frame the newest picture, where there is one
 */

const LIMIT_MS = 8_000;

/**
 * Asks the server which channels there are.
 * @returns {Promise<{ nowMs: number | null, channels: Listed[] }>} rejected if the server gives no usable answer
 */
export async function listChannels() {
  const body = await within(new AbortController().signal, LIMIT_MS, async (signal) => {
    const response = await fetch('/api/channels', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`The server answered ${response.status} when asked for its channels.`);
    return response.json();
  });
  return readList(body);
}

/** @param {unknown} body @returns {{ nowMs: number | null, channels: Listed[] }} */
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
