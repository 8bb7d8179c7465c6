/**
 * The network alone, ours and the other runtimes. Each is alone in a page of its own while it is timed, so that none makes
 * another's memory cold; a round is every runtime once, and begins with another one each time. Two figures a runtime:
 * steady, which is STEADY runs one right after the other, and single, which is one run after a pause, as a user of one
 * photograph has it. Ratios are of the same round.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { disturbance, watch } from './machine.mjs';
import { ourRuns, PEERS, peerRuns, turned } from './runs.mjs';
import { least, median, ratio, round, spread } from './statistics.mjs';

/**
 * @import { Bench } from './bench.mjs'
 * @import { Run } from './runs.mjs'
 */

/**
 * How far outputs may lie from our own simd variant in the same precision. In int8 the others round some values inside to the
 * other side; a network of other weights is off by several times as much.
 */
const TOLERANCE = {
  f32: { logits: 1e-3, vessels: 1e-3, structures: 1e-3, lesions: 1e-3, arteries: 1e-3 },
  // they do not round what the stem gives: logits 0.054, arteries 0.16 apart at most
  int8: { logits: 0.1, vessels: 0.08, structures: 0.08, lesions: 0.08, arteries: 0.25 },
};
const WARM_UP = 3;
const STEADY = 10;
const SINGLES = 3;
const PAUSE_MS = 1000;
const PROFILES = 5;
const MOST_ROUNDS = 5;

/**
 * @typedef {object} Seen of one runtime in one round; all milliseconds
 * @property {any} said
 * @property {number[]} steady @property {number[]} single
 * @property {Record<'f32' | 'int8', number[]>} [peak] of one convolution
 * @property {any[][]} [profile]
 * @property {Record<string, Float32Array>} [outputs]
 */

/** @param {Bench} bench */
export async function network(bench) {
  const runs = [...ourRuns(bench), ...peerRuns(bench)];
  const wanted = Math.min(bench.rounds, bench.quick ? 2 : MOST_ROUNDS);
  const rounds = [];
  while (calm(rounds).length < wanted && rounds.length < 2 * wanted) rounds.push(await roundOf(bench, runs, rounds));
  const apart = distances(runs, rounds[0].seen);
  check(runs, apart);
  const good = calm(rounds);
  const used = (good.length > 0 ? good : rounds).map(({ seen }) => seen);
  const macs = JSON.parse(readFileSync(join(bench.root, PEERS, 'vmnet.json'), 'utf8')).multiply_adds;
  return {
    what: `each alone in its page, ${used.length} rounds; steady: ${STEADY} runs in a row; single: one run after ${PAUSE_MS / 1e3} s of rest`,
    rows: rowsOf(runs, used, apart, macs),
    multiply_adds: macs,
    profile: profilesOf(runs, used),
    rounds: rounds.map(({ machine }, i) => ({
      ...machine,
      disturbed: disturbance(machine, bestOf(rounds)),
      round: i + 1,
    })),
    disturbed: good.length < wanted,
  };
}

const bestOf = (/** @type {{ machine: any }[]} */ rounds) =>
  Math.max(...rounds.map(({ machine }) => machine.peak_gflops));
const calm = (/** @type {any[]} */ rounds) =>
  rounds.filter(({ machine }) => disturbance(machine, bestOf(rounds)).length === 0);

/** Every runtime once. @param {Bench} bench @param {Run[]} runs @param {any[]} before the rounds so far */
async function roundOf(bench, runs, before) {
  const ends = await watch();
  /** @type {Record<string, Seen>} */
  const seen = {};
  for (const run of turned(runs, before.length)) {
    bench.say(`network, round ${before.length + 1}: ${run.key}`);
    seen[run.key] = await alone(bench, run, before.length === 0);
  }
  const { said, peak } = seen[runs[0].key];
  const peak_gflops = round((2 * said.peakMacs) / Math.min(...peak.f32) / 1e6, 1);
  return { seen, machine: { ...ends(), peak_gflops } };
}

/** One runtime in a page of its own. @param {Bench} bench @param {Run} run @param {boolean} first @returns {Promise<Seen>} */
async function alone(bench, run, first) {
  const { page, close } = await bench.open();
  const times = (what, count) => page.evaluate(([k, w, n]) => globalThis.bench.run(k, w, n), [run.key, what, count]);
  try {
    const said = await page.evaluate((r) => globalThis.bench.start(r.key, r.runtime, r.options), run);
    const steady = (await times('run', WARM_UP + STEADY)).slice(WARM_UP);
    const outputs = first ? floats(await page.evaluate((k) => globalThis.bench.outputs(k), run.key)) : undefined;
    const single = [];
    for (let i = 0; i < (bench.quick ? 1 : SINGLES); i++) {
      await pause(PAUSE_MS);
      single.push(...(await times('run', 1)));
    }
    if (run.runtime !== 'ours') return { said, steady, single, outputs };
    const own = { said, steady, single, outputs, ...(run.threads === 1 && { profile: await profile(page, run.key) }) };
    if (run.precision !== 'f32') return own;
    const peakOf = async (what) => (await times(what, WARM_UP + STEADY)).slice(WARM_UP).map((t) => t / said.peakRuns);
    return { ...own, peak: { f32: await peakOf('peakF32'), int8: await peakOf('peakInt8') } };
  } finally {
    await close();
  }
}

