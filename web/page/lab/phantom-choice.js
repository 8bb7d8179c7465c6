/** Which phantom to draw next: the next of a series, or one that a name asks for. */

import { LESION_NUMBERS } from '../../constants.js';

/** @import { Lesion } from '../../vmnet.js' */

/** What a name tells of a phantom. @typedef {{ seed: number, lesions: Lesion[] }} NamedPhantom */

const KNOWN = /** @type {readonly Lesion[]} */ (Object.keys(LESION_NUMBERS));
/** What the series shows, one after the other. @type {readonly Lesion[][]} */
const SERIES = [[], ...KNOWN.map((lesion) => [lesion])];

let drawn = 0;

/** @returns {NamedPhantom} */
export function nextPhantom() {
  drawn += 1;
  return { seed: drawn, lesions: SERIES[(drawn - 1) % SERIES.length] };
}

/** 'phantom-2-haemorrhages' @param {NamedPhantom} choice */
export function phantomName({ seed, lesions }) {
  return ['phantom', seed, ...lesions].join('-');
}

/** The choice that a name stands for; null if it is none. @param {string} name @returns {NamedPhantom | null} */
export function phantomChoice(name) {
  const [kind, seed, ...lesions] = name.split('-');
  if (kind !== 'phantom' || !/^\d{1,4}$/.test(seed ?? '')) return null;
  return { seed: Number(seed), lesions: KNOWN.filter((lesion) => lesions.includes(lesion)) };
}
