/** The table's elements. Texts that never change name their message in data-t; the others are written by worklist.js. */

import { makeButton, makeInput } from '../shell/controls.js';
import { byId, make } from '../shell/dom.js';

/** @import { Key } from '../words/i18n.js' */

/** @param {string} tag @param {Key} key @param {Record<string, string>} [attributes] */
function said(tag, key, attributes = {}) {
  return make(tag, { ...attributes, 'data-t': key });
}

/** @param {Record<string, string>} attributes */
function bar(attributes) {
  return /** @type {HTMLProgressElement} */ (make('progress', { max: '1', value: '0', ...attributes }));
}

function startPart() {
  return make(
    'section',
    { class: 'batch-start', 'data-testid': 'batch-start' },
    said('h1', 'batch.start.title'),
    said('p', 'batch.start.lead', { class: 'lead' }),
    make(
      'div',
      { class: 'drop' },
      make(
        'div',
        { class: 'actions' },
        makeButton('batch.choose', { class: 'primary large', 'data-act': 'choose' }),
        makeButton('batch.folder', { 'data-act': 'folder' }),
      ),
      said('p', 'batch.start.or', { class: 'fine' }),
      said('p', 'start.limits', { class: 'fine' }),
    ),
    said('p', 'batch.start.names', { class: 'fine names' }),
  );
}

function othersPart() {
  const summary = make('summary', {});
  const list = make('p', { class: 'fine' });
  return {
    root: make('details', { class: 'batch-others', 'data-testid': 'batch-others' }, summary, list),
    summary,
    list,
  };
}

function progressPart() {
  const text = make('p', { id: 'batch-progress-text', class: 'state', 'data-testid': 'batch-progress' });
  const fine = make('p', { class: 'fine', 'data-testid': 'batch-left' });
  const progress = bar({ 'aria-labelledby': 'batch-progress-text' });
  const pause = makeButton('batch.pause', { 'data-testid': 'batch-pause' });
  const go = makeButton('batch.go', { class: 'primary', 'data-testid': 'batch-go' });
  const again = makeButton('batch.again', { 'data-testid': 'batch-again' });
  const cancel = makeButton('batch.cancel', { 'data-testid': 'batch-cancel' });
  const actions = make('div', { class: 'actions' }, pause, go, again, cancel);
  const root = make('div', { class: 'batch-progress' }, make('div', { class: 'says' }, text, fine), actions, progress);
  return { root, text, fine, bar: progress, pause, go, again, cancel };
}

function tabsPart() {
  const tab = (/** @type {Key} */ key, /** @type {string} */ name) =>
    makeButton(key, { role: 'tab', id: `batch-tab-${name}`, 'aria-controls': `batch-panel-${name}` });
  const photographs = tab('batch.tab.photographs', 'photographs');
  const eyes = tab('batch.tab.eyes', 'eyes');
  const root = make(
    'div',
    { class: 'batch-tabs', role: 'tablist', 'aria-label': '', 'data-t-label': 'batch.tabs' },
    photographs,
    eyes,
  );
  return { root, photographs, eyes };
}

function filterPart() {
  const what = /** @type {HTMLSelectElement} */ (make('select', { 'data-testid': 'batch-filter' }));
  const text = makeInput({
    type: 'search',
    'data-testid': 'batch-search',
    'data-t-placeholder': 'batch.search.example',
    dir: 'auto',
  });
  const sort = /** @type {HTMLSelectElement} */ (make('select', { 'data-testid': 'batch-sort' }));
  const turn = makeButton('batch.sort.turn', { 'data-testid': 'batch-turn' });
  const labelled = (/** @type {Key} */ key, /** @type {HTMLElement} */ field, /** @type {string} */ kind) =>
    make('label', { class: `field ${kind}` }, said('span', key), field);
  const root = make(
    'div',
    { class: 'batch-filter' },
    labelled('batch.filter', what, 'what'),
    labelled('batch.search', text, 'search'),
    make('div', { class: 'sorting' }, labelled('batch.sort', sort, 'sort'), turn),
  );
  return { root, what, text, sort, turn };
}

/** @param {string} name @param {string} tab @param {Key} caption */
function tablePart(name, tab, caption) {
  const head = make('tr', { role: 'row' });
  const table = /** @type {HTMLTableElement} */ (
    make(
      'table',
      { class: `batch-table ${name}`, role: 'table', 'data-testid': `batch-${name}` },
      said('caption', caption, { class: 'unseen' }),
      make('thead', { role: 'rowgroup' }, head),
      make('tbody', { role: 'rowgroup' }),
    )
  );
  const scroller = make(
    'div',
    { class: 'batch-scroll', tabindex: '0', role: 'region', 'aria-label': '', 'data-t-label': caption },
    table,
  );
  const panel = make('div', { role: 'tabpanel', id: `batch-panel-${name}`, 'aria-labelledby': tab }, scroller);
  return { panel, scroller, table, head };
}

/** @param {HTMLElement} root */
export function layOut(root) {
  const file = makeInput({
    type: 'file',
    multiple: '',
    accept: byId('file', HTMLInputElement).accept, // as for one photograph
    'data-testid': 'batch-file',
    tabindex: '-1',
    'data-t-label': 'batch.choose',
  });
  const folder = makeInput({
    type: 'file',
    webkitdirectory: '',
    'data-testid': 'batch-folder',
    tabindex: '-1',
    'data-t-label': 'batch.folder',
  });
  file.hidden = true;
  folder.hidden = true;
  const start = startPart();
  const others = othersPart();
  const progress = progressPart();
  const out = make('div', { class: 'save-slot' });
  const tabs = tabsPart();
  const filter = filterPart();
  const photographs = tablePart('photographs', 'batch-tab-photographs', 'batch.tab.photographs');
  const eyes = tablePart('eyes', 'batch-tab-eyes', 'batch.tab.eyes');
  const shown = make('p', { class: 'fine shown', role: 'status', 'data-testid': 'batch-shown' });
  const covers = make('p', { class: 'fine covers', 'data-testid': 'batch-covers' });
  const fresh = makeButton('batch.new', { 'data-testid': 'batch-new' });
  const card = make('div', { class: 'batch-card' });
  const work = make(
    'section',
    { class: 'batch-work', 'data-testid': 'batch-work' },
    make(
      'header',
      { class: 'batch-head' },
      said('h1', 'batch.title', { class: 'unseen' }),
      progress.root,
      make(
        'div',
        { class: 'actions' },
        out,
        makeButton('batch.add', { 'data-act': 'choose' }),
        makeButton('batch.add.folder', { 'data-act': 'folder' }),
        fresh,
      ),
    ),
    make('div', { class: 'batch-tools' }, tabs.root, filter.root),
    photographs.panel,
    eyes.panel,
    shown,
    covers,
  );
  root.replaceChildren(start, others.root, work, card, file, folder);
  return {
    start,
    card,
    others,
    work,
    progress,
    out,
    tabs,
    filter,
    photographs,
    eyes,
    shown,
    covers,
    fresh,
    file,
    folder,
  };
}

/** @typedef {ReturnType<typeof layOut>} Layout */
