/**
 * From navigation to the first result, nothing cached. cold.html?{"runtime":...} as bench.mjs writes it; `times` of the
 * global `cold` are milliseconds since the navigation began.
 */

const WARM = 5;
const request = JSON.parse(decodeURIComponent(location.search.slice(1)));
const now = () => performance.now();
const times = { script: now() };
const spans = {};

for (const name of ['compile', 'compileStreaming', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    const begin = now();
    try {
      return await original.apply(WebAssembly, args);
    } finally {
      spans.compile = (spans.compile ?? 0) + now() - begin;
    }
  };
}

/** When a file was asked for and when it was there. @param {RegExp} pattern */
function fetched(pattern) {
  const entry = performance.getEntriesByType('resource').find((e) => pattern.test(e.name));
  return entry === undefined ? null : entry.responseEnd - entry.startTime;
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** A whole screen() of a photograph's file, by the scripts as they are put on a server. */
async function ours(options) {
  const photo = fetch(request.photo).then((response) => response.blob());
  const { load } = await import('/build/site/web/vmnet.js');
  times.modules = now();
  const model = await load({
    ...options,
    onProgress: ({ phase, fraction }) => {
      if (phase === 'start') times[fraction === 0 ? 'start' : 'started'] = now();
    },
  });
  times.loaded = now();
  const file = await photo;
  const screen = async () => {
    const begin = now();
    await model.screen(file, { heatmaps: true });
    return now() - begin;
  };
  spans.first = await screen();
  times.result = now();
  const warm = [];
  for (let i = 0; i < WARM; i++) warm.push(await screen());
  spans.fetch_module = fetched(/vmnet-[a-z-]*\.wasm$/);
  spans.fetch_weights = fetched(/\.safetensors$/);
  spans.start = times.started - times.start;
  spans.warm = median(warm);
  const { variant, threads } = model.info;
  model.close();
  return { variant, threads };
}

/** The network alone, which is all that the others do. */
async function theirs(runtime, options) {
  const input = new Float32Array(options.size ** 2 * 3);
  const worker = new Worker('worker.js');
  const call = (message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data.value) : reject(new Error(data.error)));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage({ id: 1, ...message });
    });
  await call({ type: 'start', runtime, options: { ...options, input } });
  times.loaded = now();
  [spans.first] = await call({ type: 'run' });
  times.result = now();
  spans.warm = median(await call({ type: 'run', times: WARM }));
  worker.terminate();
  return { threads: options.threads };
}

globalThis.cold = (
  request.runtime === 'product' ? ours(request.options) : theirs(request.runtime, request.options)
).then((said) => ({ ...said, times, spans }));
