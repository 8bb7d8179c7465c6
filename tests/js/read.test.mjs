/** A photograph's way into the module's memory, with the browser's decoder played: what goes wrong on it leaves nothing behind. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, mock, test } from 'node:test';
import { sniff } from '../../web/photo/sniff.js';
import { startEngine } from './engine-run.mjs';
import { ROOT } from './native.mjs';

const file = readFileSync(join(ROOT, 'web/sample/retina.jpg'));
const { width, height } = sniff(file);
const RED = [250, 20, 10, 255];

/** @type {import('../../web/engine.js').Engine} */
let engine;
/** @type {WebAssembly.Memory} the module's */
let memory;
/** @type {typeof import('../../web/photo/read.js').readPhotograph} */
let readPhotograph;
/** What was opened and not closed. */
const open = { bitmaps: 0, frames: 0, rooms: 0 };
const NOTHING = { ...open };
/** What happens while the browser copies or decodes. */
let meanwhile = () => {};
let decoding = async () => {};

class Bitmap {
  width = width;
  height = height;
  #closed = false;
  constructor() {
    open.bitmaps += 1;
  }
  close() {
    if (!this.#closed) open.bitmaps -= 1;
    this.#closed = true;
  }
}

/** All red, blue first. */
class Frame {
  format = 'BGRX';
  displayWidth = width;
  displayHeight = height;
  constructor() {
    open.frames += 1;
  }
  allocationSize() {
    return 4 * width * height;
  }
  async copyTo(bytes) {
    for (let i = 0; i < bytes.length; i += 4) bytes.set([RED[2], RED[1], RED[0], 0], i);
    await meanwhile();
    return [{ offset: 0, stride: 4 * width }];
  }
  close() {
    open.frames -= 1;
  }
}

class Canvas {
  getContext() {
    const getImageData = () => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height).fill(77),
    });
    return { setTransform() {}, drawImage() {}, getImageData };
  }
}

before(async () => {
  const played = {
    VideoFrame: Frame,
    OffscreenCanvas: Canvas,
    createImageBitmap: async () => {
      await decoding();
      return new Bitmap();
    },
  };
  Object.assign(globalThis, played);
  ({ readPhotograph } = await import('../../web/photo/read.js'));
  const { default: glue } = await import(join(ROOT, 'build/wasm/vmnet-simd.mjs'));
  const seeing = (options) => {
    memory = options.wasmMemory;
    return glue(options);
  };
  engine = await startEngine('simd', { size: 256, glue: seeing });
  const [room, release] = [engine.room.bind(engine), engine.release.bind(engine)];
  engine.room = (...all) => {
    open.rooms += 1;
    return room(...all);
  };
  engine.release = (one) => {
    open.rooms -= 1;
    release(one);
  };
});
beforeEach(() => {
  mock.restoreAll();
  meanwhile = () => {};
  decoding = async () => {};
  Object.assign(open, NOTHING);
});
after(() => engine.close());

/** @param {Uint8Array} [bytes] */
const read = (bytes = file) =>
  readPhotograph(engine, { source: { kind: 'blob', blob: new Blob([bytes]) }, input: 'retina.jpg' }, 40);

/** Of the module's memory, as it is now. @param {import('../../web/engine.js').Room} room */
const firstAndLast = ({ at, size }) => [at, at + size - 4].map((p) => [...new Uint8Array(memory.buffer, p, 4)]);

