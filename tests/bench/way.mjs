/** The whole way from a file to the drawn answer, step by step. */

import { photograph } from './photograph.mjs';
import { SIZE } from './runs.mjs';
import { ratio, spread } from './statistics.mjs';

/** @import { Bench } from './bench.mjs' */

/** Steps that the page waits for before and after screen(), and its own. */
const OUTSIDE = ['decode', 'transfer', 'paint'];

/** Medians and least times of each step, and what lies around the network. @param {Record<string, number>[]} rounds */
export function stepsOf(rounds) {
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
    const photo = `/${await photograph(bench.root, run.side)}`;
    await page.evaluate(([k, o]) => globalThis.bench.start(k, 'steps', o), [key, { ...run, photo, size: SIZE }]);
    const seen = [];
    for (let round = -1; round < rounds; round++) {
      say(`${key}: ${round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`}`);
      const steps = await page.evaluate((k) => globalThis.bench.way(k), key);
      if (round >= 0) seen.push(steps);
    }
    await page.evaluate((k) => globalThis.bench.end(k), key);
    rows.push({ ...run, ...stepsOf(seen) });
  }
  return {
    what: 'the sample photograph as a JPEG file, one thread, layers as the page asks for them, the page beside the Worker',
    rows,
  };
}
