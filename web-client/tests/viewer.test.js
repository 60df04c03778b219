import assert from 'node:assert/strict';
import { test } from 'node:test';
import { State } from '../states.js';
import { frame, settle } from './stand-ins.js';
import { begin, START_MS } from './watching.js';

test('the poll that comes next is on its way before the picture is fetched', async (t) => {
  const { server, tell } = begin(t);
  await tell(frame(1));
  assert.deepEqual(server.requests.slice(-2).map(({ url }) => url.split('?')[0]), ['/sub/front', '/frames/front/1.jpg']);
});

test('the age is the server’s, whatever the viewer’s clock says', async (t) => {
  const { time, viewer, front, show } = begin(t);
  await show(1);
  assert.equal(front.judge(viewer.clock.now()).ageMs, 100);
  await time.pass(700);
  assert.equal(front.judge(viewer.clock.now()).ageMs, 800);
});

test('the end of a broadcast takes its picture off the screen, also one on its way', async (t) => {
  const { urls, front, state, pictures, tell, show } = begin(t);
  await show(1);
  await tell(frame(2));
  const [onItsWay] = pictures();
  await tell({ type: 'status', state: 'ended', at_ms: 5 });
  assert.equal(state(), State.Ended);
  await onItsWay?.answer(200, 'jpeg');
  assert.equal(front.picture.shown, null);
  assert.equal(urls.alive.size, 0);
});

test('a viewer’s own pause stays told over the end of the broadcast and the beginning of the next', async (t) => {
  const { time, viewer, front, state, pictures, tell, show } = begin(t);
  await show(1);
  viewer.hold({ held: true });
  await tell({ type: 'status', state: 'ended', at_ms: 5 });
  assert.equal(state(), State.Ended);
  assert.equal(front.picture.shown, null);
  await time.pass(2000);
  await tell(frame(2, { captured_at_ms: START_MS + time.nowMs }));
  assert.equal(pictures().length, 0);
  const verdict = front.judge(viewer.clock.now());
  assert.deepEqual([verdict.state, verdict.cause], [State.Paused, 'viewer']);
  viewer.hold({ held: false });
  await settle();
  await tell(frame(2, { captured_at_ms: START_MS + time.nowMs }));
  await pictures()[0]?.answer(200, 'jpeg');
  assert.equal(state(), State.Live);
});

test('who holds the picture is not told of each new one', async (t) => {
  const { time, server, viewer, show } = begin(t);
  await show(1);
  viewer.hold({ held: true });
  const before = server.requests.length;
  for (let n = 2; time.nowMs < 10_000; n += 1) {
    if (server.open.length > 0) await show(n);
    await time.pass(66);
  }
  assert.ok(server.requests.length - before <= 6, String(server.requests.length - before));
});

test('a picture that answers 410 is taken off before anybody says why, and the end that was told stays told', async (t) => {
  const { front, state, pictures, tell, show } = begin(t);
  await show(1);
  await tell(frame(2));
  await pictures()[0]?.answer(410);
  assert.equal(front.picture.shown, null);
  assert.equal(state(), State.NotLive);
  await tell({ type: 'status', state: 'ended' });
  assert.equal(state(), State.Ended);
});

test('a stall keeps the picture and its reason, and the next picture ends it', async (t) => {
  const { time, viewer, front, state, tell, show } = begin(t);
  await show(1);
  await tell({ type: 'status', state: 'stalled', reason: 'Unplugged', at_ms: START_MS });
  assert.equal(state(), State.Live);
  await time.pass(1001);
  assert.equal(state(), State.Stalled);
  assert.equal(front.judge(viewer.clock.now()).reason, 'Unplugged');
  assert.ok(front.picture.shown);
  await show(2);
  assert.equal(state(), State.Live);
});

test('messages without pictures are no live broadcast, however long they come', async (t) => {
  const { time, viewer, front, pictures, tell, show } = begin(t);
  await show(1);
  for (let n = 2; time.nowMs < 60_000; n += 1) {
    await tell(frame(n, { captured_at_ms: START_MS + time.nowMs }));
    for (const picture of pictures()) await picture.answer(500);
    await time.pass(900);
  }
  const verdict = front.judge(viewer.clock.now());
  assert.deepEqual([verdict.state, verdict.cause], [State.Stalled, 'pictures']);
});

test('a publisher whose clock is behind is late, not stalled, and costs no more requests than any other', async (t) => {
  const { time, page, server, state, pictures, tell } = begin(t);
  await tell(frame(1));
  await pictures()[0]?.answer(200, 'jpeg');
  const before = server.requests.length;
  for (let n = 2; n < 12; n += 1) {
    await tell(frame(n, { captured_at_ms: START_MS + time.nowMs - 15_000, interval_ms: 1000 }));
    await pictures()[0]?.answer(200, 'jpeg');
    await time.pass(1000);
    await page.tick();
    assert.equal(state(), State.Late);
  }
  assert.equal(server.requests.length - before, 20);
});

