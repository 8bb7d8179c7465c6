/** What the Content-Security-Policy of a page or of a Worker stopped: failed calls do not tell, events do. */

/** How long after a failure that was no policy's an event is waited for: it comes at once, if one does. */
const EVENT_PATIENCE_MS = 300;

/**
 * Watches from now on.
 * @returns {{ stopped: (directives: RegExp) => Promise<string | null>, end: () => void }} `stopped`: the directive that
 *   stopped something, of those that match; null if none did
 */
export function watchPolicy() {
  const target = globalThis.document ?? globalThis;
  if (target.addEventListener === undefined) return { stopped: async () => null, end: () => {} }; // Node.js has no policy
  /** @type {string[]} */
  const seen = [];
  /** @type {Set<() => void>} */
  const waiting = new Set();
  const note = (/** @type {Event} */ event) => {
    const { disposition, effectiveDirective } = /** @type {SecurityPolicyViolationEvent} */ (event);
    if (disposition === 'report') return;
    seen.push(effectiveDirective);
    for (const look of waiting) look();
  };
  target.addEventListener('securitypolicyviolation', note);
  return {
    stopped: (directives) =>
      new Promise((resolve) => {
        const end = (/** @type {string | null} */ directive) => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(directive);
        };
        const look = () => {
          const found = seen.find((directive) => directives.test(directive));
          if (found !== undefined) end(found);
        };
        const timer = setTimeout(end, EVENT_PATIENCE_MS, null);
        waiting.add(look);
        look();
      }),
    end: () => target.removeEventListener('securitypolicyviolation', note),
  };
}

/** A frame with `sandbox` and without `allow-same-origin`: all files are another origin's to it. */
export function sandboxed() {
  return globalThis.origin === 'null' && globalThis.location?.protocol !== 'file:';
}

export const SANDBOX_REMEDY =
  "this frame is sandboxed and of no origin: add allow-same-origin to the iframe's sandbox, or serve the files with Access-Control-Allow-Origin: *";
