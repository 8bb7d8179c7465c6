/** DICOMweb. Types and documentation: dicomweb.d.ts. */

import { MAX_BYTES } from './constants.js';
import { PHOTOGRAPHS } from './dicom/kinds.js';
import { bodyOf, boundaryOf, partsOf } from './dicom/multipart.js';
import { inForm, isUid } from './dicom/values.js';
import { aborted, messageOf, VmnetError } from './errors.js';
import { readAll, remedyFor } from './fetch.js';
import { watchPolicy } from './policy.js';

export { VmnetError } from './errors.js';

/** @import { Dicomweb, DicomwebOptions, Stored, StoredPhotograph, Study } from './dicomweb.js' */

/** Another try may help: no time, too many at once, a proxy whose server is away. */
const PASSING = [408, 429, 502, 503, 504];
const LONGEST_WAIT_MS = 60_000;
/** Of a server's own words, in an error's text. */
const MAX_TEXT = 300;
/** What stands around an object in an answer. */
const MAX_ENVELOPE = 64 * 1024;
/** Of a list, and of what is said to a store: a thousand studies are about 2 MB. */
const MAX_LIST = 32 * 2 ** 20;
/** Of a refusal's body, in letters: the first words of it are told. */
const MAX_REFUSAL = 64 * 1024;
const TIMEOUT_MS = 60_000;
const LONGEST_TIMEOUT_MS = 3_600_000;
/** The slowest line that is waited for with what is sent, of which fetch() tells no progress: 128 kbit/s. */
const SENT_PER_MS = 16;
const STUDY_FIELDS = ['StudyDescription', 'ModalitiesInStudy'];
const PHOTOGRAPH_FIELDS = [
  'SOPClassUID',
  'InstanceNumber',
  'Rows',
  'Columns',
  'NumberOfFrames',
  'ImageLaterality',
  'Laterality',
];
const LIMIT = 100;
const MAX_LIMIT = 1000;

/** What each status means for the caller. @type {Readonly<Record<number, string>>} */
const REMEDIES = {
  400: 'look at the query',
  401: 'give a valid token, or a function that renews it',
  403: "ask the archive's administrator for the right to do this",
  404: 'look at the url and the UIDs: there is nothing at this address',
  406: 'the server does not give out objects as it keeps them (transfer-syntax=*); let it allow that',
  409: 'the server refuses the object; its reason stands there',
  413: 'let the server take larger objects',
  415: 'let the server take application/dicom',
};

/** @param {string} text */
function fail(text) {
  return new VmnetError('argument', `dicomweb: ${text}`);
}

/** @param {DicomwebOptions} options @returns {Dicomweb} */
export function connect(options) {
  return new Client(options);
}

/** @implements {Dicomweb} */
class Client {
  #root;
  #token;
  #headers;
  #credentials;
  #retries;
  #backoff;
  #timeout;

  /** @param {DicomwebOptions} options */
  constructor(options = Object()) {
    const { url, token, headers = {}, credentials = 'same-origin' } = options;
    const { retries = 3, backoff = 500, timeout = TIMEOUT_MS } = options;
    this.#root = rootOf(url);
    if (token !== undefined && typeof token !== 'function') checkToken('token', token);
    if (!(Number.isInteger(retries) && retries >= 0 && retries <= 10))
      throw fail(`retries ${retries} must be 0 to 10; leave it out for 3`);
    if (!(backoff >= 0 && backoff <= LONGEST_WAIT_MS))
      throw fail(`backoff ${backoff} must be 0 to ${LONGEST_WAIT_MS} milliseconds; leave it out for 500`);
    if (!(timeout >= 1 && timeout <= LONGEST_TIMEOUT_MS))
      throw fail(`timeout ${timeout} must be 1 to ${LONGEST_TIMEOUT_MS} milliseconds; leave it out for ${TIMEOUT_MS}`);
    this.#token = token;
    this.#headers = headersOf(headers);
    this.#credentials = credentials;
    this.#retries = retries;
    this.#backoff = backoff;
    this.#timeout = timeout;
  }

