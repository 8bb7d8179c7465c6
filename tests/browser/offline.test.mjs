/** Offline use, updates and the list of requests: web/page/offline/offline.js, sw.js and web/page/offline/privacy.js. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../js/native.mjs';
import {
  assertPrivate,
  becomes,
  eventually,
  loaded,
  open,
  SCREENSHOTS,
  says,
  settled,
  siteForAll,
} from './browser.mjs';
import { LIST, Site, WEIGHTS } from './site.mjs';

const SAMPLE = '[data-testid=sample-button]';

const chromium = siteForAll();

/** @param {import('node:test').TestContext} t @param {{ isolated?: boolean, cacheControl?: string }} [options] */
async function newSite(t, options) {
  const site = await new Site(options).start();
  t.after(async () => {
    await site.stop();
    site.remove();
  });
  return site;
}

/** A tab in a browser that knows nothing yet. @param {import('node:test').TestContext} t @param {Site} site */
async function visit(t, site, options = {}, prepare = undefined) {
  const tab = await open(chromium.browser, site.url, { serviceWorkers: 'allow', ...options }, prepare);
  t.after(() => tab.close());
  return tab;
}

/** What the page says of offline use. @param {import('playwright-core').Page} page @param {string} state */
function offline(page, state) {
  return page.waitForFunction((s) => document.querySelector('[data-offline]')?.dataset.offline === s, state);
}

/** Once around: kept, and this tab gets all from what is kept. */
async function visitAndKeep(t, site, options) {
  const tab = await visit(t, site, options);
  await ready(tab.page);
  await offline(tab.page, 'ready');
  return tab;
}

async function ready(page) {
  await loaded(page);
  assert.match(await page.textContent('#status'), /^Ready/, await page.textContent('#error'));
}

async function anotherTab(tab, site) {
  const page = await tab.context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(site.url);
  await loaded(page);
  return page;
}

/** The weights' sum in the report of the sample. */
async function screenSample(page) {
  await page.click(SAMPLE);
  await settled(page);
  return page.evaluate(() => globalThis.vmnetLast.report.model.weights_sha256);
}

/** Another file, as valid as before: one of the last weights differs in its last bit. @param {Buffer} weights */
function otherWeights(weights, fromEnd = 4) {
  const bytes = Buffer.from(weights);
  bytes[bytes.length - fromEnd] ^= 1;
  return bytes;
}

/** A new version: other weights, and a script that says so. @param {Site} site */
function release(site, name = 'second') {
  site.change(WEIGHTS, (weights) => otherWeights(weights));
  site.change('web/page/shell/main.js', (text) => `${text}\nglobalThis.release = '${name}';\n`);
  site.list();
}

/** Changes a kept copy behind the page's back. */
function tamper(page, path) {
  return page.evaluate(async (file) => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const kept = await cache.match(file);
    const bytes = new Uint8Array(await kept.arrayBuffer());
    bytes[bytes.length >> 1] ^= 1;
    await cache.put(file, new Response(bytes, { headers: kept.headers }));
  }, path);
}

