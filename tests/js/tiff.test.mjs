/** TIFF: what libtiff writes is read alike, and what cannot be read is refused in words, before anything is decoded. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { VmnetError } from '../../web/errors.js';
import { fileNote } from '../../web/page/words/terms.js';
import { checkBytes } from '../../web/photo/decode.js';
import { sniff } from '../../web/photo/sniff.js';
import { decodeTiff } from '../../web/photo/tiff.js';
import { readTiffHeader } from '../../web/photo/tiff-header.js';
import { furthest, ROOT, scratch } from './native.mjs';
import { claim, page, writeTiff } from './tiff-file.mjs';

let folder;
/** @type {{ name: string, width: number, height: number }[]} */
let written;

before(() => {
  folder = scratch();
  const lines = execFileSync(join(ROOT, 'build/venv/bin/python'), [join(ROOT, 'tests/js/tiffs.py'), folder], {
    encoding: 'utf8',
  });
  written = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, width, height]) => ({ name, width: Number(width), height: Number(height) }));
});
after(() => rmSync(folder, { recursive: true }));

/** As decode.js does. @param {Uint8Array} file */
async function decode(file, name = 'photo.tif') {
  const bytes = new Uint8Array(file);
  const { tiff } = checkBytes(name, bytes, 40);
  return decodeTiff(name, bytes, tiff);
}

/** @param {() => unknown} run */
async function refuses(code, run, pattern) {
  await assert.rejects(
    async () => run(),
    (error) => {
      assert.ok(error instanceof VmnetError, String(error.stack));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, pattern);
      assert.match(error.message, /^[^:;]+: .+; .+/, 'input: problem; remedy');
      return true;
    },
  );
}

/** Every pixel another colour. @returns {number[]} [height][width][3], 8 bits */
function distinct(width, height) {
  return Array.from({ length: width * height }, (_, i) => [i & 255, (i >> 8) & 255, (i * 7) & 255]).flat();
}

test("what libtiff writes: every compression, kind of colours and orientation has libtiff's pixels", async () => {
  assert.ok(written.length >= 20);
  for (const { name, width, height } of written) {
    const found = await decode(readFileSync(join(folder, `${name}.tif`)), name);
    assert.deepEqual([found.width, found.height], [width, height], name);
    const worst = furthest(found.data, readFileSync(join(folder, `${name}.rgb`)));
    // JPEG: another inverse transform, and libjpeg smooths the colours that it enlarges.
    if (name === 'jpeg') {
      let sum = 0;
      const rgb = readFileSync(join(folder, `${name}.rgb`));
      for (let i = 0; i < rgb.length; i++) sum += Math.abs(found.data[Math.floor(i / 3) * 4 + (i % 3)] - rgb[i]);
      assert.ok(sum / rgb.length < 3, `${name}: ${sum / rgb.length} on average`);
    } else assert.ok(worst <= (name === 'jpeg-grey' ? 2 : 0), `${name}: ${worst} grey levels off`);
  }
});

test('both byte orders, strips and tiles, samples together and apart, with a predictor and without', async () => {
  const [width, height] = [300, 261];
  const rgb = distinct(width, height);
  const layouts = [{ rows: 1 }, { tile: 64 }, { rows: 7 }, { tile: 512 }, { rows: 261 }];
  let turn = 0; // five layouts and 24 other choices: each pair meets in time, all 120 need not
  for (const big of [false, true])
    for (const bits of [8, 16])
      for (const planar of [false, true])
        for (const packing of [{}, { compression: 8 }, { compression: 8, predictor: 2 }])
          for (const layout of [layouts[turn++ % 5], layouts[turn++ % 5]]) {
            const options = { big, bits, planar, ...layout, ...packing };
            const values = bits === 16 ? rgb.map((v) => v * 257) : rgb;
            const file = writeTiff([page(values, width, height, 3, options)], { big });
            const found = await decode(file);
            assert.equal(furthest(found.data, rgb), 0, JSON.stringify(options));
          }
});

test('16 bits are scaled, not cut', async () => {
  const values = Array(256 * 256)
    .fill([65535, 32896, 128])
    .flat();
  const { data } = await decode(writeTiff([page(values, 256, 256, 3, { bits: 16 })]));
  assert.deepEqual([...data.subarray(0, 4)], [255, 128, 0, 255]);
});

test('grey of few bits, black or white for zero; a palette of 4 bits', async () => {
  const [width, height] = [257, 256];
  for (const bits of [1, 2, 4, 8, 16])
    for (const colours of [0, 1]) {
      const top = 2 ** bits - 1;
      const values = Array.from({ length: width * height }, (_, i) => i % (top + 1));
      const { data } = await decode(writeTiff([page(values, width, height, 1, { bits, colours })]));
      const wanted = values.flatMap((v) => Array(3).fill(Math.round(((colours ? v : top - v) * 255) / top)));
      assert.ok(furthest(data, wanted) <= 0, `${bits} bits, ${colours}`);
    }
  const map = Array.from({ length: 48 }, (_, i) => 257 * ((i * 5) & 255));
  const values = Array.from({ length: width * height }, (_, i) => i % 16);
  const { data } = await decode(
    writeTiff([page(values, width, height, 1, { bits: 4, colours: 3, extra: [[320, 3, map]] })]),
  );
  const wanted = values.flatMap((v) => [v, v + 16, v + 32].map((i) => map[i] / 257));
  assert.equal(furthest(data, wanted), 0);
  const bytes = map.map((v) => v / 257); // as some old writers do
  const old = await decode(
    writeTiff([page(values, width, height, 1, { bits: 4, colours: 3, extra: [[320, 3, bytes]] })]),
  );
  assert.equal(furthest(old.data, wanted), 0);
});

