/** What the benchmark measures, part by part. Each takes the bench of bench.mjs and returns what goes into bench.json. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { exponent, median, ratio, round, spread } from './statistics.mjs';

export const SIZE = 512;
const SIDE = 1024; // of the photograph
const SIZES = [256, 384, 512, 768, 1024];
/**
 * How far outputs may lie from our own simd variant in the same precision. In int8 LiteRT.js gives the same numbers;
 * onnxruntime-web rounds some values inside to the other side, which on noise moved vessels by 0.05, logits by 0.03.
 * From our f32, int8 is ten times as far.
 */
const TOLERANCE = { f32: { logits: 1e-3, vessels: 1e-3 }, int8: { logits: 0.05, vessels: 0.08 } };
const WARM_UP = 2;
const PEERS = 'build/bench/peers';
export const OURS = [
  { variant: 'simd', threads: 1 },
  { variant: 'relaxed', threads: 1 },
  { variant: 'simd-mt', threads: 2 },
  { variant: 'relaxed-mt', threads: 2 },
];

/**
 * @typedef {object} Bench
 * @property {string} root
 * @property {import('playwright-core').Browser} browser
 * @property {import('playwright-core').Page} page
 * @property {Awaited<ReturnType<import('./server.mjs').serve>>} server
 * @property {number} rounds
 * @property {boolean} quick
 * @property {Record<string, string>} weights of each precision that there is: f32, and int8 once it exists
 * @property {(text: string) => void} say
 */

/** @typedef {{ key: string, runtime: string, variant: string, threads: number, precision: string, options: object }} Run */

/** A file of the checkout that may not be there (yet). @param {Bench} bench @param {string} file */
const there = (bench, file) => existsSync(join(bench.root, file));

/** @param {Bench} bench @returns {Run[]} */
function ourRuns(bench) {
  return Object.entries(bench.weights).flatMap(([precision, file]) =>
    OURS.map(({ variant, threads }) => ({
      key: `ours ${precision} ${variant} ${threads}`,
      runtime: 'ours',
      variant,
      threads,
      precision,
      options: { variant, threads, size: SIZE, weights: `/${file}` },
    })),
  );
}

/** The others, f32 and int8 where weights and file are there, with one thread and two. @param {Bench} bench @returns {Run[]} */
function peerRuns(bench) {
  const kinds = [
    { runtime: 'onnxruntime', file: 'onnx', files: (name) => ({ model: `${name}.onnx` }) },
    { runtime: 'tfjs', file: 'json', files: (name) => ({ plan: `${name}.json`, data: `${name}.bin` }) },
    { runtime: 'litert', file: 'tflite', files: (name) => ({ model: `${name}.tflite` }) },
  ];
  const names = { f32: `${PEERS}/vmnet`, int8: `${PEERS}/vmnet-int8` };
  return Object.entries(names).flatMap(([precision, name]) =>
    kinds
      .filter(({ file }) => bench.weights[precision] && there(bench, `${name}.${file}`))
      .flatMap(({ runtime, files }) =>
        [1, 2].map((threads) => ({
          key: `${runtime} ${precision} ${threads}`,
          runtime,
          variant: '',
          threads,
          precision,
          options: { threads, size: SIZE, ...files(`/${name}`) },
        })),
      ),
  );
}

