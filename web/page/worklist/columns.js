/** The columns of both tables, and their head with a button to sort by each. */

import { cutText, standingText } from '../case/decision.js';
import { thresholdOf } from '../rules/rules.js';
import { make } from '../shell/dom.js';
import { has, t } from '../words/i18n.js';
import { capital, isFinding, nameOf } from '../words/terms.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Key } from '../words/i18n.js'
 * @import { Sorting } from './sorting.js'
 */

/**
 * @typedef {object} Column
 * @property {string} key what it is sorted by, see sorting.js
 * @property {string} label
 * @property {string} full the label in full
 * @property {string} kind of its cells, for style
 * @property {boolean} falls whether the first click sorts downwards
 * @property {number} [cut] of a finding
 */

/** @param {string} key @param {Key} word @param {boolean} [falls] @returns {Column} */
function column(key, word, falls = false) {
  return { key, label: t(word), full: t(word), kind: key, falls };
}

/** @param {ModelClass} of @returns {Column} */
function diseaseColumn(of) {
  const full = capital(nameOf(of));
  const short = `batch.short.${of.id}`;
  return {
    key: `disease:${of.id}`,
    label: has(short) ? t(short) : full,
    full,
    kind: 'disease',
    falls: true,
    cut: thresholdOf(of),
  };
}

/** @param {ModelClass[]} classes */
export function photographColumns(classes) {
  return [
    column('name', 'batch.column.name'),
    column('patient', 'batch.column.patient'),
    column('eye', 'batch.column.eye'),
    column('answer', 'decision.title', true),
    column('gradability', 'batch.column.gradability'),
    ...classes.filter(isFinding).map(diseaseColumn),
  ];
}

/** @param {ModelClass[]} classes */
export function eyeColumns(classes) {
  return [
    column('patient', 'batch.column.patient'),
    column('eye', 'batch.column.eye'),
    column('answer', 'decision.title', true),
    column('count', 'batch.column.count', true),
    ...classes.filter(isFinding).map(diseaseColumn),
  ];
}

/** Where a click on a column's head leads: its first direction, the other one, then as they came. @param {Column} of @param {Sorting | null} now @returns {Sorting | null} */
export function nextSorting({ key, falls }, now) {
  if (now === null || now.key !== key) return { key, down: falls };
  return now.down === falls ? { key, down: !falls } : null;
}

/** @param {Column} column @param {Sorting | null} sorting @param {() => void} sort */
export function headCell({ key, label, full, kind, cut }, sorting, sort) {
  const mine = sorting?.key === key ? sorting : null;
  const from = cut === undefined ? '' : standingText('suspected', cut);
  const button = make(
    'button',
    { type: 'button', class: 'sort', 'data-sort': key, title: [full, from].filter(Boolean).join(': ') },
    make('span', label === full ? {} : { 'aria-hidden': 'true' }, label),
    ...(label === full ? [] : [make('span', { class: 'unseen' }, full)]),
    make('i', { class: 'arrow', 'aria-hidden': 'true' }),
  );
  const under = cut === undefined ? [] : [make('span', { class: 'cut', title: from }, `≥ ${cutText(cut)}`)];
  button.addEventListener('click', sort);
  /** @type {Record<string, string>} */
  const attributes = { scope: 'col', role: 'columnheader', class: `c-${kind}` };
  if (mine !== null) attributes['aria-sort'] = mine.down ? 'descending' : 'ascending';
  return make('th', attributes, button, ...under);
}
