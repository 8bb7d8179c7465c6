/** "What was requested": the list of all requests of this tab. What it cannot see, it says. */

import { html, render } from '../../vendor/lit.js';
import { effect } from '../../vendor/signals.js';
import { ROUNDS } from '../save/seal.js';
import { closedBeside, makeDialog } from '../shell/dom.js';
import { language, number, t } from '../words/i18n.js';
import { offlineText } from './offline.js';
import { changes, counted, requested } from './recorded.js';

/**
 * @import { Key } from '../words/i18n.js'
 * @import { Row } from './recorded.js'
 */

const ROOT = new URL('../../../', import.meta.url);
/** Whether the Worker's script comes with the policy; null until it is known. @type {boolean | null} */
let workerBound = null;

/** @type {HTMLDialogElement | null} */
let panel = null;

/** Opens the panel. @param {HTMLElement} [root] where it belongs in the page */
export function openPrivacy(root = document.body) {
  panel ??= makePanel(root);
  render(contents(panel), panel); // first, so that the focus finds a place in it
  panel.showModal();
  panel.scrollTop = 0;
}

/** @param {HTMLElement} root */
function makePanel(root) {
  const dialog = makeDialog({ class: 'privacy', 'aria-labelledby': 'privacy-title', 'data-testid': 'privacy' });
  closedBeside(dialog);
  let due = false;
  const write = () => {
    due = false;
    if (dialog.open) render(contents(dialog), dialog);
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
  addEventListener('online', write);
  addEventListener('offline', write);
  askForPolicy().then(soon, soon);
  return dialog;
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

/** @param {HTMLDialogElement} dialog */
function contents(dialog) {
  const all = requested();
  const { onLine } = navigator;
  return html`<div class="dialog-head"><h2 id="privacy-title">${t('privacy.title')}</h2>
      <button type="button" class="close" @click=${() => dialog.close()}>${t('privacy.close')}</button></div>
    <p class="online" role="status" data-online=${onLine}>${t(onLine ? 'privacy.online' : 'privacy.offline')}</p>
    <div class="privacy-body">
      <p class="fine">${t('privacy.lead')}</p>
      ${figures(all)}
      <p class="offline-text">${offlineText()}</p>
      <h3>${t('privacy.why')}</h3>
      ${list([whyGet(all), t('privacy.why.policy'), ...whyWorker(), whatWasRefused()])}
      <h3>${t('privacy.kept')}</h3>
      ${list([t('privacy.kept.nothing'), t('privacy.kept.how', { rounds: ROUNDS }), t('privacy.kept.seen')])}
      <h3>${t('privacy.check')}</h3>
      ${list([t('privacy.check.cut'), t('privacy.check.tools')])}
      <h3 id="privacy-list">${t('privacy.list')}</h3>
      ${table(all)}
      ${counted.fromMemory > 0 ? html`<p class="fine">${t('privacy.memory', { count: counted.fromMemory })}</p>` : ''}
      <h3>${t('privacy.unseen')}</h3>
      ${list([t('privacy.unseen.browser'), t('privacy.unseen.tabs'), t('privacy.unseen.bytes'), t('privacy.unseen.ended')])}
    </div>`;
}

/** @param {string[]} texts */
const list = (texts) => html`<ul class="plain-list">${texts.map((text) => html`<li>${text}</li>`)}</ul>`;

/** @param {Row[]} all */
function figures(all) {
  const elsewhere = all.filter(({ name }) => new URL(name).origin !== location.origin).length;
  const network = all.filter(({ from }) => from === 'network' || from === 'checked');
  const bytes = network.reduce((sum, { transferSize }) => sum + transferSize, 0);
  const over = t('privacy.network', { count: network.length, size: size(bytes) });
  const local = t('privacy.local', { count: all.filter(({ from }) => from === 'kept' || from === 'cache').length });
  return html`<ul class="figures">
    <li><strong>${number(0)}</strong><span>${t('privacy.sent')}</span></li>
    <li><strong>${number(elsewhere)}</strong><span>${t('privacy.elsewhere')}</span></li>
    <li><strong>${number(all.length)}</strong><span>${t('privacy.requests', { server: location.host })}</span
      ><span class="fine">${over}</span><span class="fine">${local}</span></li>
  </ul>`;
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
  const head = ['file', 'by', 'from', 'size'].map((column) => t(/** @type {Key} */ (`privacy.column.${column}`)));
  return html`<table class="requests" role="table" aria-labelledby="privacy-list">
    <thead role="rowgroup"><tr role="row">${head.map((text) => html`<th role="columnheader" scope="col">${text}</th>`)}</tr></thead>
    <tbody role="rowgroup">${all.map(line)}</tbody>
  </table>`;
}

/** @param {Row} row */
const line = ({ name, by, from, bodySize }) => html`<tr role="row" data-from=${from}
  ><td role="cell" class="file" dir="ltr">${shortName(name)}</td
  ><td role="cell" class="by">${t(`privacy.by.${by}`)}</td
  ><td role="cell" class="from">${t(`privacy.from.${from}`)}</td
  ><td role="cell" class="size">${bodySize > 0 ? size(bodySize) : ''}</td></tr>`;

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
