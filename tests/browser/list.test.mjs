/** The list beside the case: a nurse's way through many photographs. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { SHIPPED } from '../../web/page/rules/shipped.js';
import { scratch } from '../js/native.mjs';
import { withAnswers } from './answers.mjs';
import {
  assertPrivate,
  becomes,
  changeModule,
  frames,
  loaded,
  SCREENSHOTS,
  says,
  settled,
  siteForAll,
} from './browser.mjs';
import { BAD, file, sample } from './pictures.mjs';

const site = siteForAll();

/** The sample under another name, each another file: with another byte in its comment. */
const photo = (name, number) => {
  const comment = Buffer.from([0xff, 0xfe, 0, 4, number, 1]);
  return file(name, Buffer.concat([sample.subarray(0, 2), comment, sample.subarray(2)]));
};
const broken = (name) => file(name, BAD[2][1]);

const idle = (page) => page.waitForFunction(() => document.querySelector('#rail')?.dataset.phase === 'idle');
const finished = (page, count) =>
  page.waitForFunction(
    (said) => document.querySelector('#rail-progress')?.textContent.startsWith(said),
    `Done: ${count} photographs`,
  );
/** What the list shows: title and answer of each row. */
const listed = (page) =>
  page
    .locator('.rail tbody tr:not(.gap)')
    .evaluateAll((rows) =>
      rows.map((r) => [r.querySelector('bdi').textContent, r.querySelector('strong').textContent]),
    );
async function shows(page, name) {
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, name);
  await settled(page);
}

/** What a part of the paper says. @param {import('playwright-core').Page} page @param {'case' | 'batch'} place whose Save menu @param {string} part */
async function printed(page, place, part) {
  await page.evaluate((selector) => {
    window.printed = undefined;
    window.print = () => {
      window.printed = document.querySelector(selector).innerText;
    };
  }, part);
  await page.click(`[data-testid=${place}-save]`);
  await page.click(`#${place}-save-menu [data-export=print]`);
  await page.waitForFunction(() => window.printed !== undefined);
  return page.evaluate(() => window.printed);
}

test('many at once: the most urgent on top, the first at once, filter, search, arrows, both eyes together', async () => {
  const { page, seen, close } = await site.open({}, withAnswers);
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P2_OD_clear.jpg', 1),
    photo('P2_OS_clear.jpg', 2),
    photo('P3_OS_dark.jpg', 3),
    photo('P1_OD_vague.jpg', 4),
    photo('P1_OS_sick.jpg', 5),
    broken('P4_OD.jpg'),
  ]);
  // the first that is done is looked at while the others are screened
  await page.waitForFunction(() => window.vmnetLast !== undefined);
  assert.match(await page.evaluate(() => window.vmnetLast.report.image.name), /^P2_OD/);
  await idle(page);
  await page.waitForFunction(() => /Refer/.test(document.querySelector('.rail tbody tr strong').textContent));
  await becomes(
    () => listed(page),
    [
      ['P1', 'Refer'],
      ['P3', 'Repeat'],
      ['P4', 'Repeat'],
      ['P2', 'No finding'],
    ],
  );
  assert.equal(await page.textContent('.rail [aria-current] bdi'), 'P2', 'what is looked at stays');

  // a patient opens with the more urgent eye, the right one on the left whichever that is
  await page.click('.rail tbody .open');
  await shows(page, 'P1_OS_sick.jpg');
  await says(page, '#summary', 'Refer');
  await says(page, '#whose', /^P1 · left eye/);
  await says(page, '[data-testid=other-eye]', /^Right eye \(OD\): Unclear/);
  const left = (selector) => page.evaluate((s) => document.querySelector(s).getBoundingClientRect().left, selector);
  assert.ok((await left('#stage-beside')) < (await left('#stage')));
  await page.selectOption('#language', 'ar');
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  assert.ok((await left('#stage-beside')) < (await left('#stage')), 'eyes have no reading direction');
  await page.selectOption('#language', 'en');

  // both move together, to the same place of each eye
  const look = (selector) => page.evaluate((s) => document.querySelector(s).toDataURL(), `${selector} canvas`);
  const before = await look('#stage-beside');
  await page.focus('#stage');
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((old) => document.querySelector('#stage-beside canvas').toDataURL() !== old, before);
  // a layer lies on both, once it is computed
  const clean = await look('#stage-beside');
  await page.click('#vessels-on');
  await page.waitForFunction((old) => document.querySelector('#stage-beside canvas').toDataURL() !== old, clean);

  // to the next by the arrows of the list; the other eye by its button
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OD_vague.jpg');
  await says(page, '[data-testid=other-eye]', /^Left eye \(OS\): Refer/);
  await page.focus('.rail [aria-current]');
  await page.keyboard.press('ArrowDown');
  await shows(page, 'P3_OS_dark.jpg');
  assert.equal(await page.evaluate(() => document.activeElement.querySelector('bdi')?.textContent), 'P3');
  assert.ok(await page.isHidden('#pane-beside'), 'there is no other eye of this patient');
  await page.keyboard.press('ArrowUp');
  await shows(page, 'P1_OS_sick.jpg');

  // counts filter, words search
  await says(page, '.rail [data-answer=no-finding]', 'No finding: 1');
  await page.click('.rail [data-answer=no-finding]');
  await becomes(() => listed(page), [['P2', 'No finding']]);
  await page.click('.rail [data-answer=no-finding]');
  await page.fill('[data-testid=rail-search]', 'p3');
  await becomes(() => listed(page), [['P3', 'Repeat']]);
  await page.fill('[data-testid=rail-search]', '');
  await becomes(async () => (await listed(page)).length, 4);
  assertPrivate(seen, site.url);
  await close();
});

test("of the same answer the shorter delay comes first: among patients, and of a patient's eyes, whose button tells it", async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await page.evaluate((set) => localStorage.setItem('vmnet-rules', JSON.stringify(set)), SHIPPED.cautious);
  await page.reload();
  await loaded(page);
  // by the cautious rules glaucoma is referred within a month, diabetic retinopathy within two weeks
  await page.setInputFiles('#file', [
    photo('P1_OD_moving.jpg', 1),
    photo('P2_OD_moving.jpg', 2),
    photo('P2_OS_sick.jpg', 3),
    photo('P3_OD_clear.jpg', 4),
  ]);
  await shows(page, 'P1_OD_moving.jpg');
  await idle(page);
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr strong.no-finding').length === 1);
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr strong.refer').length === 2);
  await becomes(
    () => listed(page),
    [
      ['P2', 'Refer'],
      ['P1', 'Refer'],
      ['P3', 'No finding'],
    ],
  );
  await page.click('.rail tbody .open');
  await shows(page, 'P2_OS_sick.jpg');
  await says(page, '#to-do', /within 2 weeks\.$/);
  await says(page, '[data-testid=other-eye]', 'Right eye (OD): Refer'); // its delay is longer
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P2_OD_moving.jpg');
  await says(page, '#for-patient', 'For this patient: Refer. Do so within 2 weeks.');
  await says(page, '#to-do', /^Right eye \(OD\): .* Left eye \(OS\): .* within 2 weeks\.$/);
  await says(page, '[data-testid=other-eye]', 'Left eye (OS): Refer · Do so within 2 weeks.');
  await close();
});

test('whose eye it is may be wrong: said beside the answer and in the list, of both patients of one file', async () => {
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  // the sample is a left eye by its disc; the same bytes come under two names
  await page.setInputFiles('#file', [
    photo('P1_OD_sick.jpg', 1),
    photo('P2_OS_clear.jpg', 2),
    photo('P3_OS_clear.jpg', 2),
    photo('P4_OS_clear.jpg', 4),
  ]);
  await shows(page, 'P1_OD_sick.jpg');
  await finished(page, 4);
  const marks = () =>
    page
      .locator('.rail tbody tr:not(.gap)')
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector('bdi').textContent,
          row.querySelector('.marks > [aria-hidden]')?.textContent ?? '',
        ]),
      );
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 4);
  await becomes(marks, [
    ['P1', 'disc: OS left'],
    ['P2', 'same file'],
    ['P3', 'same file'],
    ['P4', ''],
  ]);
  assert.match(
    await page.textContent('.rail .marks:has-text("P3") .unseen'),
    /^The same file also stands under .* P3:/,
  );
  // also after the direction of reading has changed, and back
  const pixels = async () =>
    (
      await sharp(await page.locator('.rail .doubt', { hasText: 'same file' }).first().screenshot())
        .raw()
        .toBuffer()
    ).toString('hex');
  const asBefore = await pixels();
  for (const [code, dir] of [
    ['ar', 'rtl'],
    ['en', 'ltr'],
  ]) {
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.dir === wanted, dir);
    await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
  }
  await page.waitForSelector('.rail .doubt:text("same file")');
  assert.ok((await pixels()) === asBefore, 'sign, space and words stand as they stood');
  assert.match(await page.getAttribute('.rail .marks', 'title'), /^The optic disc lies as in a left eye/);
  await says(page, '#whose', 'P1 · right eye (OD) · disc: OS left');
  const said = () => page.locator('[data-testid=doubts]').evaluate((of) => (of.hidden ? '' : of.textContent));
  assert.match(await said(), /^The optic disc lies as in a left eye/);
  // whoever knows better says so, and nothing contradicts him
  await page.click('#numbers summary');
  await page.selectOption('#eye', 'OS');
  await page.waitForFunction(() => document.querySelector('[data-testid=doubts]').hidden);
  await says(page, '#whose', 'P1 · left eye (OS)');
  await page.locator('.rail .open', { hasText: 'P3' }).last().click();
  await shows(page, 'P3_OS_clear.jpg');
  assert.match(await said(), /^The same file also stands under the name of P2/);
  await page.locator('.rail .open', { hasText: 'P4' }).click();
  await shows(page, 'P4_OS_clear.jpg');
  assert.equal(await said(), '');
  await page.click('#to-batch');
  await becomes(() => page.locator('.photographs .note').allTextContents(), ['same file: P3', 'same file: P2']);
  assertPrivate(seen, site.url);
  await close();
});

