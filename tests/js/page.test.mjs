/** Parts of the page that need no page: the results by strength of the guide. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_BYTES, Strengths } from '../../web/page/case/strengths.js';

/** As screen() gives it for so many pixels; what lies in the arrays does not matter. */
function resultOf(pixels, probability) {
  const data = { byteLength: pixels };
  return {
    vessels: { probability: data, mask: data },
    diseases: Array.from({ length: 8 }, () => ({ probability, heatmap: { data } })),
  };
}

test('the layers of many strengths stay within bounds; their numbers stay', () => {
  const steps = Array.from({ length: 21 }, (_, i) => i / 20);
  for (const pixels of [1e6, 12e6, 40e6]) {
    const all = new Strengths();
    for (const guide of steps) all.set(guide, resultOf(pixels, guide));
    const kept = steps.filter((guide) => all.has(guide));
    const most = Math.max(2, Math.floor(MOST_BYTES / (10 * pixels)));
    assert.equal(kept.length, Math.min(21, most), `${pixels} pixels`);
    assert.deepEqual(kept, steps.slice(-kept.length), 'those that were used last');
    for (const guide of steps) assert.equal(all.numbers(guide).probabilities[0], guide);
  }
  const all = new Strengths();
  all.set(1, resultOf(40e6, 0.1));
  all.set(0, resultOf(40e6, 0.2));
  assert.equal(all.get(1).diseases[0].probability, 0.1, 'looked at: used');
  all.set(0.5, resultOf(40e6, 0.3));
  assert.deepEqual([all.has(1), all.has(0), all.has(0.5)], [true, false, true]);
  assert.equal(all.last.diseases[0].probability, 0.3);
});
