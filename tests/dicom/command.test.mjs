/** DICOM in the command: the page's pixels and words for the same objects, and the objects that web/dicom.js would write. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { encode } from 'fast-png';
import { GRADE_NONE, GRADE_NOTE } from '../../web/codes.js';
import { decodeDicom } from '../../web/dicom/decode.js';
import { toDicom } from '../../web/dicom.js';
import { ROOT, scratch, weightsChanged, weightsGraded } from '../js/native.mjs';

const VMNET = join(ROOT, 'build/native/vmnet');
const python = (...args) => execFileSync(join(ROOT, 'build/venv/bin/python'), args, { encoding: 'utf8' });

/** Furthest that a colour may be from the source's. @type {Record<string, number>} */
const FURTHEST = {
  ...Object.fromEntries(
    [
      ...['explicit', 'implicit', 'deflated', 'planar', 'vl-photographic', 'secondary-capture', 'two-frames'],
      ...['rle', 'rle-dcmtk', 'jpeg-ls', 'jpeg-ls-dcmtk', 'j2k', 'j2k-rct', 'jpeg-lossless', 'jpeg-lossless-p14'],
      ...['palette', 'item-ends'],
    ].map((name) => [name, 0]),
  ),
  ...{ 'ybr-full': 1, 'ybr-422': 1, 'jpeg-ls-near': 3, 'j2k-ict': 12 },
  ...{ jpeg: 12, 'jpeg-rgb': 12, 'jpeg-extended': 12, 'jpeg-two-frames': 12 },
};

let folder;
let width = 0;
let height = 0;

/** @param {string} name */
const path = (name) => join(folder, `${name}.dcm`);
/** @param {string} name */
const bytes = (name) => new Uint8Array(readFileSync(path(name)));
const env = () => ({ ...process.env, TMPDIR: join(folder, 'temporary') });

/** @param {string[]} words */
function vmnet(words, options = {}) {
  const size = words.includes('--size') ? [] : ['--size', '256'];
  const done = spawnSync(VMNET, ['screen', ...words, ...size], {
    cwd: ROOT,
    encoding: 'utf8',
    env: env(),
    maxBuffer: 2 ** 26,
    ...options,
  });
  assert.deepEqual(readdirSync(env().TMPDIR), [], 'nothing of a patient stays in the temporary folder');
  return done;
}

/** The objects that the command writes, by name, and the report. @param {string} file @param {string[]} [more] */
function written(file, ...more) {
  const out = scratch();
  const { status, stdout, stderr } = vmnet([file, '--dicom', out, '--json', ...more]);
  assert.equal(status, 0, `${file}: ${stderr}`);
  const files = Object.fromEntries(
    readdirSync(out).map((name) => [name.replace('.dcm', ''), new Uint8Array(readFileSync(join(out, name)))]),
  );
  return { out, files, report: JSON.parse(stdout), stderr };
}

/** 255 for each bit of a Segmentation, which ends with them: its frames. @param {Uint8Array} file @param {number} count */
function masksOf(file, count) {
  const size = width * height;
  const bits = file.subarray(file.length - Math.ceil((count * size) / 16) * 2);
  return Array.from({ length: count }, (_, frame) =>
    Uint8Array.from({ length: size }, (__, at) => {
      const i = frame * size + at;
      return bits[i >> 3] & (1 << (i & 7)) ? 255 : 0;
    }),
  );
}

