/** A whole sitting, and what went over the wire in it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { ROOT, scratch } from '../js/native.mjs';
import { BUILT } from '../js/serve.mjs';
import { assertPrivate, loaded, settled, siteForAll, startWith } from './browser.mjs';
import { sample } from './pictures.mjs';
import { LIST } from './site.mjs';

const site = siteForAll();

/** Paths of the files that the page is made of, and of the list itself. @param {string} url */
async function ownFiles(url) {
  const lines = (await (await fetch(url + LIST)).text()).trim().split('\n');
  return new Set([...lines.map((line) => line.split(/\s+/)[1]), LIST, '']);
}

/**
 * What Chromium's own log says that the page, its Workers or its service worker asked the network for. Chromium itself
 * asks its maker a thing or two; no name resolves here, so those go nowhere, as `addresses` shows.
 * @param {string} file @param {string} url the page's
 */
function networkLog(file, url) {
  const { constants, events } = JSON.parse(readFileSync(file, 'utf8'));
  const { URL_REQUEST_START_JOB: job, TCP_CONNECT_ATTEMPT: connect } = constants.logEventTypes;
  assert.ok(job && connect, 'the log has other names by now');
  const { origin } = new URL(url);
  const began = events.filter((e) => e.type === job && e.params?.url).map((e) => e.params);
  return {
    // `initiator` is the origin whose script, style or markup asked
    requests: began.filter((p) => p.url.startsWith(url) || p.initiator === origin),
    addresses: events.filter((e) => e.type === connect && e.params?.address).map((e) => e.params.address),
  };
}

/** @param {string[]} args of web/serve.py @param {string[]} some of the files that are asked for then */
async function sitting(args, some) {
  const log = join(scratch(), 'net-log.json');
  const logged = await startWith([`--log-net-log=${log}`, '--net-log-capture-mode=Default'], ...args);
  const { page, seen } = await logged.open({ serviceWorkers: 'allow' });
  page.on('dialog', (dialog) => dialog.accept());
  await loaded(page);
  await page.waitForFunction(() => document.querySelector('[data-offline]')?.dataset.offline === 'ready');
  await page.click('#more-inputs [data-action=camera]'); // there is none
  await page.waitForSelector('dialog.camera[data-state=failed]');
  await page.keyboard.press('Escape');
  await page.click('.offer[data-action=sample]');
  await settled(page);
  for (const kind of ['report', 'overlay'])
    await Promise.all([page.waitForEvent('download'), page.click(`[data-download=${kind}]`)]);
  await page.click('#home');
  await page.click('.offer[data-action=phantom]');
  await page.waitForFunction(() => /^phantom/.test(window.vmnetLast?.report.image.name));
  await page.click('#to-batch');
  await page.setInputFiles('#file', [
    { name: 'P1_left.jpg', mimeType: 'image/jpeg', buffer: sample },
    { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: sample.subarray(0, 20_000) },
  ]);
  await page.waitForFunction(() => /^Done/.test(document.querySelector('[data-testid=batch-progress]')?.textContent));
  for (const kind of ['pdf', 'xlsx', 'csv', 'json', 'zip']) {
    await page.click('[data-testid=batch-save]');
    await Promise.all([page.waitForEvent('download'), page.click(`#batch-save-menu [data-export=${kind}]`)]);
    await page.waitForFunction(() => /saved/.test(document.querySelector('#batch-export-text').textContent));
  }
  await page.click('#to-teach');
  await page.waitForFunction(() => document.querySelectorAll('.teach-flow canvas').length >= 4);
  for (const tab of ['phantoms', 'quiz']) await page.click(`#teach-tab-${tab}`);
  for (const code of ['zh', 'ar', 'en']) {
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
  }
  await page.click('#privacy');
  await page.waitForSelector('dialog.privacy[open] tbody tr');
  await page.reload(); // from what is kept
  await loaded(page);
  assertPrivate(seen, logged.url);
  const own = await ownFiles(logged.url);
  await logged.stop();

  const { requests, addresses } = networkLog(log, logged.url);
  const other = requests.filter(
    (r) => r.method !== 'GET' || !r.url.startsWith(logged.url) || r.upload_id !== undefined,
  );
  assert.deepEqual(other, [], 'not a GET of this origin without a body');
  const paths = new Set(requests.map((r) => new URL(r.url).pathname.slice(1)));
  assert.deepEqual([...paths].filter((path) => !own.has(path)).sort(), [], 'not a file of the page');
  assert.deepEqual(
    [...new Set(requests.map((r) => new URL(r.url).search))].filter((s) => !/^(\?v=[0-9a-f]{64})?$/.test(s)),
    [],
  );
  for (const path of ['sw.js', 'web/worker.js', 'weights/vmnet.safetensors', ...some])
    assert.ok(paths.has(path), `${path}: the log does not see everything`);
  for (const asked of seen.requests.map((u) => new URL(u)).filter((u) => u.protocol === 'http:'))
    assert.ok(own.has(asked.pathname.slice(1)), asked.href);
  assert.deepEqual(
    [...new Set(addresses)].filter((a) => !/^(127\.0\.0\.1|\[::1\]):/.test(a)),
    [],
    'a connection to another machine',
  );
}

