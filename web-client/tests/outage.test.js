/** Connections that break, servers that forget, pages that were hidden, machines that slept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../channel.js';
import { State } from '../states.js';
import { frame, settle } from './stand-ins.js';
import { begin, fakeImage, START_MS } from './watching.js';

test('one failure is not told, two are; then it goes on where it was', async (t) => {
  const { time, state, poll, show } = begin(t);
  await show(1);
  assert.equal(state(), State.Live);
  await poll().fail();
  assert.notEqual(state(), State.Unreachable);
  await time.pass(250);
  await poll().fail();
  assert.equal(state(), State.Unreachable);
  await time.pass(500);
  await show(2);
  assert.equal(state(), State.Live);
});

test('a program that ends its broadcast and goes is told as over, and its next broadcast is shown', async (t) => {
  const { time, state, poll, tell, show } = begin(t);
  await show(1);
  await tell({ type: 'status', state: 'ended', at_ms: 5 });
  await poll().fail();
  await time.pass(250);
  await poll().fail();
  assert.equal(state(), State.Ended);
  await time.pass(500);
  await show(2);
  assert.equal(state(), State.Live);
});

test('hidden, nothing is asked, fetched or drawn; seen again, one poll goes out at once', async (t) => {
  const { time, server, page, poll, show } = begin(t);
  await show(1);
  await page.hide(true);
  await time.pass(3_600_000);
  assert.equal(server.open.length, 0);
  assert.equal(page.intervals.size, 0);
  assert.equal(time.timers, 0);
  await page.hide(false);
  assert.match(poll().url, /latest&poll/);
  assert.equal(page.intervals.size, 1);
});

test('back on line in the middle of a wait, it asks at once and only once', async (t) => {
  const { time, page, poll } = begin(t);
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await poll().fail();
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 100) {
      await time.pass(100);
      if (begun()) break;
    }
  }
  function begun() {
    try {
      return poll() !== undefined;
    } catch {
      return false;
    }
  }
  await poll().fail();
  assert.equal(begun(), false);
  await page.online();
  await page.online();
  assert.equal(begun(), true);
});

test('after an outage, what the server has nothing of any more is forgotten', async (t) => {
  const { front, state, poll, lose, show } = begin(t);
  await show(1);
  await lose();
  assert.equal(poll().headers.has('If-None-Match'), false);
  await poll().answer(304);
  assert.equal(front.picture.shown, null);
  assert.equal(state(), State.NotLive);
});

test('a pause that began during an outage is told, with the last picture and its time, until it ends', async (t) => {
  const { time, viewer, front, state, pictures, lose, tell, show } = begin(t);
  await show(1);
  await lose();
  await tell({ type: 'status', state: 'paused', reason: 'Lunch', at_ms: START_MS });
  assert.equal(state(), State.Paused);
  assert.deepEqual(pictures().map(({ method, url }) => [method, url]), [['GET', '/live/front.jpg']]);
  await pictures()[0]?.answer(200, 'jpeg', { 'X-Timestamp': String((START_MS + 300) / 1000), 'Content-Location': '/frames/front/7.jpg' });
  assert.equal(front.picture.shown?.url, '/frames/front/7.jpg');
  assert.equal(front.judge(viewer.clock.now()).ageMs, time.nowMs - 300);
  assert.deepEqual([state(), front.judge(viewer.clock.now()).reason], [State.Paused, 'Lunch']);
});

for (const status of [404, 410]) {
  test(`a pause whose last picture the server has no more (${status}) is still a pause`, async (t) => {
    const { front, state, pictures, lose, tell, show } = begin(t);
    await show(1);
    await lose();
    await tell({ type: 'status', state: 'paused', at_ms: START_MS });
    await pictures()[0]?.answer(status);
    assert.deepEqual([state(), front.picture.shown], [State.Paused, null]);
  });
}

for (const [told, asked] of /** @type {const} */ ([['paused', 1], ['stalled', 1], ['ended', 0]])) {
  test(`who comes after ‘${told}’ asks for the last picture ${asked === 1 ? 'once' : 'never'}`, async (t) => {
    const { server, pictures, tell, poll } = begin(t);
    await tell({ type: 'status', state: told, at_ms: START_MS });
    assert.equal(pictures().length, asked, told);
    await pictures()[0]?.answer(200, 'jpeg', { 'X-Timestamp': '900' });
    await poll().answer(304);
    assert.equal(server.requests.filter(({ url }) => url === '/live/front.jpg').length, asked);
  });
}

