/** The tarball as others' tools see it. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../js/native.mjs';
import { PACKAGE } from './apps.mjs';

const STAGE = join(ROOT, 'build/package/stage');

test('it holds all that it needs, and nothing else', () => {
  const listing = execFileSync('tar', ['tf', PACKAGE], { encoding: 'utf8' });
  const files = listing
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''));
  const variants = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];
  for (const file of [
    ...variants.flatMap((v) => [`wasm/vmnet-${v}.wasm`, `wasm/vmnet-${v}.mjs`]),
    ...['weights/vmnet-int8.safetensors', 'README.md', 'LICENSE', 'NOTICE', 'vmnet.js', 'vmnet.d.ts', 'worker.js'],
  ])
    assert.ok(files.includes(file), `${file} is missing`);
  const strange = files.filter(
    (file) => !/\.(js|mjs|wasm|safetensors|d\.ts|json|md|html|css)$|^(LICENSE|NOTICE)$/.test(file),
  );
  assert.deepEqual(strange, []);
  const { exports } = JSON.parse(readFileSync(join(STAGE, 'package.json'), 'utf8'));
  const named = Object.values(exports).flatMap((to) => (typeof to === 'string' ? [to] : Object.values(to)));
  for (const path of named.filter((p) => !p.includes('*')))
    assert.ok(files.includes(path.slice(2)), `exports name ${path}, which is not there`);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: STAGE, strict: true, pack: false });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

test('the types are right for everything that can import it', () => {
  const attw = join(ROOT, 'tests/node_modules/.bin/attw');
  const { status, stdout, stderr } = spawnSync(attw, [PACKAGE, '--profile', 'esm-only', '--no-definitely-typed'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
});

test('to import it on a server does nothing; load() there says where to go', async () => {
  const { load } = await import(join(STAGE, 'vmnet.js'));
  await assert.rejects(load(), {
    code: 'unsupported',
    message: /no Worker here.*; call it in a browser, or .*vmnet-web\/node/,
  });
});