test('a name spelt in two ways: two patients, said of both, and one as soon as somebody says so', async () => {
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('p1_OS_clear.jpg', 2), photo('P2_OD.jpg', 3)]);
  await shows(page, 'P1_OD_sick.jpg');
  await finished(page, 3);
  const rows = () => page.locator('.rail tbody tr:not(.gap) bdi').allTextContents();
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 3);
  assert.ok(await page.isHidden('[data-testid=other-eye]'), 'not taken for one');
  await becomes(() => page.locator('.rail .doubt', { hasText: 'same patient?' }).count(), 2);
  await says(page, '[data-testid=doubts]', /^There is also p1\..* Is it the same patient\?/);
  await page.click('.rail .open[title="p1_OS_clear.jpg"]');
  await shows(page, 'p1_OS_clear.jpg');
  await says(page, '[data-testid=doubts]', /^There is also P1\./);
  await page.click('[data-testid=join]');
  await page.keyboard.press('Enter'); // the filled button leaves them two
  await page.waitForSelector('dialog.ask', { state: 'detached' });
  assert.equal(await page.locator('.rail tbody tr:not(.gap)').count(), 3);
  await page.click('[data-testid=join]');
  await page.click('dialog.ask button:has-text("One patient")');
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 2);
  await becomes(async () => (await rows()).sort(), ['P1', 'P2']);
  await page.waitForFunction(() => document.querySelector('[data-testid=doubts]').hidden);
  await page.waitForFunction(() => /Right eye/.test(document.querySelector('[data-testid=other-eye]').textContent));
  await page.click('#to-batch');
  await becomes(
    () => page.locator('.photographs [data-part=patient]').evaluateAll((all) => all.map(({ value }) => value).sort()),
    ['P1', 'P1', 'P2'],
  );
  assertPrivate(seen, site.url);
  await close();
});

test('put together by a guess from a folder: asked of each, and several, or one, as soon as somebody says so; of what comes later it is asked again, or it is several as well', async () => {
  const folder = scratch();
  mkdirSync(join(folder, 'later', 'Kibera'), { recursive: true });
  mkdirSync(join(folder, 'Kibera'));
  for (const [path, seed] of [
    ['Kibera/1_R.jpg', 1],
    ['Kibera/2_L.jpg', 2],
    ['later/Kibera/3_R.jpg', 3],
    ['later/Kibera/4_L.jpg', 4],
  ])
    writeFileSync(join(folder, path), photo(path, seed).buffer);
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  const people = () =>
    page.locator('.photographs [data-part=patient]').evaluateAll((all) => all.map(({ value }) => value).sort());
  for (const [answer, wanted] of [
    ['one', ['Kibera', 'Kibera']],
    ['part', ['Kibera/1', 'Kibera/2']],
  ]) {
    await page.setInputFiles('#folder', join(folder, 'Kibera'));
    await finished(page, 2);
    await page.click('#to-batch');
    await becomes(() => page.locator('.photographs .c-name .note').allTextContents(), ['one patient?', 'one patient?']);
    assert.deepEqual(await people(), ['Kibera', 'Kibera']);
    await page.locator('.photographs .open').first().click();
    await says(
      page,
      '[data-testid=doubts]',
      /^That these photographs are of one patient was guessed from their folders and numbers\./,
    );
    await becomes(() => page.locator('.rail .doubt').allTextContents(), ['one patient?', 'disc: OS left']);
    await settled(page);
    await page.screenshot({ path: join(SCREENSHOTS, 'numbered-folder.png') });
    await page.click(`[data-testid=${answer}]`);
    await page.waitForSelector(`[data-testid=${answer}]`, { state: 'detached' });
    await page.click('#to-batch');
    await becomes(people, wanted);
    await page.setInputFiles('#folder', join(folder, 'later', 'Kibera'));
    await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 4);
    await becomes(people, [...wanted, ...(answer === 'one' ? ['Kibera', 'Kibera'] : ['Kibera/3', 'Kibera/4'])]);
    // who comes to one of whom it was said is asked about again
    await becomes(() => page.locator('.photographs .c-name .note').count(), answer === 'one' ? 4 : 0);
    await page.click('[data-testid=batch-new]');
    await page.click('[data-testid=confirm]');
    await page.waitForSelector('[data-testid=batch-start]');
  }
  assertPrivate(seen, site.url);
  await close();
});

test('a row of the table that says less than the patient’s answer names that as well, by photograph and by eye', async () => {
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P1_OD_sick.jpg', 1),
    photo('P1_OS_clear.jpg', 2),
    photo('P2_OS_clear.jpg', 3),
  ]);
  await finished(page, 3);
  await page.click('#to-batch');
  const answers = (table) =>
    page
      .locator(`${table} tbody tr:not(.gap)`)
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector('th .line').textContent,
          row.querySelector('.c-answer strong').textContent,
          row.querySelector('.c-answer .whole')?.textContent ?? '',
        ]),
      );
  await page.waitForFunction(() => document.querySelector('.photographs .whole') !== null);
  await becomes(
    async () => (await answers('.photographs')).sort(),
    [
      ['P1_OD_sick.jpg', 'Refer', ''],
      ['P1_OS_clear.jpg', 'No finding', 'Patient: Refer'],
      ['P2_OS_clear.jpg', 'No finding', ''],
    ],
  );
  assert.match(await page.getAttribute('.photographs .whole', 'title'), /^For this patient: Refer\. Right eye/);
  await page.screenshot({ path: join(SCREENSHOTS, 'list-table-patient.png') });
  await page.click('#batch-tab-eyes');
  await page.waitForFunction(() => document.querySelector('.eyes .whole') !== null);
  await becomes(
    async () => (await answers('.eyes')).sort(),
    [
      ['P1', 'No finding', 'Patient: Refer'],
      ['P1', 'Refer', ''],
      ['P2', 'No finding', ''],
    ],
  );
  assertPrivate(seen, site.url);
  await close();
});

test('several photographs of one eye: each is reached from the other, by click and by keys; where there is one only, nothing', async () => {
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P1_OD_1_sick.jpg', 1),
    photo('P1_OD_2_dark.jpg', 2),
    photo('P1_OS_1_clear.jpg', 3),
    photo('P2_OD_1_clear.jpg', 4),
  ]);
  await shows(page, 'P1_OD_1_sick.jpg');
  await idle(page);
  const group = page.getByRole('group', { name: 'Photographs of this eye' });
  const tells = (text) =>
    page.waitForFunction((wanted) => document.querySelector('[data-testid=same-text]')?.textContent === wanted, text);
  await group.waitFor();
  await tells('Photograph 1 of 2');
  await page.getByRole('button', { name: 'Next photograph of this eye' }).click();
  await shows(page, 'P1_OD_2_dark.jpg');
  await tells('Photograph 2 of 2');
  assert.equal(await page.getAttribute('#answer', 'data-answer'), 'repeat', 'each has its own answer');
  await says(page, '.rail [aria-current] strong', 'Refer'); // the list tells that of all
  assert.match(await page.textContent('[data-testid=other-eye]'), /^Left eye/, 'the other eye stays beside it');
  // on by the key, with the focus where it was; then back
  await page.keyboard.press('Enter');
  await shows(page, 'P1_OD_1_sick.jpg');
  await tells('Photograph 1 of 2');
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), 'same-next');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await shows(page, 'P1_OD_2_dark.jpg');
  await tells('Photograph 2 of 2');
  await page.selectOption('#language', 'fr');
  await tells('Photographie 2 sur 2');
  await page.selectOption('#language', 'en');
  await tells('Photograph 2 of 2');

  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OS_1_clear.jpg');
  await group.waitFor({ state: 'hidden' });
  await page.click('[data-testid=batch-next]');
  await shows(page, 'P2_OD_1_clear.jpg');
  assert.ok(await group.isHidden());
  assertPrivate(seen, site.url);
  await close();
});

