/** The grade of diabetic retinopathy on the page: beside the finding alone, with what it is worth, and nothing that reassures. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import ar from '../../web/page/words/ar.js';
import { withAnswers } from './answers.mjs';
import { atPoint, settled, siteForAll } from './browser.mjs';
import { pdfText } from './pdf.mjs';
import { file, sample } from './pictures.mjs';

const site = siteForAll();

/** The sample under another name, each another file: with another byte in its comment. */
const photo = (name, number) =>
  file(name, Buffer.concat([sample.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 4, number, 1]), sample.subarray(2)]));

/** @param {import('playwright-core').Page} page @param {string} name of ANSWERS */
async function answer(page, name) {
  await page.setInputFiles('#file', file(`${name}.jpg`, sample));
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, `${name}.jpg`);
  await settled(page);
}

test('in the row of the finding, with what it is worth; where finding and grade disagree, that; else nothing', async () => {
  const { page, close } = await site.open({}, withAnswers);
  const line = page.locator('[data-testid=grade]');
  const facts = page.locator('[data-testid=grade-facts]');
  const about = page.locator('#about-diabetic-retinopathy');
  for (const [name, said] of [
    ['severe', 'Grade: 3, severe · From one photograph; it may be off by one or more.'],
    ['mild', 'Grade: 1, mild · From one photograph; it may be off by one or more.'],
    ['contrary', 'No grade can be told: finding and grade speak against one another.'],
  ]) {
    await answer(page, name);
    assert.equal(await line.textContent(), said);
    assert.equal(await page.locator('#diseases [data-id=diabetic-retinopathy] [data-testid=grade]').count(), 1);
    assert.match(
      await about.textContent(),
      /International Clinical .*a part of the retina.*one or more.*not rest on it/,
    );
    assert.equal(await facts.locator('tr').count(), 4);
  }
  await answer(page, 'severe');
  assert.ok((await about.isHidden()) && (await facts.isHidden()), 'behind the i, and among the numbers');
  await page.click('[data-about=diabetic-retinopathy]');
  await page.click('#numbers summary');
  assert.ok((await about.isVisible()) && (await facts.isVisible()));
  assert.deepEqual(await facts.locator('tr').allTextContents(), [
    ...['at least 1, mild98%', 'at least 2, moderate93%', 'at least 3, severe71%', 'at least 4, proliferative12%'],
  ]);
  for (const name of ['sick', 'vague', 'dark', 'cloudy', 'clear']) {
    await answer(page, name);
    assert.deepEqual([await line.count(), await facts.count()], [0, 0], name);
    assert.doesNotMatch(await page.textContent('#results'), /\b[Gg]rade\b/, name);
  }
  await close();
});

test('beside an answer that does not name the finding there is no grade: by the rules in use', async () => {
  const { page, close } = await site.open({}, withAnswers);
  await answer(page, 'strict');
  const line = page.locator('[data-testid=grade]');
  assert.match(await line.textContent(), /^Grade: 2, moderate/);
  await atPoint(page, 'specific');
  assert.equal(await line.count(), 0);
  await atPoint(page, 'balanced');
  assert.equal(await line.count(), 1);
  await close();
});

test('the table names it with the finding, of an eye the worst; grade 3 and 4 go first of what is referred', async () => {
  const { page, close } = await site.open({}, withAnswers);
  await page.click('#to-batch');
  await page.setInputFiles('[data-testid=batch-file]', [
    photo('P1_OD_strict.jpg', 1),
    photo('P2_OD_strict.jpg', 2),
    photo('P2_OD_severe.jpg', 3),
    photo('P3_OD_cloudy.jpg', 4),
    photo('P0_OD_clear.jpg', 5),
  ]);
  const done = () => document.querySelectorAll('.photographs tbody .answer').length === 5;
  await page.waitForFunction(done);
  const notes = () => page.locator('.photographs tbody .reason .two').allTextContents();
  const [first, ...others] = await notes();
  assert.equal(first, 'diabetic retinopathy (severe)');
  assert.equal(others.filter((note) => note === 'diabetic retinopathy (moderate)').length, 2);
  assert.deepEqual(
    others.filter((note) => /clear|normal/.test(note)),
    [],
  );
  await page.click('#batch-tab-eyes');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=batch-eyes] tbody .answer').length === 4);
  const eyes = await page
    .locator('[data-testid=batch-eyes] tbody tr:not(.gap)')
    .evaluateAll((rows) =>
      rows.map((row) => [row.querySelector('bdi')?.textContent, row.querySelector('.reason .two')?.textContent]),
    );
  assert.deepEqual(eyes[0], ['P2', 'diabetic retinopathy (severe)'], 'the worse of two photographs');
  await page.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.click('[data-testid=batch-save]');
  await page.click('#batch-save-menu [data-export=print]');
  await page.waitForFunction(() => window.printed);
  const sheets = await page.locator('.sheet-print .sheet').allTextContents();
  const graded = (sheet) => sheet.match(/Grade: \d, \w+, from one photograph; it may be off by one or more\./g) ?? [];
  assert.deepEqual(
    sheets.map((sheet) => graded(sheet).map((line) => line.slice(0, 8))),
    [[], ['Grade: 2'], ['Grade: 3', 'Grade: 2'], []],
    'on paper under each photograph that has one',
  );
  assert.deepEqual(
    sheets.map((sheet) => sheet.includes('International Clinical Diabetic Retinopathy scale')),
    [false, true, true, false],
    'with what the scale is',
  );
  await close();
});

test('two graded eyes on paper are one page, A4 or Letter, in the language of the longest words', async () => {
  const { page, close } = await site.open({ path: '#lang=fr' }, withAnswers);
  await page.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.click('#to-batch');
  await page.setInputFiles('[data-testid=batch-file]', [photo('P1_OD_severe.jpg', 1), photo('P1_OS_strict.jpg', 2)]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 2);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  await page.click('[data-testid=batch-save]');
  await page.click('#batch-save-menu [data-export=print]');
  await page.waitForFunction(() => window.printed);
  for (const format of ['A4', 'Letter']) {
    const { totalPages } = await pdfText(new Uint8Array(await page.pdf({ format })));
    assert.equal(totalPages, 1, format);
  }
  await close();
});

test('in Arabic it reads from the right, in its words', async () => {
  const { page, close } = await site.open({ path: '#lang=ar' }, withAnswers);
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  await answer(page, 'severe');
  const text = await page.textContent('[data-testid=grade]');
  assert.equal(text, `الدرجة: 3، ${ar['grade.3']} · ${ar['grade.one']}`);
  await close();
});
