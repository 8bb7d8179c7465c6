/** Parts of the page that need no page: the contours of a heatmap, and layers made smaller. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contour, meansOf } from '../../web/page/viewer/layers.js';

const SIDE = 40;
/** A hill around a place: 1 at its top, falling by its distance. */
const hill = (cx, cy, slope) =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.max(0, 1 - slope * Math.hypot((i % SIDE) - cx, Math.floor(i / SIDE) - cy)),
  );
/** Two hills. */
const far = hill(30, 20, 0.1);
const two = hill(5, 5, 0.2).map((v, i) => Math.max(v, far[i]));
const grid = (data) => ({ width: SIDE, height: SIDE, data });

test('a contour lies where its level is reached, all around', () => {
  const segments = contour(grid(hill(20, 17, 0.1)), 0.5);
  assert.ok(segments.length > 20);
  for (const [x1, y1, x2, y2] of segments)
    for (const [x, y] of [
      [x1, y1],
      [x2, y2],
    ])
      assert.ok(Math.abs(Math.hypot(x - 20, y - 17) - 5) < 0.15, `${x}, ${y}`);
});

test('its lines are closed: each end is the beginning of another', () => {
  for (const data of [hill(20, 17, 0.1), hill(0, 39, 0.05), two]) {
    const ends = new Map();
    for (const [x1, y1, x2, y2] of contour(grid(data), 0.4))
      for (const [x, y] of [
        [x1, y1],
        [x2, y2],
      ]) {
        const key = `${x.toFixed(4)} ${y.toFixed(4)}`;
        ends.set(key, (ends.get(key) ?? 0) + 1);
      }
    assert.ok(ends.size > 0);
    for (const [key, count] of ends) assert.equal(count % 2, 0, `open at ${key}`);
  }
});

test('where nothing counts, and where all does, there is no line but the edge', () => {
  assert.deepEqual(contour(grid(new Float32Array(SIDE * SIDE)), 0), []);
  const edge = contour(grid(new Float32Array(SIDE * SIDE).fill(1)), 0.5);
  for (const [x1, y1] of edge) assert.ok(x1 < 0 || y1 < 0 || x1 > SIDE - 1 || y1 > SIDE - 1);
});

test('a layer made smaller holds the means of its cells, wherever its rows and its bytes begin', () => {
  let full = 0;
  for (let k = 0; k < 60; k++) {
    const [width, height, off] = [1 + (k % 29), 1 + ((7 * k) % 11), k % 3];
    const data = new Uint8Array(width * height + off)
      .map((_, i) => ((i * i + k) % 5 < 2 ? (37 * i) % 256 : 0))
      .subarray(off);
    const [columns, rows] = [1 + ((5 * k) % width), 1 + (k % height)];
    const means = meansOf({ width, height, data }, columns, rows);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const cell = [];
        for (let v = Math.floor((y * height) / rows); v < Math.floor(((y + 1) * height) / rows); v++)
          for (let u = Math.floor((x * width) / columns); u < Math.floor(((x + 1) * width) / columns); u++)
            cell.push(data[v * width + u]);
        const mean = Math.round(cell.reduce((a, b) => a + b) / cell.length);
        assert.equal(means[y * columns + x], mean, `${width} x ${height} to ${columns} x ${rows}: ${x}, ${y}`);
        full += Number(mean > 0);
      }
  }
  assert.ok(full > 500, `${full}`);
});
