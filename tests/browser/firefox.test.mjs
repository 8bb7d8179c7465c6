/** The journeys in Firefox ESR, through WebDriver BiDi, in the page as it is put on a server. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { BUILT, serve } from '../js/serve.mjs';
import { coreJourney, nurseJourney, pixelJourney, printJourney, teacherJourney } from './journeys.mjs';

let server;
let sources;
let browser;
before(async () => {
  const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  assert.ok(existsSync(executablePath), `${executablePath} is missing: apt-get install firefox-esr, or set FIREFOX`);
  server = await serve(...BUILT);
  sources = await serve();
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    timeout: 120_000,
    protocolTimeout: 600_000,
    defaultViewport: null, // Firefox ESR does not know how to change it
    args: ['--width=1280', '--height=900'],
  });
});
after(async () => {
  await browser?.close();
  server?.stop();
  sources?.stop();
});

/** @param {import('puppeteer-core').Page} page @param {string} key also Shift+Tab */
async function press({ keyboard }, key) {
  const [name, shift] = key.split('+').reverse();
  if (shift) await keyboard.down(shift);
  await keyboard.press(name);
  if (shift) await keyboard.up(shift);
}

/** @param {string} name of the test @param {(driver: import('./journeys.mjs').Driver) => Promise<void>} go @param {{ byKeys?: boolean }} [how] */
const journey = (name, go, { byKeys = false } = {}) =>
  test(name, async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const errors = [];
    const foreign = [];
    page.on('dialog', (dialog) => dialog.accept());
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      if (![server, sources].some((own) => url.startsWith(own.url)) && !/^(data|blob|about):/.test(url))
        foreign.push(url);
    });
    await go({
      name: 'firefox',
      goto: (url) => page.goto(url),
      click: (selector) => page.click(selector),
      press: (key) => press(page, key),
      type: (text) => page.keyboard.type(text),
      evaluate: (fn, arg) => page.evaluate(fn, arg),
      screenshot: async () => Buffer.from(await page.screenshot()),
      errors: () => errors,
      print: (paper) => page.pdf({ format: paper, preferCSSPageSize: true }),
      byKeys,
    });
    assert.deepEqual(foreign, [], 'requests to other origins');
    await page.close();
  });

journey('the core journey in Firefox', (driver) => coreJourney(driver, server.url));
journey("a nurse's journey in Firefox: 43 photographs", (driver) => nurseJourney(driver, server.url, 20));
journey("a nurse's journey in Firefox by keys alone", (driver) => nurseJourney(driver, server.url, 2), {
  byKeys: true,
});
journey("a teacher's journey in Firefox", (driver) => teacherJourney(driver, server.url));
journey("a teacher's journey in Firefox by keys alone", (driver) => teacherJourney(driver, server.url), {
  byKeys: true,
});
journey('printing in Firefox', (driver) => printJourney(driver, server.url));
journey("JPEGs in Firefox: the command's pixels", (driver) => pixelJourney(driver, sources.url, 'jpg'));
journey("PNGs in Firefox: the command's pixels", (driver) => pixelJourney(driver, sources.url, 'png'));