  /** @type {Dicomweb['studies']} */
  async studies(query = { ModalitiesInStudy: 'OP' }, { limit = LIMIT, offset = 0, signal } = {}) {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
      throw fail(`limit ${limit} must be 1 to ${MAX_LIMIT}; leave it out for ${LIMIT}`);
    if (!(Number.isInteger(offset) && offset >= 0))
      throw fail(`offset ${offset} must be a whole number from 0; leave it out for 0`);
    const wanted = { ...query, limit, offset, includefield: STUDY_FIELDS };
    return (await this.#query('/studies', wanted, signal)).map(studyOf);
  }

  /** @type {Dicomweb['photographs']} */
  async photographs(study, { signal } = {}) {
    checkUid('study', study);
    const found = await this.#query(`/studies/${study}/instances`, { includefield: PHOTOGRAPH_FIELDS }, signal);
    return found.map((one) => photographOf(one, study)).filter(({ sopClass }) => PHOTOGRAPHS.has(sopClass));
  }

  /** @type {Dicomweb['fetch']} */
  async fetch({ study, series, instance } = Object(), { signal, onProgress = () => {} } = {}) {
    for (const [name, uid] of Object.entries({ study, series, instance })) checkUid(name, uid);
    const url = new URL(`${this.#root}/studies/${study}/series/${series}/instances/${instance}`);
    const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
    const name = `${instance}.dcm`;
    return this.#send('WADO-RS', url, { headers: { Accept: accept } }, signal, async (response, came) => {
      const most = MAX_BYTES + MAX_ENVELOPE;
      const bytes = await readAll(response, (loaded, total) => {
        came();
        if (Math.max(loaded, total ?? 0) > most)
          throw new VmnetError('too-large', `${name}: over the limit of ${MAX_BYTES / 2 ** 20} MiB; scale it down`);
        told(onProgress, { loaded, total });
      });
      return new File([objectOf(name, response, bytes)], name, { type: 'application/dicom' });
    });
  }

  /** @type {Dicomweb['store']} */
  async store(objects, { signal, onProgress = () => {} } = {}) {
    if (!Array.isArray(objects) || !objects.every((o) => o instanceof Uint8Array || o instanceof Blob))
      throw fail('what is to be stored is no list of Uint8Arrays or Blobs; give the objects in one');
    /** @type {Stored[]} */
    const stored = [];
    for (const object of objects) {
      told(onProgress, { stored: stored.length, total: objects.length });
      stored.push(await this.#store(object, stored.length, signal));
    }
    told(onProgress, { stored: stored.length, total: objects.length });
    return stored;
  }

  /** @param {Uint8Array<ArrayBuffer> | Blob} object @param {number} before how many are stored @param {AbortSignal | undefined} signal */
  async #store(object, before, signal) {
    const url = new URL(`${this.#root}/studies`);
    const { body, type } = bodyOf(object);
    const request = { method: 'POST', headers: { Accept: 'application/dicom+json', 'Content-Type': type }, body };
    try {
      return await this.#send('STOW-RS', url, request, signal, async (response, came) =>
        storedOf(url, JSON.parse((await textFrom('STOW-RS', url, response, came)) || '{}'), response),
      );
    } catch (error) {
      if (!(error instanceof VmnetError) || error.code === 'aborted') throw error;
      throw new VmnetError(error.code, error.message, { cause: error, facts: { ...error.facts, stored: before } });
    }
  }

  /** @param {string} path @param {Record<string, string | number | readonly string[]>} query @param {AbortSignal | undefined} signal @returns {Promise<Json[]>} */
  async #query(path, query, signal) {
    const url = new URL(this.#root + path);
    for (const [key, value] of Object.entries(query)) {
      // Each in a parameter of its own: a comma is written %2C, and not all servers read that.
      const values = Array.isArray(value) ? value : [value];
      for (const one of values) url.searchParams.append(key, String(one));
    }
    const request = { headers: { Accept: 'application/dicom+json' } };
    return this.#send('QIDO-RS', url, request, signal, async (response, came) => {
      const text = await textFrom('QIDO-RS', url, response, came);
      const list = text.trim() === '' ? [] : JSON.parse(text); // 204 where nothing matches
      if (!Array.isArray(list) || !list.every(isObject)) throw new Error('what came is no list of objects');
      return list;
    });
  }

  /**
   * Sends it until an answer comes, and reads that: a body that breaks off is sent for again as well.
   * @template T
   * @param {string} service @param {URL} url @param {Asked} request @param {AbortSignal | undefined} signal
   * @param {(response: Response, came: () => void) => Promise<T>} read calls `came` whenever something has come
   * @returns {Promise<T>}
   */
  async #send(service, url, request, signal, read) {
    for (let left = this.#retries, wait = this.#backoff; ; left--, wait *= 2) {
      if (signal?.aborted) throw aborted('dicomweb', signal.reason);
      const { value, error, pause = null } = await this.#try(service, url, request, signal, read);
      if (error === undefined) return /** @type {T} */ (value);
      if (pause === null || left === 0) throw error;
      await sleep(Math.min(LONGEST_WAIT_MS, Math.max(pause, wait * (0.5 + Math.random() / 2))), signal);
    }
  }

  /**
   * @template T
   * @param {string} service @param {URL} url @param {Asked} request @param {AbortSignal | undefined} signal
   * @param {(response: Response, came: () => void) => Promise<T>} read calls `came` whenever something has come
   * @returns {Promise<{ value?: T, error?: VmnetError, pause?: number | null }>} `pause`: milliseconds that the server asks
   *   for before another try; null where none will help
   */
  async #try(service, url, request, signal, read) {
    const policy = watchPolicy();
    const patience = new Patience(signal, this.#timeout);
    const headers = new Headers(this.#headers);
    /** @type {Response | undefined} */
    let response;
    /** What the server says of it, or the browser of the server's words, without what is secret. */
    const open = (/** @type {string} */ text) => without(headers.get('authorization'), text);
    try {
      for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
      if (this.#token !== undefined) headers.set('Authorization', `Bearer ${await unless(signal, this.#bearer())}`);
      patience.begin((request.body?.size ?? 0) / SENT_PER_MS);
      // A redirect would take the headers, or a photograph, to an address that nobody named.
      const how = { headers, signal: patience.signal, credentials: this.#credentials };
      response = await fetch(url, { ...request, ...how, redirect: 'manual' });
      patience.begin();
      if (response.ok) return { value: await read(response, () => patience.begin()) };
      const pause = PASSING.includes(response.status) ? pauseOf(response) : null;
      const refusal = await refusalOf(service, url, response, open);
      if (signal?.aborted) throw aborted('dicomweb', signal.reason);
      return { error: refusal, pause };
    } catch (error) {
      if (signal?.aborted) throw aborted('dicomweb', signal.reason);
      if (error instanceof VmnetError) return { error, pause: null };
      const facts = { status: response?.status ?? 0, service };
      if (patience.over) return { error: stalled(url, this.#timeout, facts), pause: null };
      const why = messageOf(error instanceof TypeError ? (error.cause ?? error) : error);
      // An error that quotes the server is not handed on.
      const cause = open(why) === why ? { cause: error } : {};
      const network = (/** @type {string} */ text) =>
        new VmnetError('network', `${url.href}: ${text}`, { ...cause, facts });
      const answer = `its answer to ${service}`;
      // fetch() fails with a TypeError alone, a body that breaks off too.
      if (!(error instanceof TypeError))
        return { error: network(`${answer} cannot be read (${open(why)}); is the url a DICOMweb root?`), pause: null };
      if (response !== undefined)
        return { error: network(`${answer} broke off (${open(why)}); look at the connection and try again`), pause: 0 };
      const directive = await policy.stopped(/^connect-src/);
      return {
        error: network(`no answer to ${service} (${open(why)}); ${remedyOf(url, directive)}`),
        pause: directive === null ? 0 : null,
      };
    } finally {
      patience.end();
      policy.end();
    }
  }

  /** @returns {Promise<string>} */
  async #bearer() {
    let token = this.#token;
    try {
      if (typeof token === 'function') token = await token();
    } catch (error) {
      throw new VmnetError('network', `dicomweb: token() failed (${messageOf(error)}); sign in again`, {
        cause: error,
        facts: { status: 0, service: 'token' },
      });
    }
    return checkToken('what token() gave', token);
  }
}

/** What goes out. @typedef {{ method?: string, headers: Record<string, string>, body?: Blob }} Asked */

/** A request's own signal: the caller's, and that nothing has come for too long. */
class Patience {
  #controller = new AbortController();
  #caller;
  #longest;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  over = false;

  /** @param {AbortSignal | undefined} caller @param {number} longest milliseconds */
  constructor(caller, longest) {
    this.#caller = caller;
    this.#longest = longest;
    caller?.addEventListener('abort', this.#stop);
  }

  get signal() {
    return this.#controller.signal;
  }

  #stop = () => this.#controller.abort(this.#caller?.reason);

  /** Anew, from now on. @param {number} [more] milliseconds besides */
  begin(more = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.over = true;
      this.#controller.abort();
    }, this.#longest + more);
  }

  end() {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
  }
}

/** @param {URL} url @param {number} timeout milliseconds @param {{ status: number, service: string }} facts */
function stalled(url, timeout, facts) {
  const seconds = Number((timeout / 1000).toPrecision(3));
  const text = `nothing came from the server to ${facts.service} for ${seconds} s; look whether it is well, or give a longer timeout`;
  return new VmnetError('network', `${url.href}: ${text}`, { facts: { ...facts, timeout } });
}

/** The promise's end, or the signal's. @template T @param {AbortSignal | undefined} signal @param {Promise<T>} promise @returns {Promise<T>} */
function unless(signal, promise) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted('dicomweb', signal?.reason));
    signal?.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop));
  });
}

