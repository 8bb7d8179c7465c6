/** Folders of photographs, and what the camera's hints say. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greyInRing, Hints, look } from '../../web/page/intake/camera-hints.js';
import { byPath, filesOfDrop, filesOfFolder, MAX_FILES, pathOf } from '../../web/page/intake/folders.js';

// ---- folders ----

/** As a browser hands over what was dropped: a tree of names; a string is a file's content, null cannot be read. */
function entry(name, content, parent = '') {
  const fullPath = `${parent}/${name}`;
  if (content === null || typeof content === 'string')
    return {
      isFile: true,
      isDirectory: false,
      name,
      fullPath,
      file: (done, failed) =>
        content === null ? failed(new DOMException('gone', 'NotFoundError')) : done(new File([content], name)),
    };
  const children = Object.entries(content).map(([child, inside]) => entry(child, inside, fullPath));
  return {
    isFile: false,
    isDirectory: true,
    name,
    fullPath,
    createReader: () => {
      let at = 0;
      return {
        // as Chromium: a hundred at a time, an empty list at the end
        readEntries: (done) => {
          at += 100;
          setImmediate(() => done(children.slice(at - 100, at)));
        },
      };
    },
  };
}

const drop = (tree) => filesOfDrop(Object.entries(tree).map(([name, content]) => entry(name, content)));

test('a dropped folder: all levels, in the order of the paths, hidden files left out', async () => {
  const { files, folders, more, unread } = await drop({
    'single.jpg': 'x',
    clinic: {
      'eye 10.jpg': 'x',
      'eye 2.jpg': 'x',
      '.DS_Store': 'x',
      '._eye 2.jpg': 'x',
      'Thumbs.db': 'x',
      __MACOSX: { 'eye.jpg': 'x' },
      'b 1': { 'z.jpg': 'x' },
      b: { 'y.jpg': 'x', deeper: { 'x.tif': 'x' } },
      nothing: {},
    },
  });
  assert.deepEqual(files.map(pathOf), [
    'clinic/b/deeper/x.tif',
    'clinic/b/y.jpg',
    'clinic/b 1/z.jpg',
    'clinic/eye 2.jpg',
    'clinic/eye 10.jpg',
    'single.jpg',
  ]);
  assert.deepEqual([folders, more, unread], [['clinic'], false, []]);
});

test('more files than are taken at once: the first ones, and it is said', async () => {
  const many = Object.fromEntries(Array.from({ length: MAX_FILES + 200 }, (_, i) => [`${i}.jpg`, '']));
  const { files, more } = await drop({ many });
  assert.equal(files.length, MAX_FILES);
  assert.ok(more);
  assert.equal(pathOf(files[MAX_FILES - 1]), `many/${MAX_FILES - 1}.jpg`);
  const just = await drop({ just: Object.fromEntries(Object.entries(many).slice(0, MAX_FILES)) });
  assert.deepEqual([just.files.length, just.more], [MAX_FILES, false]);
});

test('a folder without end, an empty one, and files that cannot be read', async () => {
  let deep = { 'eye.jpg': 'x' };
  for (let i = 0; i < 40; i++) deep = { deeper: deep };
  const { files, unread } = await drop({ deep, 'gone.jpg': null });
  assert.equal(files.length, 0);
  assert.equal(unread.length, 2);
  assert.ok(unread.includes('gone.jpg'));
  const empty = await drop({ empty: {} });
  assert.deepEqual(empty, { files: [], more: false, folders: ['empty'], unread: [] });
});

test('a chosen folder: the paths that the browser gives', () => {
  const file = (path) =>
    Object.defineProperty(new File(['x'], path.split('/').at(-1)), 'webkitRelativePath', { value: path });
  const { files, folders, more } = filesOfFolder(['a/10.png', 'a/9.png', 'a/.hidden/1.png', 'a/b/1.png'].map(file));
  assert.deepEqual(files.map(pathOf), ['a/9.png', 'a/10.png', 'a/b/1.png']);
  assert.deepEqual([folders, more], [['a'], false]);
});

test('the order is one on every machine, and total', () => {
  const paths = ['a', 'A', 'a/1', 'a/10', 'a/2', 'ä', 'b', 'a b/1', 'a/2/1', '01', '1'];
  const once = [...paths].sort(byPath);
  assert.deepEqual([...paths].reverse().sort(byPath), once);
  assert.ok(once.indexOf('a/2') < once.indexOf('a/10'));
});

// ---- the camera's hints ----

const SIDE = 128;

/** Bright dots on a ground, each as wide as the blur makes it. */
function frame({ light = 120, blur = 0.7, shift = 0, clipped = 0 } = {}) {
  const rgba = new Uint8ClampedArray(SIDE * SIDE * 4).fill(255);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [dx, dy] = [((x + shift) % 16) - 8, (y % 16) - 8];
      const dot = ((light / 2) * Math.exp(-(dx * dx + dy * dy) / (2 * blur * blur))) / Math.max(1, blur);
      const value = x < clipped * SIDE ? 255 : light + dot;
      rgba.fill(value, 4 * (y * SIDE + x), 4 * (y * SIDE + x) + 3);
    }
  return greyInRing(rgba, SIDE);
}

test('only the ring counts', () => {
  const grey = frame();
  assert.ok(Number.isNaN(grey[0]) && Number.isNaN(grey[SIDE * SIDE - 1]));
  assert.ok(grey[(SIDE / 2) * SIDE + SIDE / 2] > 0);
});

test('sharpness falls with blur and does not hang on the light; motion and glare are seen', () => {
  const sharp = look(frame(), SIDE, null);
  const blurred = look(frame({ blur: 3 }), SIDE, null);
  const dim = look(frame({ light: 60 }), SIDE, null);
  assert.ok(blurred.sharpness < sharp.sharpness / 2);
  assert.ok(Math.abs(dim.sharpness / sharp.sharpness - 1) < 0.1);
  assert.equal(sharp.motion, 0);
  assert.equal(look(frame(), SIDE, frame()).motion, 0);
  const moved = (shift) => look(frame({ blur: 4, shift }), SIDE, frame({ blur: 4 })).motion;
  assert.ok(moved(1) > 0 && moved(8) > 3 * moved(1));
  assert.ok(look(frame({ clipped: 0.5 }), SIDE, null).glare > 0.4);
});

test('hints: the light first, then the hand, then the focus', () => {
  const view = { light: 100, glare: 0, sharpness: 0.05, motion: 0 };
  const say = (change) => new Hints().next({ ...view, ...change });
  assert.equal(say({}), 'good');
  assert.equal(say({ light: 5 }), 'dark');
  assert.equal(say({ glare: 0.5 }), 'bright');
  assert.equal(say({ motion: 0.5 }), 'still');
  assert.equal(say({ sharpness: 0.001 }), 'blurred');
  assert.equal(say({ light: 5, motion: 1, sharpness: 0 }), 'dark');
});

test('sharp is relative to the best of the last seconds, and that is forgotten', () => {
  const hints = new Hints();
  const next = (sharpness) => hints.next({ light: 100, glare: 0, sharpness, motion: 0 });
  assert.equal(next(0.03), 'good');
  assert.equal(next(0.08), 'good');
  assert.equal(next(0.03), 'blurred');
  let hint = 'blurred';
  for (let i = 0; i < 40; i++) hint = next(0.03);
  assert.equal(hint, 'good');
});