/** The order of a round: each begins with another, so that none always follows the same neighbour. */
function turned(list, round) {
  const at = ((round % list.length) + list.length) % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/**
 * Times of tasks in turn, by key: { key, kind: 'bench' | 'product', of: name in the page, what }.
 * @param {Bench} bench @param {string} name @param {any[]} tasks @param {number} rounds
 */
async function interleave({ page, say }, name, tasks, rounds) {
  const times = Object.fromEntries(tasks.map(({ key }) => [key, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    say(`${name}: ${round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`}`);
    for (const task of turned(tasks, round)) {
      const ms = await page.evaluate((t) => globalThis.measure(t), task);
      if (round >= 0) times[task.key].push(ms);
    }
  }
  return times;
}

// ---- the network alone ----

/** @param {Bench} bench */
export async function network(bench) {
  const { page, rounds, say } = bench;
  const runs = [...ourRuns(bench), ...peerRuns(bench)];
  const said = {};
  for (const run of runs) {
    say(`starting ${run.key}`);
    said[run.key] = await page.evaluate((r) => globalThis.bench.start(r.key, r.runtime, r.options), run);
  }
  const reference = (/** @type {string} */ precision) => runs.find((run) => run.precision === precision)?.key;
  const apart = {};
  for (const { key, precision } of runs) {
    say(`comparing ${key}`);
    await page.evaluate(async (k) => {
      await globalThis.bench.run(k, 'run', 3);
      await globalThis.bench.keep(k);
    }, key);
    apart[key] = await page.evaluate(([a, b]) => globalThis.bench.compare(a, b), [key, reference(precision)]);
  }
  check(runs, apart);
  const ours = runs.filter((run) => run.runtime === 'ours');
  const task = (/** @type {string} */ of, what = 'run') => ({ key: `${of} ${what}`, kind: 'bench', of, what });
  const tasks = runs.map(({ key }) => task(key));
  for (const { key, precision } of ours)
    if (precision === 'f32') tasks.push(task(key, 'peakF32'), task(key, 'peakInt8'));
  const times = await interleave(bench, 'network', tasks, rounds);
  const macs = JSON.parse(readFileSync(join(bench.root, PEERS, 'vmnet.json'), 'utf8')).multiply_adds;
  const profile = await profiles(bench, ours);
  for (const { key } of runs) await page.evaluate((k) => globalThis.bench.end(k), key);
  return { rows: rowsOf(runs, times, apart, said, macs), multiply_adds: macs, profile };
}

/** A peer that computes something else is no peer; by how much it differs stands in bench.json. */
function check(runs, apart) {
  for (const { key, precision } of runs) {
    const most = TOLERANCE[precision];
    const { logits, vessels } = apart[key];
    if (!(logits <= most.logits && vessels <= most.vessels))
      throw new Error(
        `${key}: its outputs differ from ours by ${JSON.stringify(apart[key])}, over ${JSON.stringify(most)}; if its file in ${PEERS} is of other weights, write it anew with weights/train/peers.py`,
      );
  }
}

/** @param {Run[]} runs */
function rowsOf(runs, times, apart, said, macs) {
  const of = (/** @type {Run} */ run, what = 'run') => times[`${run.key} ${what}`];
  /** Ours with as many threads. */
  const rival = (/** @type {Run} */ { threads }, precision, simd) => {
    const variant = threads > 1 ? `${simd}-mt` : simd;
    return runs.find((r) => r.runtime === 'ours' && r.precision === precision && r.variant === variant);
  };
  return runs.map((run) => {
    const int8 = rival(run, 'int8', 'relaxed');
    const row = {
      runtime: run.runtime,
      variant: run.variant,
      threads: run.threads,
      precision: run.precision,
      milliseconds: spread(of(run)),
      gflops: round((2 * macs) / median(of(run)) / 1e6, 2),
      over_our_f32_simd: ratio(of(run), of(rival(run, 'f32', 'simd'))),
      over_our_f32_relaxed: ratio(of(run), of(rival(run, 'f32', 'relaxed'))),
      ...(int8 && { over_our_int8_relaxed: ratio(of(run), of(int8)) }),
      largest_difference: apart[run.key],
    };
    const { peakRuns, peakMacs } = said[run.key];
    if (times[`${run.key} peakF32`] === undefined) return row;
    const peak = Object.fromEntries(
      [
        ['f32', 'peakF32'],
        ['int8', 'peakInt8'],
      ].map(([precision, what]) => {
        const ms = of(run, what).map((t) => t / peakRuns);
        return [precision, peakOf(ms, peakMacs, of(run), macs)];
      }),
    );
    return { ...row, peak };
  });
}

/**
 * The peak is the best that was seen; share is the network's rate over it, round by round and of the least times.
 * @param {number[]} ms of the convolution @param {number} peakMacs @param {number[]} network of the same rounds @param {number} macs
 */
function peakOf(ms, peakMacs, network, macs) {
  const share = ratio(
    ms.map((t) => t / peakMacs),
    network.map((t) => t / macs),
  );
  return { gflops: round((2 * peakMacs) / Math.min(...ms) / 1e6, 2), milliseconds: spread(ms), share };
}

/** Each operator's time in the one-thread variants. @param {Bench} bench @param {Run[]} ours */
async function profiles(bench, ours) {
  const list = {};
  for (const run of ours.filter(({ threads }) => threads === 1)) {
    const rounds = [];
    for (let i = -1; i < Math.min(bench.rounds, 7); i++) {
      const operators = await bench.page.evaluate((k) => globalThis.bench.call(k, 'profile'), run.key);
      if (i >= 0) rounds.push(operators);
    }
    list[`${run.precision} ${run.variant}`] = summary(rounds);
  }
  return list;
}

/** The least time of each operator over the rounds, and the median. */
function summary(rounds) {
  return rounds[0].map(({ name, kind, macs }, i) => {
    const times = rounds.map((operators) => operators[i].us / 1e3);
    const least = Math.min(...times);
    const gflops = least > 0 ? round((2 * macs) / least / 1e6, 2) : 0;
    return { name, kind, milliseconds: round(least, 3), median: round(median(times), 3), gflops };
  });
}

// ---- the whole product ----

/** load() options of a run. */
const product = (/** @type {Bench} */ bench, { variant, threads, size = SIZE }, precision = 'f32') => ({
  variant,
  threads,
  size,
  maxMegapixels: 4,
  weightsUrl: `/${bench.weights[precision]}`,
});

/** Loads models for a while: `runs` are { key, options } for load(). */
async function withModels(/** @type {Bench} */ { page, say }, runs, work) {
  for (const { key, options } of runs) {
    say(`loading ${key}`);
    await page.evaluate(([k, o, side]) => globalThis.product.load(k, o, side), [key, options, SIDE]);
  }
  try {
    return await work(runs.map(({ key }) => ({ key: `${key} screen`, kind: 'product', of: key })));
  } finally {
    for (const { key } of runs) await page.evaluate((k) => globalThis.product.close(k), key);
  }
}

/** The network alone takes its turns beside screen(), so that what is around it can be told. @param {Bench} bench */
export async function screen(bench) {
  const { page, rounds } = bench;
  const runs = ourRuns(bench);
  for (const run of runs) await page.evaluate((r) => globalThis.bench.start(r.key, r.runtime, r.options), run);
  const models = runs.map((run) => ({ key: run.key, options: product(bench, run, run.precision) }));
  const times = await withModels(bench, models, (tasks) => {
    const alone = runs.map(({ key }) => ({ key: `${key} network`, kind: 'bench', of: key, what: 'run' }));
    return interleave(bench, 'screen()', [...tasks, ...alone], rounds);
  });
  for (const { key } of runs) await page.evaluate((k) => globalThis.bench.end(k), key);
  const of = (/** @type {Run} */ run) => times[`${run.key} screen`];
  const rows = runs.map((run) => ({
    variant: run.variant,
    threads: run.threads,
    precision: run.precision,
    milliseconds: spread(of(run)),
    over_f32_simd: ratio(of(run), of(runs[0])),
    network_share: ratio(times[`${run.key} network`], of(run)),
  }));
  return { what: `screen() of a ${SIDE} x ${SIDE} phantom at size ${SIZE}, all heatmaps`, rows };
}

/** Photographs a minute of two models over one. @param {Bench} bench */
export async function pool(bench) {
  const { page, say, quick } = bench;
  const options = product(bench, { variant: 'relaxed', threads: 1 });
  const keys = ['first', 'second'];
  const count = 8;
  const times = { 1: [], 2: [] };
  await withModels(
    bench,
    keys.map((key) => ({ key, options })),
    async () => {
      for (let round = -1; round < (quick ? 1 : 5); round++)
        for (const models of [1, 2]) {
          say(`pool: ${models} model${models > 1 ? 's' : ''}`);
          const ms = await page.evaluate(([k, n]) => globalThis.product.pool(k, n), [keys.slice(0, models), count]);
          if (round >= 0) times[models].push(ms / count);
        }
    },
  );
  return {
    what: 'relaxed, one thread a model; milliseconds a photograph',
    one: spread(times[1]),
    two: spread(times[2]),
    throughput_of_two_over_one: ratio(times[1], times[2]),
  };
}

/** Side of a camera's photograph in pixels. */
const CAMERA = 2400;

/** Files given all at once, so that the next is decoded while one is screened, over one after the other. @param {Bench} bench */
export async function series(bench) {
  const { page, say, quick } = bench;
  const options = { ...product(bench, { variant: 'relaxed', threads: 1 }), maxMegapixels: 8 };
  const count = 6;
  const times = { apart: [], queued: [] };
  let bytes = 0;
  await withModels(bench, [{ key: 'series', options }], async () => {
    bytes = await page.evaluate((side) => globalThis.product.file(side), CAMERA);
    for (let round = -1; round < (quick ? 1 : 5); round++)
      for (const kind of ['apart', 'queued']) {
        say(`series: ${kind}`);
        const ms = await page.evaluate(
          ([k, n, q]) => globalThis.product.series(k, n, q),
          ['series', count, kind === 'queued'],
        );
        if (round >= 0) times[kind].push(ms / count);
      }
  });
  return {
    what: `JPEG files of ${CAMERA} x ${CAMERA} pixels, ${(bytes / 1e6).toFixed(1)} MB, relaxed, one thread, no heatmaps; milliseconds a photograph`,
    apart: spread(times.apart),
    queued: spread(times.queued),
    apart_over_queued: ratio(times.apart, times.queued),
  };
}

/** @param {Bench} bench */
export async function sizes(bench) {
  const { page, quick } = bench;
  const rounds = quick ? 2 : 7;
  const runs = SIZES.map((size) => ({
    key: `size ${size}`,
    size,
    options: { variant: 'relaxed', threads: 1, size, weights: `/${bench.weights.f32}` },
  }));
  for (const { key, options } of runs)
    await page.evaluate(([k, o]) => globalThis.bench.start(k, 'ours', o), [key, options]);
  const models = runs.map(({ key, size }) => ({
    key,
    options: product(bench, { variant: 'relaxed', threads: 1, size }),
  }));
  const times = await withModels(bench, models, (tasks) => {
    const nets = runs.map(({ key }) => ({ key: `${key} network`, kind: 'bench', of: key, what: 'run' }));
    return interleave(bench, 'sizes', [...tasks, ...nets], rounds);
  });
  for (const { key } of runs) await page.evaluate((k) => globalThis.bench.end(k), key);
  const list = (/** @type {string} */ what) => runs.map(({ key }) => times[`${key} ${what}`]);
  const pixels = SIZES.map((size) => size * size);
  const fit = (/** @type {string} */ what) => ({
    of_medians: exponent(pixels, list(what).map(median)),
    of_least: exponent(
      pixels,
      list(what).map((times) => Math.min(...times)),
    ),
  });
  return {
    what: 'relaxed, one thread; time grows as pixels to the power of the exponent',
    rows: SIZES.map((size, i) => ({
      size,
      network: spread(list('network')[i]),
      screen: spread(list('screen')[i]),
    })),
    exponent: { network: fit('network'), screen: fit('screen') },
  };
}

/** Steps that the page waits for before and after screen(), and its own. */
const OUTSIDE = ['decode', 'transfer', 'paint'];

/** Medians and least times of each step, and what lies around the network. @param {Record<string, number>[]} rounds */
function stepsOf(rounds) {
  const sum = (/** @type {Record<string, number>} */ r, /** @type {(name: string) => boolean} */ of) =>
    Object.entries(r).reduce((all, [name, ms]) => all + (of(name) ? ms : 0), 0);
  const network = rounds.map((r) => r.network);
  return {
    steps: Object.keys(rounds[0]).map((name) => ({ name, milliseconds: spread(rounds.map((r) => r[name])) })),
    network_share: ratio(
      network,
      rounds.map((r) => sum(r, (name) => !OUTSIDE.includes(name))),
    ),
    whole_over_network: ratio(
      rounds.map((r) => sum(r, () => true)),
      network,
    ),
  };
}

/** The whole way from a camera's file to the drawn answer. @param {Bench} bench */
export async function way(bench) {
  const { page, rounds, say, weights } = bench;
  const sides = [1024, 3464]; // 1 and 12 megapixels
  const runs = sides.flatMap((side) =>
    Object.entries(weights).flatMap(([precision, file]) =>
      ['simd', 'relaxed'].map((variant) => ({ side, precision, variant, weights: `/${file}` })),
    ),
  );
  const rows = [];
  for (const run of runs) {
    const key = `way ${run.precision} ${run.variant} ${run.side}`;
    await page.evaluate(([k, o]) => globalThis.bench.start(k, 'steps', o), [key, { ...run, size: SIZE }]);
    const seen = [];
    for (let round = -1; round < rounds; round++) {
      say(`${key}: ${round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`}`);
      const steps = await page.evaluate((k) => globalThis.bench.call(k, 'profile'), key);
      if (round >= 0) seen.push(steps);
    }
    await page.evaluate((k) => globalThis.bench.end(k), key);
    rows.push({ ...run, ...stepsOf(seen) });
  }
  return { what: 'a phantom as a JPEG file, one thread, layers as the page asks for them', rows };
}

/** @param {Bench} bench */
export async function heap(bench) {
  const { page, say, quick } = bench;
  const count = quick ? 10 : 100;
  const options = {
    variant: 'relaxed',
    threads: 1,
    size: SIZE,
    weights: `/${bench.weights.f32}`,
    maxMegapixels: (SIDE * SIDE) / 1e6,
    side: SIDE,
  };
  // What the whole page holds, Workers and their memories included; Chromium alone tells, after a collection of garbage.
  const held = () =>
    page.evaluate(async () => (await performance.measureUserAgentSpecificMemory?.())?.bytes ?? null).catch(() => null);
  say('heap: load');
  const { loaded, reserved } = await page.evaluate((o) => globalThis.bench.start('heap', 'product', o), options);
  await page.evaluate(() => globalThis.bench.run('heap', 'run'));
  const first = await page.evaluate(() => globalThis.bench.call('heap', 'heap'));
  const page_first = await held();
  say(`heap: ${count} screens`);
  await page.evaluate((n) => globalThis.bench.run('heap', 'run', n), count);
  const last = await page.evaluate(() => globalThis.bench.call('heap', 'heap'));
  const page_last = await held();
  await page.evaluate(() => globalThis.bench.end('heap'));
  return {
    what: `WebAssembly memory of one model, relaxed, size ${SIZE}, photographs of ${SIDE} x ${SIDE}; touched: pages ever written`,
    screens: count,
    reserved_bytes: reserved,
    reserved_after_bytes: last.reserved,
    touched_after_load_bytes: loaded,
    touched_after_first_bytes: first.touched,
    touched_after_all_bytes: last.touched,
    page_after_first_bytes: page_first,
    page_after_all_bytes: page_last,
  };
}

// ---- cold start ----

/**
 * Bytes as a server sends them with brotli at its best, of what is over 8 MB next to its best, which takes a tenth of the
 * time and 5 % more bytes. Kept by hash.
 */
function brotli(bench, file) {
  const bytes = readFileSync(join(bench.root, file));
  const cache = join(bench.root, 'build/bench/brotli');
  const quality = bytes.length > 8e6 ? 9 : 11;
  const name = join(cache, `${createHash('sha256').update(bytes).digest('hex')}-${quality}`);
  if (!existsSync(name)) {
    bench.say(`brotli of ${file}`);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    mkdirSync(cache, { recursive: true });
    writeFileSync(name, String(brotliCompressSync(bytes, { params }).length));
  }
  return { raw: bytes.length, brotli: Number(readFileSync(name, 'utf8')) };
}

/** What went over the wire for one start: the program and the weights; the benchmark's own files are left out. */
function wire(bench, sent) {
  const sum = { program: { raw: 0, brotli: 0 }, weights: { raw: 0, brotli: 0 } };
  for (const path of sent.keys()) {
    const ours = path.startsWith('/web/') || path.startsWith('/build/wasm/');
    const weights = path.startsWith('/weights/') || path.startsWith(`/${PEERS}/`);
    if (!ours && !weights && !path.includes('/node_modules/')) continue;
    const bytes = brotli(bench, path.slice(1));
    const part = weights ? sum.weights : sum.program;
    part.raw += bytes.raw;
    part.brotli += bytes.brotli;
  }
  return sum;
}

/** @param {Bench} bench */
export async function cold(bench) {
  const { browser, server, say, quick } = bench;
  execFileSync(
    join(bench.root, 'build/native/vmnet'),
    ['phantom', '--out', 'build/bench', '--seed', '2', '--side', String(SIDE)],
    { cwd: bench.root, stdio: 'ignore' },
  );
  const starts = [
    ...Object.entries(bench.weights).flatMap(([precision, file]) => [
      { name: `ours ${precision}`, runtime: 'product', options: { weightsUrl: `/${file}` } },
      { name: `ours ${precision}, one thread`, runtime: 'product', options: { threads: 1, weightsUrl: `/${file}` } },
    ]),
    ...peerRuns(bench)
      .filter(({ threads }) => threads === 1)
      .map(({ runtime, precision, options }) => ({ name: `${runtime} ${precision}`, runtime, options })),
  ];
  const seen = starts.map(() => []);
  const bytes = [];
  for (let round = 0; round < (quick ? 1 : 5); round++)
    for (const [i, start] of starts.entries()) {
      say(`cold start ${round + 1}: ${start.name}`);
      server.sent();
      const context = await browser.newContext({ serviceWorkers: 'block' });
      try {
        const page = await context.newPage();
        const query = encodeURIComponent(JSON.stringify({ runtime: start.runtime, options: start.options }));
        await page.goto(`${server.url}tests/bench/cold.html?${query}`);
        seen[i].push(await page.evaluate(() => globalThis.cold));
      } finally {
        await context.close();
      }
      bytes[i] ??= wire(bench, server.sent());
    }
  const own = seen[1].map(({ times }) => times.result);
  return {
    what: 'milliseconds from navigation to the first result, cache empty, served from localhost; ours a whole screen() of a file, theirs the network alone',
    rows: starts.map(({ name }, i) => {
      const of = (/** @type {'times' | 'spans'} */ kind) =>
        Object.fromEntries(
          Object.keys(seen[i][0][kind])
            .filter((key) => seen[i][0][kind][key] !== null)
            .map((key) => [key, round(median(seen[i].map((s) => s[kind][key])), 1)]),
        );
      const first = seen[i].map(({ times }) => times.result);
      return {
        name,
        variant: seen[i][0].variant ?? '',
        threads: seen[i][0].threads,
        first_result: spread(first),
        over_one_warm: ratio(
          first,
          seen[i].map(({ spans }) => spans.warm),
        ),
        over_ours_one_thread: ratio(first, own),
        marks: of('times'),
        spans: of('spans'),
        bytes: bytes[i],
      };
    }),
  };
}

// ---- native ----

/** @param {Pick<Bench, 'root' | 'rounds' | 'weights' | 'say'>} bench */
export function native(bench) {
  const { root, rounds, weights, say } = bench;
  const at = { cwd: root, maxBuffer: 1 << 28, encoding: /** @type {const} */ ('utf8') };
  const rows = Object.entries(weights).flatMap(([precision, file]) =>
    [1, 2].map((threads) => {
      say(`native: ${precision}, ${threads} thread${threads > 1 ? 's' : ''}`);
      const list = JSON.parse(
        execFileSync('build/bench/layers', [file, String(SIZE), String(threads), String(rounds)], at),
      );
      const macs = list[0].profile.reduce((sum, { macs }) => sum + macs, 0);
      const peakMacs = 128 * 128 * 64 * 64;
      const peak = Object.fromEntries(
        ['f32', 'int8'].map((kind) => {
          const ms = list.map((round) => round[`peak_${kind}`]);
          return [
            kind,
            peakOf(
              ms,
              peakMacs,
              list.map((round) => round.network),
              macs,
            ),
          ];
        }),
      );
      return {
        precision,
        threads,
        milliseconds: spread(list.map((round) => round.network)),
        gflops: macs > 0 ? round((2 * macs) / median(list.map((r) => r.network)) / 1e6, 2) : null,
        peak,
        profile: summary(list.map((round) => round.profile)),
      };
    }),
  );
  return { what: `the network alone at size ${SIZE}, native`, rows, way: nativeWay(bench), command: command(bench) };
}

/** The whole way of the command, all layers drawn. @param {Pick<Bench, 'root' | 'rounds' | 'weights' | 'say'>} bench */
function nativeWay({ root, rounds, weights, say }) {
  const side = 3464;
  const draw = ['phantom', '--out', 'build/bench/large', '--seed', '2', '--side', String(side)];
  execFileSync('build/native/vmnet', draw, { cwd: root, stdio: 'ignore' });
  const rows = Object.entries(weights).map(([precision, file]) => {
    say(`native: the whole way, ${precision}`);
    const given = [file, String(SIZE), '1', String(rounds), 'build/bench/large/phantom.png'];
    const seen = JSON.parse(execFileSync('build/bench/steps', given, { cwd: root, encoding: 'utf8' }));
    return { side, precision, variant: 'native', ...stepsOf(seen) };
  });
  return { what: 'a phantom as a PNG file, one thread, all layers', rows };
}

/** Milliseconds a photograph of the command: many photographs less one, so without its start. */
function command({ root, rounds, say }) {
  say('native: command');
  const at = { cwd: root, stdio: /** @type {const} */ ('ignore') };
  const side = String(SIDE);
  execFileSync('build/native/vmnet', ['phantom', '--out', 'build/bench', '--seed', '2', '--side', side], at);
  const run = (/** @type {number} */ count) => {
    const photos = Array(count).fill('build/bench/phantom.png');
    const begin = performance.now();
    execFileSync('build/native/vmnet', ['screen', ...photos, '--out', 'build/bench/out', '--only-report'], at);
    return performance.now() - begin;
  };
  const times = Array.from({ length: Math.min(rounds, 5) }, () => (run(5) - run(1)) / 4);
  return { what: 'vmnet screen, one thread, decoding included, layers not drawn', milliseconds: spread(times) };
}
