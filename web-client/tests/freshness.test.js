import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDimmed, judge as judgeAt } from '../freshness.js';
import { State } from '../states.js';
import { age, ago, format, moment, pillDetail, rate, say } from '../words.js';
import { frame } from './stand-ins.js';

const SHOWN = frame(100);
const AT = SHOWN.captured_at_ms;

/** @type {import('../freshness.js').Verdict} */
const VERDICT = {
  state: State.Live, cause: '', ageMs: null, capturedAtMs: null, sinceMs: null, reason: '', held: false, refusal: '', lost: false,
};

/** @param {Partial<import('../freshness.js').Known>} [fields] */
function known(fields = {}) {
  return /** @type {import('../freshness.js').Known} */ (
    { connection: 'open', refusal: '', held: false, newest: SHOWN, shown: SHOWN, status: null, failures: 0, ...fields });
}

/** By clocks that agree. @param {import('../freshness.js').Known} what @param {number} atMs @param {number} [paceMs] */
function judge(what, atMs, paceMs = 0) {
  return judgeAt(what, { nowMs: atMs, steadyMs: atMs, paceMs });
}

/** @param {import('../message.js').Status['state']} state @param {string} [reason] @returns {import('../message.js').Status} */
function status(state, reason = '') {
  return { type: 'status', state, reason, at_ms: AT + 50 };
}

test('a picture is live up to a second or two intervals, whichever is longer, and late after that', () => {
  assert.equal(judge(known(), AT + 1000).state, State.Live);
  assert.equal(judge(known(), AT + 1001).state, State.Late);
  const slow = frame(100, { interval_ms: 4000 });
  assert.equal(judge(known({ newest: slow, shown: slow }), AT + 8000).state, State.Live);
  assert.equal(judge(known({ newest: slow, shown: slow }), AT + 8001).state, State.Late);
});

test('a page that shows only two pictures a second does not call that late', () => {
  assert.equal(judge(known(), AT + 1500, 800).state, State.Live);
});

test('live is said of the picture on the screen, not of one that was merely announced', () => {
  const newest = frame(105);
  assert.equal(judge(known({ shown: null, newest }), newest.captured_at_ms).state, State.Connecting);
  const verdict = judge(known({ newest }), newest.captured_at_ms + 10);
  assert.equal(verdict.state, State.Late);
  assert.equal(verdict.ageMs, 5010);
});

test('messages without pictures are told, whether the last picture still stands there or none ever came', () => {
  const newest = frame(160);
  const verdict = judge(known({ newest }), newest.captured_at_ms);
  assert.deepEqual([verdict.state, verdict.cause, isDimmed(verdict)], [State.Stalled, 'pictures', true]);
  assert.match(say(verdict, newest.captured_at_ms)?.sentence ?? '', /^Last picture .*, 1 minute ago\. Trying again\.$/);
  assert.equal(say(verdict, newest.captured_at_ms)?.headline, 'Pictures do not arrive');
  const none = judge(known({ newest, shown: null, failures: 3 }), newest.captured_at_ms);
  assert.equal(say(none, newest.captured_at_ms)?.headline, 'Pictures do not arrive');
  assert.equal(judge(known({ newest, shown: null, failures: 2 }), newest.captured_at_ms).state, State.Connecting);
});

test('silence that nobody explains is a stall, and is marked as one the page found out by itself', () => {
  const verdict = judge(known(), AT + 10_001);
  assert.deepEqual([verdict.state, verdict.cause], [State.Stalled, 'silence']);
  const rare = frame(100, { interval_ms: 60_000 });
  assert.equal(judge(known({ newest: rare, shown: rare }), AT + 300_000).state, State.Late);
});

test('silence is counted from the last message, whatever the publisher’s clock says; the age is the older of both', () => {
  const slow = frame(100, { arrivedMs: AT + 15_000 });
  const verdict = judge(known({ newest: slow, shown: slow }), AT + 15_500);
  assert.deepEqual([verdict.state, verdict.ageMs], [State.Late, 15_500]);
  const early = frame(100, { arrivedMs: AT - 15_000 });
  assert.equal(judge(known({ newest: early, shown: early }), AT - 5000).ageMs, 10_000);
});

