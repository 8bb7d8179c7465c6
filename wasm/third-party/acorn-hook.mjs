// node --import this-file: Emscripten's JavaScript optimiser imports "acorn", which Debian keeps where only
// Debian's own Node.js looks. Any other Node.js is pointed there. deps.sh decides whether it is needed.
import { register } from 'node:module';

const hook = `export const resolve = (name, context, next) => name === 'acorn'
  ? { url: 'file:///usr/share/nodejs/acorn/dist/acorn.mjs', shortCircuit: true }
  : next(name, context);`;
register('data:text/javascript,' + encodeURIComponent(hook));
