/**
 * "What was requested": every request of this tab since it was opened, as the browser's resource timing has it, with
 * what the Workers and the service worker report of theirs. What it cannot see, it says.
 */

import { onRequests, requestEntry } from '../../requests.js';
import { closedBy, make, makeDialog } from '../shell/dom.js';
import { moreWords, number, onLanguage, t } from '../words/i18n.js';
import { offlineText, onOffline } from './offline.js';

/** @import { RequestEntry } from '../../requests.js' */

/** @typedef {'page' | 'worker' | 'offline'} Asker */
/** @typedef {'network' | 'checked' | 'cache' | 'kept' | 'nowhere' | 'unknown'} Origin */
/** @typedef {RequestEntry & { by: Asker, from: Origin }} Row */

const ROOT = new URL('../../../', import.meta.url);
/** Where requests stop being listed one by one; far more than a visit makes. */
const MOST = 2000;

/** By address and time: the service worker may tell the same twice. @type {Map<string, Row>} */
const rows = new Map();
let fromMemory = 0;
let refused = 0;
/** Whether the Worker's script comes with the policy; null until it is known. @type {boolean | null} */
let workerBound = null;
/** @type {Set<() => void>} */
const listeners = new Set();

// ---- recording ----

/** @param {Asker} by @param {RequestEntry[]} entries */
function record(by, entries) {
  for (const entry of entries) {
    if (/^(blob|data):/.test(entry.name)) fromMemory += 1;
    else if (rows.size < MOST) rows.set(`${entry.name} ${entry.at}`, { ...entry, by, from: originOf(entry) });
  }
  for (const listener of listeners) listener();
}

/** @param {RequestEntry} entry @returns {Origin} */
function originOf({ transferSize, bodySize, viaWorker, status }) {
  if (status >= 400) return 'nowhere';
  // "Not modified" takes a few hundred bytes, for a file of any size.
  if (transferSize > 0) return transferSize < bodySize ? 'checked' : 'network';
  if (bodySize === 0 && status === 0) return 'unknown';
  return viaWorker ? 'kept' : 'cache';
}

function watch() {
  new PerformanceObserver((list) => {
    const entries = list.getEntries().map((entry) => requestEntry(/** @type {PerformanceResourceTiming} */ (entry)));
    record('page', entries);
  }).observe({ type: 'resource', buffered: true });
  const [opened] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  if (opened) record('page', [requestEntry(opened)]);
  onRequests((entries) => {
    // The service worker may have been at work for an earlier visit.
    const here = entries.filter(({ at }) => at >= performance.timeOrigin);
    for (const entry of here) record(entry.byServiceWorker ? 'offline' : 'worker', [entry]);
  });
  addEventListener('securitypolicyviolation', () => {
    refused += 1;
    for (const listener of listeners) listener();
  });
}

/** All requests so far, the first one first. */
export function requested() {
  return [...rows.values()].sort((a, b) => a.at - b.at);
}

// ---- the panel ----

/** @param {HTMLButtonElement} button that opens it */
export function setUpPrivacy(button) {
  watch();
  button.setAttribute('aria-haspopup', 'dialog');
  button.addEventListener('click', async () => {
    await moreWords().catch(() => {}); // without them the panel has its numbers
    openPrivacy();
  });
}

/** @type {{ dialog: HTMLDialogElement, write: () => void } | null} */
let panel = null;

/** Opens the panel. @param {HTMLElement} [root] where it belongs in the page */
export function openPrivacy(root = document.body) {
  panel ??= makePanel(root);
  panel.dialog.showModal();
  panel.dialog.scrollTop = 0;
  panel.write();
}

/** @param {HTMLElement} root */
function makePanel(root) {
  const title = make('h2', { id: 'privacy-title' });
  const close = make('button', { type: 'button', class: 'close' });
  const online = make('p', { class: 'online', role: 'status' });
  const body = make('div', { class: 'privacy-body' });
  const head = make('div', { class: 'privacy-head' }, title, close);
  const dialog = makeDialog(
    { class: 'privacy', 'aria-labelledby': 'privacy-title', 'data-testid': 'privacy' },
    head,
    online,
    body,
  );
  closedBy(dialog, close);
  const tellOnline = () => {
    online.textContent = navigator.onLine ? t('privacy.online') : t('privacy.offline');
    online.dataset.online = String(navigator.onLine);
  };
  let due = false;
  const write = () => {
    due = false;
    if (!dialog.open) return;
    title.textContent = t('privacy.title');
    close.textContent = t('privacy.close');
    tellOnline();
    body.replaceChildren(...contents());
  };
  // Requests come in crowds: one picture of them is enough.
  const soon = () => {
    if (!due) requestAnimationFrame(write);
    due = true;
  };
  root.append(dialog);
  listeners.add(soon);
  onLanguage(soon);
  onOffline(soon);
  addEventListener('online', tellOnline);
  addEventListener('offline', tellOnline);
  askForPolicy().then(soon, soon);
  return { dialog, write };
}