test('a stall that the server tells counts when the picture is not live any more: a hiccup is none', () => {
  const stalled = known({ status: status('stalled') });
  assert.equal(judge(stalled, AT + 1000).state, State.Live);
  assert.deepEqual([judge(stalled, AT + 1001).state, judge(stalled, AT + 1001).cause], [State.Stalled, 'told']);
  const rare = frame(100, { interval_ms: 10_000 });
  assert.equal(judge(known({ newest: rare, shown: rare, status: status('stalled') }), AT + 20_000).state, State.Live);
  assert.equal(judge(known({ newest: null, shown: rare, status: status('stalled') }), AT).state, State.Stalled);
});

test('what the publisher says stands above the age of the picture', () => {
  for (const state of /** @type {const} */ (['paused', 'stalled', 'ended'])) {
    assert.equal(judge(known({ status: status(state) }), AT + 2000).state, state.toUpperCase());
  }
});

test('a server out of reach stands above all that was known before', () => {
  for (const given of [known(), known({ status: status('paused') }), known({ shown: null, newest: null }), known({ refusal: 'taken' })]) {
    assert.equal(judge({ ...given, connection: 'lost' }, AT).state, State.Unreachable);
  }
});

test('a broadcast that is known to be over stays over when its server goes, and the missing connection is told in words', () => {
  const verdict = judge(known({ connection: 'lost', newest: null, shown: null, status: status('ended') }), AT);
  assert.equal(verdict.state, State.Ended);
  assert.deepEqual(say(verdict, AT), { headline: 'The broadcast is over', sentence: 'No connection to the server. This page goes on by itself.' });
  assert.equal(pillDetail(verdict, AT), 'no connection');
  const open = judge(known({ newest: null, shown: null, status: status('ended') }), AT);
  assert.deepEqual(say(open, AT), { headline: 'The broadcast is over', sentence: 'This page goes on by itself.' });
  assert.equal(pillDetail(open, AT), '');
});

test('a picture that this viewer holds is told as paused by them, undimmed', () => {
  const verdict = judge(known({ held: true, newest: frame(160) }), AT + 60_000);
  assert.equal(verdict.state, State.Paused);
  assert.match(pillDetail(verdict, AT + 60_000), /^by you at \d\d:\d\d:\d\d$/);
  assert.equal(isDimmed(verdict), false);
  assert.equal(say(verdict, AT), null);
});

test('held before anything is shown, it says who paused instead of connecting for ever', () => {
  for (const connection of /** @type {const} */ (['open', 'connecting'])) {
    const verdict = judge(known({ held: true, shown: null, connection }), AT + 10);
    assert.equal(verdict.state, State.Paused);
    assert.equal(pillDetail(verdict, AT), 'by you');
    assert.deepEqual(say(verdict, AT), { headline: 'Paused by you', sentence: 'Press Go on to see the newest picture.' });
  }
});

test('a hold hides nothing that the viewer must know', () => {
  const blank = { held: true, shown: null, newest: null };
  assert.equal(judge(known(blank), AT).state, State.NotLive);
  assert.equal(judge(known({ ...blank, connection: 'connecting' }), AT).state, State.Connecting);
  assert.equal(judge(known({ ...blank, status: status('ended') }), AT).state, State.Ended);
  assert.equal(judge(known({ held: true, connection: 'lost' }), AT).state, State.Unreachable);
  assert.equal(judge(known({ held: true }), AT + 10_001).cause, 'silence');
  const paused = judge(known({ held: true, status: status('paused') }), AT);
  assert.deepEqual([paused.state, paused.cause], [State.Paused, 'told']);
});

test('an answer without any message means that nothing is on air; no answer yet means nothing at all', () => {
  assert.equal(judge(known({ shown: null, newest: null }), AT).state, State.NotLive);
  assert.equal(judge(known({ shown: null, newest: null, connection: 'connecting' }), AT).state, State.Connecting);
  assert.equal(judge(known({ shown: null, newest: null, status: status('live') }), AT).state, State.Connecting);
});

test('coming back after an hour away is no stall until the server has answered', () => {
  const back = judge(known({ connection: 'connecting' }), AT + 3_600_000);
  assert.equal(back.state, State.Connecting);
  assert.equal(isDimmed(back), true);
  const words = say(back, AT + 3_600_000);
  assert.equal(words?.headline, 'Connecting…');
  assert.match(words?.sentence ?? '', /^Last picture \d\d:\d\d:\d\d, 1 hour ago\.$/);
});

