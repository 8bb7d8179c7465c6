/** Words about results. What a disease is called comes from the catalogue where it knows the id, else from the weights. */

import { day, has, number, t } from './i18n.js';

/**
 * @import { Report } from '../../vmnet.js'
 * @import { Key } from './i18n.js'
 */

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

/** Normal is no finding: it is not listed among them. @param {{ id: string }} of */
export function isFinding({ id }) {
  return id !== 'normal';
}

/** What else a file holds, as what reads files says it: of how many, and which. */
const PART =
  /^a (?:TIFF|DICOM object) of (?<count>\d+) (?:pages|photographs): only (?:the first|number (?<number>\d+)) was read$/;

/** That only a part of a file was screened, in the page's language; other notes as they are. @param {string} note of a result */
export function fileNote(note) {
  const { count, number: which = '1' } = note.match(PART)?.groups ?? {};
  return count === undefined ? note : t('file.only', { number: number(Number(which)), count: number(Number(count)) });
}

/** That it was turned before it was looked at; '' where it was not. @param {Pick<Report, 'orientation'>} report not in those of programs before */
export function turnedNote({ orientation }) {
  const turned = orientation?.turned ?? 0;
  return turned === 0 ? '' : t(`file.turned.${turned}`);
}

/** That it may not stand upright, where the answer's own reasons do not say so. @param {Pick<Report, 'quality' | 'decision'>} report */
function liesNote({ quality, decision }) {
  const isSaid = decision.reasons.some(({ code }) => code === 'turned');
  return quality.gradable && quality.reasons.includes('turned') && !isSaid ? t('quality.turned') : '';
}

/** What is to be known of a file beside its answer. @param {Pick<Report, 'orientation' | 'quality' | 'decision'>} report @param {string[]} notes of a result */
export function notesText(report, notes) {
  return [...notes.map(fileNote), turnedNote(report), liesNote(report)].filter(Boolean);
}

/** What speaks against a photograph, with what to do about it. @param {{ reasons: string[] }} quality */
export function qualityHints({ reasons }) {
  return reasons.map((r) => maybe(`quality.${r}`)).filter((text) => text !== null);
}

/** @param {string} name 'diabetic retinopathy' -> 'Diabetic retinopathy' */
export function capital(name) {
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

/** Between two places of a photograph. @param {number} distance in widths of the optic disc @param {number} digits */
export function inWidths(distance, digits) {
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return t('teach.widths', { distance: number(distance, how), count: Number(distance.toFixed(digits)), digits });
}

/** A change of a share. @param {string} points as they are written: its percentage points @param {number} change @param {number} [digits] of them */
export function inPoints(points, change, digits = 1) {
  return t('visits.points', { points, count: Number(Math.abs(100 * change).toFixed(digits)), digits });
}

/** Of a visit. @param {string | null} on as 2026-03-07; null: nobody knows */
export function dayName(on) {
  return on === null ? t('visits.undated') : day(new Date(`${on}T12:00`));
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

/** What is said where the optic disc lies as in the other eye; else null. @param {'OD' | 'OS' | ''} seen @param {'OD' | 'OS' | ''} said */
export function oddDoubt(seen, said) {
  if (seen === '' || said === '' || seen === said) return null;
  return {
    short: t('batch.eye.odd', { eye: t(`batch.eye.short.${seen}`) }),
    text: t('batch.eye.odd.text', { eye: t(`batch.eye.${seen}`) }),
  };
}
