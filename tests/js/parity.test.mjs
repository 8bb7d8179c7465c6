/** Each wasm variant in Node.js against the native command, on the same pixels, guide on and off. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { decode, encode } from 'fast-png';
import { buffersOf } from '../../web/engine.js';
import { glueOf, REQUEST, startEngine } from './engine-run.mjs';
import {
  assertSameLayer,
  assertSameMask,
  assertSameReport,
  nativeScreen,
  RELAXED_FLAGS,
  ROOT,
  scratch,
  VARIANTS,
  WEIGHTS,
  weightsGraded,
  weightsWith,
} from './native.mjs';

const SIDE = 700;
const INT8 = 'weights/vmnet-int8.safetensors';
let folder = '';
let photo = '';
const native = {};

before(async () => {
  folder = scratch();
  photo = join(folder, 'photo.png');
  const engine = await startEngine('simd', { size: 256 });
  const { rgba } = engine.phantom({ seed: 7, side: SIDE, lesions: ['haemorrhages', 'drusen'], cup: 0.6 });
  writeFileSync(photo, encode({ width: SIDE, height: SIDE, data: new Uint8Array(rgba.buffer) }));
  for (const guide of [1, 0]) native[guide] = nativeScreen(photo, { guide });
});

/** Runs the variant in a process of its own. @param {string} variant @param {string} weights @returns its folder */
function screenApart(variant, weights) {
  const out = scratch();
  const script = join(import.meta.dirname, 'engine-run.mjs');
  execFileSync(process.execPath, [...RELAXED_FLAGS, script, variant, photo, out, weights], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return out;
}

for (const variant of VARIANTS) {
  test(`${variant} gives the native command's numbers`, () => {
    const out = screenApart(variant, WEIGHTS);
    for (const guide of [1, 0]) {
      const report = JSON.parse(readFileSync(join(out, `report-${guide}.json`), 'utf8'));
      assertSameReport(report, native[guide].report, variant);
      assertSameLayer(readFileSync(join(out, `probability-${guide}`)), native[guide].probability, 'probability');
      assertSameMask(readFileSync(join(out, `mask-${guide}`)), native[guide].mask);
      for (const [i, d] of report.diseases.entries())
        if (d.heatmap_max > 0.01)
          assertSameLayer(
            readFileSync(join(out, `heatmap-${d.id}-${guide}`)),
            native[guide].heatmaps[i],
            `heatmap ${d.id}`,
          );
    }
  });
}

// Whole numbers add up to the same everywhere: int8 must agree better than f32 does, whichever kernels the processor gets.
for (const variant of VARIANTS) {
  test(`${variant} gives the native command's numbers in int8`, () => {
    const out = screenApart(variant, INT8);
    const wanted = nativeScreen(photo, { weights: INT8 });
    assertSameReport(JSON.parse(readFileSync(join(out, 'report-1.json'), 'utf8')), wanted.report, variant);
    assertSameLayer(readFileSync(join(out, 'probability-1')), wanted.probability, 'probability');
    assertSameMask(readFileSync(join(out, 'mask-1')), wanted.mask);
  });
}

test('the guide changes the diseases and leaves the vessels alone', () => {
  const [on, off] = [native[1], native[0]];
  assert.deepEqual(on.probability.data, off.probability.data);
  assert.notDeepEqual(
    on.report.diseases.map((d) => d.logit),
    off.report.diseases.map((d) => d.logit),
  );
});

test('sizes 256 and 768 agree with the native command', async () => {
  for (const size of [256, 768]) {
    const engine = await startEngine('simd', { size });
    const { rgba } = engine.phantom({ seed: 7, side: SIDE, lesions: ['haemorrhages', 'drusen'], cup: 0.6 });
    const result = engine.screen(rgba, SIDE, SIDE, REQUEST);
    assertSameReport(result.report, nativeScreen(photo, { size }).report, 'simd');
    assert.equal(result.guideMap.data.length, (size / 16) ** 2);
    engine.close();
  }
});

test("the vessels' probability is drawn when it is asked for, and not before; nothing else changes", async () => {
  const plain = await glueOf('simd');
  let drawn = [];
  const glue = async (options) => {
    const c = await plain(options);
    const own = Object.create(c);
    own._vmw_vessels = (result, row, rows, probability, mask) => {
      drawn.push(probability !== 0);
      return c._vmw_vessels(result, row, rows, probability, mask);
    };
    return own;
  };
  const engine = await startEngine('simd', { size: 256, glue });
  const { rgba } = engine.phantom({ seed: 7, side: SIDE, lesions: ['exudates'], cup: 0.4 });
  const { vesselProbability, ...request } = REQUEST;
  const screen = (of) => {
    drawn = [];
    return engine.screen(rgba, SIDE, SIDE, of);
  };
  const asked = screen(REQUEST);
  assert.deepEqual(drawn, Array(11).fill(true));
  for (const without of [screen(request), screen({ ...request, vesselProbability: false })]) {
    assert.deepEqual(drawn, Array(11).fill(false), 'drawn, and not asked for');
    assert.equal(without.vessels.probability, null);
    assert.equal(buffersOf(without).length, buffersOf(asked).length - 1);
    assert.deepEqual({ ...without, vessels: asked.vessels }, asked);
    assert.deepEqual(without.vessels.mask, asked.vessels.mask);
  }
  engine.close();
  const { vesselMap: map, fieldOfView: field, vessels } = asked;
  assert.deepEqual([map.width, map.height, map.data.length], [256, 256, 256 * 256]);
  // the map as it is drawn: where it is flat, a pixel is the cell that it lies in
  let seen = 0;
  for (let y = 1; y < 255; y++)
    for (let x = 1; x < 255; x++) {
      const [u, v] = [x, y].map((at) => ((at + 0.5) / 128 - 1) * field.radius);
      if (Math.hypot(u, v) > 0.97 * field.radius) continue;
      const around = [-257, -256, -255, -1, 0, 1, 255, 256, 257].map((at) => map.data[y * 256 + x + at]);
      if (Math.max(...around) - Math.min(...around) > 0.01) continue;
      seen++;
      const at = Math.floor(field.y + v) * SIDE + Math.floor(field.x + u);
      assert.ok(Math.abs(vessels.probability[at] / 255 - map.data[y * 256 + x]) < 0.015, `cell ${x}, ${y}`);
    }
  assert.ok(seen > 10_000, `${seen} cells`);
});

test('stages and measures reach the caller', async () => {
  const engine = await startEngine('simd', { size: 256 });
  const { rgba, opticDisc } = engine.phantom({ seed: 7, side: SIDE, lesions: [], cup: 0.4 });
  const [on, off] = [1, 0].map((guide) => engine.screen(rgba, SIDE, SIDE, { ...REQUEST, guide }));
  const fine = engine.screen(rgba, SIDE, SIDE, { ...REQUEST, fine: true });
  engine.close();
  assert.deepEqual([on.report.model.fine, fine.report.model.fine], [false, true]);
  assert.deepEqual([fine.report.decision, fine.report.diseases], [on.report.decision, on.report.diseases]);
  assert.notDeepEqual(fine.report.vessels, on.report.vessels);
  for (const map of Object.values(on.stages)) assert.deepEqual([map.width, map.height, map.data.length], [16, 16, 256]);
  assert.equal(on.stages.guide, on.guideMap);
  assert.deepEqual(off.stages.before.data, on.stages.before.data);
  assert.deepEqual(off.stages.after.data, off.stages.before.data, 'without the guide nothing changes');
  assert.notDeepEqual(on.stages.after.data, on.stages.before.data);
  assert.ok(on.stages.before.data.every((v) => v >= 0) && on.stages.before.data.some((v) => v > 0));
  assert.equal(on.measures.field, on.report.vessels.field);
  assert.equal(on.measures.zoneC, on.report.vessels.zone_c);
  assert.equal(on.measures.field.density, on.vesselDensity);
  assert.ok(on.opticDisc.found);
  assert.ok(Math.hypot(on.opticDisc.x - opticDisc.x, on.opticDisc.y - opticDisc.y) < opticDisc.radius);
  assert.equal(on.laterality.guess, opticDisc.x > SIDE / 2 ? 'OD' : 'OS');
  assert.deepEqual(on.quality.reasons, on.report.quality.reasons);
});

test("disc and cup are the command's, in the rectangle around the disc", async () => {
  const weights = weightsWith(undefined, { gradable_threshold: 0 }); // a phantom is no photograph
  const engine = await startEngine('simd', { weights: new Uint8Array(readFileSync(weights)) });
  const [width, height] = [SIDE, SIDE];
  const { rgba } = engine.phantom({ seed: 1, side: SIDE, lesions: [], cup: 0.5 });
  const drawn = join(scratch(), 'photo.png');
  writeFileSync(drawn, encode({ width, height, data: new Uint8Array(rgba.buffer) }));
  const out = scratch();
  execFileSync(join(ROOT, 'build/native/vmnet'), ['screen', drawn, '--out', out, '--weights', weights], { cwd: ROOT });
  const result = engine.screen(rgba, width, height, REQUEST);
  assert.deepEqual(engine.info().structures, ['disc', 'cup']);
  engine.close();
  assert.equal(result.discAndCup, result.report.disc_and_cup);
  assert.ok(result.discAndCup.valid, result.discAndCup.reason ?? '');
  for (const [name, patch] of Object.entries({ disc: result.disc, cup: result.cup })) {
    assert.ok(patch !== null);
    const whole = new Uint8Array(width * height);
    for (let y = 0; y < patch.height; y++)
      whole.set(patch.data.subarray(y * patch.width, (y + 1) * patch.width), (patch.y + y) * width + patch.x);
    const theirs = decode(readFileSync(join(out, `${name}.png`))).data;
    const inside = theirs.filter((v) => v > 0).length;
    assert.ok(inside > 200, `${name}: ${inside} pixels`);
    assert.ok(whole.filter((v, i) => v !== theirs[i]).length <= 0.005 * inside, name);
  }
  assert.deepEqual([result.cup?.x, result.cup?.width], [result.disc?.x, result.disc?.width]);
});

test("lesions are the command's, each kind with its own number in one map", async () => {
  const weights = weightsWith(undefined, { gradable_threshold: 0 }); // a phantom is no photograph
  const engine = await startEngine('simd', { weights: new Uint8Array(readFileSync(weights)) });
  const [width, height] = [SIDE, SIDE];
  const { rgba } = engine.phantom({ seed: 3, side: SIDE, lesions: ['haemorrhages', 'exudates'], cup: 0.4 });
  const drawn = join(scratch(), 'photo.png');
  writeFileSync(drawn, encode({ width, height, data: new Uint8Array(rgba.buffer) }));
  const out = scratch();
  execFileSync(join(ROOT, 'build/native/vmnet'), ['screen', drawn, '--out', out, '--weights', weights], { cwd: ROOT });
  const result = engine.screen(rgba, width, height, REQUEST);
  const kinds = engine.info().lesions;
  engine.close();
  assert.equal(result.lesions, result.report.lesions);
  assert.ok(result.lesionMap !== null && result.lesionMap.data.length === width * height);
  const every = ['microaneurysms', 'haemorrhages', 'hard-exudates', 'soft-exudates'];
  const found = every.filter((id) => (result.lesions[id.replace('-', '_')]?.count ?? 0) > 0);
  assert.ok(found.length > 0 && found.every((id) => kinds.includes(id)), found.join());
  for (const id of found) {
    const theirs = decode(readFileSync(join(out, `lesions-${id}.png`))).data;
    const [value, last] = [every.indexOf(id) + 1, every.indexOf(found.at(-1) ?? '') + 1];
    const ours = result.lesionMap.data.map((v) => (v === value ? 255 : 0));
    const inside = theirs.filter((v) => v > 0).length;
    assert.ok(inside > 0, id);
    // where two kinds are drawn the later one is in the map
    const wrong = ours.filter((v, i) => (value === last ? v !== theirs[i] : v > theirs[i])).length;
    assert.ok(wrong <= 0.02 * inside, `${id}: ${wrong} of ${inside}`);
  }
});

test("arteries and veins are the command's", async () => {
  const weights = weightsWith(undefined, { gradable_threshold: 0 });
  const engine = await startEngine('simd', { weights: new Uint8Array(readFileSync(weights)) });
  const { rgba } = engine.phantom({ seed: 3, side: SIDE, lesions: [], cup: 0.4 });
  const drawn = join(scratch(), 'photo.png');
  writeFileSync(drawn, encode({ width: SIDE, height: SIDE, data: new Uint8Array(rgba.buffer) }));
  const out = scratch();
  execFileSync(join(ROOT, 'build/native/vmnet'), ['screen', drawn, '--out', out, '--weights', weights], { cwd: ROOT });
  const { arteries, arteryMap, vessels, fieldOfView, report } = engine.screen(rgba, SIDE, SIDE, REQUEST);
  engine.close();
  assert.equal(arteries, report.arteries);
  assert.ok(arteries.valid && arteryMap !== null && arteryMap.data.length === 512 * 512);
  const [artery, vein, mask] = ['arteries', 'veins', 'vessels'].map(
    (n) => decode(readFileSync(join(out, `${n}.png`))).data,
  );
  assert.ok(
    mask.every((v, i) => v === artery[i] + vein[i]),
    'each vessel is one or the other',
  );
  // as the page looks them up, which rounds to whole cells: the same but for where one meets the other
  const cell = (/** @type {number} */ at, /** @type {number} */ middle) =>
    Math.floor(((at + 0.5 - middle + fieldOfView.radius) * 512) / (2 * fieldOfView.radius));
  const [same, all] = [vessels.mask, mask].map((m) => m.reduce((n, v) => n + (v > 0 ? 1 : 0), 0));
  assert.ok(Math.abs(same - all) <= 0.02 * all, `${same} and ${all} pixels of vessel`);
  let wrong = 0;
  for (let y = 0, i = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++, i++) {
      if (mask[i] === 0 || vessels.mask[i] === 0) continue;
      const p = arteryMap.data[cell(y, fieldOfView.y) * 512 + cell(x, fieldOfView.x)];
      if (p >= 0.5 !== artery[i] > 0) wrong++;
    }
  assert.ok(wrong <= 0.04 * all, `${wrong} of ${all}`);
});

test("the grade is the command's: in the report, the result and the line", async () => {
  const want = [0.880797, 0.622459, 0.268941, 0.268941]; // sigmoids of 2, 0.5 and -1; none larger than the one before
  const unsure = { bias: [-1, -2, -3, -4] };
  const cases = [
    { weights: weightsGraded(), told: { valid: true, reason: null, grade: 2 }, want },
    { weights: weightsGraded({ cut: 1 }), told: { valid: false, reason: 'not-suspected', grade: null }, want },
    { weights: weightsGraded(unsure), told: { valid: false, reason: 'disagrees', grade: null }, want: undefined },
    { weights: weightsGraded({ block: null }), told: { valid: false, reason: 'no-output', grade: null }, want: null },
  ];
  for (const { weights, told, want } of cases) {
    const engine = await startEngine('simd', { weights: new Uint8Array(readFileSync(weights)) });
    const { rgba } = engine.phantom({ seed: 3, side: SIDE, lesions: [], cup: 0.4 });
    const { grade, report } = engine.screen(rgba, SIDE, SIDE, REQUEST);
    assert.equal(engine.info().grade, told.reason === 'no-output' ? null : 'diabetic-retinopathy');
    engine.close();
    assert.equal(grade, report.grade);
    const { at_least, at, ...said } = grade;
    assert.deepEqual(said, told);
    assert.deepEqual(at, { screening: told, balanced: told, specific: told });
    const theirs = nativeScreen(photo, { weights }).report.grade;
    const out = scratch();
    const args = ['screen', photo, '--out', out, '--only-report', '--weights', weights];
    const line = execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT, encoding: 'utf8' });
    assert.deepEqual({ ...theirs, at_least: null }, { ...told, at, at_least: null });
    assert.deepEqual(line.trimEnd().split('\t').slice(3), told.valid ? ['grade:2'] : []);
    if (want === null) assert.deepEqual([at_least, theirs.at_least], [null, null]);
    for (const [k, p] of (want ?? []).entries()) {
      assert.ok(
        Math.abs(at_least[k] - p) < 1e-5 && Math.abs(theirs.at_least[k] - p) < 1e-5,
        `${at_least}; ${theirs.at_least}`,
      );
    }
  }
});

test('a phantom is the same in the command and in the module', async () => {
  const out = scratch();
  execFileSync(
    join(ROOT, 'build/native/vmnet'),
    [
      'phantom',
      '--out',
      out,
      '--seed',
      '3',
      '--side',
      '400',
      '--lesions',
      'exudates',
      '--cup',
      '0.6',
      '--calibre',
      '1.4',
    ],
    { cwd: ROOT },
  );
  const engine = await startEngine('simd', { size: 256 });
  const drawn = engine.phantom({ seed: 3, side: 400, lesions: ['exudates'], cup: 0.6, calibre: 1.4 });
  const read = (name) => decode(readFileSync(join(out, name))).data;
  assert.deepEqual(Buffer.from(drawn.rgba.buffer).equals(Buffer.from(read('phantom.png'))), true, 'photograph');
  assert.deepEqual(Buffer.from(drawn.vessels).equals(Buffer.from(read('phantom-vessels.png'))), true, 'vessels');
  assert.deepEqual(Buffer.from(drawn.lesions).equals(Buffer.from(read('phantom-lesions.png'))), true, 'lesions');
  assert.ok(drawn.lesions.some((v) => v === 255));
  engine.close();
});
