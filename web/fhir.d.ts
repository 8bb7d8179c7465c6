/** A result as HL7 FHIR R4. Research and teaching, not a medical device. Nothing is sent anywhere. */

import type { DicomFacts, ModelClass, Report } from './vmnet.js';

export interface FhirContext {
  /** Of all resources, such as 'Patient/123'. */
  patient?: string;
  /** When the photograph was taken: FHIR's dateTime, such as '2026-03-07' or '2026-03-07T10:30:00+01:00'. */
  effective?: string;
  /** When the result was made: FHIR's instant, with seconds and time zone. Default: now. */
  issued?: string;
  /**
   * The eye as a person knows it. null: not known. Default: as a person corrected the report, else as `result.dicom` says,
   * else the report's guess, which is told as one.
   */
  eye?: 'OD' | 'OS' | null;
  /** Where the photograph comes from, such as 'ImagingStudy/9'. */
  imagingStudy?: string;
  /** What the report answers, such as 'ServiceRequest/4'. */
  basedOn?: string;
  /** The photograph's own kind and address for Media; nothing is fetched from there. */
  photograph?: { contentType?: string; url?: string };
  /** `model.info.classes`: the cuts of the operating points other than 'balanced', for reports of earlier versions, which lack them. */
  classes?: ModelClass[];
  /** 'transaction' is taken by a server's base address as it is. Default 'collection'. */
  type?: 'collection' | 'transaction';
  /** The address of the local code system. Default CODE_SYSTEM_URL. */
  codeSystemUrl?: string;
}

/** A resource, as JSON. */
export interface Resource {
  resourceType: string;
  [element: string]: unknown;
}

export interface Bundle extends Resource {
  resourceType: 'Bundle';
  type: 'collection' | 'transaction';
  entry: { fullUrl: string; resource: Resource; request?: { method: 'POST'; url: string } }[];
}

export const CODE_SYSTEM_URL: string;

/**
 * DiagnosticReport (preliminary), Device, Media, and an Observation each for quality, every finding, the vessels of
 * every region, and the grade of a suspected diabetic retinopathy. Nothing is decided here: all of it is the report's.
 * @param result what `screen()` gave, or its report
 * @throws {VmnetError} 'argument': a report of another kind, or a context that FHIR would refuse
 */
export function toFhir(result: { report: Report; dicom?: DicomFacts | null } | Report, context?: FhirContext): Bundle;

/** A photograph of which there is no report. */
export interface Unread {
  /** Of its file. */
  name?: string | null;
  sha256?: string | null;
  /** Why it could not be read, as `screen()` threw it; null where it was not screened at all. */
  error?: { code: string; message: string } | null;
  /** Whether it is still to be screened. Default false. */
  waiting?: boolean;
}

/**
 * That a photograph was there, and why nothing is said about it: Media, an Observation (cancelled) with dataAbsentReason 'error',
 * or 'not-performed' where it was not screened, and a DiagnosticReport (cancelled); of one that waits for its turn both are
 * 'registered', with 'temp-unknown'. A bundle that left it out would read as if
 * the patient had no such photograph.
 * @throws {VmnetError} 'argument': a context that FHIR would refuse
 */
export function unreadToFhir(photograph: Unread, context?: FhirContext): Bundle;

/** The codes of ours that toFhir() and unreadToFhir() use, each with its definition, as a CodeSystem. @param url Default CODE_SYSTEM_URL. */
export function codeSystem(url?: string): Resource;
