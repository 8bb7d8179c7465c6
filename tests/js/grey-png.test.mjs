/** The page's own PNG of a mask: what other readers make of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from 'fast-png';
import { maskFile } from '../../web/page/save/downloads.js';

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
