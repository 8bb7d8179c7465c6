/** The state of the lab as a link holds it: `#view=teach&sample=phantom-7&guide=0.5&show=glaucoma`; what was drawn, too. */

import { CALIBRE_MAX, CALIBRE_MIN } from '../../constants.js';
import { isExample } from '../case/case.js';
import { phantomChoice, phantomName } from './phantom-choice.js';
import { readStrokes, writeStrokes } from './strokes.js';
import { FULL } from './subject.js';

/**
 * @import { Dab } from './strokes.js'
 * @import { PhantomChoice, Subject } from './subject.js'
 */

/** @typedef {'how' | 'break' | 'phantoms' | 'quiz' | 'pairs' | 'mistakes'} PartName */

/** @type {readonly PartName[]} */
export const PARTS = ['how', 'break', 'phantoms', 'quiz', 'pairs', 'mistakes'];

/** The usual cup-to-disc ratio and calibre of vessels, left out of links. */
const CUP = 0.4;
const CALIBRE = 1;
/** The last round of the quiz: its phantoms have numbers of four digits. */
export const LAST_ROUND = 999;
/** Most that a photograph is blurred, in pixels, and that its colours are turned, in degrees. */
export const BLUR_MAX = 12;
export const HUE_MAX = 60;

/**
 * @typedef {object} Wanted what a link asks for; null where it says nothing
 * @property {PartName | null} part
 * @property {string | null} sample an example or 'phantom-7-drusen'
 * @property {PhantomChoice | null} phantom the same, where it is a phantom
 * @property {boolean} special whether it is a phantom that the Screen view does not draw
 * @property {number | null} strength in tenths
 * @property {string | null} disease
 * @property {number | null} round of the quiz
 * @property {number} seat which one of a round, or which pair, from 0
 * @property {number | null} step that is presented, from 1
 * @property {{ dabs: Dab[], blur: number, hue: number }} changes to the photograph
 */

/** @param {string} hash @returns {Wanted} */
export function readLink(hash) {
  const wish = new URLSearchParams(hash.replace(/^#/, ''));
  const guide = numberIn(wish.get('guide'), 0, 1);
  const cup = numberIn(wish.get('cup'), 0.1, 1);
  const calibre = numberIn(wish.get('calibre'), CALIBRE_MIN, CALIBRE_MAX);
  const sample = wish.get('sample');
  const choice = phantomChoice(sample ?? '');
  const round = numberIn(wish.get('round'), 1, LAST_ROUND);
  return {
    part: PARTS.find((name) => name === wish.get('part')) ?? null,
    sample: choice !== null || isExample(sample ?? '') ? sample : null,
    phantom: choice === null ? null : { ...choice, cup: cup ?? CUP, calibre: calibre ?? CALIBRE },
    special: choice !== null && ((cup ?? CUP) !== CUP || (calibre ?? CALIBRE) !== CALIBRE),
    strength: guide === null ? null : Math.round(guide * FULL),
    disease: wish.get('show') === 'none' ? null : wish.get('show'),
    round: round === null ? null : Math.round(round),
    seat: (whole(wish.get('seat')) ?? 1) - 1,
    step: whole(wish.get('present')),
    changes: {
      dabs: readStrokes(wish.get('drawn') ?? ''),
      blur: Math.round(numberIn(wish.get('blur'), 0, BLUR_MAX) ?? 0),
      hue: Math.round(numberIn(wish.get('hue'), -HUE_MAX, HUE_MAX) ?? 0),
    },
  };
}

/** @param {string | null} text a small number from 1 on */
function whole(text) {
  const value = numberIn(text, 1, 99);
  return value === null ? null : Math.round(value);
}

/** @param {string | null} text @param {number} low @param {number} high */
function numberIn(text, low, high) {
  const value = Number(text ?? Number.NaN);
  return text !== null && text !== '' && value >= low && value <= high ? value : null;
}

/** What no link can hold, a photograph of one's own, gives null. @param {Subject | null} subject */
export function sampleOf(subject) {
  if (subject?.kind === 'sample') return subject.name.replace(/\.jpg$/, '');
  return subject?.choice ? phantomName(subject.choice) : null;
}

/**
 * @param {{
 *   part: PartName, subject: Subject | null, strength?: number, disease?: string | null, round?: number, seat?: number,
 *   step?: number, changes?: { dabs: readonly Dab[], blur: number, hue: number },
 * }} state
 * @returns {string | null} null for a photograph of one's own, which no link can hold
 */
export function writeLink({ part, subject, strength, disease, round, seat, step, changes }) {
  const sample = sampleOf(subject);
  if (subject !== null && sample === null) return null;
  const { cup = CUP, calibre = CALIBRE } = subject?.choice ?? {};
  /** @type {Record<string, string | number | null | undefined | false>} what is empty is as usual */
  const wish = {
    view: 'teach',
    part: part !== 'how' && part,
    sample,
    cup: cup !== CUP && cup,
    calibre: calibre !== CALIBRE && calibre,
    guide: strength === undefined ? null : String(strength / FULL),
    show: disease,
    round,
    seat: seat ? seat + 1 : null, // the first one is as usual
    blur: changes?.blur,
    hue: changes?.hue,
    drawn: changes && writeStrokes(changes.dabs),
    present: step,
  };
  return new URLSearchParams(
    Object.entries(wish).flatMap(([key, value]) => (value ? [[key, String(value)]] : [])),
  ).toString();
}
