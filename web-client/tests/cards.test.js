import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, open, START_MS } from './opening.js';
import { frame } from './stand-ins.js';

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
  const { time, server, page, request, tell } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  await page.scroll(() => true);
  await time.pass(100);
  page.element('pause').click();
  await tell(frame(1, { captured_at_ms: START_MS }));
  assert.match(page.element('cards').seenText, /PAUSED by you/);
  assert.equal(server.open.filter(({ url }) => url.startsWith('/frames/')).length, 0);
});

test('of a hundred cards those on the screen are followed, in one poll that the server takes', async (t) => {
  const { time, server, page, request, tell } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list(Array.from({ length: 100 }, (_, n) => ({ name: `c${n}` }))));
  assert.equal(server.open.length, 0);
  const watched = () => request('/sub/').url.slice('/sub/'.length).split('?')[0]?.split(',');
  await page.scroll(() => true);
  await time.pass(100);
  assert.equal(watched()?.length, 64);
  await page.scroll((place) => place >= 98);
  assert.equal(watched()?.length, 64);
  await time.pass(100);
  assert.deepEqual(watched(), ['c98', 'c99']);
  await request('/sub/').answer(200, JSON.stringify(frame(1)), { 'Etag': '1', 'Last-Modified': 'then', 'Cometcam-Channel': 'c99' });
  await request('/frames/').answer(200, 'jpeg');
  await page.scroll((place) => place === 5);
  await time.pass(100);
  assert.deepEqual(watched(), ['c5']);
  await tell(frame(2));
  assert.equal(server.open.filter(({ url }) => url.startsWith('/frames/')).length, 1);
});

test('a list of one is no reason to go away from the page that somebody waits on', async (t) => {
  const { time, page, request } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([]));
  assert.match(page.element('nothing-headline').textContent, /Nothing is on air/);
  await time.pass(2000);
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  assert.match(page.element('cards').seenText, /front/);
});

test('of several cameras only the one that changes is announced', async (t) => {
  const { time, page, request, announced } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([{ name: 'front' }, { name: 'yard' }]));
  await page.scroll(() => true);
  await time.pass(100);
  const say = (/** @type {string} */ channel, /** @type {string} */ state, /** @type {number} */ n) => request('/sub/').answer(
    200, JSON.stringify({ type: 'status', state }), { 'Etag': String(n), 'Last-Modified': 'then', 'Cometcam-Channel': channel });
  await say('front', 'paused', 1);
  await say('yard', 'ended', 2);
  assert.equal(await announced(), 'front paused. yard ended.');
  await say('front', 'ended', 3);
  assert.equal(await announced(), 'front ended.');
});

test('what is not on the screen is not announced, nor is that it is there again', async (t) => {
  const { time, page, request, tell, announced } = await open(t, 'index.js', '/');
  const see = async (/** @type {number} */ seen) => {
    await page.scroll((place) => place === seen);
    await time.pass(100);
  };
  const show = async (/** @type {number} */ n) => {
    await tell(frame(n, { captured_at_ms: START_MS + time.nowMs, interval_ms: 10_000 }));
    await request('/frames/').answer(200, 'jpeg');
  };
  const states = () => page.element('cards').seenText.match(/[A-Z]{4,}/g);
  await request('/api/channels').answer(200, list([{ name: 'front' }, { name: 'yard' }]));
  assert.deepEqual(states(), ['CONNECTING', 'CONNECTING']);
  assert.equal(await announced(), '');
  await see(0);
  await show(1);
  assert.equal(await announced(), 'front live.');
  await see(1);
  assert.deepEqual(states(), ['CONNECTING', 'CONNECTING']);
  await show(2);
  assert.equal(await announced(), 'yard live.');
  await see(0);
  await page.tick();
  await show(3);
  assert.equal(await announced(), 'yard live.');
  await tell({ type: 'status', state: 'paused' });
  assert.equal(await announced(), 'front paused.');
});

test('a camera that leaves the list leaves no picture behind, also one on its way', async (t) => {
  const { time, server, urls, page, request, tell } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  await page.scroll(() => true);
  await time.pass(100);
  await tell(frame(1));
  await request('/frames/').answer(200, 'jpeg');
  assert.equal(urls.alive.size, 1);
  await time.pass(1000);
  await tell(frame(2));
  // Off the screen, but followed still, when the list comes.
  await time.pass(8850);
  await page.scroll(() => false);
  await time.pass(60);
  const [onItsWay] = server.open.filter(({ url }) => url.startsWith('/frames/'));
  await request('/api/channels').answer(200, list([]));
  await onItsWay?.answer(200, 'jpeg');
  assert.deepEqual([urls.alive.size, server.open.length], [0, 0]);
});

test('a card whose channel another viewer has taken takes it back with its button alone', async (t) => {
  const { time, server, page, request, tell } = await open(t, 'index.js', '/');
  await request('/api/channels').answer(200, list([{ name: 'front' }]));
  await page.scroll(() => true);
  await time.pass(100);
  await request('/sub/').answer(409);
  assert.match(page.element('cards').seenText, /Somebody else is watching .* Watch here/);
  await page.scroll(() => false);
  await time.pass(100);
  await page.scroll(() => true);
  await time.pass(100);
  const polls = () => server.open.filter(({ url }) => url.startsWith('/sub/')).length;
  assert.equal(polls(), 0);
  page.element('cards').buttons[0]?.click();
  await time.pass(0);
  assert.equal(polls(), 1);
  await tell(frame(1, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  assert.doesNotMatch(page.element('cards').seenText, /Watch here/);
});
