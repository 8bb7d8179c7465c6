/**
 * Puts the package together: node web/package/stage.mjs PACKAGES OUT, where PACKAGES is the folder in which `npm ci` ran for
 * web/third-party/. OUT then holds what `npm pack` packs. Modules are bundled, so that each Worker is one file that bundlers
 * and CDNs can pass on as it is.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, out] = process.argv.slice(2).map((path) => resolve(path));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { build } = createRequire(join(packages, 'package.json'))('esbuild');

/** Fetched by dicom.js when they are needed. The Worker has those that it needs inside: it is one file. */
const LAZY = ['dcmjs', 'jpeg-lossless', 'openjpeg', 'charls'].map((name) => `vendor/${name}.js`);
const VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];

/** What is copied: from the project's folder, to the package's. */
const COPIES = {
  'web/package/package.json': 'package.json',
  'web/package/README.md': 'README.md',
  LICENSE: 'LICENSE',
  'web/vendor/NOTICE': 'NOTICE',
  'web/report.schema.json': 'report.schema.json',
  'web/vmnet.d.ts': 'vmnet.d.ts',
  'web/element.d.ts': 'element.d.ts',
  'web/embed.html': 'embed.html',
  'web/worklist.html': 'worklist.html',
  'web/worklist.css': 'worklist.css',
  'web/dicom.d.ts': 'dicom.d.ts',
  'web/dicomweb.d.ts': 'dicomweb.d.ts',
  'web/fhir.d.ts': 'fhir.d.ts',
  'web/node.d.ts': 'node.d.ts',
  'weights/vmnet-int8.safetensors': 'weights/vmnet-int8.safetensors',
  'weights/MODEL_CARD.md': 'weights/MODEL_CARD.md',
  'weights/RESULTS.md': 'weights/RESULTS.md',
  ...Object.fromEntries(LAZY.map((path) => [`web/${path}`, path])),
  ...Object.fromEntries(
    VARIANTS.flatMap((v) => ['wasm', 'mjs'].map((e) => [`build/wasm/vmnet-${v}.${e}`, `wasm/vmnet-${v}.${e}`])),
  ),
};

/** Each becomes one module. Those of the first kind share what of them others import too: there is one VmnetError. */
const SHARING = [
  'errors.js',
  'vmnet.js',
  'element.js',
  'embed.js',
  'dicom.js',
  'dicomweb.js',
  'fhir.js',
  'worklist.js',
  'node.js',
  'node-dicom.js',
  'node-thread.js',
];
/** One file, whatever starts it. */
const ALONE = ['worker.js', 'node-worker.js'];

/** web/files.js as the package has it. */
async function ownFiles() {
  return readFileSync(join(ROOT, 'web/package/files.js'), 'utf8');
}

/** web/element-words.js with the words themselves: the package does not hold the page. */
async function ownWords() {
  const { LANGUAGES, USED } = await import(new URL('../element-words.js', import.meta.url).href);
  const catalogues = {};
  for (const language of LANGUAGES) {
    const files = readdirSync(join(ROOT, 'web/page/words')).filter((name) =>
      [`${language}.js`, `${language}-later.js`].includes(name),
    );
    const parts = await Promise.all(
      files.map((name) => import(new URL(`../page/words/${name}`, import.meta.url).href)),
    );
    const words = parts.flatMap((part) => Object.entries(part.default));
    catalogues[language] = Object.fromEntries(words.filter(([key]) => USED.test(key)));
  }
  return `export const LANGUAGES = ${JSON.stringify(LANGUAGES)};
const WORDS = ${JSON.stringify(catalogues)};
export const wordsFor = async (language) => WORDS[language];`;
}

/** @type {Record<string, () => Promise<string>>} */
const REPLACED = { files: ownFiles, 'element-words': ownWords };
const replacing = {
  name: 'replacing',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onLoad }) =>
    onLoad({ filter: /\/web\/(files|element-words)\.js$/ }, async ({ path }) => ({
      contents: await REPLACED[basename(path, '.js')](),
      resolveDir: join(ROOT, 'web'),
    })),
};
const sharing = {
  name: 'sharing',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onResolve }) =>
    onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
      const name = relative(join(ROOT, 'web'), join(resolveDir, path));
      return kind !== 'entry-point' && [...SHARING, ...LAZY].includes(name)
        ? { path: `./${name}`, external: true }
        : undefined;
    }),
};

rmSync(out, { recursive: true, force: true });
for (const folder of ['wasm', 'weights', 'vendor']) mkdirSync(join(out, folder), { recursive: true });
for (const [from, to] of Object.entries(COPIES)) copyFileSync(join(ROOT, from), join(out, to));
writeFileSync(join(out, 'worker.d.ts'), 'export {}; // started by its address, not imported\n');
for (const name of [...SHARING, ...ALONE])
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, 'web', name)],
    outfile: join(out, name),
    external: ['node:*'],
    plugins: SHARING.includes(name) ? [replacing, sharing] : [replacing],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none', // NOTICE holds them
    logLevel: 'warning',
  });
