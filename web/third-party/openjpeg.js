import wasmBinary from '@cornerstonejs/codec-openjpeg/decodewasm';
import start from '@cornerstonejs/codec-openjpeg/decodewasmjs';

/** Its binary comes along, so that a bundle of it is one file. */
export const openjpeg = () => start({ wasmBinary, print() {}, printErr() {} });
