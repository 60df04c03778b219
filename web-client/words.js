import { State } from './states.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An age for the pill: "0.2 s", "12 s", "4 minutes". @param {number} ms */
export function age(ms) {
  if (ms < 10 * SECOND) return `${(Math.floor(Math.max(0, ms) / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  return long(ms);
}

/** An age for a sentence: "4 minutes ago". @param {number} ms */
export function ago(ms) {
  return ms < MINUTE ? `${count(Math.max(1, Math.floor(ms / SECOND)), 'second')} ago` : `${long(ms)} ago`;
}

/** @param {number} ms */
function long(ms) {
  if (ms < HOUR) return count(Math.floor(ms / MINUTE), 'minute');
  if (ms < DAY) return count(Math.floor(ms / HOUR), 'hour');
  return count(Math.floor(ms / DAY), 'day');
}

/** @param {number} n @param {string} noun */
function count(n, noun) {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' });

/**
 * A moment: "14:03:22", with its date once that is not plain from the time.
 * @param {number} atMs @param {number} nowMs
 */
export function moment(atMs, nowMs) {
  const time = TIME.format(atMs);
  return Math.abs(nowMs - atMs) < 12 * HOUR ? time : `${DATE.format(atMs)} ${time}`;
}

/** How often pictures come: "15 a second", "one every 10 s"; empty if unknown. @param {number} intervalMs */
export function rate(intervalMs) {
  if (intervalMs <= 0) return '';
  if (intervalMs <= 0.75 * SECOND) return `${Math.round(SECOND / intervalMs)} a second`;
  if (intervalMs < 1.5 * SECOND) return 'one a second';
  if (intervalMs < 2 * MINUTE) return `one every ${Math.round(intervalMs / SECOND)} s`;
  return `one every ${long(intervalMs)}`;
}

/** Size and rate of a picture: "1280 × 720 · 15 a second". @param {import('./message.js').Frame} frame */
export function format(frame) {
  const size = frame.width && frame.height ? `${frame.width} × ${frame.height}` : '';
  return [size, rate(frame.interval_ms)].filter(Boolean).join(' · ');
}

/**
 * What stands in the pill behind the state's word.
 * @param {import('./freshness.js').Verdict} verdict
 * @param {number} nowMs server time
 */
export function pillDetail(verdict, nowMs) {
  switch (verdict.state) {
    case State.Live:
    case State.Late:
      return verdict.ageMs === null ? '' : age(verdict.ageMs);
    case State.Paused:
      if (verdict.cause !== 'viewer') return '';
      return verdict.capturedAtMs === null ? 'by you' : `by you at ${moment(verdict.capturedAtMs, nowMs)}`;
    case State.Ended:
      return verdict.lost ? 'no connection' : '';
    case State.Unreachable:
      return 'trying again';
    default:
      return '';
  }
}

/**
 * What is said where the picture is, or would be.
 * @param {import('./freshness.js').Verdict} verdict
 * @param {number} nowMs server time
 * @returns {{ headline: string, sentence: string } | null} null if the picture speaks for itself
 */
export function say(verdict, nowMs) {
  const last = verdict.capturedAtMs === null || verdict.ageMs === null ? ''
    : `Last picture ${moment(verdict.capturedAtMs, nowMs)}, ${ago(verdict.ageMs)}.`;
  const since = verdict.sinceMs === null ? '' : `Since ${moment(verdict.sinceMs, nowMs)}.`;
  const reason = sentence(verdict.reason);
  switch (verdict.state) {
    case State.Live:
    case State.Late:
      return null;
    case State.Connecting:
      return said('Connecting…', last);
    case State.NotLive:
      return said('Nothing is on air yet', 'This page goes on by itself.');
    case State.Paused:
      if (verdict.cause === 'viewer') return last ? null : said('Paused by you', 'Press Go on to see the newest picture.');
      return said('The camera is paused', reason, since, 'It goes on by itself.');
    case State.Stalled:
      return said(verdict.cause === 'pictures' ? 'Pictures do not arrive' : 'No new picture', reason, last, 'Trying again.');
    case State.Ended:
      return said('The broadcast is over', reason, verdict.lost ? 'No connection to the server.' : '', 'This page goes on by itself.');
    case State.Unreachable:
      return said('No connection to the camera', last, 'Trying again.');
    default:
      return sayRefusal(verdict.refusal, reason);
  }
}

/** @param {import('./freshness.js').Verdict['refusal']} refusal @param {string} reason */
function sayRefusal(refusal, reason) {
  switch (refusal) {
    case 'taken':
      return said('Somebody else is watching', 'This channel takes one viewer at a time.', 'Trying again.');
    case 'displaced':
      return said('Somebody else is watching', 'This channel takes one viewer at a time.');
    case 'password':
      return said('A password is needed', 'Open this channel again to enter it.');
    case 'closed':
      return said('You can’t watch any more', reason || 'The broadcaster has closed this viewer.');
    case 'full':
      return said('No room for one more viewer', reason, 'Trying again.');
    case 'unfit':
      return said('The server does not understand this page', 'Load it again.');
    default:
      return null;
  }
}

/** @param {string} headline @param {...string} sentences */
function said(headline, ...sentences) {
  return { headline, sentence: sentences.filter(Boolean).join(' ') };
}

/** Makes a sentence of a text from the wire. @param {string} text */
function sentence(text) {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const capital = trimmed[0]?.toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** The picture in words: camera, state, time. @param {string} name @param {import('./freshness.js').Verdict} verdict @param {number} nowMs */
export function alt(name, verdict, nowMs) {
  const time = verdict.capturedAtMs === null ? '' : `, picture of ${moment(verdict.capturedAtMs, nowMs)}`;
  return `Camera ${name}, ${verdict.state.toLowerCase()}${time}`;
}
