/** Decodes one photograph for bitmap.js. */

import { messageOf, VmnetError } from '../../errors.js';
import { decode } from '../../photo/decode.js';
import { reportRequests } from '../../requests.js';
import { AS_STORED } from './bitmap.js';

/** Of any model; the page's own was asked before. */
const MAX_MEGAPIXELS = 40;

addEventListener(
  'message',
  async (/** @type {MessageEvent<{ name: string, blob: Blob }>} */ { data: { name, blob } }) => {
    try {
      const { image } = await decode(name, blob, new Uint8Array(await blob.arrayBuffer()), MAX_MEGAPIXELS);
      const bitmap = await createImageBitmap(image, AS_STORED);
      postMessage({ bitmap }, { transfer: [bitmap] });
    } catch (error) {
      const known = error instanceof VmnetError;
      const message = known
        ? error.message
        : `${name}: it cannot be shown (${messageOf(error)}); copy or export it again`;
      postMessage({ code: known ? error.code : 'damaged', message, facts: known ? error.facts : {} });
    }
  },
);

reportRequests((requests) => postMessage({ requests }));
