/** DICOM objects: every coding gives the photograph's own pixels, and what is no photograph is refused in words. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { VmnetError } from '../../web/errors.js';
import { fileNote } from '../../web/page/words/terms.js';
import { siteForAll } from '../browser/browser.mjs';
import { furthest, ROOT, scratch } from '../js/native.mjs';

/** Furthest that a colour may be from the source's. @type {Record<string, number>} */
const LOSSLESS = Object.fromEntries(
  [
    ...['explicit', 'implicit', 'deflated', 'planar', 'vl-photographic', 'secondary-capture', 'two-frames'],
    ...[
      'rle',
      'rle-dcmtk',
      'jpeg-ls',
      'jpeg-ls-dcmtk',
      'j2k',
      'j2k-rct',
      'jpeg-lossless',
      'jpeg-lossless-p14',
      'item-ends',
    ],
  ].map((name) => [name, 0]),
);
const LOSSY = { 'ybr-full': 1, 'jpeg-ls-near': 3, 'j2k-ict': 12 };
const JPEG = { jpeg: 12, 'jpeg-rgb': 12, 'jpeg-extended': 12, 'jpeg-two-frames': 12 };

const site = siteForAll();
/** @type {string} */
let folder;
let width = 0;
let height = 0;
/** @type {Uint8Array} */
let source;
/** @type {typeof import('../../web/dicom/decode.js').decodeDicom} */
let decodeDicom;

