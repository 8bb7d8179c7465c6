/** The module's memory is fixed when it starts: it has to hold the largest photograph, again and again. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { memoryPages } from '../../web/engine.js';
import { glueOf, REQUEST, readWeights, startEngine } from './engine-run.mjs';
import { ROOT } from './native.mjs';

/** A disc with some texture: drawn here, because a phantom of this size takes more memory than a photograph. */
function photograph(side) {
  const rgba = new Uint8ClampedArray(side * side * 4).fill(255);
  const half = side / 2;
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i += 4) {
      const inside = (x - half) ** 2 + (y - half) ** 2 < (side * 0.48) ** 2;
      rgba[i] = inside ? 180 : 0;
      rgba[i + 1] = inside ? 80 + ((x * 31 + y * 17) % 23) : 0;
      rgba[i + 2] = inside ? 40 : 0;
    }
  return rgba;
}

for (const size of [256, 512, 1024])
  test(`40 megapixels fit at size ${size}`, async () => {
    const side = 6324;
    const engine = await startEngine('simd', { size });
    const result = engine.screen(photograph(side), side, side, { ...REQUEST, heatmaps: false });
    assert.equal(result.width, side);
    assert.equal(result.vessels.mask.length, side * side);
    assert.equal(result.diseases[0].heatmap, null);
    engine.close();
  });

test('a photograph over the memory is refused with its remedy, and the next one works', async () => {
  const engine = await startEngine('simd', { size: 256, maxMegapixels: 1 });
  const side = 5000;
  assert.throws(
    () => engine.screen(photograph(side), side, side, REQUEST),
    (error) => {
      assert.equal(error.code, 'memory');
      assert.match(error.message, /5000 x 5000 pixels.*1 megapixels.*maxMegapixels/);
      return true;
    },
  );
  assert.equal(engine.screen(photograph(900), 900, 900, REQUEST).width, 900);
});

test('an int8 model, a photograph of a megapixel and its screening take 80 MB, counted in pages that were ever written', async () => {
  const plain = await glueOf('simd');
  let memory = new WebAssembly.Memory({ initial: 0 });
  const glue = (options) => {
    memory = options.wasmMemory;
    return plain(options);
  };
  const weights = readWeights('weights/vmnet-int8.safetensors');
  const engine = await startEngine('simd', { weights, maxMegapixels: 1.05, glue });
  const sample = sharp(join(ROOT, 'web/sample/retina.jpg')).resize(1024, 1024).ensureAlpha();
  const rgba = new Uint8ClampedArray(await sample.raw().toBuffer());
  const touched = () => {
    const words = new BigUint64Array(memory.buffer);
    let pages = 0;
    for (let at = 0; at < words.length; at += 512)
      if (words.subarray(at, at + 512).some((word) => word !== 0n)) pages++;
    return pages * 4096;
  };
  const { report } = engine.screen(rgba, 1024, 1024, REQUEST);
  assert.ok(report.quality.gradable && report.arteries.valid && report.lesions.valid, 'all is measured');
  const first = touched();
  assert.ok(first > 40e6 && first <= 80e6, `${first} bytes`);
  for (let i = 0; i < 3; i++) engine.screen(rgba, 1024, 1024, REQUEST);
  assert.ok(touched() <= first + 0.2e6, `${touched()} bytes after ${first}`);
  engine.close();
});

test('many photographs leave the memory where the first left it', async () => {
  const engine = await startEngine('simd', { size: 256, maxMegapixels: 1 });
  const rgba = photograph(600);
  const first = engine.screen(rgba, 600, 600, REQUEST);
  // 30 runs that kept a photograph each would need 43 MB, which a model for one megapixel does not have
  for (let i = 0; i < 30; i++) {
    const again = engine.screen(rgba, 600, 600, REQUEST);
    assert.deepEqual(again.report.diseases, first.report.diseases);
  }
});

test("a heatmap has the side that was asked for, at most the photograph's, and shows the same", async () => {
  const engine = await startEngine('simd', { size: 256, maxMegapixels: 1 });
  const [width, height] = [900, 601];
  const square = photograph(900);
  const rgba = square.slice(149 * width * 4, (149 + height) * width * 4);
  const draw = (heatmapSide) => {
    const { vessels, diseases } = engine.screen(rgba, width, height, { ...REQUEST, heatmapSide });
    assert.deepEqual(
      [vessels.width, vessels.mask.length, vessels.probability.length],
      [width, ...Array(2).fill(width * height)],
    );
    return diseases.map(({ heatmap }) => heatmap);
  };
  const whole = draw(undefined);
  assert.deepEqual(draw(2000), whole);
  for (const [side, w, h] of [
    [300, 300, 200],
    [1, 1, 1],
    [899, 899, 600],
  ]) {
    for (const [i, { width: across, height: down, data }] of draw(side).entries()) {
      assert.deepEqual([across, down, data.length], [w, h, w * h]);
      // At the same places of the photograph, less the rim, where the whole one ends between two pixels of the small one.
      let apart = 0;
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          const [u, v] = [Math.floor(((x + 0.5) * width) / w), Math.floor(((y + 0.5) * height) / h)];
          if ((u - 450) ** 2 + (v - 301) ** 2 < 400 ** 2)
            apart = Math.max(apart, Math.abs(data[y * w + x] - whole[i].data[v * width + u]));
        }
      assert.ok(apart <= 12, `side ${side}, ${i}: ${apart} of 255 apart`);
    }
  }
  engine.close();
});

test('failures leave nothing behind', async () => {
  const engine = await startEngine('simd', { size: 256, maxMegapixels: 1 });
  const black = new Uint8ClampedArray(900 * 900 * 4);
  for (let i = 0; i < 60; i++) assert.throws(() => engine.screen(black, 900, 900, REQUEST), { code: 'not-fundus' });
  assert.equal(engine.screen(photograph(900), 900, 900, REQUEST).width, 900);
});

test('the memory stays within what the module accepts', () => {
  for (const size of [256, 512, 1024])
    for (const megapixels of [0.1, 40]) {
      const pages = memoryPages(size, megapixels, 6.3e6, 8);
      assert.ok(pages >= 1024 && pages <= 32768, `${size}, ${megapixels}: ${pages}`);
    }
  assert.ok(memoryPages(512, 40, 6.3e6, 2) * 65536 < 350e6, 'the default takes under 350 MB');
});
