import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnMinute } from '../learning.js';
import { Minute, MINUTE_MS } from '../minute.js';
import { frame, Server, settle } from './stand-ins.js';

const AT = 1_000_000;

/** Pictures so many milliseconds apart. @param {number} count @param {number} apartMs */
function filled(count, apartMs) {
  const minute = new Minute();
  for (let n = 0; n < count; n += 1) minute.add(frame(n, { captured_at_ms: AT + n * apartMs }), Math.floor((AT + n * apartMs) / 1000));
  return minute;
}

test('the picture nearest to a moment is found, and those beside it', () => {
  const minute = filled(5, 1000);
  assert.equal(minute.nearest(AT + 2400)?.captured_at_ms, AT + 2000);
  assert.equal(minute.nearest(AT + 2600)?.captured_at_ms, AT + 3000);
  assert.equal(minute.nearest(0)?.captured_at_ms, AT);
  assert.equal(minute.nearest(AT * 2)?.captured_at_ms, AT + 4000);
  assert.equal(minute.next(AT + 2000, -1)?.captured_at_ms, AT + 1000);
  assert.equal(minute.next(AT + 2000, 1)?.captured_at_ms, AT + 3000);
  assert.equal(minute.next(AT, -1), null);
  assert.equal(minute.next(AT + 4000, 1), null);
  assert.equal(new Minute().nearest(AT), null);
});

test('what is older than a minute is forgotten, by the server’s clock and by the newest picture’s', () => {
  const minute = filled(100, 1000);
  assert.equal(minute.oldest(0)?.captured_at_ms, AT + 39_000);
  assert.equal(minute.oldest(AT + 99_000 + 30_000)?.captured_at_ms, AT + 69_000);
  assert.equal(minute.oldest(AT + 99_000 + MINUTE_MS + 1), null);
});

test('however fast pictures come, only so many are remembered, and a slow camera’s are all', () => {
  let known = 0;
  const minute = filled(10_000, 8);
  for (let at = minute.oldest(0); at; at = minute.next(at.captured_at_ms, 1)) known += 1;
  assert.ok(known > 500 && known <= 700, String(known));
  assert.equal(filled(6, 10_000).oldest(0)?.captured_at_ms, AT);
});

test('a picture that is told twice, or late, is in its place once', () => {
  const minute = filled(3, 1000);
  minute.add(frame(1, { captured_at_ms: AT + 1000 }), 1001);
  minute.add(frame(9, { captured_at_ms: AT + 500 }), 1000);
  assert.deepEqual([0, 500, 1000].map((ms) => minute.next(AT + ms, 1)?.captured_at_ms), [AT + 500, AT + 1000, AT + 2000]);
  minute.drop('/frames/front/9.jpg');
  assert.equal(minute.next(AT, 1)?.captured_at_ms, AT + 1000);
  minute.clear();
  assert.equal(minute.newest, null);
});

/** Stored messages of a server, one each 100 ms from `firstMs` on, answered as the server does. @param {import('node:test').TestContext} t */
function serving(t, /** @type {number} */ firstMs, /** @type {number} */ count) {
  const server = new Server(t);
  /** @type {string[]} */
  const questions = [];
  const serve = async () => {
    for (;;) {
      await settle();
      const [request] = server.open;
      if (!request) return questions;
      questions.push(request.url);
      const after = Number(/last_event_id=(\d+):4294967295/.exec(request.url)?.[1] ?? -1);
      const all = Array.from({ length: count }, (_, n) => firstMs + n * 100);
      const atMs = all.find((ms) => Math.floor(ms / 1000) > after);
      if (atMs === undefined) await request.answer(304);
      else {
        await request.answer(200, JSON.stringify(frame(atMs, { captured_at_ms: atMs })), {
          'Last-Modified': new Date(Math.floor(atMs / 1000) * 1000).toUTCString() });
      }
    }
  };
  return { serve };
}

test('the minute of a channel that was on before the page came is learned with a question for each second', async (t) => {
  const { serve } = serving(t, AT, 300);
  const minute = new Minute();
  minute.add(frame(1, { captured_at_ms: AT + 29_950 }), 1029);
  const learned = learnMinute('a b', minute, () => 'viewer=abc');
  const questions = await serve();
  await learned;
  assert.equal(questions[0], '/sub/a%20b?poll&first=oldest&viewer=abc');
  assert.ok(questions.length <= 31, String(questions.length));
  assert.equal(minute.oldest(0)?.captured_at_ms, AT);
  for (let second = 0; second < 29; second += 1) {
    assert.ok(Math.abs((minute.nearest(AT + second * 1000)?.captured_at_ms ?? 0) - AT - second * 1000) < 500);
  }
});

test('what the page heard itself is not asked for again', async (t) => {
  const { serve } = serving(t, AT, 600);
  const minute = filled(600, 100);
  const learned = learnMinute('front', minute, () => 'viewer=abc');
  assert.ok((await serve()).length <= 2);
  await learned;
});

test('a server that does not answer, or always the same, is left in peace', async (t) => {
  const server = new Server(t);
  const failed = learnMinute('front', new Minute(), () => 'viewer=abc');
  await settle();
  await server.only.fail();
  await failed;
  const same = learnMinute('front', new Minute(), () => 'viewer=abc');
  await settle();
  for (let n = 0; n < 2; n += 1) {
    await server.only.answer(200, JSON.stringify(frame(1)), { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT' });
  }
  await same;
  assert.equal(server.open.length, 0);
});
