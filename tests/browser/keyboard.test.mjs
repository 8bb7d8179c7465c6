/** The whole page by keys alone: the focus can always be seen, and is never lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPrivate, loaded, settled, siteForAll } from './browser.mjs';
import { file, sample } from './pictures.mjs';

const site = siteForAll();

const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));

/** What has the focus, and what is wrong with that. */
const focus = (page) =>
  page.evaluate(() => {
    const active = document.activeElement;
    const name = `${active.localName}${active.id ? `#${active.id}` : ''}.${active.className} ${active.textContent.trim().slice(0, 30)}`;
    if (active === document.body) return { name, wrong: 'the focus is lost' };
    const rings = (element, part) => {
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element, part);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && !/, 0\)$/.test(outlineColor);
    };
    // a control that is drawn by what stands beside or around it shows the focus there
    const shown = [
      [active],
      [active, '::before'],
      [active.nextElementSibling],
      [active.nextElementSibling, '::after'],
      [active.closest('.teach-row')],
    ].some(([element, part]) => element && rings(element, part));
    if (!shown) return { name, wrong: 'the focus is not to be seen' };
    const { top, bottom, left, right } = active.getBoundingClientRect();
    const inSight = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    return { name, wrong: inSight ? null : `the focus is out of sight: ${top} to ${bottom}` };
  });

async function assertFocus(page, when) {
  await frames(page);
  const { name, wrong } = await focus(page);
  assert.equal(wrong, null, `${when}: ${name}`);
  return name;
}

async function press(page, key) {
  await page.keyboard.press(key);
  return assertFocus(page, key);
}

const has = (page, selector) => page.evaluate((s) => document.activeElement.matches(s), selector);

/** As often as it takes, looking at each stop. */
async function go(page, selector, key = 'Tab') {
  const passed = [];
  while (!(await has(page, selector))) {
    passed.push(await press(page, key));
    assert.ok(passed.length < 80, `${selector} is not reached by ${key}: ${passed.join(' | ')}`);
  }
}

const back = (page, selector) => go(page, selector, 'Shift+Tab');

async function opened() {
  const all = await site.open();
  await loaded(all.page);
  return all;
}

test('screening by keys: start, sample, disease, what it means, a layer, eye, an error', async () => {
  const { page, seen, close } = await opened();
  await press(page, 'Tab');
  assert.ok(await has(page, '.skip'));
  await press(page, 'Enter');
  await go(page, '.offer[data-action=sample]');
  await press(page, 'Enter');
  await settled(page);
  await assertFocus(page, 'after the screening');
  assert.ok(await has(page, '#summary'), 'the answer has the focus');

  await go(page, '#unlikely-names');
  await press(page, 'Enter');
  await go(page, '[data-disease=glaucoma]');
  await press(page, 'Space');
  assert.ok(await has(page, '[data-disease=glaucoma][aria-pressed=true]'));
  await go(page, '[data-about=glaucoma]');
  await press(page, 'Enter');
  assert.ok(await page.isVisible('#about-glaucoma'));

  await back(page, '#heat-on');
  assert.ok(await has(page, '#heat-on[aria-pressed=true]'));
  await press(page, 'Space');
  assert.ok(await has(page, '#heat-on[aria-pressed=false]'));

  await go(page, '#numbers summary');
  await press(page, 'Enter');
  await go(page, '#eye');
  await press(page, 'ArrowUp');
  assert.match(await page.textContent('#eye-source'), /^corrected/);

  // before the keys that lead there: the browser must know that the dialog is awaited when Enter asks for it
  const chooser = page.waitForEvent('filechooser');
  await go(page, '#privacy');
  await press(page, 'Enter');
  await page.waitForSelector('dialog.privacy[open]');
  await press(page, 'Escape');
  assert.ok(await has(page, '#privacy'), 'the dialog gives the focus back');

  await back(page, '#again [data-action=choose]');
  await press(page, 'Enter');
  await (await chooser).setFiles(file('notes.txt', Buffer.from('x')));
  await page.waitForSelector('#error:not([hidden])');
  await assertFocus(page, 'after an error');
  await go(page, '#error-close');
  await press(page, 'Enter');
  assert.ok(await page.isHidden('#error'));
  assertPrivate(seen, site.url);
  await close();
});