test('a picture from the future, by a clock that was just set back, is not of a negative age', () => {
  assert.equal(judge(known(), AT - 5000).ageMs, 0);
});

test('a picture that is not live is dimmed', () => {
  const dimmed = Object.values(State).filter((state) => isDimmed({ ...VERDICT, state }));
  assert.deepEqual(dimmed, [State.Connecting, State.Paused, State.Stalled, State.Unreachable, State.Taken, State.Refused, State.Closed, State.Full, State.Unfit]);
});

test('every state that is not live says in words what is and what comes', () => {
  const refused = new Map(/** @type {const} */ ([
    [State.Taken, 'taken'], [State.Refused, 'password'], [State.Closed, 'closed'], [State.Full, 'full'], [State.Unfit, 'unfit']]));
  for (const state of Object.values(State)) {
    const refusal = refused.get(/** @type {any} */ (state)) ?? '';
    const words = say({ ...VERDICT, state, refusal }, AT);
    if (state === State.Live || state === State.Late) assert.equal(words, null);
    else assert.ok(words && words.headline.length > 5, state);
  }
});

test('the last picture is named with its time and its age', () => {
  const verdict = judge(known({ connection: 'lost' }), AT + 240_000);
  const words = say(verdict, AT + 240_000);
  assert.equal(words?.headline, 'No connection to the camera');
  assert.match(words?.sentence ?? '', /^Last picture \d\d:\d\d:\d\d, 4 minutes ago\. Trying again\.$/);
  assert.equal(pillDetail(verdict, AT), 'trying again');
});

test('a stall does not claim that there is a camera: pictures may come from anywhere', () => {
  assert.equal(say(judge(known({ status: status('stalled') }), AT + 2000), AT)?.headline, 'No new picture');
});

test('the reason of a stall is told as a sentence', () => {
  for (const [reason, start] of /** @type {[string, string][]} */ ([
    ['the camera was unplugged', 'The camera was unplugged. Last picture'], ['Busy.', 'Busy. Last picture'], ['  ', 'Last picture']])) {
    const words = say(judge(known({ status: status('stalled', reason) }), AT + 5000), AT + 5000);
    assert.ok(words?.sentence.startsWith(start), words?.sentence);
  }
});

test('ages are short in the pill and words in a sentence', () => {
  assert.deepEqual([-1, 0, 140, 999, 9949, 9999, 10_000, 59_999, 60_000, 240_000, 7_200_000, 86_400_000].map(age),
    ['0.0 s', '0.0 s', '0.1 s', '0.9 s', '9.9 s', '9.9 s', '10 s', '59 s', '1 minute', '4 minutes', '2 hours', '1 day']);
  assert.deepEqual([0, 1999, 59_999, 60_000, 3_600_000, 200_000_000].map(ago),
    ['1 second ago', '1 second ago', '59 seconds ago', '1 minute ago', '1 hour ago', '2 days ago']);
});

test('a moment of another day comes with its date', () => {
  const noon = Date.UTC(2026, 10, 22, 12);
  assert.match(moment(noon, noon + 1000), /^\d\d:\d\d:\d\d$/);
  assert.match(moment(noon, noon + 86_400_000), /^2[1-3] November \d\d:\d\d:\d\d$/);
});

test('size and rate are told as far as they are known', () => {
  assert.deepEqual([0, 33, 67, 500, 1000, 10_000, 600_000].map(rate),
    ['', '30 a second', '15 a second', '2 a second', 'one a second', 'one every 10 s', 'one every 10 minutes']);
  assert.equal(format(frame(1)), '640 × 480 · 10 a second');
  assert.equal(format(frame(1, { width: 0, interval_ms: 0 })), '');
});

test('nothing is live before the server has answered: who slept knows of no time that has passed', () => {
  assert.equal(judge(known({ connection: 'connecting' }), AT + 100).state, State.Connecting);
});

test('a picture that is held is not dimmed, whatever else there is to say', () => {
  for (const given of [known({ connection: 'lost' }), known({ status: status('paused') }), known({ connection: 'connecting' })]) {
    assert.equal(isDimmed(judge({ ...given, held: true }, AT)), false);
    assert.equal(isDimmed(judge({ ...given, held: true, shown: null }, AT)), true);
  }
});
