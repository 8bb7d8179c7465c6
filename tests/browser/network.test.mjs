/** A whole sitting, and what went over the wire in it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { ROOT } from '../js/native.mjs';
import { assertPrivate, loaded, settled, start } from './browser.mjs';

let site;
before(async () => {
  site = await start();
});
after(() => site.stop());

/** Paths of the files that the page is made of, and of the list itself. */
function ownFiles() {
  const lines = readFileSync(join(ROOT, 'build/wasm/files.txt'), 'utf8').trim().split('\n');
  return new Set([...lines.map((line) => line.split(/\s+/)[1]), 'build/wasm/files.txt', 'sw.js', '']);
}

test('screen, series with export, learn, languages: nothing but GET of the page’s own files', async () => {
  const { page, context, seen, close } = await site.open({ serviceWorkers: 'allow' });
  const sent = [];
  context.on('request', (request) => {
    if (request.method() !== 'GET' || request.postData() !== null) sent.push(`${request.method()} ${request.url()}`);
  });
  await loaded(page);
  await page.click('.offer[data-action=sample]');
  await settled(page);
  await page.click('#again [data-action=phantom]');
  await page.waitForFunction(() => /^phantom/.test(window.vmnetLast?.report.image.name));
  await page.click('#to-batch');
  const sample = readFileSync(join(ROOT, 'web/sample/retina.jpg'));
  await page.setInputFiles('#file', [
    { name: 'P1_left.jpg', mimeType: 'image/jpeg', buffer: sample },
    { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: sample.subarray(0, 20_000) },
  ]);
  await page.waitForFunction(() => /81/.test(document.querySelector('#view-batch table')?.textContent ?? ''));
  for (const id of ['csv', 'zip']) {
    const button = page.locator(`[data-export=${id}]`);
    await Promise.all([page.waitForEvent('download'), button.click()]);
  }
  await page.click('#to-teach');
  await page.waitForFunction(() => document.querySelectorAll('#view-teach canvas').length >= 7);
  for (const code of ['zh', 'ar', 'en']) {
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
  }
  assert.deepEqual(sent, [], 'something was sent');
  assertPrivate(seen, site.url);
  const own = ownFiles();
  const paths = seen.requests.filter((u) => u.startsWith('http')).map((u) => new URL(u).pathname.slice(1));
  assert.ok(paths.length > 30);
  assert.deepEqual([...new Set(paths.filter((p) => !own.has(p)))], [], 'not a file of the page');
  await close();
});

test('first paint: under 100 KB of page, style and script', async () => {
  const { page, close } = await site.open();
  await loaded(page);
  const names = await page.evaluate(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0].startTime;
    const page = performance
      .getEntriesByType('resource')
      .filter((r) => r.startTime < paint || r.initiatorType !== 'fetch');
    return page.map((r) => new URL(r.name).pathname.slice(1)).filter((p) => /\.(js|css|svg)$/.test(p));
  });
  const files = ['index.html', ...new Set(names)];
  const bytes = files.reduce((sum, name) => sum + brotliCompressSync(readFileSync(join(ROOT, name))).length, 0);
  assert.ok(files.length > 10 && bytes < 100_000, `${bytes} bytes in ${files.length} files`);
  await close();
});

test('nothing jumps while it loads and screens', async () => {
  const { page, close } = await site.open({}, (p) =>
    p.addInitScript(() => {
      window.__shift = 0;
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) window.__shift += e.value;
      }).observe({ type: 'layout-shift', buffered: true });
    }),
  );
  await loaded(page);
  const shift = await page.evaluate(() => window.__shift);
  assert.ok(shift < 0.05, `layout shift ${shift}`);
  await close();
});
