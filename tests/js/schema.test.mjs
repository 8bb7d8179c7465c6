import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { REQUEST, startEngine } from './engine-run.mjs';
import { ROOT, scratch } from './native.mjs';

const validate = new Ajv2020.default({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(ROOT, 'web/report.schema.json'), 'utf8')),
);
const says = () => JSON.stringify(validate.errors);
const sample = join(ROOT, 'web/sample/retina.jpg');

function nativeReport() {
  const args = ['screen', sample, '--out', scratch(), '--json', '--only-report'];
  return JSON.parse(execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT, encoding: 'utf8' }));
}

test("the command's report is as the schema says", () => {
  assert.ok(validate(nativeReport()), says());
});

test("the module's report is as the schema says, names and hashes or not", async () => {
  const engine = await startEngine('simd', { size: 256 });
  const { rgba } = engine.phantom({ seed: 1, side: 300, lesions: [], cup: 0.4 });
  const bare = engine.screen(rgba, 300, 300, REQUEST).report;
  assert.ok(validate(bare), says());
  assert.equal(bare.image.name, null);
  const full = engine.screen(rgba, 300, 300, {
    ...REQUEST,
    name: 'Müller "1".jpg',
    imageSha256: 'a'.repeat(64),
  }).report;
  assert.ok(validate(full), says());
  assert.equal(full.image.name, 'Müller "1".jpg');
});

test('what the clinic does about the answer may stand in a report', () => {
  const plans = [{ action: 'refer', within: 'P2W', notes: ['Tuesdays'] }];
  assert.ok(validate({ ...nativeReport(), clinic: { rules: 'Ours', plans } }), says());
});

test('the schema refuses what is wrong', () => {
  const good = nativeReport();
  const wrong = [
    (r) => delete r.notice,
    (r) => (r.extra = 1),
    (r) => (r.image.sha256 = 'abc'),
    (r) => (r.image.width = 255),
    (r) => (r.diseases = []),
    (r) => (r.diseases[0].probability = 1.5),
    (r) => (r.diseases[0].id = 'Not An Id'),
    (r) => (r.model.variant = 'turbo'),
    (r) => (r.quality.gradable = 'yes'),
    (r) => (r.quality.reasons = ['ugly']),
    (r) => (r.quality.reasons = ['dark', 'dark']),
    (r) => delete r.decision,
    (r) => (r.decision.answer = 'healthy'),
    (r) => (r.decision.operating_point = 'default'),
    (r) => (r.decision.reasons = []),
    (r) => (r.decision.reasons = [{ code: 'finding' }]),
    (r) => (r.decision.reasons = [{ code: 'evidence', disease: 'glaucoma' }]),
    (r) => (r.decision.reasons = [{ code: 'because' }]),
    (r) => delete r.decision.at.specific,
    (r) => (r.decision.at.balanced.extra = 1),
    (r) => (r.decision.looks_for = ['glaucoma', 'glaucoma']),
    (r) => (r.clinic = { rules: 'Ours', plans: [] }),
    (r) => (r.clinic = { rules: 'Ours', plans: [{ action: 'refer', within: 'soon', notes: [] }] }),
    (r) => delete r.optic_disc,
    (r) => (r.optic_disc.confidence = 2),
    (r) => delete r.disc_and_cup.reason,
    (r) => (r.disc_and_cup.reason = 'small'),
    (r) => (r.disc_and_cup.vertical_ratio = 1.5),
    (r) => (r.disc_and_cup.disc = { x: 1, y: 1 }),
    (r) => (r.disc_and_cup.rim = [0.1, 0.2]),
    (r) => delete r.lesions.valid,
    (r) => (r.lesions.reason = 'small'),
    (r) => (r.lesions.haemorrhages = { count: 3 }),
    (r) => (r.lesions.fovea = { x: 1 }),
    (r) => (r.lesions.haemorrhages.regions = []),
    (r) => (r.lesions.haemorrhages.regions = { centre: null }),
    (r) => (r.lesions.haemorrhages.regions.middle = null),
    (r) => delete r.lesions.haemorrhages.regions.outer_temporal,
    (r) => delete r.lesions.haemorrhages.regions.centre.area,
    (r) => (r.lesions.haemorrhages.regions.centre.seen = 1.5),
    (r) => (r.lesions.haemorrhages.regions.centre.count = 0.5),
    (r) => (r.lesions.haemorrhages.regions.centre.area = -1),
    (r) => (r.lesions.haemorrhages.regions.centre.extra = 1),
    (r) => delete r.arteries.calibres,
    (r) => (r.arteries.reason = 'small'),
    (r) => (r.arteries.vein_density = 1.5),
    (r) => (r.arteries.calibres = { valid: true }),
    (r) => delete r.grade.at_least,
    (r) => (r.grade.extra = 1),
    (r) => (r.grade.valid = 'yes'),
    (r) => (r.grade.reason = 'valid'),
    (r) => (r.grade.grade = 0),
    (r) => (r.grade.grade = 1.5),
    (r) => (r.grade.at_least = [0.9, 0.8, 0.7]),
    (r) => (r.grade.at_least = [0.9, 0.8, 0.7, 0.6, 0.5]),
    (r) => (r.grade.at_least = [1.5, 0.8, 0.7, 0.6]),
    (r) => (r.grade = { ...r.grade, valid: true, reason: 'not-suspected', grade: 2 }),
    (r) => (r.grade = { ...r.grade, valid: true, reason: null, grade: null }),
    (r) => (r.grade = { ...r.grade, valid: false, reason: null, grade: null }),
    (r) => (r.grade = { ...r.grade, valid: false, reason: 'disagrees', grade: 2 }),
    (r) => (r.grade.at.screening = { valid: false, reason: null, grade: 1 }),
    (r) => delete r.grade.at,
    (r) => delete r.grade.at.specific,
    (r) => (r.grade.at.screening.grade = 5),
    (r) => (r.grade.at.balanced.at_least = null),
    (r) => delete r.orientation.turned,
    (r) => (r.orientation.turned = 180),
    (r) => (r.orientation.sideways = 1.5),
    (r) => (r.orientation.extra = 1),
    (r) => (r.laterality.guess = 'left'),
    (r) => delete r.vessels.zone_b,
    (r) => (r.vessels.field = null),
    (r) => (r.vessels.field.branch_points = 1.5),
    (r) => (r.vessels.field.tortuosity = 0.5),
    (r) => (r.vessels.field.extra = 1),
  ];
  for (const [i, change] of wrong.entries()) {
    const report = structuredClone(good);
    change(report);
    assert.equal(validate(report), false, `change ${i}`);
  }
});

test('how the photograph lies: in every report of today, not in those of before', async () => {
  const report = nativeReport();
  assert.equal(report.orientation.turned, 0);
  assert.ok(report.orientation.sideways < 0.1, `${report.orientation.sideways}`);
  for (const orientation of [undefined, { turned: 90, sideways: 0.98 }, { turned: 0, sideways: null }]) {
    const given = JSON.parse(JSON.stringify({ ...report, orientation }));
    assert.ok(validate(given), says());
  }
  const engine = await startEngine('simd', { size: 256 });
  const { rgba } = engine.phantom({ seed: 1, side: 300, lesions: [], cup: 0.4 });
  const result = engine.screen(rgba, 300, 300, REQUEST);
  assert.deepEqual(result.orientation, { turned: 0, sideways: null }, 'it reads at 512 alone');
  assert.equal(result.orientation, result.report.orientation);
});
