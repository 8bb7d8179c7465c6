/** The table and what leaves it, as people use it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { decode } from 'fast-png';
import core from '../../web/page/words/en.js';
import later from '../../web/page/words/en-later.js';
import { ROOT, scratch } from '../js/native.mjs';
import { ANSWERS, withAnswers } from './answers.mjs';
import { assertPrivate, atPoint, changeModule, frames, loaded, SCREENSHOTS, settled, siteForAll } from './browser.mjs';
import { pdfText, squeezed } from './pdf.mjs';
import { BAD, drawnEyes, file, sample } from './pictures.mjs';

/** As RFC 4180 says it, to the letter: a slip in what is written shows. */
const CSV = { bom: true, record_delimiter: '\r\n' };

const en = { ...core, ...later };
const site = siteForAll();
/** Drawn eyes as JPEG files. @type {Buffer[]} */
let phantoms;
/** The sample with drawn lesions. @type {Buffer} */
let spotted;
before(async () => {
  phantoms = await drawnEyes(site, 6);
  const { page, close } = await site.open({ path: 'web/report.schema.json' });
  spotted = Buffer.from(await page.evaluate(spots, sample.toString('base64')), 'base64');
  await close();
});

/** In the browser: the sample, in base64, with yellow and dark red spots: a photograph that is gradable and suspected. */
async function spots(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  let state = 1;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  for (let i = 0; i < 60; i++) {
    const [x, y] = [0.3 + 0.4 * random(), 0.3 + 0.4 * random()];
    context.fillStyle = i % 2 ? 'rgb(95 15 10 / 0.86)' : 'rgb(250 225 130 / 0.9)';
    context.beginPath();
    context.arc(x * canvas.width, y * canvas.height, (0.003 + 0.005 * random()) * canvas.width, 0, 2 * Math.PI);
    context.fill();
  }
  const file = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  return window.__base64(await file.arrayBuffer());
}

const id = (name) => `[data-testid=batch-${name}]`;
/** P1_OD.jpg, P1_OS.jpg, P2_OD.jpg ... */
const eyes = (count) =>
  phantoms.slice(0, count).map((buffer, i) => file(`P${1 + (i >> 1)}_${i % 2 ? 'OS' : 'OD'}.jpg`, buffer));

/** The rows as they came, not by urgency. */
const byArrival = (page) => page.selectOption(id('sort'), '', { force: true });

async function openSeries(options = {}, prepare = undefined) {
  const opened = await site.open(options, prepare);
  opened.page.on('dialog', (dialog) => dialog.accept()); // leaving with results that were not saved
  await opened.page.click('#to-batch');
  await opened.page.waitForSelector(id('start'));
  await byArrival(opened.page);
  return opened;
}

const says = (page, pattern, options = {}) =>
  page.waitForFunction(
    ([selector, source]) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? ''),
    [id('progress'), pattern.source],
    options,
  );
async function done(page, options = {}) {
  await says(page, /^Done/, options);
  await rowsFollow(page);
}

/** The rows come after the words. */
async function rowsFollow(page) {
  await page.waitForSelector(`${id('work')}:not([aria-busy])`, { state: 'attached' });
  await frames(page);
}

/** What the table shows, row by row, by the column's key. */
function rows(page, table = 'photographs') {
  return page.locator(`${id(table)} tbody tr:not(.gap)`).evaluateAll((all) =>
    all.map((row) => ({
      name: row.querySelector('th bdi')?.textContent,
      patient: row.querySelector('.c-patient input')?.value,
      eye: row.querySelector('.c-eye select')?.value,
      result:
        (row.querySelector('.answer') ?? row.querySelector('.c-answer'))?.textContent ??
        row.querySelector('.c-error strong')?.textContent,
      why: row.querySelector('.c-answer .two')?.textContent ?? '',
      detail: row.querySelector('.c-error .two')?.textContent ?? '',
      percents: [...row.querySelectorAll('.c-disease .percent')].map((e) => e.textContent),
      marked: [...row.querySelectorAll('.c-disease')].map((e) => e.matches('.alert')),
    })),
  );
}

/** One of the Save menu. */
async function choose(page, kind) {
  await page.click(id('save'));
  await page.click(`${id('save-menu')} [data-export=${kind}]`);
}

