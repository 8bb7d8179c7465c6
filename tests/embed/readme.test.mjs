/** Every example in the package's README runs as it stands there. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { build as viteBuild } from 'vite';
import { newContext } from '../browser/browser.mjs';
import { ROOT, scratch } from '../js/native.mjs';
import { APP, BUILDS, FOLDER, INSTALLED, install } from './apps.mjs';
import { startArchive } from './archive.mjs';
import { launchForAll, resultOf } from './chromium.mjs';
import { CORS, serveFolder } from './server.mjs';

const text = readFileSync(join(ROOT, 'web/package/README.md'), 'utf8');
/** By the name after the language. */
const blocks = Object.fromEntries(
  [...text.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)].map(([, , name, body]) => [name, body]),
);
const ANSWER = /^(refer|unclear|repeat|no-finding)$/;

const browser = await launchForAll();
install();
const portal = await BUILDS['no bundler'](); // main.js, vmnet-web/, retina.jpg
for (const name of ['sharp', '@img']) {
  mkdirSync(join(APP, 'node_modules'), { recursive: true });
  symlinkSync(join(ROOT, 'tests/node_modules', name), join(APP, 'node_modules', name));
}
cpSync(join(ROOT, 'web/sample/retina.jpg'), join(APP, 'retina.jpg'));

/** @param {string} name of a block with headers */
const headersOf = (name) =>
  Object.fromEntries(
    blocks[name]
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );

/** Opens a page and waits for the answer on its console. */
async function answerOf(url) {
  const context = await newContext(browser);
  const view = await context.newPage();
  const said = [];
  try {
    const answer = new Promise((resolve, reject) => {
      view.on('console', (message) => {
        said.push(message.text());
        const [first] = message.text().split(' ');
        if (ANSWER.test(first)) resolve(first);
      });
      view.on('pageerror', reject);
      setTimeout(() => reject(new Error(`no answer; the console: ${said.join('\n')}`)), 300_000).unref();
    });
    await view.goto(url);
    return await answer;
  } finally {
    await context.close();
  }
}

test('there is a test for each block', () => {
  const known = [
    'ten-lines',
    'screen',
    'vite.config',
    'esbuild',
    'isolation',
    'policy',
    'cdn-policy',
    'frame',
    'dicom',
    'dicomweb',
    'node',
    'fhir',
  ];
  assert.deepEqual(Object.keys(blocks).sort(), known.sort());
});

test('the ten lines are ten', async () => {
  assert.equal(blocks['ten-lines'].trim().split('\n').length, 10);
  const site = await serveFolder(portal, { pages: { 'index.html': blocks['ten-lines'] } });
  assert.match(await answerOf(site.url), ANSWER);
  await site.stop();
});

test('screen', async () => {
  const map = '{ "imports": { "vmnet-web": "./vmnet-web/vmnet.js" } }';
  const page = `<!doctype html><script type="importmap">${map}</script><script type="module">
    globalThis.file = await (await fetch('retina.jpg')).blob();
    await import('./screen.js');
  </script>`;
  const site = await serveFolder(portal, { pages: { 'index.html': page, 'screen.js': blocks.screen } });
  assert.match(await answerOf(site.url), ANSWER);
  await site.stop();
});

