/** The strength of the guide, and what it does to each probability. */

import { answerText } from '../case/decision.js';
import { operatingPoint } from '../rules/rules.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { number, t, translate } from '../words/i18n.js';
import { capital, inPoints, nameOf } from '../words/terms.js';
import { exact, factors } from './stages.js';
import { FULL } from './subject.js';

/** @import { Run, Subject } from './subject.js' */

/** @typedef {{ input: HTMLInputElement, percent: HTMLElement, delta: HTMLElement, bar: HTMLElement, name: HTMLElement }} Row */

let counted = 0;

/** A labelled slider in tenths. */
export class Strength {
  #input;
  #value = make('output', { class: 'teach-value' });
  root;

  /** @param {(strength: number) => void} change */
  constructor(change) {
    const id = `teach-guide-${++counted}`;
    const range = { type: 'range', min: '0', max: String(FULL), step: '1', value: String(FULL), id };
    this.#input = /** @type {HTMLInputElement} */ (make('input', range));
    this.root = make(
      'div',
      { class: 'teach-strength' },
      make('label', { for: id, 'data-t': 'teach.guide' }),
      this.#value,
      this.#input,
    );
    translate(this.root);
    this.#input.addEventListener('input', () => {
      this.show(Number(this.#input.value));
      change(Number(this.#input.value));
    });
    this.show(FULL);
  }

  /** @param {number} strength in tenths */
  show(strength) {
    const text = number(strength / 10, { minimumFractionDigits: 1 });
    this.#input.value = String(strength);
    this.#input.setAttribute('aria-valuetext', text);
    write(this.#value, text);
  }
}

/** The list of diseases: choose one, and see its probability now and with the guide off. */
export class Answers {
  #list = make('div', { class: 'teach-rows' });
  #learnt = make('p', { class: 'fine teach-learnt' });
  #change = make('p', { class: 'teach-change' });
  #drawing = make('p', { class: 'fine', 'data-t': 'phantom.quality', hidden: '' });
  #choose;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  root;

  /** @param {(id: string) => void} choose */
  constructor(choose) {
    this.#choose = choose;
    this.root = make(
      'div',
      { class: 'teach-answers' },
      this.#learnt,
      make('fieldset', {}, make('legend', { 'data-t': 'teach.answers' }), this.#list),
      make(
        'p',
        { class: 'fine teach-key', 'aria-hidden': 'true' },
        make('i', { class: 'now' }),
        make('span', { 'data-t': 'teach.key.now' }),
        make('i', { class: 'off' }),
        make('span', { 'data-t': 'teach.key.off' }),
      ),
      this.#change,
      make('p', { class: 'fine', 'data-t': 'teach.guide.honest' }),
      this.#drawing,
    );
    translate(this.root);
  }

  /**
   * @param {Subject | null} subject @param {Run | null} run what is shown @param {Run | null} off the same with the guide off
   * @param {string} disease chosen
   */
  show(subject, run, off, disease) {
    this.#fill(run);
    this.#list.dataset.strength = run === null ? '' : String(run.strength);
    for (const [id, row] of this.#rows) {
      const now = run?.diseases.find((d) => d.id === id);
      const then = off?.diseases.find((d) => d.id === id);
      if (now === undefined) continue;
      row.input.checked = id === disease;
      write(row.name, capital(nameOf(now)));
      write(row.percent, exact(now));
      write(row.delta, then === undefined ? '' : changeInPoints(now.probability - then.probability));
      row.percent.dataset.probability = String(now.probability);
      row.bar.style.setProperty('--share', String(now.probability));
      row.bar.style.setProperty('--at', String(then?.probability ?? now.probability));
      if (then === undefined) delete row.delta.dataset.off;
      else row.delta.dataset.off = String(then.probability);
    }
    this.#drawing.hidden = subject?.kind !== 'phantom';
    write(this.#learnt, learntText(subject, run));
    write(this.#change, [changeText(run, off), answerChange(run, off)].filter(Boolean).join(' '));
  }

  /** @param {Run | null} run */
  #fill(run) {
    if (run === null || run.diseases.every((d) => this.#rows.has(d.id))) return;
    this.#rows.clear();
    this.#list.replaceChildren(...run.diseases.map((d) => this.#row(d.id)));
  }

  /** @param {string} id */
  #row(id) {
    const input = /** @type {HTMLInputElement} */ (make('input', { type: 'radio', name: 'teach-disease', value: id }));
    const [name, percent, delta] = ['name', 'percent', 'delta'].map((c) => make('span', { class: c }));
    const bar = make(
      'span',
      { class: 'bar', 'aria-hidden': 'true' },
      make('i', { class: 'fill' }),
      make('i', { class: 'mark' }),
    );
    this.#rows.set(id, { input, percent, delta, bar, name });
    input.addEventListener('change', () => this.#choose(id));
    return make('label', { class: 'teach-row', 'data-id': id }, input, name, percent, delta, bar);
  }
}

/** In percentage points, with its sign. @param {number} change */
export function changeInPoints(change) {
  return number(Math.round(change * 1000) / 10, {
    signDisplay: 'exceptZero',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

/** @param {Subject | null} subject @param {Run | null} run */
function learntText(subject, run) {
  if (run === null || subject === null || subject.learnt === null) return t('teach.learnt.none');
  const fine = (/** @type {number} */ v) => number(v, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const [low, high] = factors(subject.learnt, run);
  return t('teach.learnt', { a: fine(subject.learnt), low: fine(low), high: fine(high) });
}

/** How much the guide changes here, in one honest sentence. @param {Run | null} run @param {Run | null} off */
function changeText(run, off) {
  if (run === null || off === null) return '\u00a0';
  if (run === off) return t('teach.change.off');
  const changes = run.diseases.map((d, i) => ({ d, change: d.probability - off.diseases[i].probability }));
  const most = changes.reduce((a, b) => (Math.abs(b.change) > Math.abs(a.change) ? b : a));
  const size = number(Math.abs(most.change) * 100, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const points = inPoints(size, most.change);
  if (Math.abs(most.change) < 0.005) return t('teach.change.little', { points });
  const values = { name: nameOf(most.d), points };
  return most.change > 0 ? t('teach.change.more', values) : t('teach.change.less', values);
}

/** That the answer is another one without the guide, where it is. @param {Run | null} run @param {Run | null} off */
function answerChange(run, off) {
  if (run === null || off === null) return '';
  const [now, then] = [run, off].map(({ decision }) => decision.at[operatingPoint()].answer);
  return now === then ? '' : t('teach.change.answer', { off: answerText(then) });
}