test('what is transparent stands on black, half of it half as bright, whether the colours hold it already or not', async () => {
  const cases = [
    [2, [200, 100, 50, 128], [100, 50, 25, 255]],
    [1, [100, 50, 25, 128], [100, 50, 25, 255]],
    [1, [200, 100, 50, 0], [0, 0, 0, 255]],
    [0, [200, 100, 50, 128], [200, 100, 50, 255]], // a fourth sample of no known meaning
  ];
  for (const [alpha, stored, seen] of cases) {
    const values = Array(256 * 256)
      .fill(stored)
      .flat();
    const { data } = await decode(writeTiff([page(values, 256, 256, 4, { extra: [[338, 3, [alpha]]] })]));
    assert.deepEqual([...data.subarray(0, 4)], seen, `${alpha}`);
  }
});

test('transparent is black, as the browser draws it', async () => {
  const values = Array(256 * 256)
    .fill([200, 100, 50, 0, 200, 100, 50, 255])
    .flat()
    .slice(0, 256 * 256 * 4);
  const { data } = await decode(writeTiff([page(values, 256, 256, 4, { extra: [[338, 3, [2]]] })]));
  assert.deepEqual([...data.subarray(0, 8)], [0, 0, 0, 255, 200, 100, 50, 255]);
});

test('several pages: the first is read, and that is said; a thumbnail in front is no page', async () => {
  const first = page(Array(256 * 256 * 3).fill(10), 256, 256, 3);
  const second = page(Array(256 * 256 * 3).fill(20), 256, 256, 3);
  const thumbnail = page(Array(64 * 64 * 3).fill(30), 64, 64, 3, { extra: [[254, 4, [1]]] });
  const two = writeTiff([first, second]);
  assert.match(sniff(two).note, /TIFF of 2 pages: only the first/);
  assert.equal(fileNote(sniff(two).note), 'Only number 1 of the 2 pictures in this file was screened.');
  assert.equal((await decode(two)).data[0], 10);
  for (const file of [writeTiff([thumbnail, second]), writeTiff([second, thumbnail])]) {
    assert.equal(sniff(file).note, undefined);
    assert.equal((await decode(file)).data[0], 20);
  }
});

test('a photograph that claims to be huge is refused by its directory alone', async () => {
  await refuses('too-large', () => checkBytes('a.tif', claim(20000, 20000), 40), /20000 x 20000.*8192.*40 megapixels/);
  await refuses('too-large', () => checkBytes('a.tif', claim(4294967295, 4294967295), 40), /8192/);
  await refuses('too-large', () => checkBytes('a.tif', claim(2000, 2000), 1), /1 megapixels/);
  await refuses('too-small', () => checkBytes('a.tif', claim(255, 300), 40), /256 a side/);
  // even where its kind could not be read, and where nothing is behind it
  await refuses('too-large', () => checkBytes('a.tif', claim(20000, 20000, [[259, 3, [50000]]]), 40), /8192/);
});

test('what cannot be read is named', async () => {
  const refused = (tags, pattern) =>
    refuses(
      'format',
      () => checkBytes('a.tif', claim(300, 300, tags), 40),
      new RegExp(`a\\.tif: a TIFF file.*${pattern}`),
    );
  await refused([[259, 3, [50000]]], 'Zstandard');
  await refused([[259, 3, [6]]], 'old-style JPEG');
  await refused([[259, 3, [4]]], 'CCITT');
  await refused([[259, 3, [34712]]], 'JPEG 2000');
  await refused([[259, 3, [4711]]], 'number 4711');
  await refused([[262, 3, [5]]], 'CMYK');
  await refused([[262, 3, [32803]]], 'raw data');
  await refused([[262, 3, [6]]], 'YCbCr');
  await refused([[258, 3, [32, 32, 32]]], '32 bits');
  await refused([[258, 3, [8, 16, 8]]], '8, 16, 8');
  await refused([[339, 3, [3, 3, 3]]], 'whole numbers');
  await refused([[317, 3, [3]]], 'predictor');
  await refused([[266, 3, [2]]], 'reverse');
  await refused([[277, 3, [4000]]], '4000 samples');
  await refuses('format', () => checkBytes('a.tif', writeTiff([], { magic: 43 }), 40), /BigTIFF/);
  assert.equal(checkBytes('a.txt', Buffer.from('II and MM are initials'), 40).kind, null);
});