test('two eyes of different shapes stand in frames of one size: at one height, on a phone one under the other', async () => {
  const { page, close } = await site.open({}, withAnswers);
  await loaded(page);
  const { width, height } = await sharp(sample).metadata();
  const side = Math.round(height * 0.3);
  const wide = await sharp(sample).extend({ left: side, right: side, background: '#000' }).jpeg().toBuffer();
  await page.setInputFiles('#file', [file('P1_OD_sick.jpg', sample), file('P1_OS_clear.jpg', wide)]);
  await idle(page);
  await shows(page, 'P1_OD_sick.jpg');
  const shapes = () =>
    page.evaluate(() =>
      ['#stage', '#stage-beside'].map((s) => {
        const { top, width, height } = document.querySelector(`${s} canvas`).getBoundingClientRect();
        return [top, width, height].map(Math.round);
      }),
    );
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    await page.waitForFunction(
      (shape) => document.querySelector('#stage-beside').dataset.photo === shape && window.innerWidth,
      `${width + 2 * side}x${height}`,
    );
    await frames(page);
    const [one, other] = await shapes();
    if (viewport.width > 1000) assert.deepEqual(one, other);
    else {
      // one under the other, each as wide as the phone
      assert.deepEqual(one.slice(1), other.slice(1));
      assert.ok(other[0] >= one[0] + one[2] && one[1] > 340, `${one}, ${other}`);
    }
    assert.ok(Math.abs(one[1] / one[2] - (width + 2 * side) / height) < 0.02, 'the shape of the wider one');
  }
  // alone it has its own shape again
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OS_clear.jpg');
  await close();
});

/** What stands under both pictures: of the eye that is looked at, and of the one beside. */
const legends = (page) =>
  page.locator('.eye-pane .legend').evaluateAll((all) => all.map((e) => (e.checkVisibility() ? e.innerText : '')));

test('layers stay with the other eye and the next patient: on both eyes the same, said under each picture', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  const names = ['P1_OD_vague.jpg', 'P1_OS_sick.jpg', 'P2_OD_clear.jpg'];
  await page.setInputFiles(
    '#file',
    names.map((name, i) => photo(name, i + 1)),
  );
  await idle(page);
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap) strong.refer').length === 1);
  await page.click('.rail tbody .open');
  await shows(page, 'P1_OS_sick.jpg');
  assert.deepEqual(await legends(page), ['', ''], 'the photographs alone at first');
  for (const layer of ['vessels', 'heat', 'disc']) await page.click(`#${layer}-on`);
  await page.check('.picture-tools .views [value=contrast]', { force: true });
  const both = (wanted) =>
    page.waitForFunction((disease) => {
      const heats = [...document.querySelectorAll('.eye-pane .legend .heat-name')].map((e) =>
        e.checkVisibility() ? e.textContent : '',
      );
      const views = [...document.querySelectorAll('.eye-pane .stage')].map(({ dataset }) => dataset.view);
      return heats.length === 2 && heats.every((t) => t.includes(disease)) && views.every((v) => v === 'contrast');
    }, wanted);
  const pressed = () => page.locator('.layer[aria-pressed=true]').evaluateAll((all) => all.map(({ id }) => id));
  // none was chosen: what is suspected in either eye, whichever is looked at
  await both('diabetic retinopathy');
  for (const text of await legends(page))
    assert.match(text.replaceAll('\n', ' '), /^Vessels.*diabetic retinopathy [\d.]+%.*(own maximum|empty)/);
  // nothing lies on the pictures
  for (const [picture, legend] of await page
    .locator('.eye-pane')
    .evaluateAll((panes) =>
      panes.map((pane) => [
        pane.querySelector('.stage').getBoundingClientRect().bottom,
        pane.querySelector('.legend').getBoundingClientRect().top,
      ]),
    ))
    assert.ok(legend >= picture, `a legend at ${legend} on a picture down to ${picture}`);
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OD_vague.jpg');
  await both('diabetic retinopathy');
  assert.deepEqual(await pressed(), ['vessels-on', 'heat-on', 'disc-on']);

  // one that was chosen stays chosen, of both eyes and of the next patient
  await page.click('#unlikely summary');
  await page.click('[data-disease=glaucoma]');
  await both('glaucoma');
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OS_sick.jpg');
  await both('glaucoma');
  await page.click('[data-testid=batch-next]');
  await shows(page, 'P2_OD_clear.jpg');
  assert.deepEqual(await pressed(), ['vessels-on', 'heat-on', 'disc-on']);
  assert.match((await legends(page))[0], /glaucoma/);
  assert.equal(await page.getAttribute('#stage', 'data-view'), 'contrast');

  // a key shows the same on both eyes, and only while it is held; on any keyboard
  for (const layer of ['vessels', 'heat', 'disc']) await page.click(`#${layer}-on`);
  await page.click('[data-testid=batch-previous]');
  await shows(page, 'P1_OS_sick.jpg');
  assert.deepEqual(await legends(page), ['', '']);
  for (const key of ['h', '\u0627']) {
    await page.evaluate((k) => document.dispatchEvent(new KeyboardEvent('keydown', { key: k, code: 'KeyH' })), key);
    await both('diabetic retinopathy');
    await page.evaluate((k) => document.dispatchEvent(new KeyboardEvent('keyup', { key: k, code: 'KeyH' })), key);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.legend')].every((legend) => !legend.checkVisibility()),
    );
  }
  await close();
});

test('the buttons over the pictures: one line, in any language, none cut, and none moves a picture', async () => {
  const { page, close } = await site.open({ viewport: { width: 1280, height: 800 } }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('.offer[data-action=sample]');
  await shows(page, 'retina.jpg');
  const top = () => page.evaluate(() => document.querySelector('#stage').getBoundingClientRect().top + scrollY);
  /** The lines in which each group of buttons stands, and whether all stand within their room. */
  const lines = () =>
    page.evaluate(() => {
      const root = document.querySelector('#controls');
      const middles = (group) =>
        [...root.querySelectorAll(`${group} :is(button, select, label)`)]
          .filter((e) => e.checkVisibility())
          .map((e) => e.getBoundingClientRect())
          .map(({ top, height }) => Math.round(top + height / 2));
      const count = (values) => new Set(values.map((v) => Math.round(v / 4))).size;
      const all = count([...middles('.layers'), ...middles('.viewer-tools')]);
      return [count(middles('.layers')), count(middles('.viewer-tools')), root.scrollWidth <= root.clientWidth, all];
    });
  const look = async (where) => {
    for (const code of ['en', 'es', 'fr', 'zh', 'hi', 'ar']) {
      await page.selectOption('#language', code);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
      for (const spacing of ['normal', '0.06em']) {
        await page.evaluate((wide) => {
          document.querySelector('#controls').style.letterSpacing = wide; // as in a wide font
        }, spacing);
        await frames(page);
        const [layers, tools, whole, all] = await lines();
        assert.deepEqual([layers, tools, whole], [1, 1, true], `${where}, ${code}, ${spacing}`);
        if (spacing === 'normal') assert.equal(all, 1, `${where}, ${code}: lines`);
      }
    }
    const before = await top();
    await page.click('.measure');
    await page.waitForSelector('.ruler-panel:visible');
    assert.equal(await top(), before, 'the picture moves as the ruler comes');
    await page.click('.measure');
    for (const layer of ['vessels', 'heat']) await page.click(`#${layer}-on`);
    await page.waitForSelector('#legend:visible');
    assert.equal(await top(), before, 'the picture moves with its layers');
    for (const layer of ['vessels', 'heat']) await page.click(`#${layer}-on`);
  };
  await look('alone');
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P1_OS_clear.jpg', 2)]);
  await idle(page);
  await page.waitForSelector('#pane-beside:visible');
  await settled(page);
  await look('beside a list');
  await close();
});

test('whoever went home stays there, and is told nothing less, while the photographs are screened', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.click('#to-batch');
  await page.waitForSelector('[data-testid=batch-start]');
  await page.click('#to-screen');
  // home before the first is done: dropped and left in one go, so that no screening is as fast
  await page.setInputFiles('#file', [
    photo('P1_OD_sick.jpg', 1),
    photo('P2_OD_clear.jpg', 2),
    photo('P3_OD_vague.jpg', 3),
  ]);
  await page.evaluate(() => document.querySelector('#home').click());
  await idle(page);
  await page.click('#to-batch');
  await page.waitForFunction(() => /^Done/.test(document.querySelector('[data-testid=batch-progress]').textContent));
  await page.evaluate(() => document.querySelector('#home').click());
  await page.waitForSelector('#start:not([hidden])');
  assert.ok(await page.isHidden('#work'), 'no photograph fetched anybody back');
  assert.equal(await page.evaluate(() => window.vmnetLast), undefined);
  await close();
});

