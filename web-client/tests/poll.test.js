import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Poll } from '../poll.js';
import { Server, settle, Time } from './stand-ins.js';

const FRAME = '{"type":"frame","url":"/f/1.jpg","captured_at_ms":5,"interval_ms":100}';

/** @param {import('node:test').TestContext} t @param {string[]} channels @param {{ paceMs?: () => number }} [options] */
function begin(t, channels = ['front'], options = {}) {
  const time = new Time(t);
  const server = new Server(t);
  /** @type {import('../poll.js').Answer[]} */
  const answers = [];
  /** @type {string[][]} */
  const caughtUp = [];
  /** How many requests were on their way when an answer was handed over. @type {number[]} */
  const armed = [];
  const poll = new Poll(channels, {
    viewer: 'abc',
    onAnswer: (answer) => {
      answers.push(answer);
      armed.push(server.open.length);
    },
    onCaughtUp: (silent) => caughtUp.push(silent),
    ...options,
  });
  t.after(() => poll.stop());
  poll.restart();
  return { time, server, answers, caughtUp, armed, poll };
}

/** Lets time pass until something is asked, ten seconds at most. @param {Time} time @param {Server} server */
async function nextRequest(time, server) {
  for (let waitedMs = 0; server.open.length === 0 && waitedMs <= 10_000; waitedMs += 50) await time.pass(50);
  return server.only;
}

/** @param {number} n */
function id(n, more = {}) {
  return { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT', 'Etag': String(n), ...more };
}

test('it asks for the newest message without being held first, then lets itself be held, echoing the id', async (t) => {
  const { server, answers } = begin(t);
  assert.equal(server.only.url, '/sub/front?latest&poll&viewer=abc');
  assert.equal(server.only.headers.has('If-Modified-Since'), false);
  await server.only.answer(200, FRAME, id(7, { 'Cometcam-Now-Ms': '900', 'Cometcam-Version': '1.2.3' }));
  assert.equal(server.only.url, '/sub/front?latest&timeout=25&viewer=abc');
  assert.equal(server.only.headers.get('If-Modified-Since'), 'Sun, 22 Nov 2026 12:00:00 GMT');
  assert.equal(server.only.headers.get('If-None-Match'), '7');
  assert.deepEqual([answers[0]?.kind, answers[0]?.channel, answers[0]?.nowMs, answers[0]?.version], ['message', 'front', 900, '1.2.3']);
});

test('the next poll is on its way before the answer is handed over', async (t) => {
  const { server, armed } = begin(t);
  for (let n = 1; n <= 5; n += 1) await server.only.answer(200, FRAME, id(n));
  assert.deepEqual(armed, [1, 1, 1, 1, 1]);
});

test('names are escaped and an answer says which of several channels it is about', async (t) => {
  const { server, answers } = begin(t, ['Büro, 1', 'a/b']);
  assert.match(server.only.url, /^\/sub\/B%C3%BCro%2C%201,a%2Fb\?/);
  await server.only.answer(200, FRAME, id(1, { 'Cometcam-Channel': 'a%2Fb' }));
  assert.equal(answers[0]?.channel, 'a/b');
});

test('a hold that ended without news goes on with the same id at once', async (t) => {
  const { time, server } = begin(t);
  await server.only.answer(200, FRAME, id(7));
  for (let round = 0; round < 3; round += 1) {
    await time.pass(25_000);
    await server.only.answer(304);
    assert.equal(server.only.headers.get('If-None-Match'), '7');
  }
});

test('a server that keeps answering at once without news is not asked in a tight loop', async (t) => {
  const { time, server } = begin(t);
  await server.only.answer(304);
  for (let answered = 0; answered < 12; answered += 1) {
    if (server.open.length === 0) await time.pass(10_000);
    await server.only.answer(304);
  }
  const before = server.requests.length;
  await time.pass(4000);
  assert.equal(server.requests.length, before);
});

test('an answer that does not move the id is not asked for again in a tight loop', async (t) => {
  const { time, server } = begin(t);
  await server.only.answer(200, FRAME, id(1));
  await server.only.answer(200, FRAME, id(1));
  assert.equal(server.open.length, 0);
  await time.pass(250);
  assert.equal(server.open.length, 1);
});

test('it tries for ever with waits that grow to ten seconds, and then asks what there is now', async (t) => {
  const { time, server, answers } = begin(t);
  await server.only.answer(200, FRAME, id(7));
  for (let attempt = 1; attempt <= 200; attempt += 1) {
    await server.only.fail();
    assert.equal(server.open.length, 0);
    assert.equal(answers.at(-1)?.kind, 'failed');
    await nextRequest(time, server);
  }
  assert.equal(server.only.headers.has('If-None-Match'), false);
  assert.match(server.only.url, /latest&poll&/);
  await server.only.answer(200, FRAME, id(8));
  assert.equal(server.open.length, 1);
});

test('a connection that dies without a word is given up and asked again', async (t) => {
  const { time, server, answers } = begin(t);
  await server.only.answer(200, FRAME, id(7));
  const [held] = server.open;
  await time.pass(33_000);
  assert.equal(held?.open, false);
  assert.equal(answers.at(-1)?.kind, 'failed');
  await time.pass(250);
  assert.equal(server.open.length, 1);
});

test('a restart cuts a wait short, breaks off a held poll, and never leaves two', async (t) => {
  const { time, server, poll } = begin(t);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await server.only.fail();
    await nextRequest(time, server);
  }
  await server.only.fail();
  assert.equal(server.open.length, 0);
  poll.restart();
  await settle();
  assert.equal(server.open.length, 1);
  for (let n = 0; n < 5; n += 1) poll.restart();
  await settle();
  assert.equal(server.open.length, 1);
  await time.pass(60_000);
  assert.ok(server.open.length <= 1);
});

