/**
 * One runtime in one Worker, ours and the others alike: what blocks a page blocks none here, and threads may wait.
 * A classic Worker, since some of the runtimes call importScripts(). It answers { id, type, ... } with { id, value }.
 */

let runtime = null;

const handlers = {
  /** @param {{ runtime: string, options: object }} request */
  async start({ runtime: name, options }) {
    const { start } = await import(`./runtimes/${name}.js`);
    runtime = await start(options);
    return runtime.said ?? {};
  },
  /** Milliseconds of `times` runs, each for itself; a run ends when all its outputs can be read. */
  async run({ times = 1, what = 'run' }) {
    const list = [];
    for (let i = 0; i < times; i++) {
      const begin = performance.now();
      await runtime[what]();
      list.push(performance.now() - begin);
    }
    return list;
  },
  /** Anything else that the runtime can say. */
  call({ what, with: argument }) {
    return runtime[what](argument);
  },
};

addEventListener('message', async ({ data }) => {
  // The runtimes' own messages between threads pass through here too.
  if (typeof data?.id !== 'number' || !Object.hasOwn(handlers, data.type)) return;
  try {
    postMessage({ id: data.id, value: await handlers[data.type](data) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.stack ?? error) });
  }
});
