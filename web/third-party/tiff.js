// TIFF: strips and tiles put together, and JPEG inside. web/photo/tiff.js brings the other compressions, with limits.
export { addDecoder, fromArrayBuffer } from 'geotiff';
