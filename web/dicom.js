/** DICOM out of a result, and photographs out of DICOM objects. Types and documentation: dicom.d.ts. */

import { REPORT } from './constants.js';
import { overlayOf, photographOf } from './dicom/capture.js';
import { decodeDicom } from './dicom/decode.js';
import { newUid, SECONDARY_CAPTURE } from './dicom/header.js';
import { readWith } from './dicom/read.js';
import { segmentationOf } from './dicom/segmentation.js';
import { structuredReportOf } from './dicom/structured-report.js';
import { inForm } from './dicom/values.js';
import { messageOf, VmnetError } from './errors.js';

export { VmnetError } from './errors.js';

/**
 * @import { Study } from './dicom/header.js'
 * @import { DicomContext, DicomFiles, Pixels, ReadOptions } from './dicom.js'
 * @import { Dataset } from './vendor/dcmjs.js'
 * @import { DicomFacts, Report, ScreenResult } from './vmnet.js'
 */

/** The photograph, where it was no DICOM object. */
const SECONDARY = { sopClass: SECONDARY_CAPTURE, frame: 1, frames: 1 };

/** Control characters that no text may hold. */
const NO_TEXT = /[^\P{Cc}\t\n\f\r]/gu;

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
  if (report?.schema !== REPORT || !(vessels?.mask instanceof Uint8Array))
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
    report: write(structuredReportOf(report, study, String(context.comment ?? '').replace(NO_TEXT, ' '))),
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
  if (!Number.isFinite(Object(made).getTime?.())) throw fail('made is no time; give a Date');
  const { frame = 1, frames = 1, patient = null, study = null, pixelSpacing = null } = facts ?? {};
  const side = eye === undefined ? facts?.laterality : { OD: 'R', OS: 'L' }[String(eye)];
  const [sopClass, uid, series, instance] = [facts?.sopClass, study?.uid, study?.series, study?.instance].map((one) =>
    inForm('UI', one),
  );
  const whole = sopClass && uid && series && instance;
  return {
    made,
    source: { sopClass, frame, frames, series, instance: whole ? instance : '' },
    uid: uid || newUid(),
    frameOfReference: inForm('UI', study?.frameOfReference) || newUid(),
    pixelSpacing: spacingOf(pixelSpacing),
    side: side === 'R' || side === 'L' ? side : null,
    patient,
    study,
  };
}

/** As a DS holds it: nine digits, as the command has it. @param {DicomFacts['pixelSpacing']} spacing @returns {DicomFacts['pixelSpacing']} */
function spacingOf(spacing) {
  const [rows, columns] = Array.from(spacing ?? [], Number);
  if (!(rows > 0 && columns > 0 && rows < 1e6 && columns < 1e6)) return null;
  return [Number(rows.toPrecision(9)), Number(columns.toPrecision(9))];
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
  return (dataset) => {
    try {
      return new Uint8Array(datasetToDict(dataset).write());
    } catch (error) {
      if (error instanceof RangeError && /alloc/i.test(error.message))
        throw new VmnetError('memory', 'dicom: no memory for an object; close other tabs');
      // What dcmjs says may hold a value, which may be a patient's.
      throw fail('a value cannot be written; look at source and comment');
    }
  };
}

/** @param {Blob | Uint8Array<ArrayBuffer>} file @param {ReadOptions} [options] */
export function readDicom(file, options) {
  return readWith(decodeDicom, file, options);
}