test('a fast camera that is shown twice a second is live all the time', async (t) => {
  const { time, server, state, poll, pictures, tell } = begin(t, ['front'], { paceMs: 500 });
  const due = new Map();
  let told = 0;
  for (let n = 1; time.nowMs < 30_000; n += 1) {
    const newest = Math.floor((time.nowMs - 30) / 67);
    if (server.open.some(({ url }) => url.startsWith('/sub/')) && newest > told && poll()) {
      told = newest;
      await tell(frame(newest, { captured_at_ms: START_MS + newest * 67, interval_ms: 67 }));
    }
    for (const picture of pictures()) {
      if (!due.has(picture)) due.set(picture, time.nowMs + 60);
      if (time.nowMs >= due.get(picture)) await picture.answer(200, 'jpeg');
    }
    await time.pass(20);
    if (time.nowMs > 2000) assert.equal(state(), State.Live, `after ${time.nowMs} ms`);
  }
});

test('several channels are told apart, and each has its own state', async (t) => {
  const { viewer, channels, poll, tell } = begin(t, ['front', 'Büro']);
  await tell({ type: 'status', state: 'paused' }, { 'Cometcam-Channel': 'B%C3%BCro' });
  assert.deepEqual(channels.map((channel) => channel.judge(viewer.clock.now()).state), [State.Connecting, State.Paused]);
  await poll().answer(304);
  assert.deepEqual(channels.map((channel) => channel.judge(viewer.clock.now()).state), [State.NotLive, State.Paused]);
});

test('who may not watch is told so, and sees no picture, not even the last one', async (t) => {
  const { front, state, poll, pictures, show, time } = begin(t);
  await show(1);
  await poll().answer(401);
  assert.equal(state(), State.Refused);
  assert.equal(front.picture.shown, null);
  assert.equal(pictures().length, 0);
  await time.pass(500);
  await poll().answer(304);
  assert.equal(state(), State.NotLive);
});

test('where the first comer watches, the next one waits without a picture in between', async (t) => {
  const { server, time, state, poll, pictures, show, tell } = begin(t);
  await show(1);
  await poll().answer(409, null, { 'Retry-After': '1' });
  for (let answered = 0; answered < 20; answered += 1) {
    assert.equal(state(), State.Taken);
    while (server.open.length === 0) await time.pass(100);
    await poll().answer(409, null, { 'Retry-After': '1' });
  }
  while (server.open.length === 0) await time.pass(100);
  await tell(frame(2, { captured_at_ms: START_MS + time.nowMs }));
  await pictures()[0]?.answer(200, 'jpeg');
  assert.equal(state(), State.Live);
});

test('where the last comer watches, the one before does not take it back unless asked to', async (t) => {
  const { time, page, server, viewer, front, channels, state, poll, show } = begin(t);
  await show(1);
  await poll().answer(409);
  const before = server.requests.length;
  await time.pass(600_000);
  await page.online();
  viewer.watch(channels);
  assert.equal(state(), State.Taken);
  assert.equal(server.requests.length, before);
  viewer.askAgain(front);
  await settle();
  await show(2);
  assert.equal(state(), State.Live);
});

test('what the server can’t do is told as that', async (t) => {
  const { state, poll } = begin(t);
  await poll().answer(400);
  assert.equal(state(), State.Unfit);
});

test('the version of the server is passed on with every answer', async (t) => {
  const { tell, versions } = begin(t);
  await tell(frame(1), { 'Cometcam-Version': '1.0.0' });
  await tell(frame(2), { 'Cometcam-Version': '1.1.0' });
  assert.deepEqual(versions, ['1.0.0', '1.1.0']);
});

test('a page that is hidden or left says goodbye, and it may be back soon', async (t) => {
  const { time, server, page, viewer } = begin(t, ['front door']);
  const goodbye = `/sub/front%20door?${viewer.query}&leave=2`;
  await page.hide(true);
  assert.deepEqual(server.goodbyes, [goodbye]);
  await page.pageHide();
  assert.deepEqual(server.goodbyes, [goodbye]);
  await page.hide(false);
  await page.pageHide();
  assert.deepEqual(server.goodbyes, [goodbye, goodbye]);
  await page.pageShow({ persisted: true });
  assert.equal(server.open.length, 1);
  await page.pageHide();
  assert.equal(server.goodbyes.length, 3);
  await time.pass(600_000);
  assert.equal(server.goodbyes.length, 4, 'once more, for what crossed it on its way');
});

test('a page that watched nothing, or that nobody has seen yet, says no goodbye', async (t) => {
  const { server, page, viewer, poll } = begin(t);
  await poll().answer(403);
  await page.hide(true);
  assert.deepEqual(server.goodbyes, []);
  viewer.watch([]);
  await page.pageHide();
  assert.deepEqual(server.goodbyes, []);
});
