/** How exactly the lab says a probability. */

import { digitsBy } from '../../answer.js';
import { percent } from '../words/i18n.js';

/** With more digits nobody would read it. */
const MOST_DIGITS = 4;

/**
 * After the point: one, so that small changes are seen; of a small one two, as of the cuts; more where it would read as a cut
 * that it does not reach.
 * @param {number} p @param {number[]} [cuts]
 */
export function exactDigits(p, cuts = []) {
  const same = (/** @type {number} */ digits) =>
    cuts.some((cut) => p < cut && percent(p, digits) === percent(cut, digits));
  let digits = digitsBy(p);
  while (digits < MOST_DIGITS && same(digits)) digits++;
  return digits;
}
