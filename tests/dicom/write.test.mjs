/** DICOM out: objects that a strict validator passes, and out of which others read what the report says. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GRADE_NONE, GRADE_NOTE, turnedText } from '../../web/codes.js';
import { packBits } from '../../web/dicom/segmentation.js';
import { readDicom, toDicom } from '../../web/dicom.js';
import * as nodeDicom from '../../web/node-dicom.js';
import { unzipSync } from '../../web/vendor/fflate.js';
import { siteForAll } from '../browser/browser.mjs';
import { ROOT, scratch } from '../js/native.mjs';

const python = (...args) => execFileSync(join(ROOT, 'build/venv/bin/python'), args, { encoding: 'utf8' });
const MADE = new Date(2026, 2, 7, 10, 30, 5);

const site = siteForAll();
/** To be removed. @type {string[]} */
const folders = [];
let objects;
/** @type {import('../../web/dicom.js').Pixels & { dicom: import('../../web/vmnet.js').DicomFacts }} */
let photo;
let result;
/** What is read back of it, with the photograph's pixels. */
let written;

/** @param {string} name */
const file = (name) => new Uint8Array(readFileSync(join(objects, `${name}.dcm`)));

before(async () => {
  objects = scratch();
  folders.push(objects);
  python(join(ROOT, 'tests/dicom/objects.py'), join(ROOT, 'web/sample/retina.jpg'), objects);
  photo = await readDicom(file('j2k'), { name: 'j2k' });
  const { load } = await import(join(ROOT, 'build/package/stage/node.js'));
  const model = await load({ variant: 'simd' });
  result = await model.screen(photo, { heatmaps: false, file: file('j2k'), name: 'j2k.dcm' });
  await model.close();
  written = readBack(await toDicom(result, { photograph: photo, made: MADE }));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Writes them, asks the validator about each, and gives what highdicom reads. */
function readBack(files) {
  const folder = scratch();
  folders.push(folder);
  for (const [name, bytes] of Object.entries(files)) {
    if (bytes === null) continue;
    const path = join(folder, `${name}.dcm`);
    writeFileSync(path, bytes);
    const { stderr, status } = spawnSync('dciodvfy', [path], { encoding: 'utf8' });
    assert.notEqual(status, null, 'dciodvfy is missing: apt-get install dicom3tools');
    assert.doesNotMatch(stderr, /^Error/m, `${name}: ${stderr}`);
    assert.match(stderr, /^(SCImage|Segmentation|Comprehensive3DSR)$/m, `${name}: ${stderr}`);
  }
  const raw = (name) => new Uint8Array(readFileSync(join(folder, `${name}.raw`)));
  return { ...JSON.parse(python(join(ROOT, 'tests/dicom/read_back.py'), folder)), raw };
}

/** A patch as a mask of the whole photograph. @param {import('../../web/vmnet.js').Patch} patch */
function whole({ x, y, width, height, data }) {
  const mask = new Uint8Array(result.width * result.height);
  for (let row = 0; row < height; row++)
    mask.set(data.subarray(row * width, (row + 1) * width), (y + row) * result.width + x);
  assert.ok(mask.includes(255));
  return mask;
}

/** As if it could not be judged. */
const repeat = () => ({
  ...result,
  report: {
    ...result.report,
    quality: { ...result.report.quality, gradability: 0.1, gradable: false, reasons: ['blurred'] },
    decision: { ...result.report.decision, answer: 'repeat', reasons: [{ code: 'blurred' }], rest: 'not-judged' },
  },
});

test('vessels: the mask to the pixel, with its source, codes, device and a place that viewers can draw', async () => {
  const { segmentation, overlay, photograph } = written;
  assert.deepEqual(written.raw('mask'), new Uint8Array(result.vessels.mask));
  assert.ok(result.vessels.mask.some((value) => value === 255));
  assert.deepEqual(segmentation.segments, {
    vessels: ['59820001', 'Retinal vessels'],
    disc: ['81016008', 'Optic disc'],
    cup: ['optic-cup', 'Optic cup'],
  });
  for (const name of ['disc', 'cup']) assert.deepEqual(written.raw(name), whole(result[name]), name);
  const bare = readBack(await toDicom({ ...result, disc: null, cup: null }, { photograph: photo }));
  assert.deepEqual(Object.keys(bare.segmentation.segments), ['vessels']);
  assert.deepEqual(bare.raw('mask'), written.raw('mask'));
  const { report } = result;
  assert.deepEqual(
    [segmentation.source, segmentation.study, segmentation.patient, segmentation.frame],
    [photo.dicom.study.instance, '2.25.1', 'Größe^Phantom', null],
  );
  assert.deepEqual([segmentation.property, segmentation.region], ['59820001', '5665001']);
  assert.equal(segmentation.algorithm, report.version);
  assert.match(segmentation.parameters, new RegExp(report.model.weights_sha256));
  assert.deepEqual(segmentation.orientation, [1, 0, 0, 0, 1, 0]);
  assert.deepEqual(segmentation.spacing, photo.dicom.pixelSpacing);
  assert.deepEqual([overlay.study, overlay.patient, overlay.laterality], ['2.25.1', 'Größe^Phantom', 'R']);
  assert.equal(photograph, null, 'it is in the archive already');
});

test('the report: every group, number and word of it', async () => {
  const { report } = written;
  const { report: wanted } = result;
  const regions = ['field', 'zone_b', 'zone_c'].filter((region) => wanted.vessels[region] !== null);
  const diseases = wanted.diseases.filter(({ id }) => id !== 'normal');
  assert.deepEqual(
    Object.keys(report.groups).sort(),
    [
      'quality',
      'disc-and-cup',
      ...diseases.map(({ id }) => id),
      ...regions.map((r) => `vessels-${r.replace('_', '-')}`),
    ].sort(),
  );
  for (const { id, probability, threshold } of diseases) {
    const items = report.groups[id];
    assert.deepEqual(items.find(([name]) => name === 'probability')[1], [probability, '1'], id);
    assert.deepEqual(items.find(([name]) => name === 'cut')[1], [threshold, '1'], id);
    const about = wanted.decision.reasons.find((r) => r.disease === id)?.code;
    const said = { finding: '260373001', near: '82334004' }[about] ?? '260415000';
    assert.equal(items.find(([name]) => name === 'decision')[1][0], said, id);
  }
  for (const region of regions)
    for (const [key, value] of Object.entries(wanted.vessels[region])) {
      const found = report.groups[`vessels-${region.replace('_', '-')}`].find(
        ([name]) => name === key.replaceAll('_', '-'),
      );
      assert.equal(found?.[1][0] ?? null, value, `${region} ${key}`);
    }
  assert.ok(wanted.disc_and_cup.valid);
  for (const key of ['vertical_ratio', 'area_ratio']) {
    const [, measured] = report.groups['disc-and-cup'].find(([name]) => name === key.replace('_', '-'));
    assert.deepEqual(measured, [wanted.disc_and_cup[key], '1']);
  }
  for (const items of Object.values(report.groups)) {
    assert.ok(items.some(([, value]) => String(value).includes(wanted.model.weights_sha256)));
    assert.ok(items.some(([name, value]) => name === '121112' && value === photo.dicom.study.instance));
  }
  assert.equal(report.findings.glaucoma, '23986001');
  assert.ok(report.measured >= 2 * (1 + diseases.length) + 8);
  assert.equal(report.retina, Object.keys(report.groups).length);
  assert.deepEqual(report.device, ['V-MNet', wanted.model.weights_sha256, wanted.version]);
  assert.deepEqual(report.state, ['COMPLETE', 'PRELIMINARY', 'UNVERIFIED']);
  assert.deepEqual([report.study, report.source], ['2.25.1', photo.dicom.study.instance]);
  assert.deepEqual(report.evaluations[0], ['answer', [`answer-${wanted.decision.answer}`, '99VMNET']]);
  assert.ok(report.evaluations.some(([name, text]) => name === 'notice' && /not a medical device/.test(text)));
  assert.ok(report.evaluations.some(([name, text]) => name === 'looks-for' && /glaucoma/.test(text)));
});

test('the report holds the answer of each operating point', async () => {
  const points = Object.entries(result.report.decision.at);
  assert.deepEqual(
    points.map(([point]) => point),
    ['screening', 'balanced', 'specific'],
  );
  for (const [point, { answer, reasons }] of points) {
    const decision = { ...result.report.decision, operating_point: point, answer, reasons };
    const { report } = readBack(await toDicom({ ...result, report: { ...result.report, decision } }));
    assert.deepEqual(report.evaluations[0], ['answer', [`answer-${answer}`, '99VMNET']], point);
  }
});

test('the grade stands with the finding, with its probabilities; where they contradict, that; where there is none, nothing of it', async () => {
  const DR = 'diabetic-retinopathy';
  const told = async (grade) =>
    readBack(await toDicom({ ...result, report: { ...result.report, grade } })).report.groups[DR].filter(([name]) =>
      /^(grade|at-least-.*|121106)$/.test(name),
    );
  const likely = [0.98, 0.93, 0.71, 0.12];
  assert.deepEqual(await told({ valid: true, reason: null, grade: 3, at_least: likely }), [
    ...likely.map((share, i) => [`at-least-${i + 1}`, [share, '1']]),
    ['grade', ['grade-3', '99VMNET']],
    ['121106', GRADE_NOTE],
  ]);
  assert.deepEqual(await told({ valid: false, reason: 'disagrees', grade: null, at_least: likely }), [
    ...likely.map((share, i) => [`at-least-${i + 1}`, [share, '1']]),
    ['grade', GRADE_NONE],
    ['121106', GRADE_NOTE],
  ]);
  for (const reason of ['not-suspected', 'not-gradable', 'no-output'])
    assert.deepEqual(await told({ valid: false, reason, grade: null, at_least: likely }), [], reason);
  assert.deepEqual(await told(undefined), [], 'a report of before it was graded');
});

test('a photograph that cannot be judged has no probabilities', async () => {
  const { report } = readBack(await toDicom(repeat(), { comment: 'Dr. Müller: again' }));
  assert.deepEqual(Object.keys(report.groups), ['quality']);
  assert.deepEqual(report.groups.quality.find(([name]) => name === 'quality')[1][0], 'not-gradable');
  assert.deepEqual(report.evaluations[0][1][0], 'answer-repeat');
  assert.ok(report.evaluations.some(([name, text]) => name === '121106' && text === 'Dr. Müller: again'));
});

test('a photograph that was no DICOM object comes along, and all refer to it; a guess of the eye is not told as known', async () => {
  const files = await toDicom({ ...result, dicom: null }, { photograph: photo });
  const { segmentation, report, overlay, photograph, raw } = readBack(files);
  const rgb = raw('photograph');
  assert.ok(rgb.every((value, i) => value === photo.data[4 * Math.floor(i / 3) + (i % 3)]));
  for (const one of [segmentation, report]) assert.equal(one.source, photograph.instance);
  const studies = new Set([segmentation, report, overlay, photograph].map(({ study }) => study));
  assert.equal(studies.size, 1);
  assert.match([...studies][0], /^2\.25\.\d{30,39}$/);
  assert.deepEqual(segmentation.spacing, [1, 1], 'not known: nobody takes it for a measure of a retina');
  assert.equal(photograph.laterality, 'U');
  const patient = { name: 'Müller^Ada', id: '7', birthDate: '19700101', sex: 'F' };
  const known = readBack(
    await toDicom({ ...result, dicom: null }, { photograph: photo, eye: 'OS', source: { patient } }),
  );
  assert.deepEqual([known.photograph.laterality, known.report.patient], ['L', 'Müller^Ada']);
});

test('the overlay is the photograph where there is no vessel, and blue where there is', async () => {
  const { overlay } = written;
  assert.deepEqual(overlay.size, [photo.width, photo.height]);
  const rgb = written.raw('overlay');
  const wrong = result.vessels.mask.findIndex((set, i) => {
    const [now, was] = [rgb.subarray(3 * i, 3 * i + 3), photo.data.subarray(4 * i, 4 * i + 3)];
    return set === 255 ? now[2] < now[0] + 100 : now.some((value, c) => value !== was[c]);
  });
  assert.equal(wrong, -1);
});

test("no value of a patient's ends as an error: it is in its form, or left out", async () => {
  const name = 'Geheim\0^Ada\u0085';
  const { study } = photo.dicom;
  for (const [patient, more, spacing] of [
    [
      { name, id: 'I'.repeat(65), birthDate: '1951.02.03', sex: 'female' },
      { accession: 'A'.repeat(17), id: 'S\\S' },
    ],
    [
      { name: 'N'.repeat(65), id: 7, birthDate: '19000229', sex: 'F' },
      { date: '20249999', time: '24', referrer: {} },
    ],
    [{ name: '^^^^^', id: '', birthDate: '2026-01-02' }, { time: '10:30', frameOfReference: 'x' }, [1 / 3, 1e-7]],
  ]) {
    const dicom = { ...photo.dicom, patient, study: { ...study, ...more }, pixelSpacing: spacing ?? null };
    const comment = 'two\nlines\0';
    const { report, segmentation } = readBack(await toDicom({ ...result, dicom }, { photograph: photo, comment }));
    assert.equal(report.patient, patient.name === name ? 'Geheim ^Ada' : '');
    assert.equal(report.study, study.uid);
    assert.deepEqual(segmentation.spacing, spacing === undefined ? [1, 1] : [0.333333333, 1e-7]);
  }
  for (const uid of ['not.a..uid', '.1', '1.', '1', `1.${'2'.repeat(63)}`, '1.2\0.3']) {
    const dicom = { ...photo.dicom, study: { ...study, uid } };
    const { report, photograph } = readBack(await toDicom({ ...result, dicom }, { photograph: photo }));
    assert.match(report.study, /^2\.25\.\d{30,39}$/, uid);
    assert.equal(report.source, photograph.instance);
  }
});

test("in Node.js it is decoded off the server's own loop, and nothing else is different", async () => {
  assert.equal(nodeDicom.toDicom, toDicom);
  const given = file('j2k');
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const [read] = await Promise.all([nodeDicom.readDicom(given, { name: 'j2k' }), nodeDicom.readDicom(given)]);
  clearInterval(timer);
  assert.deepEqual(read, photo);
  assert.ok(turns > 5, `${turns} turns of the loop meanwhile`);
  assert.ok(given.length > 0, "the caller's bytes stay the caller's");
  assert.deepEqual(await nodeDicom.readDicom(new Blob([given]), { name: 'j2k' }), photo);
  const pixels = { data: new Uint8Array(4 * photo.width * photo.height), width: photo.width, height: photo.height };
  for (const [name, options] of [
    ['j2k', { deidentify: true }],
    ['two-frames', { frame: 2 }],
    ['two-frames', { frame: 3 }],
    ['two-frames', { frame: () => 1 }],
    ['jpeg', {}],
    ['jpeg', { jpeg: async () => pixels }],
    ['jpeg', { jpeg: () => pixels }],
    ['jpeg', { jpeg: async () => null }],
    ['jpeg', { jpeg: () => ({ ...pixels, height: 1 }) }],
    ['j2k', { maxMegapixels: 0.1 }],
    ['j2k', { maxMegapixels: Number.NaN }],
    ['bad-j2k', {}],
    ['bad-ct', {}],
  ]) {
    const told = (/** @type {Promise<unknown>} */ one) =>
      one.catch(({ code, message, facts }) => ({ code, message, facts }));
    const [there, here] = await Promise.all(
      [nodeDicom, { readDicom }].map((m) => told(m.readDicom(file(name), options))),
    );
    assert.deepEqual(there, here, `${name}, ${Object.keys(options)}`);
  }
  const failed = new Error('no sharp here');
  const jpeg = () => Promise.reject(failed);
  await assert.rejects(nodeDicom.readDicom(file('jpeg'), { jpeg }), {
    code: 'damaged',
    message: /no sharp/,
    cause: failed,
  });
});

test('a process that has read an object ends by itself', () => {
  const script = `import { readFileSync } from 'node:fs';
    const { readDicom } = await import(${JSON.stringify(join(ROOT, 'web/node-dicom.js'))});
    const { width } = await readDicom(new Uint8Array(readFileSync(${JSON.stringify(join(objects, 'rle.dcm'))})));
    console.log(width);`;
  const { stdout, status } = spawnSync('node', ['--input-type=module', '-e', script], {
    timeout: 60_000,
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, status], [`${photo.width}\n`, 0]);
});

test('the second frame of two is the one that is referred to', async () => {
  const { dicom } = await readDicom(file('two-frames'), { frame: 2 });
  const { segmentation } = readBack(await toDicom({ ...result, dicom }));
  assert.equal(segmentation.frame, 2);
});

test('bits: the first pixel lowest, an even number of bytes', () => {
  const mask = new Uint8Array(19);
  for (const i of [0, 3, 8, 18]) mask[i] = 255;
  assert.deepEqual([...new Uint8Array(packBits(mask))], [9, 1, 4, 0]);
});

test('what cannot be written or read is refused by name', async () => {
  const half = { ...photo, width: photo.width / 2 };
  for (const [given, context, pattern] of [
    [{}, {}, /the result is of kind unknown/],
    [null, {}, /unknown/],
    [result, { photograph: half }, /photograph has \d+ bytes for 180 x 351/],
    [result, { eye: 'left' }, /eye 'left' is unknown/],
    [result, { made: new Date(Number.NaN) }, /made is no time/],
    [{ ...result, dicom: null }, {}, /give its pixels as photograph/],
    [{ ...result, dicom: { ...photo.dicom, study: null } }, {}, /give its pixels as photograph/],
  ])
    await assert.rejects(toDicom(given, context), { code: 'argument', message: pattern });
  await assert.rejects(readDicom('text'), { code: 'argument', message: /not a file but string/ });
  await assert.rejects(readDicom(new Uint8Array(0), { name: 'none' }), { code: 'format' });
  const png = new Uint8Array(readFileSync(join(ROOT, 'web/sample/retina.jpg')));
  await assert.rejects(readDicom(png, { name: 'x.jpg' }), { code: 'format', message: /^x\.jpg: not a DICOM object/ });
  await assert.rejects(readDicom(file('jpeg'), { name: 'jpeg' }), { code: 'unsupported', message: /give one as jpeg/ });
  const jpeg = async () => ({ data: new Uint8Array(4), width: 1, height: 1 });
  await assert.rejects(readDicom(file('jpeg'), { jpeg }), { code: 'argument', message: /neither scale nor turn/ });
});

test('a JPEG inside, by a decoder that is given', async () => {
  const { default: sharp } = await import('sharp');
  const jpeg = async (bytes) => {
    const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  };
  for (const name of ['jpeg', 'jpeg-rgb']) {
    const { data, notes } = await readDicom(file(name), { jpeg });
    const furthest = data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - photo.data[i])), 0);
    assert.ok(furthest <= 12, `${name}: ${furthest}`);
    assert.deepEqual(notes, []);
  }
});

