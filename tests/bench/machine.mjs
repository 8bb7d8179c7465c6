/** What else went on on the machine while something was timed. */

import { readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { round } from './statistics.mjs';

/** Shares of the processor's time, above which a round is not believed. */
const MOST_BUSY = 0.05; // by others, while nothing of ours runs
const MOST_STOLEN = 0.01; // by the host
/** What is left of the best peak that was seen, at least: less, and the clock was lower or a core was shared. */
const LEAST_PEAK = 0.9;
const STILL_MS = 1000;

/** Ticks so far: all, idle ones, stolen ones; null where the system does not tell. */
function ticks() {
  try {
    const numbers = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
    return { all: numbers.reduce((a, b) => a + b), idle: numbers[3] + numbers[4], stolen: numbers[7] };
  } catch {
    return null;
  }
}

function shares(from, to) {
  if (from === null || to === null || to.all === from.all) return { busy: null, stolen: null };
  const all = to.all - from.all;
  return { busy: round(1 - (to.idle - from.idle) / all, 3), stolen: round((to.stolen - from.stolen) / all, 4) };
}

/**
 * Looks at the machine for a still second, then until the function that comes back is called.
 * @returns {Promise<() => { busy: number | null, stolen: number | null, load: number }>} busy: by others, before
 */
export async function watch() {
  const before = ticks();
  const load = round(os.loadavg()[0], 2);
  await pause(STILL_MS);
  const from = ticks();
  const { busy } = shares(before, from);
  return () => ({ busy, load, stolen: shares(from, ticks()).stolen });
}

/** Why a round is not believed: nothing where it is. @param {any} machine of the round @param {number} best peak of all */
export function disturbance({ busy, stolen, peak_gflops }, best) {
  const why = [];
  if (busy > MOST_BUSY) why.push(`others used ${(busy * 100).toFixed(0)} % of the processor`);
  if (stolen > MOST_STOLEN) why.push(`the host took ${(stolen * 100).toFixed(1)} %`);
  if (peak_gflops < LEAST_PEAK * best)
    why.push(`the peak was ${((peak_gflops / best) * 100).toFixed(0)} % of the best`);
  return why;
}

/** What the processor can that matters here, as Linux names it; null where the system does not tell. */
export function features() {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].trim().split(/\s+/) ?? [];
    return ['avx2', 'fma', 'avx_vnni', 'avx512_vnni', 'avx512_bf16', 'amx_int8'].filter((name) => flags.includes(name));
  } catch {
    return null;
  }
}
