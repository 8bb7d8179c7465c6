/** The core journey in Firefox: the same numbers, and the same words. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { nativeScreen, ROOT } from '../js/native.mjs';
import { serve } from '../js/serve.mjs';

let server;
let browser;
before(async () => {
  const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  assert.ok(existsSync(executablePath), `${executablePath} is missing: apt-get install firefox-esr, or set FIREFOX`);
  server = await serve();
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: null, // Firefox ESR does not know how to change it
    args: ['--width=1280', '--height=900'],
  });
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** Asks again and again: puppeteer's own waiting needs eval, which the page's policy forbids. */
async function until(page, condition) {
  for (let i = 0; i < 600; i++) {
    if (await page.evaluate(condition)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`never true: ${condition}`);
}

test('sample, heatmap, guide, phantom, a bad file, learn, another language', async () => {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(server.url);
  await until(page, () => document.querySelector('#status[data-ready]') !== null);
  await page.click('.offer[data-action=sample]');
  await until(page, () => document.documentElement.dataset.state === 'result');
  const rows = await page.$$eval('[data-testid=disease-row]', (all) =>
    all.map((r) => [r.dataset.id, Number(r.dataset.probability)]),
  );
  const native = nativeScreen(join(ROOT, 'web/sample/retina.jpg')).report.diseases;
  assert.deepEqual(
    rows.map(([id]) => id),
    native.map((d) => d.id),
  );
  for (const [i, [id, p]] of rows.entries())
    assert.ok(Math.abs(p - native[i].probability) < 0.02, `${id}: ${p} ${native[i].probability}`);

  await page.click('[data-disease=glaucoma]');
  assert.match(await page.$eval('#heat-name', (e) => e.textContent), /glaucoma/);
  await page.$eval('#guide', (e) => e.click());
  await until(page, () => globalThis.vmnetLast.report.model.guide === 0);

  await page.click('#again [data-action=phantom]');
  await until(page, () => /^phantom-1/.test(globalThis.vmnetLast.report.image.name));
  await page.$eval('input[name=compare][value=truth]', (e) => e.click());
  await until(page, () => document.querySelector('#wipe:not([hidden])') !== null);

  await page.$eval('#file', (input) => {
    const data = new DataTransfer();
    data.items.add(new File(['not a photograph'], 'notes.txt', { type: 'text/plain' }));
    input.files = data.files;
    input.dispatchEvent(new Event('change'));
  });
  await until(page, () => document.querySelector('#error[data-code=format]:not([hidden])') !== null);

  await page.click('#to-teach');
  await until(page, () => document.querySelectorAll('#view-teach canvas').length >= 7);
  await page.select('#language', 'fr');
  await until(page, () => document.documentElement.lang === 'fr');
  assert.match(await page.$eval('.notice', (e) => e.textContent), /dispositif médical/i);
  assert.deepEqual(errors, []);
  await page.close();
});
