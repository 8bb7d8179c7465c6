/** A codec of Emscripten's: its objects live in the module's memory until they are deleted. */
export interface Codec {
  JpegLSDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    /** 0: one component after another; else the samples of a pixel lie side by side. */
    getInterleaveMode(): number;
    delete(): void;
  };
}
export function charls(): Promise<Codec>;
