/** The list of diseases: what the report holds, in words, numbers and bars. */

import { make } from '../shell/dom.js';
import { percent, t } from '../words/i18n.js';
import { capital, guideChange, hintOf, isFinding, nameOf } from '../words/terms.js';
import { decisionOf, standing } from './decision.js';
import { operatingPoint, thresholdOf } from './operating-point.js';

/**
 * @import { Disease, ModelClass, ScreenResult } from '../../vmnet.js'
 * @import { Numbers } from './strengths.js'
 */

/**
 * @param {HTMLElement} list
 * @param {ScreenResult} result
 * @param {ModelClass[]} classes
 * @param {Numbers | null} other of the same photograph with another strength of the guide
 * @param {string | null} chosen id of the disease whose heatmap is shown
 * @param {(id: string) => void} choose
 */
export function showFindings(list, result, classes, other, chosen, choose) {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.disease : undefined;
  const decision = decisionOf(result.report);
  const items = result.diseases.map((disease, i) => {
    const change = other === null ? null : changeOf(disease, other.probabilities[i], result, other);
    const item = row(disease, classes[i], standing(decision, disease.id), change, disease.id === chosen);
    item.firstElementChild?.addEventListener('click', () => choose(disease.id));
    return item;
  });
  list.replaceChildren(...items.filter((_, i) => isFinding(result.diseases[i])));
  if (focused === undefined) return;
  const again = list.querySelector(`[data-disease="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

/** @param {Disease} now @param {number} then @param {ScreenResult} result @param {Numbers} other */
function changeOf(now, then, result, other) {
  return guideChange(now.probability, then, result.report.model.guide > other.guide);
}

/** @param {Disease} disease @param {ModelClass} of @param {'suspected' | 'near' | 'not'} stands @param {string | null} change @param {boolean} chosen */
function row(disease, of, stands, change, chosen) {
  const tone = stands === 'suspected' ? 'alert' : 'plain';
  const bar = make(
    'span',
    { class: 'bar', 'aria-hidden': 'true' },
    make('i', { class: 'fill' }),
    make('i', { class: 'mark' }),
  );
  bar.style.setProperty('--share', String(disease.probability));
  bar.style.setProperty('--at', String(thresholdOf(of)));
  const button = make(
    'button',
    {
      type: 'button',
      class: `disease ${tone}`,
      'data-testid': 'disease-row',
      'data-disease': disease.id,
      'data-id': disease.id,
      'data-probability': String(disease.probability),
      'data-suspected': String(stands === 'suspected'),
      'aria-pressed': String(chosen),
    },
    make('span', { class: 'name' }, capital(nameOf(disease))),
    make('span', { class: 'verdict' }, t(`findings.${stands}`)),
    make('span', { class: 'percent' }, percent(disease.probability)),
    bar,
    make('span', { class: 'hint' }, hintOf(disease.id), make('span', { class: 'limits' }, limits(of))),
    ...(change === null ? [] : [make('span', { class: 'change' }, change)]),
  );
  return make('li', {}, button);
}

/** From where on it is suspected, and what the operating point in use gave. @param {ModelClass} of */
function limits(of) {
  const { points } = of;
  const meaning = t('findings.meaning', { low: percent(thresholdOf(of)) });
  if (points === null) return ` ${meaning}`;
  const { sensitivity, specificity } = points[operatingPoint()];
  const rates = { sensitivity: percent(sensitivity), specificity: percent(specificity) };
  return ` ${meaning} ${t('findings.rates', rates)}`;
}
