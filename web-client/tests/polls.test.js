import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Polls } from '../polls.js';
import { Server, settle, Time } from './stand-ins.js';

const FRAME = '{"type":"frame","url":"/f/1.jpg","captured_at_ms":5,"interval_ms":100}';

/** @param {import('node:test').TestContext} t @param {string[]} names */
async function begin(t, names) {
  const time = new Time(t);
  const server = new Server(t);
  /** @type {import('../poll.js').Answer[]} */
  const answers = [];
  const polls = new Polls({
    viewer: 'abc', onAnswer: (answer) => answers.push(answer), onCaughtUp: () => {}, paceMs: () => 0, painted: () => 0 });
  t.after(() => polls.stop());
  polls.watch(names);
  polls.restart();
  await settle();
  /** The channels of each poll that is open. */
  const open = () => server.open.map(({ url }) => url.slice('/sub/'.length).split('?')[0]);
  /** @param {string} channels */
  const request = (channels) => {
    const found = server.open.find(({ url }) => url.startsWith(`/sub/${channels}?`));
    if (!found) throw new Error(`No poll for ${channels} among ${open().join(' ')}.`);
    return found;
  };
  let id = 0;
  const news = () => {
    id += 1;
    return { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT', 'Etag': String(id) };
  };
  return { time, server, answers, polls, open, request, news };
}

test('a channel that is refused takes nothing from the others: they come together again without it', async (t) => {
  const { answers, open, request, news } = await begin(t, ['a', 'b', 'secret']);
  await request('a,b,secret').answer(401);
  assert.deepEqual(answers, []);
  assert.deepEqual(open(), ['a', 'b', 'secret']);
  await request('a').answer(200, FRAME, news());
  await request('secret').answer(401);
  await request('b').answer(304);
  assert.deepEqual(answers.map(({ kind, channel }) => [kind, channel]), [['message', 'a'], ['password', 'secret'], ['nothing', 'b']]);
  assert.deepEqual(open(), ['a,b']);
});

test('a channel that lets this viewer in later joins the others then', async (t) => {
  const { time, open, request, news } = await begin(t, ['a', 'secret']);
  await request('a,secret').answer(401);
  await request('a').answer(200, FRAME, news());
  await request('secret').answer(401);
  await time.pass(250);
  await request('secret').answer(200, FRAME, news());
  assert.deepEqual(open(), ['a,secret']);
});

test('who was sent away from a channel asks for it again only when told to, whatever else is watched', async (t) => {
  const { time, polls, open, request } = await begin(t, ['a', 'b']);
  await request('a,b').answer(403);
  await request('a').answer(403);
  await request('b').answer(304);
  polls.watch(['a', 'b', 'c'], []);
  polls.restart();
  await time.pass(5_000);
  assert.deepEqual(open(), ['b,c']);
  polls.watch(['a', 'b', 'c'], ['a']);
  polls.restart();
  await settle();
  assert.deepEqual(open(), ['a,b,c']);
});

test('one of several channels that another viewer took is not asked for again, or it would be taken back', async (t) => {
  const { answers, open, request } = await begin(t, ['a', 'b c', 'd']);
  await request('a,b%20c,d').answer(409, null, { 'Cometcam-Channel': 'b%20c' });
  assert.deepEqual(answers.map(({ kind, channel }) => [kind, channel]), [['displaced', 'b c']]);
  assert.deepEqual(open(), ['a,d']);
});

test('the only channel of a poll that sent this viewer away is not asked for either, when others come or go', async (t) => {
  for (const status of [403, 409]) {
    await t.test(async (inner) => {
      const { time, polls, open, request } = await begin(inner, ['a']);
      await request('a').answer(status);
      for (const names of [['a', 'b'], ['a'], ['a', 'b']]) {
        polls.watch(names);
        polls.restart();
        await time.pass(5_000);
        assert.deepEqual(open(), names.filter((name) => name !== 'a'));
      }
    });
  }
});

test('the only channel of a poll is told at once that it is refused', async (t) => {
  const { answers, request } = await begin(t, ['a']);
  await request('a').answer(403);
  assert.deepEqual(answers.map(({ kind, channel }) => [kind, channel]), [['closed', 'a']]);
});

test('each poll says when the picture on the screen was taken, once there is one', async (t) => {
  const server = new Server(t);
  const time = new Time(t);
  let paintedMs = 0;
  const polls = new Polls({ viewer: 'abc', onAnswer: () => {}, onCaughtUp: () => {}, paceMs: () => 0, painted: () => paintedMs });
  t.after(() => polls.stop());
  polls.watch(['a']);
  polls.restart();
  await settle();
  assert.doesNotMatch(server.only.url, /painted/);
  paintedMs = 1_795_340_834_123;
  await server.only.answer(304);
  await time.pass(0);
  assert.match(server.only.url, /&painted=1795340834123$/);
});
