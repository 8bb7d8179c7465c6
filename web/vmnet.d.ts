/**
 * V-MNet in a browser: vessels, diseases and their explanation from one colour fundus photograph.
 * Research and teaching, not a medical device. Nothing leaves the machine.
 *
 *   import { load } from './web/vmnet.js';
 *   const model = await load();
 *   const r = await model.screen(file);
 *   console.log(r.decision.answer, r.decision.reasons);
 *   for (const d of r.diseases) console.log(d.name, d.probability);
 *   model.close();
 */

/** `relaxed`: relaxed SIMD, faster, last bits may differ between hosts. `-mt`: threads. */
export type Variant = 'simd' | 'relaxed' | 'simd-mt' | 'relaxed-mt';

/**
 * - `argument` a parameter is out of its range
 * - `memory` an allocation failed
 * - `weights` the weights file is damaged, incomplete or of an unknown version
 * - `format` the bytes are neither JPEG, PNG, WebP nor TIFF, or a TIFF of a rare kind
 * - `damaged` a photograph that is truncated or corrupt
 * - `too-large` over 64 MiB, 40 megapixels, 8192 pixels a side or the model's `maxMegapixels`
 * - `too-small` a side under 256 pixels
 * - `not-fundus` no field of view: blank, grey, or not a fundus photograph
 * - `runtime` the module stopped; the next call starts a fresh one
 * - `network` a file could not be fetched, or is something else
 * - `unsupported` this browser lacks WebAssembly SIMD or the forced variant's needs
 * - `worker` the Worker could not be started
 * - `aborted` cancelled by the caller's signal or by close()
 */
export type VmnetErrorCode =
  | 'argument'
  | 'memory'
  | 'weights'
  | 'format'
  | 'damaged'
  | 'too-large'
  | 'too-small'
  | 'not-fundus'
  | 'runtime'
  | 'network'
  | 'unsupported'
  | 'worker'
  | 'aborted';

/** Its text reads `input: what is wrong and the limit; the remedy`. `.name` is 'AbortError' when `.code` is 'aborted'. */
export class VmnetError extends Error {
  constructor(
    code: VmnetErrorCode,
    message: string,
    options?: { cause?: unknown; facts?: Readonly<Record<string, string | number>> },
  );
  readonly code: VmnetErrorCode;
  /** For texts of one's own: `why` names the case where a code has several, others what it is about, such as `width`. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Progress {
  /** load: 'module', 'weights', 'start'; screen: 'start' (after a crash or a cancelled call), 'decode', 'network', 'layers'. */
  phase: 'module' | 'weights' | 'start' | 'decode' | 'network' | 'layers';
  /** 0..1 within the phase; null when the total is not known. */
  fraction: number | null;
  /** Bytes so far and in all, where bytes are what is counted. */
  loaded?: number;
  total?: number | null;
}

export interface LoadOptions {
  /**
   * `int8` takes vmnet-int8.safetensors, as large and faster; weights/RESULTS.md says what that costs. Default
   * `f32`; in the package `int8`, which holds no other. Counts only where weightsUrl is left out. The page's service worker
   * keeps the f32 file alone for use offline.
   */
  precision?: 'f32' | 'int8';
  /** The weights file. Default: the one of `precision`; in the package weights/, in a checkout ../weights/, beside the module. */
  weightsUrl?: string | URL;
  /** The folder with vmnet-*.wasm and vmnet-*.mjs. Default: in the package wasm/, in a checkout ../build/wasm/. */
  wasmUrl?: string | URL;
  /** worker.js. Default: beside the module. From another origin it needs CORS, and `worker-src blob:` in the page's policy. */
  workerUrl?: string | URL;
  /** S, the side of the network's input: 256..1024 in steps of 32. Default 512. Larger finds thinner vessels. At others than 512 no lesions, arteries and grades, and nothing is turned upright. */
  size?: number;
  /** 1..64. Default: the processors there are, at most 8. More than one only where the page is cross-origin isolated. */
  threads?: number;
  /** Takes this variant or fails with 'unsupported', instead of the best one that works. */
  variant?: Variant;
  /** Megapixels of the largest photograph, above 0 to 40. Default 40. Memory is reserved for it once: about 4 MB each. */
  maxMegapixels?: number;
  onProgress?: (progress: Progress) => void;
  /** Cancels the fetches and the start. */
  signal?: AbortSignal;
}

