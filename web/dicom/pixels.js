/** Samples of a DICOM frame to RGBA: what needs no codec. */

/** @import { DataSet } from '../vendor/dicom-parser.js' */
/** @import { DicomObject } from './object.js' */

/**
 * RLE: a header of 16 numbers, then a PackBits segment for each sample's plane.
 * @param {Uint8Array} bytes @param {number} count pixels @param {number} samples
 * @returns {Uint8Array | null} plane after plane; null where it does not add up
 */
export function unpackRle(bytes, count, samples) {
  if (bytes.length < 64) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64);
  if (header.getUint32(0, true) !== samples) return null;
  const out = new Uint8Array(count * samples);
  for (let plane = 0; plane < samples; plane++) {
    const start = header.getUint32(4 + 4 * plane, true);
    const end = plane + 1 < samples ? header.getUint32(8 + 4 * plane, true) : bytes.length;
    if (
      start < 64 ||
      end > bytes.length ||
      !unpackBits(bytes.subarray(start, end), out.subarray(plane * count, (plane + 1) * count))
    )
      return null;
  }
  return out;
}

/** @param {Uint8Array} from @param {Uint8Array} to @returns {boolean} whether it was filled */
function unpackBits(from, to) {
  let [i, o] = [0, 0];
  while (o < to.length && i < from.length) {
    const n = from[i++];
    if (n < 128) {
      const length = Math.min(n + 1, to.length - o, from.length - i);
      to.set(from.subarray(i, i + length), o);
      i += n + 1;
      o += length;
    } else if (n > 128) {
      if (i >= from.length) return false;
      to.fill(from[i++], o, o + 257 - n);
      o += 257 - n;
    }
  }
  return o >= to.length;
}

/**
 * @param {Uint8Array} samples of one frame
 * @param {Pick<DicomObject, 'width' | 'height' | 'samples' | 'colours'> & { planar: boolean }} layout
 * @param {Uint8Array[] | null} palette red, green, blue by entry
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA
 */
export function toRgba(samples, { width, height, samples: each, planar, colours }, palette) {
  const count = width * height;
  const out = new Uint8ClampedArray(count * 4).fill(255);
  if (each === 1) {
    const invert = colours === 'MONOCHROME1' ? 255 : 0;
    for (let i = 0; i < count; i++)
      for (let c = 0; c < 3; c++) out[4 * i + c] = palette === null ? samples[i] ^ invert : palette[c][samples[i]];
    return out;
  }
  const [pixel, plane] = planar ? [1, count] : [3, 1];
  const ybr = colours.startsWith('YBR_FULL');
  for (let i = 0, from = 0, to = 0; i < count; i++, from += pixel, to += 4) {
    const [a, b, c] = [samples[from], samples[from + plane], samples[from + 2 * plane]];
    if (ybr) putYbr(out, to, a, b, c);
    else {
      out[to] = a;
      out[to + 1] = b;
      out[to + 2] = c;
    }
  }
  return out;
}

/** Uncompressed YBR_FULL_422: Y Y Cb Cr for two pixels. @param {Uint8Array} samples @param {number} count pixels */
export function from422(samples, count) {
  const out = new Uint8ClampedArray(count * 4).fill(255);
  for (let i = 0; i < count; i++) {
    const pair = (i >> 1) * 4;
    putYbr(out, 4 * i, samples[pair + (i & 1)], samples[pair + 2], samples[pair + 3]);
  }
  return out;
}

/** PS3.3 C.7.6.3.1.2 @param {Uint8ClampedArray} out @param {number} at @param {number} y @param {number} cb @param {number} cr */
function putYbr(out, at, y, cb, cr) {
  out[at] = y + 1.402 * (cr - 128);
  out[at + 1] = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128);
  out[at + 2] = y + 1.772 * (cb - 128);
}

/** @param {DataSet} data @returns {Uint8Array[] | null} red, green, blue of 256 values each; null where one is not whole */
export function paletteOf(data) {
  const tables = [];
  for (const colour of ['1', '2', '3']) {
    const table = data.elements[`x0028120${colour}`];
    const entries = data.uint16(`x0028110${colour}`, 0) || 65536; // 0 stands for 65536
    const first = data.uint16(`x0028110${colour}`, 1);
    const bits = data.uint16(`x0028110${colour}`, 2);
    if (table === undefined || first === undefined || (bits !== 8 && bits !== 16)) return null;
    const wide = table.length >= 2 * entries;
    if (!wide && table.length < entries) return null;
    const at = (/** @type {number} */ i) =>
      wide
        ? data.byteArray[table.dataOffset + 2 * i] | (data.byteArray[table.dataOffset + 2 * i + 1] << 8)
        : data.byteArray[table.dataOffset + i];
    const values = Uint32Array.from({ length: 256 }, (_, i) => at(Math.min(entries - 1, Math.max(0, i - first))));
    // Some write 8 bits into 16.
    const high = bits === 16 && wide && values.some((value) => value > 255);
    tables.push(Uint8Array.from(values, (value) => (high ? value >> 8 : value)));
  }
  return tables;
}
