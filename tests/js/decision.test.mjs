/** One decision: the command's line, its report and the module say the same of a photograph, at every operating point. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decode, encode } from 'fast-png';
import { POINT_NUMBERS } from '../../web/constants.js';
import { VmnetError } from '../../web/errors.js';
import { REQUEST, startEngine, toRgba } from './engine-run.mjs';
import { ROOT, scratch, weightsWith } from './native.mjs';

const POINT_NAMES = Object.keys(POINT_NUMBERS);
const SIDE = 420;
/** Evidence that is what speaks for anything but normal; at the specific point nothing stands in the way of no-finding. */
const BLOCK = {
  normal: 'normal',
  unnamed: ['other'],
  evidence: { logits: [-1, 0, 0, 0, 0, 0, 0, 0], lse: 1, offset: 0 },
  points: {
    screening: { normal_at: 0.9, evidence_at: -3, near: 0.5, diseased: 0, healthy: 0 },
    balanced: { normal_at: 0.5, evidence_at: -1, near: 0.2, diseased: 0, healthy: 0 },
    specific: { normal_at: 0, evidence_at: 100, near: 0, diseased: 0, healthy: 0 },
  },
};

/** @type {Awaited<ReturnType<typeof startEngine>>} */
let engine;
let weights = '';
/** Files that the command reads as the very pixels that the module gets. @type {Record<string, string>} */
const photos = {};

/** @param {string} name @param {Uint8Array} rgba @param {number} side */
function save(name, rgba, side) {
  photos[name] = join(scratch(), `${name}.png`);
  writeFileSync(photos[name], encode({ width: side, height: side, data: new Uint8Array(rgba) }));
}

before(async () => {
  weights = weightsWith(BLOCK);
  engine = await startEngine('simd', { size: 256, weights: new Uint8Array(readFileSync(weights)) });
  for (const [name, seed, lesions] of [
    ['plain', 1, []],
    ['bleeding', 3, ['haemorrhages', 'exudates']],
    ['drusen', 8, ['drusen']],
  ]) {
    const { rgba } = engine.phantom({ seed, side: SIDE, lesions, cup: 0.4 });
    save(name, rgba, SIDE);
    if (name === 'plain')
      save(
        'dark',
        rgba.map((v, i) => (i % 4 === 3 ? v : v * 0.1)),
        SIDE,
      );
  }
  photos.sample = join(ROOT, 'web/sample/retina.jpg');
});

after(() => engine.close());

/** @param {string[]} args */
const run = (...args) => execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT, encoding: 'utf8' });

/** What the command says at one point: its line, cut at the tabs, and its report. @param {string} photo @param {string} point */
function command(photo, point) {
  const out = scratch();
  const line = run(
    'screen',
    photo,
    '--out',
    out,
    '--only-report',
    '--size',
    '256',
    '--weights',
    weights,
    '--point',
    point,
  );
  assert.ok(line.endsWith('\n') && line.indexOf('\n') === line.length - 1, 'one line a photograph');
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  return { fields: line.trimEnd().split('\t'), decision: report.decision, report };
}

/** @param {string} photo a PNG @param {string} point */
function moduleScreen(photo, point) {
  const { width, height, channels, data } = decode(readFileSync(photo));
  return engine.screen(toRgba(data, channels), width, height, { ...REQUEST, heatmaps: false, point });
}

const inWords = (reasons) => reasons.map(({ code, disease }) => (disease ? `${code}:${disease}` : code)).join(',');

test('command, report and module give the same answer at every point', () => {
  const seen = new Set();
  for (const [name, photo] of Object.entries(photos)) {
    let at = null;
    for (const point of POINT_NAMES) {
      const { fields, decision, report } = command(photo, point);
      assert.deepEqual(fields, [photo, decision.answer, inWords(decision.reasons)], name);
      assert.equal(decision.operating_point, point);
      const { answer, reasons, rest } = decision;
      assert.deepEqual({ answer, reasons, rest }, decision.at[point], `${name}: the point is looked up`);
      at ??= decision.at;
      assert.deepEqual(decision.at, at, `${name}: what is said of the points hangs on the one that was asked for`);
      assert.equal(answer === 'repeat', !report.quality.gradable, `${name}: quality and answer`);
      assert.deepEqual(decision.looks_for.length, 6, 'all but normal and other');
      seen.add(answer);
      if (!photo.endsWith('.png')) continue;
      const result = moduleScreen(photo, point);
      assert.deepEqual(result.decision, decision, `${name} at ${point}: the module`);
      assert.equal(result.decision, result.report.decision);
    }
  }
  assert.ok(seen.has('repeat') && seen.size >= 3, `only ${[...seen].join(', ')} were tried`);
});

