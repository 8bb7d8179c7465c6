/** Files that are awkward in one way each, made from the sample: the page and the command say the same of the same bytes. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decode, encode } from 'fast-png';
import { ROOT, scratch } from '../js/native.mjs';
import { pngChunk } from '../js/png.mjs';
import { page as tiffPage, writeTiff } from '../js/tiff-file.mjs';
import { siteForAll } from './browser.mjs';

const site = siteForAll();
let folder;
/** Pages stay open: each file is screened by one model. */
let page;

before(async () => {
  folder = scratch();
  ({ page } = await site.open());
  await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    window.__model = await load({ threads: 1, size: 256 });
    /** The sample off-centre, so that a wrong turn is seen. */
    const bitmap = await createImageBitmap(await (await fetch('/web/sample/retina.jpg')).blob());
    window.__draw = (width, height, paint) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d');
      context.fillRect(0, 0, width, height);
      const eye = (x, y, side) => context.drawImage(bitmap, x, y, side, side);
      paint(context, eye);
      return canvas;
    };
  });
});
after(() => rmSync(folder, { recursive: true }));

/** A file that the page draws. @param {string} paint body of a function of (context, eye, width, height) */
async function drawn(width, height, paint, type = 'image/png', quality = 0.95) {
  const base64 = await page.evaluate(
    async ([width, height, paint, type, quality]) => {
      const body = new Function('context', 'eye', 'width', 'height', paint);
      const canvas = window.__draw(width, height, (context, eye) => body(context, eye, width, height));
      const blob = await canvas.convertToBlob({ type, quality });
      return window.__base64(new Uint8Array(await blob.arrayBuffer()));
    },
    [width, height, paint, type, quality],
  );
  return Buffer.from(base64, 'base64');
}

/** What the page says: logits, or the error. */
function onPage(name, bytes) {
  return page.evaluate(
    async ([name, base64]) => {
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name);
      try {
        const { diseases, fieldOfView, quality, width, height } = await window.__model.screen(file, {
          heatmaps: false,
        });
        return { logits: diseases.map((d) => d.logit), fieldOfView, quality, width, height };
      } catch ({ code, message, facts }) {
        return { code, message, facts };
      }
    },
    [name, bytes.toString('base64')],
  );
}

/** What the command says. */
function byCommand(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const words = ['screen', path, '--out', join(folder, 'out'), '--json', '--only-report', '--size', '256'];
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'build/native/vmnet'), words, { encoding: 'utf8' });
  if (status !== 0) return { message: stderr.trim().replace(`vmnet: ${path}: photograph:`, `${name}:`) };
  const { diseases, field_of_view: fieldOfView, image, quality } = JSON.parse(stdout);
  return { logits: diseases.map((d) => d.logit), fieldOfView, quality, width: image.width, height: image.height };
}

/** Both refuse it with one text. */
async function bothRefuse(name, bytes, code, pattern) {
  const [here, there] = [await onPage(name, bytes), byCommand(name, bytes)];
  assert.equal(here.code, code, `${name}: ${JSON.stringify(here)}`);
  assert.equal(here.message, there.message, name);
  assert.match(here.message, pattern);
  return here;
}

/** Both find the same in it. */
async function bothScreen(name, bytes, tolerance = 0.05) {
  const [here, there] = [await onPage(name, bytes), byCommand(name, bytes)];
  assert.ok(here.logits && there.logits, `${name}: ${JSON.stringify([here, there])}`);
  assert.deepEqual([here.width, here.height], [there.width, there.height], name);
  assert.deepEqual(here.quality.reasons, there.quality.reasons, name);
  for (const key of ['x', 'y', 'radius'])
    assert.ok(Math.abs(here.fieldOfView[key] - there.fieldOfView[key]) < 0.5, `${name}: ${key}`);
  for (const [i, logit] of here.logits.entries())
    assert.ok(Math.abs(logit - there.logits[i]) <= tolerance, `${name}: ${here.logits} against ${there.logits}`);
  return here;
}

