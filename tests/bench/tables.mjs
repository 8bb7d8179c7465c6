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

const range = (/** @type {{ median: number, from: number, to: number } | null} */ ratio) =>
  ratio === null ? '' : `${ratio.median.toFixed(2)} (${ratio.from.toFixed(2)}–${ratio.to.toFixed(2)})`;

/** Ours and the others, in a row or once after a rest. @param {'steady' | 'single'} kind */
function networkTable({ rows, what }, kind) {
  const list = rows.map((r) => [
    [NAMES[r.runtime], r.variant, r.precision].filter(Boolean).join(' '),
    r.threads,
    range(r.over_our_f32_relaxed?.[kind] ?? null),
    range(r.over_our_f32_simd?.[kind] ?? null),
    range(r.over_our_int8_relaxed?.[kind] ?? null),
    `${ms(r[kind].least)} / ${ms(r[kind].lower_quartile)} / ${ms(r[kind].median)}`,
    ...(kind === 'steady'
      ? [
          r.gflops.toFixed(1),
          r.peak ? `${r.peak.f32.gflops.toFixed(0)} / ${r.peak.int8.gflops.toFixed(0)}` : '',
          r.peak ? both(r.peak.f32.share) : '',
        ]
      : []),
  ]);
  const head = [
    `network alone, ${kind}`,
    'threads',
    '÷ ours f32 relaxed',
    '÷ ours f32 simd',
    '÷ ours int8 relaxed',
    'ms: least / lower quartile / median',
    ...(kind === 'steady' ? ['GFLOP/s', 'peak f32 / int8', 'of f32 peak'] : []),
  ];
  return `${kind === 'steady' ? `${what}; ratios: median (least–most) of the rounds\n\n` : ''}${table(head, list)}`;
}

