// Zip files, written and read piece by piece. Without fflate's own Workers: the page's policy forbids blob: scripts.
export { strFromU8, strToU8, unzipSync, Zip, ZipDeflate, ZipPassThrough, zipSync } from 'fflate';
