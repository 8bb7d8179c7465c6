/** From an empty cache to the first result, and what goes over the wire for it. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { photograph } from './photograph.mjs';
import { PEERS, peerRuns, SIDE } from './runs.mjs';
import { median, ratio, round, spread } from './statistics.mjs';

/** @import { Bench } from './bench.mjs' */

/**
 * Bytes as a server sends them with brotli at its best, of what is over 8 MB next to its best, which takes a tenth of the
 * time and 5 % more bytes. Kept by hash.
 */
function brotli(bench, file) {
  const bytes = readFileSync(join(bench.root, file));
  const cache = join(bench.root, 'build/bench/brotli');
  const quality = bytes.length > 8e6 ? 9 : 11;
  const name = join(cache, `${createHash('sha256').update(bytes).digest('hex')}-${quality}`);
  if (!existsSync(name)) {
    bench.say(`brotli of ${file}`);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    mkdirSync(cache, { recursive: true });
    writeFileSync(name, String(brotliCompressSync(bytes, { params }).length));
  }
  return { raw: bytes.length, brotli: Number(readFileSync(name, 'utf8')) };
}

/** What went over the wire for one start: the program and the weights; the benchmark's own files are left out. */
function wire(bench, sent) {
  const sum = { program: { raw: 0, brotli: 0 }, weights: { raw: 0, brotli: 0 } };
  for (const path of sent.keys()) {
    const ours = path.startsWith('/build/site/');
    const weights = path.startsWith('/weights/') || path.startsWith(`/${PEERS}/`);
    if (!ours && !weights && !path.includes('/node_modules/')) continue;
    const bytes = brotli(bench, path.slice(1));
    const part = weights ? sum.weights : sum.program;
    part.raw += bytes.raw;
    part.brotli += bytes.brotli;
  }
  return sum;
}

/** @param {Bench} bench */
export async function cold(bench) {
  const { browser, server, say, quick } = bench;
  const photo = `/${await photograph(bench.root, SIDE)}`;
  const starts = [
    ...Object.entries(bench.weights).flatMap(([precision, file]) => [
      { name: `ours ${precision}`, runtime: 'product', options: { weightsUrl: `/${file}` } },
      { name: `ours ${precision}, one thread`, runtime: 'product', options: { threads: 1, weightsUrl: `/${file}` } },
    ]),
    ...peerRuns(bench)
      .filter(({ threads }) => threads === 1)
      .map(({ runtime, precision, options }) => ({ name: `${runtime} ${precision}`, runtime, options })),
  ];
  const seen = starts.map(() => []);
  const bytes = [];
  for (let round = 0; round < (quick ? 1 : 5); round++)
    for (const [i, start] of starts.entries()) {
      say(`cold start ${round + 1}: ${start.name}`);
      server.sent();
      const context = await browser.newContext({ serviceWorkers: 'block' });
      try {
        const page = await context.newPage();
        const query = encodeURIComponent(JSON.stringify({ runtime: start.runtime, options: start.options, photo }));
        await page.goto(`${server.url}tests/bench/cold.html?${query}`);
        seen[i].push(await page.evaluate(() => globalThis.cold));
      } finally {
        await context.close();
      }
      bytes[i] ??= wire(bench, server.sent());
    }
  const own = seen[1].map(({ times }) => times.result);
  return {
    what: 'milliseconds from navigation to the first result, cache empty, served from localhost; ours a whole screen() of a file, theirs the network alone',
    rows: starts.map(({ name }, i) => {
      const of = (/** @type {'times' | 'spans'} */ kind) =>
        Object.fromEntries(
          Object.keys(seen[i][0][kind])
            .filter((key) => seen[i][0][kind][key] !== null)
            .map((key) => [key, round(median(seen[i].map((s) => s[kind][key])), 1)]),
        );
      const first = seen[i].map(({ times }) => times.result);
      return {
        name,
        variant: seen[i][0].variant ?? '',
        threads: seen[i][0].threads,
        first_result: spread(first),
        over_one_warm: ratio(
          first,
          seen[i].map(({ spans }) => spans.warm),
        ),
        over_ours_one_thread: ratio(first, own),
        marks: of('times'),
        spans: of('spans'),
        bytes: bytes[i],
      };
    }),
  };
}