/** What no event tells. @param {() => boolean} check */
async function until(check) {
  for (let tries = 0; !check(); tries++) {
    assert.ok(tries < 4800, `never: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The server was asked for this since its log was read. @param {Site} site @param {string} wanted */
const asked = (site, wanted) => until(() => site.answered.some(({ path }) => path === wanted));

/** Its service workers know of one tab: of one that was closed they hear a moment later. @param {import('playwright-core').BrowserContext} context */
async function alone(context) {
  const tabs = (worker) =>
    worker.evaluate(async () => (await self.clients.matchAll({ type: 'window', includeUncontrolled: true })).length);
  await becomes(async () => [...new Set(await Promise.all(context.serviceWorkers().map(tabs)))], [1]);
}

const notice = (page) => page.locator('[data-testid=update] .update-inside');

test('the list of files: what the server says, what the files are, all that a page is made of', async () => {
  const text = await (await fetch(chromium.url + LIST)).text();
  const files = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('  '))
      .map(([sum, path]) => [path, sum]),
  );
  for (const [path, sum] of files)
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(ROOT, path)))
        .digest('hex'),
      sum,
      path,
    );
  for (const path of ['index.html', 'sw.js', 'web/worker.js', 'web/page/words/en.js', 'web/sample/retina.jpg', WEIGHTS])
    assert.ok(files.has(path), path);
  for (const variant of ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'])
    for (const end of ['mjs', 'wasm']) assert.ok(files.has(`build/wasm/vmnet-${variant}.${end}`), variant);
  assert.ok(![...files.keys()].some((path) => /README|screenshot|\.d\.ts|tsconfig|third-party/.test(path)));
});

test('what is written twice agrees: the policy of sw.js and of index.html', () => {
  const policy = (path) => readFileSync(join(ROOT, path), 'utf8').match(/"(default-src 'none';[^"]+)"/)[1];
  assert.equal(policy('sw.js'), policy('index.html'));
});

test('the manifest: installable, its icons are what they say', () => {
  const folder = join(ROOT, 'web/page/shell');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.webmanifest'), 'utf8'));
  assert.equal(manifest.display, 'standalone');
  const pngs = manifest.icons.filter((icon) => icon.type === 'image/png');
  assert.ok(pngs.length >= 3);
  for (const { src, sizes, type } of pngs) {
    const png = readFileSync(join(folder, src));
    assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, sizes, `${src}, ${type}`);
  }
  assert.deepEqual(manifest.icons.map((icon) => icon.purpose).toSorted(), ['any', 'any', 'any', 'maskable']);
});

test('after one visit the page works without a network: reload, screen, other views', async (t) => {
  const site = await newSite(t);
  const { page, context, seen } = await visitAndKeep(t, site);

  const transferred = site.answered.filter(({ status }) => status === 200).map(({ path }) => path);
  const twice = transferred.filter((path, i) => transferred.indexOf(path) !== i);
  assert.deepEqual(
    twice.filter((path) => path !== LIST && path !== 'sw.js'),
    [],
    'transferred more than once',
  );
  site.log();

  await context.setOffline(true);
  await site.stop();
  // this tab, without a reload: it got its files from the server, and what it needs later from what is kept
  assert.match(await screenSample(page), /^[0-9a-f]{64}$/);

  await page.reload();
  await loaded(page);
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
  for (const view of ['batch', 'teach', 'screen']) {
    await page.click(`#to-${view}`);
    await page.waitForFunction((v) => document.documentElement.dataset.view === v, view);
  }
  assert.ok(await page.isHidden('#error'));
  assert.deepEqual(site.log(), []);
  assertPrivate(seen, site.url);

  // every file that was asked for, in all of this, is in the list
  const listed = site.read(LIST).toString();
  const files = seen.requests.map((u) => new URL(u)).filter((u) => u.protocol === 'http:'); // not a picture in memory
  const asked = new Set(files.map((u) => u.pathname.slice(1) || 'index.html'));
  for (const path of asked) if (path !== LIST) assert.ok(listed.includes(`  ${path}\n`), `${path} is not in the list`);
});

test('the second visit asks the server for the list of files and nothing else', async (t) => {
  const site = await newSite(t);
  const tab = await visitAndKeep(t, site);
  site.log();
  await tab.page.close();
  const page = await anotherTab(tab, site);
  await screenSample(page);
  await asked(site, LIST);
  await page.waitForTimeout(500); // what would come after all
  const log = site.log().filter((line) => !line.endsWith(' sw.js')); // the browser looks for itself whether that changed
  assert.deepEqual(log, [`200 ${LIST}`]);
  assert.equal(await page.locator('[data-testid=update] .update-inside').count(), 0);
});

