import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, START_MS } from './opening.js';
import { frame } from './stand-ins.js';

/** @param {import('node:test').TestContext} t */
async function hiddenPage(t) {
  const begun = await open(t, 'watch.js', '/watch/front');
  const { time, page, tell, request } = begun;
  await tell(frame(1, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  await page.hide(true);
  const look = async (/** @type {number} */ status, /** @type {Record<string, string>} */ headers = {}) => {
    const head = request('/live/front.jpg');
    assert.equal(head.method, 'HEAD');
    await head.answer(status, null, headers);
    return page.document.title;
  };
  /** The newest picture is so old. @param {number} ageMs */
  const aged = (ageMs) => {
    const nowMs = START_MS + Math.floor(time.nowMs / 1000) * 1000;
    return { 'Date': new Date(nowMs).toUTCString(), 'X-Timestamp': String((nowMs - ageMs) / 1000) };
  };
  return { ...begun, look, aged };
}

test('a hidden page holds no poll and fetches no picture, and its title tells how the broadcast stands', async (t) => {
  const { time, server, page, look, aged } = await hiddenPage(t);
  assert.deepEqual(server.open.map(({ url }) => url), ['/live/front.jpg']);
  assert.equal(await look(200, aged(500)), '● LIVE front · Cometcam');
  await time.pass(15_000);
  assert.equal(await look(200, aged(20_000)), '◐ STALLED front · Cometcam');
  await time.pass(15_000);
  assert.equal(await look(410), '○ ENDED front · Cometcam');
  assert.equal(page.element('icon').getAttribute('href'), '/client/icon-off.svg');
  await time.pass(15_000);
  assert.equal(await look(200, aged(100)), '● LIVE front · Cometcam');
  assert.equal(page.element('icon').getAttribute('href'), '/client/icon-live.svg');
});

test('the end takes the picture from a hidden page as well', async (t) => {
  const { urls, look } = await hiddenPage(t);
  assert.equal(urls.alive.size, 1);
  await look(410);
  assert.equal(urls.alive.size, 0);
});

test('a server that is away, and one that lets nobody in, are told too', async (t) => {
  const { time, page, request, look } = await hiddenPage(t);
  await request('/live/').fail();
  assert.match(page.document.title, /^◐ UNREACHABLE front/);
  for (const [status, state] of /** @type {const} */ ([[401, 'NOT ALLOWED'], [403, 'CLOSED'], [404, 'NOT LIVE'], [503, 'FULL']])) {
    await time.pass(15_000);
    assert.equal(await look(status), `○ ${state} front · Cometcam`);
  }
});

test('a camera that is slow is not told as stalled once its pace is known', async (t) => {
  const { time, look, aged } = await hiddenPage(t);
  await look(200, aged(1000));
  for (let seconds = 15; seconds <= 120; seconds += 15) {
    await time.pass(15_000);
    const title = await look(200, aged((seconds % 60) * 1000 + 1000));
    if (seconds > 60) assert.match(title, /LIVE/, `after ${seconds} s`);
  }
});

test('a page that the browser lets do nothing claims nothing, and looks again when it may', async (t) => {
  const { server, page, look, aged } = await hiddenPage(t);
  await look(200, aged(100));
  page.document.dispatchEvent(new Event('freeze'));
  assert.equal(page.document.title, 'front · Cometcam');
  assert.equal(page.element('icon').getAttribute('href'), '/client/icon.svg');
  page.document.dispatchEvent(new Event('resume'));
  assert.equal(server.open.length, 1);
  assert.equal(await look(200, aged(100)), '● LIVE front · Cometcam');
});

test('seen again, it polls and looks no more', async (t) => {
  const { time, server, page } = await hiddenPage(t);
  await page.hide(false);
  await time.pass(1000);
  assert.deepEqual(server.open.map(({ url }) => url.split('?')[0]), ['/sub/front']);
});

test('a password is asked for by loading the page again, once', async (t) => {
  /** @type {Map<string, string>} */
  const remembered = new Map();
  Object.assign(globalThis, { sessionStorage: {
    getItem: (/** @type {string} */ name) => remembered.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => remembered.set(name, value),
    removeItem: (/** @type {string} */ name) => remembered.delete(name),
  } });
  t.after(() => Reflect.deleteProperty(globalThis, 'sessionStorage'));
  const { time, page, request, seen, tell } = await open(t, 'watch.js', '/watch/front');
  let loads = 0;
  Object.assign(location, { reload: () => { loads += 1; } });
  await request('/sub/').answer(401);
  assert.equal(loads, 1);
  assert.match(seen(), /NOT ALLOWED .*A password is needed/);
  assert.equal(page.element('again').textContent, 'Enter password');
  for (let n = 0; n < 3; n += 1) {
    await time.pass(5000);
    await request('/sub/').answer(401);
  }
  assert.equal(loads, 1);
  page.element('again').click();
  assert.equal(loads, 2);
  await time.pass(5_000);
  await tell(frame(1, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  await request('/sub/').answer(401);
  assert.equal(loads, 3);
});

test('who was closed by the broadcaster tries again with a button alone', async (t) => {
  const { time, server, page, request, seen, tell } = await open(t, 'watch.js', '/watch/front');
  await tell(frame(1, { captured_at_ms: START_MS }));
  await request('/frames/').answer(200, 'jpeg');
  await request('/sub/').answer(403, 'The broadcaster closed this viewer.', { 'Content-Type': 'text/plain' });
  assert.match(seen(), /CLOSED .*You can’t watch any more The broadcaster closed this viewer\./);
  assert.equal(page.element('again').textContent, 'Try again');
  await time.pass(600_000);
  await page.hide(true);
  await page.hide(false);
  assert.equal(server.open.filter(({ url }) => url.startsWith('/sub/')).length, 0);
  page.element('again').click();
  await time.pass(0);
  await tell(frame(2, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  assert.match(seen(), /^LIVE/);
});