export interface ClassInfo {
  /** The name in lower case with '-' for all but letters and digits. */
  id: string;
  /** From the weights file. */
  name: string;
  /** On the probability, 0..1: of a model the cut of the balanced point, of a result that of its `decision.operating_point`. */
  threshold: number;
}

/** A cut on the probability, with its sensitivity and specificity on the photographs that it was chosen on, 0..1. */
export interface OperatingPoint {
  threshold: number;
  sensitivity: number;
  specificity: number;
}

/** Operating points: `screening` refers more, `specific` less, `balanced` is the default. */
export type PointName = 'screening' | 'balanced' | 'specific';

export interface ModelClass extends ClassInfo {
  /** Whether it is a disease that the test looks for: neither normal nor others taken together. */
  named: boolean;
  /**
   * `screening` misses few, `balanced` is `threshold`, `specific` alarms few for nothing; by rising threshold, chosen on
   * validation photographs. null for weights without them. Of normal the cuts that 'no-finding' asks for, which fall: with
   * the shares of the healthy eyes that then read so and of the diseased that do not.
   */
  points: Record<PointName, OperatingPoint> | null;
}

export interface ModelInfo {
  simd: 'relaxed' | 'plain';
  variant: Variant;
  threads: number;
  /** Name of the weights, from the weights file. */
  weights: string;
  /** Hex. null where crypto.subtle is missing: `notes` says so. */
  weightsSha256: string | null;
  wasmSha256: string | null;
  version: string;
  size: number;
  maxMegapixels: number;
  /** Number of weights in the network. */
  parameters: number;
  /** What is drawn beside the vessels: 'disc' and 'cup', or nothing. */
  structures: string[];
  /** The kinds of lesion that are drawn: of 'microaneurysms', 'haemorrhages', 'hard-exudates', 'soft-exudates'; or none. */
  lesions: string[];
  /** The id of the class that is graded, 'diabetic-retinopathy'; null for weights that give no grade, and where `size` is not 512. */
  grade: string | null;
  classes: ModelClass[];
  /** In words: why it is not the fastest variant, or what is missing. Often empty. */
  notes: string[];
}

/** 8 bit, row by row, at the photograph's resolution. */
export interface Layer {
  width: number;
  height: number;
  /** [height][width], 255 = 1; 0 outside the field of view. */
  data: Uint8Array<ArrayBuffer>;
}

/** A map of the network's own grid over the square around the field of view, row by row; size/16 cells a side. */
export interface Map16 {
  width: number;
  height: number;
  data: Float32Array<ArrayBuffer>;
}

/**
 * What the disease decoder sees, in the order of its steps, for teaching. The features F have many channels; shown is
 * their mean in each cell, from 0 up, in the network's own units. The guide is one channel, so in each cell
 * after = before * (1 + a * strength * guide), a being learnt and strength being ScreenOptions.guide.
 */
export interface Stages {
  /** F, before the guide. */
  before: Map16;
  /** G, 0..1; the same object as `guideMap`. */
  guide: Map16;
  /** F', after the guide: the diseases and their heatmaps are read from these features. */
  after: Map16;
}

export interface Disease extends ClassInfo {
  /** The network's own output. */
  logit: number;
  /** 0..1, calibrated as the weights file says. */
  probability: number;
  /**
   * probability >= threshold: true exactly where `decision` has it as a finding. Of normal: the cut that it must reach for
   * 'no-finding', so that it is never true beside the reason 'not-normal'. Before there were `cuts`, both were of the
   * balanced point, whichever one was asked for.
   */
  positive: boolean;
  /** Where `decision.at` cuts at each operating point. */
  cuts: Record<PointName, number>;
  /** Grad-CAM of this class, 255 = its own strongest place; null when it was not asked for. */
  heatmap: Layer | null;
}

/**
 * What speaks against a photograph: `dark`, `bright` overexposed, `blurred`, `low-contrast` hazy, `field-cut` much of the
 * field is black, `not-fundus` something else than a colour fundus photograph, `no-vessels` none to speak of in the field,
 * `colours` not a camera's: blue is missing, the same as green, or in its place, `turned` the optic disc lies above or below the
 * middle: perhaps the photograph lies on its side.
 */
