/** The core journey in WebKitGTK: the same numbers, and the same words. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Builder, By, Capabilities } from 'selenium-webdriver';
import { nativeScreen, ROOT } from '../js/native.mjs';
import { serve } from '../js/serve.mjs';

const PORT = 4700 + (process.pid % 200);

let server;
let driver;
let service;
before(async () => {
  for (const program of ['/usr/bin/WebKitWebDriver', '/usr/bin/xvfb-run'])
    assert.ok(existsSync(program), `${program} is missing: apt-get install webkit2gtk-driver xvfb`);
  server = await serve();
  service = spawn('xvfb-run', ['-a', 'WebKitWebDriver', `--port=${PORT}`], {
    detached: true, // so that its display and its browser end with it
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    stdio: 'ignore',
  });
  await answering(`http://127.0.0.1:${PORT}/status`);
  const capabilities = new Capabilities({ browserName: 'MiniBrowser' });
  driver = await new Builder().usingServer(`http://127.0.0.1:${PORT}`).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ script: 120_000 });
});
after(async () => {
  await driver?.quit().catch(() => {});
  if (service) process.kill(-service.pid);
  server?.stop();
});

async function answering(url) {
  for (let i = 0; i < 150; i++) {
    const there = await fetch(url).then(
      (r) => r.ok,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`${url}: no answer`);
}

/** Asks the page again and again. @param {string} condition an expression */
async function until(condition) {
  for (let i = 0; i < 600; i++) {
    if (await driver.executeScript(`return ${condition}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`never true: ${condition}; status: ${await driver.executeScript('return document.body.innerText')}`);
}

test('sample, heatmap, guide, a bad file, learn, another language', async () => {
  await driver.get(server.url);
  await until(`document.querySelector('#status[data-ready]') !== null`);
  await driver.findElement(By.css('.offer[data-action=sample]')).click();
  await until(`document.documentElement.dataset.state === 'result'`);
  const rows = await driver.executeScript(
    `return [...document.querySelectorAll('[data-testid=disease-row]')].map((r) => [r.dataset.id, Number(r.dataset.probability)])`,
  );
  const native = nativeScreen(join(ROOT, 'web/sample/retina.jpg')).report.diseases;
  assert.equal(rows.length, native.length);
  for (const [i, [id, p]] of rows.entries()) {
    assert.equal(id, native[i].id);
    assert.ok(Math.abs(p - native[i].probability) < 0.02, `${id}: ${p} ${native[i].probability}`);
  }
  await driver.findElement(By.css('[data-disease=glaucoma]')).click();
  await until(`/glaucoma/.test(document.querySelector('#heat-name').textContent)`);
  await driver.executeScript(`document.querySelector('#guide').click()`);
  await until(`globalThis.vmnetLast.report.model.guide === 0`);
  await driver.executeScript(`
    const data = new DataTransfer();
    data.items.add(new File(['not a photograph'], 'notes.txt', { type: 'text/plain' }));
    const input = document.querySelector('#file');
    input.files = data.files;
    input.dispatchEvent(new Event('change'));`);
  await until(`document.querySelector('#error[data-code=format]:not([hidden])') !== null`);
  await driver.findElement(By.id('to-teach')).click();
  await until(`document.querySelectorAll('#view-teach canvas').length >= 7`);
  await driver.executeScript(`
    const select = document.querySelector('#language');
    select.value = 'es';
    select.dispatchEvent(new Event('change'));`);
  await until(`document.documentElement.lang === 'es'`);
  assert.match(
    await driver.executeScript(`return document.querySelector('.notice').textContent`),
    /dispositivo médico/i,
  );
});