async function exported(page, kind) {
  const [download] = await Promise.all([page.waitForEvent('download'), choose(page, kind)]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

async function csv(page) {
  const [names, ...cells] = parse(readFileSync((await exported(page, 'csv')).path, 'utf8'), CSV);
  return cells.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

/** A JPEG that says where it was taken. */
function withExif(jpeg) {
  const tiff = [...Buffer.from('MM\0*'), 0, 0, 0, 8, 0, 1, 0x01, 0x0e, 0, 2, 0, 0, 0, 12, 0, 0, 0, 26, 0, 0, 0, 0];
  const exif = [...Buffer.from('Exif\0\0'), ...tiff, ...Buffer.from('GPS: my home')];
  const app1 = Buffer.from([0xff, 0xe1, 0, exif.length + 2, ...exif]);
  return Buffer.concat([jpeg.subarray(0, 2), app1, jpeg.subarray(2)]);
}

test('a mixed folder: a table with results, reasons and repetitions, and the same in CSV and JSON', async () => {
  const { page, seen, close } = await openSeries({ viewport: { width: 1280, height: 2400 } }); // all rows are in sight, and so drawn
  assert.match(
    await page.getAttribute(id('file'), 'accept'),
    /image\/tiff.*\.dcm/,
    'all that can be read can be chosen',
  );
  const broken = BAD.filter(([name]) => !name.endsWith('.txt'));
  await page.setInputFiles(id('file'), [
    ...eyes(2),
    file('P7_left.jpg', sample),
    file('P7_left_again.jpg', sample),
    ...broken.map(([name, buffer]) => file(name, buffer)),
    file('notes.txt', Buffer.from('hello')),
    file('Thumbs.db', Buffer.alloc(40)),
  ]);
  await done(page);
  assert.equal(await page.textContent(`${id('others')} summary`), '2 files are no photographs and were left out');
  assert.match(await page.textContent(`${id('others')} p`), /notes\.txt and Thumbs\.db/);

  await page.waitForFunction((n) => document.querySelectorAll('.photographs tbody tr').length === n, 4 + broken.length);
  const shown = await rows(page);
  const table = await csv(page);
  const json = JSON.parse(readFileSync((await exported(page, 'json')).path, 'utf8'));
  assert.equal(table.length, shown.length);
  assert.equal(json.reports.length, shown.length);
  assert.match(json.notice, /not a medical device/);
  const schema = JSON.parse(readFileSync(join(ROOT, 'web/report.schema.json'), 'utf8'));
  const validate = new Ajv2020.default({ allowUnionTypes: true }).compile(schema);
  for (const [i, row] of shown.entries()) {
    const cells = table[i];
    const entry = json.reports[i];
    assert.deepEqual([cells.file, cells.patient, cells.eye], [row.name, row.patient, row.eye]);
    assert.match(cells.notice, /not a medical device/);
    if (entry.status === 'failed') {
      const [, , code, pattern] = broken.find(([name]) => name === row.name);
      assert.equal(cells.error, code);
      assert.match(cells.error_text, pattern);
      assert.notEqual(row.detail, '');
      assert.equal(row.percents.length, 0);
      continue;
    }
    assert.ok(validate(entry.report), JSON.stringify(validate.errors));
    assert.equal(cells.sha256, entry.report.image.sha256);
    assert.deepEqual([cells.answer, entry.answer], [entry.report.decision.answer, entry.report.decision.answer]);
    assert.equal(row.result, en[`decision.short.${cells.answer}`]);
    const suspected = entry.report.decision.reasons.filter(({ code }) => code === 'finding').map((r) => r.disease);
    for (const d of entry.report.diseases) {
      const name = d.id.replaceAll('-', '_');
      assert.equal(Number(cells[`${name}_probability`]), d.probability);
      assert.equal(Number(cells[`${name}_threshold`]), d.threshold);
      if (d.id !== 'normal') assert.equal(cells[`${name}_suspected`] === 'yes', suspected.includes(d.id));
      assert.equal('normal_suspected' in cells, false);
    }
    for (const [k, d] of entry.report.diseases.filter((of) => of.id !== 'normal').entries()) {
      assert.equal(row.marked[k], suspected.includes(d.id));
      const percent = Number(row.percents[k].replace(/[^\d.]/g, ''));
      if (row.marked[k]) assert.match(row.percents[k], /^\d+\.\d+%$/, 'in the digits of its cut');
      assert.ok(Math.abs(percent - d.probability * 100) <= 1, `${row.name} ${d.id}: ${row.percents[k]}`);
    }
  }
  const failed = shown.filter(({ detail }) => detail !== '');
  assert.equal(failed.length, broken.length);
  assert.equal(json.reports[3].same_as, 'P7_left.jpg', 'the same file twice');
  assert.match(await page.textContent(`${id('photographs')} tr:nth-child(4) .note`), /same file as P7_left\.jpg/);
  assert.equal(await page.locator(`${id('photographs')} .thumb img`).count(), 4);
  assertPrivate(seen, site.url);
  await close();
});

test('a folder: patients by its folders, eyes by names and by the disc, why one is too poor', async () => {
  // what this version may not find on a drawn eye
  const poor = "{ gradability: 0.1, threshold: 0.3, gradable: false, reasons: ['dark', 'blurred'] }";
  const decided = "{ answer: 'repeat', reasons: [{ code: 'dark' }, { code: 'blurred' }], rest: 'not-judged' }";
  const at = `{ screening: ${decided}, balanced: ${decided}, specific: ${decided} }`;
  const decision = `{ ...result.report.decision, ...${decided}, at: ${at} }`;
  const report = `{ ...result.report, quality: ${poor}, decision: ${decision} }`;
  const said = `...result, laterality: { guess: 'OD', confidence: 0.9 }, quality: ${poor}, report: ${report},`;
  const { page, seen, close } = await openSeries({}, (p) => changeModule(p, 'web/vmnet.js', '...result,', said));
  const folder = join(scratch(), 'clinic');
  for (const [path, bytes] of [
    ['Ada/IMG_2.jpg', phantoms[0]],
    ['Ada/IMG_10_left.jpg', phantoms[1]],
    ['Bo/right/1.jpg', phantoms[2]],
    ['Bo/readme.txt', Buffer.from('hello')],
    ['.DS_Store', Buffer.alloc(8)],
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  await page.setInputFiles(id('folder'), folder);
  await done(page);
  const found = (await rows(page)).map(({ name, patient, eye, result, why }) => [
    name,
    patient,
    eye,
    `${result}: ${why}`,
  ]);
  const why = 'Repeat: dark and blurred';
  assert.deepEqual(found, [
    ['IMG_2.jpg', 'Ada', 'OD', why],
    ['IMG_10_left.jpg', 'Ada', 'OS', why],
    ['1.jpg', 'Bo', 'OD', why],
  ]);
  assert.deepEqual(await page.locator('.c-eye .fine').allTextContents(), [
    'by the disc',
    'disc: OD right',
    'by its name',
  ]);
  assert.match(await page.textContent(`${id('others')} summary`), /One file/);
  const table = await csv(page);
  assert.deepEqual(
    table.map((row) => [row.file, row.eye_source, row.answer_reasons, row.gradable]),
    [
      ['clinic/Ada/IMG_2.jpg', 'guess-disc', 'dark blurred', 'no'],
      ['clinic/Ada/IMG_10_left.jpg', 'guess-name', 'dark blurred', 'no'],
      ['clinic/Bo/right/1.jpg', 'guess-name', 'dark blurred', 'no'],
    ],
  );
  assert.deepEqual(
    table.map((row) => [row.eye_by_disc, row.eye_conflict]),
    [
      ['OD', 'no'],
      ['OD', 'yes'],
      ['OD', 'no'],
    ],
  );
  await page.click('#batch-tab-eyes');
  assert.deepEqual(await page.locator(`${id('eyes')} .c-eye .note`).allTextContents(), ['disc: OD right']);
  assertPrivate(seen, site.url);
  await close();
});

/** The sample as other files: a comment makes the difference. */
const sampleAs = (name, number) => {
  const comment = Buffer.from([0xff, 0xfe, 0, 4, 1, number]);
  return file(name, Buffer.concat([sample.subarray(0, 2), comment, sample.subarray(2)]));
};

/** What is suspected says from where on. @param {import('playwright-core').Locator} all @param {string} what */
async function assertCuts(all, what) {
  const said = await all.evaluateAll((every) =>
    every.map((one) => one.querySelector('.verdict')?.textContent ?? one.title),
  );
  assert.ok(said.length > 0, what);
  for (const cut of said) assert.match(cut, /^Suspected from \d[\d.]*%$/, what);
}

test('headline, table, by eye, CSV, JSON, paper and PDF say the same of a photograph, at every operating point', async () => {
  const { page, seen, close } = await openSeries({ viewport: { width: 1280, height: 1500 } }, async (p) => {
    await withAnswers(p);
    await p.addInitScript(() => {
      window.print = () => {
        window.printed = (window.printed ?? 0) + 1;
      };
    });
  });
  const kinds = Object.keys(ANSWERS);
  await page.setInputFiles(
    id('file'),
    kinds.map((kind, i) => sampleAs(`${kind}_left.jpg`, i)),
  );
  await done(page);
  for (const [turn, name] of ['screening', 'balanced', 'specific'].entries()) {
    await atPoint(page, name);
    const wanted = kinds.map((kind) => ANSWERS[kind][name].answer);
    const short = wanted.map((answer) => en[`decision.short.${answer}`]);
    const long = wanted.map((answer) => en[`decision.${answer}`]);
    const shown = await rows(page);
    assert.deepEqual(
      shown.map(({ result }) => result),
      short,
      `table, ${name}`,
    );
    await assertCuts(page.locator(`${id('photographs')} .c-disease.alert .percent`), `table, ${name}`);
    const table = await csv(page);
    const json = JSON.parse(readFileSync((await exported(page, 'json')).path, 'utf8'));
    for (const [i, answer] of wanted.entries()) {
      const { operating_point: at, answer: said, eye_answer: eye, patient_answer: patient } = table[i];
      assert.deepEqual([at, said, eye, patient], [name, answer, answer, answer], `CSV, ${kinds[i]}, ${name}`);
      const { report, answer: here } = json.reports[i];
      assert.deepEqual(
        [here, report.decision.answer, report.decision.operating_point],
        [answer, answer, name],
        `JSON, ${kinds[i]}`,
      );
      assert.deepEqual(report.decision.at, ANSWERS[kinds[i]]);
    }
    for (const list of ['eyes', 'patients'])
      assert.deepEqual(
        json[list].map(({ patient, answer }) => [patient, answer]),
        kinds.map((kind, i) => [kind, wanted[i]]).sort(([a], [b]) => (a < b ? -1 : 1)),
        `JSON, ${list}, ${name}`,
      );
    await page.click('#batch-tab-eyes');
    const eyesShown = await page
      .locator(`${id('eyes')} tbody tr`)
      .evaluateAll((all) =>
        all.map((row) => [row.querySelector('th bdi').textContent, row.querySelector('.answer').textContent]),
      );
    assert.deepEqual(Object.fromEntries(eyesShown), Object.fromEntries(kinds.map((kind, i) => [kind, short[i]])), name);
    await page.click('#batch-tab-photographs');
    await choose(page, 'print');
    await page.waitForFunction((n) => window.printed === n, turn + 1);
    const sheets = await page
      .locator('.sheet')
      .evaluateAll((all) => all.map((sheet) => [...sheet.querySelectorAll('h2, h3')].map((h) => h.textContent)));
    for (const [i, kind] of kinds.entries()) {
      const [, patient, eye] = sheets.find(([title]) => title === `Patient ${kind}`);
      assert.deepEqual([patient, eye], [`For this patient: ${long[i]}`, `Left eye (OS): ${long[i]}`], `paper, ${name}`);
    }
    const { pages } = await pdfText(readFileSync((await exported(page, 'pdf')).path));
    const said = pages.map(squeezed);
    for (const [i, kind] of kinds.entries()) {
      const sheet = said.find((text) => text.includes(squeezed(`Patient ${kind}`)));
      for (const whose of ['For this patient', 'Left eye (OS)']) {
        const told = Object.keys(en).filter((key) => /^decision\.(?:refer|unclear|repeat|no-finding)$/.test(key));
        const found = told.filter((key) => sheet.includes(squeezed(`${whose}: ${en[key]}`)));
        assert.deepEqual(found, [`decision.${wanted[i]}`], `PDF, ${whose}, ${kind}, ${name}: ${sheet}`);
      }
    }
    for (const [i, kind] of kinds.entries()) {
      await page.locator(`${id('photographs')} .open`, { hasText: `${kind}_left.jpg` }).click();
      // with its layers the first time; the answer stands there before them
      if (turn === 0) await page.waitForFunction((n) => window.vmnetLast?.report.image.name === n, `${kind}_left.jpg`);
      await page.waitForFunction(
        (n) =>
          document.querySelector('#caption').textContent.startsWith(n) && !document.querySelector('#results').hidden,
        `${kind}_left.jpg`,
      );
      assert.equal(await page.textContent('#summary'), long[i], `headline, ${kind}, ${name}`);
      assert.match(await page.textContent('#coverage'), /^Looks for .*glaucoma.* cannot see other diseases/);
      if (wanted[i] === 'refer') await assertCuts(page.locator('#diseases .disease.alert'), `case, ${kind}, ${name}`);
      const says = await page.textContent('#answer');
      if (wanted[i] === 'repeat') assert.doesNotMatch(says, /can be judged/);
      if (wanted[i] !== 'no-finding') assert.doesNotMatch(says, /nothing to do/i);
      await page.click(id('back'));
    }
  }
  assert.match(await page.textContent(id('covers')), /^Looks for .*glaucoma.* cannot see other diseases/);
  assertPrivate(seen, site.url);
  await close();
});

test('a patient is not cleared by one eye while the other was not judged, nor an eye by a second photograph', async () => {
  const { page, seen, close } = await openSeries({}, withAnswers);
  // p1: one eye is clear, the other cannot be judged; p2: one eye twice, once not judged and suspected all the same
  // p3: one eye is referred, and what the other needs is due sooner or not at all the same
  // p4: one eye is referred, and in the other something is suspected though it cannot be judged
  const names = [
    'p1_OD_clear.jpg',
    'p1_OS_dark.jpg',
    'p2_OD_veiled.jpg',
    'p2_OD_clear.jpg',
    'p3_OD_sick.jpg',
    'p3_OS_dark.jpg',
    'p4_OD_sick.jpg',
    'p4_OS_veiled.jpg',
  ];
  await page.setInputFiles(
    id('file'),
    names.map((name, i) => sampleAs(name, i)),
  );
  await done(page);
  const rows = await csv(page);
  assert.deepEqual(
    names.map((name) => {
      const row = rows.find((one) => one.file === name);
      return [row.patient, row.eye_answer, row.patient_answer];
    }),
    [
      ['p1', 'no-finding', 'repeat'],
      ['p1', 'repeat', 'repeat'],
      ['p2', 'unclear', 'unclear'],
      ['p2', 'unclear', 'unclear'],
      ['p3', 'refer', 'refer'],
      ['p3', 'repeat', 'refer'],
      ['p4', 'refer', 'refer'],
      ['p4', 'repeat', 'refer'],
    ],
  );
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const sheets = await page
    .locator('.sheet-answer')
    .evaluateAll((all) => all.map((part) => [...part.children].map((line) => line.textContent)));
  const [first, second, third, fourth] = sheets;
  assert.equal(third[0], `For this patient: ${en['decision.refer']}`);
  const toDo = third.filter((line) => /Do so within|again/.test(line));
  assert.match(toDo[0], /^Refer .* within 1 month\.$/);
  assert.match(toDo[1], /^Left eye \(OS\): .*light.* within 1 month\.$/);
  assert.equal(toDo.length, 2);
  assert.equal(first[0], `For this patient: ${en['decision.repeat']}`);
  assert.equal(first[1], 'Could not be judged: left eye (OS).');
  assert.equal(second[0], `For this patient: ${en['decision.unclear']}`);
  assert.ok(
    fourth.some((line) => /^Left eye \(OS\): .*All the same suspected: cataract\..*within 1 month\.$/.test(line)),
    fourth.join('\n'),
  );
  assert.match(second[1], /^Suspected on a photograph that cannot be judged: cataract\. .*may hide/i);
  assertPrivate(seen, site.url);
  await close();
});

/** Photographs of which this is true are never screened; they can be cancelled. @param {import('playwright-core').Page} page @param {string} which of `entry` */
function withHanging(page, which) {
  const work = 'screener(this.#series, context.model, (entry) => this.#keeper.fileOf(entry))';
  const hanging = `async (entry, signal, alive) => {
        if (${which}) await new Promise((go) => signal.addEventListener('abort', go));
        return (${work})(entry, signal, alive);
      },`;
  return changeModule(page, 'web/page/worklist/worklist.js', `${work},`, hanging);
}

test('what was cancelled before its turn is said on paper to be not screened, and nowhere to be past judging', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' }, async (p) => {
    await withAnswers(p);
    await withHanging(p, "entry.name.includes('hang')");
  });
  const names = ['P1_OS_sick.jpg', 'P3_OS_dark.jpg', 'P1_OD_hang.jpg', 'P2_OD_hang.jpg'];
  await page.setInputFiles(
    id('file'),
    names.map((name, i) => sampleAs(name, i)),
  );
  await says(page, /^Screening: 2 of 4/);
  await page.click(id('cancel'));
  await says(page, /^Cancelled: 2 of 4/);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const answer = await page.locator('.sheet-answer').first().textContent();
  assert.match(answer, /Refer.*Not screened: right eye \(OD\)\./s);
  assert.doesNotMatch(answer, /Could not be judged/);
  const rest = page.locator('.sheet.not-screened');
  assert.equal(await rest.locator('h2').textContent(), 'Not screened');
  assert.match(await rest.locator('tbody').textContent(), /P2_OD_hang\.jpg.*Not screened.*Stopped before its turn/s);
  await page.click('#batch-tab-eyes');
  await page.waitForSelector('.batch-table.eyes tbody .c-count');
  const counts = await page.locator('.batch-table.eyes tbody .c-count').allTextContents();
  assert.ok(counts.includes('One photograph, cannot be judged'), counts.join('; '));
  await close();
});

test('behind a cataract, and where nothing can be judged, nothing is said to be not suspected', async () => {
  const { page, seen, close } = await openSeries({}, withAnswers);
  const kinds = ['cloudy', 'veiled', 'clear'];
  await page.setInputFiles(
    id('file'),
    kinds.map((kind, i) => sampleAs(`${kind}_left.jpg`, i)),
  );
  await done(page);
  const cellsOf = (table) =>
    page
      .locator(`${id(table)} tbody tr:not(.gap)`)
      .evaluateAll((all) =>
        all.map((row) => [...row.querySelectorAll('.c-disease .unseen')].map((word) => word.textContent)),
      );
  const [suspected, not, unjudged] = ['suspected', 'not', 'unjudged'].map((key) => en[`findings.${key}`]);
  const [cloudy, veiled, clear] = await cellsOf('photographs');
  for (const cells of [cloudy, veiled]) {
    assert.equal(cells.filter((word) => word.startsWith(`${suspected} from `)).length, 1, cells.join());
    assert.equal(cells.filter((word) => word === unjudged).length, cells.length - 1, cells.join());
  }
  assert.deepEqual([...new Set(clear)], [not]);
  const whyOf = (table) => page.locator(`${id(table)} tr:nth-child(2) .c-answer .two`).textContent();
  const hazy = en['batch.reason.low-contrast'];
  assert.equal(await whyOf('photographs'), hazy, 'a finding is no reason to photograph again');
  await page.click('#batch-tab-eyes');
  await page.waitForFunction((s) => document.querySelectorAll(s).length === 3, `${id('eyes')} tbody tr:not(.gap)`);
  const [cloudyEye, veiledEye, clearEye] = await cellsOf('eyes'); // by urgency
  assert.equal(await whyOf('eyes'), hazy);
  const lefts = (part) =>
    page
      .locator(`${id('eyes')} ${part} tr:not(.gap):first-of-type > *`)
      .evaluateAll((cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().left)));
  assert.deepEqual(await lefts('tbody'), await lefts('thead'), 'cells stand under their heads');
  assert.deepEqual(cloudyEye, cloudy);
  assert.deepEqual([...new Set(clearEye)], [not]);
  assert.deepEqual(veiledEye, veiled, 'what is suspected all the same is said of the eye as well');
  await page.click('#batch-tab-photographs');

  const hides = en['decision.why.cataract'];
  const { pages } = await pdfText(readFileSync((await exported(page, 'pdf')).path));
  for (const kind of kinds) {
    const sheet = pages.map(squeezed).find((text) => text.includes(squeezed(`Patient ${kind}`)));
    assert.equal(sheet.includes(squeezed(hides)), kind !== 'clear', `PDF: ${kind}`);
    assert.equal(sheet.includes(squeezed(unjudged.toLowerCase())), kind === 'cloudy', `PDF: ${kind}`);
  }
  for (const kind of kinds) {
    await page.locator(`${id('photographs')} .open`, { hasText: `${kind}_left.jpg` }).click();
    await page.waitForFunction((n) => window.vmnetLast?.report.image.name === n, `${kind}_left.jpg`);
    await settled(page);
    const [named] = en[kind === 'clear' ? 'findings.rest' : 'findings.rest.unjudged'].split('{');
    assert.ok((await page.textContent('#unlikely-names')).startsWith(named), `case: ${kind}`);
    const words = await page.locator('#unlikely-list .verdict').allTextContents();
    assert.deepEqual([...new Set(words)], [kind === 'clear' ? not : unjudged], `case: ${kind}`);
    assert.equal((await page.textContent('#answer')).includes(hides), kind !== 'clear', `case: ${kind}`);
    await page.click(id('back'));
  }
  assertPrivate(seen, site.url);
  await close();
});

test('the first file that is saved holds the answer for the patient, whichever eye came first', async () => {
  const { page, close } = await openSeries({}, async (p) => {
    await withAnswers(p);
    await p.addInitScript(() => {
      window.print = () => {
        window.printed = true;
      };
    });
  });
  const pair = ['P1_left_vague.jpg', 'P1_right_clear.jpg'];
  await page.setInputFiles(id('file'), pair.map(sampleAs));
  await done(page);
  const answer = squeezed(en['batch.sheet.patient'].replace('{answer}', en['decision.unclear']));
  const { pages } = await pdfText(readFileSync((await exported(page, 'pdf')).path));
  assert.ok(squeezed(pages[0]).includes(answer), pages[0]);
  // the same list anew, at a point that was not asked for yet: printed first
  await atPoint(page, 'screening');
  await choose(page, 'print');
  await page.waitForFunction(() => window.printed);
  assert.ok(squeezed(await page.locator('.sheet').textContent()).includes(answer));
  await close();
});

test('the most urgent rows stand first, and counts and filter name the answers', async () => {
  const { page, close } = await openSeries({ viewport: { width: 1280, height: 1500 } }, withAnswers);
  await page.selectOption(id('sort'), 'answer', { force: true });
  const kinds = ['clear', 'dark', 'vague', 'sick', 'moving'];
  const files = kinds.map((kind, i) => sampleAs(`${kind}.jpg`, i));
  await page.setInputFiles(id('file'), [file('x.png', BAD[2][1]), ...files]);
  await done(page);
  const names = async () => (await rows(page)).map(({ name }) => name);
  // of the same answer and delay, what names a disease comes first
  assert.deepEqual(await names(), ['sick.jpg', 'moving.jpg', 'vague.jpg', 'dark.jpg', 'x.png', 'clear.jpg']);
  assert.equal(
    await page.textContent(id('left')),
    'Refer: 1 · Unclear: 2 · Repeat: 1 · No finding: 1 · Not possible: 1',
  );
  await atPoint(page, 'screening');
  assert.deepEqual(await names(), ['sick.jpg', 'moving.jpg', 'vague.jpg', 'dark.jpg', 'x.png', 'clear.jpg']);
  assert.equal(await page.textContent(`${id('filter')} option[value="answer:refer"]`), 'Refer (2)');
  await page.selectOption(id('filter'), 'answer:refer');
  assert.deepEqual(await names(), ['sick.jpg', 'moving.jpg']);
  await close();
});

test('a row that cannot be shown: neither the start page nor another photograph in its place', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), [file('P1_OD.jpg', sample), file('P2_OS.png', BAD[2][1])]);
  await done(page);
  const open = (name) => page.locator(`${id('photographs')} .open`, { hasText: name }).click();
  const stands = async () => {
    await page.waitForSelector('#answer[data-answer=failed]');
    await settled(page);
    assert.equal(await page.textContent('#whose'), 'P2 · P2_OS.png');
    assert.equal(await page.textContent('#summary'), 'A damaged photograph');
    assert.match(await page.textContent('#to-do'), /Copy or export it again/);
    for (const other of ['#start', '#results', '#eyes', '#controls', '#error', '#override'])
      assert.ok(await page.isHidden(other), other);
    await page.waitForFunction(() => document.querySelector('.rail [aria-current] bdi')?.textContent === 'P2');
  };
  await open('P2_OS.png');
  await stands();
  await page.screenshot({ path: join(SCREENSHOTS, 'case-failed.png') });
  await page.selectOption('#language', 'fr');
  await page.waitForFunction(() => document.querySelector('#summary').textContent === 'Photographie endommagée');
  await page.selectOption('#language', 'en');
  await page.click('#home');
  await page.waitForSelector('#start:not([hidden])');
  await page.click('#to-screen');
  await stands();
  await page.click(id('next')); // what could not be screened is more urgent than what has no finding
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'P1_OD.jpg');
  await settled(page);
  assert.ok(await page.isVisible('#answer'));
  await page.click(id('previous'));
  await stands();
  await page.click(id('back'));
  assert.equal((await rows(page)).length, 2);
  await close();
});

