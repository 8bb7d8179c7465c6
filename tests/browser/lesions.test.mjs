/** Lesions on the page: a layer on a key, their colours, their numbers, and why there are none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteForAll } from './browser.mjs';
import { heldAndKept, saysWhyNot, withDrawn } from './drawn-layer.mjs';

const site = siteForAll();

/** Runs in the page in place of what the network drew: two kinds, none, or by the file's name why there are none. */
function drawn(result, name) {
  const seen = name === 'seen.jpg';
  const valid = seen || name === 'none.jpg';
  const { width, height } = result;
  const of = (count) => ({ threshold: 0.5, count, area: 0.01, quadrants: null, macula: null });
  const lesions = {
    valid,
    reason: valid ? null : name.replace('.jpg', ''),
    fovea: null,
    microaneurysms: null,
    haemorrhages: valid ? of(seen ? 4 : 0) : null,
    hard_exudates: valid ? of(seen ? 21 : 0) : null,
    soft_exudates: valid ? of(0) : null,
  };
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) / width, i / width / height];
    return Math.abs(y - 0.5) > 0.1 ? 0 : x > 0.3 && x < 0.4 ? 2 : x > 0.6 && x < 0.7 ? 3 : 0;
  });
  return {
    ...result,
    lesions,
    lesionMap: seen ? { width, height, data } : null,
    report: { ...result.report, lesions },
  };
}

test('lesions: coloured for as long as L is held, with their numbers and what they are worth, or why there are none', async () => {
  const { page, close, screen } = await withDrawn(site, drawn);
  await screen('seen.jpg');
  await heldAndKept(page, {
    key: 'l',
    name: 'lesions',
    other: 'disc',
    legend: /^haemorrhageshard exudates$/,
    described: /Lesions: haemorrhages 4, hard exudates 21/,
  });
  await page.click('#numbers summary');
  const fact = page.locator('[data-testid=lesions]');
  assert.match(await fact.textContent(), /^haemorrhages 4, hard exudates 21.*does not rest on it/);
  await saysWhyNot(page, screen, 'lesions', fact, [
    ['none', /none drawn/],
    ['not-gradable', /the photograph cannot be judged/],
    ['no-output', /these weights draw none/],
  ]);
  await close();
});