test('a new version: whole, offered, never mixed, not while another tab has the old one', async (t) => {
  const site = await newSite(t);
  const first = site.sha256(WEIGHTS);
  const tab = await visitAndKeep(t, site);
  const { page } = tab;
  release(site);

  /** The new version was tried as far as this file, and given up. */
  const triedInVain = async (line) => {
    await until(() => site.answered.some(({ path, status }) => `${status} ${path}` === line));
    await eventually(page, async () => (await navigator.serviceWorker.getRegistration()).installing === null);
    await eventually(page, async () => (await caches.keys()).length === 1);
    assert.equal(await notice(page).count(), 0);
  };

  // half of it cannot be fetched: it is discarded, and nobody is told
  site.broken.add(WEIGHTS);
  await page.reload();
  await loaded(page);
  await triedInVain(`0 ${WEIGHTS}`);
  assert.ok(site.log().includes('200 web/page/shell/main.js'), 'it was tried');
  assert.equal(await screenSample(page), first);

  // a changed file that is not the listed one
  site.broken.clear();
  site.change(WEIGHTS, (weights) => otherWeights(weights, 8));
  await page.reload();
  await loaded(page);
  await triedInVain(`200 ${WEIGHTS}`);

  // now all of it; what has not changed is not transferred again
  site.log();
  site.list();
  const second = site.sha256(WEIGHTS);
  assert.notEqual(first, second);
  await page.reload();
  await loaded(page);
  await notice(page).waitFor();
  const transferred = new Set(site.log().map((line) => line.slice(4)));
  const changed = [LIST, 'sw.js', 'web/page/shell/main.js', WEIGHTS];
  assert.deepEqual(
    [...transferred].filter((path) => !changed.includes(path)),
    [],
  );
  assert.match(await notice(page).textContent(), /new version is ready/);
  await page.screenshot({ path: join(SCREENSHOTS, 'update-1280.png') });
  assert.equal(await page.evaluate(() => globalThis.release), undefined);
  assert.equal(await screenSample(page), first, 'the old scripts have the old weights');

  // a second tab is of the first version too, and is offered the same
  const other = await anotherTab(tab, site);
  await notice(other).waitFor();
  assert.equal(await other.evaluate(() => globalThis.release), undefined);
  assert.equal(await screenSample(other), first);
  await notice(page).getByRole('button', { name: 'Use it now' }).click();
  await page.waitForFunction(() => /other tab/.test(document.querySelector('[data-testid=update]').textContent));
  assert.equal(await page.evaluate(() => globalThis.release), undefined, 'not while the other tab is open');
  await other.close();
  await alone(tab.context);
  await Promise.all([
    page.waitForFunction(() => globalThis.release === 'second'),
    notice(page).getByRole('button', { name: 'Use it now' }).click(),
  ]);
  await loaded(page);
  assert.equal(await screenSample(page), second, 'the new scripts have the new weights');
  await eventually(page, async () => (await caches.keys()).length === 1);
  assert.equal(await notice(page).count(), 0);
  await offline(page, 'ready');
  assertPrivate(tab.seen, site.url);
});

test('a new version is used at the next start, also without a network', async (t) => {
  const site = await newSite(t);
  const tab = await visitAndKeep(t, site);
  release(site);
  const { page } = tab;
  await page.reload();
  await notice(page).waitFor();
  await notice(page).getByRole('button', { name: 'Later' }).click();
  assert.equal(await notice(page).count(), 0);
  const blank = await tab.context.newPage();
  const old = await page.evaluate(() => navigator.serviceWorker.controller.scriptURL);
  await page.close();
  // the browser notices that the last tab is gone
  await until(() => tab.context.serviceWorkers().every((worker) => worker.url() !== old));
  await site.stop();
  await blank.goto(site.url);
  await loaded(blank);
  assert.equal(await blank.evaluate(() => globalThis.release), 'second');
  assert.equal(await screenSample(blank), site.sha256(WEIGHTS));
});

test('a first visit with what the browser had cached: the page is not mixed with the new version', async (t) => {
  const site = await newSite(t, { cacheControl: 'max-age=600' });
  const tab = await visit(t, site, {}, (p) =>
    p.addInitScript(() => {
      // as before there was a service worker
      if (!location.hash) Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined });
    }),
  );
  const { page } = tab;
  await ready(page);
  const first = site.sha256(WEIGHTS);
  release(site);
  await page.goto('about:blank');
  await page.goto(`${site.url}#again`);
  await ready(page);
  assert.equal(await page.evaluate(() => globalThis.release), undefined, 'from the cache of the browser');
  await notice(page).waitFor();
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  assert.equal(await screenSample(page), first);
  await Promise.all([
    page.waitForFunction(() => globalThis.release === 'second'),
    notice(page).getByRole('button', { name: 'Use it now' }).click(),
  ]);
  await ready(page);
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
  assertPrivate(tab.seen, site.url);
});

