/**
 * Journeys that are the same in every browser: the core of the page, a nurse's, a teacher's, a page of paper's and a JPEG's. Each
 * browser's test brings a Driver; what is asserted here holds for all of them.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeScreen, ROOT, scratch } from '../js/native.mjs';
import { SCREENSHOTS } from './browser.mjs';
import { pdfText, squeezed } from './pdf.mjs';
import { sample } from './pictures.mjs';

/**
 * @typedef {object} Driver
 * @property {string} name
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(selector: string) => Promise<unknown>} click as a hand does: at a place of the window
 * @property {(key: string) => Promise<unknown>} press where the focus is: a key by its name, or Shift+Tab
 * @property {(text: string) => Promise<unknown>} type where the focus is
 * @property {(fn: (arg: any) => unknown, arg?: unknown) => Promise<any>} evaluate in the page; plain data in and out
 * @property {() => Promise<Buffer>} [screenshot]
 * @property {() => string[]} [errors] uncaught ones
 * @property {(paper: 'A4' | 'Letter') => Promise<Uint8Array>} [print] a PDF of what the browser prints
 * @property {boolean} [byKeys] touches no pointer
 */

/** Only some browsers fuse multiply and add. The pixels are the same in all. */
const LIMIT = 1e-3;

/** Asks the page again and again: some drivers' own waiting needs eval, which the page's policy forbids. */
async function until(/** @type {Driver} */ driver, condition, arg = undefined, times = 600) {
  for (let i = 0; i < times; i++) {
    if (await driver.evaluate(condition, arg)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const said = await driver.evaluate(() => document.body.innerText.slice(0, 2000));
  assert.fail(`${driver.name}: never true: ${condition} ${JSON.stringify(arg)}\nThe page says: ${said}`);
}

/** Until this place says this. @param {Driver} driver @param {string} selector @param {RegExp} pattern */
const says = (driver, selector, pattern) =>
  until(driver, ([s, source]) => new RegExp(source).test(document.querySelector(s)?.textContent ?? ''), [
    selector,
    pattern.source,
  ]);

const text = (/** @type {Driver} */ driver, /** @type {string} */ selector) =>
  driver.evaluate((s) => document.querySelector(s)?.textContent.trim() ?? null, selector);

/** As if they were chosen in the browser's own dialog, which no driver can reach. @param {[string, Buffer][]} files */
function give(/** @type {Driver} */ driver, files) {
  const plain = files.map(([name, bytes]) => [name, bytes.toString('base64')]);
  return driver.evaluate((all) => {
    const data = new DataTransfer();
    for (const [name, base64] of all)
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    const input = document.querySelector('#file');
    input.files = data.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, plain);
}

/** A drawn eye as the command draws it. @param {number} seed @returns {Buffer} PNG */
function phantom(seed) {
  const out = scratch();
  const args = ['phantom', '--out', out, '--seed', String(seed), '--side', '512'];
  execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT });
  return readFileSync(join(out, 'phantom.png'));
}

/** Probabilities by disease, as the rows show them. */
const rows = (/** @type {Driver} */ driver) =>
  driver.evaluate(() =>
    [...document.querySelectorAll('[data-testid=disease-row]')].map((r) => [
      r.dataset.id,
      Number(r.dataset.probability),
      r.querySelector('.percent').textContent,
    ]),
  );

/** In the browser: how the canvas looks, in a number; or, where one is given, whether it looks otherwise. @param {number} [before] */
function look(before) {
  const canvas = document.querySelector('#canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const now = data.reduce((sum, v, i) => (sum * 31 + v * (i + 1)) % 4294967291, 7);
  return typeof before === 'number' ? now !== before : now;
}

/** @param {Driver} driver */
async function screenSample(driver) {
  await until(driver, () => document.querySelector('#status[data-ready]') !== null);
  assert.equal(await driver.evaluate(() => document.documentElement.dataset.state), 'ready');
  await driver.click('.offer[data-action=sample]');
  await until(driver, () => document.documentElement.dataset.state === 'result');
  const native = nativeScreen(join(ROOT, 'web/sample/retina.jpg')).report;
  const shown = await rows(driver);
  const findings = native.diseases.filter((d) => d.id !== 'normal'); // which is no finding
  assert.deepEqual(shown.map(([id]) => id).sort(), findings.map((d) => d.id).sort());
  for (const [id, p, percent] of shown) {
    const { probability } = findings.find((d) => d.id === id);
    assert.ok(Math.abs(p - probability) < LIMIT, `${driver.name}: ${id}: ${p}, native ${probability}`);
    assert.ok(Math.abs(Number(percent.replace(/[^\d.]/g, '')) - p * 100) <= 1, `${id}: ${p} shown as ${percent}`);
  }
  const report = await driver.evaluate(() => window.vmnetLast.report);
  assert.equal(report.image.sha256, native.image.sha256);
  assert.ok(Math.abs(report.vessels.density - native.vessels.density) < LIMIT);
  assert.deepEqual([report.image.width, report.image.height], [native.image.width, native.image.height]);
}

/** @param {Driver} driver */
async function heatmapAndWipe(driver) {
  const before = await driver.evaluate(look);
  await driver.click('#unlikely-names');
  await driver.click('[data-disease=glaucoma]');
  await until(driver, () => document.querySelector('[data-disease=glaucoma]').getAttribute('aria-pressed') === 'true');
  await says(driver, '#legend .heat-name', /glaucoma/);
  await until(driver, look, before);
  await driver.evaluate(() => document.querySelector('#heat-on').focus());
  await driver.press(' ');
  await until(driver, () => document.querySelector('#heat-on').getAttribute('aria-pressed') === 'false');
  await driver.click('#wipe-on');
  await until(driver, () => document.querySelector('#wipe:not([hidden])') !== null);
  assert.equal(await text(driver, '#wipe-left'), 'Photograph');
}

/** @param {Driver} driver */
async function phantomAndTruth(driver) {
  await driver.click('#home');
  await driver.click('.offer[data-action=phantom]');
  await until(
    driver,
    () => /^phantom-1/.test(window.vmnetLast.report.image.name) && document.querySelector('#busy').hidden,
  );
  await until(driver, () => document.querySelector('#wipe:not([hidden])') !== null);
  assert.equal(await text(driver, '#wipe-left'), 'Truth');
}

/** @param {Driver} driver */
async function series(driver) {
  await driver.click('#to-batch');
  await until(driver, () => document.querySelector('[data-testid=batch-start]') !== null);
  await give(driver, [
    ['P1_left.jpg', sample],
    ['P2_OD.png', phantom(3)],
    ['P2_OS.png', phantom(4)],
    ['notes.txt', Buffer.from('not a photograph')],
  ]);
  await until(driver, () => /^Done/.test(document.querySelector('[data-testid=batch-progress]')?.textContent ?? ''));
  await until(driver, () => document.querySelectorAll('.photographs tbody .c-disease .percent').length === 21);
  const table = await driver.evaluate(() =>
    [...document.querySelectorAll('.photographs tbody tr:not(.gap)')].map((row) => [
      row.querySelector('th bdi').textContent,
      row.querySelectorAll('.c-disease .percent').length,
      row.querySelector('.c-disease .percent').textContent,
    ]),
  );
  assert.deepEqual(table.map(([name, count]) => [name, count]).sort(), [
    ['P1_left.jpg', 7],
    ['P2_OD.png', 7],
    ['P2_OS.png', 7],
  ]);
  const [first] = nativeScreen(join(ROOT, 'web/sample/retina.jpg')).report.diseases.filter((d) => d.id !== 'normal');
  const shown = table.find(([name]) => name === 'P1_left.jpg')[2];
  assert.ok(Math.abs(Number.parseInt(shown.replace(/[^\d]/g, ''), 10) - first.probability * 100) <= 1, shown);
  assert.match(await text(driver, '[data-testid=batch-others]'), /notes\.txt/);
}

/** @param {Driver} driver */
async function learn(driver) {
  await driver.click('#to-teach');
  await until(driver, () => {
    const all = [...document.querySelectorAll('.teach-flow canvas')];
    return all.length >= 4 && document.querySelector('.teach-row .delta')?.dataset.off !== undefined;
  });
  const colours = await driver.evaluate(() =>
    [...document.querySelectorAll('.teach-flow canvas')].map((c) => {
      const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }),
  );
  assert.ok(
    colours.every((n) => n > 20),
    `${driver.name}: a step has no picture: ${colours}`,
  );
}

/** @param {Driver} driver */
async function languages(driver) {
  const choose = (code) =>
    driver.evaluate((c) => {
      const select = document.querySelector('#language');
      select.value = c;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }, code);
  for (const [code, dir, words] of [
    ['ar', 'rtl', /طبي/],
    ['fr', 'ltr', /dispositif médical/i],
    ['en', 'ltr', /not a medical device/],
  ]) {
    await choose(code);
    await until(driver, (c) => document.documentElement.lang === c, code);
    assert.equal(await driver.evaluate(() => document.documentElement.dir), dir);
    assert.match(await text(driver, '.notice'), words);
  }
}

/** @param {Driver} driver */
async function noPhotograph(driver) {
  await driver.click('#to-screen');
  await give(driver, [['notes.txt', Buffer.from('not a photograph')]]);
  await until(driver, () => document.querySelector('#error[data-code=format]:not([hidden])') !== null);
  assert.match(await text(driver, '#error'), /notes\.txt.*JPEG, PNG, WebP, TIFF or DICOM/s);
  await driver.click('#error-close');
  await until(driver, () => document.querySelector('#error').hidden);
}

/** What of the page's means this browser lacks has to be said in words. @param {Driver} driver */
async function saysWhatIsMissing(driver) {
  const { threads, variant } = await driver.evaluate(() => {
    const { model } = window.vmnetLast.report;
    return { threads: self.crossOriginIsolated && typeof SharedArrayBuffer === 'function', variant: model.variant };
  });
  assert.equal(variant.endsWith('-mt'), threads, `${driver.name}: ${variant}`);
  const details = await driver.evaluate(() => document.querySelector('#detail-list').textContent);
  if (!threads) assert.match(details, /one thread: /);
  if (!variant.startsWith('relaxed')) assert.match(details, /plain SIMD: this browser has no relaxed SIMD/);
}

/** @param {Driver} driver @param {string} url */
export async function coreJourney(driver, url) {
  await driver.goto(`${url}#lang=en`);
  await screenSample(driver);
  await saysWhatIsMissing(driver);
  await picture(driver, 'result');
  await heatmapAndWipe(driver);
  await phantomAndTruth(driver);
  await series(driver);
  await picture(driver, 'series');
  await learn(driver);
  await picture(driver, 'learn');
  await languages(driver);
  await noPhotograph(driver);
  assert.deepEqual(driver.errors?.() ?? [], [], 'uncaught errors');
}

// ---- a nurse ----

/**
 * Photographs of so many patients, both eyes, from one of a healthy eye and one of a sick one: each is another file, by its
 * comment. Made in the page, which then holds them as if they were chosen.
 * @param {Driver} driver @param {string[]} healthy names @param {string[]} sick @param {string[]} broken
 */
async function giveMany(driver, healthy, sick, broken) {
  await driver.press('Shift'); // whoever drops files is there: what follows at once is no jump
  const bytes = [sample, readFileSync(join(ROOT, 'web/sample/diabetic.jpg'))].map((jpeg) => jpeg.toString('base64'));
  return driver.evaluate(
    ([base64, ...names]) => {
      const jpegs = base64.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
      const data = new DataTransfer();
      let count = 0;
      const add = (name, [a, b]) => data.items.add(new File([a, b], name));
      const another = (jpeg) => {
        count += 1;
        const comment = [0xff, 0xfe, 0, 4, 65 + (count >> 4), 65 + (count & 15)];
        return [Uint8Array.from([...jpeg.slice(0, 2), ...comment]), jpeg.slice(2)];
      };
      for (const name of names[0]) add(name, another(jpegs[0]));
      for (const name of names[1]) add(name, another(jpegs[1]));
      for (const name of names[2]) add(name, [jpegs[0].slice(0, 20_000 + name.length), new Uint8Array()]);
      const input = document.querySelector('#file');
      input.files = data.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    },
    [bytes, healthy, sick, broken],
  );
}

/** What is saved stays in the page, by its name; no driver shares a folder of downloads with all others. @param {Driver} driver */
function keepDownloads(driver) {
  return driver.evaluate(() => {
    const blobs = new Map();
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      const url = make.call(URL, blob);
      blobs.set(url, blob);
      return url;
    };
    window.savedFiles = [];
    HTMLAnchorElement.prototype.click = function () {
      window.savedFiles.push({ name: this.download, blob: blobs.get(this.href) });
    };
  });
}

/** Saves one kind, and says what the file is called and begins with. @param {Driver} driver @param {string} kind */
async function saveAs(driver, kind) {
  await act(driver, '[data-testid=case-save]');
  await until(driver, () => document.querySelector('#case-save-menu').matches(':popover-open'));
  await act(driver, `#case-save-menu [data-export=${kind}]`);
  await until(driver, (wanted) => window.savedFiles.some(({ name }) => name.endsWith(wanted)), `.${kind}`);
  return driver.evaluate(async (wanted) => {
    const { name, blob } = window.savedFiles.find((file) => file.name.endsWith(wanted));
    return { name, start: await blob.slice(0, 4).text(), size: blob.size };
  }, `.${kind}`);
}

/** As the driver's user does: by hand, or by keys alone. @param {Driver} driver @param {string} selector */
async function act(driver, selector) {
  await until(driver, (s) => document.querySelector(s)?.checkVisibility() === true, selector);
  if (!driver.byKeys) {
    await standing(driver, selector);
    return driver.click(selector);
  }
  await reach(driver, selector);
  await driver.press('Enter');
}

/**
 * Until it stands where it stood when it was asked before: some drivers click at the place where a thing was when they looked.
 * @param {Driver} driver @param {string} selector
 */
function standing(driver, selector) {
  return until(
    driver,
    (s) => {
      const { left, top } = document.querySelector(s).getBoundingClientRect();
      const place = `${s} ${left} ${top}`;
      const stands = window.stoodAt === place;
      window.stoodAt = place;
      return stands;
    },
    selector,
  );
}

/** Tabs there: on, or back, not around by the browser's own buttons. @param {Driver} driver @param {string} selector */
async function reach(driver, selector) {
  for (let i = 0; i < 120; i++) {
    const way = await driver.evaluate((s) => {
      const { activeElement } = document;
      if (activeElement.matches(s)) return '';
      const isBefore =
        activeElement.compareDocumentPosition(document.querySelector(s)) & Node.DOCUMENT_POSITION_PRECEDING;
      return isBefore && activeElement !== document.body ? 'Shift+Tab' : 'Tab';
    }, selector);
    if (way === '') return;
    await driver.press(way);
  }
  assert.fail(`${driver.name}: ${selector} is not reached by Tab`);
}

/**
 * Many photographs, three of them broken: the urgent one is on top, both eyes are compared, a person decides otherwise, and
 * a page and a spreadsheet are saved.
 * @param {Driver} driver @param {string} url @param {number} patients
 */
export async function nurseJourney(driver, url, patients) {
  await driver.goto(`${url}#lang=en`);
  await until(driver, () => document.querySelector('#status[data-ready]') !== null);
  await keepDownloads(driver);
  const name = (/** @type {number} */ i) => `P${String(i).padStart(2, '0')}`;
  const of = (/** @type {number} */ i) => [`${name(i)}_OD.jpg`, `${name(i)}_OS.jpg`];
  const healthy = Array.from({ length: patients - 1 }, (_, i) => of(i + 1)).flat();
  await giveMany(driver, healthy, of(patients), ['cut_1.jpg', 'cut_22.jpg', 'cut_333.jpg']);
  const all = `Done: ${2 * patients + 3} photographs`;
  await until(driver, (said) => document.querySelector('.rail-progress')?.textContent.includes(said), all, 3000);
  const first = '.rail tbody tr:not(.gap) .open';
  // The urgent one is on top, once all rows are in their order.
  await until(
    driver,
    ([s, who]) =>
      document.querySelector(`${s} strong`)?.textContent === 'Refer' &&
      document.querySelector(`${s} bdi`)?.textContent === who,
    [first, name(patients)],
  );
  // what could not be read has its patient's answer a moment later
  await until(
    driver,
    (wanted) => {
      const counts = [...document.querySelectorAll('.rail-counts button')];
      return counts.length === 4 && counts.every((e) => e.textContent === wanted[e.dataset.answer]);
    },
    {
      refer: 'Refer: 1',
      unclear: 'Unclear: 0',
      repeat: 'Repeat: 3',
      'no-finding': `No finding: ${patients - 1}`,
    },
  );
  await until(driver, () => {
    const failed = document.querySelector('[data-testid=rail-failed]');
    return failed.checkVisibility() && failed.textContent === 'Not possible: 3';
  });

  await act(driver, first);
  await until(driver, (wanted) => window.vmnetLast?.report.image.name.startsWith(wanted), name(patients));
  await until(driver, () => document.querySelector('#busy').hidden && !document.querySelector('#results').hidden);
  assert.equal(await text(driver, '#summary'), 'Refer');
  await says(driver, '#to-do', /Do so within 1 month\.$/);
  // both eyes, the right one on the left; the other one opens in its place
  await until(driver, () => document.querySelector('[data-testid=other-eye]')?.checkVisibility() === true);
  await until(
    driver,
    (wanted) =>
      [...document.querySelectorAll('.eye-pane')]
        .filter((pane) => pane.checkVisibility())
        .map((pane) => ({ eye: pane.dataset.eye, left: pane.getBoundingClientRect().left }))
        .sort((a, b) => a.left - b.left)
        .map(({ eye }) => eye)
        .join() === wanted,
    'OD,OS',
  );

  await act(driver, '[data-testid=override-open]');
  await until(driver, () => document.querySelector('.override-dialog').open);
  if (driver.byKeys) {
    await reach(driver, '.override-dialog input[type=radio]');
    await driver.press('ArrowDown');
    await reach(driver, '#override-who');
  } else {
    await driver.click('.override-dialog input[value=unclear]');
    await driver.click('#override-who');
  }
  await driver.type('Ana Gómez');
  await act(driver, '[data-testid=override-keep]');
  await until(driver, () => !document.querySelector('.override-dialog').open);
  await says(driver, '[data-testid=override-said]', /Ana Gómez/);
  await says(driver, '[data-testid=override-said]', /Unclear/);
  assert.equal(await text(driver, '#summary'), 'Refer', 'the answer of the test stays');

  const pdf = await saveAs(driver, 'pdf');
  const undated = (/** @type {string} */ saved) => saved.replace(/-\d{4}-\d\d-\d\d\./, '.');
  assert.deepEqual([undated(pdf.name), pdf.start], [`${name(patients)}-report.pdf`, '%PDF']);
  const xlsx = await saveAs(driver, 'xlsx');
  assert.deepEqual([undated(xlsx.name), xlsx.start], [`${name(patients)}-results.xlsx`, 'PK\x03\x04']);
  assert.ok(pdf.size > 20_000 && xlsx.size > 2000, `${pdf.size}, ${xlsx.size} bytes`);
  assert.deepEqual(driver.errors?.() ?? [], [], 'uncaught errors');
}

// ---- a teacher ----

/**
 * A case of the shelf, why it was judged so, the guide taken away, the photograph broken, and the network's own mistakes.
 * @param {Driver} driver @param {string} url
 */
export async function teacherJourney(driver, url) {
  await driver.goto(`${url}#lang=en&sample=overlooked`);
  await until(driver, () => document.documentElement.dataset.state === 'result');
  assert.equal(await text(driver, '#summary'), 'No finding by this test');
  await act(driver, '[data-action=explain]');
  await until(driver, () => document.querySelector('.teach-row .delta')?.dataset.off !== undefined);
  await until(
    driver,
    () => document.querySelectorAll('.teach-flow li').length === 5 && !document.querySelector('.teach-flow .empty'),
  );
  await says(driver, '.teach-change', /With the guide off the answer is another one/);
  const slider = '#teach-part-how .teach-panel input[type=range]';
  if (driver.byKeys) await reach(driver, slider);
  else await driver.evaluate((s) => document.querySelector(s).focus(), slider);
  await driver.press('Home');
  await until(driver, () => document.querySelector('.teach-rows').dataset.strength === '0');
  await says(driver, '[data-stage=guide] .teach-text', /The guide is off/);

  if (driver.byKeys) {
    await reach(driver, '#teach-tab-how');
    await driver.press('ArrowRight');
  } else await driver.click('#teach-tab-break');
  await until(driver, () => /The answer stays: No finding/.test(document.querySelector('.break-answer').textContent));
  const numbers = () =>
    driver.evaluate(() =>
      [...document.querySelectorAll('.break-rows .percent')].map((e) => e.dataset.probability).join(),
    );
  const before = await numbers();
  if (driver.byKeys) {
    await reach(driver, '.break-stage canvas');
    await driver.press('Enter');
  } else await driver.click('.break-stage canvas');
  await until(
    driver,
    (old) => [...document.querySelectorAll('.break-rows .percent')].map((e) => e.dataset.probability).join() !== old,
    before,
  );

  if (driver.byKeys) {
    await reach(driver, '#teach-tab-break');
    await driver.press('End');
  } else await driver.click('#teach-tab-mistakes');
  await until(driver, () => document.querySelectorAll('.teach-mistakes [data-verdict]').length === 6);
  await act(driver, '[data-open=alarm]');
  await until(
    driver,
    () => window.vmnetLast?.report.image.name === 'alarm.jpg' && document.querySelector('#busy').hidden,
  );
  assert.match(await text(driver, '#whose'), /healthy, which the network takes for glaucoma/);
  await act(driver, '[data-action=explain]');
  await until(
    driver,
    () => document.querySelector('.teach-top select').selectedOptions[0]?.text === 'alarm.jpg, from the Screen view',
  );
  assert.deepEqual(driver.errors?.() ?? [], [], 'uncaught errors');
}

// ---- on paper ----

/** What no paper is to show: what people press, and the frame of the page. */
const CONTROLS = /Add photographs|Confirm or decide|Previous|What was requested|Not a photograph|Download|Vessel mask/;

/**
 * Of two eyes, one of which is sick, each of two patients: a page a patient, which holds answer, eyes and coverage, and no control.
 * Where a driver cannot print, the rules for paper are applied to the window, which is then measured.
 * @param {Driver} driver @param {string} url
 */
export async function printJourney(driver, url) {
  await driver.goto(`${url}#lang=en`);
  await until(driver, () => document.querySelector('#status[data-ready]') !== null);
  await driver.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await giveMany(driver, ['P1_OD.jpg', 'P2_OD.jpg', 'P2_OS.jpg'], ['P1_OS.jpg'], ['cut_1.jpg']);
  await says(driver, '.rail-progress', /Done: 5 photographs/);
  await act(driver, '#to-batch');
  await until(driver, () => document.querySelectorAll('.photographs .thumb img').length === 4);
  await act(driver, '[data-testid=batch-save]');
  await act(driver, '#batch-save-menu [data-export=print]');
  await until(driver, () => window.printed === true, undefined, 1200);
  assert.equal(await driver.evaluate(() => document.querySelectorAll('.sheet-print .sheet').length), 3);
  for (const paper of /** @type {const} */ (['A4', 'Letter'])) {
    const pages = driver.print ? (await pdfText(await driver.print(paper))).pages : await laidOut(driver, paper);
    assert.equal(
      pages.length,
      3,
      `${driver.name}: ${paper}: ${pages.length} pages: ${pages.map((one) => one.slice(0, 80))}`,
    );
    const [first, second, rest] = pages.map(squeezed);
    for (const words of [
      'Patient P1',
      'Refer',
      'left eye (OS)',
      'right eye (OD)',
      'It cannot see other diseases',
      'not a medical device',
    ])
      assert.ok(
        first.toLowerCase().includes(squeezed(words).toLowerCase()),
        `${driver.name}: ${paper}: ${words} in ${first}`,
      );
    for (const words of ['Patient P2', 'No finding by this test', 'It cannot see other diseases'])
      assert.ok(second.includes(squeezed(words)), `${driver.name}: ${paper}: ${words} in ${second}`);
    assert.ok(rest.includes('cut_1.jpg'), rest);
    for (const page of pages) assert.doesNotMatch(page, CONTROLS);
  }
  assert.deepEqual(driver.errors?.() ?? [], [], 'uncaught errors');
}

/** Inches less the margins that print.css asks for, in CSS pixels. */
const PAPER = { A4: [688, 1039], Letter: [710, 973] };

/** Each sheet's words, with the rules for paper in the window: nothing else is seen, and each sheet is as high as a page at most. @param {Driver} driver @param {'A4' | 'Letter'} paper */
async function laidOut(driver, paper) {
  await driver.evaluate(() => {
    for (const link of document.querySelectorAll('link[media=print]')) link.media = 'all';
  });
  await until(driver, () => getComputedStyle(document.querySelector('.sheet-print')).display !== 'none');
  const { sheets, others } = await driver.evaluate(([width]) => {
    document.body.style.width = `${width}px`;
    const shown = (element) => element.checkVisibility({ visibilityProperty: true });
    return {
      sheets: [...document.querySelectorAll('.sheet-print .sheet')].map((sheet) => ({
        text: sheet.innerText,
        // WebKit tells what is made smaller, to stand on a page, in its own pixels
        height: sheet.getBoundingClientRect().height * Number(sheet.style.zoom || 1),
        wide: sheet.scrollWidth * Number(sheet.style.zoom || 1),
        pictures: [...sheet.querySelectorAll('img')].every((img) => img.complete && img.naturalWidth > 0),
        shown: shown(sheet),
      })),
      others: [...document.querySelectorAll('button, select, input, header.top, main, footer.foot')]
        .filter(shown)
        .map((e) => e.outerHTML.slice(0, 80)),
    };
  }, PAPER[paper]);
  assert.deepEqual(others, [], `${driver.name}: ${paper}`);
  for (const { text: said, height, wide, pictures, shown } of sheets) {
    assert.ok(shown && pictures, said);
    assert.ok(
      height <= PAPER[paper][1] + 1 && wide <= PAPER[paper][0] + 1,
      `${driver.name}: ${paper}: ${wide} x ${height}: ${said}`,
    );
  }
  return sheets.map((sheet) => sheet.text);
}

/** For people who look. @param {Driver} driver @param {string} state */
async function picture(driver, state) {
  if (driver.screenshot === undefined) return;
  await driver.evaluate(() => scrollTo(0, 0));
  mkdirSync(SCREENSHOTS, { recursive: true });
  writeFileSync(join(SCREENSHOTS, `${driver.name}-${state}.png`), await driver.screenshot());
}

/**
 * Every kind of JPEG or PNG decodes in this browser to the pixels that the command makes of it, to the last bit.
 * @param {Driver} driver @param {string} url @param {'jpg' | 'png'} ending
 */
export async function pixelJourney(driver, url, ending) {
  const folder = scratch();
  const words = [join(ROOT, `tests/eval/${ending === 'png' ? 'pngs' : 'jpegs'}.py`), folder];
  const lines = execFileSync(join(ROOT, 'build/venv/bin/python'), words, { encoding: 'utf8' }).trim().split('\n');
  await driver.goto(url);
  /** @type {string[]} */
  const away = [];
  for (const line of lines) {
    const [name, ...wanted] = line.split(' ');
    const base64 = readFileSync(join(folder, `${name}.${ending}`)).toString('base64');
    const got = await driver.evaluate(async (file) => {
      const { decode } = await import('/web/photo/decode.js');
      const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
      const { readPhotograph } = await import('/web/photo/read.js');
      const told = async ({ width, height }, given) => {
        const pixels = given.slice();
        for (let i = 0; i < pixels.length; i += 4) {
          for (let c = i; c < i + 3; c++) pixels[c] = Math.floor((pixels[c] * pixels[i + 3] + 127) / 255);
          pixels[i + 3] = 255;
        }
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels));
        return [width, height, Array.from(digest, (v) => v.toString(16).padStart(2, '0')).join('')].map(String);
      };
      const { image } = await decode('photo.jpg', new Blob([bytes]), bytes, 40);
      /** In the place of the module: what it does to pixels that are copied there has tests of its own. */
      const engine = {
        inspect() {},
        room: (width, height) => ({ at: 0, size: 4 * width * height, bytes: new Uint8Array(4 * width * height) }),
        release() {},
        settle({ bytes }, blueFirst) {
          for (let i = 0; i < bytes.length; i += 4) {
            if (blueFirst) [bytes[i], bytes[i + 2]] = [bytes[i + 2], bytes[i]];
            bytes[i + 3] = 255;
          }
        },
      };
      const source = { kind: 'blob', blob: new Blob([bytes]) };
      const read = await readPhotograph(engine, { source, input: 'photo.jpg' }, 40);
      const placed = read.image === null;
      const readAs = await told(read, placed ? read.pixels.bytes : read.pixels);
      return { drawn: await told(image, image.data), read: readAs, placed };
    }, base64);
    if (String(got.drawn) !== String(wanted)) away.push(`${name}: drawn`);
    if (String(got.read) !== String(wanted)) away.push(`${name}: on the way that the Worker takes`);
    if (!got.placed && driver.name !== 'webkit' && ending === 'jpg') away.push(`${name}: not copied without a canvas`); // WebKitGTK draws
  }
  assert.deepEqual(away, [], `${driver.name}: other width, height or pixels than the command's`);
  rmSync(folder, { recursive: true });
}
