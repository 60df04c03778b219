import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { started } from '../dom.js';
import { Time } from './stand-ins.js';

const SCRIPT = readFileSync(new URL('../boot.js', import.meta.url), 'utf8');

/** What a browser's tab remembers. */
function memory() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    kept,
    getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value),
    removeItem: (/** @type {string} */ name) => void kept.delete(name),
  };
}

/**
 * What boot.js has of a browser.
 * @param {import('node:test').TestContext} t
 * @param {{ path?: string, isOld?: boolean, isAncient?: boolean, time?: Time, storage?: object }} [options]
 */
function begin(t, { path = '/watch/B%C3%BCro', isOld = false, isAncient = false, time = new Time(t), storage = memory() } = {}) {
  const made = (/** @type {object} */ more) => {
    const element = { ...(!isAncient && { textContent: '' }), innerText: '', href: '', ...more };
    return /** @type {typeof element & { textContent: string }} */ (element);
  };
  /** @type {{ href: string }[]} */
  const added = [];
  const words = made({ appendChild: (/** @type {any} */ child) => added.push(child) });
  /** @type {{ path: string, answer: (status: number) => void }[]} */
  const requests = [];
  const told = { reloads: 0, hasStarted: false };
  const page = new EventTarget();
  class XMLHttpRequest {
    path = '';
    status = 0;
    readyState = 1;
    onreadystatechange() {}
    abort() {}

    /** @param {string} _method @param {string} asked */
    open(_method, asked) {
      this.path = asked;
    }

    send() {
      requests.push({ path: this.path, answer: (status) => {
        Object.assign(this, { status, readyState: 4 });
        this.onreadystatechange();
      } });
    }
  }
  runInNewContext(SCRIPT, {
    window: isAncient ? {} : Object.assign(page, { XMLHttpRequest }),
    document: {
      getElementById: () => words,
      createElement: (/** @type {string} */ tag) => made(tag === 'script' && !isOld && !isAncient ? { noModule: false } : {}),
      body: { contains: () => !told.hasStarted },
    },
    location: { pathname: path, reload: () => { told.reloads += 1; } },
    XMLHttpRequest,
    sessionStorage: storage,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
  });
  const links = () => added.map(({ href }) => href).filter(Boolean);
  return { time, page, words, requests, told, links };
}

test('a page that starts is left alone', async (t) => {
  const { time, page, requests, told } = begin(t);
  told.hasStarted = true;
  page.dispatchEvent(new Event('load'));
  await time.pass(120_000);
  assert.deepEqual([requests.length, told.reloads], [0, 0]);
});

test('a page of which something did not come says so, and loads again once the server answers', async (t) => {
  const { time, page, words, requests, told } = begin(t);
  page.dispatchEvent(new Event('load'));
  await time.pass(4_999);
  assert.equal(requests.length, 0);
  await time.pass(1);
  assert.match(words.textContent, /did not load completely/);
  for (const status of [0, 503, 0, 200]) {
    assert.deepEqual([requests.length, told.reloads], [0, 0]);
    while (requests.length === 0) await time.pass(100);
    assert.deepEqual(requests.map(({ path }) => path), ['/api/now']);
    requests.pop()?.answer(status);
  }
  assert.equal(told.reloads, 1);
});

/**
 * A page that never starts, on a server that always answers: how long it waits each time before it loads again.
 * @param {import('node:test').TestContext} t @param {object} storage
 */
async function waits(t, storage) {
  const time = new Time(t);
  const found = [];
  for (let load = 0; load < 10; load += 1) {
    const { page, requests, told } = begin(t, { time, storage });
    page.dispatchEvent(new Event('load'));
    await time.pass(5_000);
    const sinceMs = time.nowMs;
    while (requests.length === 0) await time.pass(100);
    requests.pop()?.answer(200);
    assert.equal(told.reloads, 1);
    found.push(time.nowMs - sinceMs);
  }
  return found;
}

