// DICOM objects, written.
import { data } from 'dcmjs';

export const { datasetToDict } = data;
