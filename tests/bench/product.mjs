/** What the benchmark measures of the whole product, part by part. Each takes the bench of bench.mjs and returns what goes into bench.json. */

import { photograph } from './photograph.mjs';
import { ourRuns, SIDE, SIZE, turned } from './runs.mjs';
import { exponent, median, ratio, spread } from './statistics.mjs';

/** @import { Bench } from './bench.mjs' */

const SIZES = [256, 384, 512, 768, 1024];
const WARM_UP = 2;

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

/** load() options of a run. */
const product = (/** @type {Bench} */ bench, { variant, threads, size = SIZE }, precision = 'f32') => ({
  variant,
  threads,
  size,
  maxMegapixels: 4,
  weightsUrl: `/${bench.weights[precision]}`,
});

/** Loads models for a while: `runs` are { key, options } for load(). */
async function withModels(/** @type {Bench} */ { page, say, root }, runs, work) {
  const photo = `/${await photograph(root, SIDE)}`;
  for (const { key, options } of runs) {
    say(`loading ${key}`);
    await page.evaluate(([k, o, p]) => globalThis.product.load(k, o, p), [key, options, photo]);
  }
  try {
    return await work(runs.map(({ key }) => ({ key: `${key} screen`, kind: 'product', of: key })));
  } finally {
    for (const { key } of runs) await page.evaluate((k) => globalThis.product.close(k), key);
  }
}

/** The network alone takes its turns beside screen(), so that what is around it can be told; each variant in its own page. @param {Bench} bench */
export async function screen(bench) {
  const runs = ourRuns(bench);
  const times = {};
  for (const run of runs) {
    const { page, close } = await bench.open();
    try {
      await page.evaluate((r) => globalThis.bench.start(r.key, r.runtime, r.options), run);
      const alone = { key: `${run.key} network`, kind: 'bench', of: run.key, what: 'run' };
      const models = [{ key: run.key, options: product(bench, run, run.precision) }];
      const own = { ...bench, page };
      const seen = await withModels(own, models, (tasks) =>
        interleave(own, `screen() ${run.key}`, [...tasks, alone], bench.rounds),
      );
      Object.assign(times, seen);
    } finally {
      await close();
    }
  }
  const of = (/** @type {import('./runs.mjs').Run} */ run) => times[`${run.key} screen`];
  const rows = runs.map((run) => ({
    variant: run.variant,
    threads: run.threads,
    precision: run.precision,
    milliseconds: spread(of(run)),
    over_f32_simd: ratio(of(run), of(runs[0])),
    network_share: ratio(times[`${run.key} network`], of(run)),
  }));
  return { what: `screen() of a ${SIDE} x ${SIDE} photograph at size ${SIZE}, all heatmaps`, rows };
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

/**
 * Files given all at once, so that the next is decoded while one is screened, with one thread and, as the page does it, with
 * two, over one after the other with one thread.
 * @param {Bench} bench
 */
export async function series(bench) {
  const { page, say, quick } = bench;
  const load = (variant, threads) => ({ ...product(bench, { variant, threads }), maxMegapixels: 8 });
  const models = [
    { key: 'one', options: load('relaxed', 1) },
    { key: 'two', options: load('relaxed-mt', 2) },
  ];
  const kinds = [
    { kind: 'apart', of: 'one', queued: false },
    { kind: 'queued', of: 'one', queued: true },
    { kind: 'threads', of: 'two', queued: true },
  ];
  const count = 6;
  /** @type {Record<string, number[]>} */
  const times = { apart: [], queued: [], threads: [] };
  let bytes = 0;
  await withModels(bench, models, async () => {
    bytes = await page.evaluate((side) => globalThis.product.file(side), CAMERA);
    for (let round = -1; round < (quick ? 1 : 5); round++)
      for (const { kind, of, queued } of kinds) {
        say(`series: ${kind}`);
        const ms = await page.evaluate(([k, n, q]) => globalThis.product.series(k, n, q), [of, count, queued]);
        if (round >= 0) times[kind].push(ms / count);
      }
  });
  return {
    what: `JPEG files of ${CAMERA} x ${CAMERA} pixels, ${(bytes / 1e6).toFixed(1)} MB, f32, no heatmaps; milliseconds a photograph`,
    apart: spread(times.apart),
    queued: spread(times.queued),
    two_threads: spread(times.threads),
    apart_over_queued: ratio(times.apart, times.queued),
    apart_over_two_threads: ratio(times.apart, times.threads),
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

/** Memory of one model in each precision. @param {Bench} bench */
export async function heap(bench) {
  const rows = [];
  for (const [precision, file] of Object.entries(bench.weights)) {
    const { page, close } = await bench.open();
    try {
      rows.push({ precision, ...(await heapOf({ ...bench, page }, precision, `/${file}`)) });
    } finally {
      await close();
    }
  }
  return {
    what: `WebAssembly memory of one model, relaxed, size ${SIZE}, photographs of ${SIDE} x ${SIDE}; touched: pages ever written`,
    rows,
  };
}

/** @param {Bench} bench @param {string} precision @param {string} weights */
async function heapOf({ page, say, quick, root }, precision, weights) {
  const count = quick ? 10 : 100;
  const options = {
    variant: 'relaxed',
    threads: 1,
    size: SIZE,
    weights,
    maxMegapixels: (SIDE * SIDE) / 1e6,
    side: SIDE,
    photo: `/${await photograph(root, SIDE)}`,
  };
  // What the whole page holds, Workers and their memories included; Chromium alone tells, after a collection of garbage.
  const held = () =>
    page.evaluate(async () => (await performance.measureUserAgentSpecificMemory?.())?.bytes ?? null).catch(() => null);
  say(`heap, ${precision}: load`);
  const { loaded, reserved } = await page.evaluate((o) => globalThis.bench.start('heap', 'product', o), options);
  await page.evaluate(() => globalThis.bench.run('heap', 'run'));
  const first = await page.evaluate(() => globalThis.bench.call('heap', 'heap'));
  const page_first = await held();
  say(`heap, ${precision}: ${count} screens`);
  await page.evaluate((n) => globalThis.bench.run('heap', 'run', n), count);
  const last = await page.evaluate(() => globalThis.bench.call('heap', 'heap'));
  const page_last = await held();
  return {
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
