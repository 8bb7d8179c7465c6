/** Errors: one class, a code to branch on, and a text for people. */

/** @typedef {import('./vmnet.js').VmnetErrorCode} VmnetErrorCode */

/**
 * What vm_status means here; the index is the number that C returns.
 * @type {readonly VmnetErrorCode[]}
 */
export const STATUS_CODES = [
  'runtime', // 0 is VM_OK: an error with it would be a mistake of ours
  'argument',
  'memory',
  'weights',
  'format',
  'damaged',
  'too-large',
  'too-small',
  'not-fundus',
  'runtime',
];

/**
 * The text reads `input: what is wrong and the limit; the remedy`.
 * A cancelled call has `.code` 'aborted' and, like a DOMException of that kind, `.name` 'AbortError'.
 */
export class VmnetError extends Error {
  /**
   * @param {VmnetErrorCode} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = code === 'aborted' ? 'AbortError' : 'VmnetError';
    /** @readonly */
    this.code = code;
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
