/** A real headless Chromium on web/serve.py, with everything it asks for written down. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { ROOT } from '../js/native.mjs';
import { serve } from '../js/serve.mjs';

// Chromium itself must not talk to anyone either; names other than localhost do not resolve.
export const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];

export const SCREENSHOTS = join(ROOT, 'build/screenshots');

/** For whoever looks for a race: how many times slower a page is than this machine (tests/README.md). 1: not at all. */
const SLOW = Number(process.env.SLOW ?? 1);

/** @param {...string} serverArgs of web/serve.py */
export function start(...serverArgs) {
  return startWith([], ...serverArgs);
}

/**
 * The site for all tests of a file: there before the first, gone after the last.
 * @param {...string} serverArgs of web/serve.py
 */
export function siteForAll(...serverArgs) {
  /** @type {ReturnType<typeof start>} */
  let started;
  // Node.js begins all hooks of a file together: another one that opens a page waits here.
  const open = async (...args) => (await started).open(...args);
  const site = /** @type {Awaited<ReturnType<typeof start>>} */ ({ open });
  before(async () => {
    started = start(...serverArgs);
    Object.assign(site, await started);
  });
  after(() => site.stop?.());
  return site;
}

/** @param {string[]} switches of Chromium, besides @param {...string} serverArgs of web/serve.py */
export async function startWith(switches, ...serverArgs) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  assert.ok(existsSync(executablePath), `${executablePath} is missing: apt-get install chromium, or set CHROMIUM`);
  mkdirSync(SCREENSHOTS, { recursive: true });
  const server = await serve(...serverArgs);
  const browser = await chromium.launch({ executablePath, args: [...ARGS, ...switches] });
  return {
    url: server.url,
    browser,
    /** @param {(page: import('playwright-core').Page) => Promise<void>} [prepare] runs before the page opens */
    open: (options = {}, prepare = undefined) => open(browser, server.url, options, prepare),
    stop: async () => {
      await browser.close();
      server.stop();
    },
  };
}

/** With patience, and slow where that is wished. @param {import('playwright-core').Browser} browser @param {import('playwright-core').BrowserContextOptions} [options] */
export async function newContext(browser, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000);
  if (SLOW > 1) await slowDown(context);
  return context;
}

// Without the service worker unless a test asks for it: it would answer before page.route() does.
export async function open(browser, url, { path = '', ...options }, prepare) {
  const context = await newContext(browser, {
    viewport: { width: 1280, height: 900 },
    serviceWorkers: 'block',
    ...options,
  });
  const page = await context.newPage();
  const seen = { requests: [], violations: [], errors: [] };
  context.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) seen.violations.push(message.text());
  });
  await page.exposeFunction('__violation', (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => window.__violation(`${e.effectiveDirective} ${e.blockedURI}`));
    /** Bytes for the way out of the page. */
    window.__base64 = async (bytes) => {
      const url = await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(new Blob([bytes]));
      });
      return url.slice(url.indexOf(',') + 1);
    };
    /** A promise's VmnetError as plain data; fails when there is none. */
    window.__error = (promise) =>
      promise.then(
        () => ({ code: 'none', message: 'it worked' }),
        (e) => ({ code: e.code, name: e.name, message: e.message, isVmnet: e.constructor.name === 'VmnetError' }),
      );
  });
  await prepare?.(page);
  await page.goto(url + path);
  return { page, context, seen, close: () => context.close() };
}

/**
 * Every page of it has so much less of the processor, and all that it awaits comes later, each after the other as before;
 * its workers stay as fast as they are. @param {import('playwright-core').BrowserContext} context
 */
async function slowDown(context) {
  context.on('page', async (page) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOW });
  });
  await context.addInitScript((ms) => {
    if (!isSecureContext) return; // about:blank
    const { setTimeout: wait, requestAnimationFrame: frame } = window;
    const late = () => new Promise((go) => wait(go, ms));
    window.setTimeout = (go, after = 0, ...rest) => wait(go, after + ms, ...rest);
    window.requestAnimationFrame = (go) => frame(() => wait(() => frame(go), ms));
    window.Worker = class extends Worker {
      set onmessage(hear) {
        super.onmessage = (event) => wait(() => hear.call(this, event), ms);
      }
    };
    for (const [owner, name] of [
      [window, 'fetch'],
      [window, 'createImageBitmap'],
      [Blob.prototype, 'arrayBuffer'],
      [OffscreenCanvas.prototype, 'convertToBlob'],
      [IDBFactory.prototype, 'databases'],
      [SubtleCrypto.prototype, 'decrypt'],
      [SubtleCrypto.prototype, 'deriveKey'],
      [SubtleCrypto.prototype, 'encrypt'],
    ]) {
      const real = owner[name];
      owner[name] = async function (...given) {
        const answer = await real.apply(this, given);
        await late();
        return answer;
      };
    }
    // what a dialog or a menu says of itself comes as an event of its own
    for (const type of ['close', 'toggle'])
      addEventListener(
        type,
        (event) => {
          if (!event.isTrusted) return;
          event.stopImmediatePropagation();
          const { target } = event;
          wait(() => target.dispatchEvent(new event.constructor(type, event)), ms);
        },
        { capture: true },
      );
  }, 25 * SLOW);
}

