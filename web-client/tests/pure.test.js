import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelsOfPath, escapeName, watchPath } from '../address.js';
import { Announcer } from '../announcer.js';
import { Backoff } from '../backoff.js';
import { readList } from '../channels.js';
import { ServerClock } from '../clock.js';
import { columnsFor } from '../grid.js';
import { parseMessage } from '../message.js';
import { Rounds } from '../rounds.js';
import { Slots } from '../slots.js';
import { settle } from './stand-ins.js';

test('waits double from a quarter of a second to ten seconds and stay there', () => {
  const longest = new Backoff(() => 1);
  const waits = Array.from({ length: 9 }, () => longest.next());
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  for (let attempt = 0; attempt < 5000; attempt += 1) assert.equal(longest.next(), 10_000);
});

test('a wait is never shorter than half, so that even the unluckiest viewer does not hammer', () => {
  const shortest = new Backoff(() => 0);
  assert.deepEqual([shortest.next(), shortest.next(), shortest.next()], [125, 250, 500]);
});

test('a success makes the next wait small again', () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 250);
});

test('the server’s time goes on with the steady clock', () => {
  let steadyMs = 5000;
  const clock = new ServerClock(() => steadyMs);
  assert.equal(clock.now(), 0);
  clock.set(1_795_340_834_000);
  steadyMs += 1500;
  assert.equal(clock.now(), 1_795_340_835_500);
});

test('an answer that was long on its way makes no picture seem younger', () => {
  let steadyMs = 0;
  const clock = new ServerClock(() => steadyMs);
  clock.set(1_000_000);
  for (const delayMs of [2000, 8000, 900, 4000]) {
    steadyMs += 10_000;
    clock.set(1_000_000 + steadyMs - delayMs);
    assert.equal(clock.now(), 1_000_000 + steadyMs);
  }
});

test('a clock that runs a little slower is followed within minutes', () => {
  let steadyMs = 0;
  const clock = new ServerClock(() => steadyMs);
  for (; steadyMs <= 3_600_000; steadyMs += 10_000) clock.set(1_000_000 + steadyMs * 0.999);
  const behindMs = clock.now() - (1_000_000 + steadyMs * 0.999);
  assert.ok(behindMs < 300, String(behindMs));
});

test('a server’s clock that jumps is followed: forward at once, back at the second answer', () => {
  let steadyMs = 0;
  const clock = new ServerClock(() => steadyMs);
  clock.set(1_000_000);
  clock.set(2_000_000);
  assert.equal(clock.now(), 2_000_000);
  steadyMs += 100;
  clock.set(1_500_000);
  assert.equal(clock.now(), 2_000_100);
  clock.set(1_500_000);
  assert.equal(clock.now(), 1_500_000);
});

test('a frame message is read, with what a later version added passed over', () => {
  const message = parseMessage('{"type":"frame","url":"/f/1.jpg","seq":42,"captured_at_ms":5,"interval_ms":67,"width":2,"height":1,"new":{}}');
  assert.deepEqual(message, { type: 'frame', url: '/f/1.jpg', captured_at_ms: 5, interval_ms: 67, width: 2, height: 1 });
});

test('what is missing or nonsense in a message does not get through', () => {
  for (const text of ['', 'null', '[]', '7', '{"type":"frame"}', '{"type":"frame","url":"","captured_at_ms":5}',
    '{"type":"frame","url":"/f","captured_at_ms":"5"}', '{"type":"frame","url":{},"captured_at_ms":5}', '{"type":"poem"}',
    '{"type":"status"}', '{"type":"status","state":"sleepy"}', '{"type":"status","state":["live"]}']) {
    assert.equal(parseMessage(text), null, text);
  }
  const frame = parseMessage('{"type":"frame","url":"/f","captured_at_ms":5,"interval_ms":-3,"width":"wide"}');
  assert.deepEqual(frame, { type: 'frame', url: '/f', captured_at_ms: 5, interval_ms: 0, width: 0, height: 0 });
});

test('a status message is read with and without a reason', () => {
  assert.deepEqual(parseMessage('{"type":"status","state":"stalled","reason":"Unplugged","at_ms":9}'),
    { type: 'status', state: 'stalled', reason: 'Unplugged', at_ms: 9 });
  assert.deepEqual(parseMessage('{"type":"status","state":"ended"}'), { type: 'status', state: 'ended', reason: '', at_ms: 0 });
});

