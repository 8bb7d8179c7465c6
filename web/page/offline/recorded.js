/**
 * Every request of this tab since it was opened, as the browser's resource timing has it, with what the Workers and the
 * service worker report of theirs.
 */

import { onRequests, requestEntry } from '../../requests.js';
import { signal } from '../../vendor/signals.js';

/** @import { RequestEntry } from '../../requests.js' */

/** @typedef {'page' | 'worker' | 'offline'} Asker */
/** @typedef {'network' | 'checked' | 'cache' | 'kept' | 'nowhere' | 'unknown'} Origin */
/** @typedef {RequestEntry & { by: Asker, from: Origin }} Row */

/** Where requests stop being listed one by one; far more than a visit makes. */
const MOST = 2000;

/** By address and time: the service worker may tell the same twice. @type {Map<string, Row>} */
const rows = new Map();
/** What stays in this tab's memory, and what the policy refused. */
export const counted = { fromMemory: 0, refused: 0 };
/** Counts what was recorded. */
export const changes = signal(0);

/** @param {Asker} by @param {RequestEntry[]} entries */
function record(by, entries) {
  for (const entry of entries) {
    if (/^(blob|data):/.test(entry.name)) counted.fromMemory += 1;
    else if (rows.size < MOST) rows.set(`${entry.name} ${entry.at}`, { ...entry, by, from: originOf(entry) });
  }
  changes.value += 1;
}

/** @param {RequestEntry} entry @returns {Origin} */
function originOf({ transferSize, bodySize, viaWorker, status }) {
  if (status >= 400) return 'nowhere';
  // "Not modified" takes a few hundred bytes, for a file of any size.
  if (transferSize > 0) return transferSize < bodySize ? 'checked' : 'network';
  if (bodySize === 0 && status === 0) return 'unknown';
  return viaWorker ? 'kept' : 'cache';
}

/** From the first request on. */
export function watchRequests() {
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
    counted.refused += 1;
    changes.value += 1;
  });
}

/** All requests so far, the first one first. */
export function requested() {
  return [...rows.values()].sort((a, b) => a.at - b.at);
}