before(async () => {
  folder = scratch();
  const made = execFileSync(
    join(ROOT, 'build/venv/bin/python'),
    [join(ROOT, 'tests/dicom/objects.py'), join(ROOT, 'web/sample/retina.jpg'), folder],
    { encoding: 'utf8' },
  );
  [width, height] = made.trim().split('\n').at(-1).split(' ').map(Number);
  source = new Uint8Array(readFileSync(join(folder, 'source.rgb')));
  ({ decodeDicom } = await import('../../web/dicom/decode.js'));
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name */
const file = (name) => new Uint8Array(readFileSync(join(folder, `${name}.dcm`)));
/** @param {string} name @param {object} [which] */
const decode = (name, which) => decodeDicom(name, file(name), 40, which);

test('every coding gives the pixels', async () => {
  for (const [name, most] of Object.entries({ ...LOSSLESS, ...LOSSY })) {
    const { image } = await decode(name);
    assert.deepEqual([image.width, image.height], [width, height], name);
    const found = furthest(image.data, source);
    assert.ok(found <= most, `${name}: ${found} > ${most}`);
  }
  for (const [name, most] of [
    ['palette', 0],
    ['ybr-422', 1], // half of its colours are gone before
  ]) {
    const { image } = await decode(name);
    const found = furthest(image.data, new Uint8Array(readFileSync(join(folder, `${name}.rgb`))));
    assert.ok(found <= most, `${name}: ${found} > ${most}`);
  }
  const grey = (await decode('monochrome')).image.data;
  assert.ok(grey.every((value, i) => i % 4 === 3 || value === grey[i - (i % 4)]));
});

test('each frame is a photograph, and there is no other', async () => {
  const second = await decode('two-frames', { frame: 2 });
  const mirrored = source.map((_, i) => {
    const [row, column] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
    return source[3 * (row * width + width - 1 - column) + (i % 3)];
  });
  assert.equal(furthest(second.image.data, mirrored), 0);
  assert.deepEqual([second.dicom.frame, second.dicom.frames], [2, 2]);
  assert.match(second.note, /2 photographs: only number 2/);
  assert.equal(fileNote(second.note), 'Only number 2 of the 2 pictures in this file was screened.');
  for (const frame of [0, 3, 1.5, Number.NaN])
    await assert.rejects(decode('two-frames', { frame }), { code: 'argument', message: /must be 1 to 2/ });
});

test('what it says of itself comes along, and without patient and study where told', async () => {
  const { dicom } = await decode('explicit');
  assert.equal(dicom.patient.name, 'Größe^Phantom');
  assert.deepEqual([dicom.patient.id, dicom.patient.birthDate, dicom.patient.sex], ['VM-1', '19600102', 'O']);
  assert.deepEqual([dicom.study.uid, dicom.study.accession], ['2.25.1', 'A1']);
  assert.deepEqual([dicom.laterality, dicom.pixelSpacing], ['R', [0.0075, 0.008]]);
  const bare = (await decode('explicit', { deidentify: true })).dicom;
  assert.deepEqual(bare, { ...dicom, patient: null, study: null });
  assert.doesNotMatch(JSON.stringify(bare), /Größe|VM-1|19600102|20261127|2\.25\./);
});

test('what is no UID is none: it could come into a path or an address', async () => {
  const whole = readFileSync(join(folder, 'explicit.dcm'), 'latin1');
  for (const bad of ['../../', '......', '/etc/x', '1/../2', '      ', '1.2..3', '225125', '2.25.\\', '2.25.:']) {
    const named = (/** @type {string} */ uid) => bad.padEnd(uid.length, bad).slice(0, uid.length);
    const object = Buffer.from(whole.replace(/2\.25\.\d+/g, named), 'latin1');
    const { dicom } = await decodeDicom('bad.dcm', new Uint8Array(object), 40);
    const { uid, series, instance, accession } = dicom.study;
    assert.deepEqual([uid, series, instance, accession], [null, null, null, 'A1'], bad);
  }
});

test('what is no photograph, or not whole, is refused with its tag or syntax', async () => {
  const cases = [
    ['bad-truncated', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-header', 'damaged', null],
    ['bad-zeros', 'damaged', { why: 'dicom', tag: '(0002,0010)' }],
    ['bad-j2k', 'damaged', null],
    ['bad-size', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-short', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-sequence-ends', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-sequence-ends-within', 'damaged', { why: 'dicom', tag: '(FFFE,E0DD)' }],
    ['bad-item-ends-within', 'format', { why: 'dicom-no-pixels', tag: '(7FE0,0010)' }],
    ['bad-no-pixels', 'format', { why: 'dicom-no-pixels', tag: '(7FE0,0010)' }],
    ['bad-12-bit', 'format', { why: 'dicom-bits', bits: 12 }],
    ['bad-room', 'format', { why: 'dicom-bits', bits: 16 }],
    ['bad-room-little', 'format', { why: 'dicom-bits', bits: 1 }],
    ['bad-no-end', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-header-cut', 'damaged', { why: 'dicom', tag: '(0002,0010)' }],
    ['bad-in-fragments', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-not-j2k', 'damaged', { why: 'dicom', tag: '(7FE0,0010)' }],
    ['bad-implicit', 'damaged', { why: 'dicom', tag: '(0008,0005)' }],
    ['bad-colours-vast', 'format', { why: 'dicom-colours', colours: '-' }],
    ['bad-ct', 'format', { why: 'dicom-kind', kind: 'CT Image' }],
    ['bad-pdf', 'format', { why: 'dicom-kind', kind: 'Encapsulated PDF' }],
    ['bad-colours', 'format', { why: 'dicom-colours', colours: 'HSV' }],
    ['bad-colours-long', 'format', { why: 'dicom-colours', colours: 'YBR_PARTIAL_420' }],
    ['bad-kind-long', 'format', { why: 'dicom-kind', kind: `1.2.840.10008.${'1'.repeat(50)}` }],
    ['bad-frames', 'damaged', { why: 'dicom', tag: '(0028,0008)' }],
    ['bad-syntax', 'format', { why: 'dicom-syntax', syntax: '1.2.840.10008.1.2.4.102' }],
  ];
  for (const [name, code, facts] of cases)
    await assert.rejects(decode(name), (error) => {
      assert.ok(error instanceof VmnetError, `${name}: ${error.stack}`);
      assert.equal(error.code, code, `${name}: ${error.message}`);
      assert.match(error.message, /^[^:;]+: a DICOM object, but .+; .+/, 'input: problem; remedy');
      if (facts === null) assert.match(error.facts.tag, /\([0-9A-F]{4},[0-9A-F]{4}\)/, error.message);
      else assert.deepEqual(error.facts, facts, error.message);
      return true;
    });
});

test('300 damaged objects: pixels or an error of ours, nothing else', async () => {
  let seed = 1;
  const random = (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const seeds = ['rle', 'jpeg-lossless', 'jpeg-ls', 'j2k', 'deflated', 'palette'].map(file);
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const bytes = seeds[round % seeds.length].slice();
    // Most faults in the header: behind it they are the codecs' business, and slow.
    const reach = round % 10 === 0 ? bytes.length : 1500;
    for (let n = 1 + random(6); n > 0; n--) bytes[132 + random(reach - 132)] = random(256);
    const cut = round % 7 === 0 ? bytes.slice(0, random(bytes.length)) : bytes;
    try {
      await decodeDicom('fuzz', cut, 1);
    } catch (error) {
      assert.ok(error instanceof VmnetError, `round ${round}: ${error?.stack}`);
      refused++;
    }
  }
  assert.ok(refused > 100 && refused < 300, `${refused} refused`);
});

test("in the browser, under the page's policy: its own decoder, the codecs, the module", async () => {
  const { page, seen, close } = await site.open();
  const objects = Object.fromEntries(
    [...Object.keys(JPEG), 'j2k', 'jpeg-ls', 'jpeg-lossless', 'bad-ct'].map((name) => [
      name,
      Buffer.from(file(name)).toString('base64'),
    ]),
  );
  const answers = await page.evaluate(async (given) => {
    const fileOf = (name) => new File([Uint8Array.from(atob(given[name]), (c) => c.charCodeAt(0))], `${name}.dcm`);
    const { bitmapOf } = await import('/web/page/intake/bitmap.js');
    const pixels = {};
    for (const name of Object.keys(given).filter((n) => !n.startsWith('bad'))) {
      const bitmap = await bitmapOf(fileOf(name)); // as the page shows it
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      pixels[name] = await window.__base64(context.getImageData(0, 0, bitmap.width, bitmap.height).data);
    }
    const { load } = await import('/web/vmnet.js');
    const model = await load({ threads: 1 });
    const { dicom, report } = await model.screen(fileOf('j2k'), { heatmaps: false });
    const lossless = await model.screen(fileOf('jpeg-ls'), { heatmaps: false, deidentify: true });
    const error = await model.screen(fileOf('bad-ct')).catch(({ code, message, facts }) => ({ code, message, facts }));
    model.close();
    return { pixels, dicom, report, lossless: { dicom: lossless.dicom, report: lossless.report }, error };
  }, objects);
  await close();
  for (const [name, text] of Object.entries(answers.pixels)) {
    const found = furthest(new Uint8Array(Buffer.from(text, 'base64')), source);
    assert.ok(found <= (JPEG[name] ?? 0), `${name}: ${found}`);
  }
  assert.equal(answers.dicom.patient.id, 'VM-1');
  assert.deepEqual([answers.lossless.dicom.patient, answers.lossless.dicom.study], [null, null]);
  assert.deepEqual(answers.report.decision, answers.lossless.report.decision, 'the same pixels, the same answer');
  assert.deepEqual(answers.error.facts, { why: 'dicom-kind', kind: 'CT Image' });
  assert.equal(answers.error.code, 'format');
  assert.deepEqual(seen.violations, []);
});
