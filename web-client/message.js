/**
 * A picture that can be fetched.
 * @typedef {object} Frame
 * @property {'frame'} type
 * @property {string} url
 * @property {number} captured_at_ms server time
 * @property {number} interval_ms how far apart the publisher means its pictures to be; 0 if it does not say
 * @property {number} width 0 if unknown
 * @property {number} height 0 if unknown
 */

/**
 * What the publisher, or the server for it, says about the broadcast.
 * @typedef {object} Status
 * @property {'status'} type
 * @property {'live' | 'paused' | 'stalled' | 'ended'} state
 * @property {string} reason empty if none was given
 * @property {number} at_ms server time; 0 if unknown
 */

/** @type {ReadonlySet<unknown>} */
const PUBLISHED_STATES = new Set(['live', 'paused', 'stalled', 'ended']);

/**
 * Reads a message as it came over the wire. Types and fields of a later version are passed over, not refused.
 * @param {unknown} value parsed JSON
 * @returns {Frame | Status | null} null if it is nothing this page knows
 */
export function readMessage(value) {
  if (typeof value !== 'object' || value === null) return null;
  const fields = /** @type {Record<string, unknown>} */ (value);
  if (fields.type === 'frame') return readFrame(fields);
  if (fields.type === 'status') return readStatus(fields);
  return null;
}

/** @param {string} text @returns {Frame | Status | null} */
export function parseMessage(text) {
  try {
    return readMessage(JSON.parse(text));
  } catch {
    return null;
  }
}

/** @param {Record<string, unknown>} fields @returns {Frame | null} */
function readFrame(fields) {
  const { url, captured_at_ms } = fields;
  if (typeof url !== 'string' || url === '' || typeof captured_at_ms !== 'number' || !Number.isFinite(captured_at_ms)) return null;
  return {
    type: 'frame',
    url,
    captured_at_ms,
    interval_ms: positive(fields.interval_ms),
    width: positive(fields.width),
    height: positive(fields.height),
  };
}

/** @param {Record<string, unknown>} fields @returns {Status | null} */
function readStatus(fields) {
  if (!PUBLISHED_STATES.has(fields.state)) return null;
  return {
    type: 'status',
    state: /** @type {Status['state']} */ (fields.state),
    reason: typeof fields.reason === 'string' ? fields.reason : '',
    at_ms: positive(fields.at_ms),
  };
}

/** @param {unknown} value @returns {number} */
function positive(value) {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