test('one after the other: each joins the list, the second eye stands beside the first', async () => {
  const { page, seen, close } = await site.open();
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('.offer[data-action=sample]');
  await shows(page, 'retina.jpg');
  await page.setInputFiles('#file', photo('P7_OS.jpg', 1));
  await shows(page, 'P7_OS.jpg');
  assert.ok(await page.isHidden('#rail'), 'one photograph needs no list');
  await page.setInputFiles('#file', photo('P7_OD.jpg', 2));
  await shows(page, 'P7_OD.jpg');
  await page.waitForSelector('#pane-beside:not([hidden])');
  await page.waitForFunction(() => /Left eye/.test(document.querySelector('[data-testid=other-eye]').textContent));
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr').length === 1);
  await becomes(async () => (await listed(page)).map(([title]) => title), ['P7'], 'the example is no patient');
  // the same file again is the same photograph
  await page.setInputFiles('#file', photo('P7_OS.jpg', 1));
  await shows(page, 'P7_OS.jpg');
  // a bad file is said, and listed
  await page.setInputFiles('#file', broken('P9_OD.jpg'));
  await page.waitForSelector('#error:not([hidden])');
  await page.click('#to-batch');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr').length === 3);
  await becomes(() => page.locator('.photographs tbody .percent').count(), 14);
  assertPrivate(seen, site.url);
  await close();
});

test('opened alone a photograph is of the patient and the eye that its name says, and what is corrected in the table stands beside it', async () => {
  const { page, close } = await site.open({ path: '#lang=en' });
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  // the sample is a left eye by its optic disc
  await page.setInputFiles('#file', photo('Smith_OD.jpg', 1));
  await shows(page, 'Smith_OD.jpg');
  await says(page, '#whose', 'Smith · right eye (OD) · disc: OS left');
  assert.equal(await page.getAttribute('#pane', 'data-eye'), 'OD');
  await page.click('#numbers summary');
  assert.equal(await page.inputValue('#eye'), 'OD');
  await page.click('#to-batch');
  const row = page.locator('.photographs tbody tr:not(.gap)');
  await page.getByLabel('Patient of Smith_OD.jpg').fill('Miller');
  await page.getByLabel('Patient of Smith_OD.jpg').press('Enter');
  await row.locator('.c-eye select').selectOption('OS');
  await page.click('#to-screen');
  await page.waitForFunction(() => document.querySelector('#whose').textContent === 'Miller · left eye (OS)');
  assert.equal(await page.inputValue('#eye'), 'OS');
  // the same file again: what was corrected is not forgotten
  await page.evaluate(() => {
    window.vmnetLast = undefined;
  });
  await page.setInputFiles('#file', photo('Smith_OD.jpg', 1));
  await shows(page, 'Smith_OD.jpg');
  await page.waitForFunction(() => document.querySelector('#whose').textContent === 'Miller · left eye (OS)');
  await close();
});

test('on a phone: answer, picture, findings, one under the other, with the list a tap away', async () => {
  const { page, close } = await site.open({ viewport: { width: 390, height: 844 }, hasTouch: true }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [photo('P1_OS_sick.jpg', 1), photo('P2_OD_clear.jpg', 2)]);
  await idle(page);
  await page.waitForFunction(() => window.vmnetLast !== undefined);
  await settled(page);
  const tops = await page.evaluate(() =>
    ['#rail', '#answer', '#stage', '#diseases-title'].map((s) => document.querySelector(s).getBoundingClientRect().top),
  );
  assert.deepEqual(
    tops,
    [...tops].sort((a, b) => a - b),
  );
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  const { width, height } = await page.locator('#stage').boundingBox();
  const shape = (await page.getAttribute('#stage', 'data-photo')).split('x').reduce((a, b) => a / b);
  assert.ok(Math.abs(width / height - shape) < 0.02, `${width} x ${height}, no black bars`);
  await page.tap('[data-testid=batch-next]');
  await shows(page, 'P2_OD_clear.jpg');

  // the counts are in sight, and each filters the list; the list opens a patient, and makes room for the case
  const toggle = page.locator('[data-testid=rail-toggle]');
  assert.match(await toggle.textContent(), /^Patients: 2/);
  const heights = await page
    .locator('.rail :is(.rail-steps button, .count):visible')
    .evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height));
  assert.ok(heights.length === 7 && heights.every((height) => height >= 44), `${heights}`);
  await page.tap('.rail [data-answer=refer]');
  await page.waitForSelector('.rail-list:visible');
  await becomes(() => listed(page), [['P1', 'Refer']]);
  await page.tap('.rail tbody .open');
  await shows(page, 'P1_OS_sick.jpg');
  assert.ok(await page.isHidden('.rail-list'));
  assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
  assert.ok((await page.locator('#answer').boundingBox()).y < 844 / 2, 'the answer is in sight');
  await page.tap('.rail [data-answer=refer]');
  assert.ok(await page.isHidden('.rail-list'), 'nothing is filtered any more');
  await toggle.press('Enter');
  await page.fill('[data-testid=rail-search]', 'p2');
  await becomes(() => listed(page), [['P2', 'No finding']]);
  await page.screenshot({ path: join(SCREENSHOTS, 'rail-phone.png') });
  await page.fill('[data-testid=rail-search]', '');
  await toggle.press('Enter');
  assert.ok(await page.isHidden('[data-testid=rail-search]'));
  await page.tap('#to-batch');
  await page.waitForSelector('.photographs tbody .open:visible');
  await close();
});

