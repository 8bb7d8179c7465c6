/** What warms a module up while its weights come: in every variant, for either precision, in an instance of the least memory. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { warm } from '../../web/engine.js';
import { glueOf } from './engine-run.mjs';
import { RELAXED_FLAGS, ROOT, VARIANTS } from './native.mjs';

/** What the functions answer, for f32 and for int8, as often as it is asked before it is late. @param {string} variant */
async function answers(variant) {
  const module = await WebAssembly.compile(readFileSync(join(ROOT, `build/wasm/vmnet-${variant}.wasm`)));
  const create = await glueOf(variant);
  /** @type {(string | number)[][]} */
  const seen = [];
  const say = (...said) => {
    seen.push(said);
    return said.at(-1);
  };
  const glue = async (options) => {
    const c = await create(options);
    return Object.assign(Object.create(c), {
      _vmw_warm_network: (int8) => say('network', int8, options.poolSize, c._vmw_warm_network(int8)),
      _vmw_warm_step: (maps, step) => say(step, c._vmw_warm_step(maps, step)),
    });
  };
  for (const [precision, steps] of [
    ['f32', 0],
    ['f32', 1],
    ['f32', 2],
    ['int8', Number.POSITIVE_INFINITY],
    ['f32', 4],
  ]) {
    let left = steps;
    await warm({ glue, module, variant }, precision, async () => left-- <= 0);
  }
  return seen;
}

if (process.argv[2] === 'answers') {
  console.log(JSON.stringify(await answers(process.argv[3])));
  process.exit(0);
}

const STEPS = 7;

for (const variant of VARIANTS)
  test(`${variant}: the small network runs without threads, and what is around it until it is late`, () => {
    const text = execFileSync(process.execPath, [...RELAXED_FLAGS, import.meta.filename, 'answers', variant]);
    assert.deepEqual(JSON.parse(String(text)), [
      ['network', 0, 0, 1], // late before there was an instance, then before it ran: nothing
      ['network', 1, 0, 1],
      ...Array.from({ length: STEPS }, (_, step) => [step, 1]),
      [STEPS, 0],
      ['network', 0, 0, 1],
      [0, 1],
      [1, 1],
    ]);
  });

/** Bytes of each function's code, as they stand in the module. @param {Uint8Array} bytes @returns {number[]} */
function functionSizes(bytes) {
  const CODE = 10;
  const sizes = [];
  let at = 8; // behind magic and version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = number() + at;
    if (id === CODE)
      for (let left = number(); left > 0; left--) {
        sizes.push(number());
        at += sizes.at(-1);
      }
    at = end;
  }
  return sizes;
}

test('no function is so large that the browser is long about optimising it', () => {
  for (const variant of VARIANTS) {
    const sizes = functionSizes(readFileSync(join(ROOT, `build/wasm/vmnet-${variant}.wasm`))).sort((a, b) => b - a);
    assert.ok(sizes.length > 500, `${sizes.length} functions`);
    // The largest is yyjson's; put into one another as compilers like to, ours had up to 27,000.
    assert.ok(sizes[0] < 10_000 && sizes[1] < 7_000, `${variant}: ${sizes.slice(0, 5)}`);
  }
});
