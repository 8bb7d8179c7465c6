/**
 * A TIFF file's directory: what the photograph in it is, whether it can be read here, and whether all of it is there.
 * Nothing is decoded; tiff.js does that.
 */

/**
 * @typedef {object} TiffHeader
 * @property {number} width pixels as stored, before the orientation turns them; 0 when the directory does not say
 * @property {number} height
 * @property {number} page which directory of the file this is, from 0
 * @property {number} pages how many photographs the file holds
 * @property {boolean} littleEndian
 * @property {number} bits a sample
 * @property {number} samples a pixel
 * @property {boolean} planar each sample in blocks of its own
 * @property {number} compression
 * @property {boolean} predicted samples are stored as the difference to the one on their left
 * @property {number} colours PhotometricInterpretation: one of COLOURS
 * @property {number[]} palette all reds, all greens, all blues, 0..65535
 * @property {number} alpha ExtraSamples: 1 multiplied into the colours, 2 beside them, else none
 * @property {number} orientation 1..8, as EXIF
 * @property {{ width: number, height: number }} block a strip or tile, in pixels
 * @property {{ at: number, length: number }[]} blocks where they lie in the file, those of the first sample first
 * @property {string | null} refusal what in it cannot be read here, in words
 * @property {string | null} damage what is missing, in words
 */

import { MAX_PIXELS } from '../constants.js';

export const COLOURS = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, ycbcr: 6 };
export const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8, oldDeflate: 32946, packBits: 32773 };

/** What may stand in the directory and is not read here. @type {Readonly<Record<number, string>>} */
const OTHER_COMPRESSIONS = {
  2: 'CCITT fax',
  3: 'CCITT fax',
  4: 'CCITT fax',
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT RLE',
  32809: 'ThunderScan',
  32908: 'PIXAR log',
  32909: 'PIXAR deflate',
  33003: 'JPEG 2000',
  33005: 'JPEG 2000',
  33007: 'JPEG',
  34661: 'JBIG',
  34676: 'SGI log',
  34677: 'SGI log',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy raw',
  34925: 'LZMA',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
};
/** @type {Readonly<Record<number, string>>} */
const OTHER_COLOURS = {
  4: 'a mask',
  5: 'colours for printing (CMYK)',
  8: 'CIE L*a*b* colours',
  9: 'CIE L*a*b* colours',
  10: 'CIE L*a*b* colours',
  32803: "a camera's raw data",
  32844: 'LogL light',
  32845: 'LogLuv colours',
  34892: "a camera's raw data",
};

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  colours: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripLengths: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  extraSamples: 338,
  sampleFormat: 339,
};
/** Bytes of a value by its type: BYTE, SHORT, LONG, and IFD, which is a LONG. @type {Readonly<Record<number, number>>} */
const VALUE_BYTES = { 1: 1, 3: 2, 4: 4, 13: 4 };
const ENTRY_BYTES = 12;
const MAX_PAGES = 10_000;
/** Colours, transparency and a few more: what a photograph may have. */
const MAX_SAMPLES = 8;

/** @param {Uint8Array} bytes */
export function isTiff(bytes) {
  const [a, b, c, d] = bytes;
  const little = a === 0x49 && b === 0x49 && d === 0 && (c === 42 || c === 43);
  const big = a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
  return bytes.length >= 8 && (little || big);
}

/** @param {Uint8Array} bytes of which isTiff() @returns {TiffHeader} */
export function readTiffHeader(bytes) {
  const littleEndian = bytes[0] === 0x49;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.getUint16(2, littleEndian) === 43) return { ...EMPTY, refusal: 'it is a BigTIFF' };
  const directories = directoriesOf(data, littleEndian);
  if (directories.length === 0) return { ...EMPTY, damage: 'the directory is missing' };
  // A thumbnail or a mask says so in its subfile type; the photograph is the first that is neither.
  const isWhole = (/** @type {Directory} */ directory) => (directory.one(TAG.subfileType, 0) & 5) === 0;
  const page = Math.max(0, directories.findIndex(isWhole));
  const pages = Math.max(1, directories.filter(isWhole).length);
  return headerOf(directories[page], { littleEndian, page, pages, fileBytes: bytes.length });
}

