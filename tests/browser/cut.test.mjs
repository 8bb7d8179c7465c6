/** No text is cut, at any width, in any language: every letter lies within what clips it, and within the window. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAnswers } from './answers.mjs';
import { loaded, settled, siteForAll } from './browser.mjs';
import { BAD, file, sample } from './pictures.mjs';
import { prepare, STATES } from './states.mjs';

const site = siteForAll();

const LANGUAGES = ['en', 'es', 'fr', 'zh', 'hi', 'ar'];
/** On both sides of where the layout changes. */
const WIDTHS = [320, 700, 1000, 1280];

/** In the page: texts of which something can be neither seen nor scrolled to. What has its whole text as a title may end in dots. */
function cutTexts() {
  const found = [];
  const ARROW = 20; // pixels that Chromium's own arrow takes
  const ruler = new OffscreenCanvas(1, 1).getContext('2d');
  const tell = (element, text) =>
    found.push(`${element.localName}#${element.id}.${element.className}: ${text.trim().slice(0, 40)}`);
  const wide = document.documentElement.clientWidth;

  /** Rows of the list are all as high: what is said in one may not run over it. */
  for (const lines of document.querySelectorAll('.rail .lines')) {
    const row = lines.closest('.open').getBoundingClientRect();
    const over = [...lines.children].some((line) => line.scrollHeight > line.clientHeight + 1);
    if (row.height > 0 && (over || lines.scrollHeight > row.height + 1)) tell(lines, lines.textContent);
  }

  /** The strip in which this element's text can be seen; null: all of it can be scrolled to, or nobody is to see it. */
  const strip = (element) => {
    let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let box = element; box !== null && box !== document.body; box = box.parentElement) {
      const { overflowX, position } = getComputedStyle(box);
      if (overflowX === 'auto' || overflowX === 'scroll') return low === Number.NEGATIVE_INFINITY ? null : [low, high]; // what is clipped within scrolls along
      const { left, right, width } = box.getBoundingClientRect();
      if (overflowX !== 'visible') {
        if (width <= 1) return null; // for screen readers
        [low, high] = [Math.max(low, left), Math.min(high, right)];
      }
      if (position === 'fixed') break;
    }
    return [Math.max(low, 0), Math.min(high, wide)];
  };

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('.skip, select, noscript, [aria-hidden=true]')) continue;
    const titled = element.closest('[title]');
    if (!titled?.matches('.says, .marks') && titled?.title.includes(node.data.trim())) continue; // there is room for it
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, width } = range.getBoundingClientRect();
    const seen = width > 0 && strip(element);
    if (seen && (left < seen[0] - 1 || right > seen[1] + 1)) tell(element, node.data);
  }
  // What fields say is not among the text nodes.
  for (const field of document.querySelectorAll('select, input[placeholder]')) {
    if (!field.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(field);
    ruler.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const text = field.localName === 'select' ? (field.selectedOptions[0]?.text ?? '') : field.placeholder;
    const arrow = field.localName === 'select' && style.appearance !== 'none' ? ARROW : 0;
    const room =
      field.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight) - arrow;
    if (room > 0 && ruler.measureText(text).width > room + 1) tell(field, text);
  }
  for (const dialog of document.querySelectorAll('dialog[open]'))
    if (dialog.scrollWidth > dialog.clientWidth + 1) tell(dialog, 'scrolls sideways');
  if (document.documentElement.scrollWidth > wide + 1) tell(document.documentElement, 'scrolls sideways');
  return found;
}

/** In the page: the one that is asked for, and the next. */
const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

