/** The quiz: which phantoms a round has, what is asked, and what counts as right. */

import { distanceTo } from './maps.js';

/**
 * @import { Layer, Lesion } from '../../vmnet.js'
 * @import { Place } from './maps.js'
 * @import { PhantomChoice } from './subject.js'
 */

/** @typedef {'disc' | 'fovea' | 'lesion'} Task */
/** @typedef {{ opticDisc: Place & { radius: number }, fovea: Place, lesions: Layer }} KnownTruth */
/** @typedef {{ verdict: 'right' | 'close' | 'wrong', distance: number }} Judgement distance in widths of the optic disc */

/** @type {readonly Task[]} */
export const TASKS = ['disc', 'fovea', 'lesion'];
export const PHANTOMS = 5;

/** @type {readonly Lesion[][]} */
const KINDS = [['haemorrhages'], ['exudates'], ['drusen'], ['haemorrhages', 'exudates']];
const CUPS = [0.4, 0.6, 0.3, 0.5, 0.7];

/** The same round shows the same phantoms to everybody. @param {number} round from 1 @returns {PhantomChoice[]} */
export function roundPhantoms(round) {
  return CUPS.map((cup, i) => ({
    seed: round * 10 + i,
    lesions: [...KINDS[(round + i) % KINDS.length]],
    cup,
    calibre: 1,
  }));
}

/** How far a mark may be, in radii of the optic disc: to be right, and to be close. @type {Record<Task, [number, number]>} */
const REACH = { disc: [1.1, 2.2], fovea: [1, 2], lesion: [0.2, 0.8] };

/** @param {Task} task @param {Place} mark @param {KnownTruth} truth @returns {Judgement} */
export function judge(task, mark, { opticDisc, fovea, lesions }) {
  const to = (/** @type {Place} */ place) => Math.hypot(mark.x - place.x, mark.y - place.y);
  const away = task === 'lesion' ? distanceTo(lesions, mark) : to(task === 'disc' ? opticDisc : fovea);
  return rate(task, away, opticDisc.radius);
}

/** @param {Task} task @param {number} away in pixels @param {number} radius of the optic disc @returns {Judgement} */
export function rate(task, away, radius) {
  const [right, close] = REACH[task];
  const radii = away / radius;
  return { verdict: radii <= right ? 'right' : radii <= close ? 'close' : 'wrong', distance: radii / 2 };
}

/** Which disease's heatmap lesions are compared with. @param {readonly Lesion[]} lesions */
export function diseaseFor(lesions) {
  return lesions.includes('drusen') && lesions.length === 1
    ? 'age-related-macular-degeneration'
    : 'diabetic-retinopathy';
}
