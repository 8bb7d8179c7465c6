/** The list beside the case: patients, the most urgent first, with counts that filter, a search, and how far it is. */

import { html, nothing } from '../../vendor/lit.js';
import { ANSWERS, shortText, soonestText } from '../case/decision.js';
import { decidedText } from '../record/review.js';
import { makeButton, makeInput, write } from '../shell/controls.js';
import { byId, make } from '../shell/dom.js';
import { commas, t, translate } from '../words/i18n.js';
import { thumb } from './cells.js';
import { isRepeat } from './copies.js';
import { allDoubts } from './doubts.js';
import { eyeOf } from './entry.js';
import { EYE_ORDER, groupsOf } from './eye-rows.js';
import { ProgressPanel } from './progress.js';
import { answerWords, shortEye } from './row-texts.js';
import { passes, photographValue, sorted, urgencyOf } from './sorting.js';
import { isAwaited, unreadEyes } from './together.js';
import { unseenText } from './unseen.js';
import { WindowedRows } from './window.js';

/**
 * @import { Answer, Decided } from '../../vmnet.js'
 * @import { Context } from '../shell/context.js'
 * @import { Runner } from './runner.js'
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
 * @import { Together } from './together.js'
 */

/**
 * One patient; a photograph of no known patient stands for itself.
 * @typedef {object} Case
 * @property {string} key
 * @property {string} title
 * @property {Entry[]} entries each file once, the most urgent first, and last what could not be read
 * @property {Decided | null} decision by the core's rule; null where nothing is screened yet, or it is on its way
 */

/** @typedef {{ open: (entry: Entry) => void, pause: () => void, go: () => void }} Acts */

/** Two and two, so that no lone one goes to another line. @param {Map<Answer, HTMLElement>} counts */
function pairs(counts) {
  const [a, b, ...rest] = counts.values();
  return [make('div', {}, a, b), make('div', {}, ...rest)];
}

/** Often enough to see it move; of thousands, each drawing takes its time. */
const SOON_MS = 200;

