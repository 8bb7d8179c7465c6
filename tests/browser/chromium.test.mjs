/** The journeys in Chromium: by hand, and by keys alone. Nothing jumps on the way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT } from '../js/serve.mjs';
import { assertPrivate, siteForAll } from './browser.mjs';
import { coreJourney, nurseJourney, pixelJourney, printJourney, teacherJourney } from './journeys.mjs';

const site = siteForAll(...BUILT);
const sources = siteForAll();

/**
 * Cumulative layout shift as browsers report it: the worst five seconds, ended by a second of rest.
 * @param {[number, number, string[]][]} shifts when, how much, what
 */
function worstWindow(shifts) {
  let worst = { sum: 0, shifts: [] };
  let now = { start: 0, end: Number.NEGATIVE_INFINITY, sum: 0, shifts: [] };
  for (const [at, value, what] of shifts) {
    if (at - now.end > 1000 || at - now.start > 5000) now = { start: at, end: at, sum: 0, shifts: [] };
    now.end = at;
    now.sum += value;
    now.shifts.push([value, what]);
    if (now.sum > worst.sum) worst = { sum: now.sum, shifts: [...now.shifts] };
  }
  return worst;
}

/** @param {string} name of the test @param {(driver: import('./journeys.mjs').Driver) => Promise<void>} go @param {{ byKeys?: boolean, most?: number, of?: typeof site }} [how] most: that it may move */
const journey = (name, go, { byKeys = false, most = 0.05, of = site } = {}) =>
  test(name, async () => {
    const { page, seen, close } = await of.open({}, (p) =>
      p.addInitScript(() => {
        window.shifted = [];
        new PerformanceObserver((list) => {
          // where the whole view is another one, somebody asked for it
          for (const { startTime, value, hadRecentInput, sources } of list.getEntries())
            if (!hadRecentInput && !sources.some(({ node }) => node?.id === 'view-screen'))
              window.shifted.push([
                startTime,
                value,
                sources.map(({ node }) => `${node?.nodeName} ${node?.id} ${node?.className}`),
              ]);
        }).observe({ type: 'layout-shift', buffered: true });
      }),
    );
    page.on('dialog', (dialog) => dialog.accept());
    await go({
      name: 'chromium',
      goto: (url) => page.goto(url),
      click: (selector) => page.click(selector),
      press: (key) => page.keyboard.press(key),
      type: (text) => page.keyboard.type(text),
      evaluate: (fn, arg) => page.evaluate(fn, arg),
      screenshot: () => page.screenshot(),
      errors: () => seen.errors,
      print: (paper) => page.pdf({ format: paper, preferCSSPageSize: true }),
      byKeys,
    });
    const worst = worstWindow(await page.evaluate(() => window.shifted));
    assert.ok(worst.sum <= most, `${name} moves by ${worst.sum}: ${JSON.stringify(worst.shifts)}`);
    assertPrivate(seen, of.url);
    await close();
  });

journey('the core journey in Chromium', (driver) => coreJourney(driver, site.url), {
  most: Number.POSITIVE_INFINITY, // its languages turn the whole page round
});
journey("a nurse's journey in Chromium: 43 photographs", (driver) => nurseJourney(driver, site.url, 20));
journey("a nurse's journey in Chromium by keys alone", (driver) => nurseJourney(driver, site.url, 2), {
  byKeys: true,
});
journey("a teacher's journey in Chromium", (driver) => teacherJourney(driver, site.url));
journey("a teacher's journey in Chromium by keys alone", (driver) => teacherJourney(driver, site.url), {
  byKeys: true,
});
journey('printing in Chromium', (driver) => printJourney(driver, site.url), {
  most: Number.POSITIVE_INFINITY, // paper has another layout
});
journey("JPEGs in Chromium: the command's pixels", (driver) => pixelJourney(driver, sources.url, 'jpg'), {
  of: sources,
});
journey("PNGs in Chromium: the command's pixels", (driver) => pixelJourney(driver, sources.url, 'png'), {
  of: sources,
});