test('after an outage of several channels each keeps its picture until the server has spoken of it', async (t) => {
  const { viewer, channels, poll, pictures, lose, tell } = begin(t, ['front', 'yard', 'door']);
  const from = (/** @type {string} */ name) => tell(
    frame(1, { url: `/frames/${name}/1.jpg`, captured_at_ms: START_MS }), { 'Cometcam-Channel': name });
  for (const name of ['front', 'yard', 'door']) {
    await from(name);
    await pictures()[0]?.answer(200, 'jpeg');
  }
  await lose();
  await from('front');
  assert.deepEqual(channels.map(({ picture }) => picture.shown !== null), [true, true, true]);
  await from('yard');
  await poll().answer(304);
  assert.deepEqual(channels.map(({ picture }) => picture.shown !== null), [true, true, false]);
  const [, yard, door] = channels.map((channel) => channel.judge(viewer.clock.now()).state);
  assert.deepEqual([yard, door], [State.Live, State.NotLive]);
  assert.equal(pictures().length, 0);
});

test('woken, nothing is live before the server has answered, and nothing is fetched on what was known before', async (t) => {
  const { page, state, pictures, tell, show } = begin(t);
  await show(1);
  await tell(frame(2));
  await page.hide(true);
  await page.hide(false);
  assert.equal(state(), State.Connecting);
  assert.equal(pictures().length, 0);
});

test('a machine that slept in front of its viewer is noticed, though its steady clock stood still', async (t) => {
  const { time, page, state, poll, show } = begin(t);
  await show(1);
  const held = poll();
  time.sleptMs = 3_600_000;
  await page.tick();
  assert.equal(state(), State.Connecting);
  assert.equal(held.open, false);
  assert.match(poll().url, /latest&poll/);
  await show(2);
  await page.tick();
  assert.equal(state(), State.Live);
});

test('unexplained silence is looked into once, not four times a second', async (t) => {
  const { time, server, page, state, poll, show } = begin(t);
  await show(1);
  await time.pass(10_500);
  const before = server.requests.length;
  for (let tick = 0; tick < 20; tick += 1) await page.tick();
  assert.equal(state(), State.Stalled);
  assert.match(poll().url, /latest&poll/);
  assert.equal(server.requests.length - before, 1);
});

test('a server that answers a look into silence with what is known already is not asked on and on', async (t) => {
  const { time, server, page, state, tell, show, pictures } = begin(t);
  await show(1);
  await time.pass(10_500);
  const before = server.requests.length;
  for (let tick = 0; tick < 20; tick += 1) {
    await page.tick();
    if (server.open.some(({ url }) => url.includes('latest&poll'))) await tell(frame(1, { captured_at_ms: START_MS - 100 }));
  }
  assert.equal(state(), State.Stalled);
  assert.equal(pictures().length, 0);
  assert.equal(server.requests.length - before, 2);
});

test('one failure after refusals is not told as a server out of reach', async (t) => {
  const { time, state, poll } = begin(t);
  for (let n = 0; n < 3; n += 1) {
    await poll().answer(404);
    await time.pass(2000);
  }
  await poll().fail();
  assert.equal(state(), State.NotLive);
});

test('a channel that left and came back is looked into again: nothing is remembered of who is gone', async (t) => {
  const { time, server, page, viewer, tell } = begin(t);
  const stale = frame(1, { captured_at_ms: START_MS - 60_000 });
  await tell(stale);
  viewer.watch([]);
  const back = new Channel('front', fakeImage());
  viewer.watch([back]);
  await settle();
  await tell(stale);
  await time.pass(10_500);
  const before = server.requests.length;
  await page.tick();
  assert.ok(server.requests.slice(before).some(({ url }) => url.includes('latest&poll')));
});
