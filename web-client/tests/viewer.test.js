import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../channel.js';
import { State } from '../states.js';
import { Viewer } from '../viewer.js';
import { browser } from './browser.js';
import { FakeImage, frame, ObjectUrls, Server, settle, Time } from './stand-ins.js';

const START_MS = 1_000_000;

function fakeImage() {
  return /** @type {HTMLImageElement} */ (/** @type {unknown} */ (new FakeImage()));
}

/** @param {import('node:test').TestContext} t @param {string[]} names */
function begin(t, names = ['front']) {
  const time = new Time(t);
  const server = new Server(t);
  const urls = new ObjectUrls(t);
  const page = browser(t);
  /** @type {string[]} */
  const versions = [];
  const viewer = new Viewer({ onDraw: () => {}, onVersion: (version) => versions.push(version) });
  const channels = names.map((name) => new Channel(name, fakeImage()));
  viewer.watch(channels);
  const [front] = channels;
  if (!front) throw new Error('There is no channel.');
  const state = () => front.judge(viewer.clock.now()).state;
  const poll = () => {
    const polls = server.open.filter(({ url }) => url.startsWith('/sub/'));
    if (polls.length !== 1 || !polls[0]) throw new Error(`${polls.length} polls are open instead of one.`);
    return polls[0];
  };
  const pictures = () => server.open.filter(({ url }) => url.startsWith('/frames/'));
  let id = 0;
  /** @param {unknown} message @param {Record<string, string>} [headers] */
  const tell = async (message, headers = {}) => {
    id += 1;
    await poll().answer(200, JSON.stringify(message), {
      'Last-Modified': 'then', 'Etag': String(id), 'Cometcam-Now-Ms': String(START_MS + time.nowMs), ...headers });
  };
  const show = async (/** @type {number} */ n) => {
    await tell(frame(n, { captured_at_ms: START_MS + time.nowMs - 100 }));
    await pictures()[0]?.answer(200, 'jpeg');
  };
  return { time, server, urls, page, viewer, channels, front, state, poll, pictures, tell, show, versions };
}

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

test('a viewer’s own pause stays told over the end of the broadcast and the beginning of the next', async (t) => {
  const { viewer, front, state, pictures, tell, show } = begin(t);
  await show(1);
  front.picture.hold({ held: true });
  await tell({ type: 'status', state: 'ended', at_ms: 5 });
  assert.equal(state(), State.Ended);
  await tell(frame(2, { captured_at_ms: START_MS }));
  assert.equal(pictures().length, 0);
  const verdict = front.judge(viewer.clock.now());
  assert.deepEqual([verdict.state, verdict.byViewer], [State.Paused, true]);
  front.picture.hold({ held: false });
  await settle();
  await pictures()[0]?.answer(200, 'jpeg');
  assert.equal(state(), State.Live);
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
  const { viewer, front, state, tell, show } = begin(t);
  await show(1);
  await tell({ type: 'status', state: 'stalled', reason: 'Unplugged', at_ms: START_MS });
  assert.equal(state(), State.Stalled);
  assert.equal(front.judge(viewer.clock.now()).reason, 'Unplugged');
  assert.ok(front.picture.shown);
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

test('after a time out of reach the server is asked whether the picture may still be there', async (t) => {
  const { time, front, state, poll, pictures, show } = begin(t);
  await show(1);
  await poll().fail();
  await time.pass(250);
  await poll().fail();
  await time.pass(500);
  await poll().answer(304);
  const [asked] = pictures();
  assert.equal(asked?.method, 'HEAD');
  await asked?.answer(404);
  assert.equal(front.picture.shown, null);
  assert.equal(state(), State.NotLive);
});

test('unexplained silence is looked into once, not four times a second', async (t) => {
  const { time, server, page, state, poll, show } = begin(t);
  await show(1);
  await time.pass(10_500);
  const before = server.requests.length;
  for (let tick = 0; tick < 20; tick += 1) await page.tick();
  assert.equal(state(), State.Stalled);
  assert.match(poll().url, /latest&poll/);
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
  const { server, page, viewer, poll, tell } = begin(t);
  const stale = frame(1, { captured_at_ms: START_MS - 60_000 });
  await tell(stale);
  viewer.watch([]);
  const back = new Channel('front', fakeImage());
  viewer.watch([back]);
  await settle();
  await poll().answer(304);
  back.take(stale);
  const before = server.requests.length;
  await page.tick();
  assert.ok(server.requests.slice(before).some(({ url }) => url.includes('latest&poll')));
});

test('several channels are told apart, and each has its own state', async (t) => {
  const { viewer, channels, tell } = begin(t, ['front', 'Büro']);
  await tell({ type: 'status', state: 'paused' }, { 'Cometcam-Channel': 'B%C3%BCro' });
  assert.deepEqual(channels.map((channel) => channel.judge(viewer.clock.now()).state), [State.NotLive, State.Paused]);
});

test('who may not watch is told so, and no picture is fetched', async (t) => {
  const { time, state, poll, pictures } = begin(t);
  await poll().answer(409);
  assert.equal(state(), State.Taken);
  await time.pass(250);
  await poll().answer(403);
  assert.equal(state(), State.Refused);
  assert.equal(pictures().length, 0);
  await time.pass(500);
  await poll().answer(304);
  assert.equal(state(), State.NotLive);
});

test('the version of the server is passed on with every answer', async (t) => {
  const { tell, versions } = begin(t);
  await tell(frame(1), { 'Cometcam-Version': '1.0.0' });
  await tell(frame(2), { 'Cometcam-Version': '1.1.0' });
  assert.deepEqual(versions, ['1.0.0', '1.1.0']);
});
