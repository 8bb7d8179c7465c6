/** Reads CSV as RFC 4180 says, for the tests: strict, so that a slip in what is written shows. */

/** @param {string} text @returns {string[][]} */
export function parseCsv(text) {
  const rows = [[]];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const [, quoted, plain, end] = /"((?:[^"]|"")*)"(?=,|\r\n)|([^",\r\n]*)(,|\r\n)/y.exec(text.slice(at)) ?? fail(at);
    if (quoted === undefined) {
      rows.at(-1).push(plain);
      at += plain.length + end.length;
      if (end === '\r\n') rows.push([]);
    } else {
      rows.at(-1).push(quoted.replaceAll('""', '"'));
      at += quoted.length + 2;
      const next = text.startsWith('\r\n', at);
      at += next ? 2 : 1;
      if (next) rows.push([]);
    }
  }
  return rows.slice(0, -1);
}

function fail(at) {
  throw new Error(`no CSV at ${at}`);
}