test("the page's Save menu: into the object's own study, else into a new one; nobody's with the tick", async () => {
  const { page, seen, close } = await site.open();
  await page.click('#to-batch');
  await page.setInputFiles('[data-testid=batch-file]', [
    { name: 'one.dcm', mimeType: '', buffer: Buffer.from(file('j2k')) },
    ...['007_left.jpg', '007_right.jpg'].map((name) => ({
      name,
      mimeType: '',
      buffer: readFileSync(join(ROOT, 'web/sample/retina.jpg')),
    })),
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody .answer').length === 3);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 3);
  const saved = async (place = 'batch') => {
    const item = page.locator(`#${place}-save-menu [data-export=dicom]:enabled`);
    if (!(await item.isVisible())) await page.click(`[data-testid=${place}-save]`);
    const [download] = await Promise.all([page.waitForEvent('download'), item.click()]);
    const files = unzipSync(new Uint8Array(readFileSync(await download.path())));
    const folders = {};
    for (const [path, bytes] of Object.entries(files)) {
      const [folder, name] = path.split('/').slice(-2);
      folders[folder] ??= {};
      folders[folder][name.replace('.dcm', '')] = bytes;
    }
    return { name: download.suggestedFilename(), folders };
  };
  const { name, folders: open } = await saved();
  assert.match(name, /^results-\d{4}-\d\d-\d\d\.dicom\.zip$/);
  assert.deepEqual(Object.keys(open).sort(), ['0001-one', '0002-007_left', '0003-007_right']);
  const [own, fresh] = [readBack(open['0001-one']), readBack(open['0002-007_left'])];
  assert.deepEqual([own.photograph, own.segmentation.source], [null, photo.dicom.study.instance]);
  assert.deepEqual([own.report.study, own.report.patient], ['2.25.1', 'Größe^Phantom']);
  assert.ok(own.raw('mask').some((value) => value === 255));
  assert.equal(fresh.report.source, fresh.photograph.instance);
  assert.deepEqual([fresh.photograph.laterality, fresh.photograph.id], ['L', '007']);
  assert.notEqual(fresh.report.study, own.report.study);
  const doubt = 'The same file stands as both eyes';
  assert.deepEqual(
    Object.values(open).map((files) => Buffer.from(files.report).includes(doubt)),
    [false, true, true],
    'what speaks against an answer stands beside it',
  );

  await page.click('[data-testid=batch-save]');
  await page.check('#batch-save-menu .save-plain input');
  const { name: plain, folders: closed } = await saved();
  assert.match(plain, /^deidentified-\d{4}-\d\d-\d\d\.dicom\.zip$/);
  assert.deepEqual(Object.keys(closed).sort(), ['0001', '0002', '0003']);
  for (const files of Object.values(closed))
    for (const bytes of Object.values(files)) {
      const text = Buffer.from(bytes).toString('latin1');
      for (const told of ['Phantom', '007_left', 'one.dcm']) assert.ok(!text.includes(told), told);
      // Whole: a new UID is random, and begins like one of these every few hundred runs.
      for (const uid of ['2.25.1', photo.dicom.study.instance])
        assert.doesNotMatch(text, new RegExp(`(?<![\\d.])${uid.replaceAll('.', '\\.')}(?![\\d.])`), uid);
    }
  assert.ok('photograph' in closed['0001'], 'its own is not referred to, so that it comes along');

  await page.locator('.photographs .open', { hasText: 'one.dcm' }).click();
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'one.dcm');
  await page.waitForSelector('[data-testid=case-save]:visible');
  const { name: stem, folders: looked } = await saved('case');
  assert.deepEqual([stem.endsWith('.dicom.zip'), Object.keys(looked).length], [true, 1], 'who is looked at, alone');
  const [only] = Object.values(looked).map(readBack);
  assert.deepEqual([only.report.study, only.segmentation.source], ['2.25.1', photo.dicom.study.instance]);
  assert.deepEqual(only.raw('mask'), own.raw('mask'));
  const drawn = await page.evaluate(() => {
    const plain = (patch) => ({ ...patch, data: [...patch.data] });
    const { vessels, disc, cup } = window.vmnetLast;
    return { mask: [...vessels.mask], disc: plain(disc), cup: plain(cup) };
  });
  assert.deepEqual(only.raw('mask'), new Uint8Array(drawn.mask));
  for (const part of ['disc', 'cup'])
    assert.deepEqual(only.raw(part), whole({ ...drawn[part], data: new Uint8Array(drawn[part].data) }), part);
  await close();
  assert.deepEqual(seen.violations, []);
});

test('what was turned upright is said with the quality, also where it cannot be judged; of others nothing', async () => {
  const told = async (orientation, gradable = true) => {
    const quality = { ...result.report.quality, gradable };
    const { report } = readBack(await toDicom({ ...result, report: { ...result.report, quality, orientation } }));
    return report.groups.quality.filter(([name]) => name === '121106').map(([, text]) => text);
  };
  for (const orientation of [undefined, { turned: 0, sideways: 0.01 }]) assert.deepEqual(await told(orientation), []);
  for (const turned of [90, 270]) {
    const orientation = { turned, sideways: 0.99 };
    assert.deepEqual(await told(orientation), [turnedText({ orientation })]);
    assert.deepEqual(await told(orientation, false), [turnedText({ orientation })]);
  }
});