test('the list of channels is read, and an entry that makes no sense does not spoil it', () => {
  assert.deepEqual(readList({ now_ms: 7, channels: [{ name: 'front', state: 'paused' }, null, { name: '' }, { name: 3 }, 'yard'] }), [{ name: 'front', state: 'paused' }]);
  for (const nonsense of [{ error: 'no' }, null, 7, { channels: {} }]) assert.throws(() => readList(nonsense), /no list/);
});

test('names find their way through a path and back, whatever letters they have', () => {
  for (const name of ['front', 'Büro, 2. Stock', 'a/b', '100%', '*', 'x%2Fy', '日本']) {
    assert.doesNotMatch(escapeName(name), /[/,*]/);
    assert.deepEqual(channelsOfPath(watchPath(name)), [name]);
    assert.deepEqual(channelsOfPath(`/kiosk/yard,${escapeName(name)}`), ['yard', name]);
  }
});

test('a path without a channel names none, and one that is broken is taken as it is', () => {
  assert.deepEqual(channelsOfPath('/'), []);
  assert.deepEqual(channelsOfPath('/watch/'), []);
  assert.deepEqual(channelsOfPath('/watch/a/b'), []);
  assert.deepEqual(channelsOfPath('/kiosk/a,b,a'), ['a', 'b']);
  assert.deepEqual(channelsOfPath('/watch/50%'), ['50%']);
});

test('a round answers each channel as fast as it goes, then waits for the rest of its time', () => {
  const rounds = new Rounds(3);
  assert.equal(rounds.pauseAfter('a', 1000, 500), 0);
  assert.equal(rounds.pauseAfter('b', 1010, 500), 0);
  assert.equal(rounds.pauseAfter('c', 1020, 500), 480);
  assert.equal(rounds.pauseAfter('a', 1500, 500), 0);
});

test('a round ends when a channel comes again, for the others have no news', () => {
  const rounds = new Rounds(3);
  assert.equal(rounds.pauseAfter('a', 1000, 500), 0);
  assert.equal(rounds.pauseAfter('a', 1060, 500), 440);
});

test('without a pace there are no pauses', () => {
  const rounds = new Rounds(2);
  for (const [channel, ms] of /** @type {[string, number][]} */ ([['a', 0], ['a', 1], ['b', 1], ['a', 2], ['b', 2]])) {
    assert.equal(rounds.pauseAfter(channel, ms, 0), 0);
  }
});

test('a change of state is announced once it has lasted, an age or a flicker never', () => {
  /** @type {string[]} */
  const said = [];
  const announcer = new Announcer((text) => said.push(text));
  for (let ms = 0; ms <= 2000; ms += 250) announcer.note('LIVE', 'live', ms);
  assert.deepEqual(said, ['live']);
  announcer.note('LATE', 'late', 2250);
  announcer.note('LIVE', 'live', 2500);
  announcer.note('LATE', 'late', 2750);
  announcer.note('LIVE', 'live', 3000);
  announcer.note('LIVE', 'live', 9000);
  assert.deepEqual(said, ['live']);
  announcer.note('ENDED', 'over', 9250);
  announcer.note('ENDED', 'over', 10_250);
  announcer.note('ENDED', 'over', 11_250);
  assert.deepEqual(said, ['live', 'over']);
});

test('a state that flickers among others is announced all the same, once it has been another one for a second', () => {
  /** @type {string[]} */
  const said = [];
  const announcer = new Announcer((text) => said.push(text));
  for (let ms = 0; ms <= 1000; ms += 250) announcer.note(ms % 500 === 0 ? 'LATE' : 'STALLED', ms % 500 === 0 ? 'late' : 'stalled', ms);
  assert.deepEqual(said, ['late']);
});

test('permits go to those who wait in the order they came, and never to more than there are', async () => {
  const slots = new Slots(2);
  /** @type {string[]} */
  const running = [];
  for (const name of ['a', 'b', 'c', 'd']) void slots.take().then(() => running.push(name));
  await settle();
  assert.deepEqual(running, ['a', 'b']);
  slots.give();
  await settle();
  assert.deepEqual(running, ['a', 'b', 'c']);
  slots.give();
  slots.give();
  slots.give();
  await settle();
  assert.deepEqual(running, ['a', 'b', 'c', 'd']);
});

test('a display is divided so that the pictures are largest', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 9].map((count) => columnsFor(count, 1920, 1080)), [1, 2, 2, 2, 3, 3, 3]);
  assert.deepEqual([1, 2, 3, 4].map((count) => columnsFor(count, 1080, 1920)), [1, 1, 1, 1]);
  assert.equal(columnsFor(8, 1080, 1920), 2);
});
