/** Our own kernels beside XNNPACK's and beside plain sums: tests/c/wasm_depthwise.c and test_kernels.c, each in a process of its
 * own. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { RELAXED_FLAGS, ROOT } from './native.mjs';

const programs = {
  depthwise: 'every kind of row, to the last bit',
  kernels: 'pairs of pixels, few channels, copies',
};

for (const [name, what] of Object.entries(programs))
  for (const variant of ['simd', 'relaxed']) {
    test(`${variant}: ${what}`, () => {
      const program = join(ROOT, `build/wasm/tests/${name}-${variant}.mjs`);
      const run = `import(${JSON.stringify(program)}).then((m) => m.default({ wasmMemory: new WebAssembly.Memory({ initial: 1024, maximum: 1024 }) }))`;
      const said = execFileSync(process.execPath, [...RELAXED_FLAGS, '--eval', run], { encoding: 'utf8' });
      assert.match(said, /^(this processor has XNNPACK's own kernels\n)?\d{4} passed, 0 failed\n$/);
    });
  }
