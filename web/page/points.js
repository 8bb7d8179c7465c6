/** Operating points: from which probability on a disease is suspected, and the words for how likely it is. */

/** @import { Disease, ModelClass } from '../vmnet.js' */

/** @typedef {'screening' | 'balanced' | 'specific'} PointName */
/** @typedef {'likely' | 'possible' | 'unlikely'} Likelihood */

/** By rising threshold. @type {readonly PointName[]} */
export const POINTS = ['screening', 'balanced', 'specific'];

/** @type {PointName} */
let chosen = 'balanced';
/** @type {Set<() => void>} */
const listeners = new Set();

/** The one in use on the whole page. */
export function point() {
  return chosen;
}

/** @param {PointName} name */
export function setPoint(name) {
  chosen = name;
  for (const listener of listeners) listener();
}

/** @param {() => void} listener */
export function onPoint(listener) {
  listeners.add(listener);
}

/** Where a class is cut at the operating point in use. @param {ModelClass} of */
export function thresholdOf({ points, threshold }) {
  return points?.[chosen].threshold ?? threshold;
}

/** Whether it is suspected at the operating point in use. @param {{ probability: number }} disease @param {ModelClass} of */
export function suspected({ probability }, of) {
  return probability >= thresholdOf(of);
}

/** From here on it is more likely than not: probabilities are calibrated. */
export const LIKELY = 0.5;

/**
 * In words. What is suspected at the operating point in use is possible: that may begin at a few per cent, which is worth a
 * look but not likely.
 * @param {Pick<Disease, 'probability'>} disease @param {ModelClass} of
 * @returns {Likelihood}
 */
export function likelihood(disease, of) {
  if (disease.probability >= LIKELY) return 'likely';
  return suspected(disease, of) ? 'possible' : 'unlikely';
}
