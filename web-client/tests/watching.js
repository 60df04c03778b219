/** A viewer of some channels, with everything around it worked by the test. */
import assert from 'node:assert/strict';
import { Channel } from '../channel.js';
import { State } from '../states.js';
import { Viewer } from '../viewer.js';
import { browser } from './browser.js';
import { FakeImage, frame, ObjectUrls, Server, Time } from './stand-ins.js';

/** The server's time when a test begins. */
export const START_MS = 1_000_000;

export function fakeImage() {
  return /** @type {HTMLImageElement} */ (/** @type {unknown} */ (new FakeImage()));
}

/** Only once in a test. @param {import('node:test').TestContext} t @param {string[]} [names] @param {{ paceMs?: number }} [options] */
export function begin(t, names = ['front'], options = {}) {
  const time = new Time(t);
  const server = new Server(t);
  const urls = new ObjectUrls(t);
  const page = browser(t);
  /** @type {string[]} */
  const versions = [];
  const viewer = new Viewer({ onDraw: () => {}, onVersion: (version) => versions.push(version), ...options });
  const channels = names.map((name) => new Channel(name, fakeImage(), options));
  viewer.watch(channels);
  const [front] = channels;
  if (!front) throw new Error('There is no channel.');
  const state = () => front.judge(viewer.clock.now()).state;
  const poll = () => {
    const polls = server.open.filter(({ url }) => url.startsWith('/sub/'));
    if (polls.length !== 1 || !polls[0]) throw new Error(`${polls.length} polls are open instead of one.`);
    return polls[0];
  };
  const pictures = () => server.open.filter(({ url }) => !url.startsWith('/sub/'));
  /** The server goes away, and its first answer after that is still to come. */
  const lose = async () => {
    await poll().fail();
    await time.pass(250);
    await poll().fail();
    assert.equal(state(), State.Unreachable);
    await time.pass(500);
  };
  let id = 0;
  /** @param {unknown} message @param {Record<string, string>} [headers] */
  const tell = async (message, headers = {}) => {
    id += 1;
    await poll().answer(200, JSON.stringify(message), {
      'Last-Modified': 'then', 'Etag': String(id), 'Cometcam-Now-Ms': String(START_MS + time.nowMs), ...headers });
  };
  const show = async (/** @type {number} */ n) => {
    await tell(frame(n, { captured_at_ms: START_MS + time.nowMs - 100 }));
    await pictures()[0]?.answer(200, 'jpeg');
  };
  return { time, server, urls, page, viewer, channels, front, state, poll, pictures, lose, tell, show, versions };
}
