/**
 * Offline use and clean updates, the page's side; sw.js is the other one and says how versions are kept apart. Where
 * there can be no service worker (plain http, a private window, no room) the page works as it is and says why.
 */

import { noteRequests } from '../../requests.js';
import { effect, signal } from '../../vendor/signals.js';
import { make } from '../shell/dom.js';
import { t } from '../words/i18n.js';

/** @typedef {'waiting' | 'saving' | 'ready' | 'next' | 'insecure' | 'unsupported' | 'forbidden' | 'unlisted' | 'offline' | 'changed' | 'full'} OfflineState */

const ROOT = new URL('../../../', import.meta.url);
const LIST = new URL('build/wasm/files.txt', ROOT);
/** A tab that comes back to the front looks for a new version when it has not for this long. */
const LOOK_AGAIN_MS = 30 * 60_000;

const state = signal(/** @type {OfflineState} */ ('waiting'));
/** The version that this page runs; null while it comes straight from the server. @type {string | null} */
let mine = null;
/** Why the last version could not be kept, by sw.js. @type {OfflineState | null} */
let failure = null;
/** This page is about to be reloaded with the new version. */
let using = false;
let lookedAt = 0;
let looking = false;

// ---- what it says ----

/** Whether the page works offline, or why not, in a sentence. */
export function offlineText() {
  return t(`offline.${state.value}`);
}

/** Also into every element of the page with the attribute data-offline. */
function tell() {
  for (const element of document.querySelectorAll('[data-offline]')) {
    element.setAttribute('data-offline', state.value);
    element.textContent = offlineText();
  }
}

// ---- setting up ----

/**
 * @param {object} [options]
 * @param {(files: File[]) => void} [options.onFiles] photographs that the system opened with the installed page
 */
export function setUpOffline({ onFiles } = {}) {
  effect(tell);
  effect(() => notice.write());
  if (onFiles) takeFiles(onFiles);
  const workers = possible();
  if (workers === null) return;
  document.body.append(notice.box);
  mine = versionOf(workers.controller);
  state.value = mine === null ? 'waiting' : 'ready';
  workers.addEventListener('message', ({ data }) => hear(data));
  workers.addEventListener('controllerchange', () => changed(workers));
  workers.startMessages();
  if (workers.controller) greet(workers.controller);
  // A page from the browser's back-forward cache may be older than the version that is served by now.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && versionOf(workers.controller) !== mine) location.reload();
  });
  addEventListener('online', () => look(workers));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && Date.now() - lookedAt > LOOK_AGAIN_MS) look(workers);
  });
  offerWaiting(workers).catch(() => {});
  whenLoaded(() => look(workers));
}

/** @returns {ServiceWorkerContainer | null} */
function possible() {
  if (globalThis.isSecureContext === false) state.value = 'insecure';
  else if (navigator.serviceWorker === undefined || globalThis.caches === undefined) state.value = 'unsupported';
  else return navigator.serviceWorker;
  return null;
}

/** @param {(files: File[]) => void} onFiles */
function takeFiles(onFiles) {
  const queue = /** @type {any} */ (globalThis).launchQueue; // Chrome and Edge
  queue?.setConsumer(async (/** @type {{ files: FileSystemFileHandle[] }} */ { files }) => {
    if (files.length > 0) onFiles(await Promise.all(files.map((handle) => handle.getFile())));
  });
}

/**
 * Keeping files for later must not slow down what is wanted now, and finds in the browser's cache what loading the
 * network has fetched. loading.js marks #status when the network is there.
 * @param {() => void} then
 */
function whenLoaded(then) {
  const status = document.getElementById('status');
  const loaded = () => status === null || status.dataset.ready !== undefined;
  if (loaded()) {
    then();
    return;
  }
  const observer = new MutationObserver(() => {
    if (!loaded()) return;
    observer.disconnect();
    then();
  });
  observer.observe(/** @type {HTMLElement} */ (status), { attributes: true });
}

/** @param {{ scriptURL: string } | null | undefined} worker */
function versionOf(worker) {
  return worker ? new URL(worker.scriptURL).searchParams.get('v') : null;
}

/** @param {any} message of sw.js */
function hear(message) {
  if (message.type === 'requests') noteRequests(message.requests);
  if (message.type === 'failed') failure = message.reason;
  // Also when another tab has found the new version.
  if (message.type === 'installed' && mine !== null && message.version !== mine) look(navigator.serviceWorker);
}

/** @param {ServiceWorker} worker @param {string} message @returns {Promise<any>} its answer */
function ask(worker, message) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message, [port2]);
  });
}

/** The page runs: from here on it can say itself what is wrong. @param {ServiceWorker} worker */
async function greet(worker) {
  const { requests } = await ask(worker, 'hello');
  noteRequests(requests);
}