test('the list unfolded is no wider than the window, from small phones to tablets, whichever way text runs', async () => {
  const { page, close } = await site.open({ hasTouch: true });
  await loaded(page);
  await page.setInputFiles('#file', [photo('P1_OD.jpg', 3), photo('P2_OD.jpg', 4)]);
  await finished(page, 2);
  await idle(page);
  await settled(page);
  for (const lang of ['en', 'ar'])
    for (const width of [800, 600, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      await page.waitForFunction((wanted) => window.innerWidth === wanted, width);
      await page.selectOption('#language', lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
      const toggle = page.locator('[data-testid=rail-toggle]');
      if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.tap();
      await page.waitForSelector('.rail tbody .open:visible');
      await frames(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${lang}: ${wide} of ${width}`);
      const { x, width: row } = await page.locator('.rail tbody .open').first().boundingBox();
      assert.ok(x >= 0 && x + row <= width && row > width / 2, `${lang} ${width}: a row from ${x}, ${row} wide`);
      await page.screenshot({ path: join(SCREENSHOTS, `rail-unfolded-${lang}-${width}.png`) });
    }
  await close();
});

test('by eye: each number stands under its disease, and on a phone there is something of every row', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [
    photo('P1_OD_sick.jpg', 1),
    photo('P1_OS_clear.jpg', 2),
    photo('P2_OD_odd.jpg', 3),
  ]);
  await idle(page);
  await page.click('#to-batch');
  for (const tab of ['photographs', 'eyes']) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.click(`#batch-tab-${tab}`);
    await page.waitForFunction(
      (name) => document.querySelectorAll(`[data-testid=batch-${name}] tbody tr:not(.gap) .percent`).length === 21,
      tab,
    );
    const table = page.locator(`[data-testid=batch-${tab}]`);
    const edges = await table.evaluate((of) =>
      [...of.querySelectorAll('thead, tbody')].map((part) =>
        [...part.querySelector('tr:not(.gap)').children].map((cell) => {
          const { left, right } = cell.getBoundingClientRect();
          return [left, right].map(Math.round);
        }),
      ),
    );
    const [heads, cells] = edges;
    assert.ok(heads.length > 8, tab);
    assert.equal(heads.length, cells.length, tab);
    for (const [i, head] of heads.entries())
      for (const side of [0, 1])
        assert.ok(Math.abs(head[side] - cells[i][side]) <= 1, `${tab}, column ${i}: ${head} above ${cells[i]}`);
    assert.equal(
      await table
        .locator('thead th')
        .first()
        .evaluate((e) => getComputedStyle(e).position),
      'sticky',
      tab,
    );
    const lines = await table
      .locator('tbody .percent')
      .evaluateAll((all) =>
        all.flatMap((e) => [...e.querySelectorAll('bdi')].map((number) => number.getClientRects().length)),
      );
    assert.deepEqual([...new Set(lines)], [1], `${tab}: a number stands on one line`);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForFunction(() => window.innerWidth === 390);
    const heights = await table
      .locator('tbody tr:not(.gap)')
      .evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
    assert.equal(heights.length, 3);
    assert.ok(Math.min(...heights) > 100, `${tab}: ${heights}`);
    const seen = await table.evaluate((of) => of.closest('.batch-scroll').getBoundingClientRect().height);
    assert.ok(seen > 100, `${tab}: ${seen}`);
  }
  await close();
});

/** In the page: what of a row's text is not to be seen, lies over another cell's or out of its row. */
function overlaid() {
  const inside = (/** @type {Element} */ cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
  };
  const meets = (/** @type {DOMRect} */ a, /** @type {DOMRect} */ b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const of = document.querySelector('[data-testid=batch-photographs] tbody');
  return [...of.querySelectorAll('tr:not(.gap)')].flatMap((row) => {
    const frame = row.getBoundingClientRect();
    const cells = [...row.children].map(inside);
    const name = row.querySelector('bdi').textContent;
    const out = cells.flat().filter((a) => a.top < frame.top - 1 || a.bottom > frame.bottom + 1);
    const over = cells.flatMap((cell, i) =>
      cell.filter((a) => cells.slice(i + 1).some((other) => other.some((b) => meets(a, b)))),
    );
    const problem = row.querySelector('.c-error .problem');
    const hidden = problem !== null && problem.getClientRects().length === 0;
    return [...out.map(() => `${name}: out`), ...over.map(() => `${name}: over`), ...(hidden ? [`${name}: why`] : [])];
  });
}

test('on a phone a row of the table says all of its answer, and why a file failed; no text lies over another', async () => {
  const { page, close } = await site.open({ hasTouch: true, viewport: { width: 390, height: 844 } }, withAnswers);
  await loaded(page);
  const bad = (name) => BAD.find(([known]) => known === name)[1];
  await page.setInputFiles('#file', [
    photo('P1_OS_sick.jpg', 1),
    photo('P1_OD_vague.jpg', 2),
    photo('P2_OS_veiled.jpg', 3),
    file('P2_OD.png', bad('claim.png')),
    file('P3_OD.jpg', bad('cut.jpg')),
    file('P4_OD.jpg', bad('cat.jpg')),
  ]);
  await idle(page);
  await page.click('#to-batch');
  for (const lang of ['en', 'zh', 'es', 'fr', 'hi', 'ar'])
    for (const width of [360, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await page.waitForFunction((wanted) => window.innerWidth === wanted, width);
      await page.selectOption('#language', lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
      await frames(page);
      assert.deepEqual(await page.evaluate(overlaid), [], `${lang} ${width}`);
      if (width === 390) await page.screenshot({ path: join(SCREENSHOTS, `table-phone-${lang}.png`), fullPage: true });
    }
  await close();
});

test('the list says what failed where it is seen, and shows it; the counts stay those of all patients', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [
    photo('P1_OD_sick.jpg', 1),
    photo('P2_OD_clear.jpg', 2),
    broken('P3_OD.jpg'),
    file('P4_OD.jpg', BAD[1][1]),
  ]);
  await finished(page, 4);
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 4);
  const failed = '[data-testid=rail-failed]';
  const shown = () => page.locator('#rail').evaluate((rail) => rail.innerText);
  assert.match(await shown(), /Not possible: 2/);
  const counts = () => page.locator('.rail-counts .count').allTextContents();
  await page.waitForFunction(() => /: 1/.test(document.querySelector('.rail [data-answer=refer]').textContent));
  const all = ['Refer: 1', 'Unclear: 0', 'Repeat: 2', 'No finding: 1'];
  await page.waitForFunction(() => /: 2/.test(document.querySelector('.rail [data-answer=repeat]').textContent));
  await becomes(async () => (await counts()).toSorted(), all.toSorted());
  assert.match(await shown(), /^Patients: 4$/m, 'each of them has an answer');
  await page.screenshot({ path: join(SCREENSHOTS, 'rail-failed.png') });

  await page.click(failed);
  await becomes(async () => (await listed(page)).map(([title]) => title).sort(), ['P3', 'P4']);
  await page.click(failed);
  await becomes(async () => (await listed(page)).length, 4);

  await page.fill('[data-testid=rail-search]', 'p2');
  await becomes(() => listed(page), [['P2', 'No finding']]);
  await becomes(async () => (await counts()).toSorted(), all.toSorted());
  assert.doesNotMatch(await shown(), /Nothing matches/);
  await page.fill('[data-testid=rail-search]', 'nobody');
  await becomes(() => listed(page), []);
  assert.match(await shown(), /Nothing matches\./);
  await becomes(async () => (await counts()).toSorted(), all.toSorted());
  await page.screenshot({ path: join(SCREENSHOTS, 'rail-none.png') });
  await page.fill('[data-testid=rail-search]', '');

  // on a phone list and search unfold
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => !document.querySelector('.rail-list').checkVisibility());
  assert.match(await shown(), /Not possible: 2/);
  await page.click(failed);
  await page.waitForSelector('.rail-list:visible');
  await page.screenshot({ path: join(SCREENSHOTS, 'rail-failed-phone.png') });
  await becomes(async () => (await listed(page)).map(([title]) => title).sort(), ['P3', 'P4']);
  await close();
});

test('a patient of whom one eye could not be read is no "no finding": said in list, case and paper; the other eye opens', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P1_OD_clear.jpg', 1),
    broken('P1_OS.jpg'),
    photo('P2_OD_clear.jpg', 2),
    photo('P2_OS_clear.jpg', 3),
    photo('P3_OD_sick.jpg', 4),
    broken('P3_OS.jpg'),
    photo('P4_OD_clear.jpg', 5),
    broken('P4_OD.jpg'),
  ]);
  await finished(page, 8);
  await idle(page);
  const answers = async () => Object.fromEntries(await listed(page));
  const wanted = { P1: 'Repeat', P2: 'No finding', P3: 'Refer', P4: 'No finding' };
  await page.waitForFunction(() => /: 2$/.test(document.querySelector('.rail [data-answer=no-finding]').textContent));
  await becomes(answers, wanted, 'another photograph of the same eye may answer for it');
  await says(page, '.rail [data-answer=repeat]', 'Repeat: 1');
  const row = page.locator('.rail tbody .open', { hasText: 'P1' });
  assert.match(await row.textContent(), /OD right, OS left: Not possible/);
  await row.click();
  await shows(page, 'P1_OD_clear.jpg');
  await page.waitForSelector('[data-testid=other-unread]:visible');
  const said = '[data-testid=other-unread]';
  assert.match(await page.textContent(said), /^Left eye \(OS\): .*P1_OS\.jpg.*incomplete/);
  const leads = async (patient, own, toDo) => {
    await page.waitForFunction((text) => document.querySelector('#for-patient').textContent === text, patient);
    assert.equal(await page.textContent('#summary'), own);
    await page.waitForFunction(
      (source) => new RegExp(source).test(document.querySelector('#to-do').textContent),
      toDo.source,
    );
  };
  const repeat = 'For this patient: Repeat the photograph';
  const clear = 'No finding by this test';
  await leads(
    repeat,
    `This photograph: ${clear}`,
    /^Left eye \(OS\): A photograph could not be used: copy its file again/,
  );
  await page.selectOption('#language', 'fr');
  await page.waitForFunction(() => /^Pour ce patient/.test(document.querySelector('#for-patient').textContent));
  await page.selectOption('#language', 'en');
  await leads(repeat, `This photograph: ${clear}`, /^Left eye \(OS\): A photograph could not be used/);
  await page.screenshot({ path: join(SCREENSHOTS, 'other-unread.png') });
  assert.match(
    await printed(page, 'case', '.sheet-answer'),
    /a file could not be used.*Left eye \(OS\): A photograph could not/s,
  );
  await page.click('[data-testid=rail-failed]');
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await page.waitForSelector('#answer[data-answer=failed]');
  await page.waitForSelector(said, { state: 'hidden' });
  assert.equal(await page.textContent('#for-patient'), repeat);
  await page.click('[data-testid=rail-failed]');
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OD_clear.jpg');
  await page.waitForSelector(`${said}:visible`);
  await page.locator('.rail tbody .open', { hasText: 'P2' }).click();
  await shows(page, 'P2_OD_clear.jpg');
  assert.ok(await page.isHidden(said));
  await leads('', clear, /^Nothing to do by this test/);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => window.innerWidth === 390);
  await page.click('[data-testid=rail-toggle]');
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OD_clear.jpg');
  await page.waitForSelector(`${said}:visible`);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  await page.screenshot({ path: join(SCREENSHOTS, 'other-unread-phone.png') });
  await close();
});

