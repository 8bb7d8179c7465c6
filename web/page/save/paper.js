/**
 * Sheets as a PDF file: what the browser has laid out for paper is written down box by box, so that the file holds what is
 * printed. What Helvetica has letters for is written as text. Other scripts have to be shaped (Arabic, Hindi) or need fonts of
 * many megabytes (Chinese): their lines are drawn by the browser, and the text lies unseen above each, to be found and copied.
 */

import { blobOf } from '../worklist/pictures.js';

/**
 * @import { PDFDocument, PDFFont, PDFName, PDFPage, PDFRef } from '../../vendor/pdf.js'
 * @typedef {typeof import('../../vendor/pdf.js')} Library
 */

/** Of A4, in points, of which 72 are an inch; the page's pixels are 96 to the inch. */
const WIDTH = 595.28;
const HEIGHT = 841.89;
const POINT = 0.75;
const MARGIN = 39.69; // 14 mm, as in sheet.css
/** What fits on a page, in the browser's pixels. */
const ROOM = (HEIGHT - 2 * MARGIN) / POINT;
/** Pixels of a drawn line for one of the browser's: 288 to the inch. */
const SHARP = 3;
/** A sheet that is a little too long is made smaller rather than broken: down to this. */
const SMALLEST = 0.82;
/** What is not cut by the end of a page. */
const WHOLE = 'tr, figure, li, p, h2, h3, header';

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Rect in the browser's pixels */
/** @typedef {Rect & { text: string, visual: string }} Line visual: its letters from left to right */

/**
 * @param {HTMLElement[]} sheets @param {{ title: string, language: string, signal?: AbortSignal, onProgress?: (done: number) => void }} about
 * @returns {Promise<Blob>}
 */
export async function pdfOf(sheets, { title, language, signal, onProgress }) {
  const library = await import('../../vendor/pdf.js');
  const pdf = await library.PDFDocument.create();
  pdf.setTitle(title, { showInWindowTitleBar: true });
  pdf.setLanguage(language);
  pdf.setCreator('V-MNet');
  pdf.setProducer('V-MNet');
  const writer = await Writer.on(library, pdf);
  const desk = document.createElement('div');
  desk.className = 'sheet-desk';
  desk.setAttribute('aria-hidden', 'true');
  desk.inert = true;
  document.body.append(desk);
  try {
    for (const [i, sheet] of sheets.entries()) {
      desk.replaceChildren(sheet);
      await Promise.allSettled([...sheet.querySelectorAll('img')].map((img) => img.decode()));
      await writer.write(sheet);
      onProgress?.(i + 1);
      signal?.throwIfAborted();
    }
  } finally {
    desk.remove();
  }
  writer.finish();
  return new Blob([await pdf.save()], { type: 'application/pdf' });
}

class Writer {
  #library;
  #pdf;
  #plain;
  #bold;
  #letters;
  #unseen;
  #ruler = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext('2d'));
  /** @type {{ page: PDFPage, from: number, fonts: Map<PDFRef, PDFName> }[]} */
  #pages = [];
  /** How large the sheet is on the page. */
  #scale = 1;
  /** Where the sheet begins, in the window's pixels. */
  #origin = { x: 0, y: 0 };

  /** @param {Library} library @param {PDFDocument} pdf @param {PDFFont} plain @param {PDFFont} bold */
  constructor(library, pdf, plain, bold) {
    this.#library = library;
    this.#pdf = pdf;
    this.#plain = plain;
    this.#bold = bold;
    this.#letters = new Set(plain.getCharacterSet());
    this.#unseen = new UnseenText(library, pdf);
  }

  /** @param {Library} library @param {PDFDocument} pdf */
  static async on(library, pdf) {
    const { StandardFonts } = library;
    return new Writer(
      library,
      pdf,
      await pdf.embedFont(StandardFonts.Helvetica),
      await pdf.embedFont(StandardFonts.HelveticaBold),
    );
  }

