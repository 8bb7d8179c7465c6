/**
 * A report as a DICOM Structured Report, TID 1500. The tree is written here: dcmjs's own writer of it refuses a tracking
 * identifier of one's own. Nothing is decided here either.
 */

import { GRADED, restOf } from '../answer.js';
import {
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
} from '../codes.js';
import { code, headerOf, LOCAL, newUid, referenceTo } from './header.js';

/**
 * @import { Dataset } from '../vendor/dcmjs.js'
 * @import { Report, VesselMeasures } from '../vmnet.js'
 * @import { Study } from './header.js'
 */

/** @typedef {ReturnType<typeof code>} Code */
/** @typedef {Record<string, unknown>} Item of the content tree */

const COMPREHENSIVE_3D_SR = '1.2.840.10008.5.1.4.1.1.88.34';

const dcm = (/** @type {string} */ value, /** @type {string} */ meaning) => code(value, 'DCM', meaning);
const sct = (/** @type {string} */ value, /** @type {string} */ meaning) => code(value, 'SCT', meaning);
const local = (/** @type {string} */ value, /** @type {string} */ meaning) => code(value, LOCAL, meaning);

const RETINA = sct('5665001', 'Retina');
const SIDES = { R: sct('24028007', 'Right'), L: sct('7771000', 'Left') };
/** What the report says of one finding. What the core says nothing of is indeterminate. */
const SAID = {
  finding: sct('260373001', 'Detected'),
  near: sct('82334004', 'Indeterminate'),
  not: sct('260415000', 'Not detected'),
};
const ANSWERS = {
  refer: 'Refer: a disease looked for reaches its cut',
  unclear: 'Unclear: somebody should look',
  repeat: 'Repeat: the photograph cannot be judged',
  'no-finding': 'No finding by this test, which cannot see other diseases',
};

// ---- items of the tree ----

/** @param {string} relation @param {string} type @param {Code} name @param {Item} rest @returns {Item} */
const item = (relation, type, name, rest) => ({
  RelationshipType: relation,
  ValueType: type,
  ConceptNameCodeSequence: [name],
  ...rest,
});
/** @param {string} relation @param {Code} name @param {Code} value @param {Item[]} [below] */
const coded = (relation, name, value, below = []) =>
  item(relation, 'CODE', name, {
    ConceptCodeSequence: [value],
    ...(below.length === 0 ? {} : { ContentSequence: below }),
  });
/** @param {string} relation @param {Code} name @param {string} value */
const text = (relation, name, value) => item(relation, 'TEXT', name, { TextValue: value });
/** @param {string} relation @param {Code} name @param {string} uid */
const uidref = (relation, name, uid) => item(relation, 'UIDREF', name, { UID: uid });
/** @param {Code} name @param {Item[]} below @param {string} [template] */
const container = (name, below, template) =>
  item('CONTAINS', 'CONTAINER', name, {
    ContinuityOfContent: 'SEPARATE',
    ...(template === undefined ? {} : templateOf(template)),
    ContentSequence: below,
  });
/** @param {string} identifier */
const templateOf = (identifier) => ({
  ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: identifier }],
});
/** @param {Code} name @param {number} value @param {string} unit of UCUM */
const number = (name, value, unit) =>
  item('CONTAINS', 'NUM', name, {
    MeasuredValueSequence: [
      {
        // 16 characters at most, and the number itself beside them
        NumericValue: String(Number(value.toPrecision(9))),
        FloatingPointValue: value,
        MeasurementUnitsCodeSequence: [code(unit, 'UCUM', unit === '1' ? 'no units' : unit.replace(/[{}]/g, ''))],
      },
    ],
  });

// ---- parts of the report ----

/** @param {Report} report @returns {Item[]} */
function observer({ model, version }) {
  return [
    coded('HAS OBS CONTEXT', dcm('121005', 'Observer Type'), dcm('121007', 'Device')),
    uidref('HAS OBS CONTEXT', dcm('121012', 'Device Observer UID'), newUid()),
    text('HAS OBS CONTEXT', dcm('121013', 'Device Observer Name'), 'V-MNet'),
    text('HAS OBS CONTEXT', dcm('121014', 'Device Observer Manufacturer'), 'V-MNet'),
    text('HAS OBS CONTEXT', dcm('121015', 'Device Observer Model Name'), `V-MNet ${version}`),
    text('HAS OBS CONTEXT', dcm('121016', 'Device Observer Serial Number'), model.weights_sha256 ?? 'unknown'),
  ];
}

