/**
 * node wasm/constants.mjs MODULE.mjs FILE: writes web/constants.js from what the module says of itself (vm_constants), for
 * code that needs a limit or a name before a module is there. The file is in git; `make wasm` writes it, a test compares it.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Pages of 64 KiB: the least memory that the module accepts. */
const PAGES = 1024;

/** By its name here: a table, and the type of web/vmnet.d.ts that must have just these names: tsc compares. */
const TABLES = {
  point: ['points', 'PointName', 'operating points, by rising thresholds'],
  answer: ['answers', 'Answer', 'what is to be done'],
  reason: ['reasons', 'ReasonCode', 'why'],
  quality: ['quality', 'QualityReason', 'what speaks against a photograph'],
  lesion: ['lesions', 'Lesion', "a phantom's"],
  drawn_lesion: ['drawn_lesions', 'LesionKind', 'that the network draws; `lesionMap` counts from one'],
};

const LIMITS = {
  max_bytes: "of a photograph's file",
  max_pixels: 'width times height of a photograph',
  max_side: 'of a photograph, in pixels',
  min_side: 'of a photograph, in pixels',
  size_default: "S, the side of the network's input",
  size_min: 'of S',
  size_max: 'of S',
  size_step: 'of S',
  max_threads: '',
  calibre_min: "of a phantom's vessels",
  calibre_max: "of a phantom's vessels",
};

/** @param {string} glueUrl of a module without threads @returns {Promise<any>} vm_constants as an object */
export async function constantsOf(glueUrl) {
  const { default: glue } = await import(glueUrl);
  const c = await glue({ wasmMemory: new WebAssembly.Memory({ initial: PAGES, maximum: PAGES }) });
  const json = c._vmw_constants(c._malloc(c._vmw_error_size()));
  if (json === 0) throw new Error('vm_constants: out of memory');
  return JSON.parse(c.UTF8ToString(json));
}

/** @param {any} constants of constantsOf @returns {string} the text of web/constants.js */
export function moduleText(constants) {
  const lines = [
    '/** What the core counts in, before a module is there to be asked. Written by wasm/constants.mjs; edit src/vmnet.h. */',
    '',
    "/** @import { Answer, Lesion, LesionKind, PointName, QualityReason, ReasonCode } from './vmnet.js' */",
    '',
  ];
  for (const [name, about] of Object.entries(LIMITS)) {
    if (about !== '') lines.push(`/** ${about} */`);
    lines.push(`export const ${name.toUpperCase()} = ${constants.limits[name]};`);
  }
  lines.push('', "/** a report's `schema` */", `export const REPORT = '${constants.report}';`);
  for (const [name, [table, type, about]] of Object.entries(TABLES)) {
    lines.push('', `/** ${about} @type {Readonly<Record<${type}, number>>} */`, `export const ${name.toUpperCase()}_NUMBERS = {`);
    for (const [key, value] of Object.entries(constants[table]))
      lines.push(`  ${/^\w+$/.test(key) ? key : `'${key}'`}: ${value},`);
    lines.push('};');
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [glue, file] = process.argv.slice(2);
  const text = moduleText(await constantsOf(pathToFileURL(glue).href));
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
