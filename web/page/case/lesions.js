/** Lesions in words: kinds and numbers, and what their colours mean. */

import { DRAWN_LESION_NUMBERS } from '../../constants.js';
import { make } from '../shell/dom.js';
import { commas, number, t } from '../words/i18n.js';

/** @import { LesionKind, Lesions, Report } from '../../vmnet.js' */

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

/** The colours of what is drawn. @param {Report} report */
export function lesionsLegend({ lesions }) {
  return drawnKinds(lesions).flatMap(({ kind }) => [
    make('i', { class: `spot ${kind}` }),
    make('span', {}, t(`lesions.${kind}`)),
  ]);
}
