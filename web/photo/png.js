/**
 * The pixels of a PNG, as src/photo.c makes them for the command, to the last bit. Browsers differ: what is half transparent
 * they keep multiplied by its alpha, each rounded in its own way, of 16 bits some take the upper eight and some round, and
 * WebKit bends colours by the file's gamma whatever it is asked. Nor do they say that pixels are not those that were written:
 * the checksum of the pixels lies inside the compressed data. What all browsers agree on they decode, in less time.
 */

import { VmnetError } from '../errors.js';

const [GREY, RGB, PALETTE, GREY_ALPHA, RGBA] = [0, 2, 3, 4, 6];
/** Samples a pixel, by colour type. @type {Readonly<Record<number, number>>} */
const SAMPLES = { [GREY]: 1, [RGB]: 3, [PALETTE]: 1, [GREY_ALPHA]: 2, [RGBA]: 4 };
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

/** @typedef {{ x: number, y: number, dx: number, dy: number, columns: number, rows: number, bytes: number }} Pass bytes: of a row, without its filter */
/**
 * @typedef {object} Head
 * @property {number} width
 * @property {number} height
 * @property {number} bits a sample
 * @property {number} colours
 * @property {number} samples a pixel
 * @property {Pass[]} passes
 * @property {Uint8Array} palette r, g, b of each index
 * @property {Uint8Array} clear tRNS: alpha of each index, or the colour that is transparent
 */

/** What lies before the pixels and has to do with their colours. */
const ABOUT_COLOURS = ['gAMA', 'cHRM', 'iCCP', 'sRGB', 'cICP', 'tRNS'];

/** Whether browsers make the command's pixels of it: opaque, 8 bits at most, each index in its palette, and nothing said of its colours. @param {Uint8Array<ArrayBuffer>} bytes */
export function isPlain(bytes) {
  const { head, others } = readChunks(bytes);
  const whole = head.colours !== PALETTE || head.palette.length >= 3 << head.bits;
  const opaque = [GREY, RGB, PALETTE].includes(head.colours) && head.bits <= 8;
  return opaque && whole && !ABOUT_COLOURS.some((type) => type in others);
}

/**
 * Whether the pixels of a plain one are those that were written; decodePng looks for itself.
 * @param {string} name @param {Uint8Array<ArrayBuffer>} bytes of a PNG with an IHDR and an IEND chunk
 * @throws {VmnetError} 'damaged'
 */
export async function checkPng(name, bytes) {
  if (!isPlain(bytes)) return;
  const { head, packed } = readChunks(bytes);
  let left = head.passes.reduce((sum, pass) => sum + pass.rows * (1 + pass.bytes), 0);
  const whole = await unpack(packed, {
    take(piece) {
      left -= piece.length;
      return left >= 0;
    },
  });
  if (!whole || left !== 0) throw damaged(name);
}

/** @param {string} name */
function damaged(name) {
  return new VmnetError(
    'damaged',
    `${name}: the PNG is damaged: its pixels do not agree with their checksum; copy or export it again`,
  );
}

/**
 * Upright as stored, on black where it is transparent.
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes of a PNG with an IHDR and an IEND chunk
 * @returns {Promise<{ data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number }>} [height][width][4], alpha 255
 * @throws {VmnetError} 'damaged'
 */
export async function decodePng(name, bytes) {
  const { head, packed } = readChunks(bytes);
  const rows = new Rows(head, roomFor(name, head));
  const known = SAMPLES[head.colours] !== undefined && (head.colours !== PALETTE || head.palette.length > 0);
  const whole = known && (await unpack(packed, rows));
  if (!whole || !rows.complete) throw damaged(name);
  return { data: rows.rgba, width: head.width, height: head.height };
}