test('the eye is read whole beside its arrow, in every language', async () => {
  for (const width of [1280, 390]) {
    const { page, close } = await openSeries({ viewport: { width, height: 900 } });
    await page.setInputFiles(id('file'), eyes(1));
    await done(page);
    for (const lang of await page.locator('#language option').evaluateAll((all) => all.map(({ value }) => value))) {
      await page.selectOption('#language', lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
      const cut = await page.locator('.c-eye select').evaluate((select) => {
        const style = getComputedStyle(select);
        const context = document.createElement('canvas').getContext('2d');
        context.font = style.font;
        const room = select.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
        return [...select.options]
          .map(({ text }) => ({ text, wide: context.measureText(text).width, room }))
          .filter(({ wide }) => wide > room + 0.5);
      });
      assert.deepEqual(cut, [], `${lang} at ${width}`);
    }
    await close();
  }
});

test('another name in one row of several of a patient: whether it is of all of them is asked; none splits unasked', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(3));
  await done(page);
  const fields = page.locator(`${id('photographs')} [data-part=patient]`);
  const names = () => fields.evaluateAll((all) => all.map(({ value }) => value));
  assert.deepEqual(await names(), ['P1', 'P1', 'P2']);
  const rename = async (row, name) => {
    await fields.nth(row).fill(name);
    await fields.nth(row).press('Enter');
  };
  await rename(2, 'P3');
  assert.deepEqual(await names(), ['P1', 'P1', 'P3'], 'of one photograph there is nothing to ask');
  await rename(0, 'Q1');
  await page.waitForSelector('dialog.ask');
  assert.match(await page.textContent('#confirm-text'), /P1.*Q1/);
  await page.setViewportSize({ width: 390, height: 844 });
  const widths = await page.locator('dialog.ask .actions button').evaluateAll((all) => all.map((b) => b.offsetWidth));
  assert.equal(new Set(widths).size, 1, 'no ragged rows on a phone');
  await page.screenshot({ path: join(SCREENSHOTS, 'rename-phone.png') });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog.ask', { state: 'detached' });
  assert.deepEqual(await names(), ['P1', 'P1', 'P3'], 'nothing was said');
  for (const [choice, name, wanted] of [
    ['all', 'Q1', ['Q1', 'Q1', 'P3']],
    ['one', 'P3', ['P3', 'Q1', 'P3']],
  ]) {
    await rename(0, name);
    await page.click(`[data-testid=choose-${choice}]`);
    await page.waitForSelector('dialog.ask', { state: 'detached' });
    assert.deepEqual(await names(), wanted, choice);
  }
  await close();
});

