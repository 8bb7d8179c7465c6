/** The journeys in WebKitGTK, through WebDriver. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Builder, By, Capabilities, Key } from 'selenium-webdriver';
import { BUILT, serve } from '../js/serve.mjs';
import { coreJourney, nurseJourney, pixelJourney, printJourney, teacherJourney } from './journeys.mjs';

let server;
let sources;
before(async () => {
  for (const program of ['/usr/bin/WebKitWebDriver', '/usr/bin/xvfb-run'])
    assert.ok(existsSync(program), `${program} is missing: apt-get install webkit2gtk-driver xvfb`);
  server = await serve(...BUILT);
  sources = await serve();
});
after(() => {
  server?.stop();
  sources?.stop();
});

/** A browser on a display of its own. */
async function open() {
  const port = await freePort();
  const service = spawn('xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`], {
    detached: true, // so that its display and its browser end with it
    // no graphics card is needed, nor rights for a sandbox that a container does not give
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    stdio: 'ignore',
  });
  const close = () => {
    try {
      process.kill(-service.pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  };
  try {
    await answering(`http://127.0.0.1:${port}/status`);
    const capabilities = new Capabilities({ browserName: 'MiniBrowser' });
    const builder = new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities);
    const browser = await soon(builder.build());
    await soon(browser.manage().setTimeouts({ script: 60_000 }));
    return { browser, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** WebKitWebDriver now and then never answers a command; that says nothing of the page. So it is asked anew. */
const PATIENCE_MS = 75_000;
const ATTEMPTS = 4;
class Silent extends Error {}

/** @template T @param {Promise<T>} answer of the driver @returns {Promise<T>} */
function soon(answer) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Silent('WebKitWebDriver does not answer')), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function answering(url) {
  for (let i = 0; i < 600; i++) {
    const there = await fetch(url).then(
      (r) => r.ok,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`${url}: no answer`);
}

/** @param {(driver: import('./journeys.mjs').Driver) => Promise<void>} go @param {boolean} byKeys */
async function journey(go, byKeys) {
  const { browser, close } = await open();
  const click = async (selector) => (await browser.findElement(By.css(selector))).click();
  try {
    await go({
      name: 'webkit',
      goto: (url) => soon(browser.get(url)),
      click: (selector) => soon(click(selector)),
      press: (key) =>
        soon(
          browser
            .switchTo()
            .activeElement()
            .sendKeys(KEYS[key] ?? key),
        ),
      type: (text) => soon(browser.switchTo().activeElement().sendKeys(text)),
      evaluate: (fn, arg) => soon(browser.executeScript(`return (${fn})(arguments[0])`, arg)),
      byKeys,
      // no print: this driver knows no such command; no screenshots: asked for one of the series, this driver never answers
    });
    await soon(browser.quit()).catch(() => {});
  } finally {
    close();
  }
}

/** The driver fell silent, or took its own silence for the page's. A page that really crashes does so each time. */
const mayPass = (error) => error instanceof Silent || error.name === 'NoSuchSessionError';

const KEYS = {
  ArrowDown: Key.ARROW_DOWN,
  ArrowRight: Key.ARROW_RIGHT,
  End: Key.END,
  Enter: Key.ENTER,
  Home: Key.HOME,
  Shift: Key.SHIFT,
  'Shift+Tab': Key.chord(Key.SHIFT, Key.TAB),
  Tab: Key.TAB,
};

/** @param {(driver: import('./journeys.mjs').Driver) => Promise<void>} go @param {{ byKeys?: boolean }} [how] */
async function patiently(go, { byKeys = false } = {}) {
  for (let more = ATTEMPTS - 1; ; more--)
    try {
      return await journey(go, byKeys);
    } catch (error) {
      if (!mayPass(error) || more === 0) throw error;
    }
}

test('the core journey in WebKitGTK', () => patiently((driver) => coreJourney(driver, server.url)));
test("a nurse's journey in WebKitGTK: 43 photographs", () =>
  patiently((driver) => nurseJourney(driver, server.url, 20)));
test("a nurse's journey in WebKitGTK by keys alone", () =>
  patiently((driver) => nurseJourney(driver, server.url, 2), { byKeys: true }));
test("a teacher's journey in WebKitGTK", () => patiently((driver) => teacherJourney(driver, server.url)));
test("a teacher's journey in WebKitGTK by keys alone", () =>
  patiently((driver) => teacherJourney(driver, server.url), { byKeys: true }));
test('printing in WebKitGTK', () => patiently((driver) => printJourney(driver, server.url)));
for (const [kind, ending] of [
  ['JPEGs', 'jpg'],
  ['PNGs', 'png'],
])
  test(`${kind} in WebKitGTK: the command's pixels`, () =>
    patiently((driver) => pixelJourney(driver, sources.url, ending)));
