/** bench.json as Markdown. */

const NAMES = {
  ours: 'V-MNet',
  onnxruntime: 'onnxruntime-web',
  tfjs: 'tfjs-backend-wasm',
  litert: 'LiteRT.js',
};

/** @param {string[]} head @param {(string | number)[][]} rows the first column is text */
function table(head, rows) {
  const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')}\n`;
}

const x = (/** @type {{ median: number, of_least: number }} */ ratio) =>
  `${ratio.median.toFixed(2)} (${ratio.of_least.toFixed(2)})`;
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;
const both = (/** @type {{ median: number, of_least: number }} */ share) =>
  `${percent(share.median)} (${percent(share.of_least)})`;
const ms = (/** @type {number} */ value) => value.toFixed(value < 10 ? 1 : 0);
const middle = (/** @type {{ median: number, lower_quartile: number, upper_quartile: number }} */ s) =>
  `${ms(s.median)} (${ms(s.lower_quartile)}–${ms(s.upper_quartile)})`;
const mb = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0);

function networkTable({ rows }) {
  const list = rows.map((r) => [
    [NAMES[r.runtime], r.variant, r.precision].filter(Boolean).join(' '),
    r.threads,
    x(r.over_our_f32_relaxed),
    x(r.over_our_f32_simd),
    r.over_our_int8_relaxed ? x(r.over_our_int8_relaxed) : '',
    middle(r.milliseconds),
    r.gflops.toFixed(1),
    r.peak ? `${r.peak.f32.gflops.toFixed(0)} / ${r.peak.int8.gflops.toFixed(0)}` : '',
    r.peak ? both(r.peak.f32.share) : '',
  ]);
  const head = [
    'network alone',
    'threads',
    '÷ ours f32 relaxed',
    '÷ ours f32 simd',
    '÷ ours int8 relaxed',
    'ms (quartiles)',
    'GFLOP/s',
    'peak f32 / int8',
    'of f32 peak',
  ];
  return table(head, list);
}

/** What is left of the whole, in the median and of the least times. */
const rest = (/** @type {{ median: number, of_least: number }} */ share) =>
  `${percent(1 - share.median)} (${percent(1 - share.of_least)})`;

function screenTable({ rows, what }, native) {
  const list = rows.map((r) => [
    `V-MNet ${r.variant} ${r.precision}`,
    r.threads,
    x(r.over_f32_simd),
    middle(r.milliseconds),
    rest(r.network_share),
  ]);
  const simd = rows.find((r) => r.variant === 'simd' && r.precision === 'f32').milliseconds;
  if (native) {
    const s = native.command.milliseconds;
    const over = { median: s.median / simd.median, of_least: s.least / simd.least };
    list.push([`native: ${native.command.what}`, 1, x(over), middle(s), '']);
  }
  return `${what}\n\n${table(['screen()', 'threads', '÷ simd', 'ms (quartiles)', 'around the network'], list)}`;
}

/** Where the time goes from a file to the answer. */
export function wayTable({ what, rows }) {
  const names = rows[0].steps.map((/** @type {{ name: string }} */ s) => s.name);
  const head = ['from the file to the answer', ...rows.map((r) => `${r.variant} ${r.precision}, ${r.side} a side`)];
  const sums = rows.map((r) => r.steps.reduce((all, { milliseconds }) => all + milliseconds.median, 0));
  const list = names.map((name, i) => [
    name,
    ...rows.map(({ steps }, k) => {
      const { median, least } = steps[i].milliseconds;
      return `${percent(median / sums[k])}: ${ms(median)} (${ms(least)})`;
    }),
  ]);
  list.push(['around the network, of screen()', ...rows.map((r) => rest(r.network_share))]);
  list.push(['all over the network', ...rows.map((r) => x(r.whole_over_network))]);
  return `${what}: share, median ms (least)\n\n${table(head, list)}`;
}

function nativeTable({ rows }, network) {
  const simd = network?.rows.find((n) => n.runtime === 'ours' && n.variant === 'simd' && n.precision === 'f32');
  const over = (s) =>
    simd ? x({ median: s.median / simd.milliseconds.median, of_least: s.least / simd.milliseconds.least }) : '';
  return table(
    ['network alone, native', 'threads', '÷ ours simd', 'ms (quartiles)', 'GFLOP/s', 'peak f32 / int8', 'of f32 peak'],
    rows.map((r) => [
      r.precision,
      r.threads,
      over(r.milliseconds),
      middle(r.milliseconds),
      r.gflops?.toFixed(1) ?? '',
      `${r.peak.f32.gflops.toFixed(0)} / ${r.peak.int8.gflops.toFixed(0)}`,
      both(r.peak.f32.share),
    ]),
  );
}