export type QualityReason =
  | 'dark'
  | 'bright'
  | 'blurred'
  | 'low-contrast'
  | 'field-cut'
  | 'not-fundus'
  | 'no-vessels'
  | 'colours'
  | 'turned';

export interface Quality {
  /**
   * 0..1, the probability that the photograph can be judged: what the network says, and no more than what is measured on
   * the photograph says; 0 where it is almost black, shows no vessels at all or has colours that cannot be a retina's.
   */
  gradability: number;
  threshold: number;
  /** gradability >= threshold; where it is false the answer is 'repeat'. */
  gradable: boolean;
  /** Where it is not gradable, or barely, or may hide something: an answer is never 'no-finding' beside one. May be empty. */
  reasons: QualityReason[];
}

/**
 * What is to be done. There is no other answer, and none of them says that an eye is healthy.
 * - `refer` a disease that the test looks for reaches its cut
 * - `unclear` somebody should look: no such disease reaches its cut, and the photograph does not read as normal either, or
 *   may hide something
 * - `repeat` the photograph cannot be judged; of several, also: one could not be read
 * - `no-finding` by this test, which cannot see other diseases: normal reaches its own cut, and nothing speaks against it
 */
export type Answer = 'refer' | 'unclear' | 'repeat' | 'no-finding';

/**
 * - `finding` the class `disease` reaches its cut; of an answer 'unclear' that is one of others taken together, or, of several
 *   photographs, one found in a photograph that cannot be judged, as of 'repeat'
 * - `near` the class `disease` lies just under its cut
 * - `not-normal` normal does not reach its own cut
 * - `evidence` all classes together, though under their cuts, speak too much for something
 * - `normal` normal reaches its cut, and nothing speaks against it
 * - `not-gradable` the network says so, and nothing that is measured says why
 * - `not-readable`, `both-eyes` only of several photographs (decideTogether()): see NotJudged
 * - the rest: as QualityReason
 */
export type ReasonCode =
  | 'finding'
  | 'near'
  | 'not-normal'
  | 'evidence'
  | 'normal'
  | 'not-gradable'
  | 'not-readable'
  | 'both-eyes'
  | QualityReason;

export interface Reason {
  code: ReasonCode;
  /** The id of the class, with `finding` and `near` alone. */
  disease?: string;
}

/**
 * What is to be said of the diseases that the test looks for and no reason names: they are not suspected; nothing, as the
 * photograph, or that of one eye of a patient, cannot be judged or not be read; or nothing, as they may be hidden: by a suspected cataract,
 * judged or not, or by the quality of a photograph that can be judged.
 */
export type Rest = 'not-suspected' | 'not-judged' | 'hidden';

/** What stands for a photograph of which nothing is known: null, it could not be read; 'both-eyes', its file is given as both eyes. */
export type NotJudged = null | 'both-eyes';

/** An answer and why, the strongest reason first; there is at least one. */
export interface Decided {
  answer: Answer;
  reasons: Reason[];
  rest: Rest;
}

/** The answer at the operating point that was asked for, and at each of them. */
export interface Decision extends Decided {
  operating_point: PointName;
  at: Record<PointName, Decided>;
  /** The ids of the diseases that the test looks for. It cannot see others. */
  looks_for: string[];
}

/** A circle in the photograph's pixels. */
export interface OpticDisc {
  /** Whether the confidence suffices; the circle is only a guess where it does not. */
  found: boolean;
  x: number;
  y: number;
  radius: number;
  /** 0..1, that the centre lies in the true disc. */
  confidence: number;
}

/** The eye, from the side that the optic disc is on, if the photograph is not mirrored. */
export interface Laterality {
  /** OD right, OS left; null where the disc is not found or in the middle. */
  guess: 'OD' | 'OS' | null;
  /** 0..1; 0 where there is no guess. */
  confidence: number;
  /** Only in a report that the page has saved: the eye as a person corrected it, null for not known. */
  chosen?: 'OD' | 'OS' | null;
}

/**
 * How far a mask reaches. Lengths are in diameters of the field of view, `_px` in the photograph's pixels. Of a photograph that was
 * turned (see `Orientation`) height and width are of the upright one; the middle is in the one that was given.
 */
export interface Extent {
  /** Middle of the rectangle around it, in the photograph's pixels. */
  x: number;
  y: number;
  /** Of that rectangle, along the columns of the photograph upright. */
  height: number;
  height_px: number;
  width: number;
  width_px: number;
  /** In square field diameters. */
  area: number;
}