test('no text is cut at any width, in any language', async () => {
  const { page, close } = await site.open({ reducedMotion: 'reduce' }, prepare);
  const found = [];
  /** @param {string} state */
  const look = async (state) => {
    for (const code of LANGUAGES) {
      // by its own event: a dialog may lie over it
      await page.evaluate((wanted) => {
        const select = document.querySelector('#language');
        select.value = wanted;
        select.dispatchEvent(new Event('change'));
      }, code);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForFunction((wanted) => innerWidth === wanted, width);
        let cut = await page.evaluate(cutTexts);
        // what follows the window's width by itself has its frame for that
        if (cut.length > 0) cut = await page.evaluate(frames).then(() => page.evaluate(cutTexts));
        found.push(...cut.map((text) => `${state}, ${code}, ${width}: ${text}`));
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  };
  await STATES.loading(page);
  await STATES.start(page);
  await look('start');
  await STATES['camera-refused'](page);
  await look('camera');
  await STATES.result(page);
  await STATES['result-open'](page);
  await look('case');
  await STATES.privacy(page);
  await look('privacy');
  await page.keyboard.press('Escape');
  await STATES.rules(page);
  await look('rules');
  await page.keyboard.press('Escape');
  await page.click('[data-testid=override-open]');
  await look('what a person says');
  await page.keyboard.press('Escape');
  await page.click('[data-testid=case-save]');
  await look('Save menu');
  await page.keyboard.press('Escape');
  await STATES['series-empty'](page);
  await STATES.series(page);
  await page.locator('.photographs .open', { hasText: 'P1_right' }).click();
  await settled(page);
  await page.waitForSelector('.rail .doubt');
  await look('list beside the case');
  await page.click('#to-batch');
  await STATES['keep-new'](page);
  await look('table and passphrase');
  await STATES.kept(page);
  await look('kept');
  await page.keyboard.press('Escape');
  await STATES['learn-stages'](page);
  await look('stages');
  await page.click('#teach-tab-break');
  await look('break');
  await page.click('#teach-tab-quiz');
  await look('quiz');
  await page.click('#teach-tab-pairs');
  await page.waitForSelector('.teach-pairs[aria-busy=false] img');
  await page.click('.pair-card');
  await look('two side by side');
  assert.deepEqual([...new Set(found)], []);
  await close();
});

/** In the page: rows of the list of which something lies outside the row, a name that is cut without a title, or a warning that is not to be seen. */
function spoiltRows() {
  const found = [];
  for (const row of document.querySelectorAll('.rail tbody tr:not(.gap)')) {
    const { top, bottom, left, right } = row.getBoundingClientRect();
    const tell = (what) => found.push(`${what}: ${row.innerText.replaceAll('\n', ' | ')}`);
    for (const part of row.querySelectorAll('*')) {
      if (part.matches('.unseen, .marks, .marks *')) continue; // clipped by the lines that they stand in
      const box = part.getBoundingClientRect();
      if (box.top < top - 1 || box.bottom > bottom + 1 || box.left < left - 1 || box.right > right + 1)
        tell(`${part.className} leaves its row by ${Math.max(top - box.top, box.bottom - bottom)}`);
    }
    const says = row.querySelector('.says');
    const [name, lines] = [row.querySelector('bdi'), says.getBoundingClientRect()];
    if (name.getBoundingClientRect().bottom > lines.top + 1) tell('over the name');
    if (says.scrollHeight > says.clientHeight + 1 && !says.title) tell('cut without a title');
    if (name.scrollWidth > name.clientWidth + 1 && name.title !== name.textContent) tell('a name cut without a title');
    for (const doubt of row.querySelectorAll('.doubt'))
      for (const box of doubt.getClientRects())
        if (box.bottom > lines.bottom + 1 || box.right > lines.right + 1 || box.left < lines.left - 1)
          tell(`a warning that is not to be seen, ${doubt.textContent}`);
  }
  return found;
}

/** In the page: decisions of which a row of the list does not show all. */
function cutDecisions() {
  const bottom = (/** @type {Element} */ element) => element.getBoundingClientRect().bottom;
  return [...document.querySelectorAll('.rail .decided')]
    .filter((mark) => bottom(mark) > bottom(mark.closest('.says')) + 1)
    .map((mark) => `cut: ${mark.textContent}`);
}

test('in the list beside the case no row leaves its place: long names, mixed up patients, a decision of some', async () => {
  const { page, close } = await site.open({ path: '#lang=en', reducedMotion: 'reduce' }, withAnswers);
  await loaded(page);
  const photo = (name, number) => {
    const comment = Buffer.from([0xff, 0xfe, 0, 4, number, 7]);
    return file(name, Buffer.concat([sample.subarray(0, 2), comment, sample.subarray(2)]));
  };
  await page.setInputFiles('#file', [
    photo('Garcia_Fernandez_OD.jpg', 1),
    photo('Garcia_Hernandez_OD.jpg', 1),
    file('Garcia_Fernandez_OS.jpg', BAD[2][1]),
    photo('Garcia_Martinez-Lopez_OD_sick.jpg', 2),
    photo('Garcia_Martinez-Lopez_OS_clear_1.jpg', 3),
    photo('Garcia_Martinez-Lopez_OS_clear_2.jpg', 4),
    photo('Garcia_Martinez-Lopez_OS_clear_3.jpg', 5),
    photo('Wolfeschlegelsteinhausenbergerdorff_OS_dark.jpg', 6),
  ]);
  await page.waitForFunction(() => document.querySelector('#rail-progress')?.textContent.startsWith('Done: 8'));
  await page.click('#to-batch');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 8);
  const patients = await page.locator('.photographs .c-patient input').evaluateAll((fields) =>
    fields.map(({ value, title, scrollWidth, clientWidth }) => ({
      value,
      title,
      cut: scrollWidth > clientWidth + 1,
    })),
  );
  assert.deepEqual(
    patients.filter(({ value, title }) => value !== title),
    [],
    'in full as a title',
  );
  assert.deepEqual([...new Set(patients.filter(({ cut }) => cut).map(({ value }) => value.slice(0, 5)))], ['Wolfe']);
  if (process.env.SHOTS) {
    await page.click('[data-testid=batch-save]');
    await page.screenshot({ path: `${process.env.SHOTS}/table.png` });
    await page.keyboard.press('Escape');
  }
  await page.locator('.photographs .open', { hasText: 'Lopez_OS_clear_1' }).click();
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'Garcia_Martinez-Lopez_OS_clear_1.jpg');
  await settled(page);
  await page.click('[data-testid=override-open]');
  await page.click('.override-dialog input[value=no-finding]');
  await page.fill('#override-who', 'Dr. A.');
  await page.click('[data-testid=override-keep]');
  await page.waitForFunction(() => /\(1 of 3\)/.test(document.querySelector('.rail .decided')?.textContent));
  const found = [];
  for (const code of LANGUAGES) {
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
    for (const width of [1280, 1000, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForFunction((wanted) => innerWidth === wanted, width);
      if ((await page.getAttribute('[data-testid=rail-toggle]', 'aria-expanded')) !== 'true' && width === 390)
        await page.click('[data-testid=rail-toggle]');
      await page.waitForFunction(() => document.querySelectorAll('.rail tbody .says').length === 4);
      await page.evaluate(frames);
      const spoilt = [...(await page.evaluate(spoiltRows)), ...(await page.evaluate(cutDecisions))];
      found.push(...spoilt.map((text) => `${code}, ${width}: ${text}`));
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${code}-${width}.png` });
    }
  }
  assert.deepEqual(found, []);
  await close();
});

test('in the table what is to be done about a broken file is read whole, in every language; and whose eye is in doubt', async () => {
  const { page, close } = await site.open({ path: '#lang=en' });
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  const both = [file('P1_OD.jpg', sample), file('P1_OS.jpg', sample)];
  const broken = BAD.slice(1).map(([name, bytes], i) => file(`Q${i}_OD.${name.split('.')[1]}`, bytes));
  await page.setInputFiles('#file', [...both, ...broken]);
  await page.waitForFunction(
    (said) => document.querySelector('#rail-progress')?.textContent.startsWith(said),
    `Done: ${both.length + broken.length} photographs`,
  );
  await page.click('#to-batch');
  /** In the page: what runs out of its row, or is clipped. */
  const cut = () =>
    [...document.querySelectorAll('.photographs tbody tr:not(.gap)')].flatMap((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return [...row.querySelectorAll('.c-error .reason, .c-error .two, .c-eye .note')]
        .filter((of) => {
          const range = document.createRange();
          range.selectNodeContents(of);
          const said = range.getBoundingClientRect();
          const clips = of.scrollWidth > of.clientWidth || of.scrollHeight > of.clientHeight + 1;
          const clipped = getComputedStyle(of).overflowX !== 'visible' && clips;
          return clipped || said.top < top - 1 || said.bottom > bottom + 1;
        })
        .map((of) => of.textContent);
    });
  const found = [];
  for (const width of [320, 390, 700, 1000, 1280])
    for (const code of LANGUAGES) {
      await page.setViewportSize({ width, height: 900 });
      await page.selectOption('#language', code);
      await page.waitForFunction(
        ([wide, lang]) => innerWidth === wide && document.documentElement.lang === lang,
        [width, code],
      );
      await page.evaluate(frames);
      await page.waitForSelector('.photographs .c-error .two');
      found.push(...(await page.evaluate(cut)).map((text) => `${code}, ${width}: ${text}`));
    }
  assert.deepEqual(found, []);
  await close();
});
