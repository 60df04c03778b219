import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Poll } from '../poll.js';
import { State } from '../states.js';
import { Server, settle, Time } from './stand-ins.js';
import { begin as watch } from './watching.js';

const FRAME = '{"type":"frame","url":"/f/1.jpg","captured_at_ms":5,"interval_ms":100}';

/** @param {import('node:test').TestContext} t */
function begin(t) {
  const time = new Time(t);
  const server = new Server(t);
  /** @type {import('../poll.js').Answer[]} */
  const answers = [];
  const poll = new Poll(['front'], { viewer: 'abc', onAnswer: (answer) => answers.push(answer) });
  t.after(() => poll.stop());
  poll.restart();
  return { time, server, answers, poll };
}

/** @param {Time} time @param {Server} server */
async function nextRequest(time, server) {
  for (let waitedMs = 0; server.open.length === 0 && waitedMs <= 10_000; waitedMs += 50) await time.pass(50);
  return server.only;
}

/** @param {number} n */
function id(n) {
  return { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT', 'Etag': String(n) };
}

test('a server that is full says so in its own words, and is asked again', async (t) => {
  const { time, server, answers } = begin(t);
  await server.only.answer(503, 'Ten watch already.', { 'Content-Type': 'text/plain; charset=utf-8' });
  assert.deepEqual([answers[0]?.kind, answers[0]?.reason], ['full', 'Ten watch already.']);
  await (await nextRequest(time, server)).answer(200, FRAME, id(1));
  assert.equal(answers.at(-1)?.kind, 'message');
});

test('who was closed by the broadcaster does not come back by itself, whatever happens', async (t) => {
  const { time, server, answers, poll } = begin(t);
  await server.only.answer(200, FRAME, id(1));
  await server.only.answer(403, 'You were sent away.', { 'Content-Type': 'text/plain' });
  assert.deepEqual([answers[1]?.kind, answers[1]?.reason], ['closed', 'You were sent away.']);
  await time.pass(3_600_000);
  poll.restart();
  await settle();
  assert.equal(server.requests.length, 2);
});

test('who is closed by the broadcaster sees no picture any more, and why', async (t) => {
  const { viewer, front, state, poll, show } = watch(t);
  await show(1);
  await poll().answer(403, 'The broadcaster closed this viewer.', { 'Content-Type': 'text/plain' });
  assert.equal(state(), State.Closed);
  assert.equal(front.picture.shown, null);
  assert.equal(front.judge(viewer.clock.now()).reason, 'The broadcaster closed this viewer.');
});
