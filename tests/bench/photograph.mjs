/** What is screened: the sample photograph, because all is measured on it. Of a phantom, which cannot be judged, neither arteries nor lesions are. */

import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const SAMPLE = 'web/sample/retina.jpg';

/**
 * Its file, from the project's folder, so many pixels a side.
 * @param {string} root @param {number} side @param {'jpg' | 'png'} [type]
 */
export async function photograph(root, side, type = 'jpg') {
  const file = `build/bench/photograph-${side}.${type}`;
  const made = (/** @type {string} */ path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made(file) > made(SAMPLE)) return file;
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  const scaled = sharp(join(root, SAMPLE)).resize(side, side);
  await (type === 'jpg' ? scaled.jpeg({ quality: 95 }) : scaled.png()).toFile(join(root, `${file}.part`));
  renameSync(join(root, `${file}.part`), join(root, file));
  return file;
}
