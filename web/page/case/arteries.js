/** Arteries and veins in words: their calibres, or why there are none, and what their colours mean. */

import { make } from '../shell/dom.js';
import { number, t } from '../words/i18n.js';

/** @import { Report } from '../../vmnet.js' */

/** The ratio of their calibres, or why there is none. @param {Report} report */
export function arteriesText({ arteries }) {
  if (!arteries?.valid) return t(`arteries.${arteries?.reason ?? 'no-output'}`);
  const { reason, ratio } = arteries.calibres ?? { reason: 'no-disc', ratio: null };
  if (ratio === null) return t(`calibres.${reason ?? 'no-disc'}`);
  return t('calibres.ratio', { ratio: number(ratio, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) });
}

/** The colours of what is told apart, or why nothing is. @param {Report} report @returns {(string | Node)[]} */
export function arteriesLegend(report) {
  if (!report.arteries?.valid) return [t('arteries.line', { found: arteriesText(report) })];
  return ['artery', 'vein'].flatMap((kind) => [
    make('i', { class: `swatch ${kind}` }),
    make('span', {}, t(kind === 'artery' ? 'arteries.artery' : 'arteries.vein')),
  ]);
}
