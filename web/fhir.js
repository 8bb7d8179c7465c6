/**
 * A result as HL7 FHIR R4. Types and documentation: fhir.d.ts. Nothing is decided here: answer, reasons and cuts are the
 * report's, and this only says them in FHIR's words.
 *
 * LOINC's codes for the severity of retinopathy and for autonomous screening (71490-7, 71491-5, 105914-6) count towards a
 * quality measure of care: this test is for research, so it does not use them. Nor those of SNOMED CT for its grades
 * (312903003, 312904009, 312905005, 59276001), which are diagnoses in the value sets of such measures.
 */

import { restOf } from './answer.js';
import {
  ANSWER_TEXTS,
  DISC,
  DISC_MEASURE_CODES,
  EYES,
  FINDINGS,
  GRADE_NONE,
  GRADE_NOTE,
  GRADE_TEXTS,
  MEASURE_CODES,
  QUALITY_TEXTS,
  REGIONS,
  turnedText,
} from './codes.js';
import { REPORT } from './constants.js';
import { VmnetError } from './errors.js';

/**
 * @import { Bundle, FhirContext, Resource, Unread } from './fhir.js'
 * @import { DicomFacts, Report, VesselMeasures } from './vmnet.js'
 */

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const UCUM = 'http://unitsofmeasure.org';
const HL7 = 'http://terminology.hl7.org/CodeSystem';
/** Image quality as DIPS EyeCare's guide for results of retina AI has it. */
const DIPS_QUALITY = 'http://dips.no/fhir/RetinaIntegration/CodeSystem/retina-image-quality-cs';

export const CODE_SYSTEM_URL = 'urn:uuid:5f0b4f4c-1c5e-4d0e-9a53-6d1f5b0f7c52';

const DATE_TIME = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** @param {string} text */
function fail(text) {
  return new VmnetError('argument', `fhir: ${text}`);
}

/** @param {string} name @param {string | undefined} value @param {RegExp} form @param {string} example */
function checkDate(name, value, form, example) {
  const fits = typeof value === 'string' && form.test(value) && !Number.isNaN(Date.parse(value)) && isDay(value);
  if (value !== undefined && !fits)
    throw fail(`${name} '${value}' is not a date that FHIR knows; give one such as '${example}'`);
}

/** A day that the calendar has. @param {string | undefined} value of a form that is known */
function isDay(value) {
  const [year, month = 1, day = 1] = (value ?? '2000').slice(0, 10).split('-').map(Number);
  const there = new Date(Date.UTC(year, month - 1, day));
  return there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
}

/** What the schema of FHIR takes as a uri and as a code, in one word. */
const WORD = /^\S+$/;

/** @param {FhirContext} context */
function check({ effective, issued, eye, type = 'collection', codeSystemUrl, photograph = {}, ...context }) {
  checkDate('effective', effective, DATE_TIME, '2026-03-07T10:30:00+01:00');
  checkDate('issued', issued, INSTANT, '2026-03-07T10:30:00+01:00');
  if (eye !== undefined && eye !== null && !Object.hasOwn(EYES, eye))
    throw fail(`eye '${eye}' is unknown; give 'OD' for the right one, 'OS' for the left one or null`);
  if (type !== 'collection' && type !== 'transaction')
    throw fail(`type '${type}' is unknown; choose from 'collection' and 'transaction'`);
  for (const [name, kind] of Object.entries(REFERRED)) {
    const value = context[/** @type {keyof typeof REFERRED} */ (name)];
    if (value !== undefined && (typeof value !== 'string' || !referenceTo(kind).test(value)))
      throw fail(`${name} '${value}' is not a reference; give a text such as '${kind}/123'`);
  }
  for (const [name, value] of Object.entries({
    codeSystemUrl,
    'photograph.url': photograph.url,
    'photograph.contentType': photograph.contentType,
  }))
    if (value !== undefined && (typeof value !== 'string' || !WORD.test(value)))
      throw fail(`${name} '${value}' is not an address or kind; give a text without spaces`);
  if (context.classes !== undefined && !Array.isArray(context.classes))
    throw fail('classes is no list; give model.info.classes');
}

/** What is referred to, by its option. */
const REFERRED = { patient: 'Patient', imagingStudy: 'ImagingStudy', basedOn: 'ServiceRequest' };

/** Of this kind on the server, or an address that says more. @param {string} kind */
function referenceTo(kind) {
  return new RegExp(`^(${kind}/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?|[a-z][a-z0-9+.-]*:\\S+)$`, 'u');
}

