/** DICOM out of a result, and photographs out of DICOM objects. Types and documentation: dicom.d.ts. */

import { overlayOf, photographOf } from './dicom/capture.js';
import { decodeDicom } from './dicom/decode.js';
import { newUid, SECONDARY_CAPTURE } from './dicom/header.js';
import { segmentationOf } from './dicom/segmentation.js';
import { structuredReportOf } from './dicom/structured-report.js';
import { messageOf, VmnetError } from './errors.js';
import { checkSize } from './photo/checks.js';

export { VmnetError } from './errors.js';

/**
 * @import { Study } from './dicom/header.js'
 * @import { DicomContext, DicomFiles, Pixels, ReadOptions } from './dicom.js'
 * @import { Dataset } from './vendor/dcmjs.js'
 * @import { DicomFacts, Report, ScreenResult } from './vmnet.js'
 */

/** The photograph, where it was no DICOM object. */
const SECONDARY = { sopClass: SECONDARY_CAPTURE, frame: 1, frames: 1 };

/** @param {string} text */
function fail(text) {
  return new VmnetError('argument', `dicom: ${text}`);
}

/**
 * @param {Pick<ScreenResult, 'width' | 'height' | 'report'> & Partial<Pick<ScreenResult, 'disc' | 'cup'>> & { vessels: Pick<ScreenResult['vessels'], 'mask'>, dicom?: DicomFacts | null }} result
 * @param {DicomContext} [context]
 * @returns {Promise<DicomFiles>}
 */
export async function toDicom(result, context = {}) {
  const { report, width, height, vessels } = Object(result);
  if (report?.schema !== 'vmnet-report-2' || !(vessels?.mask instanceof Uint8Array))
    throw fail(`the result is of kind ${report?.schema ?? 'unknown'}; give what screen() gave`);
  const { photograph } = context;
  if (photograph !== undefined) checkPhotograph(photograph, width, height);
  const study = studyOf(report, context.source === undefined ? (result.dicom ?? null) : context.source, context);
  const known = study.source.instance !== '';
  if (!known && photograph === undefined)
    throw fail('the photograph was no DICOM object, and there is nothing to refer to; give its pixels as photograph');
  if (!known) Object.assign(study.source, { ...SECONDARY, instance: newUid(), series: newUid() });
  const write = await writer();
  return {
    segmentation: write(segmentationOf(result, study)),
    report: write(structuredReportOf(report, study, context.comment)),
    overlay: photograph === undefined ? null : write(overlayOf(study, report, photograph, vessels.mask)),
    photograph: known || photograph === undefined ? null : write(photographOf(study, report, photograph)),
  };
}

/** @param {Pixels} pixels @param {number} width @param {number} height */
function checkPhotograph({ data, width: w, height: h }, width, height) {
  if (w !== width || h !== height || data?.length !== 4 * w * h)
    throw fail(
      `photograph has ${data?.length ?? 'no'} bytes for ${w} x ${h}, and the result is of ${width} x ${height}; give its own pixels, four bytes each`,
    );
}

/** @param {Report} report @param {Partial<DicomFacts> | null} facts @param {DicomContext} context @returns {Study} */
function studyOf({ laterality }, facts, { eye = laterality.chosen, made = new Date() }) {
  if (eye !== undefined && eye !== null && eye !== 'OD' && eye !== 'OS')
    throw fail(`eye '${eye}' is unknown; give 'OD' for the right one, 'OS' for the left one or null`);
  const { frame = 1, frames = 1, sopClass = '', patient = null, study = null, pixelSpacing = null } = facts ?? {};
  const side = eye === undefined ? facts?.laterality : { OD: 'R', OS: 'L' }[String(eye)];
  const whole = sopClass && study?.uid && study.series && study.instance;
  return {
    made,
    source: { sopClass, frame, frames, series: study?.series ?? '', instance: whole ? (study.instance ?? '') : '' },
    uid: study?.uid ?? newUid(),
    frameOfReference: study?.frameOfReference ?? newUid(),
    pixelSpacing,
    side: side === 'R' || side === 'L' ? side : null,
    patient,
    study,
  };
}

/** @returns {Promise<(dataset: Dataset) => Uint8Array<ArrayBuffer>>} */
async function writer() {
  const { datasetToDict } = await import('./vendor/dcmjs.js').catch((error) => {
    throw new VmnetError(
      'network',
      `dicom: the part that writes it could not be loaded (${messageOf(error)}); look at the connection and try again`,
      { cause: error },
    );
  });
  return (dataset) => new Uint8Array(datasetToDict(dataset).write());
}

/** @param {Blob | Uint8Array<ArrayBuffer>} file @param {ReadOptions} [options] */
export async function readDicom(file, { maxMegapixels = 40, jpeg, frame, deidentify, ...options } = {}) {
  const name = options.name ?? (file instanceof File ? file.name : 'photograph');
  if (!(file instanceof Blob || file instanceof Uint8Array))
    throw new VmnetError('argument', `${name}: not a file but ${typeof file}; give a Blob or its bytes`);
  const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  checkSize(name, bytes.length);
  const { image, note, dicom } = await decodeDicom(name, bytes, maxMegapixels, { frame, deidentify, jpeg });
  const { data, width, height } = image;
  return { data, width, height, dicom, notes: note === null ? [] : [note] };
}