  /** On as many pages as it takes. @param {HTMLElement} sheet that is laid out */
  async write(sheet) {
    const { left, top, height } = sheet.getBoundingClientRect();
    this.#origin = { x: left, y: top };
    const fit = Math.min(1, ROOM / height);
    this.#scale = fit < SMALLEST ? 1 : fit;
    this.#pages = pageStarts(sheet, top, ROOM / this.#scale).map((from) => ({
      page: this.#pdf.addPage([WIDTH, HEIGHT]),
      from,
      fonts: new Map(),
    }));
    for (const element of [sheet, ...sheet.querySelectorAll('*')]) this.#box(element);
    for (const img of sheet.querySelectorAll('img')) await this.#image(img);
    const texts = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) this.#text(/** @type {Text} */ (node));
  }

  finish() {
    this.#unseen.finish();
  }

  /** The page that holds a place, by its top in the window. @param {number} top */
  #at(top) {
    const y = top - this.#origin.y;
    return this.#pages.findLast(({ from }) => from <= y + 0.5) ?? this.#pages[0];
  }

  /** A rectangle of the window on the page that holds `anchor`, in points. @param {Rect} rect @param {number} [anchor] */
  #place({ left, top, right, bottom }, anchor = top) {
    const { page, from, fonts } = this.#at(anchor);
    const points = POINT * this.#scale;
    const x = MARGIN + ((WIDTH - 2 * MARGIN) * (1 - this.#scale)) / 2 + (left - this.#origin.x) * points;
    const y = HEIGHT - MARGIN - (bottom - this.#origin.y - from) * points;
    return { page, fonts, x, y, width: (right - left) * points, height: (bottom - top) * points };
  }

  /** Background and borders. @param {Element} element */
  #box(element) {
    const style = getComputedStyle(element);
    const { left, top, right, bottom } = element.getBoundingClientRect();
    this.#fill({ left, top, right, bottom }, style.backgroundColor);
    const wide = (/** @type {string} */ side) =>
      style.getPropertyValue(`border-${side}-style`) === 'none'
        ? 0
        : Number.parseFloat(style.getPropertyValue(`border-${side}-width`));
    const sides = { top: wide('top'), bottom: wide('bottom'), left: wide('left'), right: wide('right') };
    if (sides.top > 0) this.#fill({ left, top, right, bottom: top + sides.top }, style.borderTopColor);
    if (sides.bottom > 0) this.#fill({ left, top: bottom - sides.bottom, right, bottom }, style.borderBottomColor);
    if (sides.left > 0) this.#fill({ left, top, right: left + sides.left, bottom }, style.borderLeftColor);
    if (sides.right > 0) this.#fill({ left: right - sides.right, top, right, bottom }, style.borderRightColor);
  }

  /** @param {Rect} rect @param {string} colour of CSS */
  #fill(rect, colour) {
    const seen = colourOf(colour);
    if (seen === null || rect.right <= rect.left || rect.bottom <= rect.top) return;
    const { page, x, y, width, height } = this.#place(rect);
    page.drawRectangle({ x, y, width, height, color: this.#library.rgb(...seen) });
  }

  /** @param {HTMLImageElement} img a JPEG, by pictureOf() */
  async #image(img) {
    const blob = blobOf(img);
    if (blob === undefined || img.naturalWidth === 0) return;
    const image = await this.#pdf.embedJpg(await blob.arrayBuffer());
    const { page, x, y, width, height } = this.#place(img.getBoundingClientRect());
    page.drawImage(image, { x, y, width, height });
  }

  /** @param {Text} node */
  #text(node) {
    const style = getComputedStyle(/** @type {Element} */ (node.parentElement));
    for (const line of linesOf(node)) {
      const text = plainText(line.text);
      if (text.trim() === '') continue;
      if ([...text].every((letter) => this.#letters.has(/** @type {number} */ (letter.codePointAt(0)))))
        this.#write(text, line, style);
      else this.#draw(line, style);
    }
  }

  /** A font as the browser measures it: how far it reaches above the line it stands on. @param {CSSStyleDeclaration} style @param {number} scale */
  #fontOf(style, scale) {
    const size = Number.parseFloat(style.fontSize);
    return { size, css: `${style.fontStyle} ${style.fontWeight} ${size * scale}px ${style.fontFamily}` };
  }

  /** As text. @param {string} text @param {Line} line @param {CSSStyleDeclaration} style */
  #write(text, line, style) {
    const { PDFName, PDFNumber, PDFOperator, PDFOperatorNames: op } = this.#library;
    const font = Number(style.fontWeight) >= 600 ? this.#bold : this.#plain;
    const { size, css } = this.#fontOf(style, 1);
    this.#ruler.font = css;
    const { fontBoundingBoxAscent: above } = this.#ruler.measureText(text);
    const middle = (line.top + line.bottom) / 2;
    const { page, fonts, x, width } = this.#place(line, middle);
    const { y } = this.#place({ ...line, bottom: line.top + above }, middle);
    const points = size * POINT * this.#scale;
    const own = font.widthOfTextAtSize(text, points);
    let name = fonts.get(font.ref);
    if (name === undefined) {
      name = page.node.newFontDictionary('F', font.ref);
      fonts.set(font.ref, name);
    }
    const numbers = (/** @type {number[]} */ ...values) => values.map((value) => PDFNumber.of(round(value)));
    page.pushOperators(
      PDFOperator.of(op.BeginText),
      PDFOperator.of(op.NonStrokingColorRgb, numbers(...(colourOf(style.color) ?? [0, 0, 0]))),
      PDFOperator.of(op.SetFontAndSize, [name ?? PDFName.of('F'), ...numbers(points)]),
      PDFOperator.of(op.SetTextHorizontalScaling, numbers(own > 0 ? (100 * width) / own : 100)),
      PDFOperator.of(op.SetTextMatrix, numbers(1, 0, 0, 1, x, y)),
      PDFOperator.of(op.ShowText, [font.encodeText(text)]),
      PDFOperator.of(op.EndText),
    );
  }

  /** As a picture, with its text above it. @param {Line} line @param {CSSStyleDeclaration} style */
  #draw(line, style) {
    const { css } = this.#fontOf(style, SHARP);
    const reach = Math.ceil((line.bottom - line.top) * 0.25); // marks above and below reach out of their line
    const around = { ...line, top: line.top - reach, bottom: line.bottom + reach };
    const width = Math.ceil((line.right - line.left) * SHARP);
    const height = Math.ceil((around.bottom - around.top) * SHARP);
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
      canvas.getContext('2d', { willReadFrequently: true })
    );
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.font = css;
    context.fillStyle = style.color;
    context.direction = style.direction === 'rtl' ? 'rtl' : 'ltr';
    context.textAlign = 'left';
    const shown = line.text.replace(/\s+/g, ' ').trim();
    const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below, width: own } = context.measureText(shown);
    const middle = ((line.bottom - line.top) * SHARP - above - below) / 2; // another font may have filled in
    context.save();
    if (own > 0) context.scale(width / own, 1);
    context.fillText(shown, 0, reach * SHARP + middle + above);
    context.restore();
    const { data } = context.getImageData(0, 0, width, height);
    const grey = new Uint8Array(width * height).map((_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
    this.#picture(grey, width, height, this.#place(around, (line.top + line.bottom) / 2));
    const { page, ...place } = this.#place(line, (line.top + line.bottom) / 2);
    this.#unseen.write(page, plainText(line.visual), place);
  }

  /**
   * White is left out, so that lines may overlap.
   * @param {Uint8Array<ArrayBuffer>} grey @param {number} columns @param {number} rows
   * @param {{ page: PDFPage, x: number, y: number, width: number, height: number }} place
   */
  #picture(grey, columns, rows, { page, x, y, width, height }) {
    const { PDFNumber, PDFOperator } = this.#library;
    const { context } = this.#pdf;
    const image = context.flateStream(grey, {
      Type: 'XObject',
      Subtype: 'Image',
      Width: columns,
      Height: rows,
      ColorSpace: 'DeviceGray',
      BitsPerComponent: 8,
      Mask: [255, 255],
    });
    const name = page.node.newXObject('Line', context.register(image));
    page.pushOperators(
      PDFOperator.of('q'),
      PDFOperator.of(
        'cm',
        [width, 0, 0, height, x, y].map((value) => PDFNumber.of(round(value))),
      ),
      PDFOperator.of('Do', [name]),
      PDFOperator.of('Q'),
    );
  }
}