test('a whole sitting in the browser’s own network log: GET of the page’s own files, and nothing else', () =>
  sitting([], ['web/page/words/ar.js']));
test('the same of the page as it is put on a server', () => sitting(BUILT, ['web/page/shell/early.js']));

test('first paint: under 100 KB; with all that is needed to use the page: under 110', async () => {
  const asked = [];
  const { page, close } = await site.open({}, (p) => {
    p.on('request', (request) => asked.push(request));
    return p.route(/\.m?js$/, (route) => route.abort()); // the first paint does without
  });
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
  assert.ok(await page.isVisible('#start-title'), 'what is painted is the start');
  const pathOf = (address) => new URL(address).pathname.slice(1) || 'index.html';
  const first = [...new Set(asked.filter((r) => r.resourceType() !== 'script').map((r) => pathOf(r.url())))];
  assert.ok(first.includes('index.html') && first.includes('web/page/shell/base.css'));
  await close();

  const bytes = (paths) =>
    paths.reduce((sum, path) => sum + brotliCompressSync(readFileSync(join(ROOT, path))).length, 0);
  const paint = bytes(first);
  assert.ok(paint < 100_000, `${paint} bytes in ${first}`);
  const scripts = staticImports(['web/page/shell/main.js', 'web/vmnet.js']);
  assert.ok(scripts.has('web/page/case/case.js') && scripts.has('web/page/words/en.js'));
  const all = bytes([...new Set([...first, ...scripts])]);
  assert.ok(all < 110_000, `${all} bytes in ${first.length + scripts.size} files`);
});

/** What scripts import before they run, all the way down. @param {string[]} paths */
function staticImports(paths) {
  const found = new Set(paths);
  for (const path of found) // grows on the way
    for (const [, name] of readFileSync(join(ROOT, path), 'utf8').matchAll(/^(?:import|export)\b[^;]*?'(\.[^']+)';/gm))
      found.add(posix.join(posix.dirname(path), name));
  return found;
}

for (const [width, height] of [
  [1280, 900],
  [390, 844],
])
  test(`nothing jumps while it loads and screens, ${width} pixels wide`, async () => {
    const { page, close } = await site.open({ viewport: { width, height } }, (p) =>
      p.addInitScript(() => {
        window.shifts = [];
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput, sources } of list.getEntries())
            if (!hadRecentInput)
              window.shifts.push([
                value,
                sources.map(({ node }) => `${node?.nodeName} ${node?.id} ${node?.className}`),
              ]);
        }).observe({ type: 'layout-shift', buffered: true });
      }),
    );
    await loaded(page);
    await page.click('.offer[data-action=sample]'); // what follows a click at once is no jump; the result comes later
    await settled(page);
    await page.click('#heat-on');
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
    const shifts = await page.evaluate(() => window.shifts);
    const sum = shifts.reduce((all, [value]) => all + value, 0);
    assert.ok(sum < 0.02, `${sum}: ${JSON.stringify(shifts)}`);
    await close();
  });
