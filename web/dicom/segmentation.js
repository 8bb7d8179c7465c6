/** The vessels as a DICOM Segmentation: one segment, one frame, a bit a pixel. */

import { code, headerOf, newUid, referenceTo } from './header.js';

/**
 * @import { Dataset } from '../vendor/dcmjs.js'
 * @import { Report, ScreenResult } from '../vmnet.js'
 * @import { Study } from './header.js'
 */

const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4';
const RETINA = code('5665001', 'SCT', 'Retina');
/** Where it is not known, as no photograph tells it: so large that nobody takes it for a measure of a retina. */
const UNKNOWN_SPACING_MM = 1;
/** Cyan in CIELab, scaled as PS3.3 C.10.7.1.1 has it. */
const COLOUR = [59_900, 22_900, 28_600];

/** @param {Uint8Array} mask 255 where it is set @returns {ArrayBuffer} a bit a pixel, the first one lowest; an even number of bytes */
export function packBits(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 16) * 2);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
  return bytes.buffer;
}

/** @param {Pick<ScreenResult, 'width' | 'height'> & { vessels: Pick<ScreenResult['vessels'], 'mask'>, report: Report }} result @param {Study} study @returns {Dataset} */
export function segmentationOf({ width, height, vessels, report }, study) {
  const organization = newUid();
  return {
    ...headerOf(study, report, {
      sopClass: SEGMENTATION,
      modality: 'SEG',
      number: 1,
      description: 'V-MNet: retinal vessels',
    }),
    _vrMap: { PixelData: 'OB' },
    ImageType: ['DERIVED', 'PRIMARY'],
    FrameOfReferenceUID: study.frameOfReference,
    PositionReferenceIndicator: '',
    ...pixelsOf(width, height, packBits(vessels.mask)),
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    ContentLabel: 'VESSELS',
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
    SegmentSequence: [segment(report)],
    ReferencedSeriesSequence: [
      { SeriesInstanceUID: study.source.series, ReferencedInstanceSequence: [referenceTo(study.source)] },
    ],
    ...placeOf(study),
  };
}

/** As dcmjs takes an attribute tag. @param {number} group @param {number} element */
const tag = (group, element) => group * 0x1_0000 + element;

/** @param {number} width @param {number} height @param {ArrayBuffer} bits */
function pixelsOf(width, height, bits) {
  return {
    NumberOfFrames: '1',
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

/** @param {Report} report */
function segment({ model, version, vessels }) {
  return {
    SegmentNumber: 1,
    SegmentLabel: 'Retinal vessels',
    SegmentDescription: `Vessel probability of at least ${vessels.threshold}`,
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: 'V-MNet',
    SegmentationAlgorithmIdentificationSequence: [
      {
        AlgorithmFamilyCodeSequence: [code('123109', 'DCM', 'Artificial Intelligence')],
        AlgorithmName: 'V-MNet',
        AlgorithmVersion: version,
        AlgorithmParameters: `weights SHA-256 ${model.weights_sha256 ?? 'unknown'}, size ${model.size}, guide ${model.guide}`,
      },
    ],
    SegmentedPropertyCategoryCodeSequence: [code('91723000', 'SCT', 'Anatomical Structure')],
    SegmentedPropertyTypeCodeSequence: [code('59820001', 'SCT', 'Blood Vessel')],
    AnatomicRegionSequence: [RETINA],
    RecommendedDisplayCIELabValue: COLOUR,
    TrackingID: 'vessels',
    TrackingUID: newUid(),
  };
}

/**
 * A photograph has no place in space; viewers want one (OHIF stops without it).
 * @param {Study} study
 */
function placeOf({ source, pixelSpacing }) {
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
    PerFrameFunctionalGroupsSequence: [
      {
        ...derivation,
        FrameContentSequence: [{ DimensionIndexValues: [1] }],
        PlanePositionSequence: [{ ImagePositionPatient: ['0', '0', '0'] }],
        SegmentIdentificationSequence: [{ ReferencedSegmentNumber: 1 }],
      },
    ],
  };
}
