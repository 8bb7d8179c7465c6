/**
 * V-MNet in Node.js 20 or later: the same WebAssembly as in a browser, in a worker thread, so that a server's own loop stays
 * free. Node.js decodes no photographs: pixels come from a library such as sharp.
 *
 *   import { load } from 'vmnet-web/node';
 */

import type {
  Decided,
  Decision,
  DicomFacts,
  ModelInfo,
  NotJudged,
  PointName,
  ScreenOptions,
  ScreenResult,
} from './vmnet.js';

export { VmnetError } from './vmnet.js';

export interface NodeLoadOptions {
  /** A file's path or file: address, or its bytes. Default: the package's int8 weights. */
  weights?: string | URL | Uint8Array;
  /** The folder with vmnet-*.wasm and vmnet-*.mjs, as a path or file: address. Default: the package's. */
  wasm?: string | URL;
  /** S, the side of the network's input: 256..1024 in steps of 32. Default 512. */
  size?: number;
  /** 'relaxed' is faster where Node.js has relaxed SIMD (22 and later). Default: the best that it has. */
  variant?: 'simd' | 'relaxed';
  /** Megapixels of the largest photograph, above 0 to 40. Default 40. */
  maxMegapixels?: number;
}

/** Upright, row by row, without colour management. */
export interface Pixels {
  /** [height][width][4]: red, green, blue, alpha. */
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  /** Of a DICOM object, as readDicom() of vmnet-web/dicom gives both: they come back in the result. */
  dicom?: DicomFacts;
  notes?: string[];
}

export interface NodeScreenOptions
  extends Pick<ScreenOptions, 'guide' | 'point' | 'fine' | 'heatmaps' | 'heatmapSide' | 'vesselProbability' | 'name'> {
  /** The bytes of the file that the pixels come from: their hash goes into the report, and a damaged JPEG or PNG is refused. */
  file?: Uint8Array;
}

export interface NodeModel {
  readonly info: ModelInfo;
  /**
   * Screens one photograph; calls queue. The pixels are copied.
   * @throws {VmnetError} 'argument', 'memory', 'damaged', 'too-large', 'too-small', 'not-fundus', 'runtime', 'aborted'
   */
  screen(pixels: Pixels, options?: NodeScreenOptions): Promise<ScreenResult>;
  /** As `Model.decideTogether()`. */
  decideTogether(decisions: (Decision | NotJudged)[], point?: PointName, eyes?: (string | null)[]): Promise<Decided>;
  /** Ends the thread; calls under way reject with 'aborted'. Until then the thread does not keep the process alive by itself. */
  close(): Promise<void>;
}

/** @throws {VmnetError} 'argument', 'memory', 'weights', 'network' (a file that is not there), 'unsupported', 'runtime' */
export function load(options?: NodeLoadOptions): Promise<NodeModel>;