/**
 * Gives the page a module of ours with `after` in place of `before`, and `more` at its end. Looked for here: a route that
 * throws leaves a page that never loads.
 * @param {import('playwright-core').Page} page
 * @param {string} path @param {string} before @param {string} after @param {string} [more]
 */
export async function changeModule(page, path, before, after, more = '') {
  const source = readFileSync(join(ROOT, path), 'utf8');
  assert.ok(source.includes(before), `${path} no longer holds: ${before}`);
  const body = `${source.replace(before, () => after)}\n${more}`;
  const headers = { 'cross-origin-embedder-policy': 'require-corp' };
  await page.route(`**/${path}`, (route) => route.fulfill({ body, contentType: 'text/javascript', headers }));
}

/** Nothing but this origin was asked for anything, and the policy had nothing to stop. */
export function assertPrivate(seen, url) {
  const foreign = seen.requests.filter(
    (u) => !u.startsWith(url) && !u.startsWith(`blob:${url}`) && !u.startsWith('data:'),
  );
  assert.deepEqual(foreign, [], 'requests to other origins');
  assert.deepEqual(seen.violations, [], 'violations of the Content-Security-Policy');
  assert.deepEqual(seen.errors, [], 'uncaught errors');
}

/** A page's error has to name the input, the limit or problem, and the remedy. */
export function assertHelpful({ code, message }, expected, pattern) {
  assert.equal(code, expected, message);
  assert.match(message, pattern);
  assert.match(message, /^\S[^;]*: .+; .+/s, `input: problem; remedy, not: ${message}`);
}

/** The network is there, or is not going to be. */
export function loaded(page) {
  return page.waitForFunction(() => /^Ready|not loaded/.test(document.querySelector('#status')?.textContent ?? ''));
}

/** Waits until nothing is being computed and either a result or an error stands there. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const gone = (id) => document.getElementById(id)?.hidden;
    const failed = document.getElementById('answer')?.dataset.answer === 'failed';
    return gone('busy') && (failed || !gone('results') || !gone('error') || !gone('start'));
  });
}

/** Reads the core's answers at this operating point from now on: a rule of the clinic. */
export async function atPoint(page, name) {
  await page.click('#rules');
  await page.locator(`dialog.rules input[value=${name}]`).check();
  await page.click('[data-testid=rules-use]');
  await page.waitForSelector('dialog.rules', { state: 'hidden' });
}

/**
 * Waits until this gives something true, also where it is asynchronous: waitForFunction() takes the promise itself for true.
 * @template T @param {import('playwright-core').Page} page @param {(arg: T) => Promise<unknown>} act runs in the page @param {T} [arg]
 */
export async function eventually(page, act, arg) {
  const end = Date.now() + 120_000;
  while (!(await page.evaluate(act, arg))) {
    assert.ok(Date.now() < end, `never so: ${act}`);
    await page.waitForTimeout(50);
  }
}

/** What follows the window, the language or what stands there by itself has done so. @param {import('playwright-core').Page} page */
export const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));

/**
 * Until this reads as it is to: what a page tells of many parts comes one part after the other. Never so: what it read last.
 * @template T @param {() => Promise<T>} read @param {T} wanted @param {string} [message]
 */
export async function becomes(read, wanted, message) {
  const end = Date.now() + 120_000;
  for (let now = await read(); !isDeepStrictEqual(now, wanted); now = await read()) {
    if (Date.now() > end) assert.deepEqual(now, wanted, message);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Until this place says this: all of it, or what matches.
 * @param {import('playwright-core').Page} page @param {string} where a selector of CSS @param {string | RegExp} what
 */
export async function says(page, where, what) {
  const wanted = typeof what === 'string' ? { text: what } : { source: what.source, flags: what.flags };
  await page
    .waitForFunction(
      ([selector, { text, source = '', flags }]) => {
        const said = document.querySelector(selector)?.textContent ?? '';
        return text === undefined ? new RegExp(source, flags).test(said) : said === text;
      },
      [where, wanted],
    )
    .catch(async (error) => {
      const said = await page.textContent(where, { timeout: 1000 }).catch(() => null);
      assert.fail(`${where} never says ${what}, but: ${said} (${error.message.split('\n')[0]})`);
    });
}