test('a series by keys: choose, open a row, the way back', async () => {
  const { page, close } = await opened();
  await go(page, '#to-batch');
  await press(page, 'Enter');
  await page.waitForSelector('[data-testid=batch-start]');
  const chooser = page.waitForEvent('filechooser');
  await go(page, '[data-testid=batch-start] [data-act=choose]');
  await press(page, 'Enter');
  await (await chooser).setFiles([file('P1_OD.jpg', sample), file('notes.txt', Buffer.from('x'))]);
  await page.waitForSelector('.photographs tbody .open');
  await assertFocus(page, 'with the table');
  await page.waitForFunction(() => /^Done/.test(document.querySelector('[data-testid=batch-progress]').textContent));
  await assertFocus(page, 'with the series done');
  await go(page, '.photographs tbody .open');
  await press(page, 'Enter');
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'P1_OD.jpg');
  await settled(page);
  await assertFocus(page, 'after the row');
  assert.ok(await has(page, '[data-testid=batch-back]'));
  await press(page, 'Enter');
  await page.waitForSelector('.photographs tbody .open:visible');
  await assertFocus(page, 'back in the table');
  assert.ok(await has(page, '.photographs .open'));
  await back(page, '#to-screen');
  await press(page, 'Enter');
  assert.ok(await has(page, '#to-screen'));
  await close();
});

test('learning by keys: steps, the larger view, phantoms, and marks in the quiz', async () => {
  const { page, close } = await opened();
  await go(page, '.offer[data-action=phantom]');
  await press(page, 'Enter');
  await settled(page);
  await assertFocus(page, 'after the phantom');
  await go(page, '#results [data-action=explain]');
  await press(page, 'Enter');
  await page.waitForFunction(() => document.querySelectorAll('.teach-flow [data-stage] canvas').length >= 4);
  await assertFocus(page, 'in another view');
  await go(page, '#teach-tab-how');
  await go(page, '[data-stage=heatmap]');
  await page.waitForFunction(() => !document.querySelector('.teach-flow .empty'));
  await press(page, 'Enter');
  await page.waitForSelector('#view-teach dialog[open]');
  await press(page, 'ArrowRight');
  await press(page, 'Escape');
  assert.ok(await has(page, '.teach-flow [data-stage]'), 'the dialog gives the focus back');

  await back(page, '#teach-tab-how');
  await press(page, 'ArrowRight');
  await go(page, '.break-stage canvas');
  await press(page, 'ArrowLeft');
  await press(page, 'Enter');
  await page.waitForSelector('.teach-break [data-act=reset]:enabled');
  await back(page, '#teach-tab-break');
  await press(page, 'ArrowRight');
  assert.ok(await has(page, '#teach-tab-phantoms'));
  await go(page, '#teach-calibre');
  await press(page, 'ArrowRight');
  await go(page, '.teach-phantoms [data-act=next]');
  await press(page, 'Space');
  await back(page, '#teach-tab-phantoms');
  await press(page, 'ArrowRight');
  await go(page, '.teach-quiz .stage');
  for (const task of ['disc', 'fovea', 'lesion']) {
    await page.waitForFunction((wanted) => document.querySelector('.teach-quiz')?.dataset.task === wanted, task);
    await press(page, 'ArrowLeft');
    await press(page, 'Enter');
  }
  await page.waitForFunction(() => document.querySelector('.teach-quiz').dataset.task === 'done');
  assert.ok(await has(page, '.teach-quiz [data-act=next]'));
  await press(page, 'Enter');
  await page.waitForFunction(() => document.querySelector('.teach-quiz').dataset.task === 'disc');
  await assertFocus(page, 'with the next phantom');
  assert.ok(await has(page, '.teach-quiz .stage'));
  await close();
});
