/** What was drawn in the lab, in a link and back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onGrid, readStrokes, TOOLS, writeStrokes } from '../../web/page/lab/strokes.js';

/** A hand's way with steps of every size, and changes of the tool. */
function scribble(count) {
  let [x, y, seed] = [0.5, 0.5, 7];
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  return Array.from({ length: count }, (_, i) => {
    const step = i % 17 === 0 ? 0.6 : 0.03;
    x = Math.min(1, Math.max(0, x + (random() - 0.5) * step));
    y = Math.min(1.4, Math.max(0, y + (random() - 0.5) * step));
    return { tool: TOOLS[Math.floor(i / 90) % TOOLS.length], x: onGrid(x), y: onGrid(y) };
  });
}

test('strokes come back as they were, a few letters each', () => {
  for (const count of [0, 1, 2, 64, 65, 66, 700]) {
    const dabs = scribble(count);
    const text = writeStrokes(dabs);
    assert.match(text, /^[\w-]*$/);
    assert.deepEqual(readStrokes(text), dabs);
    assert.ok(text.length <= 8 + 4 * count, `${text.length} letters for ${count} dabs`);
  }
});

test('a link by anybody gives strokes of known tools, or none', () => {
  const good = writeStrokes(scribble(30));
  for (const bad of ['!', '*'.repeat(9), good.slice(0, -3), `A${good}`, 'wAAAAAA', '_'.repeat(65_537), 'A'])
    for (const { tool, x, y } of readStrokes(bad)) {
      assert.ok(TOOLS.includes(tool));
      assert.ok(Number.isFinite(x) && Number.isFinite(y));
    }
  assert.deepEqual(readStrokes('wAAAAAA'), [], 'a fourth tool');
  assert.deepEqual(readStrokes('_'.repeat(65_537)), []);
});
