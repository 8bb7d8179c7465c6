/** What was found: what is flagged first, all else folded into one line. What the report holds, in words, numbers and bars. */

import { cutOf, operatingPoint } from '../rules/rules.js';
import { byId, make } from '../shell/dom.js';
import { listed, t } from '../words/i18n.js';
import { capital, hintOf, isFinding, nameOf } from '../words/terms.js';
import { chanceText, cutText, decisionOf, isFlagged, restOf, standing, standingText } from './decision.js';

/**
 * @import { Standing } from '../../answer.js'
 * @import { ModelClass, Report } from '../../vmnet.js'
 */

/**
 * @typedef {object} Acts
 * @property {(id: string) => void} choose
 * @property {(id: string | null) => void} point at it, or away from it
 * @property {(id: string) => { line: Node, about: string } | null} more of a finding that is flagged: in its row, and behind its i
 */

/** Diseases whose meaning is unfolded. @type {Set<string>} */
const unfolded = new Set();

/**
 * @param {Report} report
 * @param {ModelClass[]} classes
 * @param {string | null} chosen id of the disease whose heatmap is shown
 * @param {Acts} acts
 */
export function showFindings(report, classes, chosen, acts) {
  const at = {
    flagged: byId('diseases', HTMLElement),
    fold: byId('unlikely', HTMLDetailsElement),
    names: byId('unlikely-names', HTMLElement),
    rest: byId('unlikely-list', HTMLElement),
  };
  const active = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const focused = active?.dataset.disease ?? active?.dataset.about;
  const kind = active?.dataset.about === undefined ? 'disease' : 'about';
  const decision = decisionOf(report);
  const all = report.diseases
    .map((disease, i) => ({ disease, of: classes[i], stands: standing(decision, disease.id) }))
    .filter(({ disease }) => isFinding(disease));
  const flagged = all.filter(({ stands }) => isFlagged(stands));
  flagged.sort((a, b) => Number(b.stands === 'suspected') - Number(a.stands === 'suspected'));
  const rest = all.filter(({ stands }) => !isFlagged(stands));
  const rowOf = (/** @type {typeof all[number]} */ one) => row(one, one.disease.id === chosen, acts);
  at.flagged.replaceChildren(...flagged.map(rowOf));
  at.flagged.hidden = flagged.length === 0;
  at.rest.replaceChildren(...rest.map(rowOf));
  at.fold.hidden = rest.length === 0;
  const names = listed(rest.map(({ disease }) => nameOf(disease)));
  at.names.textContent = t(restOf(decision) === 'not' ? 'findings.rest' : 'findings.rest.unjudged', { names });
  if (focused === undefined) return;
  const again = document.querySelector(`#results [data-${kind}="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * @param {{ disease: Report['diseases'][number], of: ModelClass, stands: Standing }} one
 * @param {boolean} chosen @param {Acts} acts
 */
function row({ disease, of, stands }, chosen, acts) {
  const { id, probability } = disease;
  const cut = cutOf(disease, of);
  const more = acts.more(id);
  const bar = make(
    'span',
    { class: 'bar', 'aria-hidden': 'true' },
    make('i', { class: 'fill' }),
    make('i', { class: 'mark' }),
  );
  bar.style.setProperty('--share', String(probability));
  bar.style.setProperty('--at', String(cut));
  const button = make(
    'button',
    {
      type: 'button',
      class: `disease ${stands === 'suspected' ? 'alert' : 'plain'}`,
      title: t('findings.choose'),
      'data-testid': 'disease-row',
      'data-disease': id,
      'data-id': id,
      'data-probability': String(probability),
      'data-suspected': String(stands === 'suspected'),
      'aria-pressed': String(chosen),
    },
    make('span', { class: 'name' }, capital(nameOf(disease))),
    make('span', { class: isFlagged(stands) ? 'verdict' : 'verdict unseen' }, standingText(stands, cut)),
    make('span', { class: 'percent' }, chanceText(probability, stands, cut)),
    bar,
    ...(isFlagged(stands) ? [make('span', { class: 'hint' }, hintOf(id))] : []),
    ...(more === null ? [] : [more.line]),
  );
  button.addEventListener('click', () => acts.choose(id));
  const about = aboutPart(of, nameOf(disease), [aboutText(of, stands, cut), more?.about ?? ''].join(' '));
  const item = make('li', {}, button, about.button, about.text);
  item.addEventListener('pointerenter', () => acts.point(id));
  item.addEventListener('pointerleave', () => acts.point(null));
  return item;
}

/** What it is and how often it is flagged, behind an i. @param {ModelClass} of @param {string} name @param {string} about */
function aboutPart(of, name, about) {
  const open = unfolded.has(of.id);
  const text = make('p', { class: 'about fine', id: `about-${of.id}` }, about);
  text.hidden = !open;
  const button = make(
    'button',
    {
      type: 'button',
      class: 'info',
      'data-about': of.id,
      'aria-label': t('findings.about', { name }),
      'aria-expanded': String(open),
      'aria-controls': text.id,
    },
    make('span', { 'aria-hidden': 'true' }, 'i'),
  );
  button.addEventListener('click', () => {
    text.hidden = !text.hidden;
    button.setAttribute('aria-expanded', String(!text.hidden));
    if (text.hidden) unfolded.delete(of.id);
    else unfolded.add(of.id);
  });
  return { button, text };
}

/** @param {ModelClass} of @param {Standing} stands @param {number} cut */
function aboutText({ id, points }, stands, cut) {
  const parts = isFlagged(stands) ? [] : [hintOf(id)]; // else it stands in the row
  parts.push(t('findings.meaning', { low: cutText(cut) }));
  if (points !== null) {
    const { sensitivity, specificity } = points[operatingPoint()];
    const ofHundred = (/** @type {number} */ share) => Math.round(100 * share);
    parts.push(t('findings.frequency', { healthy: ofHundred(1 - specificity), sick: ofHundred(sensitivity) }));
  }
  return parts.join(' ');
}
