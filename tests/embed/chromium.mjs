/** Chromium for pages that others serve, and what became of the screening in them. */

import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { ARGS, newContext } from '../browser/browser.mjs';

/** A browser for all tests of a file, gone after the last. */
export async function launchForAll() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGS });
  after(() => browser.close());
  return browser;
}

/**
 * Opens the page and waits for `window.done`.
 * @param {import('playwright-core').Browser} browser @param {string} url
 */
export async function resultOf(browser, url) {
  const context = await newContext(browser);
  const page = await context.newPage();
  const said = [];
  const requests = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  context.on('request', (request) => requests.push(request.url()));
  try {
    await page.goto(url);
    await page
      .waitForFunction(() => 'done' in window)
      .catch((error) => {
        throw new Error(`${error.message}\n${said.join('\n')}`);
      });
    return { ...(await page.evaluate(() => window.done)), said, requests };
  } finally {
    await context.close();
  }
}
