/** Lesions in words: kinds and numbers, what they are worth, and what their colours mean. */

import { DRAWN_LESION_NUMBERS } from '../../constants.js';
import { make } from '../shell/dom.js';
import { commas, number, t } from '../words/i18n.js';

/** @import { LesionKind, LesionMeasures, Lesions, Report } from '../../vmnet.js' */

const KINDS = /** @type {LesionKind[]} */ (Object.keys(DRAWN_LESION_NUMBERS));

/** The kinds that are drawn. @param {Lesions | undefined} lesions */
export function drawnKinds(lesions) {
  return KINDS.flatMap((kind) => {
    const count = lesions?.[kind]?.count ?? 0;
    return count > 0 ? [{ kind, count }] : [];
  });
}

/** Kinds and numbers, or why there are none. @param {Pick<Report, 'lesions'>} report */
export function lesionsText({ lesions }) {
  if (!lesions?.valid) return t(`lesions.${lesions?.reason ?? 'no-output'}`);
  const found = drawnKinds(lesions);
  return found.length === 0
    ? t('lesions.none')
    : commas(found.map(({ kind, count }) => `${t(`lesions.${kind}`)} ${number(count)}`));
}

/** Kinds and numbers with the quadrants they lie in, or why there are none. @param {Pick<Report, 'lesions'>} report */
function placedText({ lesions }) {
  if (lesions === undefined || !isPlaced({ lesions })) return lesionsText({ lesions });
  const found = drawnKinds(lesions);
  return commas(found.map(({ kind, count }) => placed(kind, count, /** @type {LesionMeasures} */ (lesions[kind]))));
}

/** Whether there are any, and the fovea's place is known. @param {Pick<Report, 'lesions'>} report */
function isPlaced({ lesions }) {
  return lesions !== undefined && lesions.fovea !== null && drawnKinds(lesions).length > 0;
}

/** @param {LesionKind} kind @param {number} count @param {LesionMeasures} of */
function placed(kind, count, { quadrants, macula }) {
  const where = [t('lesions.quadrants', { count: Object.values(quadrants ?? {}).filter((n) => n > 0).length })];
  if (macula) where.push(t('lesions.macula', { count: macula }));
  return `${t(`lesions.${kind}`)} ${number(count)} (${commas(where)})`;
}

/** With where they lie, and what they are worth. @param {Report} report */
export function lesionsFact(report) {
  return make(
    'div',
    { 'data-testid': 'lesions' },
    placedText(report),
    make('p', { class: 'fine' }, isPlaced(report) ? `${t('lesions.places')} ${t('lesions.text')}` : t('lesions.text')),
  );
}

/** The colours of what is drawn. @param {Report} report */
export function lesionsLegend({ lesions }) {
  return drawnKinds(lesions).flatMap(({ kind }) => [
    make('i', { class: `spot ${kind}` }),
    make('span', {}, t(`lesions.${kind}`)),
  ]);
}
