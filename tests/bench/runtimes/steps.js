/**
 * The Worker's part of the way from a photograph's file to the drawn answer, step by step, with the product's own code:
 * tests/bench/steps.c. It tells the page (drawn.js) when the file is read and when the answer is there.
 */

import { buffersOf, Engine } from '/web/engine.js';
import { readPhotograph } from '/web/photo/read.js';

/** As vm_screen takes them; steps.c counts them in this order. */
const IN_SCREEN = ['field', 'cut', 'network', 'optic disc', 'measures', 'quality'];
const NAME = 'photograph';

/** @param {{ variant: string, size: number, weights: string, side: number, photo: string }} options photo: address of a file */
export async function start({ variant, size, weights, side, photo }) {
  const [file, module, bytes, { default: create }] = await Promise.all([
    fetch(photo).then((response) => response.blob()),
    WebAssembly.compileStreaming(fetch(`/build/bench/wasm/steps-${variant}.wasm`)),
    fetch(weights).then((response) => response.arrayBuffer()),
    import(`/build/bench/wasm/steps-${variant}.mjs`),
  ]);
  /** @type {Record<string, number>} */
  let spent = {};
  /** @type {any} */
  let c = null;
  /** @type {any} */
  let memory = null;
  const timed =
    (/** @type {string} */ step, /** @type {any} */ f) =>
    (/** @type {any[]} */ ...given) => {
      const begin = performance.now();
      const value = f(...given);
      spent[step] = (spent[step] ?? 0) + performance.now() - begin;
      return value;
    };
  const glue = async (/** @type {any} */ options) => {
    memory = options.wasmMemory;
    const exported = await create(options);
    c = Object.create(exported);
    c._vmw_screen = timed('core', exported._vmw_screen);
    c._vmw_report = timed('report', exported._vmw_report);
    c._vmw_vessels = timed('layers', exported._vmw_vessels);
    c._vmw_heatmap = timed('layers', exported._vmw_heatmap);
    return c;
  };
  const maxMegapixels = (side * side) / 1e6;
  const sums = { weightsSha256: null, wasmSha256: null };
  const given = { glue, module, weights: new Uint8Array(bytes), variant, threads: 1, size, maxMegapixels, ...sums };
  const engine = await Engine.start(/** @type {any} */ (given));

  /** One photograph, as web/worker.js takes it; milliseconds by step. @param {number} heatmapSide as the page asks for it */
  const once = async (heatmapSide) => {
    spent = {};
    const marks = [performance.now()];
    const source = { kind: /** @type {const} */ ('blob'), blob: file };
    const photo = await readPhotograph(engine, { source, input: NAME }, maxMegapixels);
    marks.push(performance.now());
    postMessage({ read: file });
    const request = { input: NAME, guide: 1, point: 'balanced', heatmaps: true, heatmapSide, name: NAME };
    const result = engine.screen(
      photo.pixels,
      photo.width,
      photo.height,
      /** @type {any} */ ({ ...request, imageSha256: photo.imageSha256 }),
    );
    marks.push(performance.now());
    const inside = new Float64Array(memory.buffer, c._bench_steps(), IN_SCREEN.length).slice();
    postMessage({ result, sent: performance.timeOrigin + performance.now() }, { transfer: buffersOf(result) });
    const [decoded, screened] = marks.slice(1).map((at, i) => at - marks[i]);
    const { core, layers, report } = spent;
    const steps = Object.fromEntries(IN_SCREEN.map((name, i) => [name, inside[i]]));
    const rest = core - inside.reduce((a, b) => a + b, 0);
    return {
      decode: decoded,
      'copy in and out': screened - core - layers - report,
      ...steps,
      result: rest,
      layers,
      report,
    };
  };
  return { said: { bytes: file.size }, once };
}
