export { createJPEGBasicOffsetTable, parseDicom, readEncapsulatedImageFrame, readPart10Header } from 'dicom-parser';
