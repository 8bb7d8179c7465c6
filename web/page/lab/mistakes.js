/** The network's own mistakes beside photographs that it gets right: what is known of each, and what the network says of it now. */

import { answerText, decisionOf, suspectedIn } from '../case/decision.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { isAbort } from '../shell/error-box.js';
import { listed, t, translate } from '../words/i18n.js';
import { capital, nameOf } from '../words/terms.js';
import { creditOf } from './credit.js';

/**
 * @import { Report } from '../../vmnet.js'
 * @import { Example } from '../case/case.js'
 * @import { Context } from '../shell/context.js'
 * @import { Subject, Wish } from './subject.js'
 */

/** What the data sets say: id of a disease, or null for a healthy eye. @type {readonly [Example, string | null][]} */
const KNOWN = [
  ['missed', 'diabetic-retinopathy'],
  ['diabetic', 'diabetic-retinopathy'],
  ['overlooked', 'diabetic-retinopathy'],
  ['glaucoma', 'glaucoma'],
  ['alarm', null],
  ['retina', null],
];

/** @typedef {{ root: HTMLElement, truth: HTMLElement, says: HTMLElement, verdict: HTMLElement, report: Report | null }} Card */

/** @param {string | null} truth @param {Report} report @returns {'missed' | 'alarm' | 'right'} */
export function verdictOf(truth, report) {
  const suspected = suspectedIn(decisionOf(report));
  if (truth === null) return suspected.length > 0 ? 'alarm' : 'right';
  return suspected.includes(truth) ? 'right' : 'missed';
}

export class Mistakes {
  #context;
  /** @type {Map<Example, Card>} */
  #cards = new Map();
  #begun = false;
  root;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.root = make('div', { class: 'teach-mistakes' }, make('p', { 'data-t': 'mistakes.text' }));
    const list = make('ul', {});
    for (const [name] of KNOWN) {
      const url = new URL(`../../sample/${name}.jpg`, import.meta.url);
      const image = make('img', { src: url.href, alt: '', loading: 'lazy', decoding: 'async' });
      const [truth, says, verdict] = ['fine', '', 'verdict'].map((c) => make('p', c === '' ? {} : { class: c }));
      const open = make('button', { type: 'button', 'data-t': 'mistakes.open', 'data-open': name });
      open.addEventListener('click', () => context.openExample(name));
      const licence = make('small', {}, creditOf(name));
      const root = make('li', { 'data-example': name }, image, licence, verdict, truth, says, open);
      this.#cards.set(name, { root, truth, says, verdict, report: null });
      list.append(root);
    }
    this.root.append(list);
    translate(this.root);
  }

  /** It computes by itself. @returns {Wish[]} */
  wishes() {
    return [];
  }

  /** @param {Wish | null} _busy */
  computing(_busy) {}

  /** @param {Subject} _subject */
  setSubject(_subject) {}

  /** Each is screened once, when they are first seen. */
  async opened() {
    if (this.#begun) return;
    this.#begun = true;
    try {
      const model = await this.#context.model();
      for (const [name, card] of this.#cards) {
        const response = await fetch(new URL(`../../sample/${name}.jpg`, import.meta.url));
        const { report } = await model.screen(await response.blob(), { heatmaps: [], name: `${name}.jpg` });
        card.report = report;
        this.render();
      }
    } catch (error) {
      this.#begun = false;
      if (!isAbort(error)) this.#context.showError(error);
    }
  }

  render() {
    translate(this.root);
    for (const [name, truth] of KNOWN) {
      const card = this.#cards.get(name);
      if (card === undefined) continue;
      const known = truth === null ? t('start.shelf.retina') : nameOf({ id: truth, name: truth });
      write(card.truth, t('mistakes.truth', { name: known }));
      if (card.report === null) {
        write(card.says, t('phase.network'));
        continue;
      }
      const decision = decisionOf(card.report);
      const names = suspectedIn(decision).map((id) => nameOf({ id, name: id }));
      const answer = answerText(decision.answer);
      write(card.says, t('mistakes.says', { answer: names.length > 0 ? `${answer} (${listed(names)})` : answer }));
      const verdict = verdictOf(truth, card.report);
      write(card.verdict, capital(t(`mistakes.${verdict}`)));
      card.root.dataset.verdict = verdict;
    }
  }
}
