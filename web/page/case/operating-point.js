/** Operating points: which one is in use on the page. What they mean for a photograph stands in its report. */

/** @import { ModelClass } from '../../vmnet.js' */

/** @typedef {'screening' | 'balanced' | 'specific'} PointName */

/** By rising threshold. @type {readonly PointName[]} */
export const OPERATING_POINTS = ['screening', 'balanced', 'specific'];

/** @type {PointName} */
let chosen = 'balanced';
/** @type {Set<() => void>} */
const listeners = new Set();

/** The one in use on the whole page. */
export function operatingPoint() {
  return chosen;
}

/** @param {PointName} name */
export function setOperatingPoint(name) {
  chosen = name;
  for (const listener of listeners) listener();
}

/** @param {() => void} listener */
export function onOperatingPoint(listener) {
  listeners.add(listener);
}

/** Where a class is cut at the operating point in use, to be told. @param {ModelClass} of */
export function thresholdOf({ points, threshold }) {
  return points?.[chosen].threshold ?? threshold;
}
