// Spreadsheets. In one go: the page's policy forbids the blob: Workers that the package would zip large ones with.
import bytesOf from 'write-excel-file/bytes';
import { generateXlsxFileSync } from 'write-excel-file/sync';

export function xlsxOf(sheets) {
  return generateXlsxFileSync(sheets, undefined, undefined, bytesOf);
}
