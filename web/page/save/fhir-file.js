/** What is known of the photographs as one HL7 FHIR Bundle. */

import { toFhir, unreadToFhir } from '../../fhir.js';
import { reportHere } from '../case/decision.js';
import { eyeOf, eyeSource } from '../worklist/entry.js';
import { wholesOf } from '../worklist/whole.js';
import { toldOf } from './told.js';

/**
 * @import { Bundle } from '../../fhir.js'
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Together } from '../worklist/together.js'
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
    tell(resources, toldOf(entry, wholes.get(entry) ?? null));
    return resources;
  });
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [...patients.values(), ...results] };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/** @param {Entry} entry without a result @param {string | undefined} patient */
function unread({ name, error, named, chosen, state }, patient) {
  const waiting = state === 'waiting' || state === 'working';
  return unreadToFhir({ name, error, waiting }, { eye: (chosen ?? named) || null, patient }).entry;
}

/** @param {Bundle['entry']} resources @param {string[]} sentences */
function tell(resources, sentences) {
  for (const { resource } of resources)
    if (resource.resourceType === 'DiagnosticReport')
      resource.conclusion = [resource.conclusion, ...sentences].join(' ');
}
