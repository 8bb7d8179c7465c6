/** A real archive: Debian's Orthanc with its DICOMweb plugin, behind a proxy that wants a bearer token and adds CORS. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../js/native.mjs';

export const TOKEN = 'a-token-of-the-test';
const BESIDE = join(ROOT, 'build/deps/orthanc');
const PATIENCE_MS = 60_000;

/** @param {import('node:http').Server} server @returns {Promise<number>} its port */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return server.address().port;
}

async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** As installed, or as unpacked by wasm/third-party/deps.sh. */
function programOf() {
  const root = existsSync(join(BESIDE, 'usr/sbin/Orthanc')) ? BESIDE : '';
  const libraries = root === '' ? [] : readdirSync(join(root, 'usr/lib')).filter((name) => /-linux-gnu/.test(name));
  return {
    program: `${root}/usr/sbin/Orthanc`,
    plugin: `${root}/usr/share/orthanc/plugins/libOrthancDicomWeb.so`,
    path: libraries.map((name) => join(root, 'usr/lib', name)).join(':'),
  };
}

/** @param {string} folder for what it keeps */
async function startOrthanc(folder) {
  const { program, plugin, path } = programOf();
  assert.ok(existsSync(program), `${program} is missing: make test-dicomweb fetches it`);
  const port = await freePort();
  const config = {
    Name: 'test',
    StorageDirectory: join(folder, 'storage'),
    IndexDirectory: join(folder, 'storage'),
    HttpPort: port,
    HttpDescribeErrors: true,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    Plugins: [plugin],
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
  };
  const file = join(folder, 'orthanc.json');
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(program, [file], { env: { ...process.env, LD_LIBRARY_PATH: path }, stdio: 'pipe' });
  let log = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
  child.on('exit', () => (ended = true));
  for (const until = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (ended || Date.now() > until) {
      child.kill();
      throw new Error(`Orthanc did not start:\n${log}`);
    }
    const answer = await fetch(`http://localhost:${port}/dicom-web/studies`).catch(() => null);
    if (answer?.ok) return { port, stop: () => child.kill() };
  }
}

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, content-type, accept',
  'Access-Control-Allow-Methods': 'GET, POST',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** @param {string} folder for what it keeps */
export async function startArchive(folder) {
  const orthanc = await startOrthanc(folder);
  /** @type {{ method: string, url: string, status: number }[]} */
  const asked = [];
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const answer = (status, answerHeaders) => {
      if (method !== 'OPTIONS') asked.push({ method, url, status });
      outgoing.writeHead(status, { ...answerHeaders, ...CORS });
    };
    if (method === 'OPTIONS') {
      answer(204, {});
      outgoing.end();
      return;
    }
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      answer(401, { 'Content-Type': 'text/plain' });
      outgoing.end('this archive wants a token');
      incoming.resume();
      return;
    }
    const { authorization, ...rest } = headers;
    const onward = request({ host: 'localhost', port: orthanc.port, method, path: url, headers: rest }, (response) => {
      answer(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const port = await listen(proxy);
  return {
    url: `http://localhost:${port}/dicom-web`,
    origin: `http://localhost:${port}`,
    asked,
    stop: () => {
      proxy.closeAllConnections();
      proxy.close();
      orthanc.stop();
    },
  };
}
