import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, detect, notes, RELAXED_PROBE, SIMD_PROBE, THREADS_PROBE } from '../../web/features.js';

const all = { simd: true, relaxed: true, threads: true, isolated: true, cores: 4 };
const names = (list) => list.map((c) => `${c.variant}/${c.threads}`);

test('fastest first, and each next one needs less', () => {
  assert.deepEqual(names(candidates(all)), ['relaxed-mt/4', 'simd-mt/4', 'relaxed/1', 'simd/1']);
  assert.deepEqual(names(candidates({ ...all, threads: false })), ['relaxed/1', 'simd/1']);
  assert.deepEqual(names(candidates({ ...all, relaxed: false })), ['simd-mt/4', 'simd/1']);
  assert.deepEqual(names(candidates({ ...all, cores: 1 })), ['relaxed/1', 'simd/1']);
  assert.deepEqual(names(candidates({ ...all, cores: 64 }))[0], 'relaxed-mt/8');
  assert.deepEqual(candidates({ ...all, simd: false, relaxed: false }), []);
});

test('wishes count', () => {
  assert.deepEqual(names(candidates(all, { threads: 1 })), ['relaxed/1', 'simd/1']);
  assert.deepEqual(names(candidates(all, { threads: 3 }))[0], 'relaxed-mt/3');
  assert.deepEqual(names(candidates(all, { variant: 'simd', threads: 3 })), ['simd/1']);
  assert.deepEqual(names(candidates(all, { variant: 'simd-mt', threads: 2 })), ['simd-mt/2']);
  assert.deepEqual(candidates({ ...all, threads: false }, { variant: 'simd-mt' }), []);
  assert.deepEqual(candidates({ ...all, relaxed: false }, { variant: 'relaxed' }), []);
});

test('what is missing is said', () => {
  assert.deepEqual(notes(all), []);
  assert.match(notes({ ...all, threads: false, isolated: false })[0], /COOP and COEP/);
  assert.deepEqual(notes({ ...all, threads: false, isolated: false }, { threads: 1 }), []);
  assert.match(notes({ ...all, relaxed: false })[0], /plain SIMD/);
});

test('the probes are modules, and a byte less is none', () => {
  assert.ok(WebAssembly.validate(SIMD_PROBE));
  assert.ok(WebAssembly.validate(THREADS_PROBE));
  for (const probe of [SIMD_PROBE, RELAXED_PROBE, THREADS_PROBE])
    assert.equal(WebAssembly.validate(probe.subarray(0, probe.length - 1)), false);
});

test('a page that is not isolated gets no threads', () => {
  assert.equal(detect().threads, false); // Node.js has no crossOriginIsolated
  assert.equal(detect().simd, true);
});