/**
 * A Worker is bound by the policy that comes with its script, so that is looked at; from the cache, as a rule. sw.js adds
 * it where the host sends none, and it then holds for Workers that were started with what sw.js answered.
 */
async function askForPolicy() {
  const script = new URL('web/worker.js', ROOT);
  const { headers } = await fetch(script, { cache: 'force-cache' });
  const started = requested().filter(({ name, initiatorType }) => name === script.href && initiatorType !== 'fetch');
  const given = headers.has('Vmnet-Policy') ? started.every(({ viaWorker }) => viaWorker) : true;
  workerBound = given && /default-src 'none'/.test(headers.get('Content-Security-Policy') ?? '');
}

function contents() {
  const all = requested();
  return [
    make('p', { class: 'fine' }, t('privacy.lead')),
    figures(all),
    make('p', { class: 'offline-text' }, offlineText()),
    make('h3', {}, t('privacy.why')),
    list([whyGet(all), t('privacy.why.policy'), ...whyWorker(), whatWasRefused()]),
    make('h3', {}, t('privacy.check')),
    list([t('privacy.check.cut'), t('privacy.check.tools')]),
    make('h3', { id: 'privacy-list' }, t('privacy.list')),
    table(all),
    ...(fromMemory > 0 ? [make('p', { class: 'fine' }, t('privacy.memory', { count: fromMemory }))] : []),
    make('h3', {}, t('privacy.unseen')),
    list([t('privacy.unseen.browser'), t('privacy.unseen.tabs'), t('privacy.unseen.bytes'), t('privacy.unseen.ended')]),
  ];
}

/** @param {string[]} texts */
function list(texts) {
  return make('ul', { class: 'plain-list' }, ...texts.map((text) => make('li', {}, text)));
}

/** @param {Row[]} all */
function figures(all) {
  const elsewhere = all.filter(({ name }) => new URL(name).origin !== location.origin).length;
  const network = all.filter(({ from }) => from === 'network' || from === 'checked');
  const bytes = network.reduce((sum, { transferSize }) => sum + transferSize, 0);
  const over = t('privacy.network', { count: network.length, size: size(bytes) });
  const local = t('privacy.local', { count: all.filter(({ from }) => from === 'kept' || from === 'cache').length });
  return make(
    'ul',
    { class: 'figures' },
    figure(0, t('privacy.sent')),
    figure(elsewhere, t('privacy.elsewhere')),
    figure(
      all.length,
      t('privacy.requests', { server: location.host }),
      make('span', { class: 'fine' }, over),
      make('span', { class: 'fine' }, local),
    ),
  );
}

/** @param {number} value @param {string} text @param {...Node} more */
function figure(value, text, ...more) {
  return make('li', {}, make('strong', {}, number(value)), make('span', {}, text), ...more);
}

/** @param {Row[]} all */
function whyGet(all) {
  const count = all.filter(({ name }) => new URL(name).search !== '').length;
  const query = count > 0 ? t('privacy.why.query', { count }) : t('privacy.why.no-query');
  return t('privacy.why.get', { query });
}

function whyWorker() {
  if (workerBound === null) return [];
  return [workerBound ? t('privacy.why.worker') : t('privacy.why.worker-not')];
}

function whatWasRefused() {
  return refused > 0 ? t('privacy.why.refused', { count: refused }) : t('privacy.why.none-refused');
}

/** Roles are named: a narrow screen shows rows as blocks, which some browsers take for no table. @param {Row[]} all */
function table(all) {
  const head = ['file', 'by', 'from', 'size'].map((column) =>
    make(
      'th',
      { role: 'columnheader', scope: 'col' },
      t(/** @type {import('../words/i18n.js').Key} */ (`privacy.column.${column}`)),
    ),
  );
  return make(
    'table',
    { class: 'requests', role: 'table', 'aria-labelledby': 'privacy-list' },
    make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)),
    make('tbody', { role: 'rowgroup' }, ...all.map(line)),
  );
}

/** @param {Row} row */
function line({ name, by, from, bodySize }) {
  const cell = (/** @type {string} */ text, /** @type {string} */ kind) =>
    make('td', { role: 'cell', class: kind }, text);
  return make(
    'tr',
    { role: 'row', 'data-from': from },
    make('td', { role: 'cell', class: 'file', dir: 'ltr' }, shortName(name)),
    cell(t(`privacy.by.${by}`), 'by'),
    cell(t(`privacy.from.${from}`), 'from'),
    cell(bodySize > 0 ? size(bodySize) : '', 'size'),
  );
}

/** An address below the page's own, without that; another one whole. @param {string} address */
function shortName(address) {
  const url = new URL(address);
  url.hash = '';
  return url.href.startsWith(ROOT.href) ? `./${url.href.slice(ROOT.href.length)}` : url.href;
}

/** @param {number} bytes */
function size(bytes) {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return number(value, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 });
}