/** What the caller's own function throws is no fault of the server. @template T @param {(progress: T) => void} onProgress @param {T} progress */
function told(onProgress, progress) {
  try {
    onProgress(progress);
  } catch (error) {
    throw new VmnetError('argument', `dicomweb: onProgress failed (${messageOf(error)}); let it throw nothing`, {
      cause: error,
    });
  }
}

/** As a header can hold it (RFC 6750). No text says what it is. @param {string} name @param {unknown} token @returns {string} */
function checkToken(name, token) {
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw fail(`${name} is no token; give it alone, in ASCII without spaces, or leave it out if the server wants none`);
  return token;
}

/** @param {Record<string, string>} headers */
function headersOf(headers) {
  try {
    return new Headers(headers);
  } catch {
    // Its own text would quote the value, which may be secret.
    throw fail('headers holds a name or a value that no request can have; give plain names and values of one line');
  }
}

/** A text without the credentials of an Authorization header. @param {string | null} authorization @param {string} text */
function without(authorization, text) {
  const secret = authorization?.replace(/^\S+\s+/, '') ?? '';
  return secret === '' ? text : text.replaceAll(secret, '…');
}

/** @param {unknown} value @returns {value is Json} */
function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/** @param {string | URL} url @returns {string} without a slash at its end */
function rootOf(url) {
  /** @type {URL} */
  let root;
  try {
    if (url === undefined || url === '') throw new TypeError('nothing is given');
    root = new URL(url, globalThis.location?.href);
  } catch (error) {
    throw new VmnetError('argument', `dicomweb: '${url}' is not an address; give the service's root`, { cause: error });
  }
  const { protocol, username, password, search, href } = root;
  if (!/^https?:$/.test(protocol))
    throw fail(`the url begins with ${protocol}, not with http: or https:; give the service's root`);
  if (username !== '' || password !== '')
    throw fail('the url holds a user name or a password; give them as a header Authorization');
  if (search !== '') throw fail("the url holds a query; give the service's root alone, and what is secret as a header");
  return href.replace(/#.*$/, '').replace(/\/+$/, '');
}

/** @param {URL} url @param {string | null} directive that stopped it */
function remedyOf(url, directive) {
  const own = globalThis.location?.origin;
  if (directive !== null || own === url.origin) return remedyFor(url, directive);
  if (own === undefined) return 'look at the url and the connection';
  return `${remedyFor(url, null)}, and Access-Control-Allow-Headers: authorization, content-type`;
}

/** Before it comes into an address. @param {string} name @param {unknown} uid */
function checkUid(name, uid) {
  if (!isUid(uid))
    throw fail(
      `${name} '${uid}' is not a UID: numbers with a point between, at most 64 letters; give one of those that were listed`,
    );
}

/** @param {number} milliseconds @param {AbortSignal | undefined} signal */
function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(aborted('dicomweb', signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve(undefined);
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

// ---- what the server says ----

/** A list, or an answer of that kind. @param {string} service @param {URL} url @param {Response} response @param {() => void} came */
async function textFrom(service, url, response, came) {
  const bytes = await readAll(response, (loaded, total) => {
    came();
    if (Math.max(loaded, total ?? 0) > MAX_LIST)
      throw new VmnetError(
        'too-large',
        `${url.href}: the answer to ${service} is over the limit of ${MAX_LIST / 2 ** 20} MiB; ask for less, by query and limit`,
        { facts: { status: response.status, service } },
      );
  });
  return new TextDecoder().decode(bytes);
}

/** The beginning of what a refusal says, as far as it comes. @param {Response} response */
async function beginningOf(response) {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < MAX_REFUSAL) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // It broke off, or took too long: what was said before counts.
  }
  reader.cancel().catch(() => {}); // the rest is not wanted
  return text.slice(0, MAX_REFUSAL);
}

/** Retry-After, seconds or a date. @param {Response} response @returns {number} milliseconds */
function pauseOf(response) {
  const after = response.headers.get('retry-after');
  if (after === null) return 0;
  const milliseconds = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Math.max(0, milliseconds || 0);
}

/** @param {string} service @param {URL} url @param {Response} response @param {(text: string) => string} open what may be said of a text */
async function refusalOf(service, url, response, open) {
  const { status, type } = response;
  const statusText = open(response.statusText);
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    return new VmnetError(
      'network',
      `${url.href}: the server sends ${service} on, and no request goes on to another address; give the address where it ends as url`,
      { facts: { status, service } },
    );
  const text = wordsOf(open(await beginningOf(response)));
  const remedy =
    REMEDIES[status] ?? (status >= 500 ? 'look at the log of the server, or try it later' : 'look at the request');
  const said = text === '' ? '' : `: ${text}`;
  return new VmnetError(
    'network',
    `${url.href}: the server answered ${status} ${statusText} to ${service}${said}; ${remedy}`.replace(/ {2,}/g, ' '),
    { facts: { status, service, ...(text === '' ? {} : { text }) } },
  );
}

/** A server's own words, out of text, HTML or JSON. @param {string} body */
function wordsOf(body) {
  let text = body;
  try {
    const json = JSON.parse(body);
    const failed = json['00081198']?.Value?.[0];
    if (failed !== undefined) return reasonOf(failed);
    text =
      [json.Message ?? json.message, json.Details ?? json.details ?? json.error].filter(Boolean).join(', ') || body;
  } catch {
    text = body.replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)|<[^<>]*>/gi, ' ');
  }
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/** An answer's object. @param {string} name @param {Response} response @param {Uint8Array<ArrayBuffer>} bytes */
function objectOf(name, response, bytes) {
  const type = response.headers.get('content-type');
  const boundary = boundaryOf(type);
  if (boundary === null) {
    if (/^\s*application\/dicom\s*(;|$)/i.test(type ?? '')) return bytes;
    throw notDicom(response, type ?? 'of no type');
  }
  const parts = partsOf(bytes, boundary);
  if (parts === null || parts.length === 0)
    throw new VmnetError('damaged', `${name}: the server's answer ended before its last boundary; fetch it again`);
  const [part] = parts;
  if (part.type !== '' && part.type !== 'application/dicom') throw notDicom(response, part.type);
  return part.bytes;
}

