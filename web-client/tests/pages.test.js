import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser } from './browser.js';
import { frame, ObjectUrls, Server, settle, Time } from './stand-ins.js';

const START_MS = 1_000_000;

/** @param {import('node:test').TestContext} t @param {string} script @param {string} path */
async function open(t, script, path) {
  const time = new Time(t);
  const server = new Server(t);
  new ObjectUrls(t);
  const page = browser(t, { page: script.replace('.js', '.html'), path });
  await page.open(script);
  /** The one request for this path that waits. @param {string} start */
  const request = (start) => {
    const [only, ...others] = server.open.filter(({ url }) => url.startsWith(start));
    if (!only || others.length > 0) throw new Error(`${others.length + (only ? 1 : 0)} requests for ${start} are open.`);
    return only;
  };
  let id = 0;
  /** @param {unknown} message */
  const tell = (message) => {
    id += 1;
    return request('/sub/').answer(200, JSON.stringify(message), {
      'Last-Modified': 'then', 'Etag': String(id), 'Cometcam-Now-Ms': String(START_MS + time.nowMs) });
  };
  const seen = () => ['pill', 'screen'].map((name) => page.element(name).seenText).join(' | ').trim();
  return { time, server, page, request, tell, seen };
}

/** @param {{ name: string }[]} channels */
function list(channels) {
  return JSON.stringify({ now_ms: START_MS, channels });
}

test('the page of a channel that is not known yet says how it stands, and goes on by itself', async (t) => {
  const { time, request, seen, page, tell } = await open(t, 'watch.js', '/');
  assert.equal(seen(), 'CONNECTING | Connecting…');
  await request('/api/channels').fail();
  assert.equal(seen(), 'UNREACHABLE trying again | No connection to the camera Trying again.');
  await time.pass(250);
  await request('/api/channels').answer(200, list([]));
  assert.equal(seen(), 'NOT LIVE | Nothing is on air yet This page goes on by itself.');
  await time.pass(2000);
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  assert.equal(seen(), 'CONNECTING | Connecting…');
  assert.equal(page.element('name').textContent, 'front');
  await tell(frame(1, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  assert.equal(seen(), 'LIVE 0.0 s |');
});

test('paused before the first picture, the page says by whom; let go, the newest comes', async (t) => {
  const { request, server, seen, page, tell } = await open(t, 'watch.js', '/watch/front');
  page.element('pause').click();
  await tell(frame(1, { captured_at_ms: START_MS }));
  assert.equal(seen(), 'PAUSED by you | Paused by you Press Go on to see the newest picture.');
  assert.equal(server.open.length, 1);
  page.element('pause').click();
  await settle();
  await request('/frames/').answer(200, 'jpeg');
  assert.match(seen(), /^LIVE/);
  page.element('pause').click();
  assert.match(seen(), /^PAUSED by you at \d\d:\d\d:\d\d \|$/);
});

test('the key for full screen works with capitals locked', async (t) => {
  const { page } = await open(t, 'watch.js', '/watch/front');
  let asked = 0;
  Object.assign(page.element('screen'), { requestFullscreen: async () => { asked += 1; } });
  for (const key of ['f', 'F', 'g']) await page.press(key);
  assert.equal(asked, 2);
});

test('a full screen that can’t be left by the page, since it is left already, is no fault', async (t) => {
  const { page } = await open(t, 'watch.js', '/watch/front');
  const screen = page.element('screen');
  page.document.fullscreenElement = screen;
  page.document.dispatchEvent(new Event('fullscreenchange'));
  assert.equal(screen.classList.contains('filling'), true);
  page.document.exitFullscreen = async () => {
    page.document.fullscreenElement = null;
    throw new TypeError('Not in full screen.');
  };
  page.element('leave').click();
  await settle();
  assert.equal(screen.classList.contains('filling'), false);
});

test('a page that is loaded asks for the list once; taken out of the browser’s cache, at once again', async (t) => {
  const { server, page, request } = await open(t, 'index.js', '/');
  await page.pageShow({ persisted: false });
  assert.equal(server.requests.length, 1);
  await request('/api/channels').answer(200, list([{ name: 'front' }, { name: 'yard' }]));
  assert.equal(server.requests.filter(({ url }) => url.startsWith('/api/')).length, 1);
  await page.pageShow({ persisted: true });
  assert.equal(server.requests.filter(({ url }) => url.startsWith('/api/')).length, 2);
});

test('on the page of all channels too, a pause before the first picture is told as the viewer’s own', async (t) => {
  const { server, page, request, tell } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  page.element('pause').click();
  await tell(frame(1, { captured_at_ms: START_MS }));
  assert.match(page.element('cards').seenText, /PAUSED by you/);
  assert.equal(server.open.filter(({ url }) => url.startsWith('/frames/')).length, 0);
});