test('a patient whose only photograph cannot be read: Repeat, and by when, in list, case, table and on paper', async () => {
  const { page, close } = await site.open({ path: '#lang=en', viewport: { width: 1280, height: 800 } }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P1_OD_clear.jpg', 1),
    photo('P2_OD_sick.jpg', 2),
    broken('P2_OS.jpg'),
    photo('P3_OD_clear.jpg', 3),
    broken('P3_OD.jpg'),
    broken('Q_OD.jpg'),
    file('R_OD.jpg', BAD[1][1]),
  ]);
  await finished(page, 7);
  await idle(page);
  await page.waitForFunction(() => /: 2$/.test(document.querySelector('.rail [data-answer=repeat]').textContent));
  await says(page, '#rail-title', /^Patients: 5$/);
  const wanted = { P2: 'Refer', Q: 'Repeat', R: 'Repeat', P1: 'No finding', P3: 'No finding' };
  await becomes(async () => Object.fromEntries(await listed(page)), wanted);
  await page.click('.rail [data-answer=repeat]');
  await becomes(async () => (await listed(page)).map(([title]) => title).sort(), ['Q', 'R']);
  const row = page.locator('.rail tbody .open', { hasText: 'Q' });
  assert.match(await row.textContent(), /Repeat · Not possible · Do so within 1 month\. · OD right/);
  await row.click();
  await page.waitForSelector('#answer[data-answer=failed]');
  const repeat = 'For this patient: Repeat the photograph';
  await page.waitForFunction((said) => document.querySelector('#for-patient').textContent === said, repeat);
  await says(page, '#summary', 'A damaged photograph');
  const toDo = await page.textContent('#to-do');
  assert.match(toDo, /^Copy or export it again\. Right eye \(OD\): A photograph could not .* within 1 month\.$/);
  await page.screenshot({ path: join(SCREENSHOTS, 'only-unread.png') });
  await page.click('[data-testid=rail-failed]');
  await becomes(async () => Object.fromEntries(await listed(page)), {
    P2: 'A damaged photograph',
    P3: 'A damaged photograph',
    Q: 'Repeat',
    R: 'Repeat',
  });
  await page.click('#to-batch');
  const filter = '[data-testid=batch-filter]';
  await page.waitForFunction(
    (s) => document.querySelector(`${s} option[value="answer:repeat"]`).textContent === 'Repeat the photograph (0)',
    filter,
  );
  const cell = page.locator('.photographs tr', { hasText: 'Q_OD.jpg' }).locator('.c-error');
  assert.match(await cell.textContent(), /A damaged photograph.*Patient: Repeat.*within 1 month\..*again\.$/s);
  const clear = page.locator('.photographs tr', { hasText: 'P3_OD.jpg' }).locator('.c-error');
  assert.doesNotMatch(await clear.textContent(), /No finding/, 'nothing beside it reassures');
  await page.screenshot({ path: join(SCREENSHOTS, 'only-unread-table.png') });
  const heading = await page.textContent('[data-testid=batch-left]');
  assert.match(heading, /Not possible: 4/);
  assert.doesNotMatch(heading, /Repeat/, 'the filter counts as the heading does');
  await page.selectOption(filter, 'failed');
  const names = () => page.locator('.photographs .open bdi.line').allTextContents();
  const failed = ['P2_OS.jpg', 'P3_OD.jpg', 'Q_OD.jpg', 'R_OD.jpg'];
  await becomes(async () => (await names()).toSorted(), failed);
  const text = await printed(page, 'batch', '.sheet-print .not-screened');
  assert.match(text, /Q_OD\.jpg.*For this patient: Repeat the photograph\..*within 1 month\./s);
  assert.equal(text.match(/Repeat the photograph/g).length, 2);
  await close();
});

test('a message takes its place without moving what one is about to click on, nor does what failed move the list', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P2_OD_clear.jpg', 2)]);
  await finished(page, 2);
  await shows(page, 'P1_OD_sick.jpg');
  const places = (selectors) =>
    page.evaluate(
      (all) =>
        all.map((s) => {
          const { left, top } = document.querySelector(s).getBoundingClientRect();
          return [s, Math.round(left), Math.round(top)];
        }),
      selectors,
    );
  const list = ['.rail tbody .open', '[data-testid=batch-next]', '.rail-counts .refer', '[data-testid=rail-search]'];
  for (const [i, viewport] of [
    { width: 1280, height: 900 },
    { width: 390, height: 844 },
  ].entries()) {
    await page.setViewportSize(viewport);
    await page.waitForFunction((width) => window.innerWidth === width, viewport.width);
    const own = i === 0 ? [...list, '#summary', '#controls'] : ['[data-testid=batch-next]', '#summary', '#controls'];
    const before = await places(own);
    // one that is broken, alone: said, and what was there stays there
    await page.setInputFiles('#file', broken('P9_OD.jpg'));
    await page.waitForSelector('#error:not([hidden])');
    await finished(page, 3);
    await settled(page);
    assert.deepEqual(await places(own), before, `${viewport.width}: said`);
    const box = await page.locator('#error').boundingBox();
    assert.ok(box.x >= 0 && box.y > 0 && box.x + box.width <= viewport.width && box.y + box.height <= viewport.height);
    await page.screenshot({ path: join(SCREENSHOTS, `message-${viewport.width}.png`) });
    await page.click('#error-close');
    await page.waitForSelector('#error', { state: 'hidden' });
    assert.deepEqual(await places(own), before, `${viewport.width}: dismissed`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.waitForFunction(() => window.innerWidth === 1280);
  const before = await places(list);
  // of the list: counted, and opened
  await page.setInputFiles('#file', [broken('P3_OD.jpg'), file('P4_OD.jpg', BAD[1][1]), file('P5_OD.jpg', BAD[4][1])]);
  await finished(page, 6);
  await page.waitForSelector('[data-testid=rail-failed]:visible');
  assert.deepEqual(await places(list), before, 'what failed is counted');
  await page.locator('.rail tbody .open', { hasText: 'P3' }).click();
  await page.waitForFunction(() => document.querySelector('.rail [aria-current] bdi')?.textContent === 'P3');
  await page.waitForFunction(() => /incomplete/.test(document.querySelector('main').innerText));
  await page.waitForFunction(() => document.querySelector('#busy').hidden);
  assert.deepEqual(await places(list), before, 'one that failed is opened');
  await close();
});

test('a broken file beside a case whose layers are still to come: it is said, and the case goes on', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), broken('P2_OD.jpg'), broken('P3_OD.jpg')]);
  await finished(page, 3);
  await shows(page, 'P1_OD_sick.jpg');
  // nothing that was shown before can take its place
  await page.locator('.rail tbody .open', { hasText: 'P2' }).click();
  await page.waitForSelector('#answer[data-answer=failed]');
  await settled(page);
  await page.setInputFiles('#file', broken('P9_OD.jpg'));
  await page.waitForSelector('#error[data-code=damaged]:not([hidden])');
  await settled(page);
  assert.match(await page.textContent('#whose'), /^P2/, 'what stood there stays');
  assert.ok(await page.isHidden('#start'));
  await page.click('#error-close');

  await page.evaluate(() => {
    window.vmnetLast = undefined;
  });
  const [{ name, buffer }] = [broken('P9_OD.jpg')];
  const first = page.locator('.rail tbody .open', { hasText: 'P1' });
  const interrupted = await first.evaluate(
    async (row, [title, text]) => {
      row.click();
      const seen = () => document.querySelector('#answer').dataset.answer === 'refer';
      while (!seen()) await new Promise(requestAnimationFrame);
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], title));
      const input = document.querySelector('#file');
      input.files = data.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      return window.vmnetLast === undefined;
    },
    [name, buffer.toString('base64')],
  );
  assert.ok(interrupted, 'its layers were still to come');
  await page.waitForSelector('#error[data-code=damaged]:not([hidden])');
  await shows(page, 'P1_OD_sick.jpg');
  assert.ok(await page.isHidden('#start'));
  assert.ok(await page.isVisible('#results'));
  assert.match(await page.textContent('#error-input'), /P9_OD/, 'and still says so');
  await close();
});

test('a patient of whom one eye alone was photographed: "no finding" says so in case, list and on paper', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', photo('P1_OS_clear.jpg', 1)); // the sample is a left eye
  await shows(page, 'P1_OS_clear.jpg');
  const toDo = (source) =>
    page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector('#to-do').textContent), source);
  await toDo('^Nothing to do .* The right eye was not photographed\\.$');
  assert.equal(await page.textContent('#summary'), 'No finding by this test');
  assert.equal(await page.textContent('#for-patient'), '');
  await page.screenshot({ path: join(SCREENSHOTS, 'unseen.png') });
  assert.match(
    await printed(page, 'case', '.sheet-answer'),
    /^For this patient: No finding by this test\s*The right eye was not photographed\./,
  );
  await page.selectOption('#language', 'fr');
  await toDo('L’œil droit n’a pas été photographié\\.$');
  await page.selectOption('#language', 'en');
  await page.setInputFiles('#file', photo('P2_OS_clear.jpg', 2));
  await finished(page, 2);
  const hints = () =>
    page
      .locator('.rail tbody .says')
      .evaluateAll((all) => all.map((says) => says.title.includes('The right eye was not')));
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody .says').length === 2);
  await becomes(hints, [true, true]);
  await page.setInputFiles('#file', photo('P2_OD_clear.jpg', 3));
  await shows(page, 'P2_OD_clear.jpg');
  await toDo('all the same\\.$');
  await finished(page, 3);
  await becomes(hints, [true, false]);
  await close();
});

