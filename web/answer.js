/** Why an answer is what it is, and how to photograph again: the page and the element say the same, each in words of its own. */

/** @import { Decided, Reason } from './vmnet.js' */

/** The id of what is graded. */
export const GRADED = 'diabetic-retinopathy';

/** What an answer says about one disease; unjudged: that it is not suspected says nothing. @typedef {'suspected' | 'near' | 'not' | 'unjudged'} Standing */

/**
 * @typedef {object} Words
 * @property {(key: string, values?: Record<string, string>) => string} say
 * @property {(key: string) => boolean} has
 * @property {(parts: string[]) => string} list
 * @property {(id: string) => string} nameOf a disease
 */

/** Digits after the point by which a probability, in per cent, is told from its cut. @param {number} cut */
export function digitsBy(cut) {
  return cut < 0.01 ? 2 : 1;
}

/** Whether it stands in front of the rest. @param {Standing} stands */
export function isFlagged(stands) {
  return stands === 'suspected' || stands === 'near';
}

/**
 * A probability in as many digits as tell it from its cut: what is below never reads as if it reached it.
 * @param {number} share @param {Standing} stands @param {number} cut
 * @param {(share: number, digits: number) => string} write in per cent @param {number} least digits of what is not flagged
 */
export function toldFromCut(share, stands, cut, write, least) {
  const most = digitsBy(cut);
  const same = (/** @type {number} */ digits) => write(share, digits) === write(cut, digits);
  const digits = isFlagged(stands) || most > 1 || same(least) ? most : least;
  const below = share < cut && stands !== 'suspected' && same(digits);
  return below ? `\u2066< ${write(cut, digits)}\u2069` : write(share, digits);
}

/** @param {Reason} reason */
const isFinding = ({ code }) => code === 'finding';
/** @param {Reason} reason */
const isNear = ({ code }) => code === 'near';

/** Whether a cataract is suspected, behind which other findings may lie unseen. @param {Decided} decision */
export function isVeiled({ rest, reasons }) {
  return rest === 'hidden' && reasons.some((reason) => isFinding(reason) && reason.disease === 'cataract');
}

/**
 * What is said of all that the reasons do not name; nothing where the report of an earlier version does not tell.
 * @param {Decided} decision @returns {'not' | 'unjudged'}
 */
export function restOf({ rest }) {
  return rest === 'not-suspected' ? 'not' : 'unjudged';
}

/** What the answer says about one disease. @param {Decided} decision @param {string | undefined} id @returns {Standing} */
export function standing(decision, id) {
  const about = decision.reasons.filter(({ disease }) => disease === id);
  if (about.some(isFinding)) return 'suspected';
  return about.some(isNear) ? 'near' : restOf(decision);
}

/**
 * Why it cannot be judged, or what in it may hide something.
 * @param {Decided} decision @param {Words} words @returns {string[]}
 */
export function faultsOf({ reasons }, { say, has }) {
  return reasons.filter(({ code }) => has(`batch.reason.${code}`)).map(({ code }) => say(`batch.reason.${code}`));
}

/**
 * Diseases that the test does not name are something else.
 * @param {Decided} decision @param {string[]} looksFor ids of those that it names @param {(reason: Reason) => boolean} pass @param {Words} words
 */
export function namesIn({ reasons }, looksFor, pass, { say, nameOf }) {
  const ids = reasons.filter(pass).map(({ disease }) => disease ?? '');
  return [...new Set(ids.map((id) => (looksFor.includes(id) ? nameOf(id) : say('findings.unnamed'))))];
}

/** In a sentence or two. @param {Decided} decision @param {string[]} looksFor @param {Words} words */
export function whyOf(decision, looksFor, words) {
  const { answer, reasons } = decision;
  const { say, has, list } = words;
  const found = namesIn(decision, looksFor, isFinding, words);
  const near = namesIn(decision, looksFor, isNear, words);
  const faults = faultsOf(decision, words);
  const veiled = isVeiled(decision) ? [say('decision.why.cataract')] : [];
  if (answer === 'repeat') {
    const why = [say('decision.why.repeat', { reasons: list(faults) })];
    if (found.length > 0) why.push(say('decision.why.all-the-same', { names: list(found) }));
    return [...why, ...veiled].join(' ');
  }
  const why = [];
  if (answer !== 'unclear') {
    if (found.length > 0) why.push(say('decision.why.finding', { names: list(found) }));
  } else if (reasons.some((reason) => isFinding(reason) && looksFor.includes(reason.disease ?? '')))
    why.push(say('decision.why.unjudged', { names: list(found) })); // on a judged one it would be referred
  else why.push(say(found.length > 0 ? 'decision.why.something-else' : 'decision.why.unclear'));
  if (found.length > 0) why.push(...veiled);
  if (near.length > 0) why.push(say('decision.why.near', { names: list(near) }));
  for (const reason of reasons)
    if (!isFinding(reason) && !isNear(reason) && has(`decision.why.${reason.code}`))
      why.push(say(`decision.why.${reason.code}`));
  if (faults.length > 0) why.push(say('decision.why.hidden', { reasons: list(faults) }));
  return why.join(' ');
}

/** How a better photograph is taken. @param {Decided} decision @param {Words} words */
export function againOf({ reasons }, { say, has }) {
  const how = reasons.filter(({ code }) => has(`quality.${code}`)).map(({ code }) => say(`quality.${code}`));
  if (how.length === 0) how.push(say('quality.again'));
  if (reasons.some(isFinding)) how.push(say('decision.do.all-the-same'));
  return how.join(' ');
}
