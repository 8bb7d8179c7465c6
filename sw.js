/**
 * The page without a network, one version of it at a time. Registered by web/page/offline/offline.js as sw.js?v=VERSION, where
 * VERSION is the SHA-256 of build/wasm/files.txt, which holds the SHA-256 of every file of the page. So the address of
 * this worker stands for the bytes of every file that it may answer with:
 *
 * install  every file goes into this version's own cache, checked. If one is wrong or missing, the whole is discarded.
 * fetch    a file is answered only when its sum is the listed one. A kept copy that was changed is fetched again, or
 *          refused; a server that has another version by now is refused too.
 * update   the browser starts a new version's worker when no tab is left with the old one; "Use it now" starts it when
 *          its tab is the only one. So no two tabs run different versions, and none runs a mix.
 *
 * COOP and COEP are added to every answer, so that threads work on a static host too, from the second visit on. That is
 * safe here: the page loads nothing from elsewhere, which is all that require-corp forbids, and the scripts of Workers
 * come with the same headers. Without this worker (a hard reload, a private window) the page runs as the host serves it.
 *
 * No protection from whoever can run code in this origin or write into the browser's profile: they can replace this too.
 */

// @ts-expect-error: TypeScript takes it for a Worker of a page
const worker = /** @type {ServiceWorkerGlobalScope} */ (self);
const LIST = 'build/wasm/files.txt';
const SCOPE = worker.registration.scope;
const VERSION = versionOf(worker.location.href);
/** Deployments that share an origin keep apart. */
const FAMILY = `vmnet ${SCOPE} `;
const CACHE = FAMILY + VERSION;
/** Files that are fetched at a time: few, for it runs beside the page. */
const LANES = 4;

// The policy of index.html (a test compares them), for Workers on hosts that send no headers of their own.
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @param {string} url of this worker or another version's */
function versionOf(url) {
  return new URL(url).searchParams.get('v') ?? '';
}

/** As in the list. @param {string} url */
function pathOf(url) {
  const { origin, pathname } = new URL(url);
  return (origin + pathname).slice(SCOPE.length) || 'index.html';
}

/** As people open it: some hosts know no index.html. @param {string} path */
function urlOf(path) {
  return path === 'index.html' ? SCOPE : SCOPE + path;
}

