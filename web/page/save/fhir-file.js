/** What is known of the photographs as one HL7 FHIR Bundle. */

import { toFhir, unreadToFhir } from '../../fhir.js';
import { reasonCodes, reportHere } from '../case/decision.js';
import { eyeOf, eyeSource, eyesDisagree, otherPatients } from '../worklist/series.js';
import { wholesOf } from '../worklist/whole.js';

/**
 * @import { Bundle } from '../../fhir.js'
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Entry } from '../worklist/series.js'
 * @import { Together } from '../worklist/together.js'
 * @import { Whole } from '../worklist/whole.js'
 */

/**
 * Patients are told apart by the names that they have in the table; photographs without one have no subject. One that could not
 * be read, or was not screened, is there and says so.
 * @param {Entry[]} entries @param {ModelClass[]} classes @param {Together} together @returns {string}
 */
export function fhirFile(entries, classes, together) {
  const wholes = wholesOf(entries, together);
  /** @type {Map<string, Bundle['entry'][number]>} */
  const patients = new Map();
  const results = entries.flatMap((entry) => {
    const { result, patient } = entry;
    if (patient !== '' && !patients.has(patient)) {
      const resource = { resourceType: 'Patient', identifier: [{ value: patient }] };
      patients.set(patient, { fullUrl: `urn:uuid:${crypto.randomUUID()}`, resource });
    }
    if (result === null) return unread(entry, patients.get(patient)?.fullUrl);
    const known = eyeSource(entry) === 'guess-disc' ? undefined : eyeOf(entry) || null;
    const context = { classes, eye: known, patient: patients.get(patient)?.fullUrl };
    const { entry: resources } = toFhir(reportHere(result.report), context);
    tellNotes(resources, result.notes);
    tellDoubts(resources, entry);
    const whole = wholes.get(entry);
    if (whole !== undefined) tellWhole(resources, whole);
    if (entry.review !== null) tellReview(resources, entry.review);
    return resources;
  });
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [...patients.values(), ...results] };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/** @param {Entry} entry without a result @param {string | undefined} patient */
function unread({ name, error, named, chosen }, patient) {
  return unreadToFhir({ name, error }, { eye: (chosen ?? named) || null, patient }).entry;
}

/** What of the file was not looked at, in English as all of the resource. @param {Bundle['entry']} resources @param {string[]} notes */
function tellNotes(resources, notes) {
  for (const { resource } of resources)
    if (resource.resourceType === 'DiagnosticReport') for (const note of notes) resource.conclusion += ` Of ${note}.`;
}

/** What speaks against whose eye it is said to be, in English. @param {Bundle['entry']} resources @param {Entry} entry */
function tellDoubts(resources, entry) {
  const others = otherPatients(entry);
  const doubts = [
    ...(eyesDisagree(entry) ? ['The optic disc lies as in the other eye: the eye may be wrong.'] : []),
    ...(others.length > 0 ? [`The same file also stands under ${others.join(', ')}: patients may be mixed up.`] : []),
  ];
  for (const { resource } of resources)
    if (resource.resourceType === 'DiagnosticReport') for (const doubt of doubts) resource.conclusion += ` ${doubt}`;
}

/** No report of one photograph reads as the patient's. @param {Bundle['entry']} resources @param {Whole} whole */
function tellWhole(resources, { decided }) {
  const answer = decided === null ? 'not known yet' : `${decided.answer} (${reasonCodes(decided)})`;
  for (const { resource } of resources)
    if (resource.resourceType === 'DiagnosticReport')
      resource.conclusion += ` For this patient, from all photographs: ${answer}.`;
}

/** A person's word stands beside the answer. @param {Bundle['entry']} resources @param {NonNullable<Entry['review']>} review */
function tellReview(resources, { answer, by, note }) {
  for (const { resource } of resources)
    if (resource.resourceType === 'DiagnosticReport')
      resource.conclusion += ` A person decided: ${answer}${by ? ` (${by})` : ''}.${note ? ` ${note}` : ''}`;
}
