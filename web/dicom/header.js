/** What all objects that are written have in common: UIDs, patient, study, the device. */

/**
 * @import { Dataset } from '../vendor/dcmjs.js'
 * @import { DicomFacts, Report } from '../vmnet.js'
 */

import { inForm } from './values.js';

export const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
/** What is of no scheme that others keep. */
export const LOCAL = '99VMNET';

/** A UID of a random UUID (PS3.5 B.2). crypto.randomUUID() is not there on a page without https. @returns {string} */
export function newUid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`)}`;
}

/** A code; the longer ones of ours have an attribute of their own. @param {string} value @param {string} scheme @param {string} meaning */
export function code(value, scheme, meaning) {
  const long = value.length > 16;
  return {
    [long ? 'LongCodeValue' : 'CodeValue']: value,
    CodingSchemeDesignator: scheme,
    CodeMeaning: meaning.slice(0, 64),
  };
}

/** YYYYMMDD and HHMMSS, of the place where it is made. @param {Date} made */
function dateAndTime(made) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return {
    date: `${made.getFullYear()}${two(made.getMonth() + 1)}${two(made.getDate())}`,
    time: `${two(made.getHours())}${two(made.getMinutes())}${two(made.getSeconds())}`,
  };
}

/** The photograph that a result is of. @typedef {{ sopClass: string, instance: string, series: string, frame: number, frames: number }} Source */

/**
 * @typedef {object} Study
 * @property {Date} made
 * @property {Source} source
 * @property {string} uid
 * @property {string} frameOfReference
 * @property {[number, number] | null} pixelSpacing
 * @property {'R' | 'L' | null} side as it is known, not as it is guessed
 * @property {DicomFacts['patient']} patient
 * @property {DicomFacts['study']} study
 */

/**
 * Everything but what the kind of object adds.
 * @param {Study} of
 * @param {Report} report
 * @param {{ sopClass: string, modality: string, number: number, description: string }} kind
 * @returns {Dataset}
 */
export function headerOf({ made, uid, patient, study }, report, { sopClass, modality, number, description }) {
  const { date, time } = dateAndTime(made);
  return {
    _meta: {},
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: sopClass,
    SOPInstanceUID: newUid(),
    StudyDate: study === null ? date : inForm('DA', study.date),
    StudyTime: study === null ? time : inForm('TM', study.time),
    SeriesDate: date,
    SeriesTime: time,
    ContentDate: date,
    ContentTime: time,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    AccessionNumber: inForm('SH', study?.accession),
    ReferringPhysicianName: inForm('PN', study?.referrer),
    Modality: modality,
    SeriesDescription: description,
    ...equipmentOf(report),
    PatientName: inForm('PN', patient?.name),
    PatientID: inForm('LO', patient?.id),
    PatientBirthDate: inForm('DA', patient?.birthDate),
    PatientSex: inForm('CS', patient?.sex),
    StudyInstanceUID: uid,
    SeriesInstanceUID: newUid(),
    StudyID: inForm('SH', study?.id),
    SeriesNumber: String(9000 + number),
    InstanceNumber: '1',
  };
}

/** The weights' hash is the serial number: it has its 64 characters, and no other weights have it. @param {Report} report */
function equipmentOf({ model, version }) {
  return {
    Manufacturer: 'V-MNet',
    ManufacturerModelName: 'V-MNet',
    DeviceSerialNumber: model.weights_sha256 ?? 'unknown',
    SoftwareVersions: version,
  };
}

/** @param {Source} source */
export function referenceTo({ sopClass, instance, frame, frames }) {
  return {
    ReferencedSOPClassUID: sopClass,
    ReferencedSOPInstanceUID: instance,
    ...(frames > 1 ? { ReferencedFrameNumber: String(frame) } : {}),
  };
}
