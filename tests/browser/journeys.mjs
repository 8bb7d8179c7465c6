/**
 * The core journey, the same in every browser: start, sample, heatmap, wipe, phantom, truth, series, learn, language,
 * a file that is no photograph. Each browser's test brings a Driver; what is asserted here holds for all of them.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeScreen, ROOT, scratch } from '../js/native.mjs';
import { SCREENSHOTS } from './browser.mjs';
import { sample } from './pictures.mjs';

/**
 * @typedef {object} Driver
 * @property {string} name
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(selector: string) => Promise<unknown>} click as a hand does: at a place of the window
 * @property {(key: ' ') => Promise<unknown>} press where the focus is
 * @property {(fn: (arg: any) => unknown, arg?: unknown) => Promise<any>} evaluate in the page; plain data in and out
 * @property {() => Promise<Buffer>} [screenshot]
 * @property {() => string[]} [errors] uncaught ones
 */

/** Browsers round and decode differently, and only some fuse multiply and add. */
const LIMIT = 1e-2;

/** Asks the page again and again: some drivers' own waiting needs eval, which the page's policy forbids. */
async function until(/** @type {Driver} */ driver, condition, arg = undefined) {
  for (let i = 0; i < 600; i++) {
    if (await driver.evaluate(condition, arg)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const said = await driver.evaluate(() => document.body.innerText.slice(0, 2000));
  assert.fail(`${driver.name}: never true: ${condition}\nThe page says: ${said}`);
}

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

/** How a canvas looks, in a number. */
const look = (/** @type {Driver} */ driver) =>
  driver.evaluate(() => {
    const canvas = document.querySelector('#canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, v, i) => (sum * 31 + v * (i + 1)) % 4294967291, 7);
  });

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
    assert.ok(Math.abs(Number(percent.replace(/[^\d]/g, '')) - p * 100) <= 1, `${id}: ${p} shown as ${percent}`);
  }
  const report = await driver.evaluate(() => window.vmnetLast.report);
  assert.equal(report.image.sha256, native.image.sha256);
  assert.ok(Math.abs(report.vessels.density - native.vessels.density) < LIMIT);
  assert.deepEqual([report.image.width, report.image.height], [native.image.width, native.image.height]);
}

/** @param {Driver} driver */
async function heatmapAndWipe(driver) {
  const before = await look(driver);
  await driver.click('#unlikely-names');
  await driver.click('[data-disease=glaucoma]');
  assert.match(await text(driver, '#heat-name'), /glaucoma/);
  await until(driver, () => document.querySelector('[data-disease=glaucoma]').getAttribute('aria-pressed') === 'true');
  await until(driver, () => new Promise((done) => requestAnimationFrame(() => done(true))));
  assert.notEqual(await look(driver), before, 'the heatmap is not drawn');
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
  await driver.click('#wipe-on');
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

/** For people who look. @param {Driver} driver @param {string} state */
async function picture(driver, state) {
  if (driver.screenshot === undefined) return;
  await driver.evaluate(() => scrollTo(0, 0));
  mkdirSync(SCREENSHOTS, { recursive: true });
  writeFileSync(join(SCREENSHOTS, `${driver.name}-${state}.png`), await driver.screenshot());
}
