/** The few parts of geotiff.js that web/photo/tiff.js uses. */

/** Undoes the compression of a strip or tile. */
interface Decoder {
  decode(block: ArrayBuffer): Promise<ArrayBuffer>;
}

export function addDecoder<Parameters>(
  compressions: number[],
  get: () => Promise<new (parameters: Parameters) => Decoder>,
  parametersOf: (fileDirectory: object) => Promise<Parameters>,
): void;

export interface Image {
  fileDirectory: { loadValueIndexed(tag: string, index: number): Promise<number | undefined> };
  readRasters(options: {
    /** Left, top, right, bottom. */
    window: [number, number, number, number];
    samples: number[];
    /** Samples of a pixel lie side by side. */
    interleave: true;
  }): Promise<Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>;
}

export function fromArrayBuffer(file: ArrayBuffer): Promise<{ getImage(index: number): Promise<Image> }>;
