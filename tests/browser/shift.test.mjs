/**
 * Nothing jumps where photographs come without a click: dropped, handed over by the system, or kept from before. All shifts are
 * counted, also those at once after a click or a key, which browsers excuse.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../js/native.mjs';
import { loaded, SCREENSHOTS, settled, siteForAll } from './browser.mjs';
import { file } from './pictures.mjs';

const site = siteForAll();
const MOST = 0.05;

const [healthy, sick] = ['retina', 'diabetic'].map((name) => readFileSync(join(ROOT, `web/sample/${name}.jpg`)));
/** Another file with the same picture, by its comment. @param {Buffer} jpeg @param {number} number */
const another = (jpeg, number) =>
  Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 4, 65, number]), jpeg.subarray(2)]);

const GIVEN = {
  'one photograph': [file('P1_OS.jpg', another(healthy, 1))],
  'one whose disc lies as in the other eye': [file('P1_OD.jpg', another(healthy, 2))],
  'one with a finding': [file('sick.jpg', another(sick, 3))],
  'two eyes, of which one is to be referred': [
    file('P1_OD.jpg', another(healthy, 4)),
    file('P1_OS.jpg', another(sick, 5)),
  ],
  'two patients': [file('P1_OS.jpg', another(healthy, 6)), file('P2_OS.jpg', another(sick, 7))],
  '43 photographs': Array.from({ length: 43 }, (_, i) =>
    file(`P${10 + (i >> 1)}_${i & 1 ? 'OD' : 'OS'}.jpg`, another(i > 40 ? sick : healthy, 20 + i)),
  ),
};

/** In the page: writes down what moves, from the first paint on. */
function watch() {
  window.shifted = [];
  const told = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  new PerformanceObserver((list) => {
    for (const { startTime, value, sources } of list.getEntries())
      window.shifted.push([
        startTime,
        value,
        ...sources.map(
          ({ node, previousRect, currentRect }) =>
            `${node?.nodeName}#${node?.id}.${node?.className} ${told(previousRect)} to ${told(currentRect)}`,
        ),
      ]);
  }).observe({ type: 'layout-shift', buffered: true });
}

/** @param {import('playwright-core').Page} page @param {string} what */
async function assertStill(page, what) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))); // they are told late
  const all = await page.evaluate(() => window.shifted.splice(0));
  const sum = all.reduce((total, [, value]) => total + value, 0);
  assert.ok(sum <= MOST, `${what} moves by ${sum.toFixed(4)}:\n${all.map((one) => one.join('\n  ')).join('\n')}`);
}

/** @param {import('playwright-core').Page} page @param {{ name: string }[]} files */
async function screened(page, files) {
  if (files.length > 1)
    await page.waitForFunction(
      (all) => {
        const { textContent } = document.querySelector('#rail-progress') ?? {};
        return textContent?.includes(all) && document.querySelector('#rail').dataset.phase === 'idle';
      },
      `Done: ${files.length} photographs`,
      { timeout: 300_000 },
    );
  await page.waitForFunction(() => document.documentElement.dataset.state === 'result');
  await settled(page);
}

for (const [width, height] of [
  [1280, 900],
  [1920, 1080],
  [390, 844],
])
  for (const [what, files] of Object.entries(GIVEN))
    if (width < 1920 || files.length < 10)
      test(`${what}, ${width} pixels wide: nothing jumps`, async () => {
        const viewport = { width, height };
        const { page, close } = await site.open({ viewport, hasTouch: width < 500 }, (p) => p.addInitScript(watch));
        page.on('dialog', (dialog) => dialog.accept());
        await loaded(page);
        await assertStill(page, 'the start page');
        await page.setInputFiles('#file', files);
        await screened(page, files);
        await assertStill(page, what);
        await close();
      });

/** In the page: each answer from several photographs takes a while, as on a slow machine. */
function decideLate() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    setTimeout(() => postMessage.call(this, message, ...rest), message?.type === 'decide' ? 400 : 0);
  };
}

