import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSEST, sizesOf, Zoom } from '../zoom.js';

/** A picture of 16:9 in a place of 400 × 400. */
const SIZES = sizesOf(400, 400, 1600, 900);

test('a picture keeps its shape in its place', () => {
  assert.deepEqual(SIZES, { width: 400, height: 400, pictureWidth: 400, pictureHeight: 225 });
  assert.deepEqual(sizesOf(800, 225, 1600, 900), { width: 800, height: 225, pictureWidth: 400, pictureHeight: 225 });
  assert.deepEqual(sizesOf(10, 10, 0, 0), { width: 10, height: 10, pictureWidth: 10, pictureHeight: 10 });
});

test('the point under the finger stays where it is', () => {
  const zoom = new Zoom();
  zoom.by(2, 50, 0, SIZES);
  assert.deepEqual([zoom.scale, zoom.x, zoom.y], [2, -50, 0]);
  zoom.by(2, 50, 0, SIZES);
  assert.deepEqual([zoom.scale, zoom.x], [4, -150]);
  zoom.by(1 / 4, 50, 0, SIZES);
  assert.deepEqual([zoom.scale, zoom.x + 0, zoom.y + 0], [1, 0, 0]);
});

test('it is never smaller than whole, nor larger than makes sense', () => {
  const zoom = new Zoom();
  zoom.by(0.1, 100, 100, SIZES);
  assert.ok(zoom.isWhole);
  zoom.by(1000, 0, 0, SIZES);
  assert.equal(zoom.scale, CLOSEST);
});

test('it is moved no further than to its other end, and not at all where all of it is seen', () => {
  const zoom = new Zoom();
  zoom.move(30, 30, SIZES);
  assert.deepEqual([zoom.x, zoom.y], [0, 0]);
  zoom.by(2, 0, 0, SIZES);
  zoom.move(-9999, 9999, SIZES);
  assert.deepEqual([zoom.x, zoom.y], [-200, 25]);
  zoom.by(0.6, 0, 0, SIZES);
  assert.equal(zoom.y, 0);
});
