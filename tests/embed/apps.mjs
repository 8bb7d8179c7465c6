/** A portal's page that installs the package from its tarball, built by each bundler. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as viteBuild, createServer as viteServer } from 'vite';
import webpack from 'webpack';
import { ROOT } from '../js/native.mjs';

export const PACKAGE = join(ROOT, 'build/package/vmnet-web.tgz');
/** Each test file has its own: they may run at the same time. */
export const FOLDER = join(ROOT, 'build/embed', basename(process.argv[1] ?? '', '.test.mjs'));
export const APP = join(FOLDER, 'app');
/** The package as it was installed. */
export const INSTALLED = join(APP, 'node_modules/vmnet-web');

/** What a page has to do; `window.done` tells how it ended. */
const MAIN = `import { load } from 'vmnet-web';

async function main() {
  const options = Object.fromEntries(new URLSearchParams(location.search));
  const model = await load(options);
  const photograph = await (await fetch('retina.jpg')).blob();
  const { report, info } = await model.screen(photograph, { name: 'retina.jpg' });
  model.close();
  return { report, info };
}
const began = performance.now();
window.done = main().catch((error) => ({ error: { code: error.code, message: error.message, ms: performance.now() - began } }));
`;

const page = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title>${script}</html>\n`;

/** Installs the tarball as anybody would, without the network: it depends on nothing. */
export function install() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(APP, { recursive: true });
  writeFileSync(join(APP, 'package.json'), '{ "private": true, "type": "module" }\n');
  const args = ['install', '--offline', '--no-audit', '--no-fund', '--no-package-lock', '--install-links', PACKAGE];
  execFileSync('npm', args, { cwd: APP, stdio: 'pipe' });
  writeFileSync(join(APP, 'main.js'), MAIN);
  writeFileSync(join(APP, 'index.html'), page('<script type="module" src="./main.js"></script>'));
  mkdirSync(join(APP, 'public'));
  cpSync(join(ROOT, 'web/sample/retina.jpg'), join(APP, 'public/retina.jpg'));
}

/** @param {string} name @param {string} script its tag @param {boolean} files whether the package's files go beside it */
function outputs(name, script, files) {
  const out = join(FOLDER, name);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'index.html'), page(script));
  cpSync(join(APP, 'public/retina.jpg'), join(out, 'retina.jpg'));
  if (files)
    for (const part of ['worker.js', 'wasm', 'weights'])
      cpSync(join(INSTALLED, part), join(out, part), { recursive: true });
  return out;
}

/** Each gives the folder to be served. @type {Record<string, () => Promise<string>>} */
export const BUILDS = {
  async vite() {
    const out = join(FOLDER, 'vite');
    await viteBuild({ root: APP, base: './', logLevel: 'error', build: { outDir: out, emptyOutDir: true } });
    return out;
  },
  async webpack() {
    const out = outputs('webpack', '<script defer src="main.js"></script>', false);
    const stats = await new Promise((resolve, reject) =>
      webpack(
        { mode: 'production', context: APP, entry: './main.js', output: { path: out }, performance: { hints: false } },
        (error, result) => (error ? reject(error) : resolve(result)),
      ),
    );
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
    return out;
  },
  async 'esbuild, ESM'() {
    const out = outputs('esbuild-esm', '<script type="module" src="app.js"></script>', true);
    const settings = { absWorkingDir: APP, entryPoints: ['main.js'], bundle: true, logLevel: 'error' };
    await esbuild({ ...settings, format: 'esm', outfile: join(out, 'app.js') });
    return out;
  },
  async 'esbuild, IIFE'() {
    const out = outputs('esbuild-iife', '<script defer src="app.js"></script>', true);
    const settings = { absWorkingDir: APP, entryPoints: ['main.js'], bundle: true, logLevel: 'silent' };
    await esbuild({ ...settings, format: 'iife', outfile: join(out, 'app.js') });
    return out;
  },
  async 'no bundler'() {
    const map = '<script type="importmap">{ "imports": { "vmnet-web": "./vmnet-web/vmnet.js" } }</script>';
    const out = outputs('plain', `${map}<script type="module" src="main.js"></script>`, false);
    cpSync(join(APP, 'main.js'), join(out, 'main.js'));
    cpSync(INSTALLED, join(out, 'vmnet-web'), { recursive: true });
    return out;
  },
};

/** Vite's own server, as one develops with it. */
export async function viteDev() {
  const server = await viteServer({
    root: APP,
    logLevel: 'error',
    optimizeDeps: { exclude: ['vmnet-web'] },
    server: { host: 'localhost', port: 0 },
  });
  await server.listen();
  return { url: server.resolvedUrls.local[0], stop: () => server.close() };
}
