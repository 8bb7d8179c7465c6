/** web/serve.py for a test: a port of its own, ended with the test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './native.mjs';

/** @param {...string} args */
export async function serve(...args) {
  const server = spawn('python3', [join(ROOT, 'web/serve.py'), '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(server.stdout, 'data');
  return { url: String(line).trim(), stop: () => server.kill() };
}
