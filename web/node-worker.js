/** The worker thread of node.js: one engine, one request at a time, an answer to each. */

import { parentPort } from 'node:worker_threads';
import { Engine } from './engine.js';
import { messageOf, VmnetError } from './errors.js';

/** @type {Engine | null} */
let engine = null;

/** @param {any} request @returns {Promise<unknown>} */
async function answer({ type, start, screen, decide }) {
  if (type === 'start') {
    const { bytes, glueUrl, ...options } = start;
    const [{ default: glue }, module] = await Promise.all([import(glueUrl), WebAssembly.compile(bytes)]);
    engine = await Engine.start({ ...options, glue, module });
    return engine.info();
  }
  if (engine === null) throw new VmnetError('runtime', 'model: not started; load() again');
  if (type === 'decide') return engine.decideTogether(decide.each, decide.point);
  const { file, data, width, height, ...request } = screen;
  if (file !== null) engine.inspect(file, screen.input);
  return engine.screen(data, width, height, request);
}

parentPort?.on('message', async (request) => {
  const { id } = request;
  try {
    parentPort?.postMessage({ id, value: await answer(request) });
  } catch (error) {
    const { code, message, facts } =
      error instanceof VmnetError
        ? error
        : { code: 'runtime', message: `module: ${messageOf(error)}; load() again`, facts: {} };
    parentPort?.postMessage({ id, error: { code, message, facts } });
  }
});