/**
 * Why there are no ratios: `no-output` the weights draw neither disc nor cup, or `size` is not 512, `not-gradable` the
 * photograph cannot be judged, `not-found` no disc is seen, `cut` it reaches the edge of the field of view, `implausible`
 * what was drawn has not a disc's or cup's shape, size and place, or there is another of its kind, `no-cup` too small or too
 * faint to be drawn.
 */
export type DiscReason = 'no-output' | 'not-gradable' | 'not-found' | 'cut' | 'implausible' | 'no-cup';

/**
 * Optic disc and cup as the network draws them, in an upright photograph. A photograph shows pallor and vessels, not depth. The
 * answer does not rest on them. Compare only results of one weights file.
 */
export interface DiscAndCup {
  /** Whether the ratios say something. */
  valid: boolean;
  /** null where valid. */
  reason: DiscReason | null;
  /** Vertical cup-to-disc ratio, 0..1: height of the cup / height of the disc. null unless valid. */
  vertical_ratio: number | null;
  /** Area of the cup / area of the disc, 0..1. null unless valid. */
  area_ratio: number | null;
  /**
   * The rim by the hours of a clock face on the upright photograph, [12] from twelve o'clock on: from the cup's margin to the
   * disc's along rays from the disc's middle, as a share of the disc's diameter along the same line, mean over the 30 degrees
   * around the hour; 0..1. Right on the whole, to 0.04; which hour is the narrowest it does not tell. null unless valid; undefined in reports of programs that did not measure it.
   */
  rim?: number[] | null;
  /** null unless valid or 'no-cup'. */
  disc: Extent | null;
  /** null unless valid. */
  cup: Extent | null;
}

export type LesionKind = 'microaneurysms' | 'haemorrhages' | 'hard_exudates' | 'soft_exudates';

/**
 * Regions of the ETDRS grid: the centre, to 1/3 disc diameter from the fovea's place, and rings from there to 1 and from 1 to 2,
 * each in quarters between the diagonals.
 */
export type EtdrsRegion = 'centre' | `${'inner' | 'outer'}_${'superior' | 'nasal' | 'inferior' | 'temporal'}`;

/** Lesions of one kind, where the network's probability reaches the threshold. */
export interface LesionMeasures {
  /** On the probability, from the weights file. */
  threshold: number;
  /** How many; those that touch are one. */
  count: number;
  /** Share of the field of view that is seen, 0..1. */
  area: number;
  /** Of `count`, around the fovea's place; null where that is unknown. */
  quadrants: { superotemporal: number; superonasal: number; inferotemporal: number; inferonasal: number } | null;
  /** Of `count`, within one disc diameter of the fovea's place; null where that is unknown. */
  macula: number | null;
  /**
   * In the ETDRS grid around the fovea's place: how much of a region the photograph shows (0..1), how many lesions have their
   * middle in it, and their area in it in square disc diameters. A region is null where the photograph shows under half of
   * it; all is null where that place is unknown, undefined in reports of programs that did not measure it.
   */
  regions?: Record<EtdrsRegion, { seen: number; count: number; area: number } | null> | null;
}

/**
 * Lesions as the network draws them, which learnt from 54 photographs of one camera: on some eyes without retinopathy a few
 * are drawn falsely, and many faint ones are not: none drawn does not mean that there is none. The answer does not rest on
 * them. Compare only results of one weights file.
 */
export interface Lesions {
  /** Whether lesions were looked for. */
  valid: boolean;
  /** `no-output` the weights draw none, or `size` is not 512, `not-gradable` the photograph cannot be judged; null where valid. */
  reason: 'no-output' | 'not-gradable' | null;
  /** Where the fovea should be, told from the optic disc, in the photograph's pixels; null where disc or eye are unknown. */
  fovea: { x: number; y: number } | null;
  /** null unless valid, and where the weights do not draw this kind. */
  microaneurysms: LesionMeasures | null;
  haemorrhages: LesionMeasures | null;
  hard_exudates: LesionMeasures | null;
  soft_exudates: LesionMeasures | null;
}

/**
 * Calibres of the vessels around the optic disc, in zone B: the six widest of a kind that cross a circle make one equivalent
 * (Knudtson et al. 2003), the median over nine circles. Compare only results of one `size`, one weights file and one camera.
 */
