/** What saved files are called. */

import { localDay } from './visits.js';

/** @import { Kind } from './menu.js' */

/** What a file of each kind holds, and how its name ends. @type {Record<Exclude<Kind, 'print'>, [string, string]>} */
const NAMES = {
  pdf: ['report', 'pdf'],
  xlsx: ['results', 'xlsx'],
  csv: ['results', 'csv'],
  json: ['reports', 'json'],
  zip: ['pictures', 'zip'],
  fhir: ['results', 'fhir.json'],
  dicom: ['results', 'dicom.zip'],
};

/**
 * A file's name says of whom it is, what it holds, whether that is a selection, of which day it is, and of several which part.
 * @param {Exclude<Kind, 'print'>} kind
 * @param {{ whose?: string, what?: string, selected?: boolean, part?: number, now?: Date }} [of] whose: '' for the whole list
 */
export function fileName(
  kind,
  { whose = '', what = NAMES[kind][0], selected = false, part = 0, now = new Date() } = {},
) {
  const parts = [whose, what, selected && 'selection', localDay(now), part > 0 && `part-${part}`];
  return `${parts.filter(Boolean).join('-')}.${NAMES[kind][1]}`;
}
