import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { parse } from 'acorn';
import { Time } from './stand-ins.js';

const SCRIPT = readFileSync(new URL('../lite.js', import.meta.url), 'utf8');
/** What a browser of 2001 has never heard of; used all the same, it would stop the script. */
const YOUNGER = [
  'JSON', 'Promise', 'fetch', 'console', 'addEventListener', 'querySelector', 'classList', 'textContent', 'innerHTML', 'dataset',
  'forEach', 'map', 'filter', 'indexOf', 'trim', 'bind', 'keys', 'now', 'isArray', 'padStart', 'includes', 'startsWith', 'encodeURI',
];

/** A node of a document that knows nothing younger than its browser. */
class Old {
  /** @type {Old[]} */
  children = [];
  /** @type {string | null} */
  nodeValue = null;
  id = '';
  src = '';
  href = '';
  alt = '';
  className = '';

  /** @returns {Old | null} */
  get firstChild() {
    return this.children[0] ?? null;
  }

  /** @param {Old} child */
  appendChild(child) {
    this.children.push(child);
  }

  /** @param {Old} child */
  removeChild(child) {
    this.children = this.children.filter((one) => one !== child);
  }

  setAttribute() {}
}

/** @param {string} text */
function textNode(text) {
  return Object.assign(new Old(), { nodeValue: text });
}

/** @typedef {{ url: string, answer: (status: number, text?: string) => void, aborted: boolean }} Request */

/**
 * How that browser makes requests.
 * @param {Request[]} requests @param {'ActiveX' | 'none'} scripting
 */
function requestsOf(requests, scripting) {
  return class {
    readyState = 1;
    status = 0;
    responseText = '';
    onreadystatechange() {}
    url = '';

    /** @param {string} name */
    constructor(name) {
      if (scripting === 'none') throw new Error('Automation server can’t create object');
      assert.equal(name, 'Microsoft.XMLHTTP');
    }

    /** @param {string} _method @param {string} url */
    open(_method, url) {
      this.url = url;
    }

    send() {
      const request = { url: this.url, aborted: false, answer: (/** @type {number} */ status, text = '') => {
        Object.assign(this, { readyState: 4, status, responseText: text });
        this.onreadystatechange();
      } };
      this.abort = () => { request.aborted = true; };
      requests.push(request);
    }

    abort() {}
  };
}

/**
 * What an Internet Explorer 6 has.
 * @param {import('node:test').TestContext} t @param {{ scripting?: 'ActiveX' | 'none', search?: string }} [options]
 */
function begin(t, { scripting = 'ActiveX', search = '' } = {}) {
  const time = new Time(t);
  /** @type {Request[]} */
  const requests = [];
  /** @type {{ src: string, onload: () => void, onerror: () => void }[]} */
  const pictures = [];
  const told = { reloads: 0, to: /** @type {string[]} */ ([]) };
  /** @type {Record<string, Old>} */
  const elements = {};
  for (const id of ['place', 'state', 'age', 'sentence', 'again']) elements[id] = Object.assign(new Old(), { id });
  elements.again?.appendChild(textNode('front'));
  elements.state?.appendChild(textNode('LIVE'));
  Object.assign(elements.again ?? {}, { href: 'http://laptop/lite/front' });
  const ActiveXObject = requestsOf(requests, scripting);
  const window = { ActiveXObject };
  runInNewContext(SCRIPT, {
    window,
    ActiveXObject,
    document: {
      title: '',
      getElementById: (/** @type {string} */ id) => elements[id] ?? null,
      createElement: () => new Old(),
      createTextNode: textNode,
    },
    location: { search, reload: () => { told.reloads += 1; }, replace: (/** @type {string} */ to) => told.to.push(to) },
    Image: class {
      src = '';
      onload() {}
      onerror() {}

      constructor() {
        pictures.push(this);
      }
    },
    Date: class {
      getTime() {
        return time.nowMs;
      }
    },
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: () => 0,
  });
  const seen = () => ['state', 'age', 'sentence'].map((id) => elements[id]?.firstChild?.nodeValue ?? '').join('|');
  const shown = () => elements.place?.children.map(({ src }) => src) ?? [];
  /** The request that waits, once there is one. */
  const next = async () => {
    while (requests.length === 0) await time.pass(50);
    return /** @type {Request} */ (requests.shift());
  };
  return { time, requests, pictures, told, seen, shown, next };
}