const EYE = 'eye(90, 10, 400)';
/** Of 520 x 420 pixels: how they are stored so that orientation k turns them upright again. */
const STORED_AS = {
  1: [1, 0, 0, 1, 0, 0],
  2: [-1, 0, 0, 1, 520, 0],
  3: [-1, 0, 0, -1, 520, 420],
  4: [1, 0, 0, -1, 0, 420],
  5: [0, 1, 1, 0, 0, 0],
  6: [0, -1, 1, 0, 0, 520],
  7: [0, -1, -1, 0, 420, 520],
  8: [0, 1, -1, 0, 420, 0],
};

/** TIFF block with an orientation as a long number. @param {number} value */
function tag(value) {
  const block = Buffer.from('4949 2a00 08000000 0100 1201 0400 01000000 00000000 00000000'.replaceAll(' ', ''), 'hex');
  block.writeUInt32LE(value, 18);
  return block;
}

/** A block that says nothing, then one that does. */
const WITH_EXIF = {
  'image/png': (file, value) =>
    Buffer.concat([file.subarray(0, 33), pngChunk('eXIf', tag(0)), pngChunk('eXIf', tag(value)), file.subarray(33)]),
  'image/jpeg': (file, value) => {
    const segment = (block) => {
      const head = Buffer.from('ffe10000457869660000', 'hex');
      head.writeUInt16BE(block.length + 8, 2);
      return Buffer.concat([head, block]);
    };
    return Buffer.concat([file.subarray(0, 2), segment(tag(0)), segment(tag(value)), file.subarray(2)]);
  },
  'image/webp': (file, value) => {
    const square = value > 4 ? [420, 520] : [520, 420];
    const vp8x = Buffer.from('565038580a000000080000000000000000 00'.replace(' ', ''), 'hex');
    vp8x.writeUIntLE(square[0] - 1, 12, 3);
    vp8x.writeUIntLE(square[1] - 1, 15, 3);
    const exif = Buffer.concat([Buffer.from('45584946', 'hex'), Buffer.from([tag(value).length, 0, 0, 0]), tag(value)]);
    const from = file.toString('latin1', 12, 16) === 'VP8X' ? 30 : 12;
    const body = Buffer.concat([Buffer.from('WEBP'), vp8x, file.subarray(from), exif]);
    const head = Buffer.from('RIFF0000');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  },
};

test('all eight orientations in JPEG, PNG and WebP: upright pixels, whatever the browser would do', async () => {
  const upright = await drawn(520, 420, EYE);
  for (const [type, add] of Object.entries(WITH_EXIF))
    for (const [value, matrix] of Object.entries(STORED_AS)) {
      const [w, h] = Number(value) > 4 ? [420, 520] : [520, 420];
      const stored = await drawn(w, h, `context.setTransform(${matrix}); ${EYE}`, type, 1);
      const file = add(stored, Number(value));
      const worst = await page.evaluate(
        async (files) => {
          const { decode } = await import('/web/photo/decode.js');
          const { bitmapOf } = await import('/web/page/intake/bitmap.js');
          const [a, b] = await Promise.all(
            files.map(async (base64) => {
              const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
              const { image } = await decode('a', new Blob([bytes]), bytes, 40);
              const seen = await bitmapOf(new Blob([bytes]));
              return { image, seen: [seen.width, seen.height].join() };
            }),
          );
          if (`${a.image.width},${a.image.height}` !== a.seen || a.seen !== b.seen) return `${a.seen} ${b.seen}`;
          return a.image.data.reduce((sum, v, i) => sum + Math.abs(v - b.image.data[i]), 0) / a.image.data.length;
        },
        [upright.toString('base64'), file.toString('base64')],
      );
      assert.ok(worst < (type === 'image/png' ? 0.3 : 3), `${type}, ${value}: ${worst}`);
      if (type === 'image/png' && Number(value) % 3 === 0) await bothScreen(`turned-${value}.png`, file);
    }
});

