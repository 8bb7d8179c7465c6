/** Both tables of the series with their tabs, order and filter. */

import { ANSWERS, answerText, coverageText } from '../case/decision.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { capital, isFinding, nameOf } from '../words/terms.js';
import { eyeCells, photographCells } from './cells.js';
import { eyeColumns, headCell, nextSorting, photographColumns } from './columns.js';
import { byEye, eyePasses } from './eye-rows.js';
import { BY_URGENCY, eyeValue, passes, photographValue, sorted } from './sorting.js';
import { wholeBeside } from './whole.js';
import { WindowedRows } from './window.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Key } from '../words/i18n.js'
 * @import { Acts } from './cells.js'
 * @import { EyeRow } from './eye-rows.js'
 * @import { Layout } from './layout.js'
 * @import { Filter, Sorting } from './sorting.js'
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
 * @import { Together } from './together.js'
 */

/** @typedef {'photographs' | 'eyes'} Tab */

/** After the answers and the diseases. @type {[string, Key][]} */
const MORE_FILTERS = [
  ['failed', 'batch.filter.failed'],
  ['waiting', 'batch.filter.waiting'],
  ['repeated', 'batch.filter.repeated'],
  ['eye', 'batch.filter.eye'],
];

/** How far behind the table may be while it is not seen. */
const UNSEEN_MS = 500;
/** From so many rows on it is not ordered anew with every frame, which would take longer than the screening. */
const MANY = 200;
const MANY_MS = 400;

export class Tables {
  #at;
  #series;
  #together;
  /** @type {ModelClass[]} */
  #classes = [];
  /** @type {Tab} */
  #tab = 'photographs';
  /** @type {Record<Tab, Sorting | null>} */
  #sorting = { photographs: BY_URGENCY, eyes: BY_URGENCY };
  /** @type {Filter} */
  #filter = { what: 'all', text: '' };
  /** The photographs in the order in which they stand. @type {Entry[]} */
  #shown = [];
  /** Whether a refresh is waited for, and its timer where it may be late, since the table is not seen. */
  #soon = { asked: false, late: 0 };
  #photographs;
  #eyes;

