/** Which phantom to draw next: the next of a series, or one asked for by number and lesions. */

import { byId } from '../shell/dom.js';

/** @import { Lesion } from '../../vmnet.js' */

/** @typedef {{ seed: number, lesions: Lesion[] }} PhantomChoice */

/** What the series shows, one after the other. @type {readonly Lesion[][]} */
const SERIES = [[], ['haemorrhages'], ['exudates'], ['drusen']];

const form = byId('phantom', HTMLFormElement);
const seedInput = byId('phantom-seed', HTMLInputElement);
const lesionInputs = [...form.querySelectorAll('input[name="lesion"]')].filter((e) => e instanceof HTMLInputElement);
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

/** Shows the form with what is on the table; hides it for null. @param {PhantomChoice | null} choice */
export function showPhantomForm(choice) {
  form.hidden = choice === null;
  if (choice === null) return;
  seedInput.value = String(choice.seed);
  for (const input of lesionInputs) input.checked = choice.lesions.some((lesion) => lesion === input.value);
}

/** @param {(choice: PhantomChoice) => void} draw */
export function onPhantomAsked(draw) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const lesions = lesionInputs.filter((input) => input.checked).map((input) => /** @type {Lesion} */ (input.value));
    draw({ seed: Number(seedInput.value), lesions });
  });
}
