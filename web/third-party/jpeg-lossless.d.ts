/** JPEG's lossless process; of several components the samples of a pixel lie side by side. */
export class Decoder {
  decode(buffer: ArrayBuffer, offset: number, length: number, bytesPerSample: number): Uint8Array<ArrayBuffer>;
}
