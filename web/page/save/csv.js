/** CSV as in RFC 4180, for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet takes for a formula. */

/** @typedef {string | number | boolean | null | undefined} Cell */

const BOM = '\uFEFF';

/**
 * How a spreadsheet in a language expects it: where the decimals follow a comma, cells are parted by semicolons.
 * @typedef {{ separator: ',' | ';', decimal: '.' | ',' }} Style
 */

/** @param {string} decimal the language's decimal mark @returns {Style} */
export function styleOf(decimal) {
  return decimal === ',' ? { separator: ';', decimal: ',' } : { separator: ',', decimal: '.' };
}

/**
 * A text that would start a formula gets an apostrophe before it, as OWASP advises. Numbers are safe.
 * @param {Cell} cell @param {Style} style
 */
function field(cell, { separator, decimal }) {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell).replace('.', decimal) : '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  const safe = /^\s*[=+\-@＝＋－＠\t\r\n]/u.test(cell) ? `'${cell}` : cell;
  return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Cell[][]} rows the first one names the columns @param {Style} [style] */
export function csvOf(rows, style = styleOf('.')) {
  return BOM + rows.map((row) => `${row.map((cell) => field(cell, style)).join(style.separator)}\r\n`).join('');
}
