import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL, SIGN_EVERY_MS } from '../exchange.js';
import { Sharing } from '../sharing.js';
import { browser } from './browser.js';
import { Server, settle, Time } from './stand-ins.js';

const FRAME = '{"type":"frame","url":"/f/1.jpg","captured_at_ms":5,"interval_ms":100}';
const ID = { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT', 'Etag': '1', 'Cometcam-Version': '1.2.3' };

/** A worker that says what the test says. @param {import('node:test').TestContext} t */
function workers(t) {
  /** @type {{ url: string, name: string, heard: any[], say: (word: unknown) => void, fail: () => void }[]} */
  const made = [];
  class FakeWorker {
    port = {
      onmessage: /** @type {(event: { data: unknown }) => void} */ (() => {}),
      postMessage: /** @type {(wish: unknown) => void} */ (() => {}),
      close() {},
    };
    onerror = () => {};

    /** @param {string} url @param {{ name: string }} options */
    constructor(url, { name }) {
      /** @type {any[]} */
      const heard = [];
      this.port.postMessage = (wish) => heard.push(wish);
      made.push({ url, name, heard, say: (data) => this.port.onmessage({ data }), fail: () => this.onerror() });
    }
  }
  Object.assign(globalThis, { SharedWorker: FakeWorker });
  t.after(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  return made;
}

/** @param {import('node:test').TestContext} t */
async function begin(t, { hasWorkers = true } = {}) {
  const time = new Time(t);
  const server = new Server(t);
  const page = browser(t);
  const made = hasWorkers ? workers(t) : [];
  /** @type {string[]} */
  const kinds = [];
  const screen = { painted: 0 };
  const sharing = new Sharing({
    viewer: 'abc',
    onAnswer: ({ kind }) => kinds.push(kind),
    onCaughtUp: () => {},
    paceMs: () => 0,
    painted: () => screen.painted,
  });
  t.after(() => sharing.stop());
  sharing.watch(['front']);
  sharing.restart();
  await settle();
  const worker = () => {
    if (!made[0]) throw new Error('There is no worker.');
    return made[0];
  };
  return { time, server, page, sharing, made, worker, kinds, screen };
}

test('the page asks by itself until the worker of the server’s version is there, and then through it', async (t) => {
  const { server, worker, kinds } = await begin(t);
  await server.only.answer(200, FRAME, ID);
  assert.equal(worker().name, 'cometcam 1.2.3');
  assert.equal(server.open.length, 1);
  worker().say({ hello: PROTOCOL });
  await settle();
  assert.equal(server.open.length, 0);
  assert.deepEqual(worker().heard, [{ names: ['front'], viewer: 'abc', painted: 0, paceMs: 0, ask: true, anew: ['front'] }]);
  worker().say({ answer: { kind: 'nothing' } });
  assert.deepEqual(kinds, ['message', 'nothing']);
});

test('where there are no such workers the page goes on by itself', async (t) => {
  const { time, server } = await begin(t, { hasWorkers: false });
  await server.only.answer(200, FRAME, ID);
  await time.pass(20_000);
  assert.equal(server.open.length, 1);
});

test('a worker that fails, is of another making, or says nothing leaves the page as it is', async (t) => {
  for (const become of [
    async (/** @type {Awaited<ReturnType<typeof begin>>} */ { worker }) => worker().fail(),
    async (/** @type {Awaited<ReturnType<typeof begin>>} */ { worker }) => worker().say({ hello: PROTOCOL + 1 }),
    async (/** @type {Awaited<ReturnType<typeof begin>>} */ { time }) => time.pass(11_000),
  ]) {
    await t.test(async (inner) => {
      const begun = await begin(inner);
      await begun.server.only.answer(200, FRAME, ID);
      await become(begun);
      begun.worker().say({ hello: PROTOCOL });
      await begun.server.only.answer(200, FRAME, { ...ID, Etag: '2' });
      assert.deepEqual(begun.worker().heard, []);
      assert.equal(begun.made.length, 1);
      assert.equal(begun.server.open.length, 1);
    });
  }
});

test('a worker that dies is noticed by its silence, and the page asks by itself again', async (t) => {
  const { time, server, page, worker } = await begin(t);
  await server.only.answer(200, FRAME, ID);
  worker().say({ hello: PROTOCOL });
  for (let sign = 0; sign < 10; sign += 1) {
    await page.tick();
    worker().say({ here: true });
  }
  assert.equal(server.open.length, 0);
  for (let sign = 0; sign < 6; sign += 1) await page.tick();
  await time.pass(SIGN_EVERY_MS);
  assert.equal(server.open.length, 1);
});

test('what is on the screen is told to the worker at once, and a hidden page takes its wish back', async (t) => {
  const { server, sharing, worker, screen } = await begin(t);
  await server.only.answer(200, FRAME, ID);
  worker().say({ hello: PROTOCOL });
  sharing.tell();
  assert.equal(worker().heard.length, 1);
  screen.painted = 5;
  sharing.tell();
  sharing.tell();
  assert.equal(worker().heard.length, 2);
  assert.equal(worker().heard[1].painted, 5);
  sharing.stop();
  assert.deepEqual(worker().heard[2].names, []);
  sharing.restart();
  assert.deepEqual([worker().heard[3].names, worker().heard[3].ask, worker().heard[3].anew], [['front'], true, []]);
});

test('a page that was sent away does not ask again when its worker dies, nor through a worker that knows nothing of it', async (t) => {
  const { time, server, page, sharing, worker } = await begin(t);
  await server.only.answer(200, FRAME, ID);
  worker().say({ hello: PROTOCOL });
  worker().say({ answer: { kind: 'displaced', channel: 'front' } });
  sharing.restart();
  assert.deepEqual(worker().heard.at(-1).names, []);
  for (let sign = 0; sign < 6; sign += 1) await page.tick();
  await time.pass(SIGN_EVERY_MS);
  assert.equal(server.open.length, 0);
  sharing.watch(['front'], ['front']);
  sharing.restart();
  assert.equal(server.open.length, 1);
});

test('a page that is sent away while it calls the worker stays away', async (t) => {
  const { server, worker } = await begin(t);
  await server.only.answer(200, FRAME, ID);
  await server.only.answer(409);
  worker().say({ hello: PROTOCOL });
  assert.deepEqual(worker().heard.flatMap(({ names, anew }) => [...names, ...anew]), []);
  assert.equal(server.open.length, 0);
});