test('the name of somebody else in the list is not taken unasked, and nobody is asked about a new one', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(3));
  await done(page);
  const fields = page.locator(`${id('photographs')} [data-part=patient]`);
  const names = () => fields.evaluateAll((all) => all.map(({ value }) => value));
  for (const lang of ['zh', 'es', 'fr', 'hi', 'ar', 'en']) {
    await page.selectOption('#language', lang);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    await fields.nth(2).fill('P1');
    await fields.nth(2).press('Enter');
    await page.waitForSelector('dialog.ask');
    assert.match(await page.textContent('#confirm-text'), /P1/, lang);
    await page.screenshot({ path: join(SCREENSHOTS, `rename-${lang}.png`) });
    await page.keyboard.press('Enter'); // what is safe has the focus
    await page.waitForSelector('dialog.ask', { state: 'detached' });
    assert.deepEqual(await names(), ['P1', 'P1', 'P2'], lang);
  }
  await fields.nth(2).fill('P1');
  await fields.nth(2).press('Enter');
  assert.match(await page.textContent('#confirm-text'), /^P1 is already another patient in the list\. Under one name/);
  await page.click('[data-testid=confirm]');
  await page.waitForSelector('dialog.ask', { state: 'detached' });
  assert.deepEqual(await names(), ['P1', 'P1', 'P1'], 'it was said');
  await close();
});

