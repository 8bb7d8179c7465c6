/** Whose the example photographs are. In a question it would give the answer away: there it is told with the truth. */

/** @import { Example } from '../case/case.js' */

/** @param {Example} name */
export function creditOf(name) {
  return name === 'retina' ? 'M. Häggström, CC0' : 'A. Budai et al., HRF, CC BY 4.0';
}