  /** @param {Layout} at @param {Series} series @param {Together} together @param {Omit<Acts, 'showPatient' | 'entry' | 'whole'>} acts */
  constructor(at, series, together, acts) {
    this.#at = at;
    this.#series = series;
    this.#together = together;
    /** @type {Acts} */
    const all = {
      ...acts,
      showPatient: (patient) => this.showPatient(patient),
      entry: (id) => series.entry(id),
      whole: (own, entry) => {
        const { patient } = entry;
        const same = patient === '' ? [entry] : series.entries.filter((other) => other.patient === patient);
        return wholeBeside(own, entry, same, together);
      },
    };
    this.#photographs = new WindowedRows(at.photographs.scroller, at.photographs.table, {
      keyOf: (/** @type {Entry} */ entry) => String(entry.id),
      cellsOf: (entry) => photographCells(entry, this.#classes, all),
    });
    this.#eyes = new WindowedRows(at.eyes.scroller, at.eyes.table, {
      keyOf: (/** @type {EyeRow} */ row) => row.key,
      cellsOf: (row) => eyeCells(row, this.#classes, all),
    });
    this.#listen();
    this.showTab('photographs');
  }

  /** The photographs that pass the filter, in order. */
  get shown() {
    return this.#shown;
  }

  /** @param {ModelClass[]} classes */
  setClasses(classes) {
    this.#classes = classes;
    this.rewrite();
  }

  /** Everything anew: other words, other rules. */
  rewrite() {
    this.#drawHeads();
    this.refresh();
  }

  /** Soon; many changes at once are one. */
  ask() {
    const seen = this.#at.work.offsetParent !== null;
    if (this.#soon.asked && !(seen && this.#soon.late !== 0)) return;
    clearTimeout(this.#soon.late); // the table has come into sight since
    this.#soon = { asked: true, late: 0 };
    this.#at.work.ariaBusy = 'true';
    const refresh = () => {
      this.#soon = { asked: false, late: 0 };
      this.#at.work.ariaBusy = null;
      this.refresh();
    };
    if (!seen) this.#soon.late = window.setTimeout(refresh, UNSEEN_MS);
    else if (this.#series.entries.length > MANY) setTimeout(refresh, MANY_MS);
    else requestAnimationFrame(refresh);
  }

  refresh() {
    this.#drawFilter();
    this.#order();
    if (this.#tab === 'photographs') this.#photographs.show(this.#shown);
    const rows = this.#tab === 'eyes' ? this.#eyeRows() : [];
    if (this.#tab === 'eyes' || this.#series.entries.length === 0) this.#eyes.show(rows);
    const count = this.#shown.length;
    const all = this.#series.entries.length;
    const text =
      this.#tab === 'eyes' ? t('batch.shown.eyes', { count: rows.length }) : t('batch.shown', { count, all });
    const none = all > 0 && (this.#tab === 'eyes' ? rows.length : count) === 0;
    write(this.#at.shown, none ? t('batch.none') : text);
    const known = this.#series.entries.find(({ result }) => result !== null)?.result?.report.decision;
    write(this.#at.covers, known === undefined ? '' : coverageText(known));
  }

  /** While someone works in a row the rows stay where they are; only what is gone goes. */
  #order() {
    const pass = passes(this.#filter);
    if (this.#photographs.edited) {
      const there = new Set(this.#shown);
      const stay = this.#shown.filter((entry) => this.#series.entry(entry.id) === entry);
      this.#shown = [...stay, ...this.#series.entries.filter((entry) => !there.has(entry) && pass(entry))];
      return;
    }
    const found = this.#series.entries.filter(pass);
    const how = this.#sorting.photographs;
    this.#shown = how === null ? found : sorted(found, photographValue(how.key), how.down);
  }

  #eyeRows() {
    const { what, text } = this.#filter;
    const named = passes({ what: 'all', text }); // an eye's answer is that of all its photographs
    const all = byEye(this.#series.entries, this.#together).filter(({ entries }) => entries.some(named));
    const rows = all.filter(eyePasses(what));
    const how = this.#sorting.eyes;
    return how === null ? rows : sorted(rows, eyeValue(how.key), how.down);
  }

  // ---- tabs ----

  /** @param {Tab} tab @param {boolean} [focus] */
  showTab(tab, focus = false) {
    this.#tab = tab;
    for (const name of /** @type {Tab[]} */ (['photographs', 'eyes'])) {
      const button = this.#at.tabs[name];
      button.setAttribute('aria-selected', String(name === tab));
      button.tabIndex = name === tab ? 0 : -1;
      this.#at[name].panel.hidden = name !== tab;
      if (name === tab && focus) button.focus();
    }
    this.#drawSorting();
    this.refresh();
  }

  /** @param {string} patient */
  showPatient(patient) {
    this.#filter.text = patient;
    this.#at.filter.text.value = patient;
    this.showTab('photographs', true);
  }

  /** Puts this photograph's row into sight, with the focus on what opens it. @param {Entry} entry */
  focus(entry) {
    this.#photographs.focus(String(entry.id), 'open');
  }

  /** Puts the focus into its patient's field, wherever its row stands now; where it is not shown, on what it is searched by. @param {Entry} entry */
  focusPatient(entry) {
    this.refresh();
    if (this.#shown.includes(entry)) this.#photographs.focus(String(entry.id), 'patient');
    else this.#at.filter.text.focus();
  }

  /** Puts the focus on the first row; without one, on what stands above the rows or in their place. */
  focusFirst() {
    this.refresh();
    const [first] = this.#shown;
    if (this.#at.work.hidden) this.#at.start.querySelector('button')?.focus({ preventScroll: true });
    else if (first === undefined || this.#tab !== 'photographs') this.showTab(this.#tab, true);
    else this.focus(first);
  }

  // ---- order ----

  #columns() {
    return this.#tab === 'photographs' ? photographColumns(this.#classes) : eyeColumns(this.#classes);
  }

  #drawHeads() {
    for (const tab of /** @type {Tab[]} */ (['photographs', 'eyes'])) {
      const columns = tab === 'photographs' ? photographColumns(this.#classes) : eyeColumns(this.#classes);
      const { head, table } = this.#at[tab];
      const focused = head.contains(document.activeElement) ? sortOf(document.activeElement) : null;
      const sorting = this.#sorting[tab];
      head.replaceChildren(...columns.map((c) => headCell(c, sorting, () => this.#sort(tab, nextSorting(c, sorting)))));
      table.style.setProperty('--diseases', String(this.#classes.filter(isFinding).length));
      if (focused !== null)
        [...head.querySelectorAll('button')]
          .find((button) => sortOf(button) === focused)
          ?.focus({ preventScroll: true });
    }
    this.#drawSorting();
  }

  /** @param {Tab} tab @param {Sorting | null} how */
  #sort(tab, how) {
    this.#sorting[tab] = how;
    this.#drawHeads();
    this.refresh();
  }

  /** The same choice as a list, for where there is no room for a head. */
  #drawSorting() {
    const { sort, turn } = this.#at.filter;
    const how = this.#sorting[this.#tab];
    const options = this.#columns().map(({ key, full }) => new Option(full, key));
    sort.replaceChildren(new Option(t('batch.sort.none'), ''), ...options);
    sort.value = how?.key ?? '';
    turn.disabled = how === null;
  }

  // ---- filter ----

  #drawFilter() {
    const { what } = this.#at.filter;
    const counts = (/** @type {string} */ name) => {
      const pass = passes({ what: name, text: '' });
      return this.#series.entries.reduce((n, entry) => n + Number(pass(entry)), 0);
    };
    const label = (/** @type {string} */ name, /** @type {string} */ text) =>
      t('batch.filter.count', { name: text, count: counts(name) });
    /** @type {[string, string][]} */
    const choices = [
      ['all', label('all', t('batch.filter.all'))],
      ...ANSWERS.map((a) => /** @type {[string, string]} */ ([`answer:${a}`, label(`answer:${a}`, answerText(a))])),
      ...this.#classes
        .filter(isFinding)
        .map(
          (c) => /** @type {[string, string]} */ ([`disease:${c.id}`, label(`disease:${c.id}`, capital(nameOf(c)))]),
        ),
      ...MORE_FILTERS.map(([name, key]) => /** @type {[string, string]} */ ([name, label(name, t(key))])),
    ];
    if (what.options.length !== choices.length)
      what.replaceChildren(...choices.map(([name, text]) => make('option', { value: name }, text)));
    for (const [i, [, text]] of choices.entries()) if (what.options[i].text !== text) what.options[i].text = text;
    what.value = this.#filter.what;
  }

  #listen() {
    const { tabs, filter } = this.#at;
    for (const name of /** @type {Tab[]} */ (['photographs', 'eyes'])) {
      tabs[name].addEventListener('click', () => this.showTab(name));
      tabs[name].addEventListener('keydown', ({ key }) => {
        if (key === 'ArrowLeft' || key === 'ArrowRight') this.showTab(name === 'eyes' ? 'photographs' : 'eyes', true);
      });
    }
    filter.what.addEventListener('change', () => {
      this.#filter.what = filter.what.value;
      this.refresh();
    });
    filter.text.addEventListener('input', () => {
      this.#filter.text = filter.text.value;
      this.ask();
    });
    filter.sort.addEventListener('change', () => {
      const found = this.#columns().find(({ key }) => key === filter.sort.value);
      this.#sort(this.#tab, found ? nextSorting(found, null) : null);
    });
    filter.turn.addEventListener('click', () => {
      const how = this.#sorting[this.#tab];
      if (how !== null) this.#sort(this.#tab, { key: how.key, down: !how.down });
    });
    // Rows that waited for someone to finish take their places then.
    this.#at.photographs.table.addEventListener('focusout', () => this.ask());
  }
}

/** @param {Element | null} element */
function sortOf(element) {
  return element instanceof HTMLElement ? (element.dataset.sort ?? null) : null;
}
