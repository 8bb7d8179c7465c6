/**
 * What the Workers of this page, and the service worker, asked the server for. A page's own list of requests
 * (PerformanceObserver) does not hold all of it, so they report; a page that shows what was requested listens here.
 */

/**
 * One request, as the browser's resource timing tells it.
 * @typedef {object} RequestEntry
 * @property {string} name the address
 * @property {number} at when it began, milliseconds since 1970
 * @property {string} initiatorType
 * @property {number} transferSize bytes over the network with headers; 0 when nothing went over it
 * @property {number} bodySize bytes of the file
 * @property {boolean} viaWorker it passed the service worker
 * @property {number} status of HTTP; 0 when the browser does not tell
 * @property {boolean} [byServiceWorker] asked by it, for later or in place of a damaged copy
 */

/** @type {RequestEntry[]} */
const noted = [];
/** @type {Set<(entries: RequestEntry[]) => void>} */
const listeners = new Set();

/** Something that can be sent to another thread. @param {PerformanceResourceTiming} entry @returns {RequestEntry} */
export function requestEntry(entry) {
  return {
    name: entry.name,
    at: performance.timeOrigin + entry.startTime,
    initiatorType: entry.initiatorType,
    transferSize: entry.transferSize,
    bodySize: entry.decodedBodySize,
    viaWorker: entry.workerStart > 0,
    status: entry.responseStatus ?? 0,
  };
}

/** In a Worker: hands over each of its requests. @param {(entries: RequestEntry[]) => void} report */
export function reportRequests(report) {
  const observer = new PerformanceObserver((list) =>
    report(list.getEntries().map((entry) => requestEntry(/** @type {PerformanceResourceTiming} */ (entry)))),
  );
  observer.observe({ type: 'resource', buffered: true });
}

/** @param {RequestEntry[]} entries */
export function noteRequests(entries) {
  noted.push(...entries);
  for (const listener of listeners) listener(entries);
}

/** Calls back with what there was and with all that comes. @param {(entries: RequestEntry[]) => void} listener */
export function onRequests(listener) {
  listeners.add(listener);
  listener([...noted]);
}
