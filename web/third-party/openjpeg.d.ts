/** A codec of Emscripten's: its objects live in the module's memory until they are deleted. */
export interface Codec {
  J2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    delete(): void;
  };
}
export function openjpeg(): Promise<Codec>;
