/** The package on another origin, as on a CDN. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILDS, INSTALLED, install } from '../apps.mjs';
import { launchForAll, resultOf } from '../chromium.mjs';
import { CORS, ISOLATION, serveFolder } from '../server.mjs';

const browser = await launchForAll();
install();
const portal = await BUILDS['no bundler']();

/**
 * A portal's page that takes the module from elsewhere.
 * @param {Record<string, string>} cdnHeaders @param {Record<string, string>} headers of the page
 * @param {(cdn: string) => { module: string, query?: string }} from
 */
async function screened(cdnHeaders, headers, from) {
  const cdn = await serveFolder(INSTALLED, { prefix: '/npm/vmnet-web@0.1.0/', headers: cdnHeaders });
  const { module, query = '' } = from(cdn.url);
  const page = `<!doctype html><script type="importmap">{ "imports": { "vmnet-web": "${module}" } }</script>
    <script type="module" src="main.js"></script>`;
  const site = await serveFolder(portal, { headers, pages: { 'index.html': page } });
  const result = await resultOf(browser, site.url + query);
  await Promise.all([site.stop(), cdn.stop()]);
  return { ...result, cdn: cdn.url, site: site.url };
}

const all = (cdn) => ({ module: `${cdn}vmnet.js` });

test('all of it on a CDN with CORS: one thread', async () => {
  const { report, error, requests, site, cdn } = await screened(CORS, {}, all);
  assert.equal(error, undefined, error?.message);
  assert.equal(report.model.variant, 'relaxed');
  const own = requests
    .filter((url) => url.startsWith(site) && !/favicon/.test(url))
    .map((url) => url.slice(site.length));
  assert.deepEqual(own.sort(), ['', 'main.js', 'retina.jpg'], 'the page keeps only its own files');
  assert.ok(requests.includes(`${cdn}worker.js`));
});

test('all of it on a CDN with CORS, an isolated page: threads', async () => {
  const { report, error, info } = await screened(CORS, ISOLATION, all);
  assert.equal(error, undefined, error?.message);
  assert.equal(report.model.variant, 'relaxed-mt', info?.notes.join('\n'));
});

for (const [name, headers, variant] of [
  ['', {}, 'relaxed'],
  [', an isolated page', ISOLATION, 'relaxed-mt'],
])
  test(`wasm and weights on a CDN${name}`, async () => {
    const { report, error, info } = await screened(CORS, headers, (cdn) => ({
      module: './vmnet-web/vmnet.js',
      query: `?wasmUrl=${cdn}wasm&weightsUrl=${cdn}weights/vmnet-int8.safetensors`,
    }));
    assert.equal(error, undefined, error?.message);
    assert.equal(report.model.variant, variant, info?.notes.join('\n'));
  });

for (const [name, query] of [
  ['weights', (cdn) => `?weightsUrl=${cdn}weights/vmnet-int8.safetensors`],
  ['wasm', (cdn) => `?wasmUrl=${cdn}wasm`],
  ['worker', (cdn) => `?workerUrl=${cdn}worker.js`],
])
  test(`without CORS: ${name}`, async () => {
    const { error } = await screened({}, {}, (cdn) => ({ module: './vmnet-web/vmnet.js', query: query(cdn) }));
    assert.equal(error?.code, name === 'worker' ? 'worker' : 'network', error?.message);
    assert.match(
      error.message,
      /localhost:\d+\/npm\/vmnet-web@0\.1\.0\/.*; .*(Access-Control-Allow-Origin|allow CORS)/,
    );
  });

for (const [name, option, code, pattern] of [
  ['weights', 'weightsUrl=none.safetensors', 'network', /answered 404/],
  ['wasm', 'wasmUrl=nowhere', 'network', /answered 404/],
  ['worker', 'workerUrl=none.js', 'worker', /the server answered 404 .*; .*workerUrl/],
  ['a page as the worker', 'workerUrl=index.html', 'worker', /what came is text\/html.*not JavaScript.*; .*workerUrl/],
])
  test(`a wrong address: ${name}`, async () => {
    const { error } = await screened(CORS, {}, () => ({ module: './vmnet-web/vmnet.js', query: `?${option}` }));
    assert.equal(error?.code, code, error?.message);
    assert.match(error.message, pattern);
  });
