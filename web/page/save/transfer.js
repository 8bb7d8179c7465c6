/** What goes from the store into a file, and back. */

import { packEntry, unpackEntry } from './records.js';
import { SealError } from './seal.js';

/**
 * @import { KeptFile } from './kept-file.js'
 * @import { Bytes, Kept } from './records.js'
 * @import { Store } from './store.js'
 */

/** The photograph's. @param {Pick<Kept, 'sha256' | 'entry'>} kept */
export function hashOf({ sha256, entry }) {
  return sha256 ?? entry.result?.report.image.sha256 ?? null;
}

/** Those that can be told apart, three frames each. @param {Store} store @param {Kept[]} all @returns {AsyncGenerator<Bytes>} */
export async function* framesOf(store, all) {
  for (const kept of all.filter((one) => hashOf(one) !== null)) {
    yield packEntry(kept);
    yield* await store.opened(kept.key);
  }
}

/** @param {KeptFile} file @returns {AsyncGenerator<[Kept, Bytes, Bytes]>} @throws {SealError} */
export async function* photographsOf(file) {
  /** @type {Bytes[]} */
  let some = [];
  for await (const bytes of file.frames()) {
    some.push(bytes);
    if (some.length < 3) continue;
    yield [await unpackEntry(crypto.randomUUID(), some[0]), some[1], some[2]];
    some = [];
  }
  if (some.length > 0) throw new SealError('damaged');
}

/** All of it or nothing. @param {KeptFile} file @param {boolean[]} wanted which of its photographs @param {Store} store */
export async function addFrom(file, wanted, store) {
  /** @type {Kept[]} */
  const added = [];
  let at = 0;
  try {
    for await (const [kept, pictures, photograph] of photographsOf(file))
      if (wanted[at++]) {
        added.push(kept);
        await store.putOpened(kept, pictures, photograph);
      }
    return added;
  } catch (error) {
    await store.remove(added.map(({ key }) => key));
    throw error;
  }
}
