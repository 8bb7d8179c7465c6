/** The page's words. What a disease is called comes from the weights; only what to say about it is keyed by id here. */

/** @import { VmnetErrorCode } from '../vmnet.js' */

/**
 * @typedef {object} Words
 * @property {string} hint one plain sentence
 * @property {string} [positive] instead of 'Suspected'
 * @property {string} [negative] instead of 'Not suspected'
 * @property {boolean} [good] reaching the threshold is good news
 */

/** @type {Record<string, Words>} */
const WORDS = {
  normal: {
    hint: 'No sign of a disease that the network knows.',
    positive: 'Looks normal',
    negative: 'Not clearly normal',
    good: true,
  },
  'diabetic-retinopathy': { hint: 'Diabetes harms small vessels: bleeding, deposits, swelling.' },
  glaucoma: { hint: 'The optic nerve loses fibres: its pale cup grows within the disc.' },
  cataract: { hint: 'A clouded lens: the whole photograph is hazy.' },
  'age-related-macular-degeneration': { hint: 'Drusen, bleeding or scars in the centre of sharp sight.' },
  'hypertensive-retinopathy': { hint: 'High blood pressure: narrow arteries, pinched veins, bleeding.' },
  'pathologic-myopia': { hint: 'A stretched eye: thin, pale areas at the disc and in the macula.' },
  other: { hint: 'Something else that the labelling doctors found worth noting.' },
};

/** @param {string} id @returns {Words} */
export function wordsFor(id) {
  return WORDS[id] ?? { hint: 'A finding that these weights were trained on.' };
}

/**
 * Two words for the one cut that the weights bring, chosen on validation data: the page draws no second one of its own.
 * Not 'likely' from the threshold on: it may lie at a probability of 2 %, which is worth a look but not likely.
 * @param {{ id: string, positive: boolean }} disease
 */
export function verdict({ id, positive }) {
  const words = wordsFor(id);
  return positive ? (words.positive ?? 'Suspected') : (words.negative ?? 'Not suspected');
}

/**
 * How far this setting of the guide is from the other one, in percentage points; null where that is next to nothing.
 * @param {number} now @param {number} other @param {boolean} guided whether `now` was computed with the guide
 */
export function guideChange(now, other, guided) {
  const points = ((now - other) * 100).toFixed(1);
  const size = points.replace('-', '');
  if (Number(size) < 0.5) return null;
  const words = size === '1.0' ? '1.0 point' : `${size} points`;
  return `${words} ${Number(points) > 0 ? 'more' : 'less'} than with the guide ${guided ? 'off' : 'on'} (${percent(other)})`;
}

/** @param {string} name 'diabetic retinopathy' -> 'Diabetic retinopathy' */
export function capital(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** @param {number} share 0..1 */
export function percent(share) {
  if (share > 0 && share < 0.005) return '< 1 %';
  if (share < 1 && share >= 0.995) return '> 99 %';
  return `${Math.round(share * 100)} %`;
}

/** @param {string[]} names */
export function listed(names) {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** Phases of work, as web/vmnet.js reports them. */
export const PHASES = {
  module: 'Loading the program',
  weights: 'Loading the network',
  start: 'Starting',
  decode: 'Reading the photograph',
  network: 'The network looks at it',
  layers: 'Drawing',
};

/**
 * A heading for each kind of error.
 * @type {Record<VmnetErrorCode, string>}
 */
export const HEADINGS = {
  argument: 'That cannot be asked for',
  memory: 'Not enough memory',
  weights: 'The network is damaged',
  format: 'Not a photograph that can be read',
  damaged: 'A damaged photograph',
  'too-large': 'The photograph is too large',
  'too-small': 'The photograph is too small',
  'not-fundus': 'Not a fundus photograph',
  runtime: 'The program stopped',
  network: 'A file could not be fetched',
  unsupported: 'This browser cannot run it',
  worker: 'The browser refused to start the program',
  aborted: 'Cancelled',
};

/**
 * An error's text reads `input: problem; remedy`.
 * @param {string} message
 */
export function splitMessage(message) {
  const colon = message.search(/:\s/);
  const semicolon = message.lastIndexOf('; ');
  const input = colon > 0 ? message.slice(0, colon) : '';
  const remedy = semicolon > colon ? message.slice(semicolon + 2) : '';
  const problem = message.slice(colon > 0 ? colon + 1 : 0, semicolon > colon ? semicolon : undefined).trim();
  return { input, problem, remedy };
}
