/** Folders on a port of their own, with the headers that a test wants. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
export const CORS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

/**
 * @typedef {object} Options
 * @property {string} [prefix] the path that the folder stands under, with a slash at both ends
 * @property {Record<string, string>} [headers] of everything
 * @property {(path: string) => Record<string, string>} [headersOf] of one path, besides
 * @property {Record<string, string>} [pages] text of a path that is no file
 * @property {RegExp} [silent] paths that are never answered
 */

/** @param {string} folder @param {Options} [options] */
export async function serveFolder(
  folder,
  { prefix = '/', headers = {}, headersOf = () => ({}), pages = {}, silent } = {},
) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    asked.push(path);
    if (silent?.test(path)) return;
    const inside = path.startsWith(prefix) ? normalize(path.slice(prefix.length)) : '..';
    const name = inside === '.' || inside === '' ? 'index.html' : inside;
    const text = pages[name] ?? (name.startsWith('..') ? null : await readFile(join(folder, name)).catch(() => null));
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    response.writeHead(text === null ? 404 : 200, { 'Content-Type': type, ...headers, ...headersOf(name) });
    response.end(text ?? 'no such file');
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  server.unref(); // a test that failed does not stop it
  return {
    url: `http://localhost:${server.address().port}${prefix}`,
    origin: `http://localhost:${server.address().port}`,
    asked,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
