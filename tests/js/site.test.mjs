/** What is written twice agrees: limits, statuses, the security policy. And the server serves what it should. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { STATUS_CODES } from '../../web/errors.js';
import * as limits from '../../web/limits.js';
import { ROOT } from './native.mjs';
import { serve } from './serve.mjs';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const vmnetH = read('src/vmnet.h');
let isolated;
let plain;

before(async () => {
  [isolated, plain] = await Promise.all([serve(), serve('--no-isolation')]);
});
after(() => {
  isolated.stop();
  plain.stop();
});

/** The path as it is written: fetch() would tidy it first. */
function get(path, server = isolated) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume().on('end', () => resolve(response));
    })
      .on('error', reject)
      .end();
  });
}

test('the limits are those of src/vmnet.h', () => {
  const value = (name) => {
    const text = vmnetH.match(new RegExp(`#define ${name} ([^/\\n]+)`))?.[1] ?? '';
    const shift = text.match(/\((\d+)u << (\d+)\)/);
    return shift ? Number(shift[1]) * 2 ** Number(shift[2]) : Number(text);
  };
  assert.equal(limits.MAX_BYTES, value('VM_MAX_BYTES'));
  assert.equal(limits.MAX_PIXELS, value('VM_MAX_PIXELS'));
  assert.equal(limits.MAX_SIDE, value('VM_MAX_SIDE'));
  assert.equal(limits.MIN_SIDE, value('VM_MIN_SIDE'));
  assert.equal(limits.SIZE_DEFAULT, value('VM_SIZE_DEFAULT'));
  assert.equal(limits.SIZE_MIN, value('VM_SIZE_MIN'));
  assert.equal(limits.SIZE_MAX, value('VM_SIZE_MAX'));
  assert.equal(limits.SIZE_STEP, value('VM_SIZE_STEP'));
  assert.equal(limits.MAX_THREADS, value('VM_MAX_THREADS'));
});

test('the error codes are those of vm_status, in its order', () => {
  const names = [...vmnetH.matchAll(/VM_ERR_(\w+) = (\d+)/g)];
  assert.equal(names.length, STATUS_CODES.length - 1);
  for (const [, name, number] of names)
    assert.equal(STATUS_CODES[Number(number)], name.toLowerCase().replace('_', '-'));
});

test('the version is one', () => {
  const version = vmnetH.match(/VM_VERSION "([^"]+)"/)?.[1];
  assert.equal(JSON.parse(read('web/package/package.json')).version, version);
});

test("the page's policy is the server's", async () => {
  const meta = read('index.html').match(/http-equiv="Content-Security-Policy" content="([^"]+)"/)?.[1];
  const served = (await get('/')).headers['content-security-policy'];
  assert.equal(served, `${meta}; frame-ancestors 'self'`);
  assert.match(meta, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(served, /unsafe-(inline|eval)'(?<!'wasm-unsafe-eval')|https?:|\*/);
});

test('no inline script or style, no foreign origin', () => {
  const html = read('index.html');
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/i);
  const folders = ['web', ...readdirSync(join(ROOT, 'web/page')).map((name) => `web/page/${name}`)];
  // FHIR names its code systems by addresses, which nobody asks for anything.
  for (const folder of folders)
    for (const name of readdirSync(join(ROOT, folder)).filter((n) => /\.(js|css)$/.test(n) && n !== 'fhir.js'))
      assert.doesNotMatch(read(`${folder}/${name}`), /https?:\/\/|\beval\(|new Function|innerHTML|@import\s+url/, name);
});

test('isolation headers, and none with --no-isolation', async () => {
  const with_ = (await get('/')).headers;
  assert.equal(with_['cross-origin-opener-policy'], 'same-origin');
  assert.equal(with_['cross-origin-embedder-policy'], 'require-corp');
  assert.equal(with_['x-content-type-options'], 'nosniff');
  assert.equal(with_['cache-control'], 'no-cache');
  const without = (await get('/', plain)).headers;
  assert.equal(without['cross-origin-opener-policy'], undefined);
  assert.equal(without['content-security-policy'], with_['content-security-policy']);
});

test('who may frame the pages can be told', async () => {
  const framed = await serve('--frame-ancestors', 'https://portal.example');
  const { headers } = await get('/web/embed.html', framed).finally(framed.stop);
  assert.match(headers['content-security-policy'], /; frame-ancestors https:\/\/portal\.example$/);
});

test('kinds of files', async () => {
  const type = async (path) => (await get(path)).headers['content-type'];
  assert.equal(await type('/build/wasm/vmnet-simd.wasm'), 'application/wasm');
  assert.match(await type('/build/wasm/vmnet-simd.mjs'), /^text\/javascript/);
  assert.match(await type('/web/vmnet.js'), /^text\/javascript/);
  assert.equal(await type('/weights/vmnet.safetensors'), 'application/octet-stream');
  assert.equal(await type('/web/sample/retina.jpg'), 'image/jpeg');
});

test('no dotfiles, no folders, nothing outside', async () => {
  for (const path of [
    '/.git/HEAD',
    '/.gitignore',
    '/%2egit/HEAD',
    '/web/',
    '/web',
    '/../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/web/..%5c..',
    '/none',
  ])
    assert.equal((await get(path)).statusCode, 404, path);
  assert.equal((await get('/index.html?x=1')).statusCode, 200);
});
