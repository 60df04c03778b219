import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Renewal } from '../renewal.js';
import { Server, settle, Time } from './stand-ins.js';

/** @param {import('node:test').TestContext} t */
function begin(t) {
  const time = new Time(t);
  const server = new Server(t);
  const told = { reloads: 0 };
  Object.assign(globalThis, { location: { reload: () => { told.reloads += 1; } } });
  t.after(() => Reflect.deleteProperty(globalThis, 'location'));
  const renewal = new Renewal('http://127.0.0.1/kiosk/front');
  renewal.note('1.0.0');
  return { time, server, told, renewal };
}

test('a page loads anew when its server is another version and gives the page out', async (t) => {
  const { time, server, told, renewal } = begin(t);
  await time.pass(60_000);
  renewal.note('1.0.0');
  assert.equal(server.open.length, 0);
  renewal.note('1.1.0');
  await server.only.answer(503);
  assert.equal(told.reloads, 0);
  renewal.note('1.1.0');
  assert.equal(server.open.length, 0, 'not with each picture');
  await time.pass(250);
  renewal.note('1.1.0');
  await server.only.answer(200, 'page');
  assert.equal(told.reloads, 1);
});

test('a connection that dies while the page is asked for does not end the renewal for ever', async (t) => {
  const { time, server, told, renewal } = begin(t);
  await time.pass(60_000);
  renewal.note('1.1.0');
  await time.pass(7_999);
  renewal.note('1.1.0');
  assert.equal(server.requests.length, 1);
  await time.pass(1);
  assert.equal(server.open.length, 0);
  await time.pass(250);
  renewal.note('1.1.0');
  await settle();
  await server.only.answer(200, 'page');
  assert.equal(told.reloads, 1);
});