/** Which one, or that finding and grade speak against one another, and by which scale. @param {NonNullable<Report['grade']>} seen @returns {Item[]} */
function gradeOf({ grade }) {
  const name = local('grade', 'Grade of diabetic retinopathy');
  const said =
    grade === null
      ? text('CONTAINS', name, GRADE_NONE)
      : coded('CONTAINS', name, local(`grade-${grade}`, GRADE_TEXTS[grade - 1]));
  return [said, text('CONTAINS', dcm('121106', 'Comment'), GRADE_NOTE)];
}

/** One document's groups of measurements. */
class Groups {
  /** @param {Report} report @param {Study} study */
  constructor(report, study) {
    this.report = report;
    this.study = study;
  }

  /** TID 1501. @param {string} id @param {Code} finding @param {Item[]} items */
  group(id, finding, items) {
    const { model, version } = this.report;
    const { side, source } = this.study;
    const laterality = side === null ? [] : [coded('HAS CONCEPT MOD', sct('272741003', 'Laterality'), SIDES[side])];
    const parameters = {
      'weights SHA-256': model.weights_sha256 ?? 'unknown',
      'binary SHA-256': model.binary_sha256 ?? 'unknown',
      variant: model.variant,
      size: model.size,
      guide: model.guide,
      ...(model.fine && { 'mirror images': 3 }),
    };
    return container(
      dcm('125007', 'Measurement Group'),
      [
        text('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), id),
        uidref('HAS OBS CONTEXT', dcm('112040', 'Tracking Unique Identifier'), newUid()),
        coded('CONTAINS', dcm('121071', 'Finding'), finding),
        coded('HAS CONCEPT MOD', sct('363698007', 'Finding Site'), RETINA, laterality),
        text('HAS CONCEPT MOD', dcm('111001', 'Algorithm Name'), 'V-MNet'),
        text('HAS CONCEPT MOD', dcm('111003', 'Algorithm Version'), version),
        ...Object.entries(parameters).map(([name, value]) =>
          text('HAS CONCEPT MOD', dcm('111002', 'Algorithm Parameters'), `${name}: ${value}`),
        ),
        item('CONTAINS', 'IMAGE', dcm('121112', 'Source of Measurement'), {
          ReferencedSOPSequence: [referenceTo(source)],
        }),
        ...items,
      ],
      '1501',
    );
  }

  quality() {
    const { gradability, threshold, gradable, reasons } = this.report.quality;
    const said = gradable ? (reasons.length === 0 ? 'good' : 'barely') : 'not-gradable';
    const turned = turnedText(this.report);
    return this.group('quality', local('quality', 'Quality of the photograph'), [
      number(local('gradability', 'Probability that it can be judged'), gradability, '1'),
      number(local('cut', 'Cut'), threshold, '1'),
      coded('CONTAINS', local('quality', 'Quality of the photograph'), local(said, QUALITY_TEXTS[said])),
      ...reasons.map((reason) => text('CONTAINS', local('reason', 'Reason'), reason)),
      ...(turned === '' ? [] : [text('CONTAINS', dcm('121106', 'Comment'), turned)]),
    ]);
  }

  /** @param {Report['diseases'][number]} disease */
  finding({ id, name, probability, threshold, cuts }) {
    const { decision, grade: seen } = this.report; // not in reports of before it was graded
    // Nothing where it is not suspected: that would reassure.
    const graded = id === GRADED && (seen?.valid || seen?.reason === 'disagrees') ? seen : null;
    const { operating_point: point, reasons } = decision;
    // An earlier version's report holds the cut of the balanced point alone.
    const cut = cuts?.[point] ?? (point === 'balanced' ? threshold : undefined);
    const about = reasons.find(({ disease }) => disease === id)?.code ?? (restOf(decision) === 'not' ? 'not' : 'near');
    const snomed = FINDINGS[id];
    return this.group(id, snomed ? sct(...snomed) : local(id, name), [
      number(local('probability', 'Probability, calibrated'), probability, '1'),
      ...(cut === undefined ? [] : [number(local('cut', 'Cut'), cut, '1')]),
      ...(graded?.at_least ?? []).map((share, i) =>
        number(local(`at-least-${i + 1}`, `Probability of at least grade ${i + 1}`), share, '1'),
      ),
      coded('CONTAINS', local('decision', 'Decision'), SAID[/** @type {keyof typeof SAID} */ (about)]),
      ...(graded === null ? [] : gradeOf(graded)),
    ]);
  }

  /** @param {keyof typeof REGIONS} region */
  vessels(region) {
    const measures = this.report.vessels[region];
    if (measures === null) return [];
    const items = Object.entries(MEASURE_CODES).flatMap(([key, [display, unit]]) => {
      const value = measures[/** @type {keyof VesselMeasures} */ (key)];
      return value === null ? [] : [number(local(key.replaceAll('_', '-'), display), value, unit)];
    });
    const id = `vessels-${region.replace('_', '-')}`;
    return [this.group(id, local(id, REGIONS[region][0]), items)];
  }

  /** Only where the ratios say something. */
  disc() {
    const { disc_and_cup: seen } = this.report; // not in reports of before it was drawn
    if (!seen?.valid) return [];
    const items = Object.entries(DISC_MEASURE_CODES).map(([key, [display, unit]]) =>
      number(
        local(key.replace('_', '-'), display),
        /** @type {number} */ (seen[/** @type {keyof typeof DISC_MEASURE_CODES} */ (key)]),
        unit,
      ),
    );
    return [this.group('disc-and-cup', sct(...DISC), items)];
  }

  /** Of a photograph that cannot be judged, no number is told as if it could. */
  all() {
    if (!this.report.quality.gradable) return [this.quality()];
    const regions = /** @type {(keyof typeof REGIONS)[]} */ (Object.keys(REGIONS));
    const diseases = this.report.diseases.filter(({ id }) => id !== 'normal');
    return [
      this.quality(),
      ...diseases.map((disease) => this.finding(disease)),
      ...regions.flatMap((region) => this.vessels(region)),
      ...this.disc(),
    ];
  }
}

/** @param {Report} report @param {string} comment @returns {Item[]} */
function evaluations({ decision, laterality, notice }, comment) {
  const { answer, reasons, operating_point: point, looks_for: looksFor } = decision;
  const guess = laterality.chosen === undefined ? laterality.guess : null;
  return [
    coded('CONTAINS', local('answer', 'Answer'), local(`answer-${answer}`, ANSWERS[answer])),
    ...reasons.map(({ code: reason, disease }) =>
      text('CONTAINS', local('reason', 'Reason'), disease === undefined ? reason : `${reason}: ${disease}`),
    ),
    text('CONTAINS', local('point', 'Operating point'), point),
    text('CONTAINS', local('looks-for', 'Looks for these only'), looksFor.join(', ')),
    ...(guess === null
      ? []
      : [coded('CONTAINS', local('eye-guess', 'Eye, guessed from the photograph'), sct(...EYES[guess]))]),
    ...(comment === '' ? [] : [text('CONTAINS', dcm('121106', 'Comment'), comment)]),
    text('CONTAINS', local('notice', 'Notice'), notice),
  ];
}

/** @param {Report} report @param {Study} study @param {string} [comment] a person's @returns {Dataset} */
export function structuredReportOf(report, study, comment = '') {
  const { source, uid } = study;
  const image = item('CONTAINS', 'IMAGE', dcm('121112', 'Source of Measurement'), {
    ReferencedSOPSequence: [referenceTo(source)],
  });
  delete image.ConceptNameCodeSequence;
  return {
    ...headerOf(study, report, {
      sopClass: COMPREHENSIVE_3D_SR,
      modality: 'SR',
      number: 2,
      description: 'V-MNet: measurements and answer',
    }),
    CompletionFlag: 'COMPLETE',
    PreliminaryFlag: 'PRELIMINARY',
    VerificationFlag: 'UNVERIFIED',
    PerformedProcedureCodeSequence: [],
    ReferencedPerformedProcedureStepSequence: [],
    CodingSchemeIdentificationSequence: [
      { CodingSchemeDesignator: LOCAL, CodingSchemeName: 'V-MNet, as in its FHIR code system' },
    ],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: uid,
        ReferencedSeriesSequence: [
          {
            SeriesInstanceUID: source.series,
            ReferencedSOPSequence: [
              { ReferencedSOPClassUID: source.sopClass, ReferencedSOPInstanceUID: source.instance },
            ],
          },
        ],
      },
    ],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [dcm('126000', 'Imaging Measurement Report')],
    ContinuityOfContent: 'SEPARATE',
    ...templateOf('1500'),
    ContentSequence: [
      coded(
        'HAS CONCEPT MOD',
        dcm('121049', 'Language of Content Item and Descendants'),
        code('en', 'RFC5646', 'English'),
      ),
      ...observer(report),
      coded('HAS CONCEPT MOD', dcm('121058', 'Procedure reported'), sct('314971001', 'Camera fundoscopy')),
      container(dcm('111028', 'Image Library'), [container(dcm('126200', 'Image Library Group'), [image])]),
      container(dcm('126010', 'Imaging Measurements'), new Groups(report, study).all()),
      container(code('C0034375', 'UMLS', 'Qualitative Evaluations'), evaluations(report, comment)),
    ],
  };
}
