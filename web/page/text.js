/** Words about results. What a disease is called comes from the catalogue where it knows the id, else from the weights. */

import { has, listed, number, percent, t } from './i18n.js';
import { likelihood, suspected } from './points.js';

/** @import { ModelClass, ScreenResult } from '../vmnet.js' */
/** @import { Key } from './i18n.js' */

/** @param {string} key @returns {string | null} */
function maybe(key) {
  return has(key) ? t(/** @type {Key} */ (key)) : null;
}

/** @param {{ id: string, name: string }} disease */
export function nameOf({ id, name }) {
  return maybe(`disease.${id}.name`) ?? name;
}

/** One plain sentence. @param {string} id */
export function hintOf(id) {
  return maybe(`disease.${id}.hint`) ?? t('disease.unknown.hint');
}

/** Whether finding it is good news. @param {string} id */
export function isGood(id) {
  return id === 'normal';
}

/** 'Likely' and the like. @param {{ id: string, probability: number }} disease @param {ModelClass} of */
export function verdict(disease, of) {
  return verdictWord(disease.id, likelihood(disease, of));
}

/** @param {string} id @param {import('./points.js').Likelihood} level */
export function verdictWord(id, level) {
  return isGood(id) ? t(`findings.good.${level}`) : t(`findings.${level}`);
}

/** The answer in one line. @param {ScreenResult} result @param {ModelClass[]} classes */
export function summaryOf(result, classes) {
  if (!result.quality.gradable) return t('findings.summary.poor');
  const found = result.diseases.filter((d, i) => suspected(d, classes[i]));
  const bad = found.filter((d) => !isGood(d.id));
  if (bad.length > 0) return t('findings.summary.found', { names: listed(bad.map(nameOf)) });
  return found.length > 0 ? t('findings.good.likely') : t('findings.summary.none');
}

/** Whether the photograph can be judged, why not, and what to do. @param {ScreenResult['quality']} quality */
export function qualityOf(quality) {
  const reasons = (quality.reasons ?? []).map((r) => maybe(`quality.${r}`)).filter((text) => text !== null);
  if (quality.gradable) return [t('quality.good', { percent: percent(quality.gradability) }), ...reasons].join(' ');
  const poor = t('quality.poor', { percent: percent(quality.gradability), least: percent(quality.threshold) });
  return [poor, ...(reasons.length > 0 ? reasons : [t('quality.again')])].join(' ');
}

/**
 * How far this strength of the guide is from the other one, in percentage points; null where that is next to nothing.
 * @param {number} now @param {number} other @param {boolean} guided whether `now` was computed with more of the guide
 */
export function guideChange(now, other, guided) {
  const points = (now - other) * 100;
  if (Math.abs(points) < 0.5) return null;
  const values = {
    points: number(Math.abs(points), { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    other: guided ? t('findings.change.off') : t('findings.change.on'),
    percent: percent(other),
  };
  return points > 0 ? t('findings.change.more', values) : t('findings.change.less', values);
}

/** @param {string} name 'diabetic retinopathy' -> 'Diabetic retinopathy' */
export function capital(name) {
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return number(bytes / 1e6, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/**
 * An error's text reads `input: problem; remedy`.
 * @param {string} message
 */
export function splitMessage(message) {
  const colon = message.search(/:\s/);
  const semicolon = message.lastIndexOf('; ');
  const input = colon > 0 ? message.slice(0, colon).trim() : '';
  const remedy = semicolon > colon ? message.slice(semicolon + 2) : '';
  const problem = message.slice(colon > 0 ? colon + 1 : 0, semicolon > colon ? semicolon : undefined).trim();
  return { input, problem, remedy };
}
