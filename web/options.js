/** What a model takes, in a browser and in Node.js alike. */

import { MAX_PIXELS, POINT_NUMBERS, SIZE_DEFAULT, SIZE_MAX, SIZE_MIN, SIZE_STEP } from './constants.js';
import { VmnetError } from './errors.js';

/** @import { Decision, LoadOptions, NotJudged, PointName } from './vmnet.js' */

/** @param {Pick<LoadOptions, 'size' | 'maxMegapixels'>} options @returns both, with their defaults */
export function checkModel({ size = SIZE_DEFAULT, maxMegapixels = MAX_PIXELS / 1e6 }) {
  if (!Number.isInteger(size) || size < SIZE_MIN || size > SIZE_MAX || size % SIZE_STEP !== 0)
    throw new VmnetError(
      'argument',
      `load: size ${size} must be ${SIZE_MIN} to ${SIZE_MAX} in steps of ${SIZE_STEP}; leave it out for ${SIZE_DEFAULT}`,
    );
  if (!(maxMegapixels > 0 && maxMegapixels <= MAX_PIXELS / 1e6))
    throw new VmnetError(
      'argument',
      `load: maxMegapixels ${maxMegapixels} must be above 0 to ${MAX_PIXELS / 1e6}; leave it out for ${MAX_PIXELS / 1e6}`,
    );
  return { size, maxMegapixels };
}

/** @param {'heatmapSide' | 'pictureSide'} option @param {number | undefined} side @param {string} [without] */
export function checkSide(option, side, without = "the photograph's own") {
  if (side !== undefined && !(Number.isInteger(side) && side >= 1))
    throw new VmnetError(
      'argument',
      `${option} ${side}: must be a whole number of pixels from 1 on; leave it out for ${without}`,
    );
}

/** @param {'vesselProbability'} option @param {unknown} value */
export function checkSwitch(option, value) {
  if (typeof value !== 'boolean')
    throw new VmnetError('argument', `${option} '${value}': must be true or false; leave it out for false`);
}

/** Whether it stands for a photograph of which nothing is known. @param {Decision | NotJudged} d @returns {d is NotJudged} */
export const notJudged = (d) => d === null || d === 'both-eyes';

/** @param {unknown} eyes of `count` decisions, or none */
export function checkEyes(eyes, count = 0) {
  const one = (/** @type {unknown} */ eye) => eye === null || typeof eye === 'string';
  if (!Array.isArray(eyes) || (eyes.length !== 0 && eyes.length !== count) || !eyes.every(one))
    throw new VmnetError(
      'argument',
      `decide: eyes must name that of each of ${count} decisions, '' or null where it is not known; leave them out if none is`,
    );
}

/** @param {PointName} point */
export function checkPoint(point) {
  if (!Object.hasOwn(POINT_NUMBERS, point))
    throw new VmnetError(
      'argument',
      `point: '${point}' must be ${Object.keys(POINT_NUMBERS).join(', ')}; leave it out for balanced`,
    );
}