/** Each operator's time, some runs. */
async function profile(page, key) {
  const list = [];
  for (let i = -1; i < PROFILES; i++) {
    const operators = await page.evaluate((k) => globalThis.bench.call(k, 'profile'), key);
    if (i >= 0) list.push(operators);
  }
  return list;
}

/** @param {Record<string, string>} base64 */
function floats(base64) {
  return Object.fromEntries(
    Object.entries(base64).map(([name, text]) => {
      const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
      return [name, new Float32Array(bytes.buffer)];
    }),
  );
}

/** How far each runtime's outputs lie from our first of the same precision, at most. */
function distances(runs, seen) {
  return Object.fromEntries(
    runs.map(({ key, precision }) => {
      const own = seen[runs.find((run) => run.precision === precision).key].outputs;
      const far = Object.entries(own).map(([name, values]) => {
        const others = seen[key].outputs[name];
        if (others?.length !== values.length) return [name, Infinity];
        return [name, values.reduce((most, v, i) => Math.max(most, Math.abs(v - others[i]) || 0), 0)];
      });
      return [key, Object.fromEntries(far)];
    }),
  );
}

/** A peer that computes something else is no peer; by how much it differs stands in bench.json. */
function check(runs, apart) {
  for (const { key, precision } of runs) {
    const most = TOLERANCE[precision];
    const far = Object.keys(most).filter((name) => name in apart[key] && !(apart[key][name] <= most[name]));
    if (far.length > 0)
      throw new Error(
        `${key}: its outputs differ from ours by ${JSON.stringify(apart[key])}, over ${JSON.stringify(most)}; if its file in ${PEERS} is of other weights, write it anew with weights/train/peers.py`,
      );
  }
}

/** @param {Run[]} runs @param {Record<string, Seen>[]} rounds @param {Record<string, object>} apart @param {number} macs */
function rowsOf(runs, rounds, apart, macs) {
  /** A figure of each round: the median of its runs. */
  const of = (/** @type {Run} */ { key }, /** @type {'steady' | 'single'} */ kind) =>
    rounds.map((seen) => median(seen[key][kind]));
  /** Ours with as many threads. */
  const rival = (/** @type {Run} */ { threads }, precision, simd) => {
    const variant = threads > 1 ? `${simd}-mt` : simd;
    return runs.find((r) => r.runtime === 'ours' && r.precision === precision && r.variant === variant);
  };
  return runs.map((run) => {
    const all = (/** @type {'steady' | 'single'} */ kind) => rounds.flatMap((seen) => seen[run.key][kind]);
    const over = (precision, simd) => {
      const other = rival(run, precision, simd);
      if (other === undefined) return null;
      return {
        steady: ratio(of(run, 'steady'), of(other, 'steady')),
        single: ratio(of(run, 'single'), of(other, 'single')),
      };
    };
    const row = {
      runtime: run.runtime,
      variant: run.variant,
      threads: run.threads,
      precision: run.precision,
      steady: spread(all('steady')),
      single: spread(all('single')),
      gflops: round((2 * macs) / median(all('steady')) / 1e6, 2),
      over_our_f32_simd: over('f32', 'simd'),
      over_our_f32_relaxed: over('f32', 'relaxed'),
      over_our_int8_relaxed: over('int8', 'relaxed'),
      largest_difference: apart[run.key],
    };
    if (rounds[0][run.key].peak === undefined) return row;
    const { peakMacs } = rounds[0][run.key].said;
    const peak = (/** @type {'f32' | 'int8'} */ precision) =>
      peakOf(
        rounds.map((seen) => least(seen[run.key].peak[precision])),
        peakMacs,
        rounds.map((seen) => least(seen[run.key].steady)),
        macs,
      );
    return { ...row, peak: { f32: peak('f32'), int8: peak('int8') } };
  });
}

/**
 * The peak is the best that was seen; share is the network's rate over it, round by round and of the least times.
 * @param {number[]} ms of the convolution @param {number} peakMacs @param {number[]} network of the same rounds @param {number} macs
 */
export function peakOf(ms, peakMacs, network, macs) {
  const share = ratio(
    ms.map((t) => t / peakMacs),
    network.map((t) => t / macs),
  );
  return { gflops: round((2 * peakMacs) / Math.min(...ms) / 1e6, 2), milliseconds: spread(ms), share };
}

/** @param {Run[]} runs @param {Record<string, Seen>[]} rounds */
function profilesOf(runs, rounds) {
  const own = runs.filter(({ runtime, threads }) => runtime === 'ours' && threads === 1);
  return Object.fromEntries(
    own.map(({ key, precision, variant }) => [
      `${precision} ${variant}`,
      summary(rounds.flatMap((seen) => seen[key].profile)),
    ]),
  );
}

/** The least time of each operator over the runs, and the median. @param {any[][]} runs */
export function summary(runs) {
  return runs[0].map(({ name, kind, macs }, i) => {
    const times = runs.map((operators) => operators[i].us / 1e3);
    const shortest = least(times);
    const gflops = shortest > 0 ? round((2 * macs) / shortest / 1e6, 2) : 0;
    return { name, kind, milliseconds: round(shortest, 3), median: round(median(times), 3), gflops };
  });
}
