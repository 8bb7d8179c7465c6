/**
 * int8 files as they were made up to vmnet-v8 open as ever: the encoder's first two layers in int8, too, and all scales and
 * biases in f32. Made here from today's file, whose first layers compute in f32: what the stem gives there are 128ths.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST, readWeights, startEngine } from './engine-run.mjs';

const TODAY = readWeights('weights/vmnet-int8.safetensors');
const STEM = 'encoder.stem';
const DEPTHWISE = 'encoder.blocks.0.depthwise';
const PARTS = 128;
/** The largest whole number of a weight in those files was 64. What reads them does not ask, and finer steps are nearer. */
const MOST = { [STEM]: 64, [DEPTHWISE]: 127 };

/** @typedef {{ dtype: 'I8' | 'F16' | 'F32', shape: number[], bytes: Uint8Array }} Tensor */

/** @param {number} bits of an f16 */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const size = exponent === 0 ? (bits & 1023) * 2 ** -24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15);
  return bits >> 15 ? -size : size;
}

/** @param {Tensor} tensor in f16 or f32 */
function numbersOf({ dtype, bytes }) {
  const buffer = bytes.slice().buffer;
  return dtype === 'F16' ? Array.from(new Uint16Array(buffer), fromHalf) : [...new Float32Array(buffer)];
}

/** @param {number[]} values @param {number[]} shape @returns {Tensor} */
const f32 = (values, shape) => ({ dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) });

/** @param {Uint8Array} file */
function read(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const bytes = file.slice(8 + length + from, 8 + length + to);
      return /** @type {[string, Tensor]} */ ([name, { dtype, shape, bytes }]);
    },
  );
  return { metadata, tensors: new Map(tensors) };
}

/** @param {object} metadata @param {Map<string, Tensor>} tensors */
function write(metadata, tensors) {
  let at = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const from = at;
    at += bytes.length;
    return [name, { dtype, shape, data_offsets: [from, at] }];
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, header, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

/**
 * A filter in whole numbers, with the scale of each of its channels.
 * @param {Map<string, Tensor>} tensors @param {string} layer @param {number} factor from the file's weights to real ones
 * @param {(index: number) => number} channel of a weight @param {number} channels
 */
function quantise(tensors, layer, factor, channel, channels) {
  const { shape, ...rest } = /** @type {Tensor} */ (tensors.get(`${layer}.weight`));
  const real = numbersOf({ shape, ...rest }).map((w) => w * factor);
  const scales = Array(channels).fill(1e-6); // of a channel without weights, too
  for (const [i, w] of real.entries()) scales[channel(i)] = Math.max(scales[channel(i)], Math.abs(w) / MOST[layer]);
  const whole = Int8Array.from(real, (w, i) => Math.round(w / scales[channel(i)]));
  tensors.set(`${layer}.weight`, { dtype: 'I8', shape, bytes: new Uint8Array(whole.buffer) });
  tensors.set(`${layer}.scale`, f32(scales, [channels]));
}

function older() {
  const { metadata, tensors } = read(TODAY);
  const channels = 32;
  const whole = /** @type {Tensor} */ (tensors.get(`${STEM}.whole`));
  assert.deepEqual(numbersOf(whole), [6 * PARTS], 'what the stem gives today');
  tensors.delete(`${STEM}.whole`);
  quantise(tensors, STEM, 1 / PARTS, (i) => Math.floor(i / 27), channels);
  quantise(tensors, DEPTHWISE, PARTS, (i) => i % channels, channels);
  const bias = numbersOf(/** @type {Tensor} */ (tensors.get(`${STEM}.bias`)));
  tensors.set(
    `${STEM}.bias`,
    f32(
      bias.map((b) => b / PARTS),
      [channels],
    ),
  );
  tensors.set(`${STEM}.output`, f32([6 / 255, -128, 0, 6], [4]));
  for (const [name, tensor] of tensors)
    if (tensor.dtype === 'F16' && tensors.get(name.replace(/(scale|bias)$/, 'weight'))?.dtype === 'I8')
      tensors.set(name, f32(numbersOf(tensor), tensor.shape));
  return write(metadata, tensors);
}

/** @param {Uint8Array} a @param {Uint8Array} b masks */
function dice(a, b) {
  let both = 0;
  let all = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i] ? 2 : 0;
    all += (a[i] ? 1 : 0) + (b[i] ? 1 : 0);
  }
  return both / all;
}

test('an int8 file of the older form opens, and answers as today’s', async () => {
  const screened = [];
  for (const weights of [TODAY, older()]) {
    const engine = await startEngine('simd', { weights });
    const { rgba } = engine.phantom({ seed: 3, side: 640, lesions: ['haemorrhages'], cup: 0.4 });
    screened.push(engine.screen(rgba, 640, 640, { ...REQUEST, heatmaps: false }));
    engine.close();
  }
  const [today, before] = screened;
  const apart = today.diseases.map((d, i) => Math.abs(d.logit - before.diseases[i].logit));
  assert.ok(Math.max(...apart) > 0, 'other weights, or it was not read');
  assert.ok(Math.max(...apart) < 1, `logits apart by ${apart}`);
  assert.ok(dice(today.vessels.mask, before.vessels.mask) > 0.97);
});