/** @param {Response} response @param {string} type */
function notDicom({ url, status }, type) {
  return new VmnetError('network', `${url}: what came is ${type}, not application/dicom; look at the url`, {
    facts: { status, service: 'WADO-RS' },
  });
}

/** Attributes as PS3.18 F has them. @typedef {Record<string, { vr?: string, Value?: any[] }>} Json */

/** @param {Json} json @param {string} tag @returns {any[]} */
function valuesOf(json, tag) {
  const values = json[tag]?.Value;
  return Array.isArray(values) ? values : [];
}

/** @param {Json} json @param {string} tag @returns {string | null} */
function textOf(json, tag) {
  const [value] = valuesOf(json, tag);
  const text = value?.Alphabetic ?? value;
  return (typeof text === 'string' && text !== '') || typeof text === 'number' ? String(text) : null;
}

/** Empty where what the server says is none: it must not come into an address. @param {Json} json @param {string} tag */
function uidOf(json, tag) {
  return inForm('UI', textOf(json, tag));
}

/** @param {Json} json @param {string} tag @returns {string | null} an address that can be followed, or none */
function addressOf(json, tag) {
  const text = textOf(json, tag);
  return text !== null && /^https?:\/\//i.test(text) ? text : null;
}

/** @param {Json} json @param {string} tag */
function numberOf(json, tag) {
  const number = Number(textOf(json, tag) ?? Number.NaN);
  return Number.isFinite(number) ? number : null;
}

