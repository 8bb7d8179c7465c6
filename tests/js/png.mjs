/** Just enough PNG for tests: 8 bit, grey or RGB or RGBA, not interlaced. */

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS = { 0: 1, 2: 3, 6: 4 };
const COLOUR = { 1: 0, 3: 2, 4: 6 };

/** @param {string} type @param {Buffer} data */
export function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

/** zlib.crc32 came with Node.js 20.15. @param {Buffer} bytes */
function crc(bytes) {
  if (crc32 !== undefined) return crc32(bytes);
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

/** @param {number} width @param {number} height @param {number} channels */
export function header(width, height, channels) {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = 8;
  data[9] = COLOUR[channels];
  return Buffer.concat([MAGIC, chunk('IHDR', data)]);
}

/** @param {Uint8Array} pixels [height][width][channels] */
export function writePng(pixels, width, height, channels) {
  const stride = width * channels;
  const rows = Buffer.alloc((stride + 1) * height); // filter 0 before each row
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const data = chunk('IDAT', deflateSync(rows, { level: 1 }));
  return Buffer.concat([header(width, height, channels), data, chunk('IEND', Buffer.alloc(0))]);
}

/** @param {Buffer} bytes */
export function readPng(bytes) {
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const channels = CHANNELS[bytes[25]];
  if (bytes[24] !== 8 || channels === undefined || bytes[28] !== 0) throw new Error('png.mjs: a kind it does not read');
  const parts = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  return {
    width,
    height,
    channels,
    data: unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels),
  };
}

/** @param {Buffer} raw */
function unfilter(raw, stride, height, step) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const a = x >= step ? out[at - step] : 0;
      const b = y > 0 ? out[at - stride] : 0;
      const c = x >= step && y > 0 ? out[at - stride - step] : 0;
      out[at] = raw[y * (stride + 1) + 1 + x] + predict(filter, a, b, c);
    }
  }
  return out;
}

function predict(filter, a, b, c) {
  if (filter === 1) return a;
  if (filter === 2) return b;
  if (filter === 3) return (a + b) >> 1;
  if (filter !== 4) return 0;
  const p = a + b - c;
  const [da, db, dc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (da <= db && da <= dc) return a;
  return db <= dc ? b : c;
}
