import { State } from './states.js';

/**
 * What a page knows of one channel.
 * @typedef {object} Known
 * @property {'connecting' | 'open' | 'lost'} connection
 * @property {'' | 'taken' | 'refused'} refusal
 * @property {import('./message.js').Frame | null} newest the newest picture announced
 * @property {import('./message.js').Frame | null} shown the picture on the screen
 * @property {import('./message.js').Status | null} status the last status, unless a picture came after it
 */

/**
 * What is to be said about it.
 * @typedef {object} Verdict
 * @property {import('./states.js').StateName} state
 * @property {number | null} ageMs of the picture shown
 * @property {number | null} capturedAtMs of the picture shown
 * @property {number | null} sinceMs when the state began, if the server said so
 * @property {string} reason
 * @property {boolean} silent pictures should come, nothing comes, and nobody said why
 */

const LIVE_INTERVALS = 2;
const LIVE_AT_LEAST_MS = 1000;
const SILENT_INTERVALS = 6;
const SILENT_AT_LEAST_MS = 10_000;

/**
 * @param {Known} known
 * @param {number} nowMs server time
 * @param {number} paceMs the page itself shows pictures no nearer together than this
 * @returns {Verdict}
 */
export function judge(known, nowMs, paceMs = 0) {
  const { shown, status } = known;
  // The answer that names a picture may be older than the clock's last setting: never a negative age.
  const ageMs = shown && Math.max(0, nowMs - shown.captured_at_ms);
  const state = stateOf(known, nowMs, paceMs, ageMs);
  const told = state === State.Paused || state === State.Ended || (state === State.Stalled && status !== null);
  return {
    state,
    ageMs,
    capturedAtMs: shown && shown.captured_at_ms,
    sinceMs: (told && status?.at_ms) || null,
    reason: (told && status?.reason) || '',
    silent: state === State.Stalled && status === null,
  };
}

/** @param {Known} known @param {number} nowMs @param {number} paceMs @param {number | null} ageMs */
function stateOf(known, nowMs, paceMs, ageMs) {
  const { connection, refusal, newest, status } = known;
  if (connection === 'lost') return State.Unreachable;
  if (refusal === 'taken') return State.Taken;
  if (refusal === 'refused') return State.Refused;
  if (status?.state === 'ended') return State.Ended;
  if (status?.state === 'paused') return State.Paused;
  if (status?.state === 'stalled') return State.Stalled;
  const intervalMs = Math.max(newest?.interval_ms ?? 0, paceMs);
  if (ageMs !== null && ageMs <= Math.max(LIVE_INTERVALS * intervalMs, LIVE_AT_LEAST_MS)) return State.Live;
  if (connection === 'connecting') return State.Connecting;
  if (!newest) return status ? State.Connecting : State.NotLive;
  // Where the server sees a publisher fall silent it says so. If no message comes at all, the way to the server is broken.
  const silentMs = nowMs - newest.captured_at_ms;
  if (silentMs > Math.max(SILENT_INTERVALS * intervalMs, SILENT_AT_LEAST_MS)) return State.Stalled;
  return ageMs === null ? State.Connecting : State.Late;
}

/** @type {ReadonlySet<string>} */
const WITH_DIMMED_PICTURE = new Set([State.Paused, State.Stalled, State.Unreachable, State.Taken, State.Refused]);

/** Must the picture be shown in a way that nobody takes for live? @param {import('./states.js').StateName} state */
export function isDimmed(state) {
  return WITH_DIMMED_PICTURE.has(state);
}
