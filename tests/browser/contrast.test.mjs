/** Every main state with the system's own colours (Windows' high contrast) and at 200 % zoom: all is there to be seen. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteForAll } from './browser.mjs';
import { prepare, STATES } from './states.mjs';

const site = siteForAll();

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

for (const [title, options, look] of [
  ['forced colours', { forcedColors: 'active', viewport: { width: 1280, height: 900 } }, unseen],
  ['200 % zoom', { viewport: { width: 640, height: 844 }, deviceScaleFactor: 2 }, null],
])
  test(title, async () => {
    const { page, close } = await site.open({ ...options, reducedMotion: 'reduce' }, prepare);
    const found = [];
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page);
      const wrong = [...(await overflows(page)), ...(look === null ? [] : await look(page))];
      found.push(...[...new Set(wrong)].map((what) => `${name}: ${what}`));
    }
    assert.deepEqual(found, []);
    await close();
  });
