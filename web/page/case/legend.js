/** What lies on a photograph, said under it: which layers, in which colours, and why one that is wished for is not there. */

import { operatingPoint } from '../rules/rules.js';
import { make } from '../shell/dom.js';
import { commas, percent, t, translate } from '../words/i18n.js';
import { nameOf } from '../words/terms.js';
import { arteriesLegend, arteriesText } from './arteries.js';
import { chanceText, decisionOf, standing } from './decision.js';
import { lesionsLegend, lesionsText } from './lesions.js';

/**
 * @import { ScreenResult } from '../../vmnet.js'
 * @import { Shown } from './layers-shown.js'
 */

/** A heatmap that is nowhere above nothing has no place to show. @param {ScreenResult['diseases'][number]} disease */
function isEmpty({ heatmap }) {
  return heatmap?.data.every((value) => value === 0) ?? false;
}

export class Legend {
  #vessels = make(
    'span',
    { class: 'outlines', hidden: '' },
    make('i', { class: 'swatch vessel' }),
    make('span', { 'data-t': 'screen.vessels' }),
  );
  #disc = make('span', { class: 'outlines disc-legend', hidden: '' });
  #lesions = make('span', { class: 'outlines lesions-legend', hidden: '' });
  #arteries = make('span', { class: 'outlines arteries-legend', hidden: '' });
  #heat = make('strong', { class: 'heat-name' });
  #scaled = make('span', {});
  /** Read out when it comes: a photograph without layers would read as one on which there is nothing. */
  #coming = make('span', { class: 'outlines', role: 'status', hidden: '' });
  root;

  /** @param {HTMLElement} [root] where the page has it already */
  constructor(root = make('p', { class: 'legend', hidden: '' })) {
    this.root = root;
    const ends = ['findings.least', 'findings.most'].map((key) => make('span', { 'data-t': key }));
    const scale = make('span', { class: 'scale' }, ends[0], make('i', { class: 'ramp' }), ends[1]);
    root.replaceChildren(
      this.#vessels,
      this.#arteries,
      this.#disc,
      this.#lesions,
      this.#coming,
      this.#heat,
      scale,
      this.#scaled,
    );
  }

  hide() {
    this.root.hidden = true;
    this.#coming.hidden = true;
  }

  /** What is wished for is still to come. */
  wait() {
    for (const part of [this.#vessels, this.#disc, this.#lesions, this.#arteries]) part.hidden = true;
    this.#heat.textContent = '';
    delete this.root.dataset.style;
    this.root.removeAttribute('data-pointed');
    this.root.hidden = false;
    const text = t('case.layers.coming');
    this.#coming.hidden = false;
    if (this.#coming.textContent !== text) this.#coming.textContent = text;
  }

  /** @param {ScreenResult} result @param {Shown} shown @returns {string[]} the same for those who do not see it */
  show(result, { vessels, disc, lesions, arteries, heat, place, style }) {
    translate(this.root);
    this.#coming.hidden = true;
    const { report } = result;
    const disease = result.diseases.find(({ id }) => id === (place ?? heat));
    this.#vessels.hidden = !vessels;
    this.#disc.hidden = !disc || result.discAndCup.reason === 'no-output';
    if (!this.#disc.hidden) this.#disc.replaceChildren(...discLegend(result));
    this.#lesions.hidden = !lesions || result.lesions.reason === 'no-output';
    const kinds = lesionsLegend(report);
    const found = t('lesions.line', { found: lesionsText(report) });
    if (!this.#lesions.hidden) this.#lesions.replaceChildren(...(kinds.length > 0 ? kinds : [found]));
    this.#arteries.hidden = !arteries || result.arteries.reason === 'no-output';
    if (!this.#arteries.hidden) this.#arteries.replaceChildren(...arteriesLegend(report));
    const chance =
      disease === undefined
        ? ''
        : ` ${chanceText(disease.probability, standing(decisionOf(report), disease.id), disease.cuts[operatingPoint()])}`;
    this.#heat.textContent = disease ? t('screen.heat', { name: nameOf(disease) }) + chance : '';
    const empty = disease !== undefined && isEmpty(disease);
    this.#scaled.textContent = t(empty ? 'case.heat.empty' : 'case.heat.scaled');
    if (disease === undefined) delete this.root.dataset.style;
    else this.root.dataset.style = empty ? 'empty' : place === null ? style : 'contour';
    this.root.toggleAttribute('data-pointed', place !== null);
    const lain = [this.#vessels, this.#arteries, this.#disc, this.#lesions];
    this.root.hidden = disease === undefined && lain.every(({ hidden }) => hidden);
    return [
      this.#vessels.hidden ? '' : t('screen.vessels.described', { share: percent(result.vesselDensity) }),
      this.#arteries.hidden ? '' : t('arteries.line', { found: arteriesText(report) }),
      this.#disc.hidden ? '' : result.disc === null ? (this.#disc.textContent ?? '') : t('case.disc.described'),
      this.#lesions.hidden ? '' : found,
      commas([this.#heat.textContent, ...(empty ? [t('case.heat.empty')] : [])].filter(Boolean)),
    ].filter(Boolean);
  }
}

/** Its lines, or why there are none. @param {ScreenResult} result */
function discLegend({ disc, discAndCup }) {
  if (disc === null) return [`${t('case.disc')}: ${t(`disc.${discAndCup.reason ?? 'not-found'}`)}`];
  return ['disc', 'cup'].flatMap((name) => [
    make('i', { class: `outline ${name}` }),
    make('span', {}, t(name === 'cup' ? 'case.disc.cup' : 'case.disc.disc')),
  ]);
}
