/** What is written twice agrees: limits, statuses, the security policy. And the server serves what it should. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join, posix } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { constantsOf, moduleText } from '../../wasm/constants.mjs';
import { ROOT } from './native.mjs';
import { serve } from './serve.mjs';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const vmnetH = read('src/vmnet.h');
const headers = vmnetH + read('src/phantom.h');
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

test('web/constants.js is what the module says, and the module says what src/vmnet.h and src/phantom.h say', async () => {
  const told = await constantsOf(pathToFileURL(join(ROOT, 'build/wasm/vmnet-simd.mjs')).href);
  assert.equal(read('web/constants.js'), moduleText(told), 'run make wasm');
  const value = (name) => {
    const text = headers.match(new RegExp(`#define ${name} ([^/\\n]+)`))?.[1] ?? '';
    const shift = text.match(/\((\d+)u << (\d+)\)/);
    return shift ? Number(shift[1]) * 2 ** Number(shift[2]) : Number.parseFloat(text);
  };
  for (const [name, limit] of Object.entries(told.limits)) assert.equal(limit, value(`VM_${name.toUpperCase()}`), name);
  const enumerated = {
    statuses: 'VM_ERR',
    points: 'VM_POINT',
    layers: 'VM_LAYER',
    lesions: 'VM_LESION',
    quality: 'VM_REASON',
  };
  for (const [table, prefix] of Object.entries(enumerated)) {
    const all = [...headers.matchAll(new RegExp(`\\b${prefix}_(\\w+) =\\s*(\\d+)`, 'g'))];
    const named = all.filter(([, name]) => name !== 'DEFAULT' && name !== 'NONE');
    const wanted = named.map(([, name, number]) => [name.toLowerCase().replaceAll('_', '-'), Number(number)]);
    assert.deepEqual(Object.entries(told[table]), wanted, table);
  }
});

test('what a reader is told of the limits is what they are, in every language', async () => {
  const { MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE } = await import('../../web/constants.js');
  const limits = [MIN_SIDE, MAX_SIDE, MAX_PIXELS / 1e6, MAX_BYTES / 2 ** 20];
  const digits = (text) => text.replace(/[\u00a0\u202f,.](?=\d{3})/g, '').replace(/(\d+) 万/g, (_, n) => n / 100);
  const numbers = (text) => digits(text).match(/\d+/g).map(Number);
  for (const language of ['en', 'fr', 'es', 'ar', 'hi', 'zh']) {
    const { default: words } = await import(`../../web/page/words/${language}.js`);
    assert.deepEqual(numbers(words['start.limits']), limits, language);
  }
  assert.deepEqual(numbers(read('index.html').match(/data-t="start.limits">([^<]+)</)[1]), limits);
  assert.deepEqual(numbers(read('src/cli.c').match(/photographs: JPEG, PNG or DICOM, ([^.]+)/)[1]), limits);
});

test('what the types and the schema say of the limits is what they are', async () => {
  const c = await import('../../web/constants.js');
  const megapixels = c.MAX_PIXELS / 1e6;
  const size = `${c.SIZE_MIN}..${c.SIZE_MAX} in steps of ${c.SIZE_STEP}. Default ${c.SIZE_DEFAULT}.`;
  const said = {
    'web/vmnet.d.ts': [
      `over ${c.MAX_BYTES / 2 ** 20} MiB, ${megapixels} megapixels, ${c.MAX_SIDE} pixels a side`,
      `a side under ${c.MIN_SIDE} pixels`,
      size,
      `/** 1..${c.MAX_THREADS}. `,
      `above 0 to ${megapixels}. Default ${megapixels}.`,
      `the width of all vessels, ${c.CALIBRE_MIN} to ${c.CALIBRE_MAX};`,
    ],
    'web/node.d.ts': [size, `above 0 to ${megapixels}. Default ${megapixels}.`],
    'web/dicomweb.d.ts': [`'too-large' over ${c.MAX_BYTES / 2 ** 20} MiB`],
  };
  for (const [file, texts] of Object.entries(said))
    for (const text of texts) assert.ok(read(file).includes(text), `${file}: ${text}`);
  const { $defs, properties } = JSON.parse(read('web/report.schema.json'));
  assert.deepEqual([$defs.side.minimum, $defs.side.maximum], [c.MIN_SIDE, c.MAX_SIDE]);
  const told = await constantsOf(pathToFileURL(join(ROOT, 'build/wasm/vmnet-simd.mjs')).href);
  assert.equal($defs.reasons.maxItems, told.limits.max_reasons);
  /** Every name that stands in a list to choose from, or alone. */
  const names = (part) =>
    Object.entries(part ?? {}).flatMap(([key, value]) =>
      key === 'enum' ? value : key === 'const' ? [value] : typeof value === 'object' ? names(value) : [],
    );
  const same = (part, table, what) => {
    const strings = names(part).filter((name) => typeof name === 'string');
    assert.deepEqual([...new Set(strings)].sort(), Object.keys(table).sort(), what);
  };
  same($defs.answer, told.answers, 'answers');
  const { 'not-readable': __, 'both-eyes': ___, ...ofOnePhotograph } = told.reasons; // those are of several
  same($defs.reasons, ofOnePhotograph, 'reasons');
  same(properties.quality, told.quality, 'quality');
  const { valid: _, ...whyNoDisc } = told.disc_and_cup;
  same(properties.disc_and_cup.properties.reason, whyNoDisc, 'disc and cup');
  const { valid: ____, ...whyNoGrade } = told.grade;
  same($defs.no_grade, whyNoGrade, 'grade');
  const kinds = Object.entries(properties.lesions.properties).filter(([, of]) => of.$ref === '#/$defs/lesion');
  const inOrder = Object.fromEntries(kinds.map(([kind], i) => [kind, i]));
  assert.deepEqual(Object.entries(told.drawn_lesions), Object.entries(inOrder), 'lesions that are drawn');
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

