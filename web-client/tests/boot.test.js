import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Time } from './stand-ins.js';

const SCRIPT = readFileSync(new URL('../boot.js', import.meta.url), 'utf8');

/** What boot.js has of a browser. @param {import('node:test').TestContext} t @param {{ path?: string, isOld?: boolean }} [options] */
function begin(t, { path = '/watch/B%C3%BCro', isOld = false } = {}) {
  const time = new Time(t);
  const made = (/** @type {object} */ more) => ({ textContent: '', href: '', ...more });
  /** @type {{ textContent: string, href: string }[]} */
  const added = [];
  const words = made({ appendChild: (/** @type {any} */ child) => added.push(child) });
  /** @type {{ path: string, answer: (status: number, text?: string) => void }[]} */
  const requests = [];
  const told = { reloads: 0, hasStarted: false };
  const page = Object.assign(new EventTarget(), {});
  class XMLHttpRequest {
    path = '';
    status = 0;
    responseText = '';
    onloadend() {}

    /** @param {string} _method @param {string} asked */
    open(_method, asked) {
      this.path = asked;
    }

    send() {
      requests.push({ path: this.path, answer: (status, text = '') => {
        Object.assign(this, { status, responseText: text });
        this.onloadend();
      } });
    }
  }
  runInNewContext(SCRIPT, {
    window: page,
    document: {
      getElementById: () => words,
      createElement: (/** @type {string} */ tag) => made(tag === 'script' && !isOld ? { noModule: false } : {}),
      body: { contains: () => !told.hasStarted },
    },
    location: { pathname: path, reload: () => { told.reloads += 1; } },
    XMLHttpRequest,
    setTimeout: globalThis.setTimeout,
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
  for (const status of [0, 503, 0]) {
    requests.pop()?.answer(status);
    assert.equal(told.reloads, 0);
    await time.pass(60_000);
    assert.deepEqual(requests.map(({ path }) => path), ['/api/now']);
  }
  requests.pop()?.answer(200, '{}');
  assert.equal(told.reloads, 1);
});

test('a page that never ends to load is not waited for, for ever', async (t) => {
  const { time, requests } = begin(t);
  await time.pass(60_000);
  assert.equal(requests.length, 1);
});

test('a browser that is too old is told so, with the way to single pictures, and nothing is loaded again', async (t) => {
  const { time, page, words, requests, told, links } = begin(t, { isOld: true });
  page.dispatchEvent(new Event('load'));
  await time.pass(600_000);
  assert.match(words.textContent, /too old/);
  assert.deepEqual([links(), requests.length, told.reloads], [['/live/B%C3%BCro.jpg'], 0, 0]);
});

test('a script that a browser can’t read tells that it is too old; the page of all channels names each', async (t) => {
  const { page, words, requests, links } = begin(t, { path: '/' });
  page.dispatchEvent(Object.assign(new Event('error'), { message: 'Uncaught SyntaxError: Unexpected token' }));
  assert.match(words.textContent, /too old/);
  assert.equal(requests[0]?.path, '/api/channels');
  requests[0]?.answer(200, '{"channels":[{"name":"front"},{"name":"a/b"}]}');
  assert.deepEqual(links(), ['/live/front.jpg', '/live/a%2Fb.jpg']);
});
