/** The core journey in Firefox ESR, through WebDriver BiDi. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { serve } from '../js/serve.mjs';
import { coreJourney } from './journeys.mjs';

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

test('the core journey in Firefox', async () => {
  const page = await browser.newPage();
  const errors = [];
  const foreign = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !/^(data|blob|about):/.test(url)) foreign.push(url);
  });
  await coreJourney(
    {
      name: 'firefox',
      goto: (url) => page.goto(url),
      click: (selector) => page.click(selector),
      press: (key) => page.keyboard.press(key),
      evaluate: (fn, arg) => page.evaluate(fn, arg),
      screenshot: async () => Buffer.from(await page.screenshot()),
      errors: () => errors,
    },
    server.url,
  );
  assert.deepEqual(foreign, [], 'requests to other origins');
  await page.close();
});