test('the configuration of Vite', async () => {
  const configFile = join(APP, 'vite.config.js');
  writeFileSync(configFile, blocks['vite.config']);
  const outDir = join(FOLDER, 'readme-vite');
  await viteBuild({ root: APP, configFile, base: './', logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const site = await serveFolder(outDir);
  const { error, report } = await resultOf(browser, site.url);
  await site.stop();
  assert.equal(error, undefined, error?.message);
  assert.match(report.decision.answer, ANSWER);
});

test('the commands for esbuild', async () => {
  const PATH = `${join(ROOT, 'tests/node_modules/.bin')}:${process.env.PATH}`;
  execFileSync('sh', ['-ec', blocks.esbuild], { cwd: APP, stdio: 'pipe', env: { ...process.env, PATH } });
  cpSync(join(APP, 'retina.jpg'), join(APP, 'dist/retina.jpg'));
  const page = '<!doctype html><script type="module" src="app.js"></script>';
  const site = await serveFolder(join(APP, 'dist'), { pages: { 'index.html': page } });
  const { error, report } = await resultOf(browser, site.url);
  await site.stop();
  assert.equal(error, undefined, error?.message);
  assert.match(report.decision.answer, ANSWER);
});

test('the headers: isolation and the strict policy together, and the policy for a CDN', async () => {
  const page = '<!doctype html><script type="module" src="app.js"></script>';
  const own = await serveFolder(join(APP, 'dist'), {
    headers: { ...headersOf('isolation'), ...headersOf('policy') },
    pages: { 'index.html': page },
  });
  const isolated = await resultOf(browser, own.url);
  await own.stop();
  assert.equal(isolated.error, undefined, isolated.error?.message);
  assert.equal(isolated.info.variant, 'relaxed-mt');

  const cdn = await serveFolder(INSTALLED, { headers: CORS });
  const policy = headersOf('cdn-policy')['Content-Security-Policy'].replaceAll('https://cdn.example', cdn.origin);
  const app = readFileSync(join(APP, 'main.js'), 'utf8').replace("'vmnet-web'", `'${cdn.url}vmnet.js'`);
  const site = await serveFolder(portal, {
    headers: { 'Content-Security-Policy': policy },
    pages: { 'index.html': page, 'app.js': app },
  });
  const far = await resultOf(browser, site.url);
  await Promise.all([site.stop(), cdn.stop()]);
  assert.equal(far.error, undefined, far.error?.message);
});

test('the frame', async () => {
  // Each has to know the other's origin before it starts: what is served is filled in afterwards.
  const [portalPages, framePages, headers] = [{}, {}, {}];
  const site = await serveFolder(portal, { pages: portalPages });
  const eyes = await serveFolder(INSTALLED, { headers, pages: framePages });
  headers['Content-Security-Policy'] = `frame-ancestors ${site.origin}`;
  const html = readFileSync(join(INSTALLED, 'embed.html'), 'utf8');
  framePages['embed.html'] = html.replace(
    'name="vmnet-origins" content=""',
    `name="vmnet-origins" content="${site.origin}"`,
  );
  portalPages['index.html'] = `<!doctype html>${blocks.frame.replaceAll('https://eyes.example', eyes.origin)}`;
  assert.match(await answerOf(site.url), ANSWER);
  await Promise.all([site.stop(), eyes.stop()]);
});

test('DICOM and DICOMweb: from a worklist to results that are stored', async () => {
  const objects = scratch();
  const python = join(ROOT, 'build/venv/bin/python');
  execFileSync(python, [join(ROOT, 'tests/dicom/objects.py'), join(ROOT, 'web/sample/retina.jpg'), objects]);
  const photograph = new Uint8Array(readFileSync(join(objects, 'j2k.dcm')));
  rmSync(objects, { recursive: true });
  const archive = await startArchive(photograph, 'secret');
  const imports = Object.fromEntries(
    ['', '/dicom', '/dicomweb'].map((end) => [`vmnet-web${end}`, `./vmnet-web${end || '/vmnet'}.js`]),
  );
  const pageOf = (script) => `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>
    <script type="module">globalThis.session = { token: 'secret' }; ${script}</script>`;
  const site = await serveFolder(portal, {
    pages: {
      'dicom.dcm': photograph,
      'dicomweb.html': pageOf("await import('./dicomweb.js');"),
      'dicomweb.js': blocks.dicomweb.replace('https://pacs.example', archive.origin),
      'dicom.html': pageOf(`const { load } = await import('vmnet-web');
        globalThis.file = await (await fetch('dicom.dcm')).blob();
        const model = await load();
        globalThis.result = await model.screen(file);
        const made = await import('./dicom.js');
        console.log(result.decision.answer, made.sizes.join(' '));`),
      'dicom.js': `${blocks.dicom}\nexport const sizes = [segmentation, report, overlay].map(({ length }) => length);`,
    },
  });
  assert.match(await answerOf(`${site.url}dicom.html`), ANSWER);
  assert.match(await answerOf(`${site.url}dicomweb.html`), ANSWER);
  assert.equal(archive.stored.length, 2);
  for (const bytes of archive.stored) assert.equal(Buffer.from(bytes.subarray(128, 132)).toString(), 'DICM');
  await Promise.all([site.stop(), archive.stop()]);
});

test('Node.js, then FHIR', () => {
  writeFileSync(join(APP, 'readme.mjs'), blocks.node + blocks.fhir);
  const said = execFileSync(process.execPath, ['readme.mjs'], { cwd: APP, encoding: 'utf8' }).trim().split('\n');
  assert.match(said[0], ANSWER);
  const [bundle, codes] = JSON.parse(said[1]);
  const Validator = createRequire(import.meta.url)('@asymmetrik/fhir-json-schema-validator');
  for (const resource of [bundle, codes]) assert.deepEqual(new Validator().validate(resource, true), []);
});

test('every option of load() has a row, and every other option, part and property of the element is named', () => {
  const optionsIn = (file, name) => {
    const [, body] = readFileSync(join(ROOT, 'web', file), 'utf8').match(
      new RegExp(`interface ${name} [^{]*\\{([\\s\\S]*?)^\\}`, 'm'),
    );
    return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, option]) => option);
  };
  const names = optionsIn('vmnet.d.ts', 'LoadOptions');
  assert.ok(names.length >= 10);
  for (const name of names) assert.ok(text.includes(`| \`${name}\` |`), `${name} has no row`);
  for (const [file, name, least] of [
    ['vmnet.d.ts', 'ScreenOptions', 10],
    ['dicomweb.d.ts', 'DicomwebOptions', 5],
    ['dicom.d.ts', 'DicomContext', 5],
    ['dicom.d.ts', 'ReadOptions', 2],
    ['fhir.d.ts', 'FhirContext', 5],
    ['node.d.ts', 'NodeLoadOptions', 5],
  ]) {
    const all = optionsIn(file, name);
    assert.ok(all.length >= least, `${name}: ${all}`);
    for (const option of all) assert.match(text, new RegExp(`\\b${option}\\b`), `${option} of ${name} is not named`);
  }
  const element = readFileSync(join(ROOT, 'web/element.js'), 'utf8');
  const parts = [...element.matchAll(/make\('\w+', '(\w+)'/g)].map(([, part]) => part);
  const properties = [...element.matchAll(/var\((--vmnet-\w+)/g)].map(([, name]) => name);
  assert.ok(parts.length >= 11 && properties.length >= 5);
  for (const name of [...parts, ...properties]) assert.ok(text.includes(`\`${name}\``), `${name} is not named`);
});