export interface Calibres {
  valid: boolean;
  /** `no-disc` the optic disc is not found, `cut` under three of the circles are whole in view, `few-vessels` under six of a kind. */
  reason: 'no-disc' | 'cut' | 'few-vessels' | null;
  /** How many cross a circle, the median. */
  arteries: number;
  veins: number;
  /** Central retinal artery equivalent, in diameters of the field of view, `_px` in the photograph's pixels; null unless valid. */
  crae: number | null;
  crae_px: number | null;
  /** Central retinal vein equivalent, likewise. */
  crve: number | null;
  crve_px: number | null;
  /** Artery-to-vein ratio: crae / crve; null unless valid. */
  ratio: number | null;
}

/** Arteries and veins as the network tells them apart where it draws vessels. The answer does not rest on them. */
export interface Arteries {
  /** Whether they were told apart. */
  valid: boolean;
  /** `no-output` the weights do not tell them apart, or `size` is not 512, `not-gradable` the photograph cannot be judged. */
  reason: 'no-output' | 'not-gradable' | null;
  /** Share of the field of view, 0..1; null unless valid. */
  artery_density: number | null;
  vein_density: number | null;
  /** null unless valid. */
  calibres: Calibres | null;
}

/**
 * How severe diabetic retinopathy is, on the International Clinical Diabetic Retinopathy scale (Wilkinson et al. 2003), as far
 * as one photograph shows it. The answer does not rest on it.
 */
export interface Grade extends GradeAt {
  /**
   * Calibrated probability of at least grade 1, 2, 3 and 4, none larger than the one before; null where there is no output and
   * where the photograph cannot be judged.
   */
  at_least: [number, number, number, number] | null;
  /** The same at each operating point; what stands beside it is of `decision.operating_point`. */
  at: Record<PointName, GradeAt>;
}

/** The grade at one operating point: what is suspected there is graded. */
export interface GradeAt {
  /** Whether there is a grade. */
  valid: boolean;
  /**
   * `no-output` the weights give none, or `size` is not 512, `not-gradable` the photograph cannot be judged, `not-suspected`
   * diabetic retinopathy does not reach its cut at the point, nor is it near it, `disagrees` it does, or is near it, and the
   * grade would be none.
   */
  reason: 'no-output' | 'not-gradable' | 'not-suspected' | 'disagrees' | null;
  /** 1 mild, 2 moderate, 3 severe nonproliferative, 4 proliferative; null unless valid. */
  grade: 1 | 2 | 3 | 4 | null;
}

/**
 * How the photograph lies. One that lies on its side is turned upright before all else is found. Layers and places of the result
 * are in the photograph as it was given; what has a direction (hours of the clock, quadrants, heights and widths, the eye) is of
 * the upright one.
 */
export interface Orientation {
  /**
   * By how many degrees it was turned clockwise, 0 for not at all. Turned, it may stand on its head: then `laterality` is the other
   * eye's. Somebody should look.
   */
  turned: 0 | 90 | 270;
  /** Chance that it lies on its side, 0..1; null where the weights do not say, or `size` is not 512. */
  sideways: number | null;
}

/** A rectangle of the photograph that holds a whole mask, 8 bit, row by row. */
export interface Patch {
  /** Its upper left pixel. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** [height][width], 255 inside, else 0. */
  data: Uint8Array<ArrayBuffer>;
}

/**
 * The vessels in one region, counted on the network's own grid. Lengths are in diameters of the field of view, `_px` in
 * the photograph's pixels; null where a measure says nothing. Definitions and sources: vm_measures in src/vmnet.h.
 * Compare only results of one `size` and one weights file.
 */
export interface VesselMeasures {
  /** Share of the region that the photograph shows, 0..1. */
  seen: number;
  /** Share of what is seen that is vessel, 0..1. */
  density: number;
  /** Of the centre lines. */
  length: number;
  length_px: number;
  /** Length per area seen. */
  length_density: number;
  /** Mean: vessel area / length. */
  width: number | null;
  width_px: number | null;
  /** Branchings and crossings. */
  branch_points: number;
  /** Box counting on the centre lines: 1 a line, 2 a filled plane. */
  fractal_dimension: number | null;
  /** Length / chord of the segments between branch points; 1 straight. */
  tortuosity: number | null;
}

