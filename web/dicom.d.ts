/**
 * DICOM out of a result, and photographs out of DICOM objects. Research and teaching, not a medical device. Nothing is sent
 * anywhere.
 *
 *   import { toDicom } from 'vmnet-web/dicom';
 */

import type { DicomFacts, ScreenOptions, ScreenResult } from './vmnet.js';

export { VmnetError } from './vmnet.js';

/** Upright, row by row: [height][width][4], red, green, blue, alpha. ImageData is such. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

export interface DicomContext {
  /** The photograph's pixels, for `overlay`; and for `photograph` where it was no DICOM object, when they are needed. */
  photograph?: Pixels;
  /**
   * Whose it is. Default: what the DICOM object said of itself, `result.dicom`. Of another file give what is known, as
   * `{ patient: { id: '7', ... } }`; a study of its own is made up for what is left out.
   * A value of patient or study is brought into the form that its kind has where that is certain (control characters become
   * spaces, 1951.02.03 is 19510203, 10:30:05 is 103005) and else left out, as if there were none: more than 16 letters (study
   * id, accession) or 64 (patient id, each spelling of a name), a day that there is not, another sex than M, F, O, a backslash, a
   * UID of other than digits and single points.
   */
  source?: Partial<DicomFacts> | null;
  /** The eye as a person knows it; goes before the object's own laterality. A guess from the photograph is never written as known. */
  eye?: 'OD' | 'OS' | null;
  /** What a person says to the answer: into the report, beside it. */
  comment?: string;
  /** When it was made. Default: now. */
  made?: Date;
}

/** Each a whole DICOM file, Explicit VR Little Endian, in a series of its own within the photograph's study. */
export interface DicomFiles {
  /**
   * Segmentation: the vessel mask, pixel for pixel, and optic disc and cup where `result` has them. Its place in space is
   * nominal, as a photograph has none, and so is its spacing (1 mm) where the photograph does not tell one.
   */
  segmentation: Uint8Array<ArrayBuffer>;
  /**
   * Comprehensive 3D SR, TID 1500: quality, each finding (that of diabetic retinopathy with its grade, where that is valid),
   * the vessels of each region, the cup-to-disc ratios as groups of measurements, the answer with its reasons, the device
   * with version and hashes. Of a photograph that cannot be judged, quality and answer only.
   */
  report: Uint8Array<ArrayBuffer>;
  /** Secondary Capture: the photograph with its vessels drawn, for viewers that know neither. null without `photograph`. */
  overlay: Uint8Array<ArrayBuffer> | null;
  /** Secondary Capture: the photograph itself, which the others refer to. null where it was a DICOM object. */
  photograph: Uint8Array<ArrayBuffer> | null;
}

/**
 * The result as DICOM objects. The writer (dcmjs) is fetched with the first one.
 * @param result what `screen()` gave
 * @throws {VmnetError} 'argument': pixels of another size or none where they are needed; 'network': no writer
 */
export function toDicom(
  result: Pick<ScreenResult, 'width' | 'height' | 'report'> & {
    vessels: Pick<ScreenResult['vessels'], 'mask'>;
    /** Segments of their own, where they are given. */
    disc?: ScreenResult['disc'];
    cup?: ScreenResult['cup'];
    dicom?: DicomFacts | null;
  },
  context?: DicomContext,
): Promise<DicomFiles>;

export interface ReadOptions extends Pick<ScreenOptions, 'frame' | 'deidentify' | 'name'> {
  /** Above 0 to 40. Default 40. */
  maxMegapixels?: number;
  /** Decodes the JPEG inside an object. Default: the browser; Node.js has no decoder of its own. */
  jpeg?: (file: Uint8Array<ArrayBuffer>) => Promise<Pixels>;
}

/**
 * The photograph in a DICOM object, and what the object says of itself: for Node.js, whose `screen()` takes pixels, and for
 * whoever wants to show it. In a browser `screen()` reads such files by itself. In Node.js it is decoded in a worker thread, one
 * object after the other.
 * @throws {VmnetError} 'argument', 'memory', 'format', 'damaged', 'too-large', 'too-small', 'network', 'unsupported': a JPEG
 *   where there is no decoder
 */
export function readDicom(
  file: Blob | Uint8Array<ArrayBuffer>,
  options?: ReadOptions,
): Promise<Pixels & { dicom: DicomFacts; notes: string[] }>;
