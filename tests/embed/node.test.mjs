/** The package's Node.js entry, from the tarball's own files, on pixels that sharp decodes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { assertSameReport, nativeScreen, ROOT } from '../js/native.mjs';

const INT8 = 'weights/vmnet-int8.safetensors';
const { load, VmnetError } = await import(join(ROOT, 'build/package/stage/node.js'));
let model;
let photo;

before(async () => {
  model = await load({ variant: 'simd' });
  const { data, info } = await sharp(join(ROOT, 'web/sample/retina.jpg'))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  photo = { data: new Uint8Array(data), width: info.width, height: info.height };
});
after(() => model.close());

test('a PNG of the sample: the report is the native command’s', async () => {
  const png = join(ROOT, 'build/tests/node-sample.png');
  await sharp(join(ROOT, 'web/sample/retina.jpg')).png().toFile(png);
  const file = new Uint8Array(readFileSync(png));
  const wanted = nativeScreen(png, { weights: INT8 }).report;
  const { report, diseases, vessels } = await model.screen(photo, { file, name: 'node-sample.png' });
  assertSameReport(report, wanted, 'simd');
  assert.deepEqual([report.image.name, report.image.sha256], [wanted.image.name, wanted.image.sha256]);
  assert.equal(report.model.weights_sha256, wanted.model.weights_sha256);
  assert.equal(diseases[0].heatmap.data.length, photo.width * photo.height);
  assert.equal(vessels.probability, null, 'drawn, and nobody asked for it');
  const asked = await model.screen(photo, { heatmaps: false, vesselProbability: true });
  assert.equal(asked.vessels.probability.length, photo.width * photo.height);
  assert.deepEqual(asked.vessels.mask, vessels.mask);
});

test('calls queue, and the server’s own loop goes on', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const [a, b] = await Promise.all([
    model.screen(photo, { heatmaps: false }),
    model.screen(photo, { heatmaps: false }),
  ]);
  clearInterval(timer);
  assert.deepEqual(a.report, b.report);
  assert.ok(turns > 5, `${turns} turns of the loop meanwhile`);
  const together = await model.decideTogether([a.decision, b.decision]);
  assert.equal(together.answer, a.decision.answer);
  const at = { balanced: { answer: 'repeat', reasons: [{ code: 'dark' }], rest: 'not-judged' } };
  const healthy = { balanced: { answer: 'no-finding', reasons: [{ code: 'normal' }], rest: 'not-suspected' } };
  const both = (eyes) => model.decideTogether([{ at }, { at: healthy }], 'balanced', eyes);
  assert.equal((await both(['OD', 'OS'])).answer, 'repeat');
  assert.equal((await both(['OD', 'OD'])).answer, 'no-finding');
  const unread = await model.decideTogether([{ at: healthy }, null], 'balanced', ['OD', 'OS']);
  assert.deepEqual([unread.answer, unread.reasons], ['repeat', [{ code: 'not-readable' }]]);
  const same = await model.decideTogether(['both-eyes', { at: healthy }], 'balanced', ['OD', '']);
  assert.deepEqual([same.answer, same.reasons], ['repeat', [{ code: 'both-eyes' }]]);
});

test('what cannot be screened is refused by name, and the next one works', async () => {
  const file = readFileSync(join(ROOT, 'web/sample/retina.jpg'));
  for (const [pixels, options, code, pattern] of [
    [{ data: new Uint8Array(8), width: 512, height: 512 }, {}, 'argument', /not pixels but 8 bytes for 512 x 512/],
    [null, {}, 'argument', /not pixels/],
    [{ data: new Uint8Array(100 * 100 * 4), width: 100, height: 100 }, {}, 'too-small', /100 x 100/],
    [{ data: new Uint8Array(512 * 512 * 4), width: 512, height: 512 }, {}, 'not-fundus', /photograph/],
    [photo, { point: 'sharp' }, 'argument', /point: 'sharp'/],
    [photo, { guide: 2 }, 'argument', /guide 2/],
    [photo, { vesselProbability: 1 }, 'argument', /vesselProbability '1': must be true or false/],
    [photo, { file: new Uint8Array(file.subarray(0, 20_000)), name: 'cut.jpg' }, 'damaged', /^cut\.jpg: /],
  ])
    await assert.rejects(model.screen(pixels, options), (error) => {
      assert.ok(error instanceof VmnetError);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, pattern);
      return true;
    });
  assert.ok((await model.screen(photo, { heatmaps: false })).decision.answer);
});

test('load() names what is missing', async () => {
  for (const [options, code, pattern] of [
    [
      { weights: '/nowhere/weights.safetensors' },
      'network',
      /file:\/\/\/nowhere\/weights\.safetensors: the weights could not be read/,
    ],
    [{ wasm: '/nowhere' }, 'network', /file:\/\/\/nowhere\/vmnet-.*\.wasm: the module could not be read/],
    [{ weights: new Uint8Array(100) }, 'weights', /weights/],
    [{ size: 300 }, 'argument', /size 300/],
    [{ variant: 'simd-mt' }, 'argument', /variant 'simd-mt'/],
  ])
    await assert.rejects(load(options), (error) => error.code === code && pattern.test(error.message));
});

test('after close() calls reject', async () => {
  const other = await load({ size: 256 });
  const under = assert.rejects(other.screen(photo), { code: 'aborted' });
  await other.close();
  await under;
  await assert.rejects(other.screen(photo), { code: 'aborted' });
});