test('pixels that go straight into the module are those that a canvas gives: colours as stored, opaque or not, turned or not', async () => {
  const jpeg = await drawn(520, 420, EYE, 'image/jpeg', 0.9);
  const files = {
    jpeg,
    turned: WITH_EXIF['image/jpeg'](jpeg, 6),
    opaque: await drawn(520, 420, `context.fillRect(0, 0, width, height); ${EYE}`),
    transparent: await drawn(520, 420, `context.globalAlpha = 0.5; ${EYE}`),
    webp: await drawn(520, 420, EYE, 'image/webp', 1),
    wide: await wideJpeg(),
  };
  assert.ok(files.wide.includes('ICC_PROFILE'));
  const straight = [];
  for (const [name, file] of Object.entries(files)) {
    const { worst, direct } = await page.evaluate(compareWays, file.toString('base64'));
    assert.equal(worst, 0, name);
    if (direct) straight.push(name);
  }
  for (const name of ['jpeg', 'wide']) assert.ok(straight.includes(name), straight.join());
  for (const name of ['turned', 'transparent']) assert.ok(!straight.includes(name), straight.join());
});

/** In colours beyond sRGB, which the file's profile names and nobody is to heed. */
async function wideJpeg() {
  const base64 = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 280);
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
    for (let i = 0; i < 10; i++) {
      context.fillStyle = `color(display-p3 ${i / 10} ${1 - i / 10} 0.3)`;
      context.fillRect(30 * i, 0, 30, 280);
    }
    return window.__base64(new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer()));
  });
  return Buffer.from(base64, 'base64');
}

/** In the page: the largest difference between both ways, and whether one led past a canvas. */
async function compareWays(base64) {
  const { decode } = await import('/web/photo/decode.js');
  const { readPhotograph } = await import('/web/photo/read.js');
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const blob = new Blob([bytes]);
  const module = {
    inspect() {},
    room: (width, height) => ({ at: 0, size: 4 * width * height, bytes: new Uint8Array(4 * width * height) }),
    release() {},
    settle({ bytes: pixels }, blueFirst) {
      for (let at = 0; at < pixels.length; at += 4) {
        if (blueFirst) [pixels[at], pixels[at + 2]] = [pixels[at + 2], pixels[at]];
        pixels[at + 3] = 255;
      }
    },
  };
  const { image } = await decode('a', blob, bytes, 40);
  const { pixels, image: drawn } = await readPhotograph(module, { source: { kind: 'blob', blob }, input: 'a' }, 40);
  const other = pixels.bytes ?? pixels;
  if (other.length !== image.data.length) return { worst: Number.POSITIVE_INFINITY, direct: drawn === null };
  return {
    worst: image.data.reduce((most, v, i) => Math.max(most, Math.abs(v - other[i])), 0),
    direct: drawn === null,
  };
}