/** Letters that a font of one byte a letter can tell apart. */
const LETTERS = 256;
/** How far each goes on, in thousandths of the font's size. */
const STEP = 500;

/** Text that can be found and copied, and is not seen: fonts whose letters are all empty. */
class UnseenText {
  #library;
  #pdf;
  /** @type {{ ref: PDFRef, codes: Map<string, number> }[]} */
  #fonts = [];
  /** @type {WeakMap<PDFPage, Map<PDFRef, PDFName>>} */
  #names = new WeakMap();

  /** @param {Library} library @param {PDFDocument} pdf */
  constructor(library, pdf) {
    this.#library = library;
    this.#pdf = pdf;
  }

  /** @param {string} letter @returns {{ ref: PDFRef, code: number }} */
  #code(letter) {
    for (const { ref, codes } of this.#fonts) {
      const code = codes.get(letter);
      if (code !== undefined) return { ref, code };
    }
    let font = this.#fonts.at(-1);
    if (font === undefined || font.codes.size === LETTERS) {
      font = { ref: this.#pdf.context.nextRef(), codes: new Map() };
      this.#fonts.push(font);
    }
    const code = font.codes.size;
    font.codes.set(letter, code);
    return { ref: font.ref, code };
  }

  /** @param {PDFPage} page @param {PDFRef} ref */
  #name(page, ref) {
    const names = this.#names.get(page) ?? new Map();
    this.#names.set(page, names);
    if (!names.has(ref)) names.set(ref, page.node.newFontDictionary('Unseen', ref));
    return /** @type {PDFName} */ (names.get(ref));
  }

  /** @param {PDFPage} page @param {string} text from left to right @param {{ x: number, y: number, width: number, height: number }} place */
  write(page, text, { x, y, width, height }) {
    const { PDFHexString, PDFNumber, PDFOperator, PDFOperatorNames: op } = this.#library;
    const letters = [...text].map((letter) => this.#code(letter));
    if (letters.length === 0) return;
    const stretch = (100 * width) / ((height * STEP * letters.length) / 1000);
    const numbers = (/** @type {number[]} */ ...values) => values.map((value) => PDFNumber.of(round(value)));
    page.pushOperators(
      PDFOperator.of(op.BeginText),
      PDFOperator.of(op.SetTextHorizontalScaling, numbers(stretch)),
      PDFOperator.of(op.SetTextMatrix, numbers(1, 0, 0, 1, x, y + 0.2 * height)),
    );
    for (let from = 0; from < letters.length; ) {
      const { ref } = letters[from];
      const rest = letters.slice(from);
      const end = rest.findIndex((letter) => letter.ref !== ref);
      const run = end < 0 ? rest : rest.slice(0, end);
      page.pushOperators(
        PDFOperator.of(op.SetFontAndSize, [this.#name(page, ref), ...numbers(height)]),
        PDFOperator.of(op.ShowText, [PDFHexString.of(run.map(({ code }) => hex(code, 2)).join(''))]),
      );
      from += run.length;
    }
    page.pushOperators(PDFOperator.of(op.EndText));
  }

  /** Writes the fonts, once it is known which letters they have. */
  finish() {
    const { context } = this.#pdf;
    if (this.#fonts.length === 0) return;
    const nothing = context.register(context.stream(`${STEP} 0 0 0 0 0 d1`));
    for (const { ref, codes } of this.#fonts) {
      const last = codes.size - 1;
      context.assign(
        ref,
        context.obj({
          Type: 'Font',
          Subtype: 'Type3',
          FontBBox: [0, 0, 1000, 1000],
          FontMatrix: [0.001, 0, 0, 0.001, 0, 0],
          CharProcs: { none: nothing },
          Encoding: { Type: 'Encoding', Differences: [0, ...[...codes].map(() => 'none')] },
          FirstChar: 0,
          LastChar: last,
          Widths: [...codes].map(() => STEP),
          Resources: {},
          ToUnicode: context.register(context.flateStream(toUnicode(codes))),
        }),
      );
    }
  }
}

/** Which letter each code stands for. @param {Map<string, number>} codes */
function toUnicode(codes) {
  const utf16 = (/** @type {string} */ letter) =>
    Array.from({ length: letter.length }, (_, i) => hex(letter.charCodeAt(i), 4)).join('');
  const pairs = [...codes].map(([letter, code]) => `<${hex(code, 2)}> <${utf16(letter)}>`);
  const blocks = [];
  for (let from = 0; from < pairs.length; from += 100) {
    const some = pairs.slice(from, from + 100); // as many as a block may hold
    blocks.push(`${some.length} beginbfchar\n${some.join('\n')}\nendbfchar`);
  }
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def /CMapType 2 def',
    '1 begincodespacerange <00> <FF> endcodespacerange',
    ...blocks,
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n');
}

/** @param {number} value @param {number} digits */
function hex(value, digits) {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** Hundredths of a point suffice. @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}

/** Where the pages of a sheet begin, in the browser's pixels below its top. @param {HTMLElement} sheet @param {number} top @param {number} room of a page */
function pageStarts(sheet, top, room) {
  const wholes = [...sheet.querySelectorAll(WHOLE)]
    .filter((element) => element.parentElement?.closest(WHOLE) === null)
    .map((element) => ({ element, rect: element.getBoundingClientRect() }))
    .filter(({ rect }) => rect.height > 0)
    .sort((a, b) => a.rect.top - b.rect.top);
  const starts = [0];
  for (const [i, { rect }] of wholes.entries()) {
    const from = starts[starts.length - 1];
    if (rect.bottom - top - from <= room + 1) continue;
    const before = wholes[i - 1];
    const first = before?.element.matches('h2, h3') ? before.rect : rect; // no heading without what it heads
    if (first.top - top > from) starts.push(first.top - top);
  }
  return starts;
}

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;

/** A text's lines as the browser broke them. @param {Text} node @returns {Line[]} */
function linesOf(node) {
  const range = document.createRange();
  /** @type {{ letter: string, rect: DOMRect }[][]} */
  const lines = [];
  let at = 0;
  for (const letter of node.data) {
    range.setStart(node, at);
    at += letter.length;
    range.setEnd(node, at);
    const rect = range.getBoundingClientRect();
    const line = lines.at(-1);
    const first = line?.[0].rect;
    if (rect.height === 0) line?.push({ letter, rect: first ?? rect });
    else if (line === undefined || first === undefined || rect.top > first.top + first.height / 2)
      lines.push([{ letter, rect }]);
    else line.push({ letter, rect });
  }
  return lines.map(lineOf);
}

/** @param {{ letter: string, rect: DOMRect }[]} letters @returns {Line} */
function lineOf(letters) {
  const text = letters.map(({ letter }) => letter).join('');
  const seen = RIGHT_TO_LEFT.test(text) ? letters.toReversed().sort((a, b) => a.rect.left - b.rect.left) : letters;
  return {
    text,
    visual: seen.map(({ letter }) => letter).join(''),
    left: Math.min(...letters.map(({ rect }) => rect.left)),
    top: letters[0].rect.top,
    right: Math.max(...letters.map(({ rect }) => rect.right)),
    bottom: letters[0].rect.bottom,
  };
}

/** Without what is not to be seen, and with one kind of space. @param {string} text */
function plainText(text) {
  return text.replace(/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '').replace(/\s+/g, ' ');
}

/** @param {string} colour as getComputedStyle() gives it @returns {[number, number, number] | null} 0..1; null where nothing is to be seen */
function colourOf(colour) {
  const [red, green, blue, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return alpha === 0 || blue === undefined ? null : [red / 255, green / 255, blue / 255];
}