/** What dcmdump says, without what is made anew each time: UIDs but the source's, times, who wrote it. @param {string} file */
function dumped(file) {
  const text = execFileSync('dcmdump', ['-q', '+L', '-Un', '+U8', file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return text
    .split('\n')
    .filter((line) => !/^(#|\(0002|$)|\((7fe0,0010|fffe,)|\(0008,00(12|13|21|31|23|33)\)/.test(line.trimStart()))
    .map((line) => line.replace(/\s+#.*/, '').replace(/(UI \[2\.25\.)\d{20,}/, '$1'))
    .map((line) => line.replace(/(SQ|na) \(.*/, '$1'))
    .map((line) => line.replace(/(DS \[|FD )([-\d.e]+)\]?$/, (_, vr, number) => `${vr}${Number(number)}`));
}

before(() => {
  folder = scratch();
  mkdirSync(env().TMPDIR);
  const made = process.env.DICOM_OBJECTS; // by whoever runs these tests many times, with what was said of them
  if (made) cpSync(made, folder, { recursive: true });
  const said = made
    ? readFileSync(join(made, 'said.txt'), 'utf8')
    : python(join(ROOT, 'tests/dicom/objects.py'), join(ROOT, 'web/sample/retina.jpg'), folder);
  [width, height] = said.trim().split('\n').at(-1).split(' ').map(Number);
});
after(() => rmSync(folder, { recursive: true }));

test('every coding gives the pixels', async () => {
  const names = Object.keys(FURTHEST);
  const out = scratch();
  const { status, stderr } = vmnet([...names.map(path), path('monochrome'), '--dicom', out]);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /monochrome\.dcm: photograph: the picture is grey/);
  assert.match(stderr, new RegExp(`1 of ${names.length + 1} photographs`));
  for (const [name, most] of Object.entries(FURTHEST)) {
    const [overlay, segmentation] = ['overlay', 'segmentation'].map(
      (kind) => new Uint8Array(readFileSync(join(out, name, `${kind}.dcm`))),
    );
    const { image } = await decodeDicom(name, overlay, 40);
    assert.deepEqual([image.width, image.height], [width, height], name);
    const [mask] = masksOf(segmentation, 1);
    const own = join(folder, `${name}.rgb`);
    const source = new Uint8Array(readFileSync(existsSync(own) ? own : join(folder, 'source.rgb')));
    let [furthest, seen] = [0, 0];
    for (let i = 0; i < mask.length; i++)
      for (let c = 0; c < 3 && mask[i] === 0; c++, seen++)
        furthest = Math.max(furthest, Math.abs(image.data[4 * i + c] - source[3 * i + c]));
    assert.ok(furthest <= most, `${name}: ${furthest} > ${most}`);
    assert.ok(seen > 2 * mask.length, name);
  }
});

test('each frame is a photograph, and there is no other', async () => {
  const [first, second] = [written(path('two-frames')), written(path('two-frames'), '--frame', '2')];
  assert.match(second.stderr, /two-frames\.dcm: a DICOM object of 2 photographs: only number 2 was read/);
  const sides = [first, second].map(({ report }) => report.laterality.guess);
  assert.deepEqual(new Set(sides), new Set(['OD', 'OS']), 'the second is the mirrored one');
  assert.ok(dumped(join(second.out, 'segmentation.dcm')).some((line) => /\(0008,1160\) IS \[2\]/.test(line)));
  const { status, stderr } = vmnet([path('two-frames'), '--frame', '3', '--dicom', folder]);
  assert.equal(status, 1);
  assert.match(stderr, /frame 3 must be 1 to 2, the number of frames \(0028,0008\)/);
  const tenth = written(path('jpeg-ten-frames'), '--frame', '10');
  assert.match(tenth.stderr, /a DICOM object of 10 photographs: only number 10 was read/);
});

test('a frame may lie in several fragments', () => {
  const answers = (/** @type {string[]} */ names, /** @type {string} */ frame) =>
    vmnet(['--jsonl', '--frame', frame], { input: names.map(path).join('\n') })
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line).report?.diseases);
  const [one, j2k, ls, jpeg, whole] = answers(
    ['explicit', 'pieces-j2k', 'pieces-jpeg-ls', 'pieces-jpeg', 'jpeg-two-frames'],
    '1',
  );
  assert.deepEqual([j2k, ls, jpeg], [one, one, whole]);
  const [none, again, other, mirrored] = answers(
    ['pieces-j2k', 'pieces-jpeg-ls', 'pieces-jpeg', 'jpeg-two-frames'],
    '2',
  );
  assert.deepEqual([none, again, other], [undefined, one, mirrored]);
  assert.notDeepEqual(other, jpeg);
});

/** A folder for PATH with a dcmdump that first does as it is told. @param {string} first of a shell */
function dcmdumpThat(first) {
  const bin = scratch();
  const real = execFileSync('which', ['dcmdump'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'dcmdump'), `#!/bin/sh\n${first}\nexec ${real} "$@"\n`, { mode: 0o755 });
  return { ...env(), PATH: `${bin}:${process.env.PATH}` };
}

test('more fragments than a photograph has are not written to files', () => {
  const only = dcmdumpThat('case "$*" in *+W*) exit 1 ;; esac');
  const { status, stderr } = vmnet([path('pieces-many'), '--out', scratch()], { env: only });
  assert.equal(status, 1);
  assert.match(stderr, /\(7FE0,0010\) is in 5000 fragments, over the limit of 4096/);
});

test('a signal that ends the command leaves nothing of a patient behind', () => {
  for (const threads of ['1', '2'])
    for (const name of ['TERM', 'INT', 'HUP']) {
      const done = vmnet([path('explicit'), '--out', scratch(), '--threads', threads], {
        env: dcmdumpThat(`kill -${name} $PPID`),
      });
      assert.equal(done.signal, `SIG${name}`, `${threads} threads: ${done.stderr}`);
      assert.equal(done.stdout, '');
    }
});

test('who ignores the end of programs can start it', () => {
  python(
    '-c',
    `
import signal, subprocess, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
done = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
assert b"could not be started" not in (said := done.stdout.read()) and b"\\t" in said, said`,
    ...[VMNET, 'screen', path('explicit'), '--weights', join(ROOT, 'weights/vmnet.safetensors')],
    ...['--out', scratch(), '--only-report', '--size', '256'],
  );
});

test("what is no photograph, or not whole, is refused in the page's words", async () => {
  const bad = readdirSync(folder).filter((name) => name.startsWith('bad-'));
  assert.ok(bad.length >= 15);
  const { stdout, status } = vmnet(['--jsonl'], { input: bad.map((name) => join(folder, name)).join('\n') });
  assert.equal(status, 1);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const [i, name] of bad.entries()) {
    const page = await decodeDicom(name, new Uint8Array(readFileSync(join(folder, name))), 40).catch((error) => error);
    const { code, why, text } = answers[i].error;
    // Why a file ends early, its reader says in its own words.
    const words = (/** @type {string} */ said) => said.replace(/(what follows it|cannot be unpacked) \(.*\);/, '$1;');
    assert.equal(words(`${name}: ${text}`), words(page.message));
    assert.doesNotMatch(text, /reading file/, 'which is a name of our own');
    assert.deepEqual([code, why], [page.code, page.facts.why], name);
  }
});

test('what a deflated object unpacks to has a limit, and no program is asked before', async () => {
  const packed = Buffer.from(bytes('deflated'));
  const start = 144 + packed.readUInt32LE(140); // behind the header, whose first element is its length
  const data = inflateRawSync(packed.subarray(start));
  const pixels = data.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
  const filler = Buffer.alloc(257 * 2 ** 20);
  const head = Buffer.from('\x11\0\x10\0LO\x04\0ACME\x11\0\x01\x10OB\0\0----', 'latin1');
  head.writeUInt32LE(filler.length, head.length - 4);
  const all = Buffer.concat([data.subarray(0, pixels), head, filler, data.subarray(pixels)]);
  writeFileSync(path('bomb'), Buffer.concat([packed.subarray(0, start), deflateRawSync(all, { level: 1 })]));
  const page = await decodeDicom('bomb', bytes('bomb'), 40).catch((error) => error);
  assert.match(page.message, /over the limit of 256 MiB/);
  const { stdout } = vmnet(['--jsonl'], { input: path('bomb'), env: dcmdumpThat('echo asked >&2; exit 1') });
  const { code, why, text } = JSON.parse(stdout).error;
  assert.deepEqual([code, why, `bomb: ${text}`], [page.code, page.facts.why, page.message]);
});

test('damaged objects: a report or an error, one line each', () => {
  let seed = 7;
  const random = (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const seeds = ['rle', 'jpeg-lossless', 'jpeg-ls', 'j2k', 'deflated', 'palette', 'jpeg-two-frames'].map(bytes);
  const paths = Array.from({ length: 70 }, (_, round) => {
    const damaged = seeds[round % seeds.length].slice();
    const reach = round % 5 === 0 ? damaged.length : 1500;
    for (let n = 1 + random(6); n > 0; n--) damaged[132 + random(reach - 132)] = random(256);
    const file = join(folder, `damaged-${round}`);
    writeFileSync(file, round % 7 === 0 ? damaged.slice(0, random(damaged.length)) : damaged);
    return file;
  });
  const { stdout, status } = vmnet(['--jsonl'], { input: paths.join('\n') });
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    answers.map((answer) => answer.path),
    paths,
  );
  const refused = answers.filter(({ error }) => error !== undefined);
  assert.equal(status, 1);
  assert.ok(refused.length > 20 && refused.length < 70, `${refused.length} refused`);
  for (const { error } of refused)
    assert.ok(['format', 'damaged', 'too-small', 'too-large', 'not-fundus'].includes(error.code), error.text);
});

const NONE = '(no value available)';
/** What becomes of values that are not in the form of their kind. @type {Record<string, [tag: string, value: string][]>} */
const ODD = {
  'odd-wide': [['0010,0010', `[${`=${'ö'.repeat(62)}^A`.repeat(3).slice(1)}]`]],
  'odd-mended': [
    ['0010,0010', `[${'N'.repeat(62)}^A]`],
    ['0008,0090', '[Dr  ^ Ada]'],
    ['0010,0020', `[${'9'.repeat(64)}]`],
    ['0010,0030', '[19510203]'],
    ['0008,0020', '[20240229]'],
    ['0008,0030', '[103005.25]'],
    ['0008,0050', `[${'A'.repeat(16)}]`],
    ['0020,000d', '[2.25.1]'],
  ],
  'odd-edge': [
    ['0010,0010', '[Zoëა\u{100000}^A]'],
    ['0008,0050', `[${'A'.repeat(16)}]`],
    ['0008,0030', '[103005.123456]'],
    ['0020,000d', `[1.2.${'3'.repeat(60)}]`],
  ],
  'odd-unknown': [['0010,0010', '[Müller^A]']],
  'odd-escaped': [
    ['0010,0010', NONE],
    ['0010,0020', '[VM-1]'],
    ['0020,000d', '[2.25.1]'],
  ],
  'odd-left-out': [
    ...['0010,0010', '0010,0020', '0010,0030', '0010,0040', '0008,0020', '0008,0030', '0008,0050', '0008,0090'],
    '0020,0010',
  ]
    .map((tag) => /** @type {[string, string]} */ ([tag, NONE]))
    .concat([['0020,000d', '[2.25.']]),
};

test('it writes what web/dicom.js writes of the same report, and the validator has no error', async () => {
  const theirs = scratch();
  for (const [name, more] of [
    ['explicit', ['--size', '512']], // where optic disc and cup are drawn, too
    ['j2k', ['--point', 'screening']],
    ['explicit', ['--deidentify']],
    ['odd-wide', []],
    ['odd-mended', []],
    ['odd-edge', []],
    ['odd-unknown', []],
    ['odd-escaped', []],
    ['odd-left-out', []],
  ]) {
    const { out, files, report } = written(path(name), ...more);
    const bare = more.includes('--deidentify');
    const along = bare || name === 'odd-left-out' ? ['photograph'] : [];
    assert.deepEqual(Object.keys(files).sort(), ['overlay', ...along, 'report', 'segmentation']);
    const { image, dicom } = await decodeDicom(name, bytes(name), 40, { deidentify: bare });
    assert.equal(report.disc_and_cup.valid, more.includes('512'));
    const masks = masksOf(files.segmentation, more.includes('512') ? 3 : 1);
    for (const mask of masks) assert.ok(mask.includes(255));
    const [mask, disc, cup] = masks.map((data) => ({ x: 0, y: 0, width, height, data }));
    const given = { report, width, height, vessels: { mask: mask.data }, disc, cup, dicom };
    const page = await toDicom(given, { photograph: image });
    for (const [kind, own] of Object.entries(files)) {
      const validated = spawnSync('dciodvfy', [join(out, `${kind}.dcm`)], { encoding: 'utf8' });
      // It counts the bytes of a name in all its spellings; the standard counts the letters of each.
      const wide = /^Error - (Value .* PN Patient's Name .* Length invalid .*|Dicom dataset contains invalid .*)$/gm;
      const said = name === 'odd-wide' ? validated.stderr.replace(wide, '') : validated.stderr;
      assert.doesNotMatch(said, /^Error/m, `${name}, ${kind}: ${said}`);
      assert.match(validated.stderr, /^(SCImage|Segmentation|Comprehensive3DSR)$/m);
      writeFileSync(join(theirs, 'object.dcm'), page[kind]);
      const [ours, wanted] = [join(out, `${kind}.dcm`), join(theirs, 'object.dcm')].map((file) =>
        dumped(file).filter((line) => !bare || !/^\(0008,00[23]0\)/.test(line)),
      ); // a study of its own is of now
      assert.deepEqual(ours, wanted, kind);
      assert.ok(ours.length > 30);
      for (const [tag, value] of ODD[name] ?? [])
        assert.ok(
          ours.some((line) => line.startsWith(`(${tag})`) && line.includes(value)),
          `${kind}: ${tag} is not ${value}`,
        );
      if (kind === 'overlay' || kind === 'photograph') {
        const [a, b] = [own, page[kind]].map((file) => file.subarray(file.length - 3 * width * height));
        assert.deepEqual(a, b, kind);
      }
      if (bare) assert.doesNotMatch(Buffer.from(own).toString('latin1'), /Phantom|VM-1|19600102|20261127|2\.25\.1\b/);
    }
  }
});

test('no UID of an object leads out of the folder', () => {
  const whole = readFileSync(path('explicit'), 'latin1');
  const inner = join(scratch(), 'a', 'b');
  mkdirSync(inner, { recursive: true });
  for (const bad of ['../../', '/etc/x', '      ']) {
    const named = (/** @type {string} */ uid) => bad.padEnd(uid.length, bad).slice(0, uid.length);
    writeFileSync(join(inner, 'bad.dcm'), Buffer.from(whole.replace(/2\.25\.\d+/g, named), 'latin1'));
    const { files, out } = written(join(inner, 'bad.dcm'));
    assert.deepEqual(Object.keys(files).sort(), ['overlay', 'photograph', 'report', 'segmentation'], bad);
    const uid = uidOf(files.report, '0020,000d');
    assert.match(uid, /^2\.25\.\d{30,}$/);
    const number = BigInt(uid.slice('2.25.'.length)); // a UUID by chance, which says so
    assert.deepEqual([(number >> 76n) & 15n, (number >> 62n) & 3n], [4n, 2n], uid);
    for (const kind of Object.keys(files))
      assert.doesNotMatch(readFileSync(join(out, `${kind}.dcm`), 'latin1'), /\.\.\/|\/etc/, kind);
  }
  assert.deepEqual(readdirSync(inner), ['bad.dcm']);
});

test('highdicom reads it: the mask to the pixel, every group', () => {
  const { out } = written(path('jpeg-ls'), '--size', '512');
  const read = JSON.parse(python(join(ROOT, 'tests/dicom/read_back.py'), out));
  const { status } = vmnet([path('jpeg-ls'), '--out', out, '--size', '512']);
  assert.equal(status, 0);
  python(
    '-c',
    `
import sys, numpy as np
from PIL import Image
for picture, raw in (("vessels", "mask"), ("disc", "disc"), ("cup", "cup")):
    png = np.asarray(Image.open(f"{sys.argv[1]}/{picture}.png"))
    assert png.any() and (png.ravel() == np.fromfile(f"{sys.argv[1]}/{raw}.raw", np.uint8)).all()`,
    out,
  );
  assert.equal(read.segmentation.patient, 'Größe^Phantom');
  assert.equal(read.report.retina, Object.keys(read.report.groups).length);
  assert.ok(read.report.measured > 15);
});

test('a photograph that was no DICOM object comes along', () => {
  const source = new Uint8Array(readFileSync(join(folder, 'source.rgb')));
  writeFileSync(join(folder, 'photo.png'), encode({ width, height, data: source, channels: 3 }));
  const { files } = written(join(folder, 'photo.png'));
  assert.deepEqual(files.photograph.subarray(-source.length), source);
  assert.equal(dumpedInstance(files.photograph), dumpedSource(files.segmentation));
});

test('behind a suspected cataract nothing else is not detected', async () => {
  const { report } = written(path('explicit'));
  const mask = { x: 0, y: 0, width, height, data: new Uint8Array(width * height) };
  const photograph = { width, height, data: new Uint8ClampedArray(4 * width * height).fill(255) };
  const codes = async (/** @type {object} */ decision) => {
    const told = { ...report, decision: { ...report.decision, ...decision } };
    const given = { report: told, width, height, vessels: { mask: mask.data }, disc: null, cup: null, dicom: null };
    writeFileSync(join(folder, 'page.dcm'), (await toDicom(given, { photograph })).report);
    const text = dumped(join(folder, 'page.dcm')).join('\n');
    return ['260373001', '82334004', '260415000'].map((code) => text.split(code).length - 1);
  };
  assert.deepEqual(
    await codes({ answer: 'no-finding', reasons: [{ code: 'normal' }], rest: 'not-suspected' }),
    [0, 0, 7],
  );
  const veiled = { answer: 'refer', reasons: [{ code: 'finding', disease: 'cataract' }], rest: 'hidden' };
  assert.deepEqual(await codes(veiled), [1, 6, 0]);
  assert.deepEqual(await codes({ ...veiled, rest: 'not-suspected' }), [1, 0, 6], 'the core says it, nothing else');

  const cloudy = weightsChanged((meta) => ({
    ...meta,
    classes: meta.classes.map((c) => (c.name === 'cataract' ? { ...c, offset: 99 } : { ...c, offset: -99 })),
  }));
  const own = written(path('explicit'), '--weights', cloudy);
  assert.equal(own.report.decision.rest, 'hidden');
  const text = dumped(join(own.out, 'report.dcm')).join('\n');
  assert.deepEqual(
    ['260373001', '82334004', '260415000'].map((code) => text.split(code).length - 1),
    [1, 6, 0],
    'the command, too',
  );
});

test('the grade of a suspected retinopathy, or that it contradicts it, is written as web/dicom.js writes it', async () => {
  const likely = ['at-least-1', 'at-least-2', 'at-least-3', 'at-least-4'];
  for (const [bias, said] of [
    [[2, 1, -1, 0], null],
    [[-2, -3, -4, -5], 'disagrees'],
  ]) {
    const { out, report } = written(path('explicit'), '--weights', weightsGraded({ bias }), '--size', '512');
    const { grade } = report;
    assert.equal(grade.reason, said);
    const { image, dicom } = await decodeDicom('explicit', bytes('explicit'), 40);
    const vessels = { mask: new Uint8Array(width * height) };
    const given = { report, width, height, vessels, disc: null, cup: null, dicom };
    writeFileSync(join(folder, 'page.dcm'), (await toDicom(given, { photograph: image })).report);
    const ours = dumped(join(out, 'report.dcm'));
    assert.deepEqual(ours, dumped(join(folder, 'page.dcm')));
    for (const code of [said === null ? `grade-${grade.grade}` : GRADE_NONE, GRADE_NOTE, ...likely])
      assert.equal(ours.filter((line) => line.includes(`[${code}]`)).length, 1, code);
    const validated = spawnSync('dciodvfy', [join(out, 'report.dcm')], { encoding: 'utf8' });
    assert.doesNotMatch(validated.stderr, /^Error/m);
  }
});

/** The longest UID that begins as ours. @param {Uint8Array} file @param {string} tag */
function uidOf(file, tag) {
  writeFileSync(join(folder, 'one.dcm'), file);
  const text = execFileSync('dcmdump', ['-q', '-Un', '+P', tag, join(folder, 'one.dcm')], { encoding: 'utf8' });
  return /\[(2\.25\.\d+)\]/.exec(text)?.[1];
}
const dumpedInstance = (/** @type {Uint8Array} */ file) => uidOf(file, '0008,0018');
const dumpedSource = (/** @type {Uint8Array} */ file) => uidOf(file, '0008,1155');

test('a name is no word of a command', () => {
  const out = join(scratch(), 'out');
  for (const name of ['-q.dcm', '$(touch stolen).dcm', 'a b;c\n.dcm', '+W.dcm']) {
    copyFileSync(path('rle'), join(folder, name));
    const { status, stderr } = vmnet(
      [`./${name}`, '--out', out, '--only-report', '--weights', join(ROOT, 'weights/vmnet.safetensors')],
      { cwd: folder },
    );
    assert.equal(status, 0, stderr);
  }
  assert.ok(!existsSync(join(folder, 'stolen')));
});

test('where a program is missing its package is named', () => {
  const nowhere = { env: { ...env(), PATH: '/nonexistent' } };
  const out = scratch();
  const given = [path('explicit'), '--dicom', out];
  assert.match(
    vmnet(given, nowhere).stderr,
    /dcmdump, which is needed for it, is not on PATH; install the package dcmtk/,
  );
  const bin = scratch();
  copyFileSync(execFileSync('which', ['dcmdump'], { encoding: 'utf8' }).trim(), join(bin, 'dcmdump'));
  const some = { env: { ...env(), PATH: bin } };
  assert.match(vmnet([path('j2k'), '--out', out], some).stderr, /opj_decompress, .* the package libopenjp2-tools/);
  assert.match(vmnet(given, some).stderr, /xml2dcm, .* the package dcmtk/);
  const unwritable = vmnet(given, { env: { ...process.env, TMPDIR: '/nonexistent' } });
  assert.match(unwritable.stderr, /set TMPDIR to another folder/);
});
