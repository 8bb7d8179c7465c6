/**
 * Times whole screen() calls in one headless Chromium, the variants in turn within each round, and the native command
 * beside them. Writes build/bench.json; what counts are the ratios, since a lone time says little about another machine.
 *
 * usage: bench.mjs [ROUNDS, 7 unless told]
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { chromium } from 'playwright-core';

const ROUNDS = Number(process.argv[2] ?? 7);
const WARM_UP = 2;
const SIDE = 1024;
const RUNS = [
  { variant: 'simd', threads: 1 },
  { variant: 'relaxed', threads: 1 },
  { variant: 'simd-mt', threads: 2 },
  { variant: 'relaxed-mt', threads: 2 },
];

/** @param {number[]} values */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted[sorted.length - 1] };
}

async function serve() {
  const server = spawn('python3', ['web/serve.py', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(String(line).trim()));
    server.once('exit', (code) => reject(new Error(`serve.py ended with ${code}`)));
  });
  return { server, address };
}

/** Runs in the page: one model a run, then rounds through all of them. */
async function timeAll({ runs, rounds, warmUp, side }) {
  const { load } = await import('/web/vmnet.js');
  const models = [];
  for (const run of runs) models.push(await load({ ...run, maxMegapixels: 4 }));
  const { photo } = await models[0].phantom({ seed: 2, side, lesions: ['haemorrhages'] });
  const times = runs.map(() => []);
  for (let round = -warmUp; round < rounds; round++)
    for (const [i, model] of models.entries()) {
      const start = performance.now();
      await model.screen(photo, { heatmaps: true });
      if (round >= 0) times[i].push(performance.now() - start);
    }
  for (const model of models) model.close();
  return times;
}

/** Milliseconds a photograph of the native command with one thread: many photographs less one, so without its start. */
function timeNative() {
  execFileSync('build/native/vmnet', ['phantom', '--out', 'build/bench', '--seed', '2', '--side', String(SIDE)]);
  const run = (count) => {
    const start = performance.now();
    const photos = Array(count).fill('build/bench/phantom.png');
    execFileSync('build/native/vmnet', ['screen', ...photos, '--out', 'build/bench/out', '--only-report'], {
      stdio: 'ignore',
    });
    return performance.now() - start;
  };
  return (run(ROUNDS + 1) - run(1)) / ROUNDS;
}

const { server, address } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const page = await browser.newPage();
  await page.goto(new URL('web/report.schema.json', address).href);
  const times = await page.evaluate(timeAll, { runs: RUNS, rounds: ROUNDS, warmUp: WARM_UP, side: SIDE });
  const base = spread(times[0]).median;
  const rows = RUNS.map((run, i) => ({
    ...run,
    milliseconds: spread(times[i]),
    over_simd: base / spread(times[i]).median,
  }));
  const native = timeNative();
  rows.push({
    variant: 'native command, decoding included',
    threads: 1,
    milliseconds: { median: native },
    over_simd: base / native,
  });
  const result = {
    what: `screen() of a ${SIDE} x ${SIDE} phantom at size 512 with all heatmaps, f32, ${ROUNDS} interleaved rounds`,
    machine: `${os.cpus()[0].model}, ${os.cpus().length} cores`,
    browser: browser.version(),
    rows,
  };
  mkdirSync('build', { recursive: true });
  writeFileSync('build/bench.json', `${JSON.stringify(result, null, 1)}\n`);
  console.log(`${result.what}\n${result.machine}, Chromium ${result.browser}\n`);
  console.log('variant                            threads  median ms  times simd');
  for (const r of rows)
    console.log(
      `${r.variant.padEnd(34)} ${String(r.threads).padStart(7)} ${r.milliseconds.median.toFixed(0).padStart(10)} ${r.over_simd.toFixed(2).padStart(11)}`,
    );
} finally {
  await browser.close();
  server.kill();
}
