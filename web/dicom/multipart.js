/** The multipart/related of DICOMweb, there and back (RFC 2387; PS3.18 8.6.1.2). */

/** @typedef {{ type: string, bytes: Uint8Array<ArrayBuffer> }} Part its media type, without parameters */

const utf8 = new TextEncoder();
const latin1 = new TextDecoder('latin1');

/** @param {string | null} contentType @returns {string | null} null where it is no multipart, or without a boundary */
export function boundaryOf(contentType) {
  if (!/^\s*multipart\//i.test(contentType ?? '')) return null;
  const [, quoted, bare] = contentType?.match(/;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i) ?? [];
  return quoted ?? bare ?? null;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes of the whole body
 * @param {string} boundary
 * @returns {Part[] | null} views into the bytes; null where the body does not end with its closing boundary
 */
export function partsOf(bytes, boundary) {
  const mark = utf8.encode(`\r\n--${boundary}`);
  /** @type {Part[]} */
  const parts = [];
  // The first boundary may stand at the very start, without a line before it.
  let at = startsAt(bytes, mark.subarray(2), 0) ? mark.length - 2 : after(bytes, mark, 0);
  while (at >= 0) {
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return parts;
    const next = after(bytes, mark, at);
    if (next < 0) return null;
    const end = next - mark.length;
    // The line of the boundary may be padded; then come headers, an empty line, the content.
    const head = after(bytes, utf8.encode('\r\n\r\n'), at);
    if (head < 0 || head > end) return null;
    const headers = latin1.decode(bytes.subarray(at, head));
    const type =
      headers
        .match(/^content-type:\s*([^;\r\n]*)/im)?.[1]
        .trim()
        .toLowerCase() ?? '';
    parts.push({ type, bytes: bytes.subarray(head, end) });
    at = next;
  }
  return null;
}

/** @param {Uint8Array} bytes @param {Uint8Array} mark @param {number} at */
function startsAt(bytes, mark, at) {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

/** Where the first one at or after `from` ends; -1 if there is none. @param {Uint8Array} bytes @param {Uint8Array} mark @param {number} from */
function after(bytes, mark, from) {
  for (let at = bytes.indexOf(mark[0], from); at >= 0; at = bytes.indexOf(mark[0], at + 1))
    if (startsAt(bytes, mark, at)) return at + mark.length;
  return -1;
}

/**
 * One object as a body to store.
 * @param {Uint8Array<ArrayBuffer> | Blob} object
 * @returns {{ body: Blob, type: string }} the body and its Content-Type
 */
export function bodyOf(object) {
  // No object holds it but by a chance of 2^-128. crypto.randomUUID() is not there on a page without https.
  const boundary = `vmnet-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  return {
    body: new Blob([head, object, `\r\n--${boundary}--\r\n`]),
    type: `multipart/related; type="application/dicom"; boundary=${boundary}`,
  };
}
