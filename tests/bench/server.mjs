/**
 * The benchmark's own server: the checkout, cross-origin isolated, on localhost. Not web/serve.py, because its
 * Content-Security-Policy stops what the other runtimes do (Workers from blobs, eval).
 */

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import http from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const LITERT = '/tests/bench/node_modules/@litertjs/core/dist/index.js';
const WASM_UTILS = '/tests/bench/node_modules/@litertjs/wasm-utils/dist/index.js';

/** @param {string} root @returns {Promise<{ url: string, sent: () => Map<string, number>, stop: () => void }>} */
export function serve(root) {
  /** Bytes by path, since the last call of sent(). @type {Map<string, number>} */
  let sent = new Map();
  const server = http.createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = normalize(join(root, path));
    const info = file.startsWith(root + sep) ? await stat(file).catch(() => null) : null;
    if (info === null || !info.isFile()) {
      response.writeHead(404, HEADERS).end();
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    if (path === LITERT) {
      // Import maps do not reach into Workers, so its one bare name is given an address here.
      const text = (await readFile(file, 'utf8')).replace('"@litertjs/wasm-utils"', `"${WASM_UTILS}"`);
      sent.set(path, text.length);
      response.writeHead(200, { ...HEADERS, 'Content-Type': type }).end(text);
      return;
    }
    sent.set(path, info.size);
    response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Content-Length': info.size });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://localhost:${server.address().port}/`,
        sent: () => {
          const before = sent;
          sent = new Map();
          return before;
        },
        stop: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
