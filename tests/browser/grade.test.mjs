/** The grade of diabetic retinopathy on the page: beside the finding alone, with what it is worth, and nothing that reassures. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import ar from '../../web/page/words/ar.js';
import en from '../../web/page/words/en-later.js';
import es from '../../web/page/words/es.js';
import fr from '../../web/page/words/fr.js';
import hi from '../../web/page/words/hi.js';
import zh from '../../web/page/words/zh.js';
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

/** Colours in the last two lines of pixels of a text, other than that of the ground. @param {import('playwright-core').Page} page @param {import('playwright-core').Locator} text */
async function inkAtEnd(page, text) {
  await text.scrollIntoViewIfNeeded();
  await page.mouse.move(0, 0);
  const { x, y, width, height } = await text.boundingBox();
  const clip = { x: Math.ceil(x), y: Math.floor(y + height) - 2, width: Math.floor(width), height: 2 };
  const shot = await page.screenshot({ clip });
  return page.evaluate(
    async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      return [...new Set(pixels)].slice(1);
    },
    [...shot],
  );
}

test('in the row of the finding, with what it is worth; where finding and grade disagree, that; else nothing', async () => {
  const { page, close } = await site.open({}, withAnswers);
  const line = page.locator('[data-testid=grade]');
  const facts = page.locator('[data-testid=grade-facts]');
  const about = page.locator('#about-diabetic-retinopathy');
  for (const [name, said] of [
    ['severe', 'Grade: 3, severe · From one photograph; often off by one, up or down.'],
    ['mild', 'Grade: 1, mild · From one photograph; often off by one, up or down.'],
    ['contrary', 'No grade can be told: finding and grade speak against one another.'],
  ]) {
    await answer(page, name);
    assert.equal(await line.textContent(), said);
    assert.equal(await page.locator('#diseases [data-id=diabetic-retinopathy] [data-testid=grade]').count(), 1);
    assert.match(
      await about.textContent(),
      /International Clinical .*a part of the retina.*right of about half.*often taken for one another.*not rest on it/,
    );
    assert.equal(await facts.locator('tr').count(), 4);
    const why = { severe: 'Suspected: diabetic retinopathy (severe).', contrary: 'Suspected: diabetic retinopathy.' };
    const wanted = why[name] ?? 'Almost suspected: diabetic retinopathy (mild).';
    assert.ok((await page.textContent('#why')).includes(wanted), 'and the answer names it with the finding');
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
  const graded = (sheet) => sheet.match(/Grade: \d, \w+, from one photograph; often off by one, up or down\./g) ?? [];
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

test('nothing cuts off the grade in the table, in any language, and of a line of Devanagari that is cut off nothing shows', async () => {
  const { page, close } = await site.open({}, withAnswers);
  await page.click('#to-batch');
  await page.setInputFiles('[data-testid=batch-file]', [photo('P1_OD_worst.jpg', 1), photo('P2_OD_severe.jpg', 2)]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 2);
  const reason = page.locator('.photographs tbody .reason').first();
  const mark = reason.locator('.graded');
  for (const [width, height] of [
    [1280, 900],
    [390, 844],
  ]) {
    await page.setViewportSize({ width, height });
    for (const [lang, words] of Object.entries({ en, es, fr, ar, hi, zh })) {
      await page.selectOption('#language', lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
      const where = `${lang}, ${width}`;
      assert.equal(await mark.textContent(), words['grade.mark'].replace('{grade}', '4'), where);
      const seen = await mark.evaluate((span) => {
        const { top, bottom, left, right } = span.closest('.c-answer').getBoundingClientRect();
        const own = span.getBoundingClientRect();
        const first = span.previousElementSibling.getBoundingClientRect();
        const inside = own.left >= left && own.right <= right && own.top >= top && own.bottom <= bottom;
        return inside && Math.abs(own.bottom - first.bottom) < 4;
      });
      assert.ok(seen, `${where}: beside the answer`);
      if (lang === 'hi')
        assert.deepEqual(await inkAtEnd(page, width > 400 ? reason : reason.locator('.two')), [], where);
    }
  }
  await close();
});

test('beside an earlier visit the grade stands then and now; where one has none, what its answer says', async () => {
  const { page, close } = await site.open({}, withAnswers);
  await page.click('#to-batch');
  const answers = ['strict', 'severe', 'clear', 'contrary'];
  await page.setInputFiles(
    '[data-testid=batch-file]',
    answers.map((name, i) => photo(`P1_OD_${name}.jpg`, i)),
  );
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 4);
  const entries = [];
  for (const name of answers) {
    await page.locator('.photographs .open', { hasText: name }).click();
    await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, `P1_OD_${name}.jpg`);
    entries.push(JSON.parse(await page.evaluate(() => JSON.stringify(window.vmnetLast.report))));
    await page.click('#to-batch');
  }
  const compared = (then, now) =>
    page.evaluate(
      async ([before, today]) => {
        const { FollowUp } = await import('/web/page/save/follow-up.js');
        const { Series } = await import('/web/page/worklist/series.js');
        const series = new Series();
        const names = ['P1_OD_20240307_101500.jpg', 'P1_OD_20250307_101500.jpg'];
        const all = series.add(names.map((name) => new File(['x'], name)));
        for (const [i, report] of [before, today].entries()) {
          report.image.sha256 = String(i);
          Object.assign(all[i], {
            state: 'done',
            patient: 'P1',
            result: { report, measures: null },
            visit: `202${4 + i}-03-07T10:15:00Z`,
          });
        }
        const candidates = all.map((entry) => ({ key: entry.path, entry, visit: entry.visit }));
        const followUp = new FollowUp(() => candidates, { kept: () => [], unite: () => {} });
        followUp.show(all[1]);
        const title = 'Grade of diabetic retinopathy';
        const rows = [...followUp.root.querySelectorAll('tbody tr')].filter(
          (row) => row.cells[0].textContent === title,
        );
        return rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent));
      },
      [entries[then], entries[now]],
    );
  assert.deepEqual(await compared(0, 1), [['2, moderate', '3, severe', '–']]);
  assert.deepEqual(await compared(1, 2), [['3, severe', 'Not suspected', '–']]);
  const disagree = 'No grade can be told: finding and grade speak against one another.';
  assert.deepEqual(await compared(3, 1), [[disagree, '3, severe', '–']]);
  delete entries[0].grade;
  assert.deepEqual(await compared(0, 1), [['no grade', '3, severe', '–']]);
  assert.deepEqual(await compared(2, 2), [], 'nothing where neither has one');
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