/** In the page: how far the small pictures of the list, of paper and of the ZIP file are from those of another file. */
async function unlike(files) {
  const { smallPictures, overlayPicture } = await import('/web/page/worklist/pictures.js');
  const [width, height] = [520, 420];
  const mask = new Uint8Array(width * height);
  const result = { width, height, vessels: { mask }, disc: null, cup: null, diseases: [] };
  const report = { decision: { at: {} } };
  const pixels = async (blob) => {
    const bitmap = await createImageBitmap(blob);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const [upright, turned] = await Promise.all(
    files.map(async (base64) => {
      const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
      const { thumb, preview } = await smallPictures(blob, { ...result, report });
      const overlay = await overlayPicture(blob, { width, height, data: mask }, undefined);
      return Promise.all([thumb, preview, overlay].map(pixels));
    }),
  );
  return upright.map((one, i) => {
    const other = turned[i];
    if (one.width !== other.width || one.height !== other.height) return Number.POSITIVE_INFINITY;
    return one.data.reduce((sum, v, at) => sum + Math.abs(v - other.data[at]), 0) / one.data.length;
  });
}

test('thumbnails, previews and overlays are upright as the viewer is: all eight orientations, in every kind of file', async () => {
  const upright = await drawn(520, 420, EYE);
  const tiff = (png, orientation) => {
    const { width, height, data, channels } = decode(png);
    const values = Array.from({ length: width * height * 3 }, (_, i) => data[Math.floor(i / 3) * channels + (i % 3)]);
    return writeTiff([tiffPage(values, width, height, 3, { orientation })]);
  };
  for (const type of [...Object.keys(WITH_EXIF), 'image/tiff'])
    for (const [value, matrix] of Object.entries(STORED_AS)) {
      const [w, h] = Number(value) > 4 ? [420, 520] : [520, 420];
      const drawing = `context.setTransform(${matrix}); ${EYE}`;
      const isTiff = type === 'image/tiff';
      const stored = await drawn(w, h, drawing, isTiff ? 'image/png' : type, 1);
      const turned = isTiff ? tiff(stored, Number(value)) : WITH_EXIF[type](stored, Number(value));
      const away = await page.evaluate(
        unlike,
        [upright, turned].map((bytes) => bytes.toString('base64')),
      );
      assert.ok(Math.max(...away) < 4, `${type}, ${value}: ${away}`);
    }
});

test('transparent and half-transparent pixels stand on black', async () => {
  const hole = `${EYE}; const p = context.getImageData(0, 0, width, height);
    for (let i = 0; i < width * height; i++) {
      const far = Math.hypot((i % width) - 290, Math.floor(i / width) - 210) > 190;
      if (far) p.data.fill(255, 4 * i, 4 * i + 3);
      p.data[4 * i + 3] = far ? 0 : i % 5 === 0 ? 128 : 255;
    }`;
  const cut = await drawn(520, 420, `${hole} context.putImageData(p, 0, 0);`);
  const black = await drawn(
    520,
    420,
    `${hole} for (let i = 0; i < p.data.length; i += 4) {
      for (let c = 0; c < 3; c++) p.data[i + c] = Math.round((p.data[i + c] * p.data[i + 3]) / 255);
      p.data[i + 3] = 255;
    } context.putImageData(p, 0, 0);`,
  );
  const [one, two] = [await bothScreen('cut.png', cut), await bothScreen('black.png', black)];
  for (const [i, logit] of one.logits.entries())
    assert.ok(Math.abs(logit - two.logits[i]) < 0.1, `${one.logits} ${two.logits}`);
});

test('changed inside: between a good beginning and a good end', async () => {
  const jpeg = await drawn(520, 420, EYE, 'image/jpeg');
  const png = await drawn(520, 420, EYE);
  const middle = jpeg.length >> 1;
  const zeros = Buffer.from(jpeg).fill(0, middle, middle + 700);
  await bothRefuse('zeros.jpg', zeros, 'damaged', /JPEG is damaged.*; copy or export it again/);
  const gone = Buffer.concat([jpeg.subarray(0, middle), jpeg.subarray(middle + 2000)]);
  await bothRefuse('gone.jpg', gone, 'damaged', /JPEG is damaged.*; copy or export it again/);
  const bit = Buffer.from(png);
  bit[png.length >> 1] ^= 16;
  await bothRefuse('bit.png', bit, 'damaged', /checksum.*; copy or export it again/);
  // An IDAT chunk lost, or wrong before its own checksum was made.
  const one = Buffer.from(encode(decode(png))); // one IDAT chunk
  const from = one.indexOf('IDAT');
  const packed = Buffer.from(one.subarray(from + 4, from + 4 + one.readUInt32BE(from - 4)));
  const end = pngChunk('IEND', Buffer.alloc(0));
  const file = (...parts) =>
    Buffer.concat([one.subarray(0, from - 4), ...parts.map((part) => pngChunk('IDAT', part)), end]);
  const third = Math.floor(packed.length / 3);
  await bothScreen('parts.png', file(packed.subarray(0, third), packed.subarray(third)));
  const parts = { 'lost.png': file(packed.subarray(0, third), packed.subarray(2 * third)) };
  packed[2 * third] ^= 1;
  parts['before.png'] = file(packed);
  for (const [name, bytes] of Object.entries(parts))
    await bothRefuse(name, bytes, 'damaged', /pixels do not agree with their checksum; copy or export it again/);
});

test('kinds that cannot be read are named, whatever the name says, and how to convert them', async () => {
  const kinds = [
    ['HEIC', Buffer.concat([Buffer.from('\0\0\0\x18ftypheic', 'latin1'), Buffer.alloc(900)]), /convert it to JPEG/],
    ['AVIF', Buffer.concat([Buffer.from('\0\0\0\x18ftypavif', 'latin1'), Buffer.alloc(900)]), /convert it to JPEG/],
    ['JPEG XL', Buffer.concat([Buffer.from('ff0a', 'hex'), Buffer.alloc(900)]), /convert it/],
    ['JPEG 2000', Buffer.concat([Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), Buffer.alloc(900)]), /convert it/],
    ['BMP', Buffer.concat([Buffer.from('BM\x36\x10\x0e\0\0\0\0\0', 'latin1'), Buffer.alloc(900)]), /convert it/],
    ['GIF', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(900)]), /export the original/],
    ['PDF', Buffer.from('%PDF-1.7\n'), /out of the document/],
    ['HTML', Buffer.from('\n<!DOCTYPE html><html></html>'), /the picture itself/],
  ];
  for (const [kind, bytes, remedy] of kinds) {
    const error = await bothRefuse(`${kind}.jpg`, bytes, 'format', remedy);
    assert.deepEqual(error.facts, { why: 'kind', kind });
    assert.ok(error.message.includes(kind));
  }
  const twelve = Buffer.from('ffd8ffc1000b0c012c012c01110000ffd9', 'hex');
  await bothRefuse('twelve.jpg', twelve, 'format', /12-bit.*; save it as an ordinary JPEG/);
  twelve[3] = 0xc3;
  await bothRefuse('lossless.jpg', twelve, 'format', /lossless.*; save it as an ordinary JPEG/);
});

