/** What the core counts in, before a module is there to be asked. Written by wasm/constants.mjs; edit src/vmnet.h. */

/** @import { Answer, Lesion, LesionKind, PointName, QualityReason, ReasonCode } from './vmnet.js' */

/** of a photograph's file */
export const MAX_BYTES = 67108864;
/** width times height of a photograph */
export const MAX_PIXELS = 40000000;
/** of a photograph, in pixels */
export const MAX_SIDE = 8192;
/** of a photograph, in pixels */
export const MIN_SIDE = 256;
/** S, the side of the network's input */
export const SIZE_DEFAULT = 512;
/** of S */
export const SIZE_MIN = 256;
/** of S */
export const SIZE_MAX = 1024;
/** of S */
export const SIZE_STEP = 32;
export const MAX_THREADS = 64;
/** of a phantom's vessels */
export const CALIBRE_MIN = 0.6;
/** of a phantom's vessels */
export const CALIBRE_MAX = 1.6;

/** a report's `schema` */
export const REPORT = 'vmnet-report-2';

/** operating points, by rising thresholds @type {Readonly<Record<PointName, number>>} */
export const POINT_NUMBERS = {
  screening: 1,
  balanced: 2,
  specific: 3,
};

/** what is to be done @type {Readonly<Record<Answer, number>>} */
export const ANSWER_NUMBERS = {
  refer: 1,
  unclear: 2,
  repeat: 3,
  'no-finding': 4,
};

/** why @type {Readonly<Record<ReasonCode, number>>} */
export const REASON_NUMBERS = {
  finding: 1,
  near: 2,
  'not-normal': 3,
  evidence: 4,
  normal: 5,
  dark: 6,
  bright: 7,
  blurred: 8,
  'low-contrast': 9,
  'field-cut': 10,
  'not-fundus': 11,
  'no-vessels': 12,
  colours: 13,
  'not-gradable': 14,
  'not-readable': 15,
  'both-eyes': 16,
  turned: 17,
};

/** what speaks against a photograph @type {Readonly<Record<QualityReason, number>>} */
export const QUALITY_NUMBERS = {
  dark: 1,
  bright: 2,
  blurred: 4,
  'low-contrast': 8,
  'field-cut': 16,
  'not-fundus': 32,
  'no-vessels': 64,
  colours: 128,
  turned: 256,
};

/** a phantom's @type {Readonly<Record<Lesion, number>>} */
export const LESION_NUMBERS = {
  haemorrhages: 1,
  exudates: 2,
  drusen: 4,
};

/** that the network draws; `lesionMap` counts from one @type {Readonly<Record<LesionKind, number>>} */
export const DRAWN_LESION_NUMBERS = {
  microaneurysms: 0,
  haemorrhages: 1,
  hard_exudates: 2,
  soft_exudates: 3,
};
