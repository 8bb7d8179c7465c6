/** web/serve.py for a test: a port of its own, ended with the test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './native.mjs';

/** @param {...string} args */
export async function serve(...args) {
  const server = spawn('python3', [join(ROOT, 'web/serve.py'), '--port', '0', ...args]);
  let said = '';
  server.stderr.on('data', (data) => {
    said += data;
  });
  let wanted = false;
  server.on('exit', (code, signal) => {
    if (!wanted) console.error(`web/serve.py ended by itself: ${code ?? signal}\n${said}`);
  });
  const [line] = await once(server.stdout, 'data');
  return {
    url: String(line).trim(),
    stop: () => {
      wanted = true;
      server.kill();
    },
  };
}