test('a page that can’t start, whatever the server answers, loads itself again ever more rarely', async (t) => {
  const found = await waits(t, memory());
  found.forEach((waitMs, n) => {
    const longestMs = Math.min(60_000, 2_000 * 2 ** n);
    assert.ok(waitMs >= longestMs / 2 && waitMs <= longestMs + 100, `${waitMs} ms before load ${n}`);
  });
});

test('where the browser remembers nothing each wait is the longest', async (t) => {
  const forbidden = () => {
    throw new DOMException('It may not.', 'SecurityError');
  };
  const full = { ...memory(), setItem: forbidden };
  for (const storage of [full, { getItem: forbidden }]) {
    for (const waitMs of await waits(t, storage)) assert.ok(waitMs >= 30_000, `${waitMs} ms`);
  }
});

test('a page that starts forgets how often it was tried', async (t) => {
  const storage = memory();
  await waits(t, storage);
  assert.equal(storage.kept.size, 1);
  const real = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
  const given = { document: { getElementById: () => null }, sessionStorage: storage };
  for (const [name, value] of Object.entries(given)) Object.defineProperty(globalThis, name, { configurable: true, value });
  t.after(() => {
    for (const name of Object.keys(given)) Reflect.deleteProperty(globalThis, name);
    if (real) Object.defineProperty(globalThis, 'sessionStorage', real);
  });
  started();
  assert.equal(storage.kept.size, 0);
});

test('a page that never ends to load is not waited for, for ever', async (t) => {
  const { time, requests } = begin(t);
  await time.pass(62_000);
  assert.equal(requests.length, 1);
});

test('a browser that is too old is told so, with the way to a simpler page, and hardly ever loaded again', async (t) => {
  const { time, page, words, requests, told, links } = begin(t, { isOld: true });
  page.dispatchEvent(new Event('load'));
  await time.pass(600_000);
  assert.match(words.textContent, /too old/);
  assert.deepEqual([links(), requests.length], [['/lite/B%C3%BCro'], 0]);
  await time.pass(2_000);
  assert.deepEqual(requests.map(({ path }) => path), ['/api/now']);
  requests[0]?.answer(200);
  assert.equal(told.reloads, 1);
});

test('a script that a browser can’t read tells that it is too old; the page of all channels leads to a simpler list', async (t) => {
  const { page, words, requests, links } = begin(t, { path: '/' });
  page.dispatchEvent(Object.assign(new Event('error'), { message: 'Uncaught SyntaxError: Unexpected token' }));
  assert.match(words.textContent, /too old/);
  assert.deepEqual([links(), requests.length], [['/lite'], 0]);
});

test('a display of several channels leads to a simpler page of each', async (t) => {
  const { time, page, links } = begin(t, { path: '/kiosk/front,B%C3%BCro', isOld: true });
  page.dispatchEvent(new Event('load'));
  await time.pass(0);
  assert.deepEqual(links(), ['/lite/front', '/lite/B%C3%BCro']);
});

test('modules of two versions that don’t fit together don’t make a browser too old', async (t) => {
  const { time, page, words, requests } = begin(t);
  for (const message of [
    'Uncaught SyntaxError: The requested module \'./dom.js\' does not provide an export named \'started\'',
    'SyntaxError: The requested module doesn\'t provide an export named: \'started\'',
    'SyntaxError: Importing binding name \'started\' is not found.',
  ]) page.dispatchEvent(Object.assign(new Event('error'), { message }));
  page.dispatchEvent(new Event('load'));
  await time.pass(7_000);
  assert.match(words.textContent, /did not load completely/);
  assert.deepEqual(requests.map(({ path }) => path), ['/api/now']);
});

test('a browser that knows no listeners is told so as well', async (t) => {
  const { time, words, links } = begin(t, { isAncient: true });
  await time.pass(5_000);
  assert.match(words.innerText, /too old/);
  assert.deepEqual(links(), ['/lite/B%C3%BCro']);
  await time.pass(3_600_000);
});

test('a server that says nothing is asked once more', async (t) => {
  const { time, page, requests, told } = begin(t);
  page.dispatchEvent(new Event('load'));
  while (requests.length < 2) await time.pass(100);
  requests.pop()?.answer(200);
  assert.equal(told.reloads, 1);
});