/** @param {string} name @param {Head} head */
function roomFor(name, { width, height }) {
  try {
    return new Uint8ClampedArray(4 * width * height);
  } catch (error) {
    throw new VmnetError(
      'memory',
      `${name}: no memory for ${width} x ${height} pixels; scale it down or close other tabs`,
      { cause: error },
    );
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {{ head: Head, packed: Blob, others: Record<string, Uint8Array> }} packed: what all IDAT chunks hold */
function readChunks(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  /** @type {Record<string, Uint8Array>} */
  const others = {};
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = data.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const inside = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'IDAT') parts.push(inside);
    else if (type !== 'PLTE' || parts.length === 0) others[type] ??= inside;
    at += 12 + length;
  }
  const [width, height] = [data.getUint32(16), data.getUint32(20)];
  const [bits, colours, , , interlaced] = bytes.subarray(24, 29);
  const samples = SAMPLES[colours] ?? 0;
  const passes = passesOf(width, height, bits * samples, interlaced !== 0);
  const none = new Uint8Array();
  const { PLTE: palette = none, tRNS: clear = none } = others;
  return { head: { width, height, bits, colours, samples, passes, palette, clear }, packed: new Blob(parts), others };
}

/** @param {number} width @param {number} height @param {number} pixelBits @param {boolean} interlaced @returns {Pass[]} those with pixels */
function passesOf(width, height, pixelBits, interlaced) {
  const all = (interlaced ? PASSES : [[0, 0, 1, 1]]).map(([x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return { x, y, dx, dy, columns, rows, bytes: Math.ceil((columns * pixelBits) / 8) };
  });
  return all.filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Whether the data agrees with its checksum, and is no more than is taken. @param {Blob} packed @param {{ take(piece: Uint8Array): boolean }} rows */
async function unpack(packed, rows) {
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read())
      if (!rows.take(piece.value)) return false; // a few bytes may claim to be gigabytes
    return true;
  } catch {
    return false;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What is unpacked, row by row, as it comes. */
class Rows {
  #head;
  #step;
  #write;
  /** Which pass, and which row of it. */
  #pass = 0;
  #row = 0;
  /** A row and the one above it, each with its filter, behind bytes of 0 that stand left of its first pixel. */
  #now = new Uint8Array();
  #above = new Uint8Array();
  /** How much of the row is here. */
  #have = 0;
  rgba;

  /** @param {Head} head @param {Uint8ClampedArray<ArrayBuffer>} rgba room for the pixels */
  constructor(head, rgba) {
    this.#head = head;
    this.rgba = rgba;
    this.#step = Math.max(1, (head.samples * head.bits) >> 3);
    this.#write = writerOf(head, rgba);
    this.#begin();
  }

  get complete() {
    return this.#pass === this.#head.passes.length;
  }

  /** A pass: above its first row is nothing. */
  #begin() {
    const pass = this.#head.passes[this.#pass];
    if (pass === undefined) return;
    const size = this.#step + 1 + pass.bytes;
    [this.#now, this.#above] = [new Uint8Array(size), new Uint8Array(size)];
    [this.#row, this.#have] = [0, 0];
  }

  /** @param {Uint8Array} piece @returns {boolean} whether there was room for all of it */
  take(piece) {
    for (let at = 0; at < piece.length; ) {
      const pass = this.#head.passes[this.#pass];
      if (pass === undefined) return false;
      const some = Math.min(piece.length - at, 1 + pass.bytes - this.#have);
      this.#now.set(piece.subarray(at, at + some), this.#step + this.#have);
      this.#have += some;
      at += some;
      if (this.#have === 1 + pass.bytes && !this.#end(pass)) return false;
    }
    return true;
  }

  /** A row is whole. @param {Pass} pass @returns {boolean} whether it can be read */
  #end(pass) {
    const step = this.#step;
    const filter = this.#now[step];
    this.#now[step] = 0; // left of the first pixel
    if (!unfilter(filter, this.#now, this.#above, step)) return false;
    this.#write(this.#now.subarray(step + 1), pass, pass.y + this.#row * pass.dy);
    [this.#now, this.#above] = [this.#above, this.#now];
    this.#have = 0;
    this.#row += 1;
    if (this.#row < pass.rows) return true;
    this.#pass += 1;
    this.#begin();
    return true;
  }
}

/** @param {number} filter @param {Uint8Array} now @param {Uint8Array} above both from `step` + 1 on, before that 0 @param {number} step bytes to the same sample of the pixel before @returns {boolean} whether there is such a filter */
function unfilter(filter, now, above, step) {
  const from = step + 1;
  if (filter === 1) for (let i = from; i < now.length; i++) now[i] += now[i - step];
  else if (filter === 2) for (let i = from; i < now.length; i++) now[i] += above[i];
  else if (filter === 3) for (let i = from; i < now.length; i++) now[i] += (now[i - step] + above[i]) >> 1;
  else if (filter === 4)
    for (let i = from; i < now.length; i++) now[i] += nearest(now[i - step], above[i], above[i - step]);
  return filter <= 4;
}

/** Paeth's guess: which of the three is nearest to left + above - corner. @param {number} left @param {number} above @param {number} corner */
function nearest(left, above, corner) {
  const [across, down] = [above - corner, left - corner];
  const a = across < 0 ? -across : across;
  const b = down < 0 ? -down : down;
  const both = across + down;
  const c = both < 0 ? -both : both;
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/**
 * What puts a row's pixels where they belong.
 * @param {Head} head @param {Uint8ClampedArray} rgba @returns {(row: Uint8Array, pass: Pass, y: number) => void}
 */
function writerOf(head, rgba) {
  const { width, bits, colours, samples, clear } = head;
  if (bits === 8 && colours === RGB && clear.length === 0)
    return (row, { x, dx, columns }, y) => {
      const to = 4 * (y * width + x);
      for (let i = 0, at = to, from = 0; i < columns; i++, at += 4 * dx, from += 3) {
        rgba[at] = row[from];
        rgba[at + 1] = row[from + 1];
        rgba[at + 2] = row[from + 2];
        rgba[at + 3] = 255;
      }
    };
  const colour = colourOf(head);
  /** One pixel. */
  const pixel = new Uint8Array(4);
  return (row, { x, dx, columns }, y) => {
    const values = samplesOf(row, bits, columns * samples);
    for (let i = 0, at = 4 * (y * width + x); i < columns; i++, at += 4 * dx) {
      colour(values, i * samples, pixel);
      const alpha = pixel[3];
      for (let c = 0; c < 3; c++) rgba[at + c] = alpha === 255 ? pixel[c] : ((pixel[c] * alpha + 127) / 255) | 0;
      rgba[at + 3] = 255;
    }
  };
}

/** As whole numbers of so many bits. @param {Uint8Array} row @param {number} bits @param {number} count */
function samplesOf(row, bits, count) {
  if (bits === 8) return row;
  const values = new Uint16Array(count);
  const perByte = 8 / bits;
  for (let i = 0; i < count; i++)
    values[i] =
      bits === 16
        ? (row[2 * i] << 8) | row[2 * i + 1]
        : (row[Math.floor(i / perByte)] >> (8 - bits * (1 + (i % perByte)))) & ((1 << bits) - 1);
  return values;
}

/** @typedef {(values: Uint8Array | Uint16Array, at: number, pixel: Uint8Array) => void} Colour writes r, g, b and alpha */

/** @param {Head} head @returns {Colour} */
function colourOf({ bits, colours, palette, clear }) {
  const level = levelOf(bits);
  const alphaAt = colours === GREY_ALPHA ? 1 : colours === RGBA ? 3 : 0;
  /** The colour that is transparent. */
  const none = Array.from(
    { length: clear.length >> 1 },
    (_, i) => ((clear[2 * i] << 8) | clear[2 * i + 1]) & ((1 << bits) - 1),
  );
  if (colours === PALETTE)
    return (values, at, pixel) => {
      const index = values[at];
      for (let c = 0; c < 3; c++) pixel[c] = palette[3 * index + c] ?? 0; // beyond the palette: black, as browsers have it
      pixel[3] = clear[index] ?? 255;
    };
  const coloured = colours === RGB || colours === RGBA;
  const isNone = (/** @type {Uint8Array | Uint16Array} */ values, /** @type {number} */ at) =>
    none.length === (coloured ? 3 : 1) && none.every((value, c) => values[at + c] === value);
  return (values, at, pixel) => {
    pixel[0] = level(values[at]);
    pixel[1] = coloured ? level(values[at + 1]) : pixel[0];
    pixel[2] = coloured ? level(values[at + 2]) : pixel[0];
    if (alphaAt !== 0) pixel[3] = level(values[at + alphaAt]);
    else pixel[3] = none.length > 0 && isNone(values, at) ? 0 : 255;
  };
}

/** A sample as 8 bits. @param {number} bits @returns {(value: number) => number} */
function levelOf(bits) {
  if (bits === 16) return (value) => value >> 8;
  const scale = bits === 8 ? 1 : 255 / ((1 << bits) - 1);
  return (value) => value * scale;
}
