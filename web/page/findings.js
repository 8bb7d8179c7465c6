/** The list of diseases: what the report holds, in words, numbers and bars. */

import { make } from './dom.js';
import { capital, guideChange, listed, percent, verdict, wordsFor } from './text.js';

/** @import { Disease, ScreenResult } from '../vmnet.js' */

/**
 * @param {HTMLElement} list
 * @param {ScreenResult} result
 * @param {ScreenResult | null} other the same photograph with the other setting of the guide
 * @param {string | null} chosen id of the disease whose heatmap is shown
 * @param {(id: string) => void} choose
 */
export function showFindings(list, result, other, chosen, choose) {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.disease : undefined;
  list.replaceChildren(
    ...result.diseases.map((disease, i) => {
      const item = row(disease, other?.diseases[i] ?? null, result.report.model.guide, disease.id === chosen);
      item.firstElementChild?.addEventListener('click', () => choose(disease.id));
      return item;
    }),
  );
  if (focused === undefined) return;
  const again = list.querySelector(`[data-disease="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

/** @param {Disease} disease @param {Disease | null} other @param {number} guide @param {boolean} chosen */
function row(disease, other, guide, chosen) {
  const words = wordsFor(disease.id);
  const tone = disease.positive ? (words.good ? 'good' : 'alert') : 'plain';
  const bar = make(
    'span',
    { class: 'bar', 'aria-hidden': 'true' },
    make('i', { class: 'fill' }),
    make('i', { class: 'mark' }),
  );
  bar.style.setProperty('--share', String(disease.probability));
  bar.style.setProperty('--at', String(disease.threshold));
  const from = percent(disease.threshold);
  const limits = words.good ? `Said from ${from} on.` : `Suspected from ${from} on.`;
  const change = other === null ? null : guideChange(disease.probability, other.probability, guide > 0);
  const button = make(
    'button',
    {
      type: 'button',
      class: `disease ${tone}`,
      'data-testid': 'disease-row',
      'data-disease': disease.id,
      'data-id': disease.id,
      'data-probability': String(disease.probability),
      'aria-pressed': String(chosen),
    },
    make('span', { class: 'name' }, capital(disease.name)),
    make('span', { class: 'verdict' }, verdict(disease)),
    make('span', { class: 'percent' }, percent(disease.probability)),
    bar,
    make('span', { class: 'hint' }, words.hint, make('span', { class: 'limits' }, ` ${limits}`)),
    ...(change === null ? [] : [make('span', { class: 'change' }, change)]),
  );
  return make('li', {}, button);
}

/** @param {ScreenResult} result */
export function summaryOf(result) {
  if (!result.quality.gradable) return 'Too poor to judge';
  const found = result.diseases.filter((d) => d.positive && !wordsFor(d.id).good).map((d) => d.name);
  const good = result.diseases.find((d) => d.positive && wordsFor(d.id).good);
  if (found.length > 0) return `Suspected: ${listed(found)}`;
  return good ? verdict(good) : 'Nothing suspected';
}

/** @param {ScreenResult} result */
export function qualityOf({ quality }) {
  return quality.gradable
    ? `The photograph can be judged (${percent(quality.gradability)}).`
    : `Gradability is ${percent(quality.gradability)}; at least ${percent(quality.threshold)} is needed. Do not rely on what follows. Take another: in focus, evenly lit, the whole field of view in the picture, without lashes or reflections.`;
}