/** What the machine did in each round, and why one is not believed. */
function roundsTable({ rounds, disturbed }) {
  const share = (/** @type {number | null} */ value) => (value === null ? '?' : `${(value * 100).toFixed(1)} %`);
  const list = rounds.map((r) => [
    r.round,
    r.load.toFixed(2),
    share(r.busy),
    share(r.stolen),
    r.peak_gflops.toFixed(0),
    r.disturbed.join('; '),
  ]);
  const said = disturbed ? '**Too few rounds were undisturbed: these figures are not for publication.**\n\n' : '';
  return `${said}${table(['round', 'load before', 'others', 'stolen', 'f32 peak', 'left out, because'], list)}`;
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

function nativeTable({ rows, what }, network) {
  const simd = network?.rows.find((n) => n.runtime === 'ours' && n.variant === 'simd' && n.precision === 'f32');
  const over = (s) => (simd ? x({ median: s.median / simd.steady.median, of_least: s.least / simd.steady.least }) : '');
  return `${what}\n\n${table(
    [
      'network alone, native',
      'threads',
      '÷ ours simd in the browser',
      'onnxruntime ÷ ours',
      'ms (quartiles)',
      'GFLOP/s',
      'peak f32 / int8',
      'of f32 peak',
    ],
    rows.map((r) => [
      r.precision,
      r.threads,
      over(r.milliseconds),
      range(r.onnxruntime_over_ours ?? null),
      middle(r.milliseconds),
      r.gflops?.toFixed(1) ?? '',
      `${r.peak.f32.gflops.toFixed(0)} / ${r.peak.int8.gflops.toFixed(0)}`,
      both(r.peak.f32.share),
    ]),
  )}`;
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

function heapTable({ rows, what }) {
  const grown = (r) =>
    r.page_after_first_bytes === null || r.page_after_all_bytes === null
      ? ''
      : mb(r.page_after_all_bytes - r.page_after_first_bytes);
  return `${what}\n\n${table(
    [
      'heap, MB',
      'reserved',
      'after load',
      'after a screen()',
      'after more',
      'growth of the page as Chromium counts it',
    ],
    rows.map((r) => [
      r.precision,
      mb(r.reserved_bytes),
      mb(r.touched_after_load_bytes),
      mb(r.touched_after_first_bytes),
      `${mb(r.touched_after_all_bytes)} (${r.screens})`,
      grown(r),
    ]),
  )}`;
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
  const { network, screen, way, cold, heap, sizes, series, native, machine } = result;
  const rows = [];
  const target = (what, wanted, measured, met) =>
    rows.push([what, wanted, measured ?? 'not measured', measured === undefined ? '' : met ? 'yes' : 'no']);
  if (network) networkTargets(network, machine, target);
  if (way)
    for (const [precision, most] of [
      ['f32', 0.1],
      ['int8', 0.18],
    ]) {
      const r = way.rows.find((r) => r.precision === precision && r.variant === 'relaxed' && r.side === 1024);
      const around = r && 1 - r.network_share.median;
      target(
        `around the network, ${precision} relaxed, 1 megapixel`,
        `≤ ${percent(most)}`,
        r && rest(r.network_share),
        around <= most,
      );
    }
  const camera = way?.rows.find((r) => r.precision === 'int8' && r.variant === 'relaxed' && r.side > 2048);
  if (camera) {
    const over = camera.whole_over_network;
    target('12 megapixels, file to answer over the network, int8', '≤ 2.5×', x(over), over.median <= 2.5);
  }
  if (series) {
    const more = series.apart_over_two_threads;
    target('a series on two cores over one file after the other on one', '≥ 1.7×', x(more), more.median >= 1.7);
  }
  if (cold) {
    const one = cold.rows.find((r) => r.name === 'ours f32, one thread');
    const all = one.bytes.program.brotli + one.bytes.weights.brotli; // f32: what is taken unless told otherwise
    target('first visit, program and default weights, brotli', '≤ 2.8 MB', `${mb(all)} MB`, all <= 2.8e6);
    target('cold start over one warm screen', '≤ 2×', x(one.over_one_warm), one.over_one_warm.median <= 2);
    const start = one.spans.start / one.spans.warm;
    target('of it: start', '≤ 0.7×', start.toFixed(2), start <= 0.7);
  }
  for (const r of heap?.rows ?? []) {
    const flat = r.touched_after_all_bytes === r.touched_after_first_bytes ? 'flat' : 'grows';
    const most = r.touched_after_all_bytes;
    target(
      `heap at S = 512, ${r.precision}`,
      '≤ 80 MB, flat',
      `${mb(most)} MB, ${flat}`,
      most <= 80e6 && flat === 'flat',
    );
  }
  if (sizes) {
    const k = sizes.exponent.screen.of_medians;
    target('cost against pixels, screen()', 'exponent ≤ 1.05', k.toFixed(2), k <= 1.05);
  }
  for (const { precision, threads, onnxruntime_over_ours: over } of native?.rows ?? [])
    if (over)
      target(
        `native ${precision}, ${threads === 1 ? 'one thread' : 'two threads'}, over onnxruntime`,
        '≥ 1.2×',
        range(over),
        over.median >= 1.2,
      );
  if (screen) {
    const { network_share: share } = screen.rows.find((r) => r.variant === 'relaxed' && r.precision === 'f32');
    rows.push(['around the network in screen() with all heatmaps', '', rest(share), '']);
  }
  return table(['target', 'wanted', 'this run', 'met'], rows);
}

function networkTargets(network, { features }, target) {
  const find = (runtime, precision, threads, variant = '') =>
    network.rows.find(
      (r) => r.runtime === runtime && r.precision === precision && r.threads === threads && r.variant === variant,
    );
  const fastest = (threads, kind, precision) =>
    network.rows
      .filter(
        (r) => r.runtime !== 'ours' && r.threads === threads && (precision === undefined || r.precision === precision),
      )
      .toSorted((a, b) => a[kind].median - b[kind].median)
      .at(0);
  const named = (r) => (r ? `: ${NAMES[r.runtime]} ${r.precision}` : '');
  const vnni = features === null || features.includes('avx_vnni') || features.includes('avx512_vnni');
  for (const threads of [1, 2]) {
    const peer = fastest(threads, 'steady');
    const over = peer?.over_our_int8_relaxed?.steady;
    const most = vnni ? 1.4 : 1.6;
    target(
      `int8 over the fastest peer, ${threads === 1 ? 'one thread' : 'two threads'}, steady${named(peer)}`,
      `≥ ${most}×`,
      over && range(over),
      over?.median >= most,
    );
  }
  for (const [kind, most] of [
    ['steady', 1.5],
    ['single', 1.4],
  ]) {
    const peer = fastest(1, kind, 'f32');
    const over = peer?.over_our_f32_relaxed[kind];
    target(
      `f32 over the fastest f32 peer, ${kind}${named(peer)}`,
      `≥ ${most}×`,
      over && range(over),
      over?.median >= most,
    );
  }
  const rested = fastest(1, 'single');
  const after = rested?.over_our_int8_relaxed?.single;
  target(`int8 over the fastest peer, single${named(rested)}`, '≥ 1.5×', after && range(after), after?.median >= 1.5);
  const simd = find('ours', 'f32', 1, 'simd');
  const own = simd?.over_our_int8_relaxed?.steady;
  target('int8 relaxed over our f32 simd, steady', '≥ 3.5×', own && range(own), own?.median >= 3.5);
  const int8 = find('ours', 'int8', 1, 'relaxed');
  const share = int8 && int8.gflops / find('ours', 'f32', 1, 'relaxed').peak.int8.gflops;
  target('int8 network over the int8 peak', '≥ 60 %', share && percent(share), share >= 0.6);
  for (const precision of ['f32', 'int8']) {
    const [one, two] = [find('ours', precision, 1, 'relaxed'), find('ours', precision, 2, 'relaxed-mt')];
    const gain = one && two && one.steady.median / two.steady.median;
    target(`two threads over one, ${precision}, steady`, '≥ 1.8×', gain?.toFixed(2), gain >= 1.8);
  }
}

/** @param {Record<string, any>} result */
export function tables(result) {
  const { machine, versions, network, screen, way, native, cold, heap, sizes, pool, series } = result;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const text = [
    `${result.what}. ${machine.processor}${machine.features ? ` (${machine.features.join(', ')})` : ''}, ${machine.cores} cores; ${result.browser}; ${named.join(', ')}. ${result.date}, ${result.commit}; load before the run ${machine.load.toFixed(1)}.`,
    'Ratios are medians of the rounds, in brackets of the least times; above 1 is slower than ours.',
  ];
  if (network) text.push(networkTable(network, 'steady'), networkTable(network, 'single'), roundsTable(network));
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
      `Files all at once over one after the other, ${series.what}: throughput ${x(series.apart_over_queued)}×, with two threads ${x(series.apart_over_two_threads)}×\n`,
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
