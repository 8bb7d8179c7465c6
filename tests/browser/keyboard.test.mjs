/** The whole page by keys alone: the focus can always be seen, and is never lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAnswers } from './answers.mjs';
import { assertPrivate, frames, loaded, settled, siteForAll } from './browser.mjs';
import { file, sample } from './pictures.mjs';

const site = siteForAll();

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

/** The sample with another byte in its comment: another file, and no repetition. */
const photo = (name, number) => {
  const comment = Buffer.from([0xff, 0xfe, 0, 4, number, 1]);
  return file(name, Buffer.concat([sample.subarray(0, 2), comment, sample.subarray(2)]));
};

test('two patients by keys: layers, zoom, other eye, a person decides, a file is saved, the next and the last, rules', async () => {
  const { page, seen, close } = await site.open({ viewport: { width: 1280, height: 800 } }, withAnswers);
  await loaded(page);
  const chooser = page.waitForEvent('filechooser');
  await go(page, '#start [data-action=choose]');
  await press(page, 'Enter');
  await (await chooser).setFiles([
    photo('P1_OD_sick.jpg', 1),
    photo('P1_OS_clear.jpg', 2),
    photo('P2_OD_vague.jpg', 3),
  ]);
  await page.waitForSelector('#rail[data-phase=idle]');
  await page.waitForSelector('#pane-beside:visible');
  await settled(page);
  await assertFocus(page, 'after the files were chosen');

  await page.keyboard.down('v'); // held: shown for the moment
  await page.waitForSelector('#legend .swatch.vessel:visible');
  await page.keyboard.up('v');
  await page.waitForSelector('#legend', { state: 'hidden' });
  await go(page, '#heat-on');
  await press(page, 'Space');
  await go(page, '#heat-style');
  await press(page, 'ArrowDown');
  assert.equal(await page.inputValue('#heat-style'), 'colour');
  await go(page, '#stage');
  const zoom = () => page.textContent('#controls .level');
  const whole = await zoom();
  await press(page, '+');
  await page.waitForFunction((before) => document.querySelector('#controls .level').textContent !== before, whole);
  await press(page, 'ArrowLeft');
  await press(page, '0');
  await page.waitForFunction((before) => document.querySelector('#controls .level').textContent === before, whole);
  await go(page, '[data-testid=other-eye]');
  await press(page, 'Enter');
  await page.waitForFunction(() => window.vmnetLast.report.image.name === 'P1_OS_clear.jpg');
  await settled(page);
  await assertFocus(page, 'with the other eye');

  await back(page, '[data-testid=override-open]');
  await press(page, 'Enter');
  await page.waitForSelector('.override-dialog[open]');
  await press(page, 'Escape');
  assert.ok(await has(page, '[data-testid=override-open]'), 'Escape gives the focus back');
  await press(page, 'Enter');
  await press(page, 'ArrowUp');
  await go(page, '#override-who');
  await page.keyboard.type('Ana');
  await press(page, 'Enter');
  await page.waitForSelector('[data-testid=override-said]:visible');
  assert.ok(await has(page, '[data-testid=override-open]'), 'so does what is decided');
  await go(page, '[data-testid=override-remove]');
  await press(page, 'Enter');
  assert.ok(await has(page, '[data-testid=override-open]'), 'and what is taken back');

  await go(page, '[data-testid=case-save]');
  await press(page, 'Enter');
  assert.ok(await has(page, '#case-save-menu [data-export=pdf]'));
  const saved = page.waitForEvent('download');
  await press(page, 'Enter');
  assert.ok(await has(page, '[data-testid=case-save]'), 'while it is written');
  await saved;
  await page.waitForSelector('[data-testid=case-save][aria-disabled=false]');
  await assertFocus(page, 'once it is saved');
  assert.ok(await has(page, '[data-testid=case-save]'));

  await back(page, '[data-testid=batch-next]');
  await press(page, 'Enter');
  await page.waitForFunction(() => window.vmnetLast.report.image.name === 'P2_OD_vague.jpg');
  await settled(page);
  await page.waitForSelector('[data-testid=batch-next]:disabled');
  const there = await assertFocus(page, 'at the last patient');
  assert.ok(await has(page, '[data-testid=batch-previous]'), `the way back is beside it, not ${there}`);

  await go(page, '#rules');
  await press(page, 'Enter');
  await page.waitForSelector('dialog.rules[open]');
  await assertFocus(page, 'in the rules');
  await go(page, 'dialog.rules .primary');
  await press(page, 'Enter');
  await page.waitForSelector('dialog.rules', { state: 'hidden' });
  assert.ok(await has(page, '#rules'), 'the rules give the focus back');
  assertPrivate(seen, site.url);
  await close();
});

test('two side by side by keys: what comes next has the focus, in sight on a low window', async () => {
  const { page, close } = await site.open({ viewport: { width: 1280, height: 600 } });
  await loaded(page);
  await go(page, '#to-teach');
  await press(page, 'Enter');
  await page.waitForFunction(() => document.querySelectorAll('.teach-flow [data-stage] canvas').length >= 4);
  await go(page, '#teach-tab-how');
  while (!(await has(page, '#teach-tab-pairs'))) await press(page, 'ArrowRight');
  for (const round of ['first', 'second']) {
    await page.waitForSelector('.teach-pairs[aria-busy=false] .pair-card');
    await go(page, '.pair-card');
    await press(page, 'Enter');
    await assertFocus(page, `the ${round} truth`);
    assert.ok(await has(page, '.teach-pairs [data-act=next]'));
    await press(page, 'Enter');
    await assertFocus(page, `after the ${round}`);
  }
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
