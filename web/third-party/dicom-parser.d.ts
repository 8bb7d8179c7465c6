/** The few parts of dicom-parser that web/dicom/ uses. */

export interface Element {
  dataOffset: number;
  length: number;
  items?: { dataSet?: DataSet }[];
  encapsulatedPixelData?: boolean;
  basicOffsetTable?: number[];
  fragments?: { offset: number; position: number; length: number }[];
}

export interface DataSet {
  byteArray: Uint8Array<ArrayBuffer>;
  position: number;
  elements: Record<string, Element | undefined>;
  string(tag: string): string | undefined;
  uint16(tag: string, index?: number): number | undefined;
  floatString(tag: string, index?: number): number | undefined;
  intString(tag: string, index?: number): number | undefined;
}

export function parseDicom(
  bytes: Uint8Array,
  options?: { inflater?: (bytes: Uint8Array, position: number) => Uint8Array },
): DataSet;
export function readPart10Header(bytes: Uint8Array): DataSet;
export function createJPEGBasicOffsetTable(dataSet: DataSet, element: Element): number[];
export function readEncapsulatedImageFrame(
  dataSet: DataSet,
  element: Element,
  frame: number,
  offsets?: number[],
): Uint8Array<ArrayBuffer>;
