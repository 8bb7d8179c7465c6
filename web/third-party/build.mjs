/**
 * Bundles what the page did not write into self-contained modules: node web/third-party/build.mjs PACKAGES OUT, where
 * PACKAGES is the folder in which `npm ci` ran. Their licences come along in OUT/NOTICE.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, out] = process.argv.slice(2).map((path) => resolve(path));
const here = fileURLToPath(new URL('.', import.meta.url));
const { buildSync } = createRequire(join(packages, 'package.json'))('esbuild');

/** What is made: each from the file of its name beside this one, with its types. */
const MODULES = [
  'fflate',
  'tiff',
  'pdf',
  'xlsx',
  'dicom-parser',
  'jpeg-lossless',
  'openjpeg',
  'charls',
  'dcmjs',
  'idb',
  'lit',
  'signals',
];

/**
 * Decoders of compressions that a photograph does not come in, or that web/photo/tiff.js brings itself; and what pdf-lib
 * reads SVG with, which our PDF files do not hold.
 */
const ABSENT = [
  'pako',
  'lerc',
  'zstddec',
  'zstddec/stream',
  'xml-utils/get-attribute',
  'xml-utils/find-tags-by-name',
  'node-html-better-parser',
];

/** Parts of packages that they do not name among their exports. */
const INSIDE = {
  'write-excel-file/sync': 'write-excel-file/modules/export/writeXlsxFileUniversal.js',
  'write-excel-file/bytes': 'write-excel-file/modules/export/convertFileContentToUint8ArrayUniversal.js',
};
/** What is in a package already bundled, so that it does not show in what was used. */
const BUNDLED = {
  dcmjs: [
    '@babel/runtime-corejs3',
    'adm-zip',
    'core-js-pure',
    'gl-matrix',
    'iota-array',
    'is-buffer',
    'lodash.clonedeep',
    'loglevel',
    'ndarray',
    'pako',
  ],
};
/** Node's own, which the codecs of DICOM ask for where there is no browser. */
const NODE = ['zlib', 'fs', 'path', 'url'];

/** @param {string} name of an entry beside this file @returns {string[]} the packages that went into it */
function bundle(name) {
  const { metafile } = buildSync({
    absWorkingDir: packages,
    entryPoints: [join(here, name)],
    outfile: join(out, name),
    nodePaths: [join(packages, 'node_modules')],
    alias: Object.fromEntries([
      ...[...ABSENT, ...NODE].map((module) => [module, join(here, 'absent.cjs')]),
      ...Object.entries(INSIDE).map(([module, path]) => [module, join(packages, 'node_modules', path)]),
    ]),
    loader: { '.wasm': 'binary' },
    define: { __dirname: '"."' }, // or the codecs stop in Node.js, where the tests run them
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none', // NOTICE holds them
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
  });
  const used = Object.entries(Object.values(metafile.outputs)[0].inputs).filter(
    ([, { bytesInOutput }]) => bytesInOutput,
  );
  return used.flatMap(([path]) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []);
}

/** @param {string} name of a package */
function licenceOf(name) {
  // It has the text only in its repository, beside that of its sibling, which brings it along.
  if (name === '@cornerstonejs/codec-openjpeg') return licenceOf('@cornerstonejs/codec-charls');
  const folder = join(packages, 'node_modules', name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name}: no licence text; it cannot be passed on`);
  return readFileSync(join(folder, file), 'utf8').trim();
}

/** @param {string} name of a package @returns {string} its name, version, licence and the licence's text */
function notice(name) {
  const { version, license } = JSON.parse(readFileSync(join(packages, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name} ${version}, ${license}\n\n${licenceOf(name)}\n`;
}

mkdirSync(out, { recursive: true });
const used = new Set([...MODULES.flatMap((name) => bundle(`${name}.js`)), ...Object.values(BUNDLED).flat()]);
copyFileSync(join(packages, 'node_modules/fflate/esm/browser.d.ts'), join(out, 'fflate-all.d.ts'));
for (const name of MODULES) copyFileSync(join(here, `${name}.d.ts`), join(out, `${name}.d.ts`));
const rule = `\n${'-'.repeat(80)}\n\n`;
writeFileSync(
  join(out, 'NOTICE'),
  [
    'The modules in this folder were made from the packages below.\n',
    ...[...used].sort().map(notice),
    // The text comes from another package that has it: geotiff names the licence in its source only.
    `The JPEG decoder inside geotiff: copyright 2011 notmasteryet\n\n${licenceOf('web-worker')}\n`,
    readFileSync(join(here, 'codecs.txt'), 'utf8'),
  ].join(rule),
);
