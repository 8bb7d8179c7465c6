/**
 * Whether a PNG's pixels are those that were written. Decoders show what they can: the checksum of the pixels, which lies
 * inside the compressed data, is for us to look at. src/photo_png.c says the same to the command.
 */

import { VmnetError } from '../errors.js';

/** Samples a pixel, by colour type. @type {Readonly<Record<number, number>>} */
const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Interlaced: the first column and row of a pass, and its steps. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes of a PNG with an IHDR and an IEND chunk
 * @throws {VmnetError} 'damaged'
 */
export async function checkPng(name, bytes) {
  if ((await unpackedBytes(bytes)) !== wantedBytes(bytes))
    throw new VmnetError(
      'damaged',
      `${name}: the PNG is damaged: its pixels do not agree with their checksum; copy or export it again`,
    );
}

/** What all IDAT chunks hold. @param {Uint8Array<ArrayBuffer>} bytes */
function packed(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = data.getUint32(at);
    const type = data.getUint32(at + 4);
    if (type === 0x49454e44) break; // IEND
    if (type === 0x49444154) parts.push(bytes.subarray(at + 8, at + 8 + length)); // IDAT
    at += 12 + length;
  }
  return new Blob(parts);
}

/** -1 where the data breaks off, or does not agree with its checksum. @param {Uint8Array<ArrayBuffer>} bytes */
async function unpackedBytes(bytes) {
  const most = wantedBytes(bytes);
  const reader = packed(bytes).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  let count = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      count += piece.value.length;
      if (count > most) break; // a few bytes may claim to be gigabytes
    }
    return count;
  } catch {
    return -1;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Bytes that the pixels unpack to, before their filters are undone. @param {Uint8Array} bytes */
function wantedBytes(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [data.getUint32(16), data.getUint32(20)];
  const [bits, colours, , , interlaced] = bytes.subarray(24, 29);
  const pixelBits = bits * (SAMPLES[colours] ?? 0);
  let sum = 0;
  for (const [x, y, dx, dy] of interlaced === 0 ? [[0, 0, 1, 1]] : PASSES) {
    const columns = Math.ceil((width - x) / dx);
    const rows = Math.ceil((height - y) / dy);
    if (columns > 0 && rows > 0) sum += rows * (1 + Math.ceil((columns * pixelBits) / 8));
  }
  return sum;
}
