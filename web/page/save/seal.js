/**
 * How kept data is encrypted: AES-GCM of 256 bits (Web Crypto). The key is random, and lies beside the data encrypted with a
 * key that PBKDF2 makes from the passphrase; so another passphrase does not mean to encrypt all anew. Neither the
 * passphrase nor a key that could be read out is kept anywhere.
 */

/** Rounds of PBKDF2 with SHA-256: what OWASP's Password Storage Cheat Sheet asks for. */
export const ROUNDS = 600_000;
/** More would hang the page, whatever a file says. */
const MOST_ROUNDS = 10_000_000;
/** Characters of a passphrase. */
export const LEAST_CHARACTERS = 12;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const KEY_BYTES = 32;
const ABOUT_KEY = 'vmnet key 1';

/**
 * What has to be known besides the passphrase: nothing of it is secret.
 * @typedef {object} Lock
 * @property {1} version
 * @property {'PBKDF2-SHA-256'} kdf
 * @property {number} rounds
 * @property {string} salt in base64
 * @property {string} key the sealed key, in base64
 */

/** passphrase: it is another one. damaged: it was changed. unknown: of a newer version. format: it is something else. */
export class SealError extends Error {
  /** @param {'passphrase' | 'damaged' | 'unknown' | 'format'} code */
  constructor(code) {
    super(`sealed: ${code}`);
    this.name = 'SealError';
    /** @readonly */
    this.code = code;
  }
}

const encoder = new TextEncoder();

/** @param {Uint8Array} bytes few */
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    throw new SealError('damaged');
  }
}

/** @param {number} length */
const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param {string} passphrase @param {Uint8Array<ArrayBuffer>} salt @param {number} rounds */
async function keyFrom(passphrase, salt, rounds) {
  const bytes = encoder.encode(passphrase.normalize('NFC')); // however the keyboard composes letters
  const material = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Takes the bytes and wipes them. @param {Uint8Array<ArrayBuffer>} raw */
async function useKey(raw) {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  raw.fill(0);
  return key;
}

/** @param {Uint8Array<ArrayBuffer>} raw @param {string} passphrase @returns {Promise<Lock>} */
async function lockOf(raw, passphrase) {
  const salt = random(SALT_BYTES);
  const sealed = await seal(await keyFrom(passphrase, salt, ROUNDS), raw, ABOUT_KEY);
  return { version: 1, kdf: 'PBKDF2-SHA-256', rounds: ROUNDS, salt: toBase64(salt), key: toBase64(sealed) };
}

/** @param {Lock} lock @param {string} passphrase @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function rawKey(lock, passphrase) {
  const { version, kdf, rounds, salt, key } = lock;
  if (version !== 1 || kdf !== 'PBKDF2-SHA-256') throw new SealError('unknown');
  if (!(rounds >= ROUNDS && rounds <= MOST_ROUNDS)) throw new SealError('damaged');
  const sealed = fromBase64(key);
  const from = await keyFrom(passphrase, fromBase64(salt), rounds);
  return unseal(from, sealed, ABOUT_KEY).catch(() => {
    throw new SealError('passphrase');
  });
}

/** A new key behind a passphrase. @param {string} passphrase @returns {Promise<{ lock: Lock, key: CryptoKey }>} */
export async function newLock(passphrase) {
  const raw = random(KEY_BYTES);
  const lock = await lockOf(raw, passphrase);
  return { lock, key: await useKey(raw) };
}

/** @param {Lock} lock @param {string} passphrase @returns {Promise<CryptoKey>} @throws {SealError} */
export async function openLock(lock, passphrase) {
  return useKey(await rawKey(lock, passphrase));
}

/** The same key behind another passphrase. @param {Lock} lock @param {string} before @param {string} after @throws {SealError} */
export async function changeLock(lock, before, after) {
  const raw = await rawKey(lock, before);
  try {
    return await lockOf(raw, after);
  } finally {
    raw.fill(0);
  }
}

/**
 * A random IV and the encrypted bytes. What it is about is not in it, but has to be said to open it: one record cannot
 * take another's place.
 * @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} bytes @param {string} about @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function seal(key, bytes, about) {
  const iv = random(IV_BYTES);
  const how = { name: 'AES-GCM', iv, additionalData: encoder.encode(about) };
  const hidden = new Uint8Array(await crypto.subtle.encrypt(how, key, bytes));
  const sealed = new Uint8Array(IV_BYTES + hidden.length);
  sealed.set(iv);
  sealed.set(hidden, IV_BYTES);
  return sealed;
}

/** @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} sealed @param {string} about @returns {Promise<Uint8Array<ArrayBuffer>>} @throws {SealError} */
export async function unseal(key, sealed, about) {
  const how = { name: 'AES-GCM', iv: sealed.subarray(0, IV_BYTES), additionalData: encoder.encode(about) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, sealed.subarray(IV_BYTES)));
  } catch {
    throw new SealError('damaged');
  }
}