/** See web/report.schema.json. The command writes the same. */
export interface Report {
  schema: 'vmnet-report-2';
  notice: string;
  version: string;
  image: { name: string | null; sha256: string | null; width: number; height: number };
  model: {
    weights_sha256: string | null;
    binary_sha256: string | null;
    variant: 'native' | Variant;
    threads: number;
    size: number;
    guide: number;
    /** Whether vessels, arteries and their measures are means over mirror images: `ScreenOptions.fine`. */
    fine?: boolean;
  };
  decision: Decision;
  /** What the rules of who runs the page say to do about the answer, or the patient's where that is more urgent; only in reports that the page saves. */
  clinic?: {
    rules: string;
    plans: {
      action: 'refer' | 'physician' | 'look' | 'repeat' | 'recall' | 'none';
      within?: string;
      notes: string[];
    }[];
  };
  field_of_view: { x: number; y: number; radius: number };
  /** Absent from reports of programs that did not look at it. */
  orientation?: Orientation;
  quality: Quality;
  optic_disc: OpticDisc;
  /** Absent from reports of programs that drew neither. */
  disc_and_cup?: DiscAndCup;
  /** Absent from reports of programs that drew none. */
  lesions?: Lesions;
  /** Absent from reports of programs that did not tell them apart. */
  arteries?: Arteries;
  /** Absent from reports of programs that did not grade. */
  grade?: Grade;
  laterality: Laterality;
  vessels: {
    density: number;
    threshold: number;
    field: VesselMeasures;
    zone_b: VesselMeasures | null;
    zone_c: VesselMeasures | null;
  };
  diseases: {
    id: string;
    name: string;
    logit: number;
    probability: number;
    threshold: number;
    positive: boolean;
    /** Absent from reports of programs whose `threshold` and `positive` were of the balanced point, whichever one was asked for. */
    cuts?: Record<PointName, number>;
    heatmap_max: number;
  }[];
}

export interface ScreenOptions {
  /** 0..1, strength of the vessel guide. Default 1, what the network was trained with. */
  guide?: number;
  /** Of `decision` in the result, which tells the answers at the others as well. Default 'balanced'. */
  point?: PointName;
  /**
   * Vessels, arteries and their measures as the mean over the photograph and its three mirror images: finer, in four times the
   * time (weights/RESULTS.md has the figures). The answer, the diseases and all else are the same. Default false.
   */
  fine?: boolean;
  /**
   * Which heatmaps to draw: all (default), none, those of what is suspected at any operating point, or those of these ids.
   * Each costs a byte a pixel.
   */
  heatmaps?: boolean | 'suspected' | string[];
  /**
   * How large to draw them: their longer side in pixels, from 1 on. Default, and at most: the photograph's own. A heatmap has
   * a grid of size / 16 cells a side, so a small picture holds all of it and costs little.
   */
  heatmapSide?: number;
  /**
   * Draws `vessels.probability`, too, which is not drawn without it: a byte a pixel more. The mask, the answer and all measures
   * need it not, and `vesselMap` holds the same at the network's own resolution. Default false.
   */
  vesselProbability?: boolean;
  /**
   * Gives the photograph along as `picture` of the result, so large on its longer side and at most as it is: for a page that
   * draws it, since browsers know neither TIFF nor DICOM. Whole number from 1. Default: none.
   */
  pictureSide?: number;
  /** For the report and for error texts. Default: the file's name. */
  name?: string;
  /** Of a DICOM object with several photographs, such as a stereo pair: from 1. Default 1. */
  frame?: number;
  /**
   * Leaves patient and study out of `dicom` in the result. The file's name stays in the report: give another `name` where it
   * tells who it is. Default false.
   */
  deidentify?: boolean;
  onProgress?: (progress: Progress) => void;
  /** Rejects at once with 'aborted'; the model stays usable. */
  signal?: AbortSignal;
}