function coldTable({ rows, what }) {
  const head = [
    'cold start',
    '÷ ours, one thread',
    '÷ one warm',
    'ms to first result',
    'module',
    'weights',
    'compile',
    'start',
    'first run',
    'program MB, brotli',
    'weights MB, brotli',
  ];
  const part = (/** @type {number | undefined} */ value) => (value === undefined ? '' : ms(value));
  return `${what}\n\n${table(
    head,
    rows.map((r) => [
      `${r.name}${r.variant ? ` (${r.variant}, ${r.threads})` : ''}`,
      x(r.over_ours_one_thread),
      x(r.over_one_warm),
      middle(r.first_result),
      part(r.spans.fetch_module),
      part(r.spans.fetch_weights),
      part(r.spans.compile),
      part(r.spans.start ?? r.marks.loaded - r.marks.script),
      part(r.spans.first),
      mb(r.bytes.program.brotli),
      mb(r.bytes.weights.brotli),
    ]),
  )}`;
}

function heapTable(h) {
  const rows = [
    ['reserved at load', mb(h.reserved_bytes)],
    ['touched after load', mb(h.touched_after_load_bytes)],
    ['touched after the first screen()', mb(h.touched_after_first_bytes)],
    [`touched after ${h.screens} more`, mb(h.touched_after_all_bytes)],
  ];
  if (h.page_after_first_bytes !== null && h.page_after_all_bytes !== null)
    rows.push([
      `the page as Chromium counts it, growth over ${h.screens}`,
      mb(h.page_after_all_bytes - h.page_after_first_bytes),
    ]);
  return `${h.what}\n\n${table(['heap', 'MB'], rows)}`;
}

function sizesTable({ rows, exponent, what }) {
  const base = rows.find((r) => r.size === 512);
  const list = rows.map((r) => [
    r.size,
    (r.network.median / base.network.median).toFixed(2),
    (r.screen.median / base.screen.median).toFixed(2),
    middle(r.network),
    middle(r.screen),
  ]);
  const fit = (/** @type {{ of_medians: number, of_least: number }} */ e) =>
    `${e.of_medians.toFixed(2)} (${e.of_least.toFixed(2)})`;
  list.push(['exponent', fit(exponent.network), fit(exponent.screen), '', '']);
  return `${what}\n\n${table(['size S', 'network ÷ 512', 'screen() ÷ 512', 'network ms', 'screen() ms'], list)}`;
}

/**
 * Where the time goes, slowest first.
 * @param {string} title @param {any[]} operators @param {any} peak @param {number} [most] how many rows
 */
export function profileTable(title, operators, peak, most = Infinity) {
  const total = operators.reduce((sum, o) => sum + o.milliseconds, 0);
  const list = operators
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, most)
    .map((o) => [
      `${o.name || '?'}: ${o.kind}`,
      percent(o.milliseconds / total),
      o.milliseconds.toFixed(2),
      o.gflops > 0 ? o.gflops.toFixed(1) : '',
      o.gflops > 0 && peak ? percent(o.gflops / peak.f32.gflops) : '',
    ]);
  return table([`operators, ${title}: ${total.toFixed(0)} ms`, 'share', 'ms', 'GFLOP/s', 'of f32 peak'], list);
}