test('damage is noticed: cut off, lists that lie, blocks that hold something else', async () => {
  const whole = writeTiff([page(distinct(300, 300), 300, 300, 3, { compression: 8 })]);
  for (const share of [0.001, 0.01, 0.3, 0.9, 0.99, 0.9999])
    await refuses(
      'damaged',
      () => decode(whole.subarray(0, Math.max(8, whole.length * share))),
      /photo\.tif: a TIFF file of/,
    );
  await refuses('damaged', () => decode(claim(300, 300)), /cannot be decoded|cut off/);
  await refuses('damaged', () => decode(claim(300, 300, [[278, 4, [10]]])), /1 of its 30 parts/);
  await refuses('damaged', () => decode(claim(300, 300, [[277, 3, [1]]])), /too few/);
  await refuses(
    'damaged',
    () =>
      decode(
        claim(300, 300, [
          [262, 3, [3]],
          [258, 3, [8]],
          [277, 3, [1]],
        ]),
      ),
    /palette/,
  );
  const broken = (compression, bytes) => {
    const { tags } = page([], 0, 0, 3, { compression, rows: 300 });
    const sized = tags.map((t) => (t[0] === 256 || t[0] === 257 ? [t[0], 3, [300]] : t));
    return writeTiff([{ tags: sized, blocks: [Buffer.from(bytes)] }]);
  };
  const text = 'this is text and no picture at all';
  for (const compression of [1, 5, 7, 8, 32773])
    await refuses('damaged', () => decode(broken(compression, text)), /TIFF/);
  await refuses('damaged', () => decode(broken(8, deflateSync(Buffer.alloc(1000)))), /cannot be decoded/);
});

test('a few bytes that unpack to gigabytes stop at the size of their block', async () => {
  const { tags } = page([], 0, 0, 3, { compression: 8, rows: 300 });
  const sized = tags.map((t) => (t[0] === 256 || t[0] === 257 ? [t[0], 3, [300]] : t));
  const bomb = deflateSync(Buffer.alloc(64 * 2 ** 20, 77)); // 64 MiB in 64 KiB
  const { data } = await decode(writeTiff([{ tags: sized, blocks: [bomb] }]));
  assert.equal(data.length, 300 * 300 * 4);
  assert.equal(data[0], 77);
});

test('a JPEG inside that claims another size is not decoded', async () => {
  const file = new Uint8Array(readFileSync(join(folder, 'jpeg.tif')));
  const header = readTiffHeader(file);
  const { at, length } = header.blocks[0];
  const frame = file.subarray(at, at + length).findIndex((b, i, all) => b === 0xff && all[i + 1] === 0xc0);
  file.set([0xff, 0xff, 0xff, 0xff], at + frame + 5);
  await refuses('damaged', () => decode(file), /part 1 of/);
});

test('random damage never throws anything but words, and reading a directory always ends', async () => {
  let seed = 1;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const files = [
    writeTiff([page(distinct(256, 256), 256, 256, 3, { compression: 8, tile: 64 })]),
    writeTiff([page(distinct(256, 256), 256, 256, 3, { big: true, rows: 64 })], { big: true }),
    readFileSync(join(folder, 'predicted-lzw.tif')),
    readFileSync(join(folder, 'jpeg.tif')),
  ];
  const circle = Buffer.from(files[0]);
  circle.writeUInt32LE(circle.readUInt32LE(4), circle.length - 4);
  assert.equal(sniff(circle).note, undefined);
  for (const file of files)
    for (let i = 0; i < 30; i++) {
      const bytes = new Uint8Array(file);
      // most of the blows go where the directory is
      const directory = readTiffHeader(bytes).littleEndian
        ? Buffer.from(bytes).readUInt32LE(4)
        : Buffer.from(bytes).readUInt32BE(4);
      for (let k = 0; k < 3; k++)
        bytes[i % 2 ? random(bytes.length) : Math.min(bytes.length - 1, directory + random(200))] = random(256);
      await decode(bytes).catch((error) => {
        assert.ok(error instanceof VmnetError, String(error.stack));
      });
    }
});

test('third-party modules: pinned by hash, no host named, no code made at run time, licences beside them', () => {
  const read = (path) => readFileSync(join(ROOT, path), 'utf8');
  const { devDependencies } = JSON.parse(read('web/third-party/package.json'));
  for (const [name, version] of Object.entries(devDependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  const lock = JSON.parse(read('web/third-party/package-lock.json'));
  for (const [path, entry] of Object.entries(lock.packages))
    if (path !== '') {
      assert.match(entry.integrity ?? '', /^sha512-/, path);
      assert.equal(entry.resolved, undefined, path);
    }
  for (const name of ['fflate', 'tiff'])
    assert.doesNotMatch(
      read(`web/vendor/${name}.js`),
      /\beval\(|new Function|\bimport\(|new Worker|XMLHttpRequest|sourceMappingURL/,
    );
  const notice = read('web/vendor/NOTICE');
  for (const [name, version] of [
    ['fflate', devDependencies.fflate],
    ['geotiff', devDependencies.geotiff],
  ])
    assert.ok(notice.includes(`${name} ${version}, MIT`), name);
  assert.match(notice, /Permission is hereby granted/);
  assert.match(notice, /Apache License/);
});
