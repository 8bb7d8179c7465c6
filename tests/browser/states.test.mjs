/**
 * Every main state of the page, looked at by programs, light and dark, at a desk and on a phone: axe-core finds nothing, and
 * nothing is cut or wider than the window; with the system's own colours (Windows' high contrast) all is there to be seen.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import { frames, siteForAll } from './browser.mjs';
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

/** What is wider than the window, or cut by what it stands in. */
const overflows = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth;
    const found = wide > innerWidth ? [`the page is ${wide} pixels wide`] : [];
    for (const control of document.querySelectorAll('button, select, input, summary')) {
      if (!control.checkVisibility({ visibilityProperty: true }) || control.closest('.stage, .batch-scroll')) continue;
      const { left, right, width } = control.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > innerWidth + 1))
        found.push(`${control.localName}#${control.id} from ${left} to ${right}: ${control.textContent.slice(0, 20)}`);
      if (control.localName === 'button' && control.scrollWidth > control.clientWidth + 1)
        found.push(`the words of a button are cut: ${control.textContent.slice(0, 30)}`);
    }
    return found;
  });

/** Controls whose edges only a background would show, and what is chosen but looks as all else. */
const unseen = (page) =>
  page.evaluate(() => {
    const style = (/** @type {Element} */ e) => getComputedStyle(e);
    const clear = (/** @type {string} */ colour) => /^rgba\(.*, 0\)$/.test(colour);
    const framed = (/** @type {Element} */ e) =>
      ['Top', 'Bottom'].some((side) => {
        const s = style(e);
        return Number.parseFloat(s[`border${side}Width`]) > 0 && !clear(s[`border${side}Color`]);
      });
    const shown = (/** @type {Element} */ e) => e.checkVisibility({ visibilityProperty: true });
    const name = (/** @type {Element} */ e) => `${e.localName}#${e.id}.${e.className} ${e.textContent.slice(0, 20)}`;
    const own = 'input[type=radio], input[type=checkbox]:not([role]), input[type=range]'; // the browser frames them
    const quiet = '.disease, .info, .rail-list *, .batch-table *, .measures *'; // rows of a list or a table, which have lines between them
    const controls = [...document.querySelectorAll('button, select, input')].filter(
      (e) => shown(e) && !e.matches(own) && !e.matches(quiet),
    );
    const frameless = controls.filter((e) => !framed(e)).map((e) => `no frame: ${name(e)}`);
    const pairs = [
      ['.tabs [aria-current]', '.tabs :not([aria-current])'],
      ['.segmented input:checked + span', '.segmented input:not(:checked) + span'],
      ['.teach-tabs [aria-selected=true]', '.teach-tabs [aria-selected=false]'],
      ['.batch-tabs [aria-selected=true]', '.batch-tabs [aria-selected=false]'],
      ['.disease[aria-pressed=true]', '.disease[aria-pressed=false]'],
      ['.layer[aria-pressed=true]', '.layer[aria-pressed=false]'],
      ['.rail .open[aria-current]', '.rail .open:not([aria-current])'],
      ['.switch input:checked', '.switch input:not(:checked)'],
    ];
    const looks = (/** @type {Element} */ e) => {
      const s = style(e);
      return [s.backgroundColor, s.borderBottomColor, s.borderInlineStartWidth].join();
    };
    const alike = pairs.flatMap(([yes, no]) => {
      const chosen = [...document.querySelectorAll(yes)].find(shown);
      const other = [...document.querySelectorAll(no)].find(shown);
      return chosen && other && looks(chosen) === looks(other) ? [`chosen or not, alike: ${yes}`] : [];
    });
    const bars = [...document.querySelectorAll('.bar .fill, .swatch, .ramp, .teach-line .fill')].filter(
      (e) => shown(e) && style(e).backgroundImage === 'none' && style(e).backgroundColor === 'rgb(255, 255, 255)',
    );
    return [...frameless, ...alike, ...bars.map((e) => `white on white: ${name(e)}`)];
  });

/** How a state is looked at; no look needs another way through all of them. @type {Record<string, [object, (page: import('playwright-core').Page) => Promise<string[]>]>} */
const LOOKS = {
  light: [{ colorScheme: 'light', forcedColors: 'none' }, violations],
  dark: [{ colorScheme: 'dark', forcedColors: 'none' }, violations],
  'forced colours': [{ colorScheme: 'light', forcedColors: 'active' }, unseen],
  '200 % zoom': [{}, async () => []],
};

for (const [title, lang, looks, options] of [
  ['1280 pixels', 'en', ['light', 'dark', 'forced colours'], { viewport: { width: 1280, height: 900 } }],
  ['390 pixels, from right to left', 'ar', ['light'], { viewport: { width: 390, height: 844 } }],
  ['390 pixels', 'en', ['dark'], { viewport: { width: 390, height: 844 } }],
  ['200 % zoom', 'en', ['200 % zoom'], { viewport: { width: 640, height: 844 }, deviceScaleFactor: 2 }],
])
  test(title, async () => {
    const { page, close } = await site.open({ path: `#lang=${lang}`, ...options, reducedMotion: 'reduce' }, prepare);
    await page.waitForFunction((code) => document.documentElement.lang === code, lang);
    const found = [];
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page);
      for (const look of looks) {
        const [media, check] = LOOKS[look];
        await page.emulateMedia(media);
        await frames(page);
        const wrong = new Set([...(await check(page)), ...(await overflows(page))]);
        found.push(...[...wrong].map((what) => `${name}, ${look}: ${what}`));
      }
    }
    assert.deepEqual(found, []);
    await close();
  });
