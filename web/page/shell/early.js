/**
 * Starts the network before the page's other scripts are there: only the library has come by then. loading.js says how far it
 * is, and starts it again where it failed.
 */

import { load } from '../../vmnet.js';

/** @import { Model, Progress } from '../../vmnet.js' */

/** @typedef {{ model: Promise<Model>, stop: AbortController, last: Progress | null, tell: (now: Progress) => void }} Loading */

/** @returns {Loading} */
export function begin() {
  const stop = new AbortController();
  /** @type {Omit<Loading, 'model'>} */
  const loading = { stop, last: null, tell: () => {} };
  const onProgress = (/** @type {Progress} */ now) => {
    loading.last = now;
    loading.tell(now);
  };
  const model = load({ signal: stop.signal, onProgress });
  model.catch(() => {}); // whoever asks for it is told
  return Object.assign(loading, { model });
}

export const early = begin();