test('stopped, it asks nothing more and leaves no timer behind', async (t) => {
  const { time, server, answers, poll } = begin(t);
  await server.only.answer(200, FRAME, id(1));
  poll.stop();
  await time.pass(60_000);
  assert.equal(server.open.length, 0);
  assert.equal(answers.length, 1);
  assert.equal(time.timers, 0);
});

test('an answer that comes when it was broken off is not taken, nor its id', async (t) => {
  const { server, answers, poll } = begin(t);
  const { only } = server;
  const late = only.answer(200, FRAME, id(9));
  poll.restart();
  await late;
  assert.equal(answers.length, 0);
  assert.equal(server.only.headers.has('If-None-Match'), false);
});

test('a fault in what an answer leads to does not end the poll', async (t) => {
  const server = new Server(t);
  const time = new Time(t);
  /** @type {unknown[]} */
  const reported = [];
  const real = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (run) => {
    try {
      run();
    } catch (error) {
      reported.push(error);
    }
  };
  t.after(() => {
    globalThis.queueMicrotask = real;
  });
  const poll = new Poll(['front'], { viewer: 'abc', onAnswer: () => { throw new Error('A fault.'); } });
  t.after(() => poll.stop());
  poll.restart();
  for (let n = 1; n <= 3; n += 1) await server.only.answer(200, FRAME, id(n));
  assert.equal(reported.length, 3);
  await time.pass(0);
  assert.equal(server.open.length, 1);
});

test('a deleted channel is asked for again from the start, slowly', async (t) => {
  const { time, server, answers } = begin(t);
  await server.only.answer(200, FRAME, id(7));
  await server.only.answer(410);
  assert.equal(answers.at(-1)?.kind, 'gone');
  assert.equal(server.open.length, 0);
  await time.pass(250);
  assert.equal(server.only.headers.has('If-Modified-Since'), false);
});

test('each refusal is told as what it is', async (t) => {
  const { time, server, answers } = begin(t);
  for (const status of [401, 404, 400, 500, 503, 204, 409]) {
    await (await nextRequest(time, server)).answer(status);
  }
  assert.deepEqual(answers.map(({ kind }) => kind), ['password', 'unknown', 'unfit', 'failed', 'failed', 'failed', 'displaced']);
});

test('a restart begins its waits small again', async (t) => {
  const { time, server, poll } = begin(t);
  for (let attempt = 0; attempt < 10; attempt += 1) await (await nextRequest(time, server)).fail();
  poll.restart();
  await server.only.fail();
  await time.pass(250);
  assert.equal(server.open.length, 1);
});

