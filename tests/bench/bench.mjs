/**
 * The benchmark: ours and other runtimes on the same network in one headless Chromium, each in a page of its own, in turns;
 * see run.sh for how to call it. Writes build/bench.json and build/bench.md. What counts are the ratios within one run: a
 * lone time says little about another machine. Nothing fails for being slow; only outputs that differ from ours stop it.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cold } from './cold.mjs';
import { features } from './machine.mjs';
import { native } from './native.mjs';
import { network } from './network.mjs';
import { heap, pool, screen, series, sizes } from './product.mjs';
import { SIZE } from './runs.mjs';
import { serve } from './server.mjs';
import { profileTable, tables, wayTable } from './tables.mjs';
import { way } from './way.mjs';

/**
 * @typedef {object} Bench
 * @property {string} root
 * @property {import('playwright-core').Browser} browser
 * @property {() => Promise<{ page: import('playwright-core').Page, close: () => Promise<void> }>} open a page in a context of its own
 * @property {import('playwright-core').Page} page of this part
 * @property {Awaited<ReturnType<import('./server.mjs').serve>>} server
 * @property {number} rounds
 * @property {boolean} quick
 * @property {Record<string, string>} weights of each precision that there is: f32, and int8 once it exists
 * @property {(text: string) => void} say
 */

const IN_BROWSER = { network, screen, way, cold, heap, sizes, pool, series };
const PARTS = [...Object.keys(IN_BROWSER), 'native'];
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const PACKAGES = ['onnxruntime-web', '@tensorflow/tfjs-backend-wasm', '@litertjs/core'];
const CHROMIUM = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-blink-features=ForceEagerMeasureMemory',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    native: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    int8: { type: 'string', default: 'weights/vmnet-int8.safetensors' },
  },
});
const rounds = Number(args.rounds ?? (args.quick ? 3 : 11));
const wanted = args.only?.split(',') ?? PARTS;

function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text) console.error(text);
}

/** int8 is measured as soon as its weights are there. */
const weights = { f32: 'weights/vmnet.safetensors', ...(existsSync(resolve(ROOT, args.int8)) && { int8: args.int8 }) };

/** @param {string} name */
const version = (name) =>
  JSON.parse(readFileSync(resolve(ROOT, 'tests/bench/node_modules', name, 'package.json'), 'utf8')).version;

function machine() {
  const { model } = os.cpus()[0];
  return {
    processor: model,
    features: features(),
    cores: os.cpus().length,
    memory_gb: Math.round(os.totalmem() / 1e9),
    load: os.loadavg()[0],
  };
}

async function inBrowser() {
  const { chromium } = await import('playwright-core');
  const server = await serve(ROOT);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: CHROMIUM,
  });
  const open = async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(String(error)));
    await page.goto(`${server.url}tests/bench/page.html`);
    await page.waitForFunction(() => document.title.endsWith('ready'));
    return { page, close: () => context.close() };
  };
  try {
    const result = { browser: `Chromium ${browser.version()}` };
    for (const [name, measure] of Object.entries(IN_BROWSER)) {
      if (!wanted.includes(name)) continue;
      const { page, close } = await open();
      result[name] = await measure({
        root: ROOT,
        browser,
        open,
        page,
        server,
        rounds,
        quick: args.quick,
        weights,
        say,
      });
      writeFileSync(resolve(ROOT, 'build/bench/parts.json'), `${JSON.stringify(result, null, 1)}\n`); // should a later one fail
      await close();
    }
    return result;
  } finally {
    await browser.close();
    server.stop();
  }
}

const begin = performance.now();
/** @type {Record<string, any>} */
const result = {
  what: `V-MNet at size ${SIZE}${args.quick ? ', a quick run' : ''}`,
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' }).trim(),
  machine: machine(),
};
mkdirSync(resolve(ROOT, 'build/bench'), { recursive: true });
if (args.native) {
  result.native = await native({ root: ROOT, rounds, weights, say });
  say('');
  console.log(
    result.native.rows
      .filter((r) => r.threads === 1)
      .map((r) => profileTable(`native ${r.precision}`, r.profile, r.peak))
      .join('\n'),
  );
  console.log(wayTable(result.native.way));
  writeFileSync(resolve(ROOT, 'build/bench/native.json'), `${JSON.stringify(result, null, 1)}\n`);
} else {
  result.versions = Object.fromEntries(PACKAGES.map((name) => [name, version(name)]));
  Object.assign(result, await inBrowser());
  if (wanted.includes('native')) result.native = await native({ root: ROOT, rounds, weights, say });
  result.seconds = Math.round((performance.now() - begin) / 1e3);
  say('');
  const text = tables(result);
  writeFileSync(resolve(ROOT, 'build/bench.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(resolve(ROOT, 'build/bench.md'), text);
  console.log(text);
}
