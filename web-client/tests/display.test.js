import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kioskPath } from '../address.js';
import { Display, displayName, displayPath } from '../display.js';
import { gone } from './browser.js';
import { open, START_MS } from './opening.js';
import { frame, settle } from './stand-ins.js';

/** A display whose obedience is seen. */
function begin() {
  /** @type {string[]} */
  const did = [];
  const display = new Display('Hall & left', () => ({ wake: 'held', version: null }), {
    identify: () => did.push('identify'),
    reload: () => did.push('reload'),
    show: (channels) => did.push(`show ${channels.join(' + ')}`),
  });
  const hear = (/** @type {string} */ order) => display.hear(new Headers(order ? { 'Cometcam-Display': order } : {}));
  const done = () => /&done=(\d+)/.exec(display.query)?.[1] ?? null;
  return { display, did, hear, done };
}

test('a display says who and how it is, and what it knows nothing of it leaves out', () => {
  const { display } = begin();
  assert.match(display.query, /^&display=Hall%20%26%20left&uptime=\d+&wake=held$/);
});

test('each order is carried out once, and acknowledged until the server says no more of it', () => {
  const { did, hear, done } = begin();
  assert.equal(done(), null);
  hear('7 identify');
  hear('7 identify');
  assert.deepEqual([did, done()], [['identify'], '7']);
  hear('');
  assert.equal(done(), null);
  hear('7 identify');
  assert.deepEqual([did, done()], [['identify'], '7'], 'the acknowledgement was lost');
  hear('8 identify');
  assert.deepEqual([did.length, done()], [2, '8']);
});

test('a server that counts anew is obeyed as well', () => {
  const { did, hear } = begin();
  hear('57 identify');
  hear('1 identify');
  assert.equal(did.length, 2);
});

test('channels are told as in a path: split first, unescaped afterwards', () => {
  const { did, hear } = begin();
  hear('1 show a%2Cb,c%2Fd,B%C3%BCro');
  assert.deepEqual(did, ['show a,b + c/d + Büro']);
});

test('what a later server may tell, and what is no order, does no harm', () => {
  const { did, hear, done } = begin();
  hear('1 dance slowly');
  assert.deepEqual([did, done()], [[], '1'], 'and the next order comes');
  hear('2 show a/../b');
  assert.deepEqual([did, done()], [[], '2']);
  for (const nonsense of ['identify', 'x identify', '-1 identify', '3', ' ']) hear(nonsense);
  assert.deepEqual(did, []);
});

test('a name is read from the address if it can be one', () => {
  assert.equal(displayName('?display=Hall%20left'), 'Hall left');
  assert.equal(displayName(`?x&display=${'%F0%9F%93%B7'.repeat(64)}`), '📷'.repeat(64));
  for (const none of ['', '?display', '?display=%20', `?display=${'x'.repeat(65)}`, '?display=a%0Ab', '?display=a%E2%80%AEb']) {
    assert.equal(displayName(none), null, none);
  }
});

test('the one channel whose plain name is another page is shown all the same', () => {
  assert.equal(kioskPath(['setup']), '/kiosk/%73etup');
  assert.equal(kioskPath(['setup', 'a,b']), '/kiosk/setup,a%2Cb');
  assert.equal(displayPath(['a*'], 'Hall left'), '/kiosk/a%2A?display=Hall%20left');
});

/**
 * The page of a display that has had its first answer.
 * @param {import('node:test').TestContext} t @param {string} [path]
 */
async function hall(t, path = '/kiosk/front?display=Hall') {
  const all = await open(t, 'kiosk.js', path);
  let id = 0;
  /** @param {string} [order] */
  const answer = async (order) => {
    // What is answered sooner was not held, and is asked for again a little later.
    await all.time.pass(1_001);
    id += 1;
    await all.request('/sub/').answer(304, null, {
      'Last-Modified': 'then', 'Etag': `of ${id}`, 'Cometcam-Version': '1.0.0', ...(order && { 'Cometcam-Display': order }) });
    await all.time.pass(0);
  };
  await answer();
  return { ...all, answer, asked: () => all.request('/sub/').url };
}

