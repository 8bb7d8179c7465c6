/** Files that are no good photographs, and why. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { ROOT } from '../js/native.mjs';
import { claim } from '../js/png.mjs';

export const sample = readFileSync(join(ROOT, 'web/sample/retina.jpg'));

/** A file as people pick it, for setInputFiles; its type is left to its bytes. @param {string} name @param {Buffer} buffer */
export const file = (name, buffer) => ({ name, mimeType: '', buffer });

const grey = (width, height, value) =>
  Buffer.from(encode({ width, height, data: new Uint8Array(width * height).fill(value), channels: 1 }));
const png = grey(600, 600, 128);
const empty = Buffer.alloc(0);

/** name, bytes, the error's code, what its text must hold */
export const BAD = [
  [
    'notes.txt',
    Buffer.from('not a photograph at all'),
    'format',
    /notes\.txt: neither JPEG nor PNG.*WebP, TIFF and DICOM/,
  ],
  ['empty.jpg', empty, 'format', /empty\.jpg: the file is empty/],
  ['cut.jpg', sample.subarray(0, sample.length >> 1), 'damaged', /cut\.jpg: .*(end is missing|without an end mark)/],
  ['cut.png', png.subarray(0, png.length - 20), 'damaged', /cut\.png: .*(end is missing|without an end mark)/],
  [
    'broken.png',
    Buffer.concat([png.subarray(0, 60), Buffer.alloc(40, 7), png.subarray(100)]),
    'damaged',
    /broken\.png: /,
  ],
  ['claim.png', claim(60000, 60000), 'too-large', /60000 x 60000 pixels.*8192 a side and 40 megapixels/],
  ['dot.png', grey(1, 1, 128), 'too-small', /1 x 1 pixels.*256 a side/],
  ['small.png', grey(255, 255, 128), 'too-small', /255 x 255 pixels.*256 a side/],
  ['huge.png', grey(6404, 6403, 0), 'too-large', /6404 x 6403 pixels.*40 megapixels/],
  ['black.png', grey(700, 700, 0), 'not-fundus', /black\.png: /],
  ['white.png', grey(700, 700, 255), 'not-fundus', /white\.png: /],
  ['cat.jpg', readFileSync(join(ROOT, 'tests/browser/fixtures/cat.jpg')), 'not-fundus', /cat\.jpg: /],
];

/** Drawn eyes as JPEG files, every other one with lesions. @returns {Promise<Buffer[]>} */
export async function drawnEyes(site, count) {
  const { page, close } = await site.open({ path: 'web/report.schema.json' });
  const drawn = await page.evaluate(async (most) => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256, threads: 1 });
    const files = [];
    for (let seed = 1; seed <= most; seed++) {
      const { photo } = await model.phantom({ seed, side: 512, lesions: seed % 2 ? ['haemorrhages'] : [] });
      const canvas = new OffscreenCanvas(512, 512);
      canvas.getContext('2d').putImageData(photo, 0, 0);
      const file = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
      files.push(await window.__base64(await file.arrayBuffer()));
    }
    model.close();
    return files;
  }, count);
  await close();
  return drawn.map((text) => Buffer.from(text, 'base64'));
}
