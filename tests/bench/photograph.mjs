/** What is screened: the sample photograph, because all is measured on it. Of a phantom, which cannot be judged, neither arteries nor lesions are. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/**
 * Its file, from the project's folder, so many pixels a side.
 * @param {string} root @param {number} side @param {'jpg' | 'png'} [type]
 */
export async function photograph(root, side, type = 'jpg') {
  const file = `build/bench/photograph-${side}.${type}`;
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  if (existsSync(join(root, file))) return file;
  const scaled = sharp(join(root, 'web/sample/retina.jpg')).resize(side, side);
  await (type === 'jpg' ? scaled.jpeg({ quality: 95 }) : scaled.png()).toFile(join(root, file));
  return file;
}