test('a kiosk page with a name signs in with each poll, and one without does not', async (t) => {
  const { time, asked } = await hall(t);
  await time.pass(5_000);
  assert.match(asked(), /&display=Hall&uptime=\d+&wake=unavailable&version=1\.0\.0$/);
});

test('a kiosk page without a name, or with one that can’t be, asks as a viewer', async (t) => {
  const { asked } = await hall(t, '/kiosk/front?display=%00');
  assert.match(asked(), /&viewer=[0-9a-f]+$/);
});

test('a poll says of when the picture on the screen is', async (t) => {
  const { asked, tell, request } = await hall(t);
  await tell(frame(1, { captured_at_ms: START_MS }));
  await request('/frames/').answer(200, 'jpeg');
  assert.doesNotMatch(asked(), /painted/);
  await tell(frame(2, { captured_at_ms: START_MS + 70 }));
  assert.match(asked(), /&painted=1000000&display=/);
});

test('told to identify itself, a display shows its name for ten seconds, and again if told again', async (t) => {
  const { time, page, answer, asked } = await hall(t);
  const sign = page.element('identify');
  assert.equal(sign.hidden, true);
  await answer('5 identify');
  assert.deepEqual([sign.hidden, sign.textContent], [false, 'Hall']);
  assert.match(asked(), /&done=5$/, 'already with the next poll');
  await time.pass(8_000);
  await answer('6 identify');
  await time.pass(9_999);
  assert.equal(sign.hidden, false);
  await time.pass(1);
  assert.equal(sign.hidden, true);
});

test('told to load anew, a display does so when its server has heard that, and gives the page out', async (t) => {
  const { time, answer, asked, request, server } = await hall(t);
  await answer('5 reload');
  assert.match(asked(), /\?latest&poll&.*&done=5$/, 'it asks at once');
  assert.deepEqual([server.open.length, gone.reloads], [1, 0]);
  await answer();
  await request('http://127.0.0.1/kiosk/front').answer(503);
  assert.equal(gone.reloads, 0);
  await time.pass(250);
  await answer();
  await request('http://127.0.0.1/kiosk/front?display=Hall').answer(200, 'page');
  assert.deepEqual(gone, { reloads: 1, to: [] });
});

test('told to load anew while the server goes away, a display waits for it', async (t) => {
  const { time, answer, request, server } = await hall(t);
  await answer('5 reload');
  for (let n = 0; n < 100; n += 1) {
    await request('/sub/').fail();
    while (server.open.length === 0) await time.pass(100);
  }
  assert.equal(gone.reloads, 0);
  await answer();
  await request('http://127.0.0.1/kiosk/front').answer(200, 'page');
  assert.equal(gone.reloads, 1);
});

test('told to show other channels, a display changes its address once the page of them can be had', async (t) => {
  const { answer, request, server } = await hall(t);
  await answer('5 show front');
  await settle();
  assert.equal(server.open.length, 1, 'it shows that already');
  await answer('6 show yard,B%C3%BCro');
  await answer();
  await request('/kiosk/yard,B%C3%BCro?display=Hall').answer(200, 'page');
  assert.deepEqual(gone, { reloads: 0, to: ['/kiosk/yard,B%C3%BCro?display=Hall'] });
});

test('a display whose channel another viewer has taken keeps away, and takes it back with its button', async (t) => {
  const { time, server, page, request, tell } = await open(t, 'kiosk.js', '/kiosk/front');
  await request('/sub/').answer(409);
  assert.match(page.element('grid').seenText, /Somebody else is watching .* Watch here/);
  await time.pass(600_000);
  await page.online();
  assert.equal(server.open.length, 0);
  page.element('grid').buttons[0]?.click();
  await time.pass(0);
  await tell(frame(1, { captured_at_ms: START_MS + time.nowMs }));
  await request('/frames/').answer(200, 'jpeg');
  assert.doesNotMatch(page.element('grid').seenText, /Watch here/);
});
