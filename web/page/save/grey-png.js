/**
 * A mask as a PNG of one grey byte a pixel, as the command writes it. A canvas would make four bytes of each, and weigh filters
 * for every line of them: for masks, which are flat, no filter packs best.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @type {Uint32Array | null} of CRC-32 (PNG, annex D), made with the first picture */
let table = null;

function crcTable() {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
  return table;
}

/** @param {string} type @param {Uint8Array<ArrayBuffer>} content */
function chunk(type, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(
    [...type].map((letter) => letter.charCodeAt(0)),
    4,
  );
  bytes.set(content, 8);
  const crcs = crcTable();
  let crc = 0xffffffff;
  for (let i = 4; i < content.length + 8; i++) crc = crcs[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  view.setUint32(content.length + 8, ~crc);
  return bytes;
}

/**
 * @param {{ width: number, height: number, data: Uint8Array<ArrayBuffer> }} layer [height][width]
 * @returns {Promise<Blob>}
 */
export async function greyPng({ width, height, data }) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits; grey, deflate, no interlace: all 0
  const lines = new Uint8Array((width + 1) * height); // each begins with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const packed = new Response(new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate')));
  const content = chunk('IDAT', new Uint8Array(await packed.arrayBuffer()));
  const parts = [Uint8Array.from(SIGNATURE), chunk('IHDR', header), content, chunk('IEND', new Uint8Array(0))];
  return new Blob(parts, { type: 'image/png' });
}
