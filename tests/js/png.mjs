import { crc32 } from 'node:zlib';
import { encode } from 'fast-png';

/** The head of a sound PNG that says it is `width` by `height`, with one pixel in it. */
export function claim(width, height) {
  const bytes = Buffer.from(encode({ width: 1, height: 1, data: new Uint8Array(3), channels: 3 }));
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** @param {string} type @param {Buffer} data */
export function pngChunk(type, data) {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
