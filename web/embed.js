/**
 * embed.html in a frame of another page, by messages. Version 1; every message has `vmnet: 1` and a `type`:
 *
 *   to the frame      { type: 'screen', id, photograph: Blob, name?, point?, language?, show? }
 *                     { type: 'set', point?, language?, show? }
 *                     { type: 'status', id }
 *   from the frame    { type: 'ready' }                        once, to each allowed origin that frames it
 *                     { type: 'progress', id, phase, fraction }
 *                     { type: 'result', id, report }
 *                     { type: 'error', id, code, message }
 *                     { type: 'status', id, ignored }          messages of others so far
 *
 * Only the framing page is listened to, and only if its origin is in <meta name="vmnet-origins">; what else comes is ignored
 * and counted.
 */

import { define } from './element.js';

/** @import { VmnetScreen } from './element.js' */

const VERSION = 1;
const SETTINGS = /** @type {const} */ (['point', 'language', 'show']);

/** @returns {string[]} */
function allowedOrigins() {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name=vmnet-origins]'));
  const origins = meta?.content.split(/\s+/).filter(Boolean) ?? [];
  return origins.length > 0 ? origins : [location.origin];
}

define();
const screen = /** @type {VmnetScreen} */ (document.querySelector('vmnet-screen'));
const allowed = allowedOrigins();
let ignored = 0;

/** @param {object} message @param {string} origin */
function send(message, origin) {
  parent.postMessage({ vmnet: VERSION, ...message }, origin);
}

/** @param {any} message */
function set(message) {
  for (const name of SETTINGS) if (typeof message[name] === 'string') screen.setAttribute(name, message[name]);
}

/** @param {any} message @param {string} origin */
async function screenFor({ id, photograph, name }, origin) {
  const progress = (/** @type {Event} */ event) => {
    const { phase, fraction } = /** @type {CustomEvent} */ (event).detail;
    send({ type: 'progress', id, phase, fraction }, origin);
  };
  screen.addEventListener('vmnet-progress', progress);
  try {
    const named = photograph instanceof Blob && typeof name === 'string' ? new File([photograph], name) : photograph;
    const { report } = await screen.screen(named);
    send({ type: 'result', id, report }, origin);
  } catch (error) {
    const { code, message } = /** @type {import('./errors.js').VmnetError} */ (error);
    send({ type: 'error', id, code, message }, origin);
  } finally {
    screen.removeEventListener('vmnet-progress', progress);
  }
}

addEventListener('message', ({ data, origin, source }) => {
  if (source !== parent || parent === window || !allowed.includes(origin) || typeof data?.vmnet !== 'number') {
    ignored++;
    return;
  }
  const { id, type } = data;
  const known = data.vmnet === VERSION && ['screen', 'set', 'status'].includes(type);
  if (!known) {
    const message = `message: version ${data.vmnet}, type '${type}' is unknown; send version ${VERSION}: screen, set or status`;
    send({ type: 'error', id, code: 'argument', message }, origin);
    return;
  }
  set(data);
  if (type === 'screen') screenFor(data, origin);
  else if (type === 'status') send({ type: 'status', id, ignored }, origin);
});
// A browser hands it only to a framing page of that origin.
if (parent !== window) for (const origin of allowed) send({ type: 'ready' }, origin);
