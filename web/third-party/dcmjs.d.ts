/** The one part of dcmjs that web/dicom/ uses. */

/** Attributes by keyword: texts, numbers, ArrayBuffers, lists of them; sequences as lists of the same. `_vrMap`: of those whose VR is a choice. */
export interface Dataset {
  [keyword: string]: unknown;
}

export function datasetToDict(dataset: Dataset): { write(): ArrayBuffer };