/** @param {import('../../web/vmnet.d.ts').Report['diseases']} diseases @param {import('../../web/vmnet.d.ts').Decision} decision @param {string} what */
function assertAgrees(diseases, decision, what) {
  const found = decision.reasons.filter(({ code }) => code === 'finding').map(({ disease }) => disease);
  for (const { id, probability, threshold, positive, cuts } of diseases) {
    assert.equal(threshold, cuts[decision.operating_point], `${what}: ${id}`);
    assert.equal(positive, probability >= threshold, `${what}: ${id}`);
    if (id !== 'normal') assert.equal(positive, found.includes(id), `${what}: ${id}`);
    else if (decision.reasons.some(({ code }) => code === 'not-normal')) assert.equal(positive, false, what);
    else if (decision.answer === 'no-finding') assert.equal(positive, true, what);
  }
}

test('what is positive, and by which cut, is what the answer beside it says, at every point', () => {
  const differs = new Set();
  for (const [name, photo] of Object.entries(photos)) {
    /** @type {Record<string, string>} */
    const positives = {};
    for (const point of POINT_NAMES) {
      const { report } = command(photo, point);
      assertAgrees(report.diseases, report.decision, `${name} at ${point}`);
      positives[point] = report.diseases
        .filter((d) => d.positive)
        .map((d) => d.id)
        .join();
      if (!photo.endsWith('.png')) continue;
      const result = moduleScreen(photo, point);
      assertAgrees(result.diseases, result.decision, `${name} at ${point}: the module`);
      assertAgrees(result.report.diseases, result.decision, `${name} at ${point}: its report`);
    }
    if (new Set(Object.values(positives)).size > 1) differs.add(name);
  }
  assert.ok(differs.size > 0, 'no photograph tells the points apart');
});

test('a dark photograph is to be repeated, and says why', () => {
  const { decision, report } = command(photos.dark, 'balanced');
  assert.equal(decision.answer, 'repeat');
  assert.equal(decision.reasons[0].code, 'dark');
  assert.equal(report.quality.gradable, false);
  assert.ok(report.quality.gradability < report.quality.threshold);
});

test('weights without the block never answer no-finding', () => {
  const bare = weightsWith(undefined);
  for (const photo of Object.values(photos)) {
    const out = scratch();
    run('screen', photo, '--out', out, '--only-report', '--size', '256', '--weights', bare);
    const { at } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).decision;
    for (const point of POINT_NAMES) assert.notEqual(at[point].answer, 'no-finding', `${photo} at ${point}`);
  }
});

test('info tells what the weights say of no-finding', () => {
  const info = engine.info();
  const { normal_at, diseased, healthy } = BLOCK.points.balanced;
  assert.deepEqual(info.no_finding.balanced, { normal_at, diseased, healthy });
  assert.deepEqual(
    info.classes.filter((c) => !c.named).map((c) => c.id),
    ['normal', 'other'],
  );
});

// ---- several photographs ----

const decided = (answer, ...reasons) => ({
  answer,
  rest: reasons.includes('finding:cataract') ? 'hidden' : answer === 'repeat' ? 'not-judged' : 'not-suspected',
  reasons: reasons.map((r) => {
    const [code, disease] = r.split(':');
    return disease === undefined ? { code } : { code, disease };
  }),
});
const GIVEN = {
  refer: decided('refer', 'finding:glaucoma', 'finding:cataract'),
  unclear: decided('unclear', 'near:glaucoma', 'evidence'),
  'no-finding': decided('no-finding', 'normal'),
  repeat: decided('repeat', 'dark', 'finding:glaucoma'),
};

test('one eye: the worst of the photographs that can be judged, for every pair and every point', () => {
  const order = ['dark', 'no-finding', 'unclear', 'refer'];
  const given = { ...GIVEN, dark: decided('repeat', 'dark') };
  for (const point of POINT_NAMES)
    for (const [i, a] of order.entries())
      for (const [j, b] of order.entries()) {
        const together = engine.decideTogether([given[a], given[b]], point, ['OD', 'OD']);
        assert.deepEqual(together, given[order[Math.max(i, j)]], `${a} and ${b} at ${point}`);
      }
});

test('one eye: what is suspected on a photograph that cannot be judged is not cleared by another', () => {
  for (const each of [
    [GIVEN.repeat, GIVEN['no-finding']],
    [GIVEN['no-finding'], GIVEN.repeat],
  ])
    assert.deepEqual(engine.decideTogether(each, 'balanced', ['OS', 'OS']), {
      ...decided('unclear', 'finding:glaucoma', 'dark'),
      rest: 'hidden',
    });
});

