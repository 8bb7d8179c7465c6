/** axe-core over every main state of the page, light and dark, at a desk and on a phone: it finds nothing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import { siteForAll } from './browser.mjs';
import { prepare, STATES } from './states.mjs';

const site = siteForAll();

/** Violations as "rule: selector", which is what one needs to mend them. WCAG 2.2 A and AA, and good practice. */
async function violations(page) {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`));
}

for (const [width, colorScheme, lang] of [
  [1280, 'light', 'en'],
  [1280, 'dark', 'en'],
  [390, 'light', 'ar'], // from right to left
  [390, 'dark', 'en'],
])
  test(`${width} pixels, ${colorScheme}, ${lang}`, async () => {
    const { page, close } = await site.open(
      {
        path: `#lang=${lang}`,
        viewport: { width, height: 844 },
        colorScheme,
        reducedMotion: 'reduce',
      },
      prepare,
    );
    await page.waitForFunction((code) => document.documentElement.lang === code, lang);
    const found = [];
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page);
      found.push(...(await violations(page)).map((v) => `${name}: ${v}`));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) found.push(`${name}: ${wide} pixels wide`);
    }
    assert.deepEqual(found, []);
    await close();
  });
