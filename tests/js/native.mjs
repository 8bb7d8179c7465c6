/** The native command as the reference, and how close another build has to come to it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];

/** What a Node.js needs in which relaxed SIMD is an experiment yet. */
export const RELAXED_FLAGS =
  process.allowedNodeEnvironmentFlags.has('--experimental-wasm-relaxed-simd') ||
  Number(process.versions.node.split('.')[0]) < 22
    ? ['--experimental-wasm-relaxed-simd']
    : [];

/** A fresh folder under build/. */
export function scratch() {
  mkdirSync(join(ROOT, 'build/tests'), { recursive: true });
  return mkdtempSync(join(ROOT, 'build/tests/js-'));
}

export const WEIGHTS = 'weights/vmnet.safetensors';

/**
 * A copy of the released weights with this block `decision` in their metadata, or without any: tests of the rule do not hang
 * on the numbers of a release. @param {object} [decision] @param {object} [more] of the metadata @returns {string} its path
 */
export function weightsWith(decision, more = {}) {
  return weightsChanged((meta) => ({ ...meta, decision, ...more }));
}

/**
 * The weights with other words about them, and with more tensors in place of any of the same names.
 * @param {(meta: any) => object} change
 * @param {Record<string, { shape: number[], data: Float32Array }>} [tensors]
 * @returns {string} a file
 */
export function weightsChanged(change, tensors = {}) {
  const bytes = readFileSync(join(ROOT, WEIGHTS));
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end).toString());
  const meta = change(JSON.parse(header.__metadata__.vmnet));
  header.__metadata__.vmnet = JSON.stringify(meta); // undefined leaves it out
  let at = bytes.length - end;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (header[name] !== undefined) header[`old.${name}`] = header[name];
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const text = JSON.stringify(header);
  const length = Buffer.alloc(8);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8)); // tensors stay aligned
  length.writeBigUInt64LE(BigInt(padded.length));
  const path = join(scratch(), 'weights.safetensors');
  const more = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(path, Buffer.concat([length, padded, bytes.subarray(end), ...more]));
  return path;
}

/**
 * The weights with a made-up head that grades: the same of every photograph, whatever the network sees, and all are judged.
 * @param {{ bias?: number[], cut?: number, block?: object | null }} [head] logits; where diabetic retinopathy is cut; null: no block
 */
export function weightsGraded({ bias = [2, 1, -1, 0], cut = 0, block = {} } = {}) {
  const grade = {
    class: 'diabetic retinopathy',
    scale: [1, 1, 1, 1],
    offset: [0, -0.5, 0, 0],
    cuts: Array(4).fill(0.5),
  };
  const points = Object.fromEntries(
    ['screening', 'balanced', 'specific'].map((name) => [name, { threshold: cut, sensitivity: 1, specificity: 1 }]),
  );
  const classOf = (/** @type {any} */ c) => (c.name === grade.class ? { ...c, threshold: cut, points } : c);
  return weightsChanged(
    (meta) => ({
      ...meta,
      gradable_threshold: 0,
      classes: meta.classes.map(classOf),
      grade: block === null ? undefined : { ...grade, ...block },
    }),
    {
      'grade.weight': { shape: [4, 32], data: new Float32Array(4 * 32) }, // behind the hidden layer
      'grade.bias': { shape: [4], data: Float32Array.from(bias) },
    },
  );
}

/** @param {string} photo a file @param {{ guide?: number, size?: number, weights?: string }} [options] */
export function nativeScreen(photo, { guide = 1, size = 512, weights = WEIGHTS } = {}) {
  const out = scratch();
  const args = ['screen', photo, '--out', out, '--json', '--guide', String(guide), '--size', String(size)];
  args.push('--weights', weights);
  const report = JSON.parse(execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT, encoding: 'utf8' }));
  return {
    report,
    probability: decode(readFileSync(join(out, 'probability.png'))),
    mask: decode(readFileSync(join(out, 'vessels.png'))),
    heatmaps: report.diseases.map((d) => decode(readFileSync(join(out, `heatmap-${d.id}.png`)))),
  };
}

/**
 * The same network on the same pixels, added up in another order: float32 sums of some hundred products differ in the
 * last bits, seen as 1e-5 on logits and 5e-7 on probabilities. Ten times that is allowed; relaxed SIMD fuses multiply
 * and add or not, as the host likes, and gets 1e-3. A drawn layer may round to the neighbouring grey level.
 */
export function tolerance(variant) {
  return variant.startsWith('relaxed') ? 1e-3 : 1e-4;
}

function near(actual, wanted, limit, what) {
  assert.ok(Math.abs(actual - wanted) <= limit, `${what}: ${actual}, native ${wanted}, limit ${limit}`);
}

/**
 * What is measured hangs on a mask: a pixel on the threshold may flip, and with it a branch point or a little length.
 * @param {any} measures @param {any} native @param {string} region
 */
function assertSameMeasures(measures, native, region) {
  assert.equal(measures === null, native === null, region);
  if (native === null) return;
  assert.deepEqual(Object.keys(measures), Object.keys(native));
  for (const [key, wanted] of Object.entries(native)) {
    const what = `${region}.${key}`;
    if (wanted === null) assert.equal(measures[key], null, what);
    else if (key === 'branch_points') near(measures[key], wanted, 1 + 0.03 * wanted, what);
    else near(measures[key], wanted, 0.01 * Math.abs(wanted), what);
  }
}

