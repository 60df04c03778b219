import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Picture } from '../picture.js';
import { FakeImage, frame, ObjectUrls, Server, settle, Time } from './stand-ins.js';

/** @param {import('node:test').TestContext} t */
function begin(t) {
  const time = new Time(t);
  const server = new Server(t);
  const urls = new ObjectUrls(t);
  const img = new FakeImage();
  const told = { shown: 0, over: 0 };
  const picture = new Picture(/** @type {HTMLImageElement} */ (/** @type {unknown} */ (img)), {
    onShown: () => { told.shown += 1; },
    onOver: () => { told.over += 1; },
  });
  return { time, server, urls, img, told, picture };
}

test('one picture is on its way at a time, and of those that come meanwhile only the newest is fetched', async (t) => {
  const { server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  for (let n = 2; n <= 5; n += 1) picture.offer(frame(n));
  await settle();
  assert.equal(server.only.url, '/frames/front/1.jpg');
  await server.only.answer(200, 'jpeg');
  assert.equal(server.only.url, '/frames/front/5.jpg');
  await server.only.answer(200, 'jpeg');
  assert.equal(server.open.length, 0);
  assert.equal(picture.shown?.url, '/frames/front/5.jpg');
});

test('of a thousand pictures one object URL lives on', async (t) => {
  const { server, urls, picture, told } = begin(t);
  for (let n = 1; n <= 1000; n += 1) {
    picture.offer(frame(n));
    await settle();
    await server.only.answer(200, 'jpeg');
  }
  assert.equal(told.shown, 1000);
  assert.deepEqual([...urls.alive], ['blob:1000']);
  picture.clear();
  assert.equal(urls.alive.size, 0);
});

test('the picture before is given up only when the next one is on the screen', async (t) => {
  const { server, urls, img, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  await server.only.answer(200, 'jpeg');
  picture.offer(frame(2));
  await settle();
  assert.ok(urls.alive.has(img.src));
  await server.only.answer(200, 'jpeg');
  assert.deepEqual(img.seen, ['blob:1', 'blob:2']);
  assert.deepEqual([...urls.alive], ['blob:2']);
});

test('a damaged picture never gets onto the page, and leaves nothing behind', async (t) => {
  const { server, urls, img, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  await server.only.answer(200, 'jpeg');
  FakeImage.damaged.add('blob:2');
  picture.offer(frame(2));
  await settle();
  await server.only.answer(200, 'half a jpeg');
  assert.equal(img.src, 'blob:1');
  assert.equal(picture.shown?.url, '/frames/front/1.jpg');
  assert.deepEqual([...urls.alive], ['blob:1']);
});

test('a picture that failed is tried again while it is the newest', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  await server.only.fail();
  await time.pass(250);
  await server.only.answer(503);
  await time.pass(500);
  await server.only.answer(200, 'jpeg');
  assert.equal(picture.shown?.url, '/frames/front/1.jpg');
  await time.pass(60_000);
  assert.equal(server.requests.length, 3);
});

test('a newer picture takes the place of one that failed', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  picture.offer(frame(2));
  await server.only.fail();
  await time.pass(250);
  assert.equal(server.only.url, '/frames/front/2.jpg');
});

test('a picture that takes a minute, but comes, is shown', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  const body = new TransformStream();
  const writer = body.writable.getWriter();
  await server.only.answer(200, body.readable);
  for (let piece = 0; piece < 4; piece += 1) {
    await time.pass(15_000);
    void writer.write(new Uint8Array(8));
    await settle();
  }
  assert.equal(server.requests.length, 1);
  void writer.close();
  await settle();
  assert.equal(picture.shown?.url, '/frames/front/1.jpg');
  assert.equal(picture.shownBlob?.size, 32);
});

test('a picture of which nothing more comes is given up', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await time.pass(19_999);
  assert.equal(server.open.length, 1);
  picture.offer(frame(2));
  await time.pass(1000);
  assert.equal(server.only.url, '/frames/front/2.jpg');
});

