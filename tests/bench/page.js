/** What the benchmark's page knows: Workers with one runtime each, and models of ours. bench.mjs calls these by name. */

/** @type {Map<string, ReturnType<typeof worker>>} */
const workers = new Map();

function worker() {
  const thread = new Worker('worker.js');
  const pending = new Map();
  let calls = 0;
  let listener = (/** @type {any} */ _event) => {};
  thread.onmessage = ({ data }) => {
    if (data.id === undefined) return listener(data);
    const call = pending.get(data.id);
    if (call === undefined) return;
    pending.delete(data.id);
    if (data.error === undefined) call.resolve(data.value);
    else call.reject(new Error(data.error));
  };
  thread.onerror = (event) => {
    for (const call of pending.values()) call.reject(new Error(event.message || 'the Worker failed'));
    pending.clear();
  };
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        pending.set(++calls, { resolve, reject });
        thread.postMessage({ id: calls, ...request });
      }),
    /** Told what no call answers. @param {(event: any) => void} told */
    listen(told) {
      listener = told;
    },
    end: () => thread.terminate(),
  };
}

/**
 * The same input for all of one size: a disc with texture, as (rgb - 127) / 128. Whole colours: others every int8 network would
 * round in its own way.
 * @param {number} size
 */
function pattern(size) {
  const input = new Float32Array(size * size * 3).fill(-127 / 128);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [u, v] = [x / size - 0.5, y / size - 0.5];
      if (u * u + v * v > 0.235) continue;
      const vessel = Math.abs(Math.sin(9 * u + 4 * Math.sin(7 * v))) < 0.06 ? 0.45 : 1;
      const wave = 14 * Math.sin(23 * u + 5 * v) + 9 * Math.sin(31 * v - 11 * u);
      for (const [c, level] of [165, 85, 45].entries()) {
        const colour = Math.round((level + wave) * (c === 0 ? 0.7 + 0.3 * vessel : vessel));
        input[(y * size + x) * 3 + c] = (colour - 127) / 128;
      }
    }
  return input;
}

/** @param {ArrayLike<number>} values */
async function base64(values) {
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob([Float32Array.from(values)]));
  });
  return url.slice(url.indexOf(',') + 1);
}

globalThis.bench = {
  /** Starts a runtime in a Worker of its own. @param {string} key @param {string} runtime @param {any} options */
  async start(key, runtime, options) {
    const w = worker();
    workers.set(key, w);
    return w.call({ type: 'start', runtime, options: { ...options, input: pattern(options.size) } });
  },
  end(key) {
    workers.get(key)?.end();
    workers.delete(key);
  },
  /** Milliseconds of each of `times` runs. */
  run: (key, what = 'run', times = 1) => workers.get(key)?.call({ type: 'run', what, times }),
  call: (key, what, argument) => workers.get(key)?.call({ type: 'call', what, with: argument }),
  /** Milliseconds of each step of the way of one photograph; the one before warms it up. */
  async way(key) {
    const { drawn } = await import('./drawn.js');
    const w = workers.get(key);
    const once = () => drawn(w.listen, (side) => w.call({ type: 'call', what: 'once', with: side }));
    await once();
    return once();
  },
  /** The outputs of the last run, each as base64 of its floats. */
  async outputs(key) {
    const list = Object.entries(await bench.call(key, 'outputs'));
    return Object.fromEntries(await Promise.all(list.map(async ([name, values]) => [name, await base64(values)])));
  },
};

/** @param {string} address of a file */
async function pixelsOf(address) {
  const bitmap = await createImageBitmap(await fetch(address).then((response) => response.blob()));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  canvas.drawImage(bitmap, 0, 0);
  return canvas.getImageData(0, 0, bitmap.width, bitmap.height);
}

/** @type {Map<string, import('../../web/vmnet.js').Model>} */
const models = new Map();
let photo = null;
/** @type {Blob | null} */
let file = null;

globalThis.product = {
  /** load(), and the photograph of all, from the address of its file. */
  async load(key, options, address) {
    const { load } = await import('/web/vmnet.js');
    const model = await load(options);
    models.set(key, model);
    photo ??= await pixelsOf(address);
    return model.info;
  },
  close(key) {
    models.get(key)?.close();
    models.delete(key);
  },
  async screen(key) {
    const begin = performance.now();
    await models.get(key)?.screen(photo, { heatmaps: true });
    return performance.now() - begin;
  },
  /** Milliseconds until the models, side by side, have seen `count` photographs. */
  async pool(keys, count) {
    let left = count;
    const begin = performance.now();
    await Promise.all(
      keys.map(async (key) => {
        while (left-- > 0) await models.get(key)?.screen(photo, { heatmaps: true });
      }),
    );
    return performance.now() - begin;
  },
  /** A camera's file: the photograph, enlarged to `side` pixels, as JPEG. */
  async file(side) {
    const canvas = new OffscreenCanvas(side, side);
    canvas.getContext('2d').drawImage(await createImageBitmap(photo), 0, 0, side, side);
    file = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    return file.size;
  },
  /** Milliseconds that `count` files take, each given when the one before is done, or all at once. */
  async series(key, count, queued) {
    const screen = () => models.get(key)?.screen(file, { heatmaps: false });
    const begin = performance.now();
    if (queued) await Promise.all(Array.from({ length: count }, screen));
    else for (let i = 0; i < count; i++) await screen();
    return performance.now() - begin;
  },
};
/** Threads of the runtime before spin for a while after their work. */
const SETTLE_MS = 25;

/** Milliseconds of one task of bench.mjs. @param {{ kind: 'bench' | 'product', of: string, what: string }} task */
globalThis.measure = async ({ kind, of, what }) => {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  if (kind === 'product') return product.screen(of);
  return (await bench.run(of, what))[0];
};

document.title += ': ready';