/** @param {Json} json @returns {Study} */
function studyOf(json) {
  return {
    study: uidOf(json, '0020000D'),
    date: textOf(json, '00080020'),
    time: textOf(json, '00080030'),
    accession: textOf(json, '00080050'),
    description: textOf(json, '00081030'),
    modalities: valuesOf(json, '00080061').filter((one) => typeof one === 'string'),
    instances: numberOf(json, '00201208'),
    patient: {
      name: textOf(json, '00100010'),
      id: textOf(json, '00100020'),
      birthDate: textOf(json, '00100030'),
      sex: textOf(json, '00100040'),
    },
  };
}

/** @param {Json} json @param {string} study @returns {StoredPhotograph} */
function photographOf(json, study) {
  const side = textOf(json, '00200062') ?? textOf(json, '00200060');
  return {
    study,
    series: uidOf(json, '0020000E'),
    instance: uidOf(json, '00080018'),
    sopClass: uidOf(json, '00080016'),
    number: numberOf(json, '00200013'),
    laterality: side === 'R' || side === 'L' || side === 'B' ? side : null,
    width: numberOf(json, '00280011'),
    height: numberOf(json, '00280010'),
    frames: numberOf(json, '00280008') ?? 1,
  };
}

/** @param {URL} url @param {Json} json @param {Response} response @returns {Stored} */
function storedOf(url, json, response) {
  const [failed] = isObject(json) ? valuesOf(json, '00081198') : [];
  if (isObject(failed))
    throw new VmnetError(
      'network',
      `${url.href}: the server did not store the object: ${reasonOf(failed)}; ${REMEDIES[409]}`,
      {
        facts: { status: response.status, service: 'STOW-RS', text: reasonOf(failed) },
      },
    );
  const [done] = isObject(json) ? valuesOf(json, '00081199') : [];
  if (!isObject(done)) throw new Error('it does not say what was stored');
  return {
    instance: uidOf(done, '00081155'),
    url: addressOf(done, '00081190'),
    warning: numberOf(done, '00081196'),
  };
}

/** PS3.18 I.2.2. @param {Json} failed */
function reasonOf(failed) {
  const code = numberOf(failed, '00081197') ?? 0;
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  const words =
    { A7: 'out of resources', A9: 'it does not match its SOP class', C0: 'it cannot be understood' }[hex.slice(0, 2)] ??
    {
      '0110': 'processing failure',
      '0122': 'SOP class not supported',
      '0124': 'not authorized',
      C122: 'transfer syntax not supported',
    }[hex];
  return `failure reason ${hex}${words === undefined ? '' : `, ${words}`}`;
}