test('kept files that were changed: fetched again, or refused with words', async (t) => {
  const site = await newSite(t);
  const { page, context } = await visitAndKeep(t, site);

  await tamper(page, WEIGHTS);
  await tamper(page, 'web/page/case/case.js');
  site.log();
  await page.reload();
  await loaded(page);
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
  await asked(site, LIST);
  const log = site.log().filter((line) => !line.endsWith(' sw.js'));
  assert.deepEqual(log.toSorted(), [`200 ${LIST}`, '200 web/page/case/case.js', `200 ${WEIGHTS}`]);

  await context.setOffline(true);
  await site.stop();
  await page.reload(); // both were mended
  await loaded(page);

  await tamper(page, WEIGHTS);
  await page.reload();
  await loaded(page);
  await says(
    page,
    '#error',
    /vmnet\.safetensors.*damaged or was changed.*Connect and load it again.*own words.*weights vmnet\.safetensors/s,
  );
  await page.screenshot({ path: join(SCREENSHOTS, 'damaged-weights-1280.png') });
  await page.click('#to-teach'); // the rest goes on
  await page.waitForFunction(() => document.documentElement.dataset.view === 'teach');

  await tamper(page, 'web/page/case/case.js');
  await page.reload();
  await page.waitForFunction(() => /not complete/.test(document.querySelector('h1')?.textContent ?? ''));
  assert.match(await page.textContent('main'), /damaged or was changed.*Connect to the network/s);
  await page.screenshot({ path: join(SCREENSHOTS, 'damaged-page-1280.png') });

  await context.setOffline(false);
  await site.start();
  await page.click('text=Open it again');
  await loaded(page);
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
});

test('offline before the weights were ever fetched: words, then it goes on', async (t) => {
  const site = await newSite(t);
  site.broken.add(WEIGHTS);
  const { page, context, seen } = await visit(t, site, {}, async (p) => {
    await p.route(`**/${WEIGHTS}`, async (route) => {
      // What of the page itself fails to come once, Chromium takes for broken until it is loaded again, and the page says so.
      const there = (name) => site.answered.some(({ path, bytes }) => path.endsWith(name) && bytes > 0);
      await until(() => there('.wasm') && there('en-later.js'));
      await p.context().setOffline(true);
      await route.continue();
    });
  });
  await loaded(page);
  await says(
    page,
    '#error',
    /vmnet\.safetensors.*not kept on this device yet, and there is no connection.*Connect once.*own words.*weights vmnet\.safetensors/s,
  );
  await offline(page, 'waiting');
  await page.click('#to-batch');
  await page.waitForFunction(() => document.documentElement.dataset.view === 'batch');
  await page.click('#to-screen');

  await page.unroute(`**/${WEIGHTS}`);
  await context.setOffline(false);
  site.broken.clear();
  await page.click('#error-retry');
  await page.waitForFunction(() => document.querySelector('#status')?.dataset.ready !== undefined);
  await offline(page, 'ready');
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
  assertPrivate(seen, site.url);
});

test('the network gone while the page itself still comes: once it is there again, "Try again" makes it whole', async (t) => {
  const site = await newSite(t);
  const late = 'web/page/words/en-later.js';
  site.broken.add(WEIGHTS);
  site.broken.add(late);
  const { page } = await visit(t, site);
  await loaded(page);
  await says(page, '#error', /vmnet\.safetensors/);
  await page.click('#error-retry'); // still gone: loaded anew, it says so again
  await says(page, '#error', /vmnet\.safetensors/);
  site.broken.clear();
  await page.click('#error-retry');
  await page.waitForFunction(() => document.querySelector('#status')?.dataset.ready !== undefined);
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
});

test('no room left: the page works and says that offline use is not set up', async (t) => {
  const site = await newSite(t);
  const { page, seen } = await visit(t, site, {}, async (p) => {
    const cdp = await p.context().newCDPSession(p);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 2e6 });
  });
  await loaded(page);
  await offline(page, 'full');
  assert.match(await page.locator('[data-offline]').textContent(), /no room left.*free some space/s);
  assert.deepEqual(await page.evaluate(() => caches.keys()), [], 'the half is discarded');
  assert.equal(await screenSample(page), site.sha256(WEIGHTS));
  assertPrivate(seen, site.url);
});

