/** "What was requested": the list of all requests of this tab. What it cannot see, it says. */

import { effect } from '../../vendor/signals.js';
import { ROUNDS } from '../save/seal.js';
import { closedBy, make, makeDialog } from '../shell/dom.js';
import { language, number, t } from '../words/i18n.js';
import { offlineText } from './offline.js';
import { changes, counted, requested } from './recorded.js';

/** @import { Row } from './recorded.js' */

const ROOT = new URL('../../../', import.meta.url);
/** Whether the Worker's script comes with the policy; null until it is known. @type {boolean | null} */
let workerBound = null;

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
  const head = make('div', { class: 'dialog-head' }, title, close);
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
  effect(() => {
    language();
    offlineText();
    changes.value;
    soon();
  });
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
    make('h3', {}, t('privacy.kept')),
    list([t('privacy.kept.nothing'), t('privacy.kept.how', { rounds: ROUNDS }), t('privacy.kept.seen')]),
    make('h3', {}, t('privacy.check')),
    list([t('privacy.check.cut'), t('privacy.check.tools')]),
    make('h3', { id: 'privacy-list' }, t('privacy.list')),
    table(all),
    ...(counted.fromMemory > 0
      ? [make('p', { class: 'fine' }, t('privacy.memory', { count: counted.fromMemory }))]
      : []),
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
  return counted.refused > 0 ? t('privacy.why.refused', { count: counted.refused }) : t('privacy.why.none-refused');
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
