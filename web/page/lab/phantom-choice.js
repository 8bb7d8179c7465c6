/** Which phantom to draw next: the next of a series, or one that a name asks for. */

/** @import { Lesion } from '../../vmnet.js' */

/** @typedef {{ seed: number, lesions: Lesion[] }} PhantomChoice */

/** What the series shows, one after the other. @type {readonly Lesion[][]} */
const SERIES = [[], ['haemorrhages'], ['exudates'], ['drusen']];

let drawn = 0;

/** @returns {PhantomChoice} */
export function nextPhantom() {
  drawn += 1;
  return { seed: drawn, lesions: SERIES[(drawn - 1) % SERIES.length] };
}

/** 'phantom-2-haemorrhages' @param {PhantomChoice} choice */
export function phantomName({ seed, lesions }) {
  return ['phantom', seed, ...lesions].join('-');
}

/** The choice that a name stands for; null if it is none. @param {string} name @returns {PhantomChoice | null} */
export function phantomChoice(name) {
  const [kind, seed, ...lesions] = name.split('-');
  const known = /** @type {Lesion[]} */ (['haemorrhages', 'exudates', 'drusen']);
  if (kind !== 'phantom' || !/^\d{1,4}$/.test(seed ?? '')) return null;
  return { seed: Number(seed), lesions: known.filter((lesion) => lesions.includes(lesion)) };
}
