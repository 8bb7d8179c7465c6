/** Writes TIFF files for tests: either byte order, strips or tiles, several pages, and directories that lie. */

import { deflateSync } from 'node:zlib';

const TYPES = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 };

/**
 * One page's tags: [tag, type, values]. `blocks` become strips or tiles; their offsets and lengths are filled in.
 * @typedef {{ tags: [number, number, number[]][], blocks: Buffer[], tiled?: boolean }} Page
 */

/** @param {Page[]} pages @param {{ big?: boolean, magic?: number }} [options] big-endian, as MM */
export function writeTiff(pages, { big = false, magic = 42 } = {}) {
  const put = (bytes, at, size, value) => {
    if (size === 1) bytes[at] = value;
    else if (big) bytes.writeUIntBE(value, at, size);
    else bytes.writeUIntLE(value, at, size);
  };
  const parts = [Buffer.from(big ? 'MM\0\0\0\0\0\0' : 'II\0\0\0\0\0\0', 'latin1')];
  let size = 8;
  const add = (bytes) => {
    const at = size;
    const padded = bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
    parts.push(padded);
    size += padded.length;
    return at;
  };
  put(parts[0], 2, 2, magic);
  let link = { bytes: parts[0], at: 4 };
  for (const { tags, blocks, tiled = false } of pages) {
    const offsets = blocks.map(add);
    const lengths = blocks.map((b) => b.length);
    const all = [...tags, [tiled ? 324 : 273, 4, offsets], [tiled ? 325 : 279, 4, lengths]].sort((a, b) => a[0] - b[0]);
    const directory = Buffer.alloc(2 + 12 * all.length + 4);
    put(directory, 0, 2, all.length);
    all.forEach(([tag, type, values], i) => {
      const at = 2 + 12 * i;
      put(directory, at, 2, tag);
      put(directory, at + 2, 2, type);
      put(directory, at + 4, 4, values.length);
      const bytes = Buffer.alloc(Math.max(4, TYPES[type] * values.length));
      values.forEach((value, k) => {
        put(bytes, k * TYPES[type], TYPES[type], value);
      });
      if (bytes.length > 4) put(directory, at + 8, 4, add(bytes));
      else bytes.copy(directory, at + 8);
    });
    put(link.bytes, link.at, 4, add(directory));
    link = { bytes: parts[parts.length - 1], at: directory.length - 4 };
  }
  return Buffer.concat(parts);
}

/**
 * A page of whole pixels.
 * @param {ArrayLike<number>} values [height][width][samples], 0 to 2^bits - 1
 */
export function page(values, width, height, samples, options = {}) {
  const { bits = 8, big = false, predictor = 1, planar = false, orientation = 1, rows = 16, tile = 0 } = options;
  const { compression = 1, colours = samples < 3 ? 1 : 2, extra = [] } = options;
  const layers = planar ? samples : 1;
  const across = planar ? 1 : samples;
  const [w, h] = tile ? [tile, tile] : [width, rows];
  const blocks = [];
  for (let layer = 0; layer < layers; layer++)
    for (let top = 0; top < height; top += h)
      for (let left = 0; left < width; left += w) {
        const bottom = tile ? top + h : Math.min(height, top + h);
        const block = [];
        for (let y = top; y < bottom; y++) {
          const row = [];
          for (let x = left; x < left + w; x++)
            for (let s = layer; s < layer + across; s++)
              row.push(x < width && y < height ? values[(y * width + x) * samples + s] : 0);
          block.push(packRow(row, across, bits, big, predictor));
        }
        const raw = Buffer.concat(block);
        blocks.push(compression === 8 ? deflateSync(raw) : raw);
      }
  const tags = [
    [256, 3, [width]],
    [257, 3, [height]],
    [258, 3, Array(samples).fill(bits)],
    [259, 3, [compression]],
    [262, 3, [colours]],
    [274, 3, [orientation]],
    [277, 3, [samples]],
    [284, 3, [planar ? 2 : 1]],
    [317, 3, [predictor]],
    ...(tile
      ? [
          [322, 3, [tile]],
          [323, 3, [tile]],
        ]
      : [[278, 3, [rows]]]),
    ...extra,
  ];
  return { tags, blocks, tiled: tile > 0 };
}

function packRow(row, samples, bits, big, predictor) {
  const stored = predictor === 2 ? row.map((v, i) => (i < samples ? v : v - row[i - samples]) & (2 ** bits - 1)) : row;
  if (bits === 16) {
    const bytes = Buffer.alloc(2 * row.length);
    stored.forEach((v, i) => {
      if (big) bytes.writeUInt16BE(v, 2 * i);
      else bytes.writeUInt16LE(v, 2 * i);
    });
    return bytes;
  }
  const bytes = Buffer.alloc(Math.ceil((row.length * bits) / 8));
  stored.forEach((v, i) => {
    bytes[(i * bits) >> 3] |= v << (8 - bits - ((i * bits) & 7));
  });
  return bytes;
}

/** The directory of a photograph of this size and hardly a byte behind it. */
export function claim(width, height, tags = []) {
  const own = new Set(tags.map(([tag]) => tag));
  const usual = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, [8, 8, 8]],
    [259, 3, [1]],
    [262, 3, [2]],
    [277, 3, [3]],
    [278, 4, [height]],
  ].filter(([tag]) => !own.has(tag));
  return writeTiff([{ tags: [...usual, ...tags], blocks: [Buffer.alloc(16)] }]);
}
