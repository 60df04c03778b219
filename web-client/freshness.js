import { State } from './states.js';

/**
 * What a page knows of one channel.
 * @typedef {object} Known
 * @property {'connecting' | 'open' | 'lost'} connection
 * @property {'' | 'taken' | 'refused'} refusal
 * @property {boolean} held this viewer holds the picture
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
 * @property {boolean} byViewer this viewer paused the picture, not the broadcaster
 * @property {boolean} lost the server does not answer; what is said is the last that was known
 */

const LIVE_INTERVALS = 2;
const LIVE_AT_LEAST_MS = 1000;
const SILENT_INTERVALS = 6;
const SILENT_AT_LEAST_MS = 10_000;

/** What the broadcaster says counts as it stands; that it is live must be seen. @type {Readonly<Record<string, import('./states.js').StateName | undefined>>} */
const TOLD = Object.freeze({ paused: State.Paused, stalled: State.Stalled, ended: State.Ended });

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
  const told = status !== null && TOLD[status.state] === state;
  return {
    state,
    ageMs,
    capturedAtMs: shown && shown.captured_at_ms,
    sinceMs: (told && status?.at_ms) || null,
    reason: (told && status?.reason) || '',
    silent: state === State.Stalled && !told,
    byViewer: state === State.Paused && !told,
    lost: known.connection === 'lost',
  };
}

/** @param {Known} known @param {number} nowMs @param {number} paceMs @param {number | null} ageMs */
function stateOf(known, nowMs, paceMs, ageMs) {
  return toldState(known) ?? seenState(known, nowMs, paceMs, ageMs);
}

/** What server and broadcaster say, which stands above what can be seen. @param {Known} known */
function toldState({ connection, refusal, status }) {
  // A server that stops after its broadcast takes nothing back: it is over, and that tells more than the silence.
  if (connection === 'lost') return status?.state === 'ended' ? State.Ended : State.Unreachable;
  if (refusal === 'taken') return State.Taken;
  if (refusal === 'refused') return State.Refused;
  return status ? TOLD[status.state] : undefined;
}

/** @param {Known} known @param {number} nowMs @param {number} paceMs @param {number | null} ageMs */
function seenState({ connection, held, newest, status }, nowMs, paceMs, ageMs) {
  const intervalMs = Math.max(newest?.interval_ms ?? 0, paceMs);
  // Where the server sees a publisher fall silent it says so. If no message comes at all, the way to the server is broken.
  const silentAfterMs = Math.max(SILENT_INTERVALS * intervalMs, SILENT_AT_LEAST_MS);
  const isSilent = connection === 'open' && newest !== null && nowMs - newest.captured_at_ms > silentAfterMs;
  if (held && (newest || status) && !isSilent) return State.Paused;
  if (ageMs !== null && ageMs <= Math.max(LIVE_INTERVALS * intervalMs, LIVE_AT_LEAST_MS)) return State.Live;
  if (connection === 'connecting') return State.Connecting;
  if (!newest) return status ? State.Connecting : State.NotLive;
  if (isSilent) return State.Stalled;
  return ageMs === null ? State.Connecting : State.Late;
}

/** @type {ReadonlySet<string>} */
const WITH_DIMMED_PICTURE = new Set([
  State.Connecting, State.Paused, State.Stalled, State.Unreachable, State.Taken, State.Refused,
]);

/**
 * Must the picture be shown in a way that nobody takes for live? Who holds it knows, and wants to look at it.
 * @param {Verdict} verdict
 */
export function isDimmed({ state, byViewer }) {
  return WITH_DIMMED_PICTURE.has(state) && !byViewer;
}
