/** CSV as in RFC 4180, for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet takes for a formula. */

/** @typedef {string | number | boolean | null | undefined} Cell */

const BOM = '\uFEFF';

/**
 * A text that would start a formula gets an apostrophe before it, as OWASP advises. Numbers are safe.
 * @param {Cell} cell
 */
export function field(cell) {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  const safe = /^\s*[=+\-@＝＋－＠\t\r\n]/u.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Cell[][]} rows the first one names the columns */
export function csvOf(rows) {
  return BOM + rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
