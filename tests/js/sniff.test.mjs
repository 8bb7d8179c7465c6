import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { VmnetError } from '../../web/errors.js';
import { checkPixels } from '../../web/photo/checks.js';
import { checkBytes } from '../../web/photo/decode.js';
import { checkPng, decodePng, isPlain } from '../../web/photo/png.js';
import { sniff } from '../../web/photo/sniff.js';
import { ROOT } from './native.mjs';
import { claim, pngChunk } from './png.mjs';

const jpeg = new Uint8Array(readFileSync(join(ROOT, 'web/sample/retina.jpg')));
const png = encode({ width: 300, height: 260, data: new Uint8Array(300 * 260), channels: 1 });

/** @param {(text: string) => unknown} [check] */
function refuses(code, run, pattern) {
  assert.throws(run, (error) => {
    assert.ok(error instanceof VmnetError);
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.match(error.message, /^[^:]+: .+; .+/, 'input: problem; remedy');
    return true;
  });
}

test('a JPEG: kind, size, complete', () => {
  assert.deepEqual(sniff(jpeg), { kind: 'jpeg', width: 1411, height: 1411, damage: null });
});

test('a JPEG with something after its end is complete', () => {
  const longer = new Uint8Array(jpeg.length + 5000);
  longer.set(jpeg);
  assert.equal(sniff(longer).damage, null);
});

test("a thumbnail's end is not the photograph's", () => {
  // APP1 that holds a whole small JPEG, end marker included
  const inner = [0xff, 0xd8, 0xff, 0xd9];
  const app1 = [0xff, 0xe1, 0, inner.length + 2, ...inner];
  const file = new Uint8Array([...jpeg.subarray(0, 2), ...app1, ...jpeg.subarray(2, 20000)]);
  assert.match(sniff(file).damage ?? '', /EOI/);
});

test('every cut of a JPEG or a PNG is noticed', () => {
  for (const whole of [jpeg, png])
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.999]) {
      const found = sniff(whole.subarray(0, Math.max(12, Math.floor(whole.length * share))));
      assert.notEqual(found.damage, null, `${found.kind} at ${share}`);
    }
});

test('a PNG: kind, size, complete', () => {
  assert.deepEqual(sniff(png), { kind: 'png', width: 300, height: 260, damage: null });
});

test('WebP headers of all three kinds', () => {
  const file = (type, body) => {
    const bytes = new Uint8Array(40);
    const text = (at, s) => bytes.set(Buffer.from(s, 'latin1'), at);
    text(0, 'RIFF');
    bytes[4] = 32;
    text(8, 'WEBP');
    text(12, type);
    bytes.set(body, 20);
    return bytes;
  };
  const size = (found) => [found.kind, found.width, found.height, found.damage];
  assert.deepEqual(size(sniff(file('VP8X', [0, 0, 0, 0, 0x2b, 1, 0, 0x03, 1, 0]))), ['webp', 300, 260, null]);
  const bits = 299 | (259 << 14);
  const lossless = [0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, (bits >> 24) & 255];
  assert.deepEqual(size(sniff(file('VP8L', lossless))), ['webp', 300, 260, null]);
  const lossy = [0, 0, 0, 0x9d, 0x01, 0x2a, 0x2c, 1, 4, 1];
  assert.deepEqual(size(sniff(file('VP8 ', lossy))), ['webp', 300, 260, null]);
  assert.match(sniff(file('VP8 ', lossy).subarray(0, 35)).damage ?? '', /end/);
});

test('a part of a lossy WebP that stands as zeros was lost; black surrounds take few', () => {
  const file = (zeros) => {
    const bytes = new Uint8Array(60000).fill(0x5a);
    bytes.set(Buffer.from('RIFF\x58\xea\0\0WEBPVP8 \x4c\xea\0\0\0\0\0\x9d\x01\x2a\x2c\x01\x04\x01', 'latin1'));
    return sniff(bytes.fill(0, 30000, 30000 + zeros));
  };
  assert.deepEqual(file(0), { kind: 'webp', width: 300, height: 260, damage: null });
  assert.equal(file(300).damage, null);
  assert.match(file(600).damage, /lost and stands as zeros/);
  assert.match(file(30000).damage, /lost and stands as zeros/);
});