test('after another name the focus is in the patient’s field of that row: answered, not answered, or with nothing to ask', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(3));
  await done(page);
  const fields = page.locator(`${id('photographs')} [data-part=patient]`);
  const focused = (label) =>
    page.waitForFunction(
      (wanted) => document.activeElement?.getAttribute('aria-label') === wanted,
      `Patient of ${label}`,
    );
  const asked = async (row, name, key) => {
    await fields.nth(row).fill(name);
    await fields.nth(row).press(key);
    await page.waitForSelector('dialog.ask');
  };
  await fields.nth(2).fill('P3');
  await fields.nth(2).press('Enter');
  await focused('P2_OD.jpg');
  await fields.nth(2).fill('P4');
  await fields.nth(2).press('Escape');
  await focused('P2_OD.jpg');
  assert.equal(await fields.nth(2).inputValue(), 'P3');
  for (const key of ['Enter', 'Tab']) {
    await asked(0, 'Q1', key);
    await page.keyboard.press('Escape');
    await focused('P1_OD.jpg');
  }
  await asked(1, 'Q1', 'Enter');
  await page.click('[data-testid=choose-one]');
  await focused('P1_OS.jpg');
  assert.equal(await fields.nth(1).inputValue(), 'Q1');
  // in an order in which its row moves
  await page.click(`${id('photographs')} [data-sort=patient]`);
  await page.getByLabel('Patient of P1_OD.jpg').fill('Z');
  await page.getByLabel('Patient of P1_OD.jpg').press('Enter');
  await focused('P1_OD.jpg');
  assert.equal(await fields.last().inputValue(), 'Z', 'the rows are in their order');
  // and where it is searched for by what it is called no more
  await page.fill(id('search'), 'Z');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody [data-part=patient]').length === 1);
  await fields.nth(0).fill('Y');
  await fields.nth(0).press('Enter');
  await page.waitForFunction(() => document.activeElement?.dataset.testid === 'batch-search');
  await close();
});

test('sort, filter and search, by mouse and by keyboard; patient and eye are corrected; a summary by eye', async () => {
  const { page, seen, close } = await openSeries();
  await page.setInputFiles(id('file'), [...eyes(4), file('P2_OS_b.jpg', sample), file('x.png', BAD[2][1])]);
  await done(page);
  const names = async () => (await rows(page)).map(({ name }) => name);
  const arrived = await names();
  assert.deepEqual(arrived, ['P1_OD.jpg', 'P1_OS.jpg', 'P2_OD.jpg', 'P2_OS.jpg', 'P2_OS_b.jpg', 'x.png']);

  const head = page.locator(`${id('photographs')} [data-sort="disease:glaucoma"]`);
  await head.focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.sort), 'disease:glaucoma', 'the focus stays');
  const th = page.locator(`${id('photographs')} th[aria-sort]`);
  assert.equal(await th.getAttribute('aria-sort'), 'descending');
  assert.match(await th.textContent(), /Glaucoma/);
  const probability = (all) => all.map((row) => Number(row.glaucoma_probability || -1));
  const table = await csv(page);
  const byName = new Map(table.map((row) => [row.file, row]));
  const falling = probability((await names()).map((name) => byName.get(name)));
  assert.deepEqual(
    falling,
    probability(table).toSorted((a, b) => b - a),
  );
  await head.press('Enter');
  assert.equal(await th.getAttribute('aria-sort'), 'ascending');
  assert.equal((await names()).at(-1), 'x.png', 'what has no result stays last');
  await page.keyboard.press('Enter');
  assert.equal(await th.count(), 0);
  assert.deepEqual(await names(), arrived);

  await page.selectOption(id('filter'), 'failed');
  assert.deepEqual(await names(), ['x.png']);
  assert.match(await page.textContent(id('shown')), /^1 of 6/);
  await page.selectOption(id('filter'), 'all');
  await page.fill(id('search'), 'p2');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr').length === 3);
  await page.fill(id('search'), '');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr').length === 6);

  // corrected, while the table is sorted by what is corrected: the row stays until one has finished
  await page.click(`${id('photographs')} [data-sort=patient]`);
  const input = page.getByLabel('Patient of P1_OD.jpg');
  await input.fill('Z9');
  await input.press('Enter');
  await page.click('[data-testid=choose-one]');
  await page.waitForFunction(
    () => document.querySelectorAll('.photographs tbody th bdi')[5].textContent === 'P1_OD.jpg',
  );
  await page.getByLabel('Eye of P1_OS.jpg').selectOption('OD');
  const corrected = new Map((await csv(page)).map((row) => [row.file, row]));
  assert.equal(corrected.get('P1_OD.jpg').patient, 'Z9');
  assert.equal(corrected.get('P1_OS.jpg').eye, 'OD');
  assert.equal(corrected.get('P1_OS.jpg').eye_source, 'user');

  await page.locator('#batch-tab-photographs').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getAttribute('#batch-tab-eyes', 'aria-selected'), 'true');
  await byArrival(page);
  const byEye = await page
    .locator(`${id('eyes')} tbody tr`)
    .evaluateAll((all) =>
      all.map((row) => [row.cells[0], row.querySelector('.c-eye .two'), row.cells[3]].map((e) => e.textContent)),
    );
  assert.deepEqual(
    byEye.map(([patient, eye]) => `${patient}, ${eye}`),
    ['P1, right eye (OD)', 'P2, right eye (OD)', 'P2, left eye (OS)', 'x, eye not known', 'Z9, right eye (OD)'],
  );
  assert.match(byEye[2][2], /^2 photographs/);
  await page.click(`${id('eyes')} tr:nth-child(3) button`);
  assert.deepEqual((await names()).toSorted(), ['P2_OD.jpg', 'P2_OS.jpg', 'P2_OS_b.jpg'], "the patient's photographs");
  assertPrivate(seen, site.url);
  await close();
});