test('the answer for a patient comes late: nothing jumps on a phone, and what is said holds', async () => {
  const viewport = { width: 390, height: 844 };
  const { page, close } = await site.open({ viewport, hasTouch: true }, async (p) => {
    await p.addInitScript(watch);
    await p.addInitScript(decideLate);
  });
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await assertStill(page, 'the start page');
  await page.evaluate(() => {
    window.said = [];
    const look = () => {
      const { hidden, dataset } = document.querySelector('#answer');
      if (hidden || dataset.answer === 'waiting') return;
      const now = ['for-patient', 'to-do'].map((id) => document.getElementById(id).textContent).join(' / ');
      if (now !== window.said.at(-1)) window.said.push(now);
    };
    new MutationObserver(look).observe(document.querySelector('#answer'), {
      subtree: true,
      childList: true,
      attributes: true,
    });
  });
  const files = GIVEN['43 photographs'].slice(0, 2);
  await page.setInputFiles('#file', files);
  await screened(page, files);
  await page.waitForFunction(() => /^Nothing to do/.test(document.querySelector('#to-do').textContent));
  await assertStill(page, 'two eyes without a finding');
  assert.deepEqual(await page.evaluate(() => window.said), [
    'For this patient: not known yet / Screen all photographs of this patient first.',
    ' / Nothing to do by this test. Complaints need an eye doctor all the same.',
  ]);
  await close();
});

for (const [width, height] of [
  [1280, 900],
  [390, 844],
])
  test(`what is kept is offered and opened, ${width} pixels wide: nothing jumps`, async () => {
    const viewport = { width, height };
    const { page, close } = await site.open({ viewport }, (p) => p.addInitScript(watch));
    page.on('dialog', (dialog) => dialog.accept());
    await loaded(page);
    await page.setInputFiles('#file', GIVEN['two patients']);
    await screened(page, GIVEN['two patients']);
    const fill = (name) => page.fill(`[data-testid=passphrase-${name}]`, 'otter lamp violin seven');
    const go = async () => {
      await page.click('[data-testid=passphrase-go]');
      await page.waitForSelector('[data-testid=passphrase]', { state: 'detached' });
    };
    await page.click('#to-batch');
    await page.click('[data-testid=batch-keep]');
    await fill('fresh');
    await fill('again');
    await go();
    await page.waitForFunction(() =>
      /are stored/.test(document.querySelector('[data-testid=batch-keep-text]').textContent),
    );
    await page.reload();
    await loaded(page);
    await page.waitForSelector('#kept-offer button:visible');
    await assertStill(page, 'the start page with an offer');
    await page.click('#kept-offer button');
    await fill('before');
    await go();
    await page.waitForSelector('.photographs tbody .open');
    await page.waitForFunction(() => /^Done/.test(document.querySelector('[data-testid=batch-progress]').textContent));
    await assertStill(page, 'what is kept');
    await close();
  });

for (const [width, height] of [
  [1280, 800],
  [390, 844],
])
  test(`the table is saved, ${width} pixels wide: nothing jumps, and what is said goes when somebody goes on`, async () => {
    const { page, close } = await site.open({ viewport: { width, height } }, (p) => p.addInitScript(watch));
    page.on('dialog', (dialog) => dialog.accept());
    await loaded(page);
    await page.setInputFiles('#file', GIVEN['two patients']);
    await screened(page, GIVEN['two patients']);
    await page.click('#to-batch');
    await page.waitForSelector('.photographs tbody .open');
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300))));
    await page.evaluate(() => window.shifted.splice(0)); // of another view
    const top = () =>
      page.evaluate(() => scrollY + document.querySelector('.photographs tbody').getBoundingClientRect().top);
    const before = await top();
    for (const [kind, name] of [
      ['pdf', 'report-'],
      ['zip', 'pictures-'],
    ]) {
      await page.evaluate(() => {
        window.tops = new Set();
        const note = () => {
          window.tops.add(scrollY + document.querySelector('.photographs tbody').getBoundingClientRect().top);
          window.noting = requestAnimationFrame(note);
        };
        note();
      });
      await page.click('[data-testid=batch-save]');
      await page.click(`#batch-save-menu [data-export=${kind}]`);
      await page.waitForFunction(
        (said) => document.querySelector('#batch-export-text').textContent.includes(said),
        name,
        { timeout: 120_000 },
      );
      assert.ok(await page.isVisible('#batch-export-text'));
      assert.deepEqual(await page.evaluate(() => [...window.tops]), [before], kind);
      await page.evaluate(() => cancelAnimationFrame(window.noting));
      await assertStill(page, kind);
      await page.screenshot({ path: join(SCREENSHOTS, `saved-${kind}-${width}.png`) });
      await page.mouse.click(width / 2, 4);
      assert.ok(await page.isHidden('#batch-export-text'));
    }
    await close();
  });