/** Elements that are not there are left out, as FHIR wants it. @param {Record<string, unknown>} object */
function tidy(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** @param {string | undefined} to */
const reference = (to) => (to === undefined ? undefined : { reference: to });

/** @param {number} value @param {string} unit of UCUM */
const quantity = (value, unit) => ({ value, unit, system: UCUM, code: unit });

/** @param {string} code @param {string} text */
const absent = (code, text) => ({ coding: [{ system: `${HL7}/data-absent-reason`, code }], text });

/**
 * What the report says of one finding: of what reaches its cut, of what lies just under it, of the rest, which
 * is indeterminate where the core says nothing of it.
 */
const SAID = {
  finding: { code: 'DET', display: 'Detected' },
  near: { code: 'IND', display: 'Indeterminate' },
  not: { code: 'ND', display: 'Not detected' },
};

/** @param {Report} report @param {string} id */
function saidOf({ decision }, id) {
  const about = decision.reasons.find(({ disease }) => disease === id);
  return SAID[/** @type {keyof typeof SAID} */ (about?.code ?? (restOf(decision) === 'not' ? 'not' : 'near'))];
}

/** One report, one context; each method makes resources. */
class Writer {
  /** @param {Report} report @param {FhirContext} context @param {DicomFacts | null} dicom what its object says of itself */
  constructor(report, context, dicom) {
    this.report = report;
    this.dicom = dicom;
    this.context = context;
    this.system = context.codeSystemUrl ?? CODE_SYSTEM_URL;
    /** @type {Bundle['entry']} */
    this.entries = [];
  }

  /** @param {Record<string, unknown>} resource @returns {string} what others refer to it by */
  add(resource) {
    const fullUrl = `urn:uuid:${crypto.randomUUID()}`;
    const whole = /** @type {Resource} */ (tidy(resource));
    const request = { method: /** @type {const} */ ('POST'), url: whole.resourceType };
    this.entries.push(
      this.context.type === 'transaction' ? { fullUrl, resource: whole, request } : { fullUrl, resource: whole },
    );
    return fullUrl;
  }

  /** @param {string} code @param {string} display @param {object[]} others @param {string} [text] */
  coded(code, display, others = [], text = display) {
    return { coding: [{ system: this.system, code, display }, ...others], text };
  }

  /** The eye: as the caller knows it, as a person corrected it, as the DICOM object says, as it is guessed. */
  bodySite() {
    const { chosen, guess } = this.report.laterality;
    const said = /** @type {const} */ ({ R: 'OD', L: 'OS', B: null });
    const side = this.dicom?.laterality ?? null;
    const known = [this.context.eye, chosen, side === null ? undefined : said[side]].find((eye) => eye !== undefined);
    const eye = known !== undefined ? known : guess;
    if (eye === null) return undefined;
    const [code, display] = EYES[eye];
    const text = known === undefined ? `${display}, guessed from the photograph` : display;
    return { coding: [{ system: SNOMED, code, display }], text };
  }

  device() {
    const { model, version, notice } = this.report;
    const hashes = { 'weights-sha256': model.weights_sha256, 'binary-sha256': model.binary_sha256 };
    return this.add({
      resourceType: 'Device',
      status: 'active',
      deviceName: [{ name: 'V-MNet', type: 'model-name' }],
      version: [{ value: version }],
      property: [
        ...Object.entries(hashes).flatMap(([code, text]) =>
          text === null ? [] : [{ type: this.coded(code, code), valueCode: [{ text }] }],
        ),
        { type: this.coded('variant', 'variant'), valueCode: [{ text: model.variant }] },
        { type: this.coded('size', 'size'), valueQuantity: [quantity(model.size, '{pixels}')] },
      ],
      note: [{ text: notice }],
    });
  }

  media() {
    const { name, sha256, width, height } = this.report.image;
    const { photograph = {}, patient, effective } = this.context;
    return this.add({
      resourceType: 'Media',
      status: 'completed',
      identifier: sha256 === null ? undefined : [{ type: { text: 'SHA-256 of the file' }, value: sha256 }],
      subject: reference(patient),
      createdDateTime: effective,
      bodySite: this.bodySite(),
      width,
      height,
      content: tidy({ title: name ?? 'photograph', contentType: photograph.contentType, url: photograph.url }),
    });
  }

  /** @param {string | undefined} device @param {string} media @param {Record<string, unknown>} rest */
  observation(device, media, rest) {
    const { patient, effective, issued } = this.context;
    return this.add({
      resourceType: 'Observation',
      status: 'preliminary',
      category: [{ coding: [{ system: `${HL7}/observation-category`, code: 'imaging', display: 'Imaging' }] }],
      subject: reference(patient),
      effectiveDateTime: effective,
      issued,
      bodySite: this.bodySite(),
      device: reference(device),
      derivedFrom: [reference(media)],
      ...rest,
    });
  }

  /** @param {string} device @param {string} media */
  quality(device, media) {
    const { gradability, threshold, gradable, reasons } = this.report.quality;
    const [code, dips] = gradable
      ? reasons.length === 0
        ? ['good', '2001']
        : ['barely', '2002']
      : ['not-gradable', '2003'];
    const display = QUALITY_TEXTS[/** @type {keyof typeof QUALITY_TEXTS} */ (code)];
    const notes = [...reasons, turnedText(this.report)].filter(Boolean);
    return this.observation(device, media, {
      code: this.coded('quality', 'Quality of the photograph'),
      valueCodeableConcept: this.coded(code, display, [{ system: DIPS_QUALITY, code: dips }]),
      note: notes.length === 0 ? undefined : notes.map((text) => ({ text })),
      component: [
        {
          code: this.coded('gradability', 'Probability that it can be judged'),
          valueQuantity: quantity(gradability, '1'),
          referenceRange: [{ low: quantity(threshold, '1'), text: 'can be judged' }],
        },
      ],
    });
  }

  /** @param {Report['diseases'][number]} finding */
  cutOf({ id, threshold, cuts }) {
    const point = this.report.decision.operating_point;
    const known = this.context.classes?.find((c) => c.id === id)?.points?.[point].threshold;
    const value = cuts?.[point] ?? (point === 'balanced' ? threshold : known);
    if (value === undefined) return undefined;
    return [{ high: quantity(value, '1'), text: `below the cut of the ${point} operating point` }];
  }

  /** @param {string} device @param {string} media @param {Report['diseases'][number]} finding */
  finding(device, media, finding) {
    const { id, name, probability } = finding;
    const snomed = FINDINGS[id] && { system: SNOMED, code: FINDINGS[id][0], display: FINDINGS[id][1] };
    const code = this.coded(`finding-${id}`, `Probability of ${name}`, snomed ? [snomed] : []);
    if (!this.report.quality.gradable)
      return this.observation(device, media, {
        code,
        dataAbsentReason: absent('unknown', 'the photograph cannot be judged'),
      });
    return this.observation(device, media, {
      code,
      valueQuantity: quantity(probability, '1'),
      interpretation: [{ coding: [{ system: `${HL7}/v3-ObservationInterpretation`, ...saidOf(this.report, id) }] }],
      referenceRange: this.cutOf(finding),
    });
  }

  /** @param {string} device @param {string} media @param {keyof typeof REGIONS} region */
  vessels(device, media, region) {
    const measures = this.report.vessels[region];
    const code = this.coded(`vessels-${region.replace('_', '-')}`, REGIONS[region][0]);
    const none = absent('not-performed', 'the region is not seen well enough');
    if (measures === null || !this.report.quality.gradable)
      return this.observation(device, media, {
        code,
        dataAbsentReason: measures === null ? none : absent('unknown', 'the photograph cannot be judged'),
      });
    const component = Object.entries(MEASURE_CODES).map(([key, [display, unit]]) => {
      const value = measures[/** @type {keyof VesselMeasures} */ (key)];
      const said = value === null ? { dataAbsentReason: none } : { valueQuantity: quantity(value, unit) };
      return { code: this.coded(key.replaceAll('_', '-'), display), ...said };
    });
    return this.observation(device, media, { code, component });
  }

  /** @param {string} device @param {string} media */
  disc(device, media) {
    const code = this.coded('disc-and-cup', 'Optic disc and cup', [
      { system: SNOMED, code: DISC[0], display: DISC[1] },
    ]);
    const { quality, disc_and_cup: seen } = this.report; // not in reports of before it was drawn
    if (!seen?.valid || !quality.gradable) {
      const why = quality.gradable ? `no ratio: ${seen?.reason ?? 'no-output'}` : 'the photograph cannot be judged';
      return this.observation(device, media, { code, dataAbsentReason: absent('unknown', why) });
    }
    const component = Object.entries(DISC_MEASURE_CODES).map(([key, [display, unit]]) => ({
      code: this.coded(key.replace('_', '-'), display),
      valueQuantity: quantity(/** @type {number} */ (seen[/** @type {keyof typeof DISC_MEASURE_CODES} */ (key)]), unit),
    }));
    return this.observation(device, media, { code, component });
  }

  /** Of diabetic retinopathy; nothing where it is not suspected, or not graded: that would reassure. @param {string} device @param {string} media */
  grade(device, media) {
    const { grade: seen, quality } = this.report; // not in reports of before it was graded
    if (!quality.gradable || !seen?.at_least || !(seen.valid || seen.reason === 'disagrees')) return [];
    const { grade, at_least: likely } = seen;
    const said =
      grade === null
        ? { dataAbsentReason: absent('unknown', GRADE_NONE) }
        : { valueCodeableConcept: this.coded(`grade-${grade}`, GRADE_TEXTS[grade - 1]) };
    const component = likely.map((share, i) => ({
      code: this.coded(`at-least-${i + 1}`, `Probability of at least grade ${i + 1}`),
      valueQuantity: quantity(share, '1'),
    }));
    const code = this.coded('grade', 'Grade of diabetic retinopathy');
    return [this.observation(device, media, { code, ...said, note: [{ text: GRADE_NOTE }], component })];
  }

  /** @param {string} media @param {string[]} results */
  diagnosticReport(media, results) {
    const { decision, notice } = this.report;
    const reasons = decision.reasons.map(({ code, disease }) => (disease === undefined ? code : `${code}: ${disease}`));
    const text = ANSWER_TEXTS[decision.answer];
    return this.diagnosticOf(media, results, {
      status: 'preliminary',
      conclusion: `${text} (${reasons.join(', ')}; ${decision.operating_point} operating point). Looks for ${decision.looks_for.join(', ')} only. ${notice}.`,
      conclusionCode: [this.coded(`answer-${decision.answer}`, text)],
    });
  }

  /** @param {string} media @param {string[]} results @param {{ status: string, conclusion: string, conclusionCode: object[] }} said */
  diagnosticOf(media, results, { status, conclusion, conclusionCode }) {
    const { patient, effective, issued, imagingStudy, basedOn } = this.context;
    return this.add({
      resourceType: 'DiagnosticReport',
      status,
      category: [{ coding: [{ system: `${HL7}/v2-0074`, code: 'IMG', display: 'Diagnostic Imaging' }] }],
      code: {
        coding: [{ system: LOINC, code: '18748-4', display: 'Diagnostic imaging study' }],
        text: 'Fundus photograph, screened by a network',
      },
      subject: reference(patient),
      effectiveDateTime: effective,
      issued,
      basedOn: basedOn === undefined ? undefined : [reference(basedOn)],
      imagingStudy: imagingStudy === undefined ? undefined : [reference(imagingStudy)],
      media: [{ link: reference(media) }],
      result: results.map(reference),
      conclusion,
      conclusionCode,
    });
  }
}

/** @param {{ report: Report, dicom?: DicomFacts | null } | Report} result @param {FhirContext} [context] @returns {Bundle} */
export function toFhir(result, context = {}) {
  const { report, dicom = null } = /** @type {{ report: Report, dicom?: DicomFacts | null }} */ (
    'report' in Object(result) ? result : { report: result }
  );
  if (report?.schema !== REPORT || !report.decision || !report.quality)
    throw fail(
      `the report is of kind ${report?.schema ?? 'unknown'} or not whole; give what screen() gave, or its report`,
    );
  check(context);
  const issued = context.issued ?? new Date().toISOString();
  const writer = new Writer(report, { ...context, issued }, dicom);
  const device = writer.device();
  const media = writer.media();
  const results = [
    writer.quality(device, media),
    // 'normal' is the network's own class, not a finding.
    ...report.diseases.filter(({ id }) => id !== 'normal').map((finding) => writer.finding(device, media, finding)),
    ...Object.keys(REGIONS).map((region) =>
      writer.vessels(device, media, /** @type {keyof typeof REGIONS} */ (region)),
    ),
    writer.disc(device, media),
    ...writer.grade(device, media),
  ];
  writer.diagnosticReport(media, results);
  return bundleOf(writer, context, issued);
}

/** @param {Unread} photograph @param {FhirContext} [context] @returns {Bundle} */
export function unreadToFhir({ name = null, sha256 = null, error = null, waiting = false }, context = {}) {
  check(context);
  const issued = context.issued ?? new Date().toISOString();
  const report = { image: { name, sha256 }, laterality: { chosen: null, guess: null } };
  const writer = new Writer(/** @type {any} */ (report), { ...context, issued }, null);
  const media = writer.media();
  const { said, status, reason } = error !== null ? NOT_READ : waiting ? NOT_YET : NOT_SCREENED;
  const [code, text] = said;
  const why = error === null ? text : `${text} (${error.code}): ${error.message}`;
  const quality = writer.observation(undefined, media, {
    status,
    code: writer.coded('quality', 'Quality of the photograph'),
    dataAbsentReason: absent(reason, why),
  });
  writer.diagnosticOf(media, [quality], {
    status,
    conclusion: `${why}. Nothing is said about this photograph. ${NOTICE}.`,
    conclusionCode: [writer.coded(code, text)],
  });
  return bundleOf(writer, context, issued);
}

/** @param {Writer} writer @param {FhirContext} context @param {string} issued @returns {Bundle} */
function bundleOf(writer, context, issued) {
  const type = context.type ?? 'collection';
  const timestamp = type === 'collection' ? { timestamp: issued } : {};
  return { resourceType: 'Bundle', type, ...timestamp, entry: writer.entries };
}

/** Instead of an answer: code and text, how far it has come, and why there is none. @typedef {{ said: [string, string], status: string, reason: string }} Unsaid */
/** @type {Unsaid} */
const NOT_READ = { said: ['not-read', 'The photograph could not be read'], status: 'cancelled', reason: 'error' };
/** @type {Unsaid} */
const NOT_SCREENED = {
  said: ['not-screened', 'The photograph was not screened'],
  status: 'cancelled',
  reason: 'not-performed',
};
/** @type {Unsaid} */
const NOT_YET = {
  said: ['not-screened-yet', 'The photograph is not screened yet'],
  status: 'registered',
  reason: 'temp-unknown',
};
/** As in every report. */
const NOTICE = 'research and teaching, not a medical device';

/** @param {string} [url] @returns {Resource} */
export function codeSystem(url = CODE_SYSTEM_URL) {
  /** @param {string} code @param {string} display @param {string} [definition] */
  const concept = (code, display, definition = display) => ({ code, display, definition });
  return {
    resourceType: 'CodeSystem',
    url,
    name: 'VmnetReport',
    title: "Codes of V-MNet's report",
    status: 'draft',
    experimental: true,
    caseSensitive: true,
    content: 'complete',
    description: 'Research and teaching, not a medical device.',
    concept: [
      ...Object.entries(ANSWER_TEXTS).map(([code, text]) => concept(`answer-${code}`, text)),
      ...[NOT_READ, NOT_SCREENED, NOT_YET].map(({ said: [code, text] }) =>
        concept(code, text, `${text}: nothing is said about it`),
      ),
      concept('quality', 'Quality of the photograph'),
      ...Object.entries(QUALITY_TEXTS).map(([code, text]) => concept(code, text)),
      concept(
        'gradability',
        'Probability that it can be judged',
        'Between 0 and 1; below its reference range it is not',
      ),
      ...[...Object.keys(FINDINGS), 'other'].map((id) =>
        concept(
          `finding-${id}`,
          `Probability of ${id.replaceAll('-', ' ')}`,
          'Calibrated, between 0 and 1; at or above the cut that the reference range names, it is suspected',
        ),
      ),
      ...Object.entries(REGIONS).map(([region, [display, text]]) =>
        concept(`vessels-${region.replace('_', '-')}`, display, text),
      ),
      ...Object.entries(MEASURE_CODES).map(([key, [display, , text]]) =>
        concept(key.replaceAll('_', '-'), display, text),
      ),
      concept('disc-and-cup', 'Optic disc and cup', 'As the network draws them'),
      ...Object.entries(DISC_MEASURE_CODES).map(([key, [display, , text]]) =>
        concept(key.replace('_', '-'), display, text),
      ),
      concept('grade', 'Grade of diabetic retinopathy', GRADE_NOTE),
      ...GRADE_TEXTS.flatMap((text, i) => [
        concept(`grade-${i + 1}`, text, `Grade ${i + 1} of that scale`),
        concept(`at-least-${i + 1}`, `Probability of at least grade ${i + 1}`, 'Calibrated, between 0 and 1'),
      ]),
      concept('weights-sha256', 'weights-sha256', "SHA-256 of the weights' file"),
      concept('binary-sha256', 'binary-sha256', 'SHA-256 of the program that computed'),
      concept('variant', 'variant', 'Which build of the program computed'),
      concept('size', 'size', "Side of the network's input"),
    ],
  };
}
