/** Finds a file beside the module, also where a bundler made a classic script of it. */

import { VmnetError } from './errors.js';

/** The classic script that this was bundled into: known only while it runs for the first time. */
const SCRIPT = /** @type {HTMLScriptElement | null | undefined} */ (globalThis.document?.currentScript)?.src;

/**
 * @param {() => URL} written the address relative to the module; throws where import.meta.url is empty
 * @param {string} path relative to that classic script
 * @returns {URL}
 */
export function locate(written, path) {
  try {
    return written();
  } catch (error) {
    if (SCRIPT) return new URL(path, SCRIPT);
    throw new VmnetError(
      'argument',
      `load: where ${path} lies cannot be told in a bundle that has no address; pass workerUrl, wasmUrl and weightsUrl`,
      { cause: error },
    );
  }
}
