/** Pictures as DICOM Secondary Captures: the photograph itself, and the photograph with its vessels drawn. */

import { headerOf, referenceTo, SECONDARY_CAPTURE } from './header.js';

/**
 * @import { Dataset } from '../vendor/dcmjs.js'
 * @import { Report } from '../vmnet.js'
 * @import { Study } from './header.js'
 */

/** As the element and the page draw vessels. */
const VESSELS = [0, 220, 255];
const OPACITY = 0.75;

/** @typedef {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number }} Pixels RGBA */

/** @param {Pixels} pixels @returns {Uint8Array<ArrayBuffer>} red, green, blue; an even number of bytes */
function rgbOf({ data, width, height }) {
  const count = width * height;
  const rgb = new Uint8Array(Math.ceil((count * 3) / 2) * 2);
  for (let i = 0; i < count; i++) {
    rgb[3 * i] = data[4 * i];
    rgb[3 * i + 1] = data[4 * i + 1];
    rgb[3 * i + 2] = data[4 * i + 2];
  }
  return rgb;
}

/** @param {Uint8Array} rgb is drawn on @param {Uint8Array} mask */
function drawVessels(rgb, mask) {
  for (let i = 0; i < mask.length; i++)
    if (mask[i] !== 0)
      for (let c = 0; c < 3; c++) rgb[3 * i + c] += Math.round(OPACITY * (VESSELS[c] - rgb[3 * i + c]));
}

/** @param {Study} study @param {Report} report @param {Pixels} pixels @param {{ number: number, description: string }} kind @returns {Dataset} */
function captureOf(study, report, { width, height }, kind) {
  return {
    ...headerOf(study, report, { sopClass: SECONDARY_CAPTURE, modality: 'OP', ...kind }),
    _vrMap: { PixelData: 'OB' },
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY'],
    PatientOrientation: '',
    ImageLaterality: study.side ?? 'U',
    BurnedInAnnotation: 'NO',
    ImageComments: report.notice,
    ...(study.pixelSpacing === null ? {} : { PixelSpacing: study.pixelSpacing.map(String) }),
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    Rows: height,
    Columns: width,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
  };
}

/** The photograph, for results to refer to where no object was there before. @param {Study} study @param {Report} report @param {Pixels} pixels @returns {Dataset} */
export function photographOf(study, report, pixels) {
  const { instance: SOPInstanceUID, series: SeriesInstanceUID } = study.source;
  return {
    ...captureOf(study, report, pixels, { number: 0, description: 'Fundus photograph' }),
    SOPInstanceUID,
    SeriesInstanceUID,
    Manufacturer: '',
    ManufacturerModelName: '',
    DeviceSerialNumber: '',
    SoftwareVersions: '',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    ImageComments: '',
    PixelData: rgbOf(pixels).buffer,
  };
}

/** @param {Study} study @param {Report} report @param {Pixels} pixels @param {Uint8Array} mask of the vessels @returns {Dataset} */
export function overlayOf(study, report, pixels, mask) {
  const rgb = rgbOf(pixels);
  drawVessels(rgb, mask);
  return {
    ...captureOf(study, report, pixels, { number: 3, description: 'V-MNet: vessels drawn on the photograph' }),
    DerivationDescription: 'The mask of the vessels drawn in cyan',
    SourceImageSequence: [referenceTo(study.source)],
    PixelData: rgb.buffer,
  };
}
