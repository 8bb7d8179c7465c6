/** What the Content-Security-Policy of a page or of a Worker stopped: failed calls do not tell, events do. */

/** How long after a failure its event may come. */
const EVENT_PATIENCE_MS = 300;
const STEP_MS = 10;

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
  const note = (/** @type {Event} */ event) => {
    const { disposition, effectiveDirective } = /** @type {SecurityPolicyViolationEvent} */ (event);
    if (disposition !== 'report') seen.push(effectiveDirective);
  };
  target.addEventListener('securitypolicyviolation', note);
  return {
    stopped: async (directives) => {
      for (let waited = 0; ; waited += STEP_MS) {
        const found = seen.find((directive) => directives.test(directive));
        if (found !== undefined || waited >= EVENT_PATIENCE_MS) return found ?? null;
        await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      }
    },
    end: () => target.removeEventListener('securitypolicyviolation', note),
  };
}

/** A frame with `sandbox` and without `allow-same-origin`: all files are another origin's to it. */
export function sandboxed() {
  return globalThis.origin === 'null' && globalThis.location?.protocol !== 'file:';
}

export const SANDBOX_REMEDY =
  "this frame is sandboxed and of no origin: add allow-same-origin to the iframe's sandbox, or serve the files with Access-Control-Allow-Origin: *";