test('what the server can’t do is an answer, not a failure to answer', async (t) => {
  const { server, answers } = begin(t);
  await server.only.answer(400);
  assert.equal(answers.at(-1)?.kind, 'unfit');
});

test('of several channels it asks without being held until each has told its newest, or has none', async (t) => {
  const { server, caughtUp } = begin(t, ['a', 'b', 'c']);
  const from = (/** @type {string} */ channel, /** @type {number} */ n) => (
    server.only.answer(200, FRAME, id(n, { 'Cometcam-Channel': channel })));
  await from('a', 1);
  assert.match(server.only.url, /latest&poll&/);
  assert.equal(server.only.headers.get('If-None-Match'), '1');
  await from('c', 2);
  assert.deepEqual(caughtUp, []);
  await server.only.answer(304);
  assert.deepEqual(caughtUp, [['b']]);
  assert.match(server.only.url, /latest&timeout=25&/);
  assert.equal(server.only.headers.get('If-None-Match'), '2');
});

test('a channel that comes again before all have come says that the others have nothing', async (t) => {
  const { server, caughtUp } = begin(t, ['a', 'b', 'c']);
  for (const [n, channel] of ['a', 'b', 'a'].entries()) {
    await server.only.answer(200, FRAME, id(n, { 'Cometcam-Channel': channel }));
  }
  assert.deepEqual(caughtUp, [['c']]);
  assert.match(server.only.url, /latest&timeout=25&/);
});

test('a place that is taken is asked for by waiting for the next message, ever more slowly, and what there is only when it is free', async (t) => {
  const { time, server, answers } = begin(t);
  await server.only.answer(200, FRAME, id(1));
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await server.only.answer(409, null, { 'Retry-After': '1' });
    assert.equal(server.open.length, 0);
    assert.match((await nextRequest(time, server)).url, /latest&first=newest&timeout=25&/);
    assert.equal(server.only.headers.has('If-None-Match'), false);
  }
  await server.only.answer(409, null, { 'Retry-After': '1' });
  await time.pass(4_900);
  assert.equal(server.open.length, 0);
  assert.ok(answers.slice(1).every(({ kind }) => kind === 'taken'));
  await (await nextRequest(time, server)).answer(200, FRAME, id(9));
  assert.match(server.only.url, /latest&poll&/);
  await server.only.answer(200, FRAME, id(9));
  assert.match(server.only.url, /latest&timeout=25&/);
});

test('a place that another viewer took away is not taken back', async (t) => {
  const { time, server, answers, poll } = begin(t);
  await server.only.answer(200, FRAME, id(1));
  await server.only.answer(409);
  assert.equal(answers.at(-1)?.kind, 'displaced');
  await time.pass(3_600_000);
  poll.restart();
  await settle();
  assert.equal(server.requests.length, 2);
});

test('the id of several channels goes back as it came, whatever its parts look like', async (t) => {
  const { server } = begin(t, ['a', 'b', 'c']);
  await server.only.answer(200, FRAME, id(1, { 'Etag': '[0],-,1795357443.2', 'Cometcam-Channel': 'a' }));
  assert.equal(server.only.headers.get('If-None-Match'), '[0],-,1795357443.2');
});

test('a message of an unknown kind moves on without being shown', async (t) => {
  const { server, answers } = begin(t);
  await server.only.answer(200, '{"type":"weather"}', id(3));
  assert.deepEqual([answers[0]?.kind, answers[0]?.message], ['message', null]);
  assert.equal(server.only.headers.get('If-None-Match'), '3');
});

test('with a pace each channel is answered once a round', async (t) => {
  const { time, server } = begin(t, ['a', 'b'], { paceMs: () => 500 });
  await server.only.answer(200, FRAME, id(1, { 'Cometcam-Channel': 'a' }));
  assert.equal(server.open.length, 1);
  await server.only.answer(200, FRAME, id(2, { 'Cometcam-Channel': 'b' }));
  assert.equal(server.open.length, 0);
  await time.pass(499);
  assert.equal(server.open.length, 0);
  await time.pass(1);
  assert.equal(server.open.length, 1);
});
