/** Workers from any address: of another origin (a CDN), and where Trusted Types are required. */

import { sandboxed } from './policy.js';

/** The one policy of Trusted Types that this module makes; a page's Content-Security-Policy names it: `trusted-types vmnet`. */
export const POLICY = 'vmnet';

/** @type {{ createScriptURL: (url: string) => unknown } | null | undefined} */
let policy;

/**
 * As `new Worker()` takes it. Only addresses that the caller of load() gave, or that lie beside the module, come here.
 * @param {string} url @returns {string}
 */
function trusted(url) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (policy === undefined)
    try {
      policy = types?.createPolicy(POLICY, { createScriptURL: (/** @type {string} */ text) => text }) ?? null;
    } catch {
      policy = null; // not allowed: where Trusted Types are required, the Worker's own error says so
    }
  return policy == null ? url : /** @type {string} */ (policy.createScriptURL(url));
}

/** Whether a Worker may start from it directly. @param {URL} url */
function ownOrigin(url) {
  return url.origin === globalThis.origin && globalThis.origin !== 'null';
}

/**
 * What `new Worker()` has to be given. Its script has to be of the page's own origin, and what that imports does not: from
 * elsewhere it is imported by a script of one line.
 * @param {URL} url
 */
export function scriptAddress(url) {
  if (ownOrigin(url)) return trusted(url.href);
  const line = `import ${JSON.stringify(url.href)};`;
  // Chromium starts no module from a blob: of no origin.
  if (sandboxed()) return trusted(`data:text/javascript,${encodeURIComponent(line)}`);
  // Not revoked: the Worker may not have read it yet, and it is 100 bytes.
  return trusted(URL.createObjectURL(new Blob([line], { type: 'text/javascript' })));
}
