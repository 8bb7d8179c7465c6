/** A cell: its type says what it is, so that no text is ever taken for a formula. */
export interface XlsxCell {
  value: string | number | boolean;
  type: StringConstructor | NumberConstructor | BooleanConstructor;
  /** Of a number, as spreadsheets write it: '0.0%'. */
  format?: string;
  fontWeight?: 'bold';
  wrap?: boolean;
  alignVertical?: 'top';
}

export interface XlsxSheet {
  sheet: string;
  data: (XlsxCell | null)[][];
  /** Widths in characters. */
  columns?: { width?: number }[];
  stickyRowsCount?: number;
  rightToLeft?: boolean;
}

/** The bytes of an .xlsx file. */
export function xlsxOf(sheets: XlsxSheet[]): Promise<Blob>;