test('several photographs in one picture are refused as such', async () => {
  const sheets = [
    ['side by side', 860, 420, 'eye(10, 10, 400); eye(450, 10, 400);'],
    ['touching', 800, 400, 'eye(0, 0, 400); eye(400, 0, 400);'],
    ['stacked', 420, 860, 'eye(10, 10, 400); eye(10, 450, 400);'],
    ['four', 830, 830, 'eye(5, 5, 400); eye(420, 5, 400); eye(5, 420, 400); eye(420, 420, 400);'],
    [
      'on paper',
      1000,
      700,
      "context.fillStyle = '#fff'; context.fillRect(0, 0, width, height); eye(50, 150, 400); eye(520, 150, 400);",
    ],
  ];
  for (const [name, width, height, paint] of sheets) {
    const file = await drawn(width, height, paint);
    const error = await bothRefuse(`${name}.png`, file, 'not-fundus', /several photographs.*; give each eye/);
    assert.equal(error.facts.why, 'several');
  }
});

test('on white, on a page, in a light window: as on black', async () => {
  const black = await bothScreen('black.png', await drawn(900, 700, 'eye(250, 150, 400)'));
  const page = (colour, more = '') =>
    `context.fillStyle = '${colour}'; context.fillRect(0, 0, width, height); ${more} eye(250, 150, 400);`;
  const disc = 'context.beginPath(); context.arc(450, 350, 196, 0, 7); context.clip();';
  const bar = "context.fillStyle = '#36c'; context.fillRect(0, 0, width, 40); context.fillText('12.3.2020', 20, 300);";
  for (const [name, paint, type] of [
    ['page.png', page('#fff'), 'image/png'],
    ['page.jpg', page('#fff'), 'image/jpeg'],
    ['cut out.png', page('#fff', disc), 'image/png'],
    ['window.png', page('#f3f3f6', bar), 'image/png'],
  ]) {
    const found = await bothScreen(name, await drawn(900, 700, paint, type), 0.3);
    for (const key of ['x', 'y', 'radius'])
      assert.ok(Math.abs(found.fieldOfView[key] - black.fieldOfView[key]) < 4, `${name}: ${key}`);
  }
  const frame = await drawn(
    436,
    436,
    "context.fillStyle = '#fff'; context.fillRect(0, 0, 436, 436); eye(8, 8, 420);",
    'image/jpeg',
  );
  await bothScreen('frame.jpg', frame, 0.3);
  const crop =
    "context.fillStyle = '#fff'; context.fillRect(0, 0, width, height); context.beginPath(); context.rect(250, 200, 200, 200); context.clip(); eye(50, 0, 600);";
  const error = await bothRefuse(
    'crop.png',
    await drawn(700, 600, crop),
    'not-fundus',
    /background is white.*; cut the photograph out/,
  );
  assert.equal(error.facts.why, 'white');
});

