/** Arteries and veins on the page: a layer on a key, their colours, the ratio of their calibres, and why there is none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteForAll } from './browser.mjs';
import { heldAndKept, saysWhyNot, withDrawn } from './drawn-layer.mjs';

const site = siteForAll();

/** Runs in the page in place of what the network told apart: both, by the file's name without a ratio, or neither. */
function told(result, name) {
  const reason = name.replace('.jpg', '');
  const valid = !['not-gradable', 'no-output'].includes(reason);
  const measured = reason === 'seen';
  const ratio = measured ? 0.654 : null;
  const calibres = { valid: measured, reason: measured ? null : reason, arteries: 7, veins: 6, ratio };
  const nothing = { crae: null, crae_px: null, crve: null, crve_px: null };
  const arteries = {
    valid,
    reason: valid ? null : reason,
    artery_density: valid ? 0.04 : null,
    vein_density: valid ? 0.05 : null,
    calibres: valid ? { ...nothing, ...calibres } : null,
  };
  const data = Float32Array.from({ length: 512 * 512 }, (_, i) => (i % 512 < 256 ? 0.9 : 0.1));
  return {
    ...result,
    arteries,
    arteryMap: valid ? { width: 512, height: 512, data } : null,
    report: { ...result.report, arteries },
  };
}

test('arteries and veins: coloured for as long as A is held, with the ratio and what it is worth, or why there is none', async () => {
  const { page, close, screen } = await withDrawn(site, told);
  await screen('seen.jpg');
  await heldAndKept(page, {
    key: 'a',
    name: 'arteries',
    other: 'disc',
    legend: /^arteriesveins$/,
    described: /Arteries and veins: ratio of their calibres 0\.65/,
  });
  await page.click('#numbers summary');
  const fact = page.locator('[data-testid=arteries]');
  assert.match(await fact.textContent(), /^ratio of their calibres 0\.65.*does not rest on it/);
  for (const [name, words] of [
    ['no-disc', /optic disc is not found/],
    ['cut', /not whole in the picture/],
    ['few-vessels', /under six arteries or six veins/],
  ]) {
    await screen(`${name}.jpg`);
    assert.match(await fact.textContent(), words);
    assert.match(await page.locator('#legend .arteries-legend').textContent(), /^arteriesveins$/);
  }
  await saysWhyNot(page, screen, 'arteries', fact, [
    ['not-gradable', /the photograph cannot be judged/],
    ['no-output', /these weights do not tell them apart/],
  ]);
  await close();
});

test('arteries are of one colour and veins of two, in stripes: no hue alone tells them apart', async () => {
  const { page, close } = await site.open({});
  const seen = await page.evaluate(async () => {
    const { arteryLayers } = await import('/web/page/viewer/layers.js');
    const side = 400;
    const mask = new Uint8Array(side * side).fill(255, side * 100, side * 300);
    const data = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0.8 : 0.3));
    const fieldOfView = { x: 200, y: 200, radius: 200 };
    const map = { width: 64, height: 64, data };
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d');
    const place = { scale: 1, left: 0, top: 0, width: side, height: side, canvasWidth: side, canvasHeight: side };
    const store = { tile: (_owner, _index, make) => make() };
    for (const layer of arteryLayers({ vessels: { width: side, height: side, mask }, fieldOfView }, map))
      layer.draw(context, place, store);
    const pixels = new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
    const colours = (from, to, row) => [...new Set(pixels.subarray(row * side + from, row * side + to))];
    return { artery: colours(10, 190, 200), vein: colours(210, 390, 200), beside: colours(0, side, 50) };
  });
  assert.equal(seen.artery.length, 1);
  assert.equal(seen.vein.length, 2);
  assert.ok(!seen.vein.includes(seen.artery[0]));
  assert.deepEqual(seen.beside, [0]);
  await close();
});
