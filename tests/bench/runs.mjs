/** Which runtimes are timed, in which variants. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** @import { Bench } from './bench.mjs' */

export const SIZE = 512; // of the network's input, a side
export const SIDE = 1024; // of the photograph
export const PEERS = 'build/bench/peers';
const OURS = [
  { variant: 'simd', threads: 1 },
  { variant: 'relaxed', threads: 1 },
  { variant: 'simd-mt', threads: 2 },
  { variant: 'relaxed-mt', threads: 2 },
];

/** @typedef {{ key: string, runtime: string, variant: string, threads: number, precision: string, options: object }} Run */

/** A file of the checkout that may not be there (yet). @param {Bench} bench @param {string} file */
const there = (bench, file) => existsSync(join(bench.root, file));

/** @param {Bench} bench @returns {Run[]} */
export function ourRuns(bench) {
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
export function peerRuns(bench) {
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
export function turned(list, round) {
  const at = ((round % list.length) + list.length) % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
