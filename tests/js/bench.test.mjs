/** The benchmark runs seldom: what it takes from web/ by name has to be there all the same. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (/** @type {string} */ path) => readFileSync(resolve(ROOT, path), 'utf8');

test('what the benchmark imports from web/ is exported there', () => {
  let names = 0;
  const folders = ['tests/bench', 'tests/bench/runtimes'];
  const files = folders.flatMap((folder) => readdirSync(resolve(ROOT, folder)).map((name) => `${folder}/${name}`));
  for (const file of files.filter((name) => /\.m?js$/.test(name))) {
    for (const [, list, path] of read(file).matchAll(/import \{([^}]+)\} from '(?:\/|(?:\.\.\/)+)(web\/[^']+)'/g)) {
      for (const name of list.split(',').map((part) => part.trim().split(' as ')[0])) {
        const exported = new RegExp(
          `export (async )?(function\\*?|class|const|let) ${name}\\b|export \\{[^}]*\\b${name}\\b`,
        );
        assert.match(read(path), exported, `${file} takes ${name} from ${path}`);
        names++;
      }
    }
  }
  assert.ok(names >= 5, `${names} names`);
});

for (const [name, most] of /** @type {[string, number][]} */ ([
  ['vmnet', 2_600_000], // so that a first visit takes 2.8 MB
  ['vmnet-int8', 2_520_000],
]))
  test(`${name} takes ${most / 1e6} MB at most as a server sends it`, () => {
    const bytes = readFileSync(resolve(ROOT, `weights/${name}.safetensors`));
    const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    const sent = brotliCompressSync(bytes, { params }).length;
    assert.ok(sent <= most, `${sent} bytes`);
  });
