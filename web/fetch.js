/** Fetching with progress, and words for what can go wrong. Runs on the page, so that a signal reaches it. */

import { aborted, messageOf, VmnetError } from './errors.js';
import { SANDBOX_REMEDY, sandboxed, watchPolicy } from './policy.js';

/**
 * @param {URL} url
 * @param {string} what 'the module' or 'the weights', for error texts
 * @param {AbortSignal | undefined} signal
 * @param {(loaded: number, total: number | null) => void} onProgress
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function fetchBytes(url, what, signal, onProgress) {
  const policy = watchPolicy();
  try {
    const response = await fetch(url, { signal, credentials: 'same-origin' });
    const refusal = response.headers.get('Vmnet-Refused');
    if (refusal !== null) throw refused(url, what, refusal);
    if (!response.ok)
      throw new VmnetError(
        'network',
        `${url.href}: the server answered ${response.status} ${response.statusText} for ${what}; put the file there or pass its address to load()`,
      );
    return await readAll(response, onProgress);
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    if (signal?.aborted) throw aborted('load', signal.reason);
    if (globalThis.navigator?.onLine === false) throw refused(url, what, 'offline', error);
    const directive = await policy.stopped(/^connect-src/);
    throw new VmnetError(
      'network',
      `${url.href}: ${what} could not be fetched (${messageOf(error)}); ${remedyFor(url, directive)}`,
      { cause: error },
    );
  } finally {
    policy.end();
  }
}

/** @param {URL} url @param {string | null} directive that stopped it */
export function remedyFor(url, directive) {
  if (directive !== null) return `let ${directive} of the Content-Security-Policy hold ${sourceOf(url)}`;
  if (sandboxed()) return SANDBOX_REMEDY;
  if (url.origin === globalThis.location?.origin) return 'check the connection and load again';
  return `check the connection, and let ${url.origin} send Access-Control-Allow-Origin: ${globalThis.location?.origin}`;
}

/** What a directive has to hold for this address. @param {URL} url */
function sourceOf(url) {
  return url.origin === globalThis.location?.origin ? "'self'" : url.origin;
}

/**
 * Why a Worker did not start: its own error tells nothing, so its script is fetched once more, and looked at.
 * @param {URL} url @param {ReturnType<typeof watchPolicy>} policy that watched the start @param {string} why
 * @returns {Promise<VmnetError>}
 */
export async function whyNoScript(url, policy, why) {
  const fail = (/** @type {string} */ reason, /** @type {string} */ remedy, facts = {}) =>
    new VmnetError('worker', `${url.href}: the Worker could not be started (${reason}); ${remedy}`, { facts });
  const foreign = url.origin !== globalThis.location?.origin;
  const directive = await policy.stopped(/^(worker|child|script|default)-src/);
  if (directive !== null)
    return fail(
      `${directive} of the Content-Security-Policy forbids it`,
      foreign
        ? `let worker-src hold blob: and ${url.origin}, or serve worker.js from the page's own origin and give workerUrl`
        : `let worker-src hold ${url.protocol === 'blob:' ? 'blob:' : "'self'"}`,
      { why: 'policy' },
    );
  const response = await fetch(url, { credentials: 'same-origin' }).catch(() => null);
  if (response === null)
    return fail(
      why,
      sandboxed() ? SANDBOX_REMEDY : `check the connection${foreign ? `, and let ${url.origin} allow CORS` : ''}`,
    );
  await response.body?.cancel();
  const right = 'put the file there or pass the right workerUrl to load()';
  if (!response.ok) return fail(`the server answered ${response.status} ${response.statusText}`, right);
  const type = response.headers.get('content-type') ?? 'no type';
  if (!/javascript|ecmascript/.test(type)) return fail(`what came is ${type}, not JavaScript`, right);
  if (globalThis.crossOriginIsolated && !foreign && !response.headers.has('cross-origin-embedder-policy'))
    return fail(why, 'send Cross-Origin-Embedder-Policy with it, as with the page');
  // What a policy stops inside the Worker is not told here.
  const sources = foreign ? `blob: and ${url.origin}` : "'self'";
  return fail(why, `let worker-src of the Content-Security-Policy hold ${sources}`);
}

/**
 * What sw.js refuses, and why; the reasons are its own.
 * @param {URL} url @param {string} what @param {string} reason @param {unknown} [cause]
 */
function refused(url, what, reason, cause) {
  const texts = {
    offline:
      'not kept on this device yet, and there is no connection to fetch it; connect once and load again, afterwards it works offline',
    damaged:
      'the copy kept on this device is damaged or was changed, so it is not used, and the server cannot be reached for a new one; connect and load again',
    changed: 'the server has another version than this page needs; close all tabs of this page and open it again',
    old: "this tab's version is not kept any more; reload the page",
  };
  const text = texts[/** @type {keyof typeof texts} */ (reason)] ?? `refused (${reason}); reload the page`;
  const input = `${what.replace('the ', '')} ${url.pathname.split('/').pop()}`;
  return new VmnetError('network', `${input}: ${text}`, {
    cause,
    facts: { why: reason, input: url.pathname.split('/').pop() ?? '' },
  });
}

/** @param {Response} response @param {(loaded: number, total: number | null) => void} onProgress may throw to stop it */
export async function readAll(response, onProgress) {
  // With a Content-Encoding the length counts compressed bytes, and the stream does not.
  const length = Number(response.headers.get('content-length'));
  const total = length > 0 && !response.headers.get('content-encoding') ? length : null;
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let loaded = 0;
  try {
    onProgress(0, total);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      onProgress(loaded, total);
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // the rest is not wanted
    throw error;
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What the bytes look like, for an error text. @param {Uint8Array} bytes */
function looks(bytes) {
  if (bytes.length === 0) return 'an empty file';
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 64)).trimStart();
  if (/^<(!doctype|html|head|\?xml)/i.test(head)) return 'a web page';
  return `${bytes.length} bytes that begin with ${JSON.stringify(head.slice(0, 12))}`;
}

/**
 * Whether the page's policy lets it compile anything, asked before all that has to be fetched for it.
 * @throws {VmnetError}
 */
export function checkCompiles() {
  try {
    // The empty module, and at once: the rest waits for it.
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  } catch (error) {
    throw new VmnetError(
      'unsupported',
      `load: WebAssembly is not allowed here (${messageOf(error)}); let script-src of the Content-Security-Policy hold 'wasm-unsafe-eval'`,
      { cause: error, facts: { why: 'policy' } },
    );
  }
}

/**
 * A module that is really one. Its MIME type does not matter here.
 * @param {URL} url @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function compile(url, bytes) {
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d)
    throw new VmnetError(
      'network',
      `${url.href}: what came is not WebAssembly but ${looks(bytes)}; serve the built vmnet-*.wasm there or pass the right wasmUrl to load()`,
    );
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new VmnetError(
      'network',
      `${url.href}: ${bytes.length} bytes of WebAssembly do not compile (${messageOf(error)}); build and serve it again`,
      { cause: error },
    );
  }
}

/**
 * safetensors begins with a 64-bit length and a '{'; C checks all the rest.
 * @param {URL} url @param {Uint8Array} bytes
 */
export function checkWeights(url, bytes) {
  if (bytes.length < 9 || bytes[8] !== 0x7b)
    throw new VmnetError(
      'weights',
      `${url.href}: what came is not a safetensors file but ${looks(bytes)}; serve vmnet.safetensors there or pass the right weightsUrl to load()`,
    );
}
