/** Lesions on the page: a layer on a key, their colours, their numbers, and why there are none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteForAll } from './browser.mjs';
import { heldAndKept, saysWhyNot, withDrawn } from './drawn-layer.mjs';

const site = siteForAll();

/** Runs in the page in place of what the network drew: two kinds, where they lie, none, or by the file's name why there are none. */
function drawn(result, name) {
  const placed = name === 'placed.jpg';
  const seen = placed || name === 'seen.jpg';
  const valid = seen || name === 'none.jpg';
  const { width, height } = result;
  const of = (count) => ({
    threshold: 0.5,
    count,
    area: 0.01,
    quadrants: placed
      ? {
          superotemporal: Math.min(count, 1),
          superonasal: 0,
          inferotemporal: count - Math.min(count, 1),
          inferonasal: 0,
        }
      : null,
    macula: placed ? (count === 4 ? 2 : 0) : null,
  });
  const lesions = {
    valid,
    reason: valid ? null : name.replace('.jpg', ''),
    fovea: placed ? { x: 100, y: 100 } : null,
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
  assert.doesNotMatch(await fact.textContent(), /quadrant/);
  await screen('placed.jpg');
  assert.match(
    await fact.textContent(),
    /^haemorrhages 4 \(in 2 quadrants, 2 near the fovea\), hard exudates 21 \(in 2 quadrants\).*told from the optic disc/,
  );
  await screen('seen.jpg');
  await saysWhyNot(page, screen, 'lesions', fact, [
    ['none', /none drawn/],
    ['not-gradable', /the photograph cannot be judged/],
    ['no-output', /these weights draw none/],
  ]);
  await close();
});
