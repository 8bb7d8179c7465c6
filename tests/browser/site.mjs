/** A copy of the page's files that a test may change, on a static server that a test may stop. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { ROOT, scratch } from '../js/native.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain',
  '.webmanifest': 'application/manifest+json',
};
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export const LIST = 'build/wasm/files.txt';
export const WEIGHTS = 'weights/vmnet.safetensors';

export class Site {
  folder = scratch();
  /** What was answered: path, status (0: the connection broke), bytes of the body. @type {{ path: string, status: number, bytes: number }[]} */
  answered = [];
  /** Paths whose connections break. @type {Set<string>} */
  broken = new Set();
  #server = null;
  #port = 0;
  #headers;

  /** @param {{ isolated?: boolean, cacheControl?: string }} [options] */
  constructor({ isolated = true, cacheControl = 'no-cache' } = {}) {
    this.#headers = { ...(isolated ? ISOLATION : {}), 'Cache-Control': cacheControl };
    const apart = /third-party|node_modules|screenshot|\.py$|__pycache__/;
    cpSync(join(ROOT, 'web'), join(this.folder, 'web'), { recursive: true, filter: (path) => !apart.test(path) });
    for (const name of ['index.html', 'sw.js']) cpSync(join(ROOT, name), join(this.folder, name));
    for (const folder of ['build/wasm', 'weights']) {
      mkdirSync(join(this.folder, folder), { recursive: true });
      for (const name of readdirSync(join(ROOT, folder)).filter((n) => /\.(mjs|wasm|safetensors)$/.test(n)))
        cpSync(join(ROOT, folder, name), join(this.folder, folder, name));
    }
    this.list();
  }

  /** Writes the list of files, as `make wasm` does. */
  list() {
    execFileSync('python3', [join(ROOT, 'web/list_files.py'), '--root', this.folder]);
  }

  /** @param {string} path */
  read(path) {
    return readFileSync(join(this.folder, path));
  }

  /** @param {string} path @param {(bytes: Buffer) => Buffer | string} edit */
  change(path, edit) {
    const bytes = edit(this.read(path));
    writeFileSync(join(this.folder, path), bytes);
  }

  /** @param {string} path */
  sha256(path) {
    return createHash('sha256').update(this.read(path)).digest('hex');
  }

  get url() {
    return `http://localhost:${this.#port}/`;
  }

  /** At the same address again, after stop(). */
  async start() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise((resolve) => this.#server.listen(this.#port, 'localhost', resolve));
    this.#port = this.#server.address().port;
    return this;
  }

  async stop() {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve()));
    this.#server = null;
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }

  /** What was answered since the last call, as `status path`. */
  log() {
    return this.answered.splice(0).map(({ status, path }) => `${status} ${path}`);
  }

  #answer(request, response) {
    const path = new URL(request.url, this.url).pathname.slice(1) || 'index.html';
    if (this.broken.has(path)) {
      this.answered.push({ path, status: 0, bytes: 0 });
      request.destroy();
      return;
    }
    let body;
    try {
      body = this.read(path);
    } catch {
      body = null;
    }
    const tag = body && `"${createHash('sha256').update(body).digest('hex')}"`;
    const status = body === null ? 404 : request.headers['if-none-match'] === tag ? 304 : 200;
    const bytes = status === 200 ? body : Buffer.alloc(0);
    const headers = { ...this.#headers, 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' };
    if (tag) headers.ETag = tag;
    if (status !== 304) headers['Content-Length'] = bytes.length;
    response.writeHead(status, headers).end(bytes);
    this.answered.push({ path, status, bytes: bytes.length });
  }
}
