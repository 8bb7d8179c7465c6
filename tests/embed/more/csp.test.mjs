/** The package under strict policies; what it says where they forbid it, and that it waits for nothing before. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newContext } from '../../browser/browser.mjs';
import { BUILDS, INSTALLED, install } from '../apps.mjs';
import { launchForAll, resultOf } from '../chromium.mjs';
import { CORS, ISOLATION, serveFolder } from '../server.mjs';

const browser = await launchForAll();
install();
const plain = await BUILDS['esbuild, ESM']();
const classic = await BUILDS['esbuild, IIFE']();

/** Everything same-origin, and no more than is needed. */
const STRICT = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'connect-src': "'self'",
};
const NONCE = { ...STRICT, 'script-src': "'nonce-r4nd0m' 'strict-dynamic' 'wasm-unsafe-eval'" };
const TYPES = { ...STRICT, 'require-trusted-types-for': "'script'", 'trusted-types': 'vmnet' };

const header = (policy) => ({
  'Content-Security-Policy': Object.entries(policy)
    .map((pair) => pair.join(' '))
    .join('; '),
});
const tag = '<!doctype html><script type="module" nonce="r4nd0m" src="app.js"></script>';

/** @param {Record<string, string>} policy sent with every file @param {Record<string, string>} [more] headers @param {string} [query] @param {RegExp} [silent] */
async function under(policy, more = {}, query = '', silent = undefined) {
  const headers = { ...header(policy), ...more };
  const site = await serveFolder(plain, { headers, silent, pages: { 'index.html': tag } });
  const result = await resultOf(browser, site.url + query);
  await site.stop();
  return result;
}

for (const [name, policy, headers, variant] of [
  ['strict', STRICT, {}, 'relaxed'],
  ['strict, isolated', STRICT, ISOLATION, 'relaxed-mt'],
  ['nonce and strict-dynamic', NONCE, {}, 'relaxed'],
  ['Trusted Types', TYPES, {}, 'relaxed'],
  ['Trusted Types, isolated', TYPES, ISOLATION, 'relaxed-mt'],
])
  test(`${name}: works`, async () => {
    const { report, error, info } = await under(policy, headers);
    assert.equal(error, undefined, error?.message);
    assert.equal(report.model.variant, variant, info?.notes.join('\n'));
  });

for (const [name, policy, code, pattern] of [
  ["without 'wasm-unsafe-eval'", { ...STRICT, 'script-src': "'self'" }, 'unsupported', /hold 'wasm-unsafe-eval'/],
  ["worker-src 'none'", { ...STRICT, 'worker-src': "'none'" }, 'worker', /worker\.js: .*; let worker-src hold 'self'/],
  [
    "connect-src 'none'",
    { ...STRICT, 'connect-src': "'none'" },
    'network',
    /; let connect-src of the Content-Security-Policy hold 'self'/,
  ],
  [
    "trusted-types 'none'",
    { ...TYPES, 'trusted-types': "'none'" },
    'worker',
    /trusted-types of the Content-Security-Policy hold vmnet/,
  ],
])
  test(`${name}: refused by name, and at once`, async (t) => {
    // Neither module nor weights ever come: who waited for one of them would wait for ever.
    const { error } = await under(policy, {}, '', /\/(wasm|weights)\//);
    assert.equal(error?.code, code, error?.message);
    assert.match(error.message, pattern);
    t.diagnostic(`refused after ${Math.round(error.ms)} ms`);
  });

test('a CDN under a strict policy: what it needs, and what it says without blob:', async () => {
  const cdn = await serveFolder(INSTALLED, { prefix: '/npm/', headers: CORS });
  const query = `?workerUrl=${cdn.url}worker.js&wasmUrl=${cdn.url}wasm&weightsUrl=${cdn.url}weights/vmnet-int8.safetensors`;
  const policy = {
    ...STRICT,
    'script-src': `'self' ${cdn.origin} 'wasm-unsafe-eval'`,
    'worker-src': `blob: ${cdn.origin}`,
    'connect-src': `'self' ${cdn.origin}`,
  };
  const good = await under(policy, {}, query);
  const noBlob = await under({ ...policy, 'worker-src': "'self'" }, {}, query);
  const noImport = await under({ ...policy, 'worker-src': 'blob:' }, {}, query);
  const noScript = await under({ ...policy, 'script-src': "'self' 'wasm-unsafe-eval'" }, {}, query);
  const noConnect = await under({ ...policy, 'connect-src': "'self'" }, {}, query);
  await cdn.stop();
  assert.equal(good.error, undefined, good.error?.message);
  assert.match(noBlob.error?.message ?? '', /worker-src .* forbids it\); let worker-src hold blob:/);
  assert.match(noImport.error?.message ?? '', /let worker-src .* hold blob: and http:\/\/localhost:\d+$/);
  assert.match(noScript.error?.message ?? '', /script-src/);
  assert.match(
    noConnect.error?.message ?? '',
    /let connect-src of the Content-Security-Policy hold http:\/\/localhost:\d+$/,
  );
});

/** A frame in a portal's page. @param {string} sandbox @param {Record<string, string>} [headers] of the frame's files */
async function framed(sandbox, headers = {}) {
  const frame = '<!doctype html><script defer src="app.js"></script>';
  const inner = await serveFolder(classic, { headers, pages: { 'frame.html': frame } });
  const passOn = "addEventListener('message', ({ data }) => { window.done = data; });";
  const page = `<!doctype html><script>${passOn}</script><iframe sandbox="${sandbox}" src="${inner.url}frame.html"></iframe>`;
  const tell = 'window.done.then((done) => parent.postMessage(JSON.parse(JSON.stringify(done)), "*"));';
  const outer = await serveFolder(classic, { pages: { 'index.html': page } });
  const context = await newContext(browser);
  const view = await context.newPage();
  await view.goto(outer.url);
  const child = view.frames()[1];
  await child.waitForFunction(() => 'done' in window);
  await child.evaluate(tell);
  await view.waitForFunction(() => 'done' in window);
  const result = await view.evaluate(() => window.done);
  await context.close();
  await Promise.all([inner.stop(), outer.stop()]);
  return result;
}

test('sandbox="allow-scripts" says what to add; with it, and with CORS, it works', async () => {
  const bare = await framed('allow-scripts');
  assert.match(bare.error?.message ?? '', /sandboxed.*add allow-same-origin to the iframe's sandbox/);
  for (const [sandbox, headers] of [
    ['allow-scripts allow-same-origin', {}],
    ['allow-scripts', CORS],
  ]) {
    const { error, report } = await framed(sandbox, headers);
    assert.equal(error, undefined, `${sandbox}: ${error?.message}`);
    assert.equal(report.schema, 'vmnet-report-2');
  }
});
