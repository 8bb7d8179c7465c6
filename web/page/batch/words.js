/** What the series says about its rows. */

import { listed, number, percent, t } from '../i18n.js';
import { suspected } from '../points.js';
import { isGood, nameOf } from '../text.js';
import { headingOf, troubleOf } from '../trouble.js';
import { gradable } from './order.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Key } from '../i18n.js'
 * @import { Eye } from './names.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eyes.js'
 */

/** @param {Eye} eye */
export function eyeName(eye) {
  return t(eye === '' ? 'batch.eye.none' : `batch.eye.${eye}`);
}

/** @param {string} reason */
function reasonWord(reason) {
  /** @type {Record<string, Key>} */
  const words = {
    dark: 'batch.reason.dark',
    bright: 'batch.reason.bright',
    blurred: 'batch.reason.blurred',
    'low-contrast': 'batch.reason.low-contrast',
    'field-cut': 'batch.reason.field-cut',
    'not-fundus': 'batch.reason.not-fundus',
  };
  return reason in words ? t(words[reason]) : reason;
}

/**
 * A row's answer in one line.
 * @param {Entry} entry @param {ModelClass[]} classes @param {boolean} [numbers] whether they stand nowhere else
 */
export function resultText(entry, classes, numbers = false) {
  if (entry.state === 'failed') return headingOf(entry.error?.code ?? 'runtime');
  if (entry.state !== 'done' || entry.result === null) return t(`batch.state.${entry.state}`);
  const { quality, diseases } = entry.result.report;
  if (!gradable(entry)) {
    const reasons = entry.result.reasons.map(reasonWord);
    if (numbers) reasons.unshift(t('batch.gradability', { percent: percent(quality.gradability) }));
    return reasons.length === 0 ? t('findings.summary.poor') : t('batch.poor', { reasons: listed(reasons) });
  }
  return answer(new Map(diseases.map(({ id, probability }) => [id, probability])), classes, numbers);
}

/** @param {Map<string, number>} probabilities by id @param {ModelClass[]} classes @param {boolean} numbers */
function answer(probabilities, classes, numbers) {
  const found = classes.filter((c) => suspected({ probability: probabilities.get(c.id) ?? -1 }, c));
  const bad = found.filter(({ id }) => !isGood(id));
  if (bad.length === 0) return t(found.length > 0 ? 'findings.good.likely' : 'findings.summary.none');
  const names = bad.map((c) => {
    const name = nameOf(c);
    return numbers ? t('batch.found', { name, percent: percent(probabilities.get(c.id) ?? 0) }) : name;
  });
  return t('findings.summary.found', { names: listed(names) });
}

/** Why it could not be screened, and what to do. @param {Entry} entry */
export function errorText({ error }) {
  if (error === null) return '';
  const { problem, remedy } = troubleOf(error);
  return t('batch.error', { problem, remedy });
}

/** An eye's answer in one line. @param {EyeRow} row @param {ModelClass[]} classes @param {boolean} [numbers] */
export function eyeText(row, classes, numbers = false) {
  if (row.gradable > 0) return answer(row.worst, classes, numbers);
  if (row.screened > 0) return t('findings.summary.poor');
  return t(row.entries.every(({ state }) => state === 'failed') ? 'batch.state.failed' : 'batch.state.left');
}

/** @param {number | null} milliseconds */
export function leftText(milliseconds) {
  if (milliseconds === null) return t('batch.left.unknown');
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return t('batch.left.seconds');
  if (minutes < 90) return t('batch.left.minutes', { count: minutes });
  return t('batch.left.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** @param {number} bytes */
export function sizeText(bytes) {
  return number(Math.max(1, Math.round(bytes / 1e6)), { style: 'unit', unit: 'megabyte', unitDisplay: 'short' });
}

/** @param {number | null} share */
export function share(share) {
  return share === null ? '' : percent(share);
}

/** The first of many names. @param {string[]} names */
export function listedSome(names, most = 20) {
  const rest = names.length - most;
  if (rest <= 0) return listed(names);
  return listed([...names.slice(0, most), t('batch.more', { count: rest })]);
}