test('the script is of the language of 1999, and uses nothing that came later', () => {
  /** Words of the language were no names of properties then. @type {import('acorn').Options} */
  const language = { ecmaVersion: 3, allowReserved: 'never' };
  parse(SCRIPT, language);
  assert.throws(() => parse('a.catch(1)', language), 'the parser knows what is younger');
  for (const name of YOUNGER) assert.doesNotMatch(SCRIPT, new RegExp(`\\.${name}\\b|\\b${name}\\.|\\b${name}\\(\\)\\.`), name);
  parse(readFileSync(new URL('../boot.js', import.meta.url), 'utf8'), language);
});

test('Internet Explorer 6 shows picture after picture, with state and age', async (t) => {
  const { time, pictures, seen, shown, next } = begin(t);
  (await next()).answer(200, 'LIVE\n\n400\n1795355511001\n250\n/frames/front/1.jpg\n');
  assert.deepEqual([pictures[0]?.src, shown()], ['/frames/front/1.jpg', []]);
  pictures[0]?.onload();
  assert.deepEqual([seen(), shown()], ['LIVE|0.4 s|', ['/frames/front/1.jpg']]);
  const request = await next();
  assert.match(request.url, /^http:\/\/laptop\/lite\/front\/now\?n=2&viewer=\d+&painted=1795355511001$/);
  assert.equal(time.nowMs, 250);
  request.answer(200, 'LATE\n\n61000\n1795355511002\n2000\n/frames/front/2.jpg\n');
  pictures[1]?.onload();
  assert.deepEqual([seen(), shown()], ['LATE|1 minute|', ['/frames/front/2.jpg']]);
});

test('of an ended broadcast the picture goes away', async (t) => {
  const { pictures, seen, shown, next } = begin(t);
  (await next()).answer(200, 'LIVE\n\n400\n1\n250\n/frames/front/1.jpg\n');
  pictures[0]?.onload();
  (await next()).answer(200, 'ENDED\nThe broadcast is over.\n\n\n2000\n\n');
  assert.deepEqual([seen(), shown()], ['ENDED||The broadcast is over.', []]);
});

test('pictures that don’t arrive, and a server that is away, are said; both go on by themselves', async (t) => {
  const { time, pictures, seen, next, requests } = begin(t);
  (await next()).answer(200, 'LIVE\n\n400\n1\n250\n/frames/front/1.jpg\n');
  pictures[0]?.onerror();
  assert.match(seen(), /^STALLED\|\|Pictures do not arrive/);
  (await next()).answer(0);
  const second = await next();
  await time.pass(8_000);
  assert.equal(second.aborted, true);
  assert.match(seen(), /^UNREACHABLE/);
  requests.length = 0;
  (await next()).answer(200, 'LIVE\n\n400\n2\n250\n/frames/front/2.jpg\n');
  pictures.at(-1)?.onload();
  assert.match(seen(), /^LIVE\|0\.4 s/);
});

test('who may not watch is led to the page once, which says what to do about it', async (t) => {
  const { told, next } = begin(t);
  (await next()).answer(401);
  assert.deepEqual(told.to, ['http://laptop/lite/front?again']);
});

test('but not again and again', async (t) => {
  const { told, shown, next } = begin(t, { search: '?again' });
  for (let n = 0; n < 5; n += 1) (await next()).answer(403);
  assert.deepEqual([told.to, shown()], [[], []]);
});

test('a browser that may not make requests loads the page again and again', async (t) => {
  const { time, told, requests } = begin(t, { scripting: 'none' });
  await time.pass(3_000);
  assert.deepEqual([told.reloads, requests.length], [1, 0]);
});
