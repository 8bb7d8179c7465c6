/** The few parts of pdf-lib that web/page/save/paper.js uses. Lengths are in points, from the page's lower left corner. */

export interface PdfObject {
  readonly pdfObject?: never;
}

export interface PDFName extends PdfObject {}
export const PDFName: { of(name: string): PDFName };

export interface PDFNumber extends PdfObject {}
export const PDFNumber: { of(value: number): PDFNumber };

export interface PDFHexString extends PdfObject {}
export const PDFHexString: { of(hex: string): PDFHexString };

export interface PDFOperator {
  readonly pdfOperator?: never;
}
export const PDFOperator: { of(name: string, args?: PdfObject[]): PDFOperator };

export const PDFOperatorNames: Record<
  | 'BeginText'
  | 'EndText'
  | 'SetFontAndSize'
  | 'SetTextMatrix'
  | 'SetTextHorizontalScaling'
  | 'NonStrokingColorRgb'
  | 'ShowText',
  string
>;

export interface Color {
  red: number;
  green: number;
  blue: number;
}

export function rgb(red: number, green: number, blue: number): Color;

export enum StandardFonts {
  Helvetica = 'Helvetica',
  HelveticaBold = 'Helvetica-Bold',
}

export interface PDFRef extends PdfObject {}

export interface PDFFont {
  readonly ref: PDFRef;
  /** @throws where the font has no such character */
  encodeText(text: string): PDFHexString;
  widthOfTextAtSize(text: string, size: number): number;
  getCharacterSet(): number[];
}

export interface PDFImage {
  readonly width: number;
  readonly height: number;
}

export interface PDFPage {
  readonly node: {
    newFontDictionary(tag: string, font: PDFRef): PDFName;
    newXObject(tag: string, object: PDFRef): PDFName;
  };
  drawImage(image: PDFImage, options: { x: number; y: number; width: number; height: number }): void;
  drawRectangle(options: { x: number; y: number; width: number; height: number; color: Color }): void;
  pushOperators(...operators: PDFOperator[]): void;
}

export interface PDFContext {
  obj(literal: unknown): PdfObject;
  stream(contents: string | Uint8Array, dict?: Record<string, unknown>): PdfObject;
  flateStream(contents: string | Uint8Array, dict?: Record<string, unknown>): PdfObject;
  register(object: PdfObject): PDFRef;
  nextRef(): PDFRef;
  assign(ref: PDFRef, object: PdfObject): void;
}

export class PDFDocument {
  static create(): Promise<PDFDocument>;
  readonly context: PDFContext;
  addPage(size: [number, number]): PDFPage;
  embedFont(font: StandardFonts): Promise<PDFFont>;
  embedJpg(bytes: ArrayBuffer): Promise<PDFImage>;
  setTitle(title: string, options?: { showInWindowTitleBar: boolean }): void;
  setProducer(producer: string): void;
  setCreator(creator: string): void;
  setLanguage(language: string): void;
  save(): Promise<Uint8Array<ArrayBuffer>>;
}