/** @param {ServiceWorkerContainer} workers */
function changed(workers) {
  const before = mine;
  mine = versionOf(workers.controller);
  if (using) return; // use() reloads
  if (before !== null && mine !== before) notice.show('old', reload);
  else if (workers.controller) {
    state.value = 'ready';
    greet(workers.controller);
  }
}

async function reload() {
  location.reload();
}

// ---- looking for a version ----

/** @param {ServiceWorkerContainer} workers */
function look(workers) {
  if (looking) return;
  looking = true;
  find(workers)
    .catch((error) => fail(error))
    .finally(() => {
      looking = false;
    });
}

/** @param {unknown} error */
function fail(error) {
  if (mine !== null) return; // the version that is here goes on
  state.value = error instanceof Impossible ? error.state : 'forbidden';
}

class Impossible extends Error {
  /** @param {OfflineState} reason */
  constructor(reason) {
    super(reason);
    this.state = reason;
  }
}

/** @param {ServiceWorkerContainer} workers */
async function find(workers) {
  lookedAt = Date.now();
  const version = await serversVersion();
  if (version === mine) return;
  if (mine === null) state.value = 'saving';
  failure = null;
  const script = new URL(`sw.js?v=${version}`, ROOT);
  const registration = await workers.register(script, { scope: ROOT.href, updateViaCache: 'none' });
  if (!registration) throw new Impossible('forbidden');
  const { installing, waiting, active } = registration;
  const worker = [installing, waiting, active].find((one) => versionOf(one) === version);
  if (!worker) throw new Impossible('changed');
  await reached(worker, ['installed', 'activating', 'activated']);
  if (mine !== null) await offerWaiting(workers);
  else if (registration.active && registration.active !== worker)
    state.value = 'next'; // a hard reload past the version before
  else await firstVisit(worker);
}

async function serversVersion() {
  const response = await fetch(LIST, { cache: 'no-store' }).catch(() => null);
  if (response === null) throw new Impossible('offline');
  if (!response.ok) throw new Impossible('unlisted');
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {ServiceWorker} worker @param {ServiceWorkerState[]} states any of them @returns {Promise<void>} */
function reached(worker, states) {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (states.includes(worker.state)) resolve();
      // Its message with the reason may be on the way still.
      if (worker.state === 'redundant') setTimeout(() => reject(new Impossible(failure ?? 'offline')), 200);
    };
    worker.addEventListener('statechange', check);
    check();
  });
}

/** @param {ServiceWorker} worker */
async function firstVisit(worker) {
  await reached(worker, ['activated']);
  state.value = 'next';
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  /** What the browser's cache held in another version; asked for, as messages and states come in any order. */
  const outdated = /** @type {string[]} */ (await ask(worker, 'outdated'));
  if (outdated.some((path) => loaded.includes(new URL(path, ROOT).href))) offer(reload);
  else worker.postMessage('claim'); // then this page, too, gets all it needs later from what is kept
}

// ---- the notice ----

/** @param {ServiceWorkerContainer} workers */
async function offerWaiting(workers) {
  const waiting = (await workers.getRegistration(ROOT))?.waiting;
  if (waiting && mine !== null && versionOf(waiting) !== mine) offer(() => use(waiting));
}

/** @param {() => Promise<void>} act */
function offer(act) {
  if (using) return;
  notice.show('ready', act);
}

/** @param {ServiceWorker} waiting */
async function use(waiting) {
  using = true; // the change of worker comes before the answer
  const others = await ask(waiting, 'use');
  if (others === 0) {
    await reached(waiting, ['activated']);
    location.reload();
    return;
  }
  using = false;
  notice.show('others', () => use(waiting), others);
}

const notice = makeNotice();

/** At the bottom, over the page: nothing moves when it comes. */
function makeNotice() {
  const text = make('p');
  const now = /** @type {HTMLButtonElement} */ (make('button', { type: 'button', class: 'primary' }));
  const later = make('button', { type: 'button' });
  const inside = make('div', { class: 'update-inside' }, text, make('div', { class: 'actions' }, now, later));
  const box = make('div', { class: 'update', role: 'status', 'data-testid': 'update' });
  /** @type {'ready' | 'others' | 'old'} */
  let kind = 'ready';
  let count = 0;
  let act = async () => {};
  const write = () => {
    text.textContent = kind === 'others' ? t('offline.update.others', { count }) : t(`offline.update.${kind}`);
    now.textContent = kind === 'old' ? t('offline.update.reload') : t('offline.update.use');
    later.textContent = t('offline.update.later');
  };
  now.addEventListener('click', async () => {
    now.disabled = true;
    await act().catch(() => {});
    now.disabled = using;
  });
  later.addEventListener('click', () => box.replaceChildren());
  return {
    box,
    write,
    /** @param {typeof kind} which @param {() => Promise<void>} what @param {number} [others] */
    show(which, what, others = 0) {
      kind = which;
      act = what;
      count = others;
      write();
      if (!box.contains(inside)) box.append(inside);
    },
  };
}
