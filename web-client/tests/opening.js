/** A page that is open, with everything around it worked by the test. */
import { browser } from './browser.js';
import { ObjectUrls, Server, Time } from './stand-ins.js';

/** The server's time when a test begins. */
export const START_MS = 1_000_000;

/** Only once in a test. @param {import('node:test').TestContext} t @param {string} script @param {string} path */
export async function open(t, script, path) {
  const time = new Time(t);
  const server = new Server(t);
  const urls = new ObjectUrls(t);
  const page = browser(t, { page: script.replace('.js', '.html'), path });
  await page.open(script);
  /** The one request for this path that waits. @param {string} start */
  const request = (start) => {
    const [only, ...others] = server.open.filter(({ url }) => url.startsWith(start));
    if (!only || others.length > 0) throw new Error(`${others.length + (only ? 1 : 0)} requests for ${start} are open.`);
    return only;
  };
  let id = 0;
  /** @param {unknown} message */
  const tell = (message) => {
    id += 1;
    return request('/sub/').answer(200, JSON.stringify(message), {
      'Last-Modified': 'then', 'Etag': String(id), 'Cometcam-Now-Ms': String(START_MS + time.nowMs) });
  };
  const seen = () => ['pill', 'screen'].map((name) => page.element(name).seenText).join(' | ').trim();
  /** What is announced once all that changed has lasted. */
  const announced = async () => {
    await page.tick();
    await time.pass(1000);
    await page.tick();
    return page.element('announce').textContent;
  };
  return { time, server, urls, page, request, tell, seen, announced };
}

/** @param {{ name: string }[]} channels */
export function list(channels) {
  return JSON.stringify({ now_ms: START_MS, channels });
}