test('a PNG whose chunks are whole, but not its pixels', async () => {
  const file = (packed, interlaced = 0) => {
    const header = Buffer.from([0, 0, 1, 44, 0, 0, 1, 4, 8, 2, 0, 0, interlaced]); // 300 x 260, RGB of 8 bits
    const parts = [pngChunk('IDAT', packed.subarray(0, 900)), pngChunk('IDAT', packed.subarray(900))];
    const chunks = [pngChunk('IHDR', header), ...parts, pngChunk('IEND', Buffer.alloc(0))];
    return new Uint8Array(Buffer.concat([png.subarray(0, 8), ...chunks]));
  };
  const row = 901;
  const raw = Buffer.from(Array.from({ length: row * 260 }, (_, i) => (i % row === 0 ? 0 : (i * i) >> 7)));
  const packed = deflateSync(raw);
  const middle = packed.length >> 1;
  const interlaced = 234_488; // 7 passes, each row with a byte for its filter
  const wrong = {
    'another checksum': Buffer.concat([packed.subarray(0, -4), Buffer.from('abcd')]),
    'no checksum': packed.subarray(0, -4),
    'a third gone': packed.subarray(0, (2 * packed.length) / 3),
    'a bit in the middle': Buffer.from(packed).fill(packed[middle] ^ 8, middle, middle + 1),
    'rows missing': deflateSync(raw.subarray(0, row * 200)),
    'more than its pixels': deflateSync(Buffer.concat([raw, raw])),
  };
  const short = deflateSync(Buffer.alloc(interlaced - 1));
  for (const look of [checkPng, decodePng]) {
    await look('a', file(packed));
    await look('a', file(deflateSync(Buffer.alloc(interlaced)), 1));
    for (const [name, bad] of Object.entries(wrong))
      await assert.rejects(
        look('a', file(bad)),
        { code: 'damaged', message: /^a: .*pixels do not agree.*; copy/ },
        `${look.name}: ${name}`,
      );
    await assert.rejects(look('a', file(short, 1)), { code: 'damaged' });
  }
  assert.ok(isPlain(file(packed)));
  for (const at of [24, 25]) {
    const other = file(packed);
    other[at] = at === 24 ? 16 : 6;
    assert.ok(!isPlain(other), at === 24 ? '16 bits' : 'alpha');
  }
});

test('random bytes and short ones never throw', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed >> 16;
  };
  for (const start of [png.subarray(0, 33), jpeg.subarray(0, 200), Buffer.from('RIFF1234WEBPVP8X')])
    for (let i = 0; i < 500; i++) {
      const bytes = new Uint8Array(start);
      bytes[random() % bytes.length] = random();
      sniff(bytes.subarray(0, random() % (bytes.length + 1)));
    }
});

test('what is refused before any decoder sees it', () => {
  assert.equal(checkBytes('a.txt', new TextEncoder().encode('hello'), 40).kind, null, 'the module names it');
  refuses('format', () => checkBytes('a.txt', new Uint8Array(0), 40), /empty/);
  refuses('damaged', () => checkBytes('a.jpg', jpeg.subarray(0, 50000), 40), /a\.jpg: a JPEG file of 50000 bytes/);
  refuses('damaged', () => checkBytes('a.png', png.subarray(0, 100), 40), /IEND/);
  const huge = new Uint8Array(claim(60000, 60000));
  refuses('too-large', () => checkBytes('a.png', huge, 40), /60000 x 60000.*8192.*40 megapixels/);
  const wide = jpeg.slice();
  const frame = wide.findIndex((b, i) => b === 0xff && wide[i + 1] === 0xc0);
  wide.set([0xea, 0x60, 0xea, 0x60], frame + 5);
  refuses('too-large', () => checkBytes('a.jpg', wide, 40), /60000 x 60000/);
  refuses('too-large', () => checkBytes('a.jpg', new Uint8Array(64 * 2 ** 20 + 1), 40), /64 MiB/);
});

test('pixel limits at, below and above', () => {
  checkPixels('p', 256, 256, 40);
  checkPixels('p', 8192, 4882, 40);
  checkPixels('p', 1000, 1000, 1);
  refuses('too-small', () => checkPixels('p', 255, 256, 40), /256 a side/);
  refuses('too-small', () => checkPixels('p', 256, 255, 40), /256 a side/);
  refuses('too-large', () => checkPixels('p', 8193, 256, 40), /8192/);
  refuses('too-large', () => checkPixels('p', 8192, 4883, 40), /40 megapixels/);
  refuses('too-large', () => checkPixels('p', 1001, 1000, 1), /1 megapixels.*maxMegapixels/);
});