/** The targets of this project, and what this run gave. */
function targetTable(result) {
  const { network, screen, cold, heap, sizes } = result;
  const rows = [];
  const target = (what, wanted, measured, met) =>
    rows.push([what, wanted, measured ?? 'not measured', measured === undefined ? '' : met ? 'yes' : 'no']);
  const find = (runtime, precision, threads, variant = '') =>
    network?.rows.find(
      (r) => r.runtime === runtime && r.precision === precision && r.threads === threads && r.variant === variant,
    );
  if (network) {
    for (const [runtime, least] of [
      ['onnxruntime', 1.7],
      ['tfjs', 1.4],
      ['litert', 1.25],
    ]) {
      const r = find(runtime, 'f32', 1)?.over_our_f32_relaxed;
      target(`f32 against ${NAMES[runtime]}, one thread`, `≥ ${least}×`, r && x(r), r?.median >= least);
    }
    const int8 = find('ours', 'int8', 1, 'relaxed');
    const peers = network.rows.filter((r) => r.runtime !== 'ours' && r.threads === 1);
    const fastest = peers.toSorted((a, b) => a.milliseconds.median - b.milliseconds.median).at(0);
    const over = fastest?.over_our_int8_relaxed;
    const which = fastest ? `: ${NAMES[fastest.runtime]} ${fastest.precision}` : '';
    target(`int8 relaxed against the fastest peer${which}`, '≥ 2.5×', over && x(over), over?.median >= 2.5);
    const simd = int8 && find('ours', 'f32', 1, 'simd').milliseconds.median / int8.milliseconds.median;
    target('int8 relaxed against our f32 simd', '≥ 3×', simd?.toFixed(2), simd >= 3);
    const relaxed = find('ours', 'f32', 1, 'relaxed');
    const two = relaxed.milliseconds.median / find('ours', 'f32', 2, 'relaxed-mt').milliseconds.median;
    target('two threads over one, f32 relaxed', '≥ 1.75×', two.toFixed(2), two >= 1.75);
    const { share } = relaxed.peak.f32;
    target('network over the peak, f32 relaxed', '≥ 60 %', both(share), share.median >= 0.6);
    const peak8 = int8 && int8.gflops / relaxed.peak.int8.gflops;
    target('network over the peak, int8 relaxed', '≥ 45 %', peak8 && percent(peak8), peak8 >= 0.45);
  }
  if (screen) {
    const { network_share: share } = screen.rows.find((r) => r.variant === 'relaxed' && r.precision === 'f32');
    target('around the network, f32 relaxed', '≤ 15 %', rest(share), 1 - share.median <= 0.15);
  }
  if (cold) {
    const one = cold.rows.find((r) => r.name === 'ours f32, one thread');
    const program = one.bytes.program.brotli;
    target('wasm + JS, brotli', '≤ 160 KB', `${(program / 1e3).toFixed(0)} KB`, program <= 160e3);
    const int8 = cold.rows.find((r) => r.name === 'ours int8')?.bytes.weights.brotli;
    target('int8 weights', '≤ 4 MB', int8 && `${mb(int8)} MB`, int8 <= 4e6);
    target('cold start over one warm screen', '≤ 4×', x(one.over_one_warm), one.over_one_warm.median <= 4);
  }
  if (heap) {
    const flat = heap.touched_after_all_bytes === heap.touched_after_first_bytes ? 'flat' : 'grows';
    const most = heap.touched_after_all_bytes;
    target('heap at S = 512', '≤ 160 MB, flat', `${mb(most)} MB, ${flat}`, most <= 160e6 && flat === 'flat');
  }
  if (sizes) {
    const k = sizes.exponent.screen.of_medians;
    target('cost against pixels, screen()', 'exponent ≤ 1.05', k.toFixed(2), k <= 1.05);
  }
  return table(['target', 'wanted', 'this run', 'met'], rows);
}

/** @param {Record<string, any>} result */
export function tables(result) {
  const { machine, versions, network, screen, way, native, cold, heap, sizes, pool, series } = result;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const text = [
    `${result.what}. ${machine.processor}, ${machine.cores} cores; ${result.browser}; ${named.join(', ')}. ${result.date}, ${result.commit}; load before the run ${machine.load.toFixed(1)}.`,
    'Ratios are medians of the rounds, in brackets of the least times; above 1 is slower than ours.',
  ];
  if (network) text.push(networkTable(network));
  if (native) text.push(nativeTable(native, network));
  if (screen) text.push(screenTable(screen, native));
  if (way) text.push(wayTable(way));
  if (native) text.push(wayTable(native.way));
  if (cold) text.push(coldTable(cold));
  if (heap) text.push(heapTable(heap));
  if (sizes) text.push(sizesTable(sizes));
  if (pool) text.push(`Two models over one, ${pool.what}: throughput ${x(pool.throughput_of_two_over_one)}×\n`);
  if (series)
    text.push(
      `Files all at once over one after the other, ${series.what}: throughput ${x(series.apart_over_queued)}×\n`,
    );
  if (network)
    for (const [title, operators] of Object.entries(network.profile)) {
      const variant = title.split(' ')[1];
      const { peak } = network.rows.find((r) => r.runtime === 'ours' && r.precision === 'f32' && r.variant === variant);
      text.push(profileTable(title, operators, peak, 12));
    }
  text.push(targetTable(result));
  return `${text.join('\n\n')}\n`;
}