test('twelve bits in sixteen are too dark, not grey', async () => {
  const { width, height, data } = decode(await drawn(420, 420, 'eye(10, 10, 400)'));
  const rgb = new Uint16Array(width * height * 3);
  const channels = data.length / (width * height);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[channels * i + c] * 16;
  const file = Buffer.from(encode({ width, height, data: rgb, channels: 3, depth: 16 }));
  const error = await bothRefuse('twelve.png', file, 'not-fundus', /too dark.*; take it again with more light/);
  assert.equal(error.facts.why, 'dark');
});

test('colours in the wrong order, and one channel alone, are no fundus photograph whatever the network says', async () => {
  const recolour = (body) => `eye(10, 10, 400); const p = context.getImageData(0, 0, width, height), d = p.data;
    for (let i = 0; i < d.length; i += 4) { const [r, g, b] = d.subarray(i, i + 3); d.set(${body}, i); }
    context.putImageData(p, 0, 0);`;
  for (const [name, body] of [
    ['swapped.png', '[b, g, r]'],
    ['red and green.png', '[g, r, b]'],
    ['red-free.png', '[0.25 * g, g, 0.45 * g]'],
    ['tinted.png', '[g, 0.6 * g, 0.3 * g]'],
    ['tinted so that little blue is left.png', '[g, 0.5 * g, 0.15 * g]'],
    ['tinted slightly.png', '[g, 0.97 * g, 0.93 * g]'],
    ['red alone.png', '[r, 0, 0]'],
  ])
    for (const type of ['image/png', 'image/jpeg']) {
      const { reasons } = (await bothScreen(name, await drawn(420, 420, recolour(body), type), 0.3)).quality;
      assert.ok(reasons.includes('not-fundus'), `${name}, ${type}: ${reasons}`);
    }
});

test('noise on a smooth orange disc, and an eye that is almost black, are not judged', async () => {
  const noise = `let seed = 1; const p = context.getImageData(0, 0, width, height), d = p.data;
    for (let i = 0; i < d.length; i += 4) {
      const x = (i / 4) % width - 210, y = Math.floor(i / 4 / width) - 210, far = Math.hypot(x, y) / 205;
      let sum = -2;
      for (let k = 0; k < 4; k++) { seed = (seed * 1103515245 + 12345) & 0x7fffffff; sum += seed / 0x7fffffff; }
      const light = 0.5 + 0.5 * Math.sqrt(Math.max(0, 1 - far * far));
      for (let c = 0; c < 3; c++) d[i + c] = far < 1 ? [170, 80, 40][c] * light + 24 * sum : 0;
    }
    context.putImageData(p, 0, 0);`;
  assert.ok((await bothScreen('noise.png', await drawn(420, 420, noise))).quality.reasons.includes('not-fundus'));
  const dark = "context.filter = 'brightness(12.5%)'; eye(10, 10, 400);";
  assert.ok((await bothScreen('dark.png', await drawn(420, 420, dark))).quality.reasons.includes('dark'));
});
