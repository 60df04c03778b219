import { State } from './states.js';

/**
 * A picture that was announced, and when its message arrived by this page's steady clock.
 * @typedef {import('./message.js').Frame & { arrivedMs: number }} Announced
 */

/**
 * What a page knows of one channel.
 * @typedef {object} Known
 * @property {'connecting' | 'open' | 'lost'} connection
 * @property {'' | 'taken' | 'displaced' | 'password' | 'closed' | 'full' | 'unfit'} refusal
 * @property {string} [refusalReason] what the server says of it
 * @property {boolean} held this viewer holds the picture
 * @property {Announced | null} newest the newest picture announced
 * @property {Announced | null} shown the picture on the screen
 * @property {import('./message.js').Status | null} status the last status, unless a picture came after it
 * @property {number} failures how often in a row a picture could not be had
 */

/**
 * What is to be said about it.
 * @typedef {object} Verdict
 * @property {import('./states.js').StateName} state
 * @property {'' | 'told' | 'silence' | 'pictures' | 'viewer'} cause why it is paused or stalled, or over: broadcaster or server
 *   said so; no message comes, and nobody said why; messages come, but no pictures; this viewer wants it so
 * @property {number | null} ageMs of the picture shown
 * @property {number | null} capturedAtMs of the picture shown
 * @property {number | null} sinceMs when the state began, if the server said so
 * @property {string} reason
 * @property {boolean} held this viewer holds the picture shown, whatever else there is to say
 * @property {Known['refusal']} refusal
 * @property {boolean} lost the server does not answer; what is said is the last that was known
 */

const LIVE_INTERVALS = 2;
const LIVE_AT_LEAST_MS = 1000;
const SILENT_INTERVALS = 6;
const SILENT_AT_LEAST_MS = 10_000;
/** So many pictures in a row that can't be had are no accident. */
const FAILURES_TOLD = 3;

/** What the broadcaster says counts as it stands; that it is live must be seen. @type {Readonly<Record<string, import('./states.js').StateName | undefined>>} */
const TOLD = Object.freeze({ paused: State.Paused, stalled: State.Stalled, ended: State.Ended });

const REFUSED = Object.freeze({
  taken: State.Taken,
  displaced: State.Taken,
  password: State.Refused,
  closed: State.Closed,
  full: State.Full,
  unfit: State.Unfit,
});

/**
 * By whose clock: the server's, for a picture's age; the page's own, for what arrived when; and `paceMs`, for the page
 * itself may ask for pictures no nearer together than this.
 * @typedef {{ nowMs: number, steadyMs: number, paceMs?: number }} Times
 */

/** @param {Known} known @param {Times} times @returns {Verdict} */
export function judge(known, times) {
  const { shown, status } = known;
  // By a server's clock that was never told, or set back since, the picture is at least as old as its message.
  const ageMs = shown && Math.max(0, times.nowMs - shown.captured_at_ms, times.steadyMs - shown.arrivedMs);
  const [state, cause] = toldState(known, times) ?? seenState(known, times, ageMs);
  const isTold = cause === 'told';
  return {
    state,
    cause,
    ageMs,
    capturedAtMs: shown && shown.captured_at_ms,
    sinceMs: (isTold && status?.at_ms) || null,
    reason: (isTold ? status?.reason : known.refusalReason) ?? '',
    held: known.held && shown !== null,
    refusal: known.refusal,
    lost: known.connection === 'lost',
  };
}

/** @typedef {[import('./states.js').StateName, Verdict['cause']]} StateAndCause */

/**
 * What server and broadcaster say, which stands above what can be seen.
 * @param {Known} known @param {Times} times @returns {StateAndCause | null}
 */
function toldState(known, times) {
  const { connection, refusal, status, newest } = known;
  // A server that stops after its broadcast takes nothing back: it is over, and that tells more than the silence.
  if (connection === 'lost') return status?.state === 'ended' ? [State.Ended, 'told'] : [State.Unreachable, ''];
  if (refusal !== '') return [REFUSED[refusal], ''];
  // The server says at once that a publisher is silent. A hiccup is over before anybody could read it.
  if (status?.state === 'stalled' && newest && times.steadyMs - newest.arrivedMs <= liveForMs(known, times)) return null;
  const told = status && TOLD[status.state];
  return told ? [told, 'told'] : null;
}

/** @param {Known} known @param {Times} times @param {number | null} ageMs @returns {StateAndCause} */
function seenState(known, times, ageMs) {
  const { connection, held, newest, shown, status, failures } = known;
  const silentAfterMs = Math.max(SILENT_INTERVALS * intervalMs(known, times), SILENT_AT_LEAST_MS);
  /** @param {Announced} frame */
  const isLongAgo = (frame) => times.steadyMs - frame.arrivedMs > silentAfterMs;
  // Where the server sees a publisher fall silent it says so. If no message comes at all, the way to the server is broken.
  if (connection === 'open' && newest && isLongAgo(newest)) return [State.Stalled, 'silence'];
  if (held && (newest || status)) return [State.Paused, 'viewer'];
  if (connection === 'connecting') return [State.Connecting, ''];
  if (!newest) return [status ? State.Connecting : State.NotLive, ''];
  if (shown ? isLongAgo(shown) : failures >= FAILURES_TOLD) return [State.Stalled, 'pictures'];
  if (ageMs === null) return [State.Connecting, ''];
  return [ageMs <= liveForMs(known, times) ? State.Live : State.Late, ''];
}

/** @param {Known} known @param {Times} times */
function intervalMs({ newest }, { paceMs = 0 }) {
  return Math.max(newest?.interval_ms ?? 0, paceMs);
}

/** @param {Known} known @param {Times} times */
function liveForMs(known, times) {
  return Math.max(LIVE_INTERVALS * intervalMs(known, times), LIVE_AT_LEAST_MS);
}

/** @type {ReadonlySet<string>} */
const WITH_DIMMED_PICTURE = new Set([
  State.Connecting, State.Paused, State.Stalled, State.Unreachable, State.Taken, State.Refused, State.Closed, State.Full, State.Unfit,
]);

/**
 * Must the picture be shown in a way that nobody takes for live? Who holds it knows, and wants to look at it.
 * @param {Verdict} verdict
 */
export function isDimmed({ state, held }) {
  return WITH_DIMMED_PICTURE.has(state) && !held;
}