test('pause, go on, cancel, the rest, and a new series', async () => {
  const { page, seen, close } = await openSeries({}, (p) => withHanging(p, 'window.hangs'));
  const hang = (all) =>
    page.evaluate((hangs) => {
      window.hangs = hangs;
    }, all);
  await page.evaluate(
    ([progress, pause]) =>
      // by the page itself: no photograph is as fast
      new MutationObserver((_, observer) => {
        if (!/^Screening: 1 of 6/.test(document.querySelector(progress).textContent)) return;
        observer.disconnect();
        document.querySelector(pause).click();
      }).observe(document.querySelector(progress), { childList: true }),
    [id('progress'), id('pause')],
  );
  await page.setInputFiles(id('file'), eyes(6));
  await says(page, /^Paused: \d of 6/);
  const paused = Number((await page.textContent(id('progress'))).match(/\d/)[0]);
  assert.ok(paused < 6);
  assert.ok(await page.isEnabled(`${id('save-menu')} [data-export=zip]`));
  await hang(true);
  await page.click(id('go'));
  await says(page, /^Screening/);
  assert.ok(await page.isDisabled(`${id('save-menu')} [data-export=zip]`));
  await page.click(id('cancel'));
  await says(page, /^Cancelled: (\d|one) of 6/);
  await rowsFollow(page);
  const left = (await rows(page)).filter(({ result }) => result === 'Not screened').length;
  assert.ok(left >= 1 && left <= 6 - paused, `${left} left after ${paused}`);
  const table = await csv(page);
  assert.equal(table.filter(({ status }) => status === 'not screened').length, left);
  await hang(false);
  await page.click(id('go'));
  await done(page);
  assert.equal((await csv(page)).filter(({ status }) => status === 'screened').length, 6);

  await page.getByLabel('Eye of P1_OS.jpg').selectOption('OD'); // not saved yet
  await page.click(id('new'));
  await page.locator('dialog.ask').getByText('Cancel').click();
  assert.equal((await rows(page)).length, 6);
  await page.click(id('new'));
  await page.click('[data-testid=confirm]');
  await page.waitForSelector(id('start'));
  assert.equal(await page.locator('.photographs tbody tr').count(), 0, 'no name stays in the document');
  await page.setInputFiles(id('file'), eyes(1));
  await done(page);
  assert.equal((await rows(page)).length, 1);
  assertPrivate(seen, site.url);
  await close();
});

test('a row opens its photograph, with the same numbers, and the way back leads to the row', async () => {
  const { page, seen, close } = await openSeries({ viewport: { width: 1280, height: 420 } });
  await page.setInputFiles(id('file'), [
    ...eyes(6),
    ...Array.from({ length: 14 }, (_, i) => file(`z${i}.jpg`, BAD[2][1])),
  ]);
  await done(page);
  const table = await csv(page);
  const place = () => page.evaluate(() => [scrollY, document.querySelector('.batch-scroll').scrollTop]);
  const open = page.locator(`${id('photographs')} .open`, { hasText: 'P3_OS.jpg' });
  await open.scrollIntoViewIfNeeded();
  const before_ = await place();
  assert.notDeepEqual(before_, [0, 0]);
  await open.click();
  await settled(page);
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'P3_OS.jpg');
  const same = await page.evaluate(() => window.vmnetLast.report.diseases.map((d) => [d.id, d.probability]));
  const row = table.find((cells) => cells.file === 'P3_OS.jpg');
  for (const [name, value] of same) assert.equal(Number(row[`${name.replaceAll('-', '_')}_probability`]), value);
  // the eye as the series knows it, by its name; corrected here, it is corrected there
  assert.match(await page.textContent('#whose'), /^P3 · left eye/);
  await page.click('#numbers summary');
  assert.equal(await page.inputValue('#eye'), 'OS');
  assert.match(await page.textContent('#eye-source'), /^by its name/);
  await page.selectOption('#eye', '');
  assert.match(await page.textContent('#eye-source'), /^corrected/);
  assert.equal(await page.textContent('#whose'), 'P3');
  // of an eye that is not known there is no other one
  await page.waitForSelector('[data-testid=other-eye]', { state: 'hidden' });
  await page.selectOption('#eye', 'OS');
  // the other eye stands beside it, and is opened there
  await page.waitForSelector('[data-testid=other-eye]');
  assert.match(await page.textContent('[data-testid=other-eye]'), /^Right eye \(OD\)/);
  await page.click('[data-testid=other-eye]');
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'P3_OD.jpg');
  await page.click(id('back'));
  assert.deepEqual(await place(), before_);
  assert.equal(
    await page.evaluate(() => document.activeElement.querySelector('bdi')?.textContent),
    'P3_OD.jpg',
    'the focus is on the row that was opened last',
  );
  const corrected = (await csv(page)).find((cells) => cells.file === 'P3_OS.jpg');
  assert.deepEqual([corrected.eye, corrected.eye_source], ['OS', 'guess-name'], 'as its name says again');
  // an example is no patient: it is shown, and not listed
  await page.click('#to-screen');
  assert.ok(await page.isVisible(id('back')));
  await page.click('#home');
  await page.click('.offer[data-action=sample]');
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'retina.jpg');
  await settled(page);
  await page.waitForFunction(() => document.querySelector('.rail [aria-current]') === null);
  assert.equal(
    await page.getAttribute('.rail table', 'aria-rowcount'),
    '18',
    'three patients, and fourteen that failed',
  );
  assertPrivate(seen, site.url);
  await close();
});

test('the Worker dies in mid-run: the row is tried again, then marked, and the rest goes on', async () => {
  const { page, seen, close } = await openSeries({}, async (p) => {
    await p.addInitScript(() => {
      const Real = window.Worker;
      window.workers = [];
      window.Worker = class extends Real {
        constructor(...options) {
          super(...options);
          window.workers.push(this);
        }
      };
    });
    // one photograph that ends every Worker
    await changeModule(
      p,
      'web/worker.js',
      "onProgress('decode', 0);",
      "if (request.name === 'poison.jpg') { setTimeout(() => { throw new Error('out of luck'); }); await new Promise(() => {}); }",
    );
  });
  await page.evaluate(() => {
    // once, while the second photograph is screened
    new MutationObserver((_, observer) => {
      if (!/^Screening: 1 of/.test(document.querySelector('[data-testid=batch-progress]').textContent)) return;
      observer.disconnect();
      for (const worker of window.workers) {
        worker.terminate();
        worker.dispatchEvent(new ErrorEvent('error', { message: 'killed', cancelable: true }));
      }
    }).observe(document.querySelector('[data-testid=batch-progress]'), { childList: true });
  });
  const files = eyes(4);
  files.splice(2, 0, file('poison.jpg', phantoms[5]));
  await page.setInputFiles(id('file'), files);
  await done(page);
  const workers = await page.evaluate(() => window.workers.length);
  assert.ok(workers >= 4, `${workers} Workers: the first, after the kill, and after each try of the poison`);
  const table = await csv(page);
  assert.deepEqual(
    table.map(({ status }) => status),
    ['screened', 'screened', 'failed', 'screened', 'screened'],
  );
  assert.equal(table[2].error, 'runtime');
  assert.ok(await page.isVisible(id('again')));
  assertPrivate(seen, site.url);
  await close();
});

test('a network that cannot be loaded stops the series; loaded again, it goes on', async () => {
  let gone = true;
  const { page, close } = await openSeries({}, (p) =>
    p.route('**/*.safetensors', (route) => (gone ? route.fulfill({ status: 404 }) : route.continue())),
  );
  await page.setInputFiles(id('file'), eyes(1));
  await says(page, /^Stopped: 0 of 1/);
  assert.match(await page.textContent(id('left')), /not loaded/);
  gone = false;
  await page.click('#error-retry');
  await loaded(page);
  await page.click(id('go'));
  await done(page);
  assert.equal((await csv(page))[0].status, 'screened');
  await close();
});