/** Extents are looked for an eighth of a cell apart. @param {any} got @param {any} native */
function assertSameDisc(got, native) {
  assert.deepEqual([got.valid, got.reason], [native.valid, native.reason]);
  for (const key of ['vertical_ratio', 'area_ratio']) near(got[key] ?? 0, native[key] ?? 0, 0.02, key);
  assert.equal(got.rim === null, native.rim === null, 'rim');
  native.rim?.forEach((/** @type {number} */ wanted, /** @type {number} */ hour) => {
    near(got.rim[hour], wanted, 0.02, `rim at ${hour}`);
  });
  for (const key of ['disc', 'cup']) {
    assert.equal(got[key] === null, native[key] === null, key);
    for (const [side, wanted] of Object.entries(native[key] ?? {}))
      near(got[key][side], wanted, 0.005 + 0.02 * Math.abs(wanted), `${key}.${side}`);
  }
}

/** A cell on the threshold may flip, and with it a small lesion. @param {any} got @param {any} native */
function assertSameLesions(got, native) {
  assert.deepEqual([got.valid, got.reason, got.fovea === null], [native.valid, native.reason, native.fovea === null]);
  assert.deepEqual(Object.keys(got), Object.keys(native));
  for (const kind of ['microaneurysms', 'haemorrhages', 'hard_exudates', 'soft_exudates']) {
    assert.equal(got[kind] === null, native[kind] === null, kind);
    if (native[kind] === null) continue;
    assert.equal(got[kind].threshold, native[kind].threshold);
    near(got[kind].count, native[kind].count, 1 + 0.05 * native[kind].count, kind);
    near(got[kind].area, native[kind].area, 1e-5 + 0.02 * native[kind].area, `area of ${kind}`);
  }
}

/** @param {any} report of a wasm build @param {any} native report @param {string} variant */
export function assertSameReport(report, native, variant) {
  const limit = tolerance(variant);
  assert.equal(report.schema, native.schema);
  assert.equal(report.version, native.version);
  assert.equal(report.model.variant, variant);
  assert.equal(report.model.size, native.model.size);
  assert.equal(report.model.guide, native.model.guide);
  assert.deepEqual([report.image.width, report.image.height], [native.image.width, native.image.height]);
  // The circle is found by our own C, without fused operations: equal, but for libm's last bit.
  for (const key of ['x', 'y', 'radius']) near(report.field_of_view[key], native.field_of_view[key], 1e-2, key);
  near(report.quality.gradability, native.quality.gradability, limit, 'gradability');
  assert.deepEqual(report.quality.reasons, native.quality.reasons);
  assert.deepEqual(report.decision, native.decision);
  near(report.vessels.density, native.vessels.density, limit, 'density');
  for (const region of ['field', 'zone_b', 'zone_c'])
    assertSameMeasures(report.vessels[region], native.vessels[region], region);
  // The circle moves in steps of a 128th of the field's diameter: equal, or a step apart.
  const step = native.field_of_view.radius / 64;
  for (const key of ['x', 'y', 'radius'])
    near(report.optic_disc[key], native.optic_disc[key], 1.01 * step, `disc ${key}`);
  near(report.optic_disc.confidence, native.optic_disc.confidence, 0.05, 'confidence of the disc');
  assert.equal(report.optic_disc.found, native.optic_disc.found);
  assert.equal(report.laterality.guess, native.laterality.guess);
  near(report.laterality.confidence, native.laterality.confidence, 0.05, 'confidence of the eye');
  assert.deepEqual(
    report.diseases.map((d) => [d.id, d.name, d.threshold]),
    native.diseases.map((d) => [d.id, d.name, d.threshold]),
  );
  assertSameDisc(report.disc_and_cup, native.disc_and_cup);
  assertSameLesions(report.lesions, native.lesions);
  for (const [i, d] of report.diseases.entries()) {
    const n = native.diseases[i];
    near(d.logit, n.logit, limit, `logit of ${d.id}`);
    near(d.probability, n.probability, limit, `probability of ${d.id}`);
    near(d.heatmap_max, n.heatmap_max, limit * Math.max(1, n.heatmap_max), `heatmap_max of ${d.id}`);
  }
}

/**
 * At most one grey level apart.
 * @param {ArrayLike<number>} actual @param {{ data: ArrayLike<number> }} native @param {string} what
 */
export function assertSameLayer(actual, native, what) {
  assert.equal(actual.length, native.data.length, `${what}: size`);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i] - native.data[i]));
  assert.ok(worst <= 1, `${what}: ${worst} grey levels apart`);
}

/**
 * A mask flips only where the probability lies on the threshold.
 * @param {ArrayLike<number>} actual @param {{ data: ArrayLike<number> }} native
 */
export function assertSameMask(actual, native) {
  assert.equal(actual.length, native.data.length);
  let flipped = 0;
  for (let i = 0; i < actual.length; i++) flipped += actual[i] !== native.data[i] ? 1 : 0;
  assert.ok(flipped <= actual.length * 1e-4, `mask: ${flipped} of ${actual.length} pixels differ`);
}

/** @param {ArrayLike<number>} rgba @param {ArrayLike<number>} rgb @returns {number} the largest difference of a colour to RGB without alpha; alpha must be full */
export function furthest(rgba, rgb) {
  assert.equal(rgba.length / 4, rgb.length / 3);
  let worst = 0;
  for (let i = 0; i < rgb.length / 3; i++) {
    assert.equal(rgba[4 * i + 3], 255);
    for (let c = 0; c < 3; c++) worst = Math.max(worst, Math.abs(rgba[4 * i + c] - rgb[3 * i + c]));
  }
  return worst;
}
