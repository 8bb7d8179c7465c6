// Every file of a folder is named in that folder's README, so that the list cannot go out of date in silence.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../', import.meta.url);

// what git knows directly in a folder, and the folders in it
function entries(folder) {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return new Set(
    list
      .split('\n')
      .filter(Boolean)
      .map((path) => path.slice(folder.length + 1).split('/')[0]),
  );
}

// what a README names as code, whole: `square.c`, `page/shell/` for page; `square.c`, `.h`: the header goes with the file
function named(text) {
  const names = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name.split('/')[0]);
  const headers = [...text.matchAll(/`(\w+)\.c`, `\.h`/g)].map(([, base]) => `${base}.h`);
  return new Set([...names, ...headers]);
}

const FOLDERS = ['src', 'web', 'wasm', 'wasm/python', 'wasm/third-party', 'weights/train', 'tests', 'tests/spark'];

for (const folder of [...FOLDERS, 'web/page/save'])
  test(`${folder}/README.md names every file, in at most 40 lines`, () => {
    const text = readFileSync(new URL(`${folder}/README.md`, ROOT), 'utf8');
    const names = named(text);
    const missing = [...entries(folder)].filter((name) => name !== 'README.md' && !names.has(name));
    assert.deepEqual(missing, []);
    assert.ok(text.trimEnd().split('\n').length <= 40, 'over 40 lines');
  });

// what a link may jump to, as GitHub names it
function anchors(text) {
  const heads = [...text.matchAll(/^#+ (.*)$/gm)].map(([, head]) => head.toLowerCase());
  return new Set(heads.map((head) => head.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')));
}

test('every link of a text leads to a file that is there, and to a heading in it', () => {
  const texts = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const wrong = [];
  let links = 0;
  for (const path of texts) {
    const base = new URL(path, ROOT);
    const text = readFileSync(base, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    for (const [, to] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, heading] = to.split('#');
      const target = new URL(file || base, base);
      links++;
      if (!existsSync(target) || (heading && !anchors(readFileSync(target, 'utf8')).has(heading)))
        wrong.push(`${path}: ${to}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(links > 50);
});

test('the card and the results are of the weights beside them', () => {
  const hash = (name) =>
    createHash('sha256')
      .update(readFileSync(new URL(`weights/${name}`, ROOT)))
      .digest('hex');
  const [f32, int8] = ['vmnet.safetensors', 'vmnet-int8.safetensors'].map(hash);
  const said = (name) => readFileSync(new URL(`weights/${name}`, ROOT), 'utf8').match(/\b[0-9a-f]{64}\b/g);
  assert.deepEqual(said('MODEL_CARD.md'), [f32, int8]);
  assert.deepEqual(said('RESULTS.md'), [int8]);
});

test('src/: a file includes only what stands above it in its README', () => {
  const text = readFileSync(new URL('src/README.md', ROOT), 'utf8');
  const order = [...text.matchAll(/^\|.*?\|/gm)].flatMap(([row]) =>
    [...row.matchAll(/(\w+)\.[ch]`/g)].map((m) => m[1]),
  );
  const files = [...entries('src')].filter((name) => /\.[ch]$/.test(name));
  // a header of this repository from another folder, unless the README says so
  const known = (header) => existsSync(new URL(`wasm/${header}`, ROOT)) && !text.includes(`wasm/${header}`);
  const wrong = [];
  for (const name of files) {
    const place = order.indexOf(name.replace(/\.[ch]$/, ''));
    if (place < 0) wrong.push(`${name} has no place`);
    for (const [, header] of readFileSync(new URL(`src/${name}`, ROOT), 'utf8').matchAll(
      /^ *# *include "([^"]+)\.h"/gm,
    )) {
      if (existsSync(new URL(`src/${header}.h`, ROOT)) ? order.indexOf(header) > place : known(`${header}.h`))
        wrong.push(`${name} includes ${header}.h`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(files.length > 20);
});