test('ZIP: masks, heatmaps, overlays, reports and the table; nothing of EXIF; cancelled', async () => {
  const { page, seen, close } = await openSeries();
  const tagged = withExif(sample);
  assert.ok(tagged.includes('GPS: my home'));
  await page.setInputFiles(id('file'), [
    ...eyes(4),
    file('P7_left.jpg', tagged),
    file('P7_left_2.jpg', tagged),
    file('P8_left.jpg', spotted),
    file('cut.png', BAD[2][1]),
  ]);
  await done(page);
  const table = await csv(page);
  const zip = await exported(page, 'zip');
  assert.match(zip.name, /^pictures-\d{4}-\d\d-\d\d\.zip$/);
  const folder = scratch();
  execFileSync('python3', ['-m', 'zipfile', '-e', zip.path, folder]);
  const list = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: folder, encoding: 'utf8' });
  const paths = list.trim().split('\n').sort();
  const wanted = ['index.html', 'notice.txt', 'rules.json', 'results.csv', 'reports.json'];
  for (const [i, row] of table.entries()) {
    if (row.status !== 'screened' || row.same_as !== '') continue;
    const at = `photographs/000${i + 1}-${row.file.replace(/\.\w+$/, '')}`;
    wanted.push(`${at}/report.json`, `${at}/vessels.png`, `${at}/overlay.jpg`);
    for (const [name, value] of Object.entries(row))
      if (name.endsWith('_suspected') && value === 'yes')
        wanted.push(`${at}/heatmap-${name.replace('_suspected', '').replaceAll('_', '-')}.png`);
    const mask = decode(readFileSync(join(folder, at, 'vessels.png')));
    assert.deepEqual([mask.width, mask.height], [Number(row.width), Number(row.height)]);
    const red = mask.data.filter((_, k) => k % mask.channels === 0);
    assert.ok(red.every((v) => v === 0 || v === 255));
    assert.ok(red.some((v) => v === 255));
    const report = JSON.parse(readFileSync(join(folder, at, 'report.json'), 'utf8'));
    assert.equal(report.report.image.sha256, row.sha256);
    assert.match(report.report.notice, /not a medical device/);
    const overlay = readFileSync(join(folder, at, 'overlay.jpg'));
    assert.deepEqual([...overlay.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    for (const text of ['Exif', 'GPS']) assert.ok(!overlay.includes(text), `${text} in ${at}`);
  }
  assert.deepEqual(paths, wanted.sort());
  assert.ok(
    paths.some((path) => path.includes('heatmap-')),
    'the test needs a photograph with something suspected',
  );
  assert.deepEqual(parse(readFileSync(join(folder, 'results.csv'), 'utf8'), CSV).length, table.length + 1);
  assert.match(readFileSync(join(folder, 'notice.txt'), 'utf8'), /not a medical device/);

  await page.evaluate(() => {
    const draw = OffscreenCanvas.prototype.convertToBlob;
    OffscreenCanvas.prototype.convertToBlob = async function (options) {
      await new Promise((resolve) => Object.assign(window, { goOn: resolve }));
      OffscreenCanvas.prototype.convertToBlob = draw;
      return draw.call(this, options);
    };
  });
  await choose(page, 'zip');
  await page.waitForFunction(() => 'goOn' in window);
  await page.click(id('export-cancel'));
  await page.evaluate(() => window.goOn());
  await page.waitForFunction(() =>
    /Cancelled/.test(document.querySelector('[data-testid=batch-export-text]').textContent),
  );
  assert.ok(await page.isEnabled(`${id('save-menu')} [data-export=zip]`));
  assertPrivate(seen, site.url);
  await close();
});

test('a ZIP file that grows too large is followed by another', async () => {
  const { page, close } = await openSeries();
  const names = await page.evaluate(
    async (files) => {
      const { packSeries } = await import('/web/page/save/pack.js');
      const { withoutLayers } = await import('/web/page/worklist/entry.js');
      const { Series } = await import('/web/page/worklist/series.js');
      const { Together } = await import('/web/page/worklist/together.js');
      const { load } = await import('/web/vmnet.js');
      const model = await load({ size: 256 });
      const together = new Together(async () => model);
      const series = new Series();
      const bytes = files.map((f) => Uint8Array.from(atob(f), (c) => c.charCodeAt(0)));
      const entries = series.add(bytes.map((b, i) => new File([b], `${i}.jpg`)));
      for (const entry of entries)
        series.update(entry, { state: 'done', result: withoutLayers(await model.screen(entry.file), []) });
      const saved = [];
      const missing = await packSeries({
        entries,
        model,
        together,
        fileOf: async (entry) => entry.file,
        signal: new AbortController().signal,
        onProgress: () => {},
        save: ({ blob, name }) => saved.push([name, blob.size > 1000]),
        mostBytes: 100_000,
      });
      model.close();
      return { saved, missing };
    },
    phantoms.slice(0, 3).map((buffer) => buffer.toString('base64')),
  );
  assert.deepEqual(names.missing, []);
  assert.ok(names.saved.length >= 2, JSON.stringify(names));
  assert.deepEqual(
    names.saved.map(([name, large]) => [name.replace(/\d{4}-\d\d-\d\d/, 'DAY'), large]),
    names.saved.map((_, i) => [`pictures-DAY-part-${i + 1}.zip`, true]),
  );
  await close();
});

// ---- paper and screens ----

/** Operating points, as newer weights have them. */
const withPoints = (page) => {
  const at = (factor, sensitivity, specificity) =>
    `{ threshold: Math.min(1, c.threshold * ${factor}), sensitivity: ${sensitivity}, specificity: ${specificity} }`;
  const points = `points: { screening: ${at(0.5, 0.97, 0.6)}, balanced: ${at(1, 0.9, 0.8)}, specific: ${at(2, 0.7, 0.95)} }`;
  return changeModule(page, 'web/vmnet.js', 'points: c.points ?? null', points);
};

test('print: one page a patient, with pictures, operating point, hashes, version and notice', async () => {
  const { page, seen, close } = await openSeries({}, async (p) => {
    await withPoints(p);
    await p.addInitScript(() => {
      window.print = () => {
        window.printed = (window.printed ?? 0) + 1;
      };
    });
  });
  await page.setInputFiles(id('file'), [...eyes(4), file('P2_OS_2.jpg', sample), file('P2_OS_3.png', BAD[2][1])]);
  await done(page);
  await atPoint(page, 'screening');
  await choose(page, 'print');
  await page.waitForFunction(() => window.printed === 1);
  const table = await csv(page);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 688, height: 1000 });
  assert.ok(await page.isHidden('.top'));
  assert.ok(await page.isHidden(id('work')));
  const sheets = page.locator('.sheet');
  assert.equal(await sheets.count(), 2);
  const second = await sheets.nth(1).innerText();
  assert.match(second, /Patient P2/);
  assert.match(second, /not a medical device/i);
  assert.match(second, /Rules: Our own\. [\s\S]*Operating point: Screening\./);
  assert.match(second, /97\s?%/);
  assert.match(second, /60\s?%/);
  assert.match(second, /P2_OS_3\.png[\s\S]*damaged/i);
  for (const row of table.filter(({ patient, sha256 }) => patient === 'P2' && sha256 !== ''))
    assert.ok(second.includes(row.sha256), row.file);
  assert.ok(second.includes(table[0].weights_sha256));
  assert.ok(second.includes(`V-MNet ${table[0].version}`));
  const pictures = await sheets
    .nth(1)
    .locator('img')
    .evaluateAll((all) => all.map((img) => img.complete && img.naturalWidth > 200));
  assert.ok(pictures.length >= 3 && pictures.every(Boolean), 'each photograph, and where the network looked');
  await page.screenshot({ path: join(SCREENSHOTS, 'series-print.png'), fullPage: true });
  const pdf = await page.pdf({ preferCSSPageSize: true, format: 'A4' });
  assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 2, 'one page a patient');
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.fill(id('search'), 'P1');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr').length === 2);
  await choose(page, 'print');
  await page.waitForFunction(() => window.printed === 2);
  assert.equal(await sheets.count(), 1, 'what the table shows');
  for (let left = 2; left > 0; left--) {
    const patient = page.locator('.photographs [data-part=patient]').nth(left - 1);
    await patient.fill('');
    await patient.press('Enter');
    if (left === 2) await page.click('[data-testid=choose-one]');
  }
  await choose(page, 'print');
  await page.waitForFunction(() => window.printed === 3);
  assert.equal(await sheets.count(), 2, 'photographs of nobody: each may be of somebody else');
  await page.click('#batch-tab-eyes');
  const who = page.locator('.eyes .c-patient-row');
  await page.waitForFunction(() => document.querySelectorAll('.eyes .c-patient-row').length === 2);
  assert.deepEqual((await who.locator('.fine').allTextContents()).sort(), ['P1_OD.jpg', 'P1_OS.jpg']);
  assertPrivate(seen, site.url);
  await close();
});