test('photographs one by one: one that cannot be read is of the list, also where it came first, as in a folder', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  const refused = async (what, code = 'damaged') => {
    await page.setInputFiles('#file', what);
    await page.waitForSelector(`#error[data-code=${code}]:not([hidden])`);
    await settled(page);
  };
  const leads = (text) =>
    page.waitForFunction((wanted) => document.querySelector('#for-patient').textContent === wanted, text);
  // the first of all: the box alone, and again for another patient
  await refused(broken('Eva_OS.jpg'));
  assert.ok(await page.isVisible('#start'), 'there is no list yet');
  await page.setInputFiles('#file', photo('Ida_OD_clear.jpg', 1));
  await shows(page, 'Ida_OD_clear.jpg');
  assert.ok(await page.isHidden('#rail'), 'nothing of what could not be read is hers');
  // his other eye
  await page.setInputFiles('#file', photo('Eva_OD_clear.jpg', 2));
  await shows(page, 'Eva_OD_clear.jpg');
  await leads('For this patient: Repeat the photograph');
  await page.waitForSelector('[data-testid=other-unread]:visible');
  assert.match(await page.textContent('[data-testid=other-unread]'), /^Left eye \(OS\): .*Eva_OS\.jpg/);
  await finished(page, 3);
  await becomes(
    () => listed(page),
    [
      ['Eva', 'Repeat'],
      ['Ida', 'No finding'],
    ],
  );
  // beside what is there already, by whatever way, once
  for (let i = 0; i < 2; i++) {
    await refused(broken('Ida_OS.jpg'));
    await finished(page, 4);
  }
  assert.equal(await page.evaluate(() => window.vmnetLast.report.image.name), 'Eva_OD_clear.jpg', 'what was looked at');
  await page.evaluate(
    ([name, text]) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], name));
      dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    },
    ['Ada_OD.png', BAD[1][1].toString('base64')],
  );
  await finished(page, 5);
  await becomes(async () => Object.fromEntries(await listed(page)), { Ada: 'Repeat', Eva: 'Repeat', Ida: 'Repeat' });
  await says(page, '[data-testid=rail-failed]', 'Not possible: 3');
  assert.match(await printed(page, 'case', '.sheet-answer'), /For this patient: Repeat.*Left eye \(OS\)/s);
  await close();
});

/** Layout shifts from now on. @param {import('playwright-core').Page} page @returns {Promise<() => Promise<{ sum: number, told: string }>>} */
async function shifts(page) {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))); // what came before is drawn
    window.shifted = [];
    window.shiftObserver?.disconnect();
    window.shiftObserver = new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries())
        window.shifted.push([value, ...sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
    });
    window.shiftObserver.observe({ type: 'layout-shift' });
  });
  return () =>
    page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const all = window.shifted;
      return { sum: all.reduce((sum, [value]) => sum + value, 0), told: all.map((one) => one.join(' ')).join('\n') };
    });
}

test('the page keeps its shape: one broken file beside two eyes, and on a phone how far it is', async () => {
  const { page, close } = await site.open({ path: '#lang=en', viewport: { width: 1920, height: 1080 } }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P1_OS_clear.jpg', 2)]);
  await finished(page, 2);
  await shows(page, 'P1_OD_sick.jpg');
  await page.waitForSelector('#pane-beside:not([hidden])');
  await page.waitForFunction(() => /Left eye/.test(document.querySelector('[data-testid=other-eye]').textContent));
  let seen = await shifts(page);
  await page.setInputFiles('#file', broken('P9_OD.jpg'));
  await page.waitForSelector('#error:not([hidden])');
  await finished(page, 3);
  await settled(page);
  let { sum, told } = await seen();
  assert.ok(sum < 0.01, `${sum}\n${told}`);
  assert.ok(await page.isVisible('#pane-beside'), 'the other eye stays');
  await page.click('#error-close');

  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => window.innerWidth === 390);
  await page.evaluate(() => scrollTo(0, 0));
  const place = () => page.evaluate(() => Math.round(document.querySelector('#answer').getBoundingClientRect().top));
  const before = await place();
  seen = await shifts(page);
  await page.setInputFiles('#file', [photo('P2_OD_clear.jpg', 3), photo('P3_OD_clear.jpg', 4)]);
  await page.waitForFunction(() => /^Screening/.test(document.querySelector('#rail-progress').textContent));
  assert.equal(await place(), before);
  await finished(page, 5);
  await idle(page);
  assert.equal(await place(), before);
  ({ sum, told } = await seen());
  assert.ok(sum < 0.05, `${sum}\n${told}`);
  assert.match(await page.textContent('[data-testid=rail-toggle]'), /^Patients: 4/);

  // four counts in a line, or two and two
  for (const lang of await page.locator('#language option').evaluateAll((all) => all.map(({ value }) => value))) {
    await page.selectOption('#language', lang);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    const tops = await page
      .locator('.rail-counts .count')
      .evaluateAll((all) => all.map((count) => Math.round(count.getBoundingClientRect().top)));
    const rows = [...new Set(tops)].map((top) => tops.filter((other) => other === top).length);
    assert.ok(rows.length === 1 || (rows.length === 2 && rows[0] === 2), `${lang}: ${rows}`);
    await page.screenshot({ path: join(SCREENSHOTS, `rail-counts-phone-${lang}.png`) });
  }
  await close();
});

test('the Save menu leaves its button free; what was saved of one patient is not said beside the next', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P2_OD_clear.jpg', 2)]);
  await finished(page, 2);
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 2);
  await page.click('.rail tbody .open');
  await shows(page, 'P1_OD_sick.jpg');
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 1280, height: 640 },
    { width: 390, height: 844 },
    { width: 390, height: 600 },
  ])
    for (const block of ['start', 'center', 'end']) {
      await page.setViewportSize(viewport);
      await page
        .locator('[data-testid=case-save]')
        .evaluate((button, where) => button.scrollIntoView({ block: where }), block);
      await page.locator('[data-testid=case-save]').evaluate((button) => button.click());
      await page.waitForSelector('#case-save-menu:popover-open');
      const boxes = await page.evaluate(() =>
        ['[data-testid=case-save]', '#case-save-menu', '#stage'].map((s) =>
          document.querySelector(s).getBoundingClientRect().toJSON(),
        ),
      );
      const [button, menu, picture] = boxes;
      const apart =
        menu.top >= button.bottom ||
        menu.bottom <= button.top ||
        menu.left >= button.right ||
        menu.right <= button.left;
      const where = `${viewport.width} x ${viewport.height}, ${block}: ${JSON.stringify(boxes)}`;
      assert.ok(apart, where);
      assert.ok(
        menu.top >= 0 && menu.bottom <= viewport.height && menu.left >= 0 && menu.right <= viewport.width,
        where,
      );
      assert.ok(menu.height > 150, where);
      if (viewport.width === 1280 && viewport.height === 900)
        assert.ok(menu.left >= picture.right || menu.top >= picture.bottom || menu.bottom <= picture.top, where);
      if (block === 'center')
        await page.screenshot({ path: join(SCREENSHOTS, `save-menu-${viewport.width}-${viewport.height}.png`) });
      await page.click('[data-testid=case-save]'); // a second click closes it
      await page.waitForSelector('#case-save-menu', { state: 'hidden' });
    }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.click('[data-testid=case-save]');
  await Promise.all([page.waitForEvent('download'), page.click('#case-save-menu [data-export=csv]')]);
  await page.waitForFunction(() =>
    /^P1-results-[0-9-]+\.csv/.test(document.querySelector('#case-export-text').textContent),
  );
  await page.click('[data-testid=batch-next]');
  await shows(page, 'P2_OD_clear.jpg');
  await page.waitForFunction(() => document.querySelector('.rail [aria-current] bdi').textContent === 'P2');
  assert.equal(await page.textContent('#case-export-text'), '');
  await close();
});

/** Screening for the case waits while the page is told to hold it. @param {import('playwright-core').Page} page */
const withHold = (page) =>
  changeModule(page, 'web/page/case/case.js', 'photo.result = await', 'await window.held;\n  photo.result = await');
const hold = (page) =>
  page.evaluate(() => {
    window.held = new Promise((go) => {
      window.release = go;
    });
  });
const release = (page) => page.evaluate(() => window.release());

test('until the layers of the next case are there, nothing of the one before is read, changed or saved beside it', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, async (opened) => {
    await withAnswers(opened);
    await withHold(opened);
  });
  page.on('dialog', (dialog) => dialog.accept());
  const saved = [];
  page.on('download', (download) => saved.push(download.suggestedFilename()));
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P2_OS_clear.jpg', 2)]);
  await finished(page, 2);
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OD_sick.jpg');
  await page.click('#numbers summary');
  const facts = () => page.textContent('#facts');
  const hash = () => page.evaluate(() => window.vmnetLast.report.image.sha256);
  const before = await hash();
  assert.ok((await facts()).includes(before));

  await hold(page);
  await page.locator('.rail tbody .open', { hasText: 'P2' }).click();
  await page.waitForFunction(() => document.querySelector('#whose').textContent.startsWith('P2'));
  assert.equal(await hash(), before, 'its layers are still to come');
  assert.ok(!(await facts()).includes(before), 'facts of the one before');
  assert.match(await facts(), /[0-9a-f]{64}/, 'its own stand there');
  assert.equal(await page.inputValue('#eye'), 'OS');
  assert.match(await page.getAttribute('#eye', 'aria-label'), /P2_OS_clear/);
  const off = page.locator('#results :is([data-download], [data-action=explain])');
  assert.deepEqual(await off.evaluateAll((all) => all.map(({ disabled }) => disabled)), Array(5).fill(true));
  await off.evaluateAll((all) => {
    for (const button of all) button.click();
  });
  // a correction is of the eye that is to be seen
  await page.selectOption('#eye', 'OD');
  await says(page, '#whose', /^P2 · right eye/);

  await release(page);
  await shows(page, 'P2_OS_clear.jpg');
  assert.ok((await facts()).includes(await hash()));
  assert.ok(await page.isEnabled('[data-download=report]'));
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OD_sick.jpg');
  await says(page, '#whose', /^P1 · right eye/);
  assert.equal(await page.inputValue('#eye'), 'OD');
  await page.locator('.rail tbody .open', { hasText: 'P2' }).click();
  await shows(page, 'P2_OS_clear.jpg');
  assert.equal(await page.inputValue('#eye'), 'OD', 'as it was corrected');
  assert.deepEqual(saved, []);
  await close();
});

