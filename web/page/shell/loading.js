/** Loads the network and says in the footer how far it is, and what it runs on. */

import { effect, signal, untracked } from '../../vendor/signals.js';
import { VmnetError } from '../../vmnet.js';
import { language, t } from '../words/i18n.js';
import { megabytes } from '../words/terms.js';
import { byId, fillFacts } from './dom.js';
import { begin, early } from './early.js';
import { isAbort, mark, showError } from './error-box.js';

/** @import { ModelInfo, Progress } from '../../vmnet.js' */

const at = {
  bar: byId('load-bar', HTMLProgressElement),
  cancel: byId('load-cancel', HTMLButtonElement),
  status: byId('status', HTMLElement),
  details: byId('details', HTMLElement),
  list: byId('detail-list', HTMLElement),
};

let loading = early;
/** @type {ModelInfo | null} */
let info = null;
let failed = false;
/** What the footer says of it. */
export const loadingText = signal('');

/** The one model of this page. */
export function theModel() {
  return loading.model;
}

/** The model's classes; empty until it is loaded. */
export function classes() {
  return info?.classes ?? [];
}

/** What the model says about itself, such as why it runs on one thread. */
export function modelNotes() {
  return info?.notes ?? [];
}

export function setUpLoading() {
  at.cancel.addEventListener('click', () => loading.stop.abort());
  effect(() => {
    language();
    untracked(showState);
  });
  follow();
}

/** Once more. */
export function startLoading() {
  loading = begin();
  follow();
}

function follow() {
  at.bar.hidden = false;
  at.cancel.hidden = false;
  failed = false;
  mark({ isReady: false, loadFailed: false });
  loading.tell = showLoading;
  if (loading.last !== null) showLoading(loading.last);
  else at.status.textContent = t('load.waiting');
  loading.model.then((ready) => showReady(ready.info), showFailed);
}

/** Shares of the whole: the weights are ten times the program. */
const loaded = { module: 0, weights: 0, start: 0 };

/** @param {Progress} now */
function showLoading(now) {
  const { phase, fraction } = now;
  if (phase in loaded) loaded[/** @type {keyof typeof loaded} */ (phase)] = fraction ?? 0;
  at.bar.value = 0.1 * loaded.module + 0.8 * loaded.weights + 0.1 * loaded.start;
  tellProgress(now);
}

/** @param {Progress} now */
function tellProgress({ phase, loaded: bytes, total }) {
  const name = t(`phase.${phase}`);
  at.status.textContent =
    bytes && total ? t('load.amount', { phase: name, loaded: megabytes(bytes), total: megabytes(total) }) : name;
  loadingText.value = at.status.textContent;
}

/** The same in other words. */
function showState() {
  if (failed) at.status.textContent = t('load.failed');
  else if (info !== null) showReady(info);
  else if (loading.last !== null) tellProgress(loading.last);
  else at.status.textContent = t('load.waiting');
}

/** @param {unknown} error */
function showFailed(error) {
  failed = true;
  mark({ loadFailed: true });
  at.bar.hidden = true;
  at.cancel.hidden = true;
  at.status.textContent = t('load.failed');
  showError(isAbort(error) ? new VmnetError('aborted', 'network: loading was cancelled; load it again') : error);
}

/** @param {ModelInfo} ready */
function showReady(ready) {
  info = ready;
  at.bar.hidden = true;
  at.cancel.hidden = true;
  at.details.hidden = false;
  const threads = t('load.threads', { count: ready.threads });
  at.status.textContent = t('load.ready');
  at.status.dataset.ready = ready.variant;
  const notes = ready.notes.length > 0 ? ready.notes : [t('load.fact.no-fallback')];
  const computes = ready.simd === 'relaxed' ? t('load.fact.relaxed', { threads }) : t('load.fact.plain', { threads });
  fillFacts(at.list, [
    [t('load.fact.variant'), ready.variant],
    [t('load.fact.computes'), computes],
    ...notes.map((note) => /** @type {[string, string]} */ ([t('load.fact.fallback'), note])),
    [t('load.fact.wasm'), ready.wasmSha256 ?? t('load.fact.unknown')],
    [t('load.fact.weights'), t('load.fact.parameters', { name: ready.weights, count: ready.parameters })],
    [t('load.fact.weights-sha'), ready.weightsSha256 ?? t('load.fact.unknown')],
    [t('load.fact.input'), t('load.fact.pixels', { size: String(ready.size) })],
    [t('load.fact.version'), ready.version],
  ]);
  at.list.querySelector('dd')?.setAttribute('data-testid', 'variant');
  mark({ isReady: true });
}
