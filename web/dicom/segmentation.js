/** Vessels, optic disc and cup as a DICOM Segmentation: a segment and a frame each, a bit a pixel. */

import { DISC } from '../codes.js';
import { code, headerOf, LOCAL, newUid, referenceTo } from './header.js';

/**
 * @import { Dataset } from '../vendor/dcmjs.js'
 * @import { Patch, Report, ScreenResult } from '../vmnet.js'
 * @import { Study } from './header.js'
 */

const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4';
const RETINA = code('5665001', 'SCT', 'Retina');
/** Where it is not known, as no photograph tells it: so large that nobody takes it for a measure of a retina. */
const UNKNOWN_SPACING_MM = 1;
/** Colours in CIELab, scaled as PS3.3 C.10.7.1.1 has it: cyan, yellow, orange. The cup has no code in SNOMED CT's list for DICOM. */
const SEGMENTS = {
  vessels: {
    label: 'Retinal vessels',
    type: code('59820001', 'SCT', 'Blood Vessel'),
    colour: [59_900, 22_900, 28_600],
  },
  disc: { label: 'Optic disc', type: code(DISC[0], 'SCT', DISC[1]), colour: [58_100, 32_100, 55_300] },
  cup: { label: 'Optic cup', type: code('optic-cup', LOCAL, 'Optic cup'), colour: [40_600, 48_300, 51_100] },
};
/** @typedef {keyof typeof SEGMENTS} Name */

/** @param {Uint8Array} mask 255 where it is set @returns {ArrayBuffer} a bit a pixel, the first one lowest; an even number of bytes */
export function packBits(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 16) * 2);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
  return bytes.buffer;
}

/** The frames one after another. @param {Masks} result @param {Name[]} names */
function framesOf({ width, height, vessels, ...patches }, names) {
  const all = new Uint8Array(width * height * names.length);
  for (const [i, name] of names.entries()) {
    const frame = all.subarray(i * width * height, (i + 1) * width * height);
    if (name === 'vessels') frame.set(vessels.mask);
    else {
      const patch = /** @type {Patch} */ (patches[name]);
      for (let y = 0; y < patch.height; y++)
        frame.set(patch.data.subarray(y * patch.width, (y + 1) * patch.width), (patch.y + y) * width + patch.x);
    }
  }
  return all;
}

/** @typedef {Pick<ScreenResult, 'width' | 'height'> & Partial<Pick<ScreenResult, 'disc' | 'cup'>> & { vessels: Pick<ScreenResult['vessels'], 'mask'>, report: Report }} Masks */

/** @param {Masks} result @param {Study} study @returns {Dataset} */
export function segmentationOf(result, study) {
  const { width, height, report } = result;
  const organization = newUid();
  /** @type {Name[]} */
  const names = ['vessels'];
  for (const name of /** @type {const} */ (['disc', 'cup'])) if (result[name]) names.push(name);
  return {
    ...headerOf(study, report, {
      sopClass: SEGMENTATION,
      modality: 'SEG',
      number: 1,
      description: 'V-MNet: structures of the retina',
    }),
    _vrMap: { PixelData: 'OB' },
    ImageType: ['DERIVED', 'PRIMARY'],
    FrameOfReferenceUID: study.frameOfReference,
    PositionReferenceIndicator: '',
    ...pixelsOf(width, height, names.length, packBits(framesOf(result, names))),
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    ContentLabel: 'RETINA',
    ContentDescription: 'Nominal in place, and in spacing where the photograph has none',
    ContentCreatorName: 'V-MNet^',
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: organization,
        DimensionIndexPointer: tag(0x0062, 0x000b), // ReferencedSegmentNumber
        FunctionalGroupPointer: tag(0x0062, 0x000a), // SegmentIdentificationSequence
        DimensionDescriptionLabel: 'Segment',
      },
    ],
    SegmentSequence: names.map((name, i) => segment(report, name, i + 1)),
    ReferencedSeriesSequence: [
      { SeriesInstanceUID: study.source.series, ReferencedInstanceSequence: [referenceTo(study.source)] },
    ],
    ...placeOf(study, names.length),
  };
}

/** As dcmjs takes an attribute tag. @param {number} group @param {number} element */
const tag = (group, element) => group * 0x1_0000 + element;

/** @param {number} width @param {number} height @param {number} frames @param {ArrayBuffer} bits */
function pixelsOf(width, height, frames, bits) {
  return {
    NumberOfFrames: String(frames),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: height,
    Columns: width,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    PixelData: bits,
  };
}

/** @param {Report} report @param {Name} name @param {number} number */
function segment({ model, version, vessels }, name, number) {
  const { label, type, colour } = SEGMENTS[name];
  return {
    SegmentNumber: number,
    SegmentLabel: label,
    SegmentDescription:
      name === 'vessels' ? `Vessel probability of at least ${vessels.threshold}` : 'As the network draws it',
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: 'V-MNet',
    SegmentationAlgorithmIdentificationSequence: [
      {
        AlgorithmFamilyCodeSequence: [code('123109', 'DCM', 'Artificial Intelligence')],
        AlgorithmName: 'V-MNet',
        AlgorithmVersion: version,
        AlgorithmParameters: `weights SHA-256 ${model.weights_sha256 ?? 'unknown'}, size ${model.size}, guide ${model.guide}${model.fine ? ', mirror images 3' : ''}`,
      },
    ],
    SegmentedPropertyCategoryCodeSequence: [code('91723000', 'SCT', 'Anatomical Structure')],
    SegmentedPropertyTypeCodeSequence: [type],
    AnatomicRegionSequence: [RETINA],
    RecommendedDisplayCIELabValue: colour,
    TrackingID: name,
    TrackingUID: newUid(),
  };
}

/**
 * A photograph has no place in space; viewers want one (OHIF stops without it).
 * @param {Study} study @param {number} frames
 */
function placeOf({ source, pixelSpacing }, frames) {
  const derivation = {
    DerivationImageSequence: [
      {
        SourceImageSequence: [
          {
            ...referenceTo(source),
            PurposeOfReferenceCodeSequence: [code('121322', 'DCM', 'Source image for image processing operation')],
          },
        ],
        DerivationCodeSequence: [code('113076', 'DCM', 'Segmentation')],
      },
    ],
  };
  const spacing = pixelSpacing ?? [UNKNOWN_SPACING_MM, UNKNOWN_SPACING_MM];
  return {
    SharedFunctionalGroupsSequence: [
      {
        PlaneOrientationSequence: [{ ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'] }],
        PixelMeasuresSequence: [{ PixelSpacing: spacing.map(String), SliceThickness: '1' }],
      },
    ],
    PerFrameFunctionalGroupsSequence: Array.from({ length: frames }, (_, i) => ({
      ...derivation,
      FrameContentSequence: [{ DimensionIndexValues: [i + 1] }],
      PlanePositionSequence: [{ ImagePositionPatient: ['0', '0', '0'] }],
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: i + 1 }],
    })),
  };
}
