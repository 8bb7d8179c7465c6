/** What lies on a photograph that is shown upright: each pixel of every layer where it belongs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quartersOf, turnedSize, uprightOf } from '../../web/page/viewer/upright.js';

const [WIDTH, HEIGHT] = [7, 4];
const layer = (width, height, from = 0) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => from + i),
});
const made = () => {
  const { data: mask, ...size } = layer(WIDTH, HEIGHT);
  return {
    ...size,
    vessels: { ...size, mask, probability: null },
    diseases: [
      { id: 'glaucoma', heatmap: layer(5, 3) },
      { id: 'cataract', heatmap: null },
    ],
    disc: { x: 4, y: 1, ...layer(2, 3, 100) },
    cup: null,
    lesions: { valid: true },
    lesionMap: layer(WIDTH, HEIGHT, 50),
    arteryMap: { ...layer(3, 3), data: Float32Array.from({ length: 9 }, (_, i) => i / 9) },
    fieldOfView: { x: 2, y: 1, radius: 3 },
  };
};

/** Where a pixel of the photograph as it lies in its file is upright. */
const placed = (quarters, x, y, { width, height } = { width: WIDTH, height: HEIGHT }) =>
  quarters === 1 ? [height - 1 - y, x] : [y, width - 1 - x];

for (const quarters of [1, 3])
  test(`${90 * quarters} degrees clockwise: masks, heatmaps, maps, patches and the field`, () => {
    const result = made();
    const turned = uprightOf(result, quarters);
    assert.deepEqual([turned.width, turned.height], [HEIGHT, WIDTH]);
    const pairs = [
      [
        { ...result.vessels, data: result.vessels.mask },
        { ...turned.vessels, data: turned.vessels.mask },
      ],
      [result.lesionMap, turned.lesionMap],
      [result.diseases[0].heatmap, turned.diseases[0].heatmap],
      [result.arteryMap, turned.arteryMap],
    ];
    for (const [before, after] of pairs) {
      assert.deepEqual(
        [after.width, after.height, after.data.constructor],
        [before.height, before.width, before.data.constructor],
      );
      for (let y = 0; y < before.height; y++)
        for (let x = 0; x < before.width; x++) {
          const [u, v] = placed(quarters, x, y, before);
          assert.equal(after.data[v * after.width + u], before.data[y * before.width + x], `${x} ${y}`);
        }
    }
    const { disc } = turned;
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 2; x++) {
        const [u, v] = placed(quarters, 4 + x, 1 + y);
        assert.equal(disc.data[(v - disc.y) * disc.width + u - disc.x], 100 + 2 * y + x, 'of the disc');
      }
    assert.deepEqual([disc.width, disc.height, turned.cup, turned.diseases[1].heatmap], [3, 2, null, null]);
    assert.deepEqual(turned.fieldOfView, quarters === 1 ? { x: 3, y: 2, radius: 3 } : { x: 1, y: 5, radius: 3 });
    assert.equal(uprightOf(result, quarters), turned, 'made once');
    assert.equal(result.vessels.mask[1], 1, 'and the result stays as it is');
  });

test('what lies upright, and what a program before told nothing of, is shown as it is', () => {
  const result = made();
  assert.equal(uprightOf(result, 0), result);
  for (const report of [null, {}, { orientation: { turned: 0, sideways: null } }]) assert.equal(quartersOf(report), 0);
  assert.deepEqual(
    [90, 270].map((turned) => quartersOf({ orientation: { turned, sideways: 0.9 } })),
    [1, 3],
  );
  assert.deepEqual(turnedSize({ width: 7, height: 4 }, 2), { width: 7, height: 4 });
});