test('what the page needs first is named in its head, once each, and nothing else', () => {
  const html = read('index.html');
  const named = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, path]) => path).sort();
  const run = [...html.matchAll(/<script type="module" src="([^"]+)">/g)].map(([, path]) => path);
  const found = new Set(run);
  for (const path of found) // grows on the way
    for (const [, name] of read(path).matchAll(/^(?:import|export)\b[^;]*?'(\.[^']+)';/gm))
      found.add(posix.join(posix.dirname(path), name));
  assert.ok(named.includes('web/page/words/en.js') && named.includes('web/vmnet.js'));
  assert.deepEqual(named, [...found].filter((path) => !run.includes(path)).sort());
  assert.doesNotMatch(html, /rel="preload"/, 'WebKit fetches twice what is preloaded for fetch()');
});

test('the page as it is put on a server: its files, and nothing that is missing or asked for too late', () => {
  const built = (/** @type {string} */ path) => read(`build/site/${path}`);
  const files = built('build/wasm/files.txt')
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  const html = built('index.html');
  const named = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, path]) => path).sort();
  const run = [...html.matchAll(/<script type="module" src="([^"]+)">/g)].map(([, path]) => path);
  assert.deepEqual(run, ['web/page/shell/early.js', 'web/page/shell/main.js']);
  const first = new Set(run);
  for (const path of first) // grows on the way
    for (const [, name] of built(path).matchAll(/\b(?:from|import)\s*"(\.[^"]+)"/g))
      first.add(posix.join(posix.dirname(path), name));
  assert.deepEqual(named, [...first].filter((path) => !run.includes(path)).sort());
  assert.ok(first.size < 30, `${first.size} scripts before the first view`);
  const scripts = files.filter((path) => /^web\/.*\.js$/.test(path));
  for (const path of scripts) {
    assert.doesNotMatch(built(path), /@@web|https?:\/\/localhost|__require\("/, path);
    for (const [, name] of built(path).matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g))
      assert.ok(files.includes(posix.join(posix.dirname(path), name)), `${path} asks for ${name}`);
  }
  const others = (/** @type {string[]} */ list) => list.filter((path) => !/^web\/.*\.js$/.test(path)).sort();
  const listed = execFileSync('python3', [join(ROOT, 'web/list_files.py'), '--print'], { encoding: 'utf8' });
  const sources = listed
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  assert.deepEqual(others(files), others(sources), 'what is no script is there as in the sources');
  for (const path of others(files).filter((name) => name !== 'index.html'))
    assert.equal(built(path), read(path), `${path} is another file; run make site`);
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

test('a name that a module of the page exports means one thing', () => {
  const folders = readdirSync(join(ROOT, 'web'), { recursive: true }).map(String);
  // the package's own stand in for their namesakes; node.js and node-dicom.js are vmnet.js and dicom.js for Node.js, and each list of languages its own
  const apart = /^(vendor|third-party|package)\b|^(node|node-dicom|element-words|worklist-words)\.js$|node_modules/;
  const home = new Map();
  for (const file of folders.filter((name) => name.endsWith('.js') && !apart.test(name)))
    for (const [, name] of read(`web/${file}`).matchAll(/^export (?:async )?(?:function\*?|const|class|let) (\w+)/gm))
      home.set(name, [...(home.get(name) ?? []), file]);
  assert.deepEqual(
    [...home].filter(([, files]) => files.length > 1),
    [],
  );
});
