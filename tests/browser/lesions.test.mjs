/** Lesions on the page: a layer on a key, their colours, their numbers, and why there are none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeModule, settled, siteForAll } from './browser.mjs';
import { file, sample } from './pictures.mjs';

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
  const { page, close } = await site.open({}, (p) =>
    changeModule(p, 'web/vmnet.js', '...result,', '...drawn(result, name),', `${drawn}`),
  );
  const screen = async (name) => {
    await page.setInputFiles('#file', file(name, sample));
    await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, name);
    await settled(page);
  };
  await screen('seen.jpg');
  assert.ok(await page.isHidden('#legend'));
  const pixels = () => page.evaluate(() => document.querySelector('#canvas').toDataURL());
  const clean = await pixels();
  await page.keyboard.down('l');
  await page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() !== old, clean);
  assert.equal(await page.locator('#legend .lesions-legend').textContent(), 'haemorrhageshard exudates');
  assert.ok(
    (await page.isHidden('#legend .disc-legend')) && (await page.isHidden('#legend .scale')),
    'and nothing else',
  );
  await page.keyboard.up('l');
  await page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() === old, clean);
  assert.ok(await page.isHidden('#legend'));
  await page.click('#lesions-on');
  assert.match(await page.getAttribute('#canvas', 'aria-label'), /Lesions: haemorrhages 4, hard exudates 21/);
  await page.click('#numbers summary');
  const fact = page.locator('[data-testid=lesions]');
  assert.match(await fact.textContent(), /^haemorrhages 4, hard exudates 21.*does not rest on it/);

  for (const [name, words] of [
    ['none', /^none drawn/],
    ['not-gradable', /^the photograph cannot be judged/],
    ['no-output', /^these weights draw none/],
  ]) {
    await screen(`${name}.jpg`);
    assert.match(await fact.textContent(), words);
    assert.equal(await page.isVisible('#lesions-on'), name !== 'no-output');
    const legend = page.locator('#legend .lesions-legend');
    assert.equal(await legend.isVisible(), name !== 'no-output');
    if (name === 'no-output') continue;
    // it was wished for on the photograph before: it is said why there is none, and it can be put away
    assert.match((await legend.textContent()).replace('Lesions: ', ''), words);
    await page.click('#lesions-on');
    assert.ok(await page.isDisabled('#lesions-on'));
    await screen('seen.jpg');
    await page.click('#lesions-on');
  }
  await close();
});