test('a picture that is no more takes those before it off the screen; the one that waits has its turn at once', async (t) => {
  for (const status of [404, 410]) {
    const { server, img, told, picture } = begin(t);
    picture.offer(frame(1));
    await settle();
    await server.only.answer(200, 'jpeg');
    picture.offer(frame(2));
    await settle();
    picture.offer(frame(3));
    await server.only.answer(status);
    assert.deepEqual([img.hidden, told.over], [true, 0]);
    assert.equal(server.only.url, '/frames/front/3.jpg');
    await server.only.answer(status);
    assert.equal(told.over, 1);
    assert.equal(server.open.length, 0);
  }
});

test('cleared, nothing is on the screen, and nothing on its way gets there', async (t) => {
  const { time, server, urls, img, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  await server.only.answer(200, 'jpeg');
  picture.offer(frame(2));
  await settle();
  const { only } = server;
  picture.clear();
  await only.answer(200, 'jpeg');
  await time.pass(60_000);
  assert.deepEqual([img.hidden, img.src, picture.shown, picture.shownBlob], [true, '', null, null]);
  assert.equal(urls.alive.size, 0);
  assert.equal(server.open.length, 0);
});

test('cleared at whatever moment of its way, a picture never gets onto the screen', async (t) => {
  for (let turns = 0; turns < 60; turns += 1) {
    const { server, urls, img, picture } = begin(t);
    picture.offer(frame(1));
    await settle();
    void server.only.answer(200, 'jpeg');
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    if (turns > 50) await settle();
    picture.clear();
    await settle();
    await settle();
    assert.deepEqual([img.hidden, img.src, picture.shown, urls.alive.size], [true, '', null, 0], `after ${turns} turns`);
  }
});

test('held, the picture stays and nothing is fetched; let go, it goes on with what is offered next', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  await server.only.answer(200, 'jpeg');
  picture.hold({ held: true });
  for (let n = 2; n <= 4; n += 1) picture.offer(frame(n));
  await time.pass(5000);
  assert.equal(server.open.length, 0);
  assert.equal(picture.shown?.url, '/frames/front/1.jpg');
  picture.hold({ held: false });
  picture.offer(frame(4));
  await settle();
  assert.equal(server.only.url, '/frames/front/4.jpg');
});

test('at rest nothing is fetched, not even what was waiting; told once more, the newest comes, if it is not there already', async (t) => {
  const { time, server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  picture.offer(frame(2));
  picture.rest();
  await time.pass(60_000);
  assert.equal(server.open.length, 0);
  picture.offer(frame(2));
  await settle();
  assert.equal(server.only.url, '/frames/front/2.jpg');
  await server.only.answer(200, 'jpeg');
  picture.rest();
  picture.offer(frame(2));
  await time.pass(1000);
  assert.equal(server.open.length, 0);
});

test('rested and told once more in one breath, the newest still comes, once', async (t) => {
  const { server, picture } = begin(t);
  picture.offer(frame(1));
  await settle();
  picture.rest();
  picture.offer(frame(1));
  picture.offer(frame(1));
  await settle();
  assert.equal(server.only.url, '/frames/front/1.jpg');
  await server.only.answer(200, 'jpeg');
  assert.equal(picture.shown?.url, '/frames/front/1.jpg');
  assert.equal(server.open.length, 0);
});

test('a picture asked for as the newest is of when its answer says', async (t) => {
  const { server, picture } = begin(t);
  picture.offer(frame(1, { url: '/live/front.jpg', captured_at_ms: NaN }));
  await settle();
  await server.only.answer(200, 'jpeg', { 'X-Timestamp': '1795340834.123', 'Content-Location': '/frames/front/9.jpg' });
  assert.deepEqual([picture.shown?.captured_at_ms, picture.shown?.url], [1_795_340_834_123, '/frames/front/9.jpg']);
});

test('a picture of which nobody says of when it is, is not shown', async (t) => {
  const { server, picture } = begin(t);
  picture.offer(frame(1, { url: '/live/front.jpg', captured_at_ms: NaN }));
  await settle();
  await server.only.answer(200, 'jpeg');
  assert.equal(picture.shown, null);
});

test('a picture on another server is shown without being read, for a page may not read it', async (t) => {
  const { server, urls, img, picture } = begin(t);
  const url = 'https://pictures.example.org/1.jpg';
  picture.offer(frame(1, { url }));
  await settle();
  assert.deepEqual([server.requests.length, urls.alive.size, img.src], [0, 0, url]);
  assert.deepEqual([picture.shown?.url, picture.shownBlob], [url, null]);
});
