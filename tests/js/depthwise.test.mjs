/** Our own kernels for depthwise convolutions give XNNPACK's numbers: tests/c/wasm_depthwise.c, in a process of its own. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { RELAXED_FLAGS, ROOT } from './native.mjs';

for (const variant of ['simd', 'relaxed']) {
  test(`${variant}: every kind of row, to the last bit`, () => {
    const program = join(ROOT, `build/wasm/tests/depthwise-${variant}.mjs`);
    const run = `import(${JSON.stringify(program)}).then((m) => m.default({ wasmMemory: new WebAssembly.Memory({ initial: 1024, maximum: 1024 }) }))`;
    const said = execFileSync(process.execPath, [...RELAXED_FLAGS, '--eval', run], { encoding: 'utf8' });
    assert.match(said, /^\d{4} passed, 0 failed\n$/);
  });
}
