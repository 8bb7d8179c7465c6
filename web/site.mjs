/**
 * The page as it is put on a server: node web/site.mjs PACKAGES OUT, where PACKAGES is the folder in which `npm ci` ran. What
 * is asked for together comes together there, for which a first visit waits less. All else is copied, and every address stays:
 * `web/vmnet.js` can be imported from there, too.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, out] = process.argv.slice(2).map((path) => resolve(path));
const root = realpathSync(fileURLToPath(new URL('..', import.meta.url))); // as esbuild names what it reads
const { build } = createRequire(join(packages, 'package.json'))('esbuild');

/** What something starts by its address: the page's two scripts, its Workers, and the API for other pages. */
const FIRST = 'web/page/shell/early.js';
const MAIN = 'web/page/shell/main.js';
const ENTRIES = [FIRST, MAIN, 'web/vmnet.js', 'web/worker.js', 'web/page/intake/bitmap-worker.js'];

/** Marks the path of a module in what is bundled: where it lay before, which its relative addresses count from. */
const MARK = '@@';

/** Of a module `import.meta.url` says where it lay, wherever it lies now. */
const addresses = {
  name: 'addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const from = relative(root, path).replaceAll('\\', '/');
      if (!from.startsWith('web/') || from.startsWith('web/vendor/')) return undefined;
      return {
        contents: text.replaceAll('import.meta.url', `new URL("${MARK}${from}", import.meta.url)`),
        loader: 'js',
      };
    });
  },
};

/** Bundles the scripts into OUT. @returns {Promise<Record<string, { imports: { path: string, kind: string }[] }>>} what was made */
async function bundle() {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outbase: '.',
    outdir: out,
    chunkNames: 'web/parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none', // web/vendor/NOTICE holds them
    charset: 'utf8',
    metafile: true,
    write: false,
    plugins: [addresses],
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) {
    const marked = new RegExp(`(["'\`])${MARK}([^"'\`]+)\\1`, 'g');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      text.replace(marked, (_, quote, from) => quote + posix.relative(dirname(relative(out, path)), from) + quote),
    );
  }
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, made]) => [
      inSite(path),
      { imports: made.imports.map((part) => ({ ...part, path: inSite(part.path) })) },
    ]),
  );
}

/** @param {string} path as esbuild names it */
const inSite = (path) => relative(out, join(root, path)).replaceAll('\\', '/');

/** What a script imports before it runs, all the way down. @param {Awaited<ReturnType<typeof bundle>>} made @param {string} script */
function importedBy(made, script) {
  const found = new Set([script]);
  for (const path of found) // grows on the way
    for (const part of made[path].imports) if (part.kind === 'import-statement') found.add(part.path);
  found.delete(script);
  return [...found];
}

/** The page names in its head what it needs first, as before. @param {Awaited<ReturnType<typeof bundle>>} made */
function head(made) {
  const first = importedBy(made, FIRST);
  const rest = importedBy(made, MAIN).filter((path) => !first.includes(path) && path !== FIRST);
  const named = (/** @type {string[]} */ paths) =>
    paths.map((path) => `    <link rel="modulepreload" href="${path}">\n`).join('');
  const bare = readFileSync(join(root, 'index.html'), 'utf8').replace(/ *<link rel="modulepreload"[^>]*>\n/g, '');
  const script = (/** @type {string} */ path) => `    <script type="module" src="${path}"></script>\n`;
  return bare.replace(script(FIRST), named(first) + script(FIRST)).replace(script(MAIN), named(rest) + script(MAIN));
}

rmSync(out, { recursive: true, force: true });
const made = await bundle();
const listed = execFileSync('python3', [join(root, 'web/list_files.py'), '--print'], { encoding: 'utf8' });
const files = listed
  .trim()
  .split('\n')
  .map((line) => line.slice(66));
for (const path of [...files.filter((name) => !/^web\/.*\.js$/.test(name)), 'LICENSE', 'web/vendor/NOTICE'])
  cpSync(join(root, path), join(out, path));
writeFileSync(join(out, 'index.html'), head(made));
execFileSync('python3', [join(root, 'web/list_files.py'), '--root', out], { stdio: 'inherit' });
