/** The summary by patient and eye. */

import { restOf, standing } from '../case/decision.js';
import { cutOf } from '../rules/rules.js';
import { eachOnce, fileNumber } from './copies.js';
import { eyeOf } from './entry.js';
import { answered, answerOf, findingsOf, judged, passes, probabilityOf, reportedDisease } from './sorting.js';

/**
 * @import { Decided, ModelClass } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 * @import { Entry } from './entry.js'
 * @import { Together } from './together.js'
 */

/**
 * One eye of one patient, or one photograph of nobody in particular. The same file twice counts once.
 * @typedef {object} EyeRow
 * @property {string} key
 * @property {string} patient
 * @property {Eye} eye
 * @property {Entry[]} entries its photographs, each file once
 * @property {number} photographs how many
 * @property {number} screened how many of them
 * @property {number} judged how many of those can be judged
 * @property {Decided | null} decision for the eye; null where all is still to be screened, or it is on its way
 * @property {Map<string, number>} worst the highest probability of each disease on a photograph that can be judged; where it is suspected on none of those, on others that it is suspected on all the same
 * @property {Map<string, 'suspected' | 'near'>} stands what the answers for those say about a disease
 * @property {'not' | 'unjudged'} rest what they say about all else
 */

const collator = new Intl.Collator(undefined, { numeric: true });

/** OD before OS before not known. @type {readonly Eye[]} */
export const EYE_ORDER = ['OD', 'OS', ''];

/** @param {Entry[]} entries @param {Together} together @returns {EyeRow[]} by patient, then right before left */
export function byEye(entries, together) {
  const rows = [...groupsOf(entries, eyeKey)].map(([key, group]) => rowOf(key, group, together));
  return rows.sort(
    (a, b) => collator.compare(a.patient, b.patient) || EYE_ORDER.indexOf(a.eye) - EYE_ORDER.indexOf(b.eye),
  );
}

/** The key of its row. Photographs of nobody in particular are of many people, perhaps: each has its own. @param {Entry} entry */
export function eyeKey(entry) {
  const { patient } = entry;
  return JSON.stringify([patient, eyeOf(entry), ...(patient === '' ? [fileNumber(entry)] : [])]);
}

/** @param {Entry[]} entries @returns {Map<string, Entry[]>} by patient in the order of names, each file once */
export function byPatient(entries) {
  const groups = groupsOf(entries, ({ patient }) => patient);
  return new Map([...groups].sort(([a], [b]) => collator.compare(a, b)));
}

/** @param {Entry[]} entries @param {(entry: Entry) => string} keyOf @returns {Map<string, Entry[]>} as they came, each file once a group and eye */
export function groupsOf(entries, keyOf) {
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  for (const entry of eachOnce(entries, keyOf)) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** @param {string} key @param {Entry[]} entries @param {Together} together @returns {EyeRow} */
function rowOf(key, entries, together) {
  const screened = entries.filter((entry) => entry.state === 'done' && entry.result !== null);
  const good = screened.filter(judged);
  return {
    key,
    patient: entries[0].patient,
    eye: eyeOf(entries[0]),
    entries,
    photographs: entries.length,
    screened: screened.length,
    judged: good.length,
    decision: together.of(entries.filter((entry) => entry.state === 'failed' || screened.includes(entry))),
    worst: worstOf(good, screened.filter(isSuspicious)),
    stands: standsOf(screened),
    rest: good.length > 0 && good.every(isClear) && !screened.some(isSuspicious) ? 'not' : 'unjudged',
  };
}

/** @param {Entry[]} good that can be judged @param {Entry[]} poor that cannot, with something suspected all the same */
function worstOf(good, poor) {
  /** @type {Map<string, number>} */
  const worst = new Map();
  const note = (/** @type {string} */ id, /** @type {number | null} */ probability) =>
    worst.set(id, Math.max(worst.get(id) ?? 0, probability ?? 0));
  for (const { result } of good) for (const { id, probability } of result?.report.diseases ?? []) note(id, probability);
  const found = new Set(good.flatMap(findingsOf));
  for (const entry of poor) for (const id of findingsOf(entry)) if (!found.has(id)) note(id, probabilityOf(entry, id));
  return worst;
}

/** Where a finding of an eye is cut: as on the photograph that shows the most of it. @param {EyeRow} row @param {ModelClass} of */
export function eyeCut({ entries, worst }, of) {
  const all = entries.map((entry) => reportedDisease(entry, of.id));
  const most = all.find((disease) => disease?.probability === worst.get(of.id)) ?? all.find((d) => d !== null);
  return cutOf(most ?? undefined, of);
}

/** Whether it cannot be judged, and something is suspected on it all the same: a better one that shows nothing does not settle that. @param {Entry} entry */
function isSuspicious(entry) {
  return !judged(entry) && findingsOf(entry).length > 0;
}

/** Whether what is not suspected on it can be relied on. @param {Entry} entry */
function isClear(entry) {
  const decision = answered(entry);
  return decision !== null && restOf(decision) === 'not';
}

/** @param {Entry[]} entries */
function standsOf(entries) {
  /** @type {Map<string, 'suspected' | 'near'>} */
  const stands = new Map();
  for (const entry of entries) {
    const decision = answered(entry);
    if (decision === null) continue;
    for (const { disease = '' } of decision.reasons) {
      const now = standing(decision, disease);
      if (disease === '' || (now !== 'suspected' && now !== 'near')) continue;
      if (stands.get(disease) !== 'suspected') stands.set(disease, now);
    }
  }
  return stands;
}

/**
 * Whether an eye is shown: by its own answer, else by any of its photographs.
 * @param {string} what see Filter @returns {(row: EyeRow) => boolean}
 */
export function eyePasses(what) {
  const one = passes({ what, text: '' });
  return (row) => {
    if (answerOf(what) !== null) return row.decision?.answer === answerOf(what);
    if (!what.startsWith('disease:')) return row.entries.some(one);
    return row.stands.get(what.slice('disease:'.length)) === 'suspected';
  };
}
