import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WakeLock } from '../wake.js';
import { settle, Time } from './stand-ins.js';

/** A lock on the screen as a browser gives it. */
class Lock extends EventTarget {
  async release() {
    this.dispatchEvent(new Event('release'));
  }
}

/** @param {import('node:test').TestContext} t */
function begin(t) {
  const time = new Time(t);
  const fakeDocument = Object.assign(new EventTarget(), { hidden: false });
  /** Requests that wait for the browser. @type {{ give: () => Promise<Lock>, refuse: () => Promise<void> }[]} */
  const asked = [];
  const wakeLock = {
    request: () => new Promise((resolve, reject) => asked.push({
      give: async () => {
        const lock = new Lock();
        resolve(lock);
        await settle();
        return lock;
      },
      refuse: () => {
        reject(new DOMException('The battery is low.', 'NotAllowedError'));
        return settle();
      },
    })),
  };
  const real = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { wakeLock } });
  Object.assign(globalThis, { document: fakeDocument });
  t.after(() => {
    if (real) Object.defineProperty(globalThis, 'navigator', real);
    else Reflect.deleteProperty(globalThis, 'navigator');
    Reflect.deleteProperty(globalThis, 'document');
  });
  /** @type {string[]} */
  const told = [];
  const wake = new WakeLock((state) => told.push(state));
  /** The request that waits. */
  const next = () => {
    const request = asked.shift();
    if (!request || asked.length > 0) throw new Error(`${asked.length} requests wait instead of one.`);
    return request;
  };
  /** @param {boolean} hidden */
  const hide = (hidden) => {
    fakeDocument.hidden = hidden;
    fakeDocument.dispatchEvent(new Event('visibilitychange'));
    return settle();
  };
  return { time, wake, asked, next, told, hide };
}

test('a lock that the browser takes back is asked for again, a little later', async (t) => {
  const { time, wake, asked, next, told } = begin(t);
  wake.hold();
  const lock = await next().give();
  await lock.release();
  await settle();
  assert.deepEqual([told, asked.length], [['held', 'released'], 0]);
  await time.pass(250);
  await next().give();
  assert.deepEqual(told, ['held', 'released', 'held']);
});

test('a browser that takes each lock back, or refuses it, is asked for ever, but every ten seconds at most', async (t) => {
  const { time, wake, asked, next } = begin(t);
  wake.hold();
  for (let n = 0; n < 100; n += 1) {
    if (n % 2) await next().refuse();
    else await (await next().give()).release();
    await settle();
    assert.equal(asked.length, 0);
    if (n > 6) await time.pass(4_999);
    assert.equal(asked.length, 0);
    await time.pass(10_000);
  }
});

test('two requests never run at once, whatever the page does meanwhile', async (t) => {
  const { time, wake, asked, next, hide } = begin(t);
  wake.hold();
  await hide(true);
  await hide(false);
  wake.release();
  wake.hold();
  await time.pass(60_000);
  assert.equal(asked.length, 1);
  await next().give();
  await time.pass(60_000);
  assert.equal(asked.length, 0);
});

test('a request that failed because the page was hidden meanwhile is made again', async (t) => {
  const { time, wake, next, told, hide } = begin(t);
  wake.hold();
  await hide(true);
  await hide(false);
  await next().refuse();
  await time.pass(250);
  await next().give();
  assert.deepEqual(told, ['unavailable', 'held']);
});

test('hidden or no longer wanted, it asks nothing and leaves no timer; seen again, it asks at once', async (t) => {
  const { time, wake, asked, next, hide } = begin(t);
  wake.hold();
  await next().refuse();
  await hide(true);
  await time.pass(60_000);
  assert.deepEqual([asked.length, time.timers], [0, 0]);
  await hide(false);
  await next().refuse();
  wake.release();
  await time.pass(60_000);
  assert.deepEqual([asked.length, time.timers], [0, 0]);
});

test('a lock that comes when nobody wants it any more is given back', async (t) => {
  const { time, wake, asked, next, told } = begin(t);
  wake.hold();
  wake.release();
  await next().give();
  await time.pass(60_000);
  assert.deepEqual([told, asked.length], [['held', 'released'], 0]);
});
