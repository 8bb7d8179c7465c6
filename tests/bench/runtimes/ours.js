/** Our network alone, and the hardware's peak: tests/bench/layers.c in the variant that is asked for. */

const OUTPUTS = [
  ...['vessels', 'logits', 'activation', 'guide', 'gradable', 'features'],
  ...['structures', 'lesions', 'arteries'],
];
const PEAK_RUNS = 10;
const PAGE = 65536;
/** Thread pools that layers.c may hold at once: the network's, the profiled one's, and those of the two peaks. */
const POOLS = 4;

/** The module in a memory of its own. */
async function instantiate(variant, threads, megabytes) {
  const pages = Math.ceil((megabytes * 1e6) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: variant.endsWith('-mt') });
  const { default: create } = await import(`/build/bench/wasm/bench-${variant}.mjs`);
  const c = await create({ wasmMemory: memory, poolSize: POOLS * (threads - 1) });
  return { c, memory };
}

/**
 * @param {object} options
 * @param {string} options.variant
 * @param {number} options.threads
 * @param {number} options.size
 * @param {string} options.weights address
 * @param {Float32Array} options.input [size][size][3]
 */
export async function start({ variant, threads, size, weights, input }) {
  const bytes = new Uint8Array(await (await fetch(weights)).arrayBuffer());
  const { c, memory } = await instantiate(variant, threads, 150 + (size / 512) ** 2 * 240);
  const heap = () => new Uint8Array(memory.buffer);
  const floats = (at, count) => new Float32Array(memory.buffer, at, count);
  const text = (at) => new TextDecoder().decode(heap().slice(at, heap().indexOf(0, at)));

  const open = (profiling) => {
    const at = c._malloc(bytes.length);
    const err = c._malloc(512);
    heap().set(bytes, at);
    const network = c._bench_open(at, bytes.length, size, threads, profiling, err);
    const why = network === 0 ? text(err + 4) : '';
    c._free(at);
    c._free(err);
    if (network === 0) throw new Error(why);
    floats(c._bench_input(network), input.length).set(input);
    return network;
  };
  const network = open(0);
  let profiled = 0;
  /** How many numbers each output has; 0 where the weights do not draw it. @type {number[]} */
  let counts = [];
  const peaks = {};
  const check = (status, what) => {
    if (status !== 0) throw new Error(`${what}: status ${status}`);
  };

  const grid = size / 16;
  const read = (of) => {
    const drawn = OUTPUTS.map((name, i) => ({ name, i })).filter(({ i }) => counts[i] > 0);
    return Object.fromEntries(drawn.map(({ name, i }) => [name, floats(c._bench_output(of, i), counts[i]).slice()]));
  };
  const header = new DataView(bytes.buffer).getUint32(0, true);
  const said = JSON.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + header))).__metadata__.vmnet);
  const classes = said.classes.length;
  counts = [
    ...[size * size, classes, grid * grid * classes, grid * grid, 1, grid * grid],
    ...[
      said.structures ? size ** 2 / 8 : 0,
      size ** 2 * (said.lesions?.length ?? 0),
      said.vessel_kinds ? size ** 2 : 0,
    ],
  ];
  let outputs = null;

  const peak = (int8) => {
    peaks[int8] ??= c._bench_peak_open(int8, threads);
    if (peaks[int8] === 0) throw new Error('the convolution of the peak cannot be built');
    for (let i = 0; i < PEAK_RUNS; i++) check(c._bench_peak_run(peaks[int8]), 'peak');
  };
  return {
    said: { peakRuns: PEAK_RUNS, peakMacs: c._bench_peak_macs() },
    run() {
      floats(c._bench_input(network), input.length).set(input); // the others copy their input too
      check(c._bench_run(network), 'run');
      outputs = read(network);
    },
    outputs: () => outputs,
    peakF32: () => peak(0),
    peakInt8: () => peak(1),
    /** Of one more run. */
    profile() {
      profiled ||= open(1);
      check(c._bench_run(profiled), 'run');
      const at = c._bench_profile(profiled);
      const list = JSON.parse(text(at));
      c._free(at);
      return list;
    },
  };
}