test('a patient: the worst of the eyes; one that was not judged is cleared by no other', () => {
  const order = ['no-finding', 'repeat', 'unclear', 'refer'];
  for (const point of POINT_NAMES)
    for (const [i, a] of order.entries())
      for (const [j, b] of order.entries())
        for (const eyes of [['OD', 'OS'], [], ['', null], ['OD', '']]) {
          const { rest, ...together } = engine.decideTogether([GIVEN[a], GIVEN[b]], point, eyes);
          const { rest: own, ...wanted } = GIVEN[order[Math.max(i, j)]];
          assert.deepEqual(together, wanted, `${a} and ${b} of ${eyes} at ${point}`);
          if ([a, b].includes('repeat')) assert.notEqual(rest, 'not-suspected', `${a} and ${b}`);
          else assert.equal(rest, own, `${a} and ${b}`);
        }
  const three = [GIVEN.repeat, GIVEN['no-finding'], GIVEN['no-finding']];
  assert.equal(engine.decideTogether(three, 'balanced', ['OD', 'OS', 'OD']).answer, 'unclear');
  assert.equal(engine.decideTogether(three, 'balanced', ['OD', 'OS', 'OS']).answer, 'repeat');
});

test('several photographs: reasons are merged, each once', () => {
  const other = decided('refer', 'finding:cataract', 'finding:other');
  assert.deepEqual(
    engine.decideTogether([GIVEN.refer, GIVEN.repeat, other], 'balanced', ['OD', 'OD', 'OD']),
    decided('refer', 'finding:glaucoma', 'finding:cataract', 'finding:other'),
  );
});

test('several photographs: of an answer that does not tell of the rest, nothing is told', () => {
  const { rest, ...earlier } = GIVEN.unclear;
  assert.equal(rest, 'not-suspected');
  assert.equal(engine.decideTogether([GIVEN.unclear], 'balanced').rest, 'not-suspected');
  assert.equal(engine.decideTogether([GIVEN.unclear, earlier], 'balanced').rest, 'not-judged');
});

test('a photograph that could not be read is an eye that was not judged, at every point', () => {
  const { refer, unclear, 'no-finding': clear } = GIVEN;
  const unread = { answer: 'repeat', reasons: [{ code: 'not-readable' }], rest: 'not-judged' };
  for (const point of POINT_NAMES) {
    const of = (/** @type {any[]} */ each, /** @type {string[]} */ eyes) => engine.decideTogether(each, point, eyes);
    assert.deepEqual(of([null], []), unread, 'alone');
    assert.deepEqual(of([clear, null], ['OD', 'OS']), unread);
    assert.deepEqual(of([null, clear], ['', 'OD']), unread, 'it may be the other eye');
    assert.deepEqual(of([clear, null], ['OD', 'OD']), clear, 'another of the eye was judged');
    assert.deepEqual(of([clear, null, clear], ['OD', '', 'OS']), clear, 'it is of one of two that were judged');
    assert.deepEqual(of([unclear, null], ['OD', 'OS']), { ...unclear, rest: 'not-judged' });
    assert.deepEqual(of([null, refer], ['OD', 'OS']), refer);
    const dark = decided('repeat', 'dark', 'finding:glaucoma');
    assert.deepEqual(of([dark, null], ['OD', 'OD']), decided('repeat', 'dark', 'not-readable', 'finding:glaucoma'));
  }
});

test('one file as both eyes judges neither, and says so, at every point', () => {
  const { refer, 'no-finding': clear } = GIVEN;
  const both = { answer: 'repeat', reasons: [{ code: 'both-eyes' }], rest: 'not-judged' };
  for (const point of POINT_NAMES) {
    const of = (/** @type {any[]} */ each, /** @type {string[]} */ eyes) => engine.decideTogether(each, point, eyes);
    assert.deepEqual(of(['both-eyes', 'both-eyes', clear], ['OD', 'OS', '']), both);
    assert.deepEqual(of(['both-eyes', 'both-eyes', refer], ['OD', 'OS', '']), refer);
  }
});

test('what is no decision is refused, and the module goes on', () => {
  const bad = [
    [decided('healthy', 'normal')],
    [decided('refer', 'because')],
    [decided('refer', 'finding:unheard-of')],
    [decided('refer', ...Array(17).fill('finding:glaucoma'))],
    [{ ...decided('refer', 'finding:glaucoma'), rest: 'fine' }],
    [null, decided('refer', 'because')],
    [],
  ];
  for (const each of bad) {
    const refused = (/** @type {unknown} */ e) => e instanceof VmnetError && e.code === 'argument';
    assert.throws(() => engine.decideTogether(each, 'balanced'), refused, JSON.stringify(each));
  }
  assert.equal(engine.decideTogether([GIVEN.unclear], 'balanced').answer, 'unclear');
});