/** @param {BufferSource} bytes */
async function sha256(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// ---- files, by their sums ----

/** @typedef {'offline' | 'damaged' | 'changed' | 'old' | 'full'} Reason web/fetch.js has words for them */
/** @typedef {(path: string) => Promise<Response | undefined>} Source */
/** @typedef {{ bytes: ArrayBuffer, headers: Headers, source: Source }} Found */

class Refusal extends Error {
  /** @param {string} path @param {Reason} reason */
  constructor(path, reason) {
    super(`${path}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

/** @param {string} name of a cache @returns {Source} */
const from = (name) => async (path) => (await caches.open(name)).match(path);
const kept = from(CACHE);
/** What the page has just fetched lies here: no second transfer. @type {Source} */
const browserCache = (path) => fetch(urlOf(path), { cache: 'force-cache' });
/** @type {Source} */
const server = (path) => fetch(urlOf(path), { cache: 'reload' });

/** The first source with the right bytes. @param {string} path @param {string} sum @param {Source[]} sources @returns {Promise<Found>} */
async function obtain(path, sum, sources) {
  /** @type {Reason} */
  let reason = 'offline';
  for (const source of sources) {
    const answer = await source(path).catch(() => undefined);
    // 404: a file of another version. Any other failure is a server that cannot answer now.
    if (answer === undefined || (!answer.ok && answer.status !== 404)) continue;
    const bytes = await answer.arrayBuffer().catch(() => null);
    if (bytes === null) continue;
    if (answer.ok && (await sha256(bytes)) === sum) return { bytes, headers: answer.headers, source };
    reason = source === kept ? 'damaged' : 'changed';
  }
  throw new Refusal(path, reason);
}

/** @param {string} path @param {Found} found */
async function keep(path, { bytes, headers }) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(path, new Response(bytes, { headers: headersOf(headers) }));
  } catch (error) {
    throw error instanceof Error && /quota/i.test(error.name) ? new Refusal(path, 'full') : error;
  }
}

/** @type {Promise<Map<string, string>> | null} */
let listed = null;

/** Sums by path. The list is a file whose sum is the version. @returns {Promise<Map<string, string>>} */
function list() {
  listed ??= readList().catch((error) => {
    listed = null;
    throw error;
  });
  return listed;
}

async function readList() {
  const found = await obtain(LIST, VERSION, [kept, server]);
  if (found.source !== kept) await keep(LIST, found).catch(() => {}); // install finds out with the next file
  const lines = new TextDecoder().decode(found.bytes).trim().split('\n');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

// ---- install ----

/** What the browser's cache held in another version: a page that loaded it is no whole. @type {string[]} */
const outdated = [];

async function install() {
  try {
    const files = [...(await list())];
    const others = (await caches.keys()).filter((name) => name.startsWith(FAMILY) && name !== CACHE);
    const sources = [kept, ...others.map(from), browserCache, server];
    const lane = async () => {
      for (let next = files.pop(); next !== undefined; next = files.pop()) {
        const [path, sum] = next;
        const found = await obtain(path, sum, sources);
        if (found.source === server) outdated.push(path);
        if (found.source !== kept) await keep(path, found);
      }
    };
    // The first failure ends all lanes; none may still write when the cache is discarded.
    const stop = () => files.splice(0);
    const lanes = Array.from({ length: LANES }, () => lane().finally(stop));
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
    await tell({ type: 'installed', version: VERSION });
  } catch (error) {
    // A half is worth nothing. (The same version again: the browser looks whether this script has changed.)
    if (versionOf(worker.registration.active?.scriptURL ?? SCOPE) !== VERSION) await caches.delete(CACHE);
    const { reason, path } = error instanceof Refusal ? error : { reason: 'offline', path: '' };
    await tell({ type: 'failed', version: VERSION, reason, path });
    throw error;
  }
}

async function discardOthers() {
  const { installing, waiting } = worker.registration;
  const used = [VERSION, ...[installing, waiting].map((other) => other && versionOf(other.scriptURL))];
  for (const name of await caches.keys())
    if (name.startsWith(FAMILY) && !used.includes(name.slice(FAMILY.length))) await caches.delete(name);
}

// ---- answers ----

/** Pages that have not said hello yet: their scripts may still fail. @type {Set<string>} */
const starting = new Set();
/** Clients of the version before, about to be reloaded. @type {Set<string>} */
const old = new Set();
/** A script without which the page cannot start. @type {Refusal | null} */
let broken = null;

/** @param {FetchEvent} event @param {string} path */
async function answer(event, path) {
  const { request, clientId, resultingClientId } = event;
  const opens = request.mode === 'navigate';
  if (old.has(clientId) && !opens) return refused(new Refusal(path, 'old'));
  try {
    const sum = (await list()).get(path);
    if (sum === undefined) return await fetch(request);
    if (opens && broken !== null) await mend(broken);
    const found = await obtain(path, sum, [kept, server]);
    if (found.source !== kept) event.waitUntil(keep(path, found).catch(() => {})); // no room: fetched again next time
    if (opens) starting.add(resultingClientId);
    return new Response(found.bytes, { headers: headersOf(found.headers) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The list is gone and the server has another version: all of the page comes from there, as on a first visit.
    if (error.path === LIST && error.reason === 'changed') return fetch(request);
    if (opens) return words(error);
    if (starting.has(clientId) && ['script', 'style'].includes(request.destination)) {
      broken = error;
      const client = await worker.clients.get(clientId);
      if (client instanceof WindowClient) event.waitUntil(client.navigate(SCOPE).catch(() => {}));
    }
    return refused(error);
  } finally {
    tellRequests();
  }
}

/** @param {Refusal} refusal */
async function mend({ path }) {
  const sum = (await list()).get(path) ?? '';
  await keep(path, await obtain(path, sum, [kept, server]));
  broken = null;
}

/** @param {HeadersInit} [given] */
function headersOf(given) {
  const headers = new Headers(given);
  for (const name of ['Content-Encoding', 'Content-Length', 'Vary']) headers.delete(name);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', POLICY);
    headers.set('Vmnet-Policy', 'added'); // web/page/offline/privacy.js says what the host does not do
  }
  return headers;
}

/** For web/fetch.js, which says it in words. @param {Refusal} refusal */
function refused({ reason }) {
  return new Response(null, { status: 503, headers: headersOf({ 'Vmnet-Refused': reason }) });
}

/** In place of a page that cannot start; its scripts with the other languages may be what is missing. @param {Refusal} refusal */
function words({ path, reason }) {
  const [problem, remedy] =
    reason === 'changed'
      ? [
          'The server has another version of this page than the one kept on this device, and a file of the kept one is missing or damaged.',
          'Close all tabs of this page and open it again.',
        ]
      : [
          `A file of this page that is kept on this device is ${reason === 'damaged' ? 'damaged or was changed' : 'missing'}. It is not used, and the server cannot be reached to fetch it anew.`,
          'Connect to the network, then open the page again: it mends itself. Nothing that you saved is lost.',
        ];
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>V-MNet: not complete</title><link rel="stylesheet" href="${SCOPE}web/page/shell/base.css"><link rel="stylesheet" href="${SCOPE}web/page/intake/home.css"></head><body><main><section class="start" role="alert"><h1>This page is not complete</h1><p class="lead">${problem} ${remedy}</p><p><a href="${SCOPE}">Open it again</a></p><p class="fine">${path.replace(/[<&]/g, '')}</p></section></main></body></html>`;
  return new Response(html, { status: 503, headers: headersOf({ 'Content-Type': 'text/html; charset=utf-8' }) });
}

// ---- what pages ask, and are told ----

/** All tabs with the page. */
async function pages() {
  const all = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return all.filter((client) => pathOf(client.url) === 'index.html');
}

/** @param {object} message */
async function tell(message) {
  tellRequests();
  for (const page of await pages()) page.postMessage(message);
}

/** What this worker asked the browser's cache or the server for: a page cannot see it. @type {object[]} */
const asked = [];
let told = 0;

async function tellRequests() {
  for (const entry of performance.getEntriesByType('resource')) {
    const { name, startTime, transferSize, decodedBodySize, responseStatus, initiatorType } =
      /** @type {PerformanceResourceTiming} */ (entry);
    const at = performance.timeOrigin + startTime;
    const status = responseStatus ?? 0;
    asked.push({
      name,
      at,
      initiatorType,
      transferSize,
      bodySize: decodedBodySize,
      viaWorker: false,
      status,
      byServiceWorker: true,
    });
  }
  performance.clearResourceTimings();
  const fresh = asked.slice(told);
  told = asked.length;
  if (fresh.length > 0) for (const page of await pages()) page.postMessage({ type: 'requests', requests: fresh });
}

/** @param {string} asker @param {MessagePort} port */
async function use(asker, port) {
  const others = (await pages()).filter(({ id }) => id !== asker).length;
  if (others === 0) {
    const all = await worker.clients.matchAll({ type: 'all', includeUncontrolled: true });
    for (const { id } of all) old.add(id);
    await worker.skipWaiting();
  }
  port.postMessage(others);
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(discardOthers()));
worker.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  if (method !== 'GET' || !url.startsWith(SCOPE)) return;
  const path = pathOf(url);
  // Always the server's: how else would a new version be seen?
  if (path !== LIST && path !== 'sw.js') event.respondWith(answer(event, path));
});
worker.addEventListener('message', (event) => {
  const { data, source, ports } = event;
  if (!(source instanceof WindowClient)) return;
  if (data === 'hello') {
    starting.delete(source.id);
    tellRequests();
    ports[0].postMessage({ version: VERSION, requests: asked });
  }
  if (data === 'outdated') ports[0].postMessage(outdated);
  if (data === 'use') event.waitUntil(use(source.id, ports[0]));
  // A first visit: its page is of this version, and other tabs may be of another.
  if (data === 'claim') event.waitUntil(pages().then((all) => (all.length === 1 ? worker.clients.claim() : undefined)));
});
