/**
 * Puts the package together: node web/package/stage.mjs PACKAGES OUT, where PACKAGES is the folder in which `npm ci` ran for
 * web/third-party/. OUT then holds what `npm pack` packs. Modules are bundled, so that each Worker is one file that bundlers
 * and CDNs can pass on as it is.
 */

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, out] = process.argv.slice(2).map((path) => resolve(path));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { build } = createRequire(join(packages, 'package.json'))('esbuild');

const VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];

/** What is copied: from the project's folder, to the package's. */
const COPIES = {
  'web/package/package.json': 'package.json',
  'web/package/README.md': 'README.md',
  LICENSE: 'LICENSE',
  'web/vendor/NOTICE': 'NOTICE',
  'web/report.schema.json': 'report.schema.json',
  'web/vmnet.d.ts': 'vmnet.d.ts',
  'web/fhir.d.ts': 'fhir.d.ts',
  'web/node.d.ts': 'node.d.ts',
  'weights/vmnet-int8.safetensors': 'weights/vmnet-int8.safetensors',
  'weights/MODEL_CARD.md': 'weights/MODEL_CARD.md',
  ...Object.fromEntries(
    VARIANTS.flatMap((v) => ['wasm', 'mjs'].map((e) => [`build/wasm/vmnet-${v}.${e}`, `wasm/vmnet-${v}.${e}`])),
  ),
};

/** Each becomes one module. */
const MODULES = ['vmnet.js', 'worker.js', 'fhir.js', 'node.js', 'node-worker.js'];

/** web/package/ has its own of these. */
const REPLACED = /\/web\/(files)\.js$/;
const replacing = {
  name: 'replacing',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onLoad, esbuild }) =>
    onLoad({ filter: REPLACED }, async ({ path }) => {
      const [, name] = /** @type {RegExpMatchArray} */ (path.match(REPLACED));
      const own = join(ROOT, `web/package/${name}.js`);
      const { outputFiles } = await esbuild.build({ entryPoints: [own], write: false, logLevel: 'warning' });
      return { contents: outputFiles[0].text, resolveDir: join(ROOT, 'web') };
    }),
};

rmSync(out, { recursive: true, force: true });
for (const folder of ['wasm', 'weights']) mkdirSync(join(out, folder), { recursive: true });
for (const [from, to] of Object.entries(COPIES)) copyFileSync(join(ROOT, from), join(out, to));
writeFileSync(join(out, 'worker.d.ts'), 'export {}; // started by its address, not imported\n');
for (const name of MODULES)
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, 'web', name)],
    outfile: join(out, name),
    // One module uses another by the package's own file, so that there is one of each; so with Node's own.
    external: ['node:*', ...MODULES.filter((other) => other !== name).map((other) => `./${other}`)],
    plugins: [replacing],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none', // NOTICE holds them
    logLevel: 'warning',
  });
