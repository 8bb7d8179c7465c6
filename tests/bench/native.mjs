/** What the benchmark measures outside of a browser: the network beside onnxruntime's native build, the whole way, the command. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peakOf, summary } from './network.mjs';
import { photograph } from './photograph.mjs';
import { PEERS, SIDE, SIZE } from './runs.mjs';
import { median, ratio, round, spread } from './statistics.mjs';
import { stepsOf } from './way.mjs';

/** @typedef {Pick<import('./bench.mjs').Bench, 'root' | 'rounds' | 'weights' | 'say'>} Bench */

/** Of one call of a program; as many calls in turns as there are rounds. */
const RUNS = 7;
const MOST_ROUNDS = 5;
const PYTHON = 'build/venv/bin/python';

/** @param {Bench} bench */
export async function native(bench) {
  const { root, rounds, weights, say } = bench;
  const at = { cwd: root, maxBuffer: 1 << 28, encoding: /** @type {const} */ ('utf8') };
  const told = (/** @type {string} */ program, /** @type {any[]} */ given) =>
    JSON.parse(execFileSync(program, given.map(String), at));
  let peer = null;
  const rows = Object.entries(weights).flatMap(([precision, file]) =>
    [1, 2].map((threads) => {
      const model = `${PEERS}/vmnet${precision === 'int8' ? '-int8' : ''}.onnx`;
      const list = [];
      const own = [];
      const theirs = [];
      for (let i = 0; i < Math.min(rounds, MOST_ROUNDS); i++) {
        say(`native: ${precision}, ${threads} thread${threads > 1 ? 's' : ''}, round ${i + 1}`);
        const seen = told('build/bench/layers', [file, SIZE, threads, RUNS]);
        list.push(...seen);
        own.push(median(seen.map(({ network }) => network)));
        if (!existsSync(join(root, model))) continue;
        const other = told(PYTHON, ['tests/bench/onnxruntime_native.py', model, SIZE, threads, RUNS]);
        peer = other.version;
        theirs.push(median(other.milliseconds));
      }
      const macs = list[0].profile.reduce((sum, { macs }) => sum + macs, 0);
      const times = list.map(({ network }) => network);
      const peak = (/** @type {string} */ kind) =>
        peakOf(
          list.map((run) => run[`peak_${kind}`]),
          list[0].peak_macs,
          times,
          macs,
        );
      return {
        precision,
        threads,
        milliseconds: spread(times),
        ...(theirs.length > 0 && { onnxruntime: spread(theirs), onnxruntime_over_ours: ratio(theirs, own) }),
        gflops: macs > 0 ? round((2 * macs) / median(times) / 1e6, 2) : null,
        peak: { f32: peak('f32'), int8: peak('int8') },
        profile: summary(list.map(({ profile }) => profile)),
      };
    }),
  );
  const what = `the network alone at size ${SIZE}, native${peer ? `, beside onnxruntime ${peer}` : ''}`;
  return { what, rows, way: await nativeWay(bench), command: await command(bench) };
}

/** The whole way of the command, all layers drawn. @param {Bench} bench */
async function nativeWay({ root, rounds, weights, say }) {
  const side = 3464;
  const photo = await photograph(root, side, 'png');
  const rows = Object.entries(weights).map(([precision, file]) => {
    say(`native: the whole way, ${precision}`);
    const given = [file, String(SIZE), '1', String(rounds), photo];
    const seen = JSON.parse(execFileSync('build/bench/steps', given, { cwd: root, encoding: 'utf8' }));
    return { side, precision, variant: 'native', ...stepsOf(seen) };
  });
  return { what: 'the sample photograph as a PNG file, one thread, all layers', rows };
}

/** Milliseconds a photograph of the command: many photographs less one, so without its start. */
async function command({ root, rounds, say }) {
  say('native: command');
  const at = { cwd: root, stdio: /** @type {const} */ ('ignore') };
  const photo = await photograph(root, SIDE, 'png');
  const run = (/** @type {number} */ count) => {
    const photos = Array(count).fill(photo);
    const begin = performance.now();
    execFileSync('build/native/vmnet', ['screen', ...photos, '--out', 'build/bench/out', '--only-report'], at);
    return performance.now() - begin;
  };
  const times = Array.from({ length: Math.min(rounds, 5) }, () => (run(5) - run(1)) / 4);
  return { what: 'vmnet screen, one thread, decoding included, layers not drawn', milliseconds: spread(times) };
}