/** @type {TiffHeader} */
const EMPTY = {
  width: 0,
  height: 0,
  page: 0,
  pages: 0,
  littleEndian: true,
  bits: 0,
  samples: 0,
  planar: false,
  compression: 0,
  predicted: false,
  colours: 0,
  palette: [],
  alpha: 0,
  orientation: 1,
  block: { width: 0, height: 0 },
  blocks: [],
  refusal: null,
  damage: null,
};

/**
 * One directory's numbers, by tag. `all` is null where the tag's values lie outside the file.
 * @typedef {{ has: (tag: number) => boolean, one: (tag: number, otherwise: number) => number, all: (tag: number) => number[] | null }} Directory
 */

/** @param {DataView} data @param {boolean} littleEndian */
function directoriesOf(data, littleEndian) {
  /** @type {Directory[]} */
  const found = [];
  /** @type {Set<number>} */
  const seen = new Set(); // a circle ends here
  for (let at = data.getUint32(4, littleEndian); at !== 0 && !seen.has(at) && found.length < MAX_PAGES; ) {
    seen.add(at);
    if (at + 2 > data.byteLength) break;
    const entries = data.getUint16(at, littleEndian);
    const end = at + 2 + entries * ENTRY_BYTES;
    if (entries === 0 || end > data.byteLength) break;
    found.push(directoryAt(data, littleEndian, at + 2, entries));
    at = end + 4 <= data.byteLength ? data.getUint32(end, littleEndian) : 0;
  }
  return found;
}

/** @param {DataView} data @param {boolean} littleEndian @param {number} start @param {number} entries @returns {Directory} */
function directoryAt(data, littleEndian, start, entries) {
  /** @type {Map<number, number>} */
  const places = new Map();
  for (let i = 0; i < entries; i++) {
    const at = start + i * ENTRY_BYTES;
    const tag = data.getUint16(at, littleEndian);
    if (!places.has(tag)) places.set(tag, at);
  }
  /** @param {number} tag @param {number} [most] @returns {number[] | null} */
  const all = (tag, most = Number.POSITIVE_INFINITY) => {
    const at = places.get(tag);
    if (at === undefined) return [];
    const size = VALUE_BYTES[data.getUint16(at + 2, littleEndian)];
    if (size === undefined) return [];
    const count = data.getUint32(at + 4, littleEndian);
    const from = count * size <= 4 ? at + 8 : data.getUint32(at + 8, littleEndian);
    if (from + count * size > data.byteLength) return null;
    const read = (/** @type {number} */ i) => {
      if (size === 1) return data.getUint8(from + i);
      return size === 2 ? data.getUint16(from + 2 * i, littleEndian) : data.getUint32(from + 4 * i, littleEndian);
    };
    return Array.from({ length: Math.min(count, most) }, (_, i) => read(i));
  };
  return { all, one: (tag, otherwise) => all(tag, 1)?.[0] ?? otherwise, has: (tag) => places.has(tag) };
}

/**
 * @param {Directory} directory
 * @param {{ littleEndian: boolean, page: number, pages: number, fileBytes: number }} where
 * @returns {TiffHeader}
 */