test('where it cannot be, the page says why', async (t) => {
  const site = await newSite(t);
  const why = async (options, prepare) => {
    const tab = await visit(t, site, options, prepare);
    await loaded(tab.page);
    await tab.page.waitForFunction(() => {
      const state = document.querySelector('[data-offline]')?.dataset.offline;
      return state !== '' && state !== 'waiting' && state !== 'saving';
    });
    const text = await tab.page.locator('[data-offline]').textContent();
    await tab.close();
    return text;
  };
  assert.match(await why({ serviceWorkers: 'block' }), /settings of this browser/);
  const without = (code) => (page) => page.addInitScript(code);
  assert.match(
    await why(
      {},
      without(() => Object.defineProperty(window, 'isSecureContext', { value: false })),
    ),
    /https/,
  );
  assert.match(
    await why(
      {},
      without(() => Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })),
    ),
    /private window/,
  );
  site.broken.add(LIST);
  assert.match(await why({}), /connection broke off/);
  site.broken.clear();
  site.change(LIST, (text) => text.toString().replace(/^[0-9a-f]{8}/, '00000000'));
  assert.match(await why({}), /not the one in its list/);
});

test('a host without COOP and COEP: one thread at first, threads from the second visit on', async (t) => {
  const site = await newSite(t, { isolated: false });
  const { page, context, seen } = await visitAndKeep(t, site);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.equal(await page.getAttribute('#status', 'data-ready'), 'relaxed');
  assert.match(await screenSample(page), /^[0-9a-f]{64}$/, 'also after the service worker came');
  await page.reload();
  await loaded(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.equal(await page.getAttribute('#status', 'data-ready'), 'relaxed-mt');
  await context.setOffline(true);
  await site.stop();
  await page.reload();
  await loaded(page);
  assert.match(await screenSample(page), /^[0-9a-f]{64}$/);
  assertPrivate(seen, site.url);
});

test('what was requested: all of it, with where it came from', async (t) => {
  const site = await newSite(t);
  const { page, context, seen } = await visitAndKeep(t, site);
  await screenSample(page);
  await page.click('#privacy');
  const panel = page.locator('[data-testid=privacy]');
  const row = (path) =>
    panel.locator('tbody tr').filter({ has: page.locator('.file', { hasText: new RegExp(`^\\./${path}$`) }) });
  await row(WEIGHTS).first().waitFor();
  await page.waitForFunction(() => /a Worker/.test(document.querySelector('.privacy').textContent));
  // the server of this test sends no policy: sw.js adds it, but not to the Worker that was there before. Until the page
  // has looked at the Worker's script it says nothing of this.
  await page.waitForFunction(() =>
    /This server does not send the rule/.test(document.querySelector('.privacy').textContent),
  );
  // what the page, its Worker and offline use asked for
  assert.match(await row(WEIGHTS).first().textContent(), /page.*network.*MB/);
  assert.match(await row('build/wasm/vmnet-relaxed-mt.mjs').first().textContent(), /Worker/);
  assert.match(await row('web/sample/retina.jpg').first().textContent(), /offline use/);
  // at one go: more may come
  const [others, refused, all, rows] = await panel.evaluate((of) => [
    ...[...of.querySelectorAll('.figures strong')].slice(0, 3).map(({ textContent }) => Number(textContent)),
    of.querySelectorAll('tbody tr').length,
  ]);
  assert.deepEqual([others, refused, all], [0, 0, rows]);
  // nothing that the server answered is missing, but for what the panel says it cannot know
  await becomes(async () => {
    const shown = await panel.locator('tbody .file').allTextContents();
    const isShown = (path) => shown.includes(`./${path === 'index.html' ? '' : path}`) || shown.includes(`./${path}`);
    const answered = [...new Set(site.answered.map(({ path }) => path))];
    return answered.filter((path) => path !== 'sw.js' && !/favicon|manifest/.test(path) && !isShown(path));
  }, []);
  assert.match(await panel.textContent(), /nothing to refuse so far/);
  await page.screenshot({ path: join(SCREENSHOTS, 'privacy-1280.png') });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: join(SCREENSHOTS, 'privacy-390.png') });
  await page.setViewportSize({ width: 1280, height: 900 });

  assert.match(await panel.locator('.online').textContent(), /online/);
  await context.setOffline(true);
  await page.waitForFunction(() => /offline/.test(document.querySelector('.online').textContent));
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'privacy', 'the focus comes back');

  await page.reload();
  await loaded(page);
  await page.click('#privacy');
  await row(WEIGHTS).filter({ hasText: 'kept for offline use' }).first().waitFor();
  assert.equal(await panel.locator('tbody tr[data-from=network]').count(), 0);
  assert.equal(await row(LIST).filter({ hasText: 'kept' }).count(), 0, 'the list of files is never kept');
  await page.waitForFunction(() => /held to the same rule/.test(document.querySelector('.privacy').textContent));
  assertPrivate(seen, site.url);
});
