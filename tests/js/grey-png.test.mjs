/** The page's own PNG of a mask: what other readers make of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { decode } from 'fast-png';
import { maskFile } from '../../web/page/save/downloads.js';
import { masksOf } from '../../web/page/worklist/pictures.js';

test('a mask is a PNG of one grey byte a pixel, read back as it was, with right checksums', async () => {
  for (const [width, height] of [
    [1, 1],
    [7, 3],
    [301, 256],
  ]) {
    const mask = Uint8Array.from({ length: width * height }, (_, i) => ((i * 7919) % 13 < 4 ? 255 : 0));
    const { blob, name } = await maskFile('eye', { width, height, vessels: { mask } });
    assert.deepEqual([name, blob.type], ['eye-vessels.png', 'image/png']);
    const png = decode(new Uint8Array(await blob.arrayBuffer()), { checkCrc: true });
    assert.deepEqual([png.width, png.height, png.channels, png.depth], [width, height, 1, 8]);
    assert.deepEqual(new Uint8Array(png.data), mask);
  }
});

test('masks that were kept come back each by itself, also those of vessels alone; what was not drawn is not there', async () => {
  const kept = (...bytes) => masksOf(new Blob([deflateSync(Uint8Array.from(bytes))]), 3, 2);
  const { vessels, disc, cup } = await kept(0, 1, 2, 3, 7, 6);
  const masks = [vessels, disc, cup].map(({ data }) => [...data]);
  assert.deepEqual(masks, [
    [0, 255, 0, 255, 255, 0],
    [0, 0, 255, 255, 255, 255],
    [0, 0, 0, 0, 255, 255],
  ]);
  assert.deepEqual([disc.x, disc.y, disc.width, disc.height], [0, 0, 3, 2]);
  const alone = await kept(0, 255, 0, 255, 0, 0);
  assert.deepEqual([...alone.vessels.data], [0, 255, 0, 255, 0, 0]);
  assert.deepEqual([alone.disc, alone.cup], [null, null]);
});
