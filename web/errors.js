/** Errors: one class, a code to branch on, and a text for people. */

/** @typedef {import('./vmnet.js').VmnetErrorCode} VmnetErrorCode */

/**
 * The text reads `input: what is wrong and the limit; the remedy`.
 * A cancelled call has `.code` 'aborted' and, like a DOMException of that kind, `.name` 'AbortError'.
 * `.facts` are for whoever writes a text of his own: `why` names the case where a code has several, the others are what it
 * is about, such as `input`, `width` and `height`.
 */
export class VmnetError extends Error {
  /**
   * @param {VmnetErrorCode} code
   * @param {string} message
   * @param {{ cause?: unknown, facts?: Readonly<Record<string, string | number>> }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = code === 'aborted' ? 'AbortError' : 'VmnetError';
    /** @readonly */
    this.code = code;
    /** @readonly */
    this.facts = options?.facts ?? {};
  }
}

/**
 * @param {string} [what] what was cancelled
 * @param {unknown} [cause] the signal's reason
 */
export function aborted(what = 'the call', cause) {
  return new VmnetError('aborted', `${what}: cancelled; call again when you want it`, { cause });
}

/** @param {unknown} error @returns {string} */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