test('a row whose photograph comes late does not take the place of one that was given since', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, async (opened) => {
    await withAnswers(opened);
    await changeModule(
      opened,
      'web/page/save/keeper.js',
      'async fileOf(entry) {',
      'async fileOf(entry) { await window.held;',
    );
  });
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [photo('P1_OD_sick.jpg', 1), photo('P2_OS_clear.jpg', 2)]);
  await finished(page, 2);
  await shows(page, 'P1_OD_sick.jpg');
  await hold(page);
  await page.locator('.rail tbody .open', { hasText: 'P2' }).click();
  const { name, buffer } = photo('P3_OD_vague.jpg', 3);
  const begun = await page.evaluate(
    ([title, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], title));
      const input = document.querySelector('#file');
      input.files = data.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      return [!document.querySelector('#busy').hidden, document.querySelector('#busy-text').textContent];
    },
    [name, buffer.toString('base64')],
  );
  assert.deepEqual(begun, [true, 'Opening P3_OD_vague.jpg'], 'it is said at once');
  await shows(page, 'P3_OD_vague.jpg');
  await release(page);
  await frames(page);
  await settled(page);
  assert.match(await page.textContent('#whose'), /^P3/);
  assert.equal(await page.evaluate(() => window.vmnetLast.report.image.name), 'P3_OD_vague.jpg');
  await close();
});

/** A person decides otherwise about the photograph that is looked at. */
async function decides(page, answer) {
  await page.click('[data-testid=override-open]');
  await page.check(`.override-dialog input[value=${answer}]`);
  await page.fill('#override-who', 'Ana');
  await page.click('[data-testid=override-keep]');
  await page.waitForSelector('[data-testid=override-said]:not([hidden])');
}

test('what a person decided about one eye is not said of the patient until the other eye has it as well', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [photo('P1_OD_vague.jpg', 1), photo('P1_OS_sick.jpg', 2)]);
  await finished(page, 2);
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OS_sick.jpg');
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OD_vague.jpg');
  const says = (text) =>
    page.waitForFunction((wanted) => document.querySelector('.rail .decided')?.textContent === wanted, text);
  await decides(page, 'no-finding');
  await says('OD decided: No finding');
  await page.screenshot({ path: join(SCREENSHOTS, 'decided-one-eye.png') });
  await page.click('[data-testid=other-eye]');
  await shows(page, 'P1_OS_sick.jpg');
  await decides(page, 'refer');
  await says('OS decided: Refer, OD decided: No finding');
  await decides(page, 'no-finding');
  await says('Decided: No finding');
  // of one eye alone its row says it without the eye
  await page.click('[data-testid=override-remove]');
  await says('OD decided: No finding');
  await page.click('#to-batch');
  await page.click('#batch-tab-eyes');
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-testid=batch-eyes] .decided')].some(
      (e) => e.textContent === 'Decided: No finding',
    ),
  );
  await close();
});

test('layers that are wished for and still to come are said to be, under each picture, until they are drawn', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, async (opened) => {
    await withAnswers(opened);
    await withHold(opened);
  });
  page.on('dialog', (dialog) => dialog.accept());
  await page.setInputFiles('#file', [photo('P1_OD_vague.jpg', 1), photo('P1_OS_sick.jpg', 2)]);
  await finished(page, 2);
  await page.locator('.rail tbody .open', { hasText: 'P1' }).click();
  await shows(page, 'P1_OS_sick.jpg');
  await page.click('#vessels-on');
  await page.waitForFunction(
    () => [...document.querySelectorAll('.legend .swatch.vessel')].filter((e) => e.checkVisibility()).length === 2,
  );
  await hold(page);
  await page.click('[data-testid=other-eye]');
  await page.waitForFunction(() => document.querySelector('#whose').textContent.includes('right eye'));
  const coming = 'Layers are being computed';
  await page.waitForFunction(
    (text) => [...document.querySelectorAll('.legend')].every((e) => e.innerText.trim() === text),
    coming,
  );
  await page.screenshot({ path: join(SCREENSHOTS, 'layers-coming.png') });
  await release(page);
  await shows(page, 'P1_OD_vague.jpg');
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.legend')].every(
      (e) => /^Vessels/.test(e.innerText.trim()) && !/computed/.test(e.innerText),
    ),
  );
  await hold(page);
  await page.click('#vessels-on');
  await page.click('[data-testid=other-eye]');
  await page.waitForFunction(() => document.querySelector('#whose').textContent.includes('left eye'));
  assert.deepEqual(await legends(page), ['', ''], 'nothing is wished for');
  await release(page);
  await shows(page, 'P1_OS_sick.jpg');
  await close();
});

/** A change of the photograph's row in the table, as a person makes it. */
async function asPatient(page, name, patient) {
  await page.click('#to-batch');
  const field = page.locator(`[data-part=patient][aria-label*="${name}"]`);
  await field.fill(patient);
  await field.press('Enter');
  const one = page.locator('[data-testid=choose-one], [data-testid=confirm]'); // of several of a patient, or as somebody else is
  if ((await one.count()) > 0) await one.click();
  await page.click('#to-screen');
}

test("the eye beside goes as soon as it is another patient's or the same eye, and comes back with him", async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  await page.setInputFiles('#file', [
    photo('P1_OD_clear.jpg', 1),
    photo('P1_OS_sick.jpg', 2),
    photo('P2_OD_vague.jpg', 3),
  ]);
  await finished(page, 3);
  await shows(page, 'P1_OD_clear.jpg');
  const beside = page.locator('#pane-beside');
  const button = page.locator('[data-testid=other-eye]');
  await button.filter({ hasText: 'Left eye (OS): Refer' }).waitFor();
  const pixels = () => page.evaluate(() => document.querySelector('#stage-beside canvas').toDataURL());
  const before = await pixels();
  const row = page.locator('.rail tbody .open', { has: page.locator('bdi', { hasText: /^P1$/ }) });
  await row.filter({ hasText: /^P1Refer · .*OD right, OS left$/ }).waitFor(); // whichever is the more urgent
  await asPatient(page, 'P2_OD_vague', 'P3');
  await page.waitForFunction(() => /P3/.test(document.querySelector('.rail').textContent));
  assert.equal(await pixels(), before, 'what has nothing to do with it moves nothing');

  await asPatient(page, 'P1_OS_sick', 'P9');
  await beside.waitFor({ state: 'hidden' });
  assert.ok(await page.evaluate(() => !document.querySelector('#eyes').classList.contains('both')));
  await says(page, '#whose', /^P1 · right eye/);
  await asPatient(page, 'P1_OS_sick', 'P1');
  await button.filter({ hasText: 'Left eye (OS): Refer' }).waitFor();
  assert.ok(await beside.isVisible());

  // said to be the same eye, it is no other eye
  await page.click('#numbers summary');
  await page.selectOption('#eye', 'OS');
  await beside.waitFor({ state: 'hidden' });
  await page.selectOption('#eye', 'OD');
  await button.filter({ hasText: 'Left eye (OS): Refer' }).waitFor();
  await page.selectOption('#language', 'fr');
  await button.filter({ hasText: /\)\s: / }).waitFor();
  await page.selectOption('#language', 'zh');
  await button.filter({ hasText: /（OS）：/ }).waitFor();
  await row.filter({ hasText: 'OD 右，OS 左' }).waitFor();
  await close();
});

test('a file that cannot be read leaves no empty place beside the other eye, and is said once', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await loaded(page);
  await page.evaluate(() => {
    window.toasts = [];
    const box = document.querySelector('#error');
    new MutationObserver(() => {
      if (!box.hidden) window.toasts.push(box.textContent);
    }).observe(box, { attributes: true, childList: true, subtree: true });
  });
  await page.setInputFiles('#file', [photo('P1_OD_clear.jpg', 1), broken('P1_OS.jpg'), photo('P2_OD_vague.jpg', 3)]);
  await finished(page, 3);
  await shows(page, 'P1_OD_clear.jpg');
  await page.waitForSelector('[data-testid=other-unread]:not([hidden])');
  await page.waitForSelector('#pane-beside', { state: 'hidden' });
  assert.ok(await page.evaluate(() => !document.querySelector('#eyes').classList.contains('both')));
  assert.deepEqual(await page.evaluate(() => window.toasts), [], 'the strip says it');
  const strip = page.locator('[data-testid=other-unread]');
  await page.selectOption('#language', 'zh');
  await strip.filter({ hasText: 'P1_OS.jpg：' }).waitFor();
  await page.selectOption('#language', 'fr');
  await strip.filter({ hasText: /P1_OS\.jpg\s: / }).waitFor();
  await close();
});
