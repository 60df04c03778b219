import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { list, open, START_MS } from './opening.js';
import { frame, settle } from './stand-ins.js';

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
  assert.equal(server.open.length, 0);
  page.element('pause').click();
  await settle();
  await tell(frame(1, { captured_at_ms: START_MS }));
  await request('/frames/').answer(200, 'jpeg');
  assert.match(seen(), /^LIVE/);
  page.element('pause').click();
  assert.match(seen(), /^PAUSED by you at \d\d:\d\d:\d\d \|$/);
});

test('the key for full screen works with capitals locked, and only for who is at the picture', async (t) => {
  const { page } = await open(t, 'watch.js', '/watch/front');
  let asked = 0;
  Object.assign(page.element('screen'), { requestFullscreen: async () => { asked += 1; } });
  for (const key of ['f', 'F', 'g']) await page.press(key, 'screen');
  assert.equal(asked, 2);
  await page.press('f', 'fill');
  assert.equal(asked, 3);
  await page.press('f', 'save');
  await page.press('f');
  assert.equal(asked, 3);
});

test('what lies behind a picture that fills the page can’t be reached, until it fills it no more', async (t) => {
  const { page } = await open(t, 'watch.js', '/watch/front');
  Object.assign(page.document, { fullscreenEnabled: false });
  page.element('fill').click();
  await settle();
  assert.deepEqual(['bar', 'panel', 'screen'].map((id) => page.element(id).inert), [true, true, false]);
  assert.equal(page.element('leave').hidden, false);
  await page.press('Escape');
  assert.deepEqual(['bar', 'panel'].map((id) => page.element(id).inert), [false, false]);
});

test('the page of the only channel shows the way to all of them as soon as there is another', async (t) => {
  const { time, page, request } = await open(t, 'watch.js', '/');
  assert.equal(page.element('acts').hidden, true);
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  assert.deepEqual(['acts', 'all'].map((id) => page.element(id).hidden), [false, true]);
  await time.pass(10_000);
  await request('/api/channels').answer(200, list([{ name: 'front' }, { name: 'yard' }]));
  assert.equal(page.element('all').hidden, false);
  assert.equal(page.element('all').textContent, 'All cameras');
  await time.pass(10_000);
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  assert.equal(page.element('all').hidden, true);
});

test('who was displaced by another viewer can take the place back with a button', async (t) => {
  const { time, page, request, seen, tell } = await open(t, 'watch.js', '/watch/front');
  await tell(frame(1, { captured_at_ms: START_MS }));
  await request('/frames/').answer(200, 'jpeg');
  assert.equal(page.element('again').hidden, true);
  await request('/sub/').answer(409);
  assert.match(seen(), /IN USE .*Somebody else is watching/);
  assert.equal(page.element('again').hidden, false);
  page.element('again').click();
  await settle();
  await tell(frame(2, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  assert.match(seen(), /^LIVE/);
  assert.equal(page.element('again').hidden, true);
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

test('a page follows its server to another version, but not while somebody holds the picture or has it fill the screen', async (t) => {
  const { time, page, server, request } = await open(t, 'watch.js', '/watch/front');
  let n = 0;
  const answer = (/** @type {string} */ version) => {
    n += 1;
    return request('/sub/').answer(304, null, { 'Cometcam-Version': version, 'Etag': String(n) });
  };
  const asked = () => server.open.filter(({ url }) => url.endsWith('/watch/front') && !url.startsWith('/sub/')).length;
  await answer('1.0.0');
  await time.pass(20_000);
  await answer('1.0.0');
  await time.pass(20_000);
  await answer('1.0.0');
  await time.pass(25_000);
  page.element('pause').click();
  await answer('1.1.0');
  assert.equal(asked(), 0);
  page.element('pause').click();
  await settle();
  await answer('1.1.0');
  assert.equal(asked(), 1);
});

test('each page names all the modules that it needs, so that they are fetched at once', () => {
  for (const page of ['index', 'watch', 'kiosk']) {
    /** @type {Set<string>} */
    const needed = new Set();
    const follow = (/** @type {string} */ file) => {
      for (const [, name = ''] of readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').matchAll(/from '\.\/([\w.-]+)'/g)) {
        if (needed.has(name)) continue;
        needed.add(name);
        follow(name);
      }
    };
    follow(`${page}.js`);
    const html = readFileSync(new URL(`../${page}.html`, import.meta.url), 'utf8');
    const named = [...html.matchAll(/<link rel="modulepreload" href="\/client\/([\w.-]+)">/g)].map(([, name]) => name);
    assert.deepEqual(named, [...needed].sort(), page);
  }
});
