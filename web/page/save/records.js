/** What is kept of a photograph, as bytes and back: a ZIP of its entry and its pictures, which is then encrypted. */

import { loadFflate } from './archive.js';

/**
 * @import { Entry } from '../worklist/entry.js'
 * @import { Evidence } from '../worklist/pictures.js'
 */

/** @typedef {Omit<Entry, 'file' | 'version' | 'visit' | 'preview' | 'mask' | 'evidence'>} Told what tables and visits need */
/** @typedef {Pick<Entry, 'preview' | 'mask' | 'evidence'>} Seen its larger pictures */

/**
 * @typedef {object} Kept
 * @property {string} key in the store
 * @property {Told} entry
 * @property {string | null} visit when it was taken in, as in ISO 8601; null: not known
 * @property {string | null} sha256 of the photograph's file
 * @property {string} type of the photograph's file
 * @property {boolean} open whether it stands in the table
 */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** @param {Blob} blob @returns {Promise<Bytes>} */
export async function blobBytes(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}

/** @param {object} said @param {(Blob | null)[]} blobs @returns {Promise<Bytes>} */
async function pack(said, blobs) {
  const { strToU8, zipSync } = await loadFflate();
  /** @type {Record<string, any>} */
  const files = { json: strToU8(JSON.stringify({ ...said, types: blobs.map((blob) => blob?.type ?? null) })) };
  for (const [i, blob] of blobs.entries()) if (blob !== null) files[i] = [await blobBytes(blob), { level: 0 }];
  return /** @type {Bytes} */ (zipSync(files));
}

/** @param {Bytes} bytes @returns {Promise<{ said: any, blobs: (Blob | null)[] }>} */
async function unpack(bytes) {
  const { strFromU8, unzipSync } = await loadFflate();
  const { json, ...files } = unzipSync(bytes);
  const { types, ...said } = JSON.parse(strFromU8(json));
  const blobOf = (/** @type {string | null} */ type, /** @type {number} */ i) =>
    type === null ? null : new Blob([/** @type {Bytes} */ (files[i])], { type });
  return { said, blobs: types.map(blobOf) };
}

/** @param {Omit<Kept, 'key'>} kept */
export function packEntry({ entry, visit, sha256, type, open }) {
  const { thumb, ...told } = entry;
  const state = told.state === 'working' ? 'waiting' : told.state;
  return pack({ entry: { ...told, state }, visit, sha256, type, open }, [thumb]);
}

/** @param {string} key @param {Bytes} bytes @returns {Promise<Kept>} */
export async function unpackEntry(key, bytes) {
  const { said, blobs } = await unpack(bytes);
  return { ...said, key, entry: { ...said.entry, thumb: blobs[0] } };
}

/** @param {Seen} seen */
export function packPictures({ preview, mask, evidence }) {
  const blobs = evidence.flatMap(({ grey, laid }) => [grey, laid]);
  return pack({ evidence: evidence.map(({ id }) => id) }, [preview, mask, ...blobs]);
}

/** @param {Bytes} bytes @returns {Promise<Seen>} */
export async function unpackPictures(bytes) {
  const { said, blobs } = await unpack(bytes);
  const [preview, mask, ...rest] = blobs;
  /** @type {Evidence[]} */
  const evidence = said.evidence.map((/** @type {string} */ id, /** @type {number} */ i) => ({
    id,
    grey: rest[2 * i],
    laid: rest[2 * i + 1],
  }));
  return { preview, mask, evidence };
}
