/** axe-core over every main state of the page, light and dark, at a desk and on a phone: it finds nothing. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { ROOT } from '../js/native.mjs';
import { loaded, settled, start } from './browser.mjs';
import { BAD } from './pictures.mjs';

let site;
before(async () => {
  site = await start();
});
after(() => site.stop());

/** Violations as "rule: selector", which is what one needs to mend them. */
async function violations(page) {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`));
}

/** @type {Record<string, (page: import('playwright-core').Page) => Promise<void>>} each goes on from the one before */
const STATES = {
  start: async (page) => void (await loaded(page)),
  result: async (page) => {
    await page.click('.offer[data-action=sample]');
    await settled(page);
    await page.click('#measures summary');
    await page.click('#details summary');
  },
  compare: async (page) => {
    await page.locator('input[name=compare][value=guide]').check({ force: true });
    await settled(page);
  },
  error: async (page) => {
    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.waitForSelector('#error:not([hidden])');
    await settled(page);
  },
  privacy: async (page) => {
    await page.click('#error-close');
    await page.click('#privacy');
    await page.waitForSelector('dialog[open]');
  },
  'series, empty': async (page) => {
    await page.keyboard.press('Escape');
    await page.click('#to-batch');
    await page.waitForSelector('#view-batch button:visible');
  },
  'series, with photographs': async (page) => {
    const sample = {
      name: 'P1_left.jpg',
      mimeType: 'image/jpeg',
      buffer: readFileSync(join(ROOT, 'web/sample/retina.jpg')),
    };
    const cut = { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: BAD[2][1] };
    await page.setInputFiles('#file', [sample, cut]);
    await page.waitForSelector('#view-batch table tbody tr:visible');
    await page.waitForFunction(() => /81/.test(document.querySelector('#view-batch table')?.textContent ?? ''));
  },
  'learn, stages': async (page) => {
    await page.click('#to-teach');
    await page.waitForFunction(() => document.querySelectorAll('#view-teach canvas').length >= 7);
  },
};

for (const [width, colorScheme] of [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
])
  test(`${width} pixels, ${colorScheme}`, async () => {
    const { page, close } = await site.open({
      viewport: { width, height: 844 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page);
      assert.deepEqual(await violations(page), [], name);
    }
    await close();
  });

test('in Arabic, from right to left', async () => {
  const { page, close } = await site.open({ path: '#lang=ar' });
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  await page.click('.offer[data-action=sample]');
  await settled(page);
  assert.deepEqual(await violations(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await close();
});
