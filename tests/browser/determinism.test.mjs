/**
 * Plain SIMD gives the same bytes in Node.js and in Chromium, in f32 and in int8, and the same again. Relaxed SIMD, which
 * takes other kernels in Chromium than in Node.js (wasm/relaxed_dot.c), gives the same int8 sums, and all but the same numbers.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST, readWeights, startEngine } from '../js/engine-run.mjs';
import { siteForAll } from './browser.mjs';

const FILES = { f32: 'weights/vmnet.safetensors', int8: 'weights/vmnet-int8.safetensors' };
const SPEC = { seed: 11, side: 600, lesions: ['drusen'], cup: 0.4, calibre: 1 };

const site = siteForAll();

/** Everything that is computed, as numbers and base64. */
const bytesOf = (r, base64) => ({
  logits: r.report.diseases.map((d) => d.logit),
  gradability: r.report.quality.gradability,
  measures: r.measures,
  layers: [r.vessels.probability, r.vessels.mask, ...r.diseases.map((d) => d.heatmap.data)].map(base64),
});

for (const [precision, file] of Object.entries(FILES))
  test(precision, async () => {
    const engine = await startEngine('simd', { weights: readWeights(file) });
    const { rgba } = engine.phantom(SPEC);
    const here = bytesOf(engine.screen(rgba, SPEC.side, SPEC.side, REQUEST), (b) => Buffer.from(b).toString('base64'));
    engine.close();

    const { page, close } = await site.open({ path: 'web/report.schema.json' });
    const there = await page.evaluate(
      async ([wanted, spec]) => {
        const { load } = await import('/web/vmnet.js');
        const model = await load({ precision: wanted, variant: 'simd' });
        const { photo } = await model.phantom(spec);
        const all = { vesselProbability: true };
        const runs = [await model.screen(photo, all), await model.screen(photo, all)];
        const weights = model.info.weights;
        model.close();
        const seen = [];
        for (const r of runs)
          seen.push({
            logits: r.report.diseases.map((d) => d.logit),
            gradability: r.report.quality.gradability,
            measures: r.measures,
            layers: await Promise.all(
              [r.vessels.probability, r.vessels.mask, ...r.diseases.map((d) => d.heatmap.data)].map(window.__base64),
            ),
          });
        return { weights, all: seen };
      },
      [precision, SPEC],
    );
    assert.equal(there.weights.endsWith('-int8'), precision === 'int8', there.weights);
    for (const run of there.all) assert.deepEqual(run, JSON.parse(JSON.stringify(here)));
    await close();
  });

test('int8 with relaxed SIMD', async () => {
  const { page, close } = await site.open({ path: 'web/report.schema.json' });
  const [plain, relaxed] = await page.evaluate(async (spec) => {
    const { load } = await import('/web/vmnet.js');
    const out = [];
    for (const variant of ['simd', 'relaxed']) {
      const model = await load({ precision: 'int8', variant });
      const { photo } = await model.phantom(spec);
      const r = await model.screen(photo, { vesselProbability: true });
      out.push({ logits: r.report.diseases.map((d) => d.logit), probability: Array.from(r.vessels.probability) });
      model.close();
    }
    return out;
  }, SPEC);
  const off = plain.logits.map((v, k) => Math.abs(v - relaxed.logits[k]));
  const bytes = plain.probability.map((v, i) => Math.abs(v - relaxed.probability[i]));
  assert.ok(Math.max(...off) < 1e-4, `logits differ by ${Math.max(...off)}`);
  assert.equal(bytes.filter((b) => b > 1).length, 0, 'vessel probability, by more than 1 of 255');
  await close();
});

test('a precision that there is not', async () => {
  const { page, close } = await site.open({ path: 'web/report.schema.json' });
  const error = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    return window.__error(load({ precision: 'int4' }));
  });
  assert.equal(error.code, 'argument');
  assert.match(error.message, /precision 'int4' must be f32 or int8; leave it out/);
  await close();
});
