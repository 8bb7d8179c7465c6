/** web/serve.py for a test: a port of its own, ended with the test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './native.mjs';

/** What web/serve.py is told to serve the page as `make site` builds it, not from its sources. */
export const BUILT = ['--root', join(ROOT, 'build/site')];

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
