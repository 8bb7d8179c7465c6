/** What a saved PDF says, page by page. */

import { extractText, getDocumentProxy } from 'unpdf';

/** Text without what a line break or a space may make of it. @param {string} text */
export const squeezed = (text) => text.normalize('NFKC').replace(/[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069]+/g, '');

/** @param {Uint8Array} bytes @returns {Promise<{ pages: string[], totalPages: number }>} */
export async function pdfText(bytes) {
  const pdf = await getDocumentProxy(new Uint8Array(bytes));
  const { text, totalPages } = await extractText(pdf, { mergePages: false });
  return { pages: text, totalPages };
}