/** What a DICOM object says of itself: passed on, and not looked at by anything that is measured or decided. */
export interface DicomFacts {
  /** UIDs. */
  sopClass: string;
  transferSyntax: string;
  /** Which photograph was screened, from 1, and how many there are. */
  frame: number;
  frames: number;
  /** Image Laterality, else Laterality. */
  laterality: 'R' | 'L' | 'B' | null;
  /** Millimetres between rows, and between columns. */
  pixelSpacing: [number, number] | null;
  /** Dates as YYYYMMDD, times as HHMMSS. null with `deidentify`. */
  patient: { name: string | null; id: string | null; birthDate: string | null; sex: string | null } | null;
  study: {
    /** UIDs of study, series, this object, and its frame of reference; null also for what is no UID (PS3.5 9.1; zeros may lead). */
    uid: string | null;
    series: string | null;
    instance: string | null;
    frameOfReference: string | null;
    id: string | null;
    date: string | null;
    time: string | null;
    accession: string | null;
    referrer: string | null;
  } | null;
}

export interface ScreenResult {
  /** Of the photograph, upright. */
  width: number;
  height: number;
  /** Both [height][width]: mask 255 = vessel, else 0; probability 255 = 1, null unless `vesselProbability` asked for it. */
  vessels: {
    width: number;
    height: number;
    probability: Uint8Array<ArrayBuffer> | null;
    mask: Uint8Array<ArrayBuffer>;
  };
  /** Probability of a vessel at the network's own resolution, [size][size]: over the square around the field of view, beyond which it says nothing. */
  vesselMap: Map16;
  /** What is to be done; the same object as `report.decision`. */
  decision: Decision;
  /** With `pictureSide`: what was screened, upright, made small. Its memory is the caller's, to be closed. Else null. */
  picture: ImageBitmap | null;
  /** In the order of the weights file. */
  diseases: Disease[];
  quality: Quality;
  /**
   * A circle in the photograph's pixels; (0, 0) is the corner of the first pixel. Where the photograph shows only one side
   * of a much wider field, or was squeezed, the circle inside the square around what is bright.
   */
  fieldOfView: { x: number; y: number; radius: number };
  /** Share of the field of view that is vessel, 0..1. */
  vesselDensity: number;
  /**
   * The whole field of view, and rings of 0.5 to 1 (zone B) and 0.5 to 2 (zone C) disc diameters from the optic disc's
   * margin: null where the disc is not found or less than half of the ring is seen.
   */
  measures: { field: VesselMeasures; zoneB: VesselMeasures | null; zoneC: VesselMeasures | null };
  opticDisc: OpticDisc;
  /** The same object as `report.disc_and_cup`. */
  discAndCup: DiscAndCup;
  /** Masks of the optic disc and of its cup, which lies inside it, over the same rectangle: null where `discAndCup` holds none. */
  disc: Patch | null;
  cup: Patch | null;
  /** The same object as `report.lesions`. */
  lesions: Lesions;
  /**
   * Which lesion is drawn where, at the photograph's resolution: 0 none, 1 microaneurysm, 2 haemorrhage, 3 hard exudate, 4 soft
   * exudate. null where there are none.
   */
  lesionMap: Layer | null;
  /** The same object as `report.arteries`. */
  arteries: Arteries;
  /**
   * Probability that a vessel is an artery, not a vein, over the square around the field of view; where there is no vessel it
   * says nothing. null unless `arteries` is valid.
   */
  arteryMap: Map16 | null;
  /** The same object as `report.grade`. */
  grade: Grade;
  /** The same object as `report.orientation`. */
  orientation: Orientation;
  laterality: Laterality;
  /** G, the vessel guide, 0..1, [size/16][size/16]: in the square around the field of view. */
  guideMap: Map16;
  /** Features before and after the guide. The network's input is the square around fieldOfView at `report.model.size`. */
  stages: Stages;
  report: Report;
  /** Where the file is a DICOM object, else null; also null for what `decode()` decoded. */
  dicom: DicomFacts | null;
  /** `notes`: the model's, and what of the file was not looked at, such as the other pages of a TIFF. */
  info: { variant: Variant; threads: number; milliseconds: number; notes: string[] };
}

export type Photograph =
  | ImageData
  | Blob
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | HTMLImageElement
  | DecodedPhotograph;

/** A file that `decode()` has decoded. `screen()` takes it once, and its memory with it. */
export interface DecodedPhotograph {
  readonly name: string | null;
  /** Pixels, upright. Of a TIFF as its header says them, since its pixels are decoded only when it is screened; 0 of what `screen()` will refuse as no picture. */
  readonly width: number;
  readonly height: number;
  /** Gives the memory back if it is not screened after all. */
  close(): void;
}

