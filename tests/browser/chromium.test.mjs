/** The core journey in Chromium. */

import { test } from 'node:test';
import { assertPrivate, siteForAll } from './browser.mjs';
import { coreJourney } from './journeys.mjs';

const site = siteForAll();

test('the core journey in Chromium', async () => {
  const { page, seen, close } = await site.open();
  await coreJourney(
    {
      name: 'chromium',
      goto: (url) => page.goto(url),
      click: (selector) => page.click(selector),
      press: (key) => page.keyboard.press(key),
      evaluate: (fn, arg) => page.evaluate(fn, arg),
      screenshot: () => page.screenshot(),
      errors: () => seen.errors,
    },
    site.url,
  );
  assertPrivate(seen, site.url);
  await close();
});