function headerOf(directory, { fileBytes, ...where }) {
  const { has, one, all } = directory;
  const width = one(TAG.width, 0);
  const height = one(TAG.height, 0);
  const tiled = has(TAG.tileOffsets);
  /** @type {TiffHeader} */
  const header = {
    ...EMPTY,
    ...where,
    width,
    height,
    bits: one(TAG.bits, 1),
    samples: one(TAG.samples, 1),
    planar: one(TAG.planar, 1) === 2,
    compression: one(TAG.compression, 1),
    predicted: one(TAG.predictor, 1) === 2,
    colours: one(TAG.colours, -1),
    palette: all(TAG.palette) ?? [],
    alpha: one(TAG.extraSamples, 0),
    orientation: one(TAG.orientation, 1),
    block: tiled
      ? { width: one(TAG.tileWidth, 0), height: one(TAG.tileHeight, 0) }
      : { width, height: Math.min(height, one(TAG.rowsPerStrip, height) || height) },
  };
  header.refusal = refusalOf(header, directory);
  if (width === 0 || height === 0) header.damage = 'the directory does not say how large it is';
  else if (header.refusal === null)
    header.damage = damageOf(header, {
      offsets: all(tiled ? TAG.tileOffsets : TAG.stripOffsets),
      lengths: all(tiled ? TAG.tileLengths : TAG.stripLengths),
      fileBytes,
    });
  return header;
}

/** @param {TiffHeader} header @param {Directory} directory @returns {string | null} */
function refusalOf(header, { one, all }) {
  const { bits, samples, compression, colours } = header;
  const jpeg = compression === COMPRESSION.jpeg;
  if (!Object.values(COMPRESSION).includes(compression))
    return `its compression is ${OTHER_COMPRESSIONS[compression] ?? `number ${compression}`}`;
  if (!Object.values(COLOURS).includes(colours))
    return `it holds ${OTHER_COLOURS[colours] ?? `colours of kind ${colours}`}`;
  if (colours === COLOURS.ycbcr && !jpeg) return 'it holds YCbCr colours without JPEG compression';
  const allBits = all(TAG.bits) ?? [];
  if (allBits.some((other) => other !== bits)) return `its samples differ in size (${allBits.join(', ')} bits)`;
  if (samples > MAX_SAMPLES) return `it has ${samples} samples a pixel`;
  const grey = samples === 1 || colours < COLOURS.rgb;
  if (!(bits === 8 || (!jpeg && (bits === 16 || (grey && [1, 2, 4].includes(bits))))))
    return `its samples have ${bits} bits`;
  if (![1, 4].includes(one(TAG.sampleFormat, 1))) return 'its samples are not whole numbers from 0 up';
  const predictor = one(TAG.predictor, 1);
  if (predictor > 2 || (predictor === 2 && bits < 8)) return `its predictor is number ${predictor}`;
  if (one(TAG.fillOrder, 1) !== 1) return 'its bits are stored in reverse';
  return null;
}

/**
 * Fills in header.blocks, too.
 * @param {TiffHeader} header
 * @param {{ offsets: number[] | null, lengths: number[] | null, fileBytes: number }} where
 * @returns {string | null}
 */
function damageOf(header, { offsets, lengths, fileBytes }) {
  const { width, height, block, samples, bits, colours, palette, planar } = header;
  const colourful = colours === COLOURS.rgb || colours === COLOURS.ycbcr;
  if (samples < (colourful ? 3 : 1)) return `it has ${samples} samples a pixel, too few for its colours`;
  if (colours === COLOURS.palette && palette.length < 3 * 2 ** bits) return 'its palette is incomplete';
  if (block.width === 0 || block.height === 0) return 'the size of its tiles is missing';
  if (block.width * block.height > MAX_PIXELS) return `its tiles are ${block.width} x ${block.height} pixels large`;
  if (offsets === null || lengths === null) return 'the list of its parts lies outside the file';
  const across = Math.ceil(width / block.width);
  const count = across * Math.ceil(height / block.height) * (planar ? samples : 1);
  if (offsets.length < count || lengths.length < count)
    return `${Math.min(offsets.length, lengths.length)} of its ${count} parts are listed`;
  for (let i = 0; i < count; i++) {
    if (lengths[i] === 0 || offsets[i] + lengths[i] > fileBytes)
      return `part ${i + 1} of ${count} is missing or cut off`;
  }
  header.blocks = Array.from({ length: count }, (_, i) => ({ at: offsets[i], length: lengths[i] }));
  return null;
}