export type Lesion = 'haemorrhages' | 'exudates' | 'drusen';

export interface PhantomOptions {
  /** Whole number from 0; the same seed draws the same photograph everywhere. Default 1. */
  seed?: number;
  /** Pixels a side, from 256. Default 768. */
  side?: number;
  lesions?: Lesion[];
  /** Cup-to-disc ratio, above 0 to 1. Default 0.4. */
  cup?: number;
  /** Multiplies the width of all vessels, 0.6 to 1.6; where they run stays the same. Default 1. */
  calibre?: number;
}

export interface Phantom {
  photo: ImageData;
  /** The truth: 255 where a vessel or a lesion was drawn, else 0. */
  vessels: Layer;
  lesions: Layer;
  /** Where they were drawn, in the photograph's pixels. radius: half the disc's width; it is a little taller. */
  opticDisc: { x: number; y: number; radius: number };
  fovea: { x: number; y: number };
  /** Mean width of the vessels that were drawn, in the photograph's pixels, weighted by their length. */
  vesselWidth: number;
}

export interface Model {
  readonly info: ModelInfo;
  /**
   * Screens one photograph. Calls queue; each has its own options. The photograph is read, not changed.
   * @throws {VmnetError} 'argument', 'memory', 'format', 'damaged', 'too-large', 'too-small', 'not-fundus', 'runtime',
   *   'worker', 'aborted'. None of them harms the model: the next good photograph works.
   */
  screen(photograph: Photograph, options?: ScreenOptions): Promise<ScreenResult>;
  /**
   * Decodes a JPEG, PNG or WebP file ahead of its turn, while another photograph is screened: 4 bytes a pixel until it is
   * screened or closed. Where several `screen()` calls wait, the next file is decoded ahead without this.
   * @throws {VmnetError} 'argument', 'memory', 'format', 'damaged', 'too-large', 'too-small'
   */
  decode(photograph: Blob, options?: { name?: string }): Promise<DecodedPhotograph>;
  /**
   * Draws a made-up fundus photograph for teaching and tests.
   * @throws {VmnetError} 'argument', 'memory', 'runtime', 'worker'
   */
  phantom(options?: PhantomOptions): Promise<Phantom>;
  /**
   * The answer for an eye from several photographs of it, and for a patient from those of his eyes.
   * - An eye: the worst of the photographs that can be judged ('refer', 'unclear', 'no-finding'); 'repeat' where none can. One
   *   that cannot be judged and on which something is suspected all the same counts as 'unclear' beside judged ones.
   * - A patient: the worst of his eyes ('refer', 'unclear', 'repeat', 'no-finding'): no eye clears another that was not judged.
   * - A photograph that could not be read (screen() rejected, or the file was not there) is given as null, with its eye. It is
   *   an eye that was not judged: 'repeat' for 'not-readable', unless another photograph of that eye was judged. Of an unknown
   *   eye it may be either, and counts unless two known eyes were judged.
   * - One file that is given as both eyes of a patient judges neither: nobody knows of which it is. Give 'both-eyes' for either
   *   eye, and the file's own decision once, of an unknown one: 'repeat' for 'both-eyes', unless the file itself says more.
   *
   * Reasons are those of the photographs that gave the answer, each once, in one order whatever that of the photographs; `rest`
   * is the most cautious of them, and of all eyes of a patient. Does not wait for `screen()` calls that have not begun.
   * @param decisions `result.decision` of one or more photographs, screened with weights of the same classes, or NotJudged
   * @param point Default 'balanced'.
   * @param eyes Of which eye each decision is, such as 'OD' and 'OS': the same text is the same eye; '' or null an unknown
   *   one, which counts as an eye of its own. All of one text: the answer for that eye. Default: all are unknown.
   * @throws {VmnetError} 'argument', 'memory', 'runtime', 'worker', 'aborted'
   */
  decideTogether(decisions: (Decision | NotJudged)[], point?: PointName, eyes?: (string | null)[]): Promise<Decided>;
  /** Ends the Worker: all memory is given back. Calls under way reject with 'aborted'. */
  close(): void;
}

/**
 * Fetches the module and the weights, starts a Worker and builds the network.
 * @throws {VmnetError} 'argument', 'memory', 'weights', 'runtime', 'network', 'unsupported', 'worker', 'aborted'
 */
export function load(options?: LoadOptions): Promise<Model>;