export class Rail {
  #root = byId('rail', HTMLElement);
  #series;
  #together;
  #runner;
  #acts;
  #progress;
  #rows;
  /** @type {Case[]} */
  #shown = [];
  /** What alone is shown, if not all. @type {Answer | 'failed' | null} */
  #only = null;
  /** @type {Entry | null} */
  #selected = null;
  #timer = 0;
  #counts = new Map(
    ANSWERS.map((answer) => [
      answer,
      make('button', {
        type: 'button',
        class: `count answer ${answer}`,
        'aria-pressed': 'false',
        'data-answer': answer,
      }),
    ]),
  );
  /** How many patients there are: of them the counts are. */
  #title = make('h2', { id: 'rail-title', class: 'rail-title' });
  #search = makeInput({
    type: 'search',
    'data-testid': 'rail-search',
    'data-t-label': 'batch.search',
    'data-t-placeholder': 'batch.search.example',
    dir: 'auto',
  });
  #parts = {
    text: make('p', { class: 'state', id: 'rail-progress' }),
    fine: make('p', { class: 'fine' }),
    bar: /** @type {HTMLProgressElement} */ (
      make('progress', { max: '1', value: '0', 'aria-labelledby': 'rail-progress' })
    ),
    pause: makeButton('batch.pause', { class: 'quiet', 'data-testid': 'rail-pause' }),
    go: makeButton('batch.go', { class: 'quiet', 'data-testid': 'rail-go' }),
    again: makeButton('batch.again', { class: 'quiet', 'data-testid': 'rail-again' }),
    cancel: makeButton('batch.cancel', { class: 'quiet', 'data-testid': 'rail-cancel' }),
  };
  /** How many photographs could not be screened. */
  #failed = make('button', { type: 'button', class: 'count failed', 'data-testid': 'rail-failed' });
  /** In place of rows, where none is to be shown. */
  #none = make('p', { class: 'rail-none fine', role: 'status', 'data-testid': 'rail-none' });
  /** Opens and shuts the list where it has no place of its own. */
  #toggle = make('button', {
    type: 'button',
    class: 'rail-toggle',
    'aria-expanded': 'false',
    'aria-controls': 'rail-list',
    'data-testid': 'rail-toggle',
  });
  #table = makeButton('page.view.batch', { 'data-testid': 'batch-back' });
  #previous = makeButton('batch.previous', { 'data-testid': 'batch-previous' });
  #next = makeButton('batch.next', { 'data-testid': 'batch-next' });

  /**
   * @param {Series} series @param {Together} together @param {Runner} runner @param {Context} context
   * @param {Acts & { again: () => void, cancel: () => void }} acts
   */
  constructor(series, together, runner, context, acts) {
    this.#series = series;
    this.#together = together;
    this.#runner = runner;
    this.#acts = acts;
    this.#progress = new ProgressPanel(this.#parts, series, runner, () => {}); // the table's own says it
    const table = /** @type {HTMLTableElement} */ (
      make('table', { role: 'table', 'aria-labelledby': 'rail-title' }, make('tbody', { role: 'rowgroup' }))
    );
    const scroller = make('div', { class: 'rail-list', id: 'rail-list' }, table, this.#none);
    const { text, fine, bar, pause, go, again, cancel } = this.#parts;
    this.#root.replaceChildren(
      make('div', { class: 'rail-steps' }, this.#toggle, this.#table, this.#previous, this.#next),
      make('div', { class: 'rail-progress' }, text, pause, go, again, cancel, bar, fine),
      this.#title,
      make('div', { class: 'rail-counts', role: 'group', 'aria-labelledby': 'rail-title' }, ...pairs(this.#counts)),
      this.#search,
      scroller,
      this.#failed,
    );
    for (const later of [pause, go, again, cancel, this.#failed]) later.hidden = true; // until there is a use for them
    translate(this.#root);
    this.#rows = new WindowedRows(scroller, table, {
      keyOf: (/** @type {Case} */ { key }) => key,
      cellsOf: (one) => this.#cell(one),
    });
    new ResizeObserver(() => this.ask()).observe(this.#root);
    pause.addEventListener('click', acts.pause);
    go.addEventListener('click', acts.go);
    again.addEventListener('click', acts.again);
    cancel.addEventListener('click', acts.cancel);
    this.#table.addEventListener('click', () => context.show('batch'));
    this.#previous.addEventListener('click', () => this.#step(-1));
    this.#next.addEventListener('click', () => this.#step(1));
    this.#search.addEventListener('input', () => this.draw());
    for (const [answer, count] of this.#counts)
      count.addEventListener('click', () => {
        this.#show(answer);
      });
    this.#failed.addEventListener('click', () => this.#show('failed'));
    this.#toggle.addEventListener('click', () => {
      this.#open(this.#toggle.getAttribute('aria-expanded') === 'false');
    });
    table.addEventListener('keydown', (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.#step(by, true);
    });
  }

  /** @param {boolean} on whether there is a list to show beside the case */
  set on(on) {
    const comes = on && !this.on;
    this.#root.hidden = !on;
    document.documentElement.toggleAttribute('data-rail', on);
    if (comes) this.draw(); // with its words: none of them makes room for itself later
  }

  get on() {
    return !this.#root.hidden;
  }

  /** The photograph that is looked at. @param {Entry | null} entry */
  set selected(entry) {
    this.#selected = entry;
    this.draw();
  }

  get selected() {
    return this.#selected;
  }

  /** Below the list. @param {HTMLElement} part */
  append(part) {
    this.#root.append(part);
  }

  /** Puts the focus where a step to the next begins. */
  focus() {
    for (const button of [this.#toggle, this.#table]) button.focus({ preventScroll: true }); // one of them is to be seen
  }

  /** @param {boolean} open whether the list is shown also where it has no place of its own */
  #open(open) {
    this.#toggle.setAttribute('aria-expanded', String(open));
    this.#root.toggleAttribute('data-open', open);
    this.draw();
  }

  /** The other eye of the same patient: its most urgent photograph. @param {Entry} entry @returns {Entry | undefined} */
  otherEye(entry) {
    const eye = eyeOf(entry);
    if (entry.patient === '' || eye === '') return undefined;
    const others = this.#series.entries.filter(
      (other) =>
        other.patient === entry.patient &&
        other.state !== 'failed' &&
        !isRepeat(other) &&
        ![eye, ''].includes(eyeOf(other)),
    );
    return sorted(others, photographValue('answer'), true)[0];
  }

  /** Everything anew, in other words. */
  rewrite() {
    translate(this.#root);
    this.draw();
  }

  /** Soon; many changes at once are one. */
  ask() {
    if (this.#timer !== 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.draw();
    }, SOON_MS);
  }

  draw() {
    this.#root.dataset.phase = this.#runner.phase; // for style and tests
    if (!this.on || this.#root.offsetParent === null) return; // when it is seen again it is drawn
    const { failed } = this.#series.counts();
    if (failed === 0 && this.#only === 'failed') this.#only = null;
    const all = this.#cases(this.#series.entries);
    this.#shown = this.#found(all);
    this.#rows.show(this.#shown);
    write(this.#none, this.#shown.length === 0 && all.length > 0 ? t('batch.none') : '');
    for (const says of [this.#title, this.#toggle])
      write(says, t('batch.sum', { name: t('rail.title'), count: all.length }));
    write(this.#failed, t('batch.sum', { name: t('batch.state.failed'), count: failed }));
    this.#failed.hidden = failed === 0;
    this.#failed.setAttribute('aria-pressed', String(this.#only === 'failed'));
    const digits = (/** @type {number} */ n) => String(n).length;
    for (const [answer, count] of this.#counts) {
      const of = all.filter(({ decision }) => decision?.answer === answer).length;
      write(count, t('batch.sum', { name: shortText(answer), count: of }));
      count.style.setProperty('--spare', String(digits(all.length) - digits(of))); // room for the count that there may be
      count.setAttribute('aria-pressed', String(this.#only === answer));
    }
    const at = this.#at();
    this.#previous.disabled = at <= 0;
    this.#next.disabled = at < 0 || at >= this.#shown.length - 1;
    this.#progress.draw();
  }

  /** Shows these alone, or all again. @param {Answer | 'failed'} only */
  #show(only) {
    this.#only = this.#only === only ? null : only;
    if (this.#only !== null && this.#toggle.checkVisibility()) this.#open(true);
    else this.draw();
  }

  /** What passes the filter and holds the words that are looked for. @param {Case[]} all @returns {Case[]} */
  #found(all) {
    const only = this.#only;
    const holds = passes({ what: 'all', text: this.#search.value });
    if (only === 'failed')
      return all.flatMap((one) => {
        const entries = one.entries.filter((entry) => entry.state === 'failed' && holds(entry));
        const decision = one.decision?.answer === 'repeat' ? one.decision : null; // another's row would speak of another photograph
        return entries.length === 0 ? [] : [{ ...one, entries, decision }];
      });
    return all.filter(
      ({ entries, decision }) => (only === null || decision?.answer === only) && entries.some((entry) => holds(entry)),
    );
  }

  /** @param {Entry[]} of @returns {Case[]} the most urgent first (see sorting.js) */
  #cases(of) {
    /** @type {Case[]} */
    const cases = [];
    for (const [patient, entries] of groupsOf(of, (entry) => entry.patient))
      if (patient === '')
        for (const entry of entries) cases.push(this.#case(`photograph ${entry.id}`, entry.name, [entry]));
      else cases.push(this.#case(`patient ${patient}`, patient, entries));
    return sorted(cases, (one) => urgencyOf(one, one.title), true);
  }

  /** @param {string} key @param {string} title @param {Entry[]} entries @returns {Case} */
  #case(key, title, entries) {
    const settled = entries.filter(({ state, result }) => state === 'failed' || state === 'done' || result === null);
    const urgent = sorted(entries, photographValue('answer'), true);
    const readable = urgent.toSorted((a, b) => Number(a.state === 'failed') - Number(b.state === 'failed'));
    return { key, title, entries: readable, decision: this.#together.of(settled) };
  }

  #at() {
    const selected = this.#selected;
    return selected === null ? -1 : this.#shown.findIndex(({ entries }) => entries.includes(selected));
  }

  /** @param {number} by @param {boolean} [focus] */
  #step(by, focus = false) {
    const at = this.#at();
    const next = this.#shown[at < 0 ? 0 : at + by];
    if (next === undefined) return;
    this.#acts.open(next.entries[0]);
    if (focus) this.#rows.focus(next.key, 'open');
  }

  /** @param {Entry} entry */
  #choose(entry) {
    if (this.#toggle.checkVisibility()) {
      this.#open(false); // the case stands under it
      this.focus();
    }
    this.#acts.open(entry);
  }

  /** @param {Case} one */
  #cell({ title, entries, decision }) {
    const [first] = entries;
    const answer = decision?.answer ?? null;
    const words = answerWords(entries.find(isAwaited) ?? first); // where there is no answer
    const broken = entries.every(({ state }) => state === 'failed'); // its row says so, and by when
    const unread = answer === null || broken ? [] : unreadEyes(entries);
    const there = entries.map(eyeOf);
    const eyes = EYE_ORDER.filter((eye) => unread.includes(eye) || (eye !== '' && there.includes(eye))).map((eye) =>
      unread.includes(eye)
        ? t('batch.sheet.eye', { eye: shortEye(eye), answer: t('batch.state.failed') })
        : shortEye(eye),
    );
    const isOpen = this.#selected !== null && entries.includes(this.#selected);
    const path = entries.map((entry) => entry.path).join('\n');
    const doubts = allDoubts(entries);
    const decided = decidedText(entries);
    const warnings = [...new Set(doubts.map(({ short, mark = short }) => mark))];
    const marks = [...warnings, decided].filter(Boolean);
    const hint = [...doubts.map(({ text }) => text), decided].filter(Boolean).join(' ');
    const said = answer === null ? words.short : shortText(answer);
    const about = eyes.length === 0 ? '' : ` · ${commas(eyes)}`;
    const late = decision !== null && broken ? ` · ${t('batch.state.failed')} · ${soonestText(decision)}` : '';
    const [before, after] = unread.length > 0 ? [about, ''] : [late, about]; // what is last may be cut
    const unseen = unseenText(entries, decision);
    const inFull = [said + late + about, unseen, broken ? words.short : '', hint].filter(Boolean).join(' · ');
    return html`<td role="cell"><button type="button" class="open" data-part="open" title=${path}
      aria-current=${isOpen ? 'true' : nothing} @click=${() => this.#choose(first)}>${thumb(first)}<span class="lines"
      ><bdi class="line" title=${title}>${title}</bdi><span class="says fine" title=${inFull}
      ><strong class=${`answer ${answer ?? ''}`}>${said}</strong>${before}${
        marks.length === 0
          ? ''
          : html` · <span class="marks" title=${hint}><span aria-hidden="true">${marks.map(
              (mark, i) =>
                html`${i === 0 ? '' : ' · '}<span class=${i < warnings.length ? 'doubt' : 'decided'}>${mark}</span>`,
            )}</span><span class="unseen">${hint}</span></span>`
      }${after}</span></span></button></td>`;
  }
}