test('blue first becomes red first, in the module itself', async () => {
  const { pixels, image, imageSha256 } = await read();
  assert.equal(image, null);
  assert.match(imageSha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(firstAndLast(pixels), [RED, RED]);
  assert.deepEqual(open, { bitmaps: 0, frames: 0, rooms: 1 });
  engine.release(pixels);
});

test("what is asked of the module meanwhile changes nothing; where the view of its memory is lost, the canvas' pixels count", async () => {
  meanwhile = () => engine.decideTogether([null], 'balanced');
  const { pixels } = await read();
  assert.deepEqual(firstAndLast(pixels), [RED, RED]);
  engine.release(pixels);
  meanwhile = () => memory.grow(0); // as large as before, and every view of it is empty
  const drawn = await read();
  assert.equal(drawn.pixels, drawn.image.data);
  assert.equal(drawn.pixels[0], 77);
  assert.deepEqual(open, NOTHING);
});

test('a room is settled as a whole, whatever became of the view of it', () => {
  const room = engine.room(width, height, 'retina.jpg');
  for (let i = 0; i < room.size; i += 4) room.bytes.set([RED[2], RED[1], RED[0], 0], i);
  memory.grow(0);
  assert.equal(room.bytes.length, 0);
  engine.settle(room, true);
  assert.deepEqual(firstAndLast(room), [RED, RED]);
  engine.release(room);
});

test('what the browser does not copy is drawn', async () => {
  meanwhile = () => Promise.reject(new Error('of another kind'));
  const { pixels, image } = await read();
  assert.equal(pixels, image.data);
  assert.deepEqual(open, NOTHING);
});

test('a hash that fails gives room and bitmap back', async () => {
  mock.method(crypto.subtle, 'digest', async () => {
    throw new Error('no digest');
  });
  await assert.rejects(read(), /no digest/);
  assert.deepEqual(open, NOTHING);
});

test('no room in the module: the frame and the bitmap are closed', async () => {
  mock.method(engine, 'room', () => {
    throw new Error('no memory');
  });
  await assert.rejects(read(), /no memory/);
  assert.deepEqual(open, NOTHING);
});

test('whichever of decoder, check and hash fails, and in which order, one error is told and none is left over', async () => {
  const leftOver = [];
  const note = (error) => leftOver.push(error);
  process.on('unhandledRejection', note);
  const later = (/** @type {string} */ what) => async () => {
    await new Promise((go) => setImmediate(go));
    throw new Error(what);
  };
  mock.method(crypto.subtle, 'digest', later('no digest'));
  decoding = async () => {
    throw new Error('no picture');
  };
  await assert.rejects(read(), /no picture/);
  decoding = later('no picture');
  await assert.rejects(read(file.subarray(0, file.length / 2)), {
    code: 'damaged',
    message: /JPEG/,
  });
  decoding = async () => {};
  await assert.rejects(read(file.subarray(0, file.length / 2)), {
    code: 'damaged',
    message: /JPEG/,
  });
  for (let i = 0; i < 5; i++) await new Promise((go) => setImmediate(go));
  process.off('unhandledRejection', note);
  assert.deepEqual(leftOver, []);
  assert.deepEqual(open, NOTHING);
});

/** Where the first segment of a mark begins. @param {Buffer} bytes @param {number} mark */
const segmentAt = (bytes, mark) => bytes.indexOf(Buffer.from([0xff, mark]));
/** @param {Buffer} bytes @param {number} at @param {number[]} more */
const withBytes = (bytes, at, more) => Buffer.concat([bytes.subarray(0, at), Buffer.from(more), bytes.subarray(at)]);

test('JPEGs that decoders make different pictures of are refused by the page as by the command', async () => {
  const seed = (/** @type {string} */ name) => readFileSync(join(ROOT, `tests/fuzz/seeds/photo/${name}.jpg`));
  const [base, progressive] = [seed('base'), seed('progressive')];
  const steps = [0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)];
  const scan = segmentAt(progressive, 0xda);
  const afterIt = progressive.indexOf(Buffer.from([0xff, 0xc4]), scan);
  const files = {
    'a mark without length': withBytes(base, segmentAt(base, 0xda), [0xff, 0x01]),
    'an unknown mark': withBytes(base, segmentAt(base, 0xda), [0xff, 0xf7, 0, 4, 1, 2]),
    'a mark without length at the end': withBytes(progressive, progressive.length - 2, [0xff, 0x01]),
    'a long restart interval': withBytes(base, segmentAt(base, 0xda), [0xff, 0xdd, 0, 6, 0, 0, 0, 0]),
    'steps behind a scan': withBytes(progressive, progressive.length - 2, steps),
    'no first scan': Buffer.concat([progressive.subarray(0, scan), progressive.subarray(afterIt)]),
    'the first scan again': withBytes(progressive, progressive.length - 2, [...progressive.subarray(scan, afterIt)]),
  };
  const input = Object.entries(files).flatMap(([name, bytes]) => [Buffer.from(`${bytes.length} ${name}\n`), bytes]);
  const { stdout } = spawnSync(join(ROOT, 'build/native/vmnet'), ['screen', '--jsonl', '--inline'], {
    cwd: ROOT,
    input: Buffer.concat(input),
    encoding: 'utf8',
  });
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    told.map(({ path }) => path),
    Object.keys(files),
  );
  for (const { path, error } of told) {
    assert.equal(error?.code, 'damaged', path);
    const asTheCommand = (/** @type {any} */ thrown) =>
      thrown.code === 'damaged' && error.text.endsWith(thrown.message.replace(/^[^:]*: /, ''));
    assert.throws(() => engine.inspect(files[path], path), asTheCommand, path);
    await assert.rejects(read(files[path]), { code: 'damaged' }, path);
  }
  for (const bytes of [base, progressive]) engine.inspect(bytes, 'as it was');
  assert.deepEqual(open, NOTHING);
});
