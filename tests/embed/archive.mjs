/** An archive that holds one photograph, takes what is stored, and wants a token: as much of DICOMweb as an example needs. */

import { createServer } from 'node:http';
import { boundaryOf, partsOf } from '../../web/dicom/multipart.js';

const HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, content-type, accept',
};
const STUDY = { '0020000D': { vr: 'UI', Value: ['2.25.1'] } };
const INSTANCE = {
  '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.77.1.5.1'] },
  '00080018': { vr: 'UI', Value: ['2.25.3'] },
  '0020000E': { vr: 'UI', Value: ['2.25.2'] },
};

/** @param {Uint8Array} photograph a DICOM file @param {string} token */
export async function startArchive(photograph, token) {
  /** @type {Uint8Array[]} */
  const stored = [];
  const answer = async (request) => {
    const { method, url, headers } = request;
    const path = new URL(url, 'http://localhost').pathname;
    if (method === 'OPTIONS') return { status: 204, type: 'text/plain', body: '' };
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, type: 'text/plain', body: 'no token' };
    const json = (value) => ({ status: 200, type: 'application/dicom+json', body: JSON.stringify(value) });
    if (method === 'POST') {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const parts = partsOf(new Uint8Array(Buffer.concat(chunks)), boundaryOf(headers['content-type']));
      stored.push(...parts.map(({ bytes }) => bytes));
      return json({
        '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: [`2.25.${stored.length}`] } }] },
      });
    }
    if (path === '/dicom-web/studies') return json([STUDY]);
    if (path === '/dicom-web/studies/2.25.1/instances') return json([INSTANCE]);
    return { status: 200, type: 'application/dicom', body: photograph };
  };
  const server = createServer(async (request, response) => {
    const { status, type, body } = await answer(request);
    response.writeHead(status, { 'Content-Type': type, ...HEADERS }).end(body);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  server.unref();
  return {
    stored,
    origin: `http://localhost:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
