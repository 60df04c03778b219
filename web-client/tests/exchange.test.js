import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange, SIGN_EVERY_MS } from '../exchange.js';
import { Polls } from '../polls.js';
import { Server, settle, Time } from './stand-ins.js';

const FRAME = '{"type":"frame","url":"/f/1.jpg","captured_at_ms":5,"interval_ms":100}';

/** @param {import('node:test').TestContext} t */
function begin(t) {
  const time = new Time(t);
  const server = new Server(t);
  /** @type {Polls[]} */
  const made = [];
  const exchange = new Exchange((options) => {
    const polls = new Polls(options);
    made.push(polls);
    return polls;
  });
  /** A page, and what it was told. @param {string[]} names @param {{ paceMs?: number, painted?: number }} [more] */
  const page = (names, { paceMs = 0, painted = 0 } = {}) => {
    /** @type {import('../exchange.js').Word[]} */
    const words = [];
    const self = {
      words,
      kinds: () => words.flatMap((word) => ('answer' in word ? [`${word.answer.kind} ${word.answer.channel}`] : [])),
      /** @param {'' | 'again' | 'anew'} why @param {string[]} [wanted] */
      speak: async (why, wanted = names) => {
        const wish = { names: wanted, viewer: 'abc', paceMs, painted, ask: why !== '', anew: why === 'anew' ? wanted : [] };
        exchange.hear(self, wish, (word) => words.push(word));
        await time.pass(0);
      },
    };
    return self;
  };
  const open = () => server.open.map(({ url }) => url.slice('/sub/'.length).split('?')[0]);
  t.after(() => { for (const polls of made) polls.stop(); });
  return { time, server, exchange, page, open };
}

const news = (/** @type {number} */ n, more = {}) => ({ 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT', 'Etag': String(n), ...more });

test('ten pages of one channel share one poll, and each hears what it brings', async (t) => {
  const { server, page, open } = begin(t);
  const pages = Array.from({ length: 10 }, () => page(['front']));
  for (const each of pages) await each.speak('anew');
  assert.deepEqual(open(), ['front']);
  await server.only.answer(200, FRAME, news(1));
  for (const each of pages) assert.deepEqual(each.kinds(), ['message front']);
});

test('pages of different channels share one poll of all of them, and each hears of its own', async (t) => {
  const { server, page, open } = begin(t);
  const [a, b] = [page(['a']), page(['b'])];
  await a.speak('anew');
  await b.speak('anew');
  assert.deepEqual(open(), ['a,b']);
  await server.only.answer(200, FRAME, news(1, { 'Cometcam-Channel': 'b' }));
  assert.deepEqual([a.kinds(), b.kinds()], [[], ['message b']]);
  await server.only.answer(304);
  assert.deepEqual(a.words.filter((word) => 'silent' in word), [{ silent: ['a'] }]);
  assert.deepEqual(b.words.filter((word) => 'silent' in word), [{ silent: [] }]);
});

test('a page that comes later is told what there is at once, and so are all', async (t) => {
  const { server, page } = begin(t);
  const [first, second] = [page(['front']), page(['front'])];
  await first.speak('anew');
  await server.only.answer(200, FRAME, news(1));
  assert.match(server.only.url, /timeout=25/);
  await second.speak('anew');
  assert.match(server.only.url, /latest&poll&/);
  await server.only.answer(200, FRAME, news(1));
  assert.deepEqual(second.kinds(), ['message front']);
});

test('a page that was closed without a word leaves nothing polled', async (t) => {
  const { time, exchange, page, open } = begin(t);
  const [stays, dies] = [page(['a']), page(['b'])];
  await dies.speak('anew');
  await stays.speak('anew');
  for (let spoken = 0; spoken < 6; spoken += 1) {
    await time.pass(SIGN_EVERY_MS);
    await stays.speak('');
    exchange.sweep();
    await time.pass(0);
  }
  assert.deepEqual(open(), ['a']);
});

test('a page that is hidden is not polled for, and no page at all means no poll', async (t) => {
  const { page, open } = begin(t);
  const [a, b] = [page(['a']), page(['b'])];
  await a.speak('anew');
  await b.speak('anew');
  await a.speak('', []);
  assert.deepEqual(open(), ['b']);
  await b.speak('', []);
  assert.deepEqual(open(), []);
});

test('pages that want few pictures slow nobody down: they have a poll of their own', async (t) => {
  const { server, page, open } = begin(t);
  await page(['front']).speak('anew');
  await page(['front', 'yard'], { paceMs: 500 }).speak('anew');
  await page(['yard'], { paceMs: 2000 }).speak('anew');
  assert.deepEqual(open(), ['front', 'front,yard']);
  assert.equal(new Set(server.open.map(({ url }) => /viewer=(\w+)/.exec(url)?.[1])).size, 1);
});

test('one page’s password is no other page’s trouble', async (t) => {
  const { server, page, open } = begin(t);
  const [front, secret] = [page(['front']), page(['secret'])];
  await front.speak('anew');
  await secret.speak('anew');
  await server.only.answer(401);
  const [ofFront, ofSecret] = server.open;
  await ofFront?.answer(200, FRAME, news(1));
  await ofSecret?.answer(401);
  assert.deepEqual(front.kinds(), ['message front']);
  assert.deepEqual(secret.kinds(), ['password secret']);
  assert.deepEqual(open(), ['front']);
});

test('a channel that sent this browser away is asked for only by who opens it, whatever the other pages do', async (t) => {
  const { server, page, open } = begin(t);
  const [front, yard] = [page(['front']), page(['yard'])];
  await front.speak('anew');
  await server.only.answer(409);
  assert.deepEqual(front.kinds(), ['displaced front']);
  await yard.speak('anew');
  assert.deepEqual(open(), ['yard']);
  // Spoken before it heard of that.
  await front.speak('');
  await yard.speak('', []);
  await front.speak('again');
  assert.deepEqual(open(), []);
  await page(['front']).speak('anew');
  assert.deepEqual(open(), ['front']);
});

test('who was sent away and holds the picture asks with the others that want few, and is still away', async (t) => {
  const { server, page, open } = begin(t);
  await page(['front']).speak('anew');
  await server.only.answer(403);
  await page(['yard'], { paceMs: 500 }).speak('anew');
  await page(['front'], { paceMs: 500 }).speak('again');
  assert.deepEqual(open(), ['yard']);
});

test('the newest picture that any of the pages shows is told to the server', async (t) => {
  const { server, page } = begin(t);
  await page(['front'], { painted: 7 }).speak('anew');
  await page(['front'], { painted: 9 }).speak('anew');
  assert.match(server.only.url, /&painted=9$/);
});

test('more channels than the server takes in one poll are left to the page that wants them', async (t) => {
  const { page, open } = begin(t);
  await page(['front']).speak('anew');
  const large = page(Array.from({ length: 64 }, (_, n) => `c${n}`));
  await large.speak('anew');
  assert.deepEqual(large.words, [{ full: true }]);
  await settle();
  assert.deepEqual(open(), ['front']);
});