test("print by the browser's menu or by keys: the same sheets, and what could not be screened shares a page", async () => {
  const { page, close } = await openSeries({}, (p) =>
    p.addInitScript(() => {
      window.print = () => {
        window.printed = (window.printed ?? 0) + 1;
      };
    }),
  );
  const broken = Array.from({ length: 40 }, (_, i) => file(`broken_${i}.png`, BAD[2][1]));
  await page.setInputFiles(id('file'), [...eyes(2), ...broken]);
  await done(page);
  const pages = async () => {
    const pdf = await page.pdf({ preferCSSPageSize: true, format: 'A4' });
    return pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length;
  };
  assert.equal(await page.locator('.sheet').count(), 0);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await page.locator('.sheet').count(), 2);
  assert.equal(await page.locator('.sheet.not-screened tbody tr').count(), 40, 'every row, also those out of sight');
  assert.match(await page.locator('.sheet.not-screened').textContent(), /broken_39\.png.*damaged.*Copy or export it/s);
  assert.ok((await pages()) <= 5, 'one page for the patient; of the rest ten a page, each with what is to be done');
  // what is learnt of a photograph while it is printed takes no sheet away
  await page.getByLabel('Eye of P1_OS.jpg').selectOption('');
  assert.equal(await page.locator('.sheet').count(), 2);
  // by keys the page prints itself, once its pictures are there
  await page.fill(id('search'), 'P1');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr').length === 2);
  await page.keyboard.press('Control+p');
  await page.waitForFunction(() => window.printed === 1);
  assert.equal(await page.locator('.sheet').count(), 1);
  // in another language, at another operating point: never the sheets from before
  await page.selectOption('#language', 'fr');
  await page.waitForFunction(() => document.documentElement.lang === 'fr');
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await page.locator('.sheet').getAttribute('class'), 'sheet');
  assert.doesNotMatch(await page.locator('.sheet').textContent(), /Patient P1.*printed/s);
  // the lab prints itself, not the series
  await page.click('#to-teach');
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.isHidden('.sheet'));
  await close();
});

test('two thousand photographs at once: few rows in the document, and every one can be reached', async () => {
  const { page, seen, close } = await openSeries();
  const count = 2000;
  await page.evaluate((n) => {
    const data = new DataTransfer();
    for (let i = 0; i < n; i++) data.items.add(new File([`no picture ${i}`], `${i}_OD.jpg`));
    data.items.add(new File(['x'], 'readme.md'));
    const input = document.querySelector('[data-testid=batch-file]');
    input.files = data.files;
    input.dispatchEvent(new Event('change'));
  }, count);
  await says(page, /^Screening: \d+ of 2,000/);
  await done(page, { timeout: 1_800_000 });
  const drawn = () => page.locator(`${id('photographs')} tbody tr:not(.gap)`).count();
  assert.ok((await drawn()) < 60, `${await drawn()} rows are drawn`);
  assert.equal(await page.getAttribute(id('photographs'), 'aria-rowcount'), String(count + 1));
  const scroll = (top) =>
    page.evaluate((to) => {
      document.querySelector('.batch-scroll').scrollTop = to;
    }, top);
  await scroll(1e7);
  await page.waitForSelector(`${id('photographs')} [aria-rowindex="${count + 1}"]`);
  assert.equal((await rows(page)).at(-1).name, '1999_OD.jpg');
  assert.ok((await drawn()) < 60);
  // what has the focus stays in the document
  await scroll(0);
  await page.getByLabel('Eye of 3_OD.jpg').focus();
  await scroll(60_000);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .gap').length === 3);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Eye of 3_OD.jpg');
  await page.click(`${id('photographs')} [data-sort=name]`);
  await page.click(`${id('photographs')} [data-sort=name]`);
  await scroll(0);
  await page.waitForSelector(`${id('photographs')} [aria-rowindex="2"]`);
  assert.equal((await rows(page))[0].name, '1999_OD.jpg', 'by number, not by letter');
  await page.selectOption(id('filter'), 'failed');
  assert.match(await page.textContent(id('shown')), /2,000 of 2,000/);
  assert.equal((await csv(page)).length, count);
  assertPrivate(seen, site.url);
  await close();
});

test('the table at 1280 x 800: fourteen rows in sight, every column whole, in every language', async () => {
  const { page, close } = await openSeries({ viewport: { width: 1280, height: 800 } });
  await page.setInputFiles(id('file'), [
    ...eyes(6),
    file('a photograph with a very long name that nobody would like to read to its end_OD.jpg', sample),
    ...Array.from({ length: 10 }, (_, i) => file(`z${i}_OD.png`, BAD[2][1])),
  ]);
  await done(page);
  for (const lang of await page.locator('#language option').evaluateAll((all) => all.map(({ value }) => value))) {
    await page.selectOption('#language', lang);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    await frames(page);
    const { inSight, wide, cut } = await page.evaluate(() => {
      const scroller = document.querySelector('.batch-scroll');
      const { top, bottom } = scroller.getBoundingClientRect();
      const boxes = [...document.querySelectorAll('.photographs tbody tr[data-key]')].map((r) =>
        r.getBoundingClientRect(),
      );
      return {
        inSight: boxes.filter((b) => b.top >= top - 1 && b.bottom <= Math.min(bottom, innerHeight) + 1).length,
        wide: scroller.scrollWidth - scroller.clientWidth,
        cut: [
          ...document.querySelectorAll('.photographs :is(.sort > span:first-child, td .percent, .c-answer .answer)'),
        ]
          .filter((e) => {
            const cell = e.closest('td, th').getBoundingClientRect();
            const box = e.getBoundingClientRect();
            return box.left < cell.left - 0.5 || box.right > cell.right + 0.5 || e.scrollWidth > e.clientWidth + 1;
          })
          .map((e) => e.textContent),
      };
    });
    assert.deepEqual({ lang, wide, cut }, { lang, wide: 0, cut: [] });
    assert.ok(inSight >= 14, `${lang}: ${inSight} rows`);
  }
  await close();
});

test('nothing is wider than the screen, names for everything, one heading; screenshots', async () => {
  for (const [width, height, ...schemes] of [
    [390, 844, 'light'],
    [640, 450, 'light'], // 1280 at 200 %
    [1280, 900, 'light', 'dark'],
    [1920, 1080, 'light'],
  ]) {
    const options = { viewport: { width, height }, hasTouch: width < 500, reducedMotion: 'reduce' };
    const { page, close } = await openSeries(options, withPoints);
    const shot = async (name) => {
      await frames(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} at ${width}: ${wide} pixels wide`);
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('#view-batch :is(button, input, select, summary, table, [role=region])')]
          .filter((e) => e.checkVisibility())
          .filter((e) => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
          .map((e) => e.outerHTML),
      );
      assert.deepEqual(nameless, []);
      // 44 pixels for a finger; for a mouse, in rows of which many are to be in sight, 24
      const low = await page.evaluate(
        (least) =>
          [...document.querySelectorAll('#view-batch :is(button, select, input:not([type=checkbox], [type=radio]))')]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < least - 0.5)
            .map((e) => e.outerHTML.slice(0, 90)),
        width < 1216 ? 44 : 24,
      );
      assert.deepEqual(low, [], 'targets that are too low');
      const headings = await page.evaluate(
        () => [...document.querySelectorAll('h1')].filter((h) => h.checkVisibility()).length,
      );
      assert.equal(headings, 1);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(SCREENSHOTS, `series-${name}-${width}-${colorScheme}.png`) });
      }
    };
    await shot('start');
    await page.setInputFiles(id('file'), [
      ...eyes(4),
      file('P7_left.jpg', sample),
      file('P7_left_again.jpg', sample),
      file('a photograph with a very long name that nobody would like to read to its end_OD.png', BAD[2][1]),
      file('notes.txt', Buffer.from('hello')),
    ]);
    await done(page);
    await shot('table');
    await page.evaluate(() => document.querySelector('.batch-tools').scrollIntoView());
    await shot('rows');
    await page.click('#batch-tab-eyes');
    await shot('eyes');
    await close();
  }
});
