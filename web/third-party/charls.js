import wasmBinary from '@cornerstonejs/codec-charls/decodewasm';
import start from '@cornerstonejs/codec-charls/decodewasmjs';

/** Its binary comes along, so that a bundle of it is one file. */
export const charls = () => start({ wasmBinary, print() {}, printErr() {} });
