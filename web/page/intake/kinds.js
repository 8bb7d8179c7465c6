/** Which files of a mixed folder are photographs. */

import { sniff } from '../../photo/sniff.js';

/** Pictures by their ending, also of kinds that cannot be read: their row says so. */
const PICTURES =
  /\.(jpe?g|jpe|jfif|png|webp|tiff?|heic|heif|avif|bmp|gif|dcm|dicom|jp2|j2k|jxl|cr2|cr3|nef|arw|dng|orf|rw2)$/i;

/** Bytes that tell a kind: up to that of a DICOM object, which lies at 128. */
const HEAD = 132;

/**
 * Left out is only what neither its ending nor its content makes a picture.
 * @param {string} name @param {Uint8Array} head the first bytes
 */
export function isPicture(name, head) {
  const hidden = name.startsWith('.'); // such as ._eye.jpg, which macOS writes beside eye.jpg
  if (PICTURES.test(name) && !hidden) return true;
  return sniff(head).kind !== null;
}

/**
 * @param {File[]} files
 * @returns {Promise<{ pictures: File[], others: string[] }>} others: names of what is no picture
 */
export async function sortOut(files) {
  /** @type {File[]} */
  const pictures = [];
  /** @type {string[]} */
  const others = [];
  for (const file of files) {
    const obvious = PICTURES.test(file.name) && !file.name.startsWith('.');
    if (obvious || isPicture(file.name, await headOf(file))) pictures.push(file);
    else others.push(file.name);
  }
  return { pictures, others };
}

/** @param {Blob} file */
async function headOf(file) {
  try {
    return new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  } catch {
    return new Uint8Array(); // unreadable, such as a folder that was dropped as a file
  }
}
