#include "photo_jpeg.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define MAX_SCANS 97 /* Chromium 150 decoded as many, and refused 107; encoders write 14 at most */
#define MAX_COMPONENTS 4
/* No coefficient of 8-bit samples is larger than 8 * 128. Encoders that let samples overshoot white add up to a quarter;
 * rounding adds a quantisation step. Lost or changed bits run the mean of the blocks far beyond. */
#define MOST_COEFFICIENT 1280
#define UNSEEN 255 /* a coefficient that no scan held yet */

#define QUICK 9 /* bits: codes up to this length are found in one look */

typedef struct huffman {
  uint16_t count[17]; /* of codes of each length; count[0] = 1 where the table was given */
  uint8_t symbol[256];
  uint16_t quick[1 << QUICK]; /* length * 256 + symbol of the code that these bits begin with; 0: none so short */
} huffman;

typedef struct component {
  int id, across, down; /* sampling factors */
  int quantiser;        /* index of its table */
  int columns, rows;    /* blocks that hold pixels */
  int stride;           /* blocks in a row, whole MCUs */
  int dc;               /* the last block's */
  uint8_t missing[64];  /* how many last bits each coefficient still wants, or UNSEEN */
  uint64_t *set;        /* borrowed [blocks]: which coefficients are not 0; NULL unless progressive */
} component;

/* The file, and the bits of a scan, read ahead of what is decoded. A block is decoded on a copy, which stays in
 * registers. */
typedef struct reader {
  const uint8_t *bytes; /* borrowed */
  size_t size, at;
  uint64_t bits; /* the next one is the highest of the lowest `count`; above are those that were */
  int count;
  bool over; /* bits were wanted that are not there */
} reader;

typedef struct jpeg {
  reader in;
  /* the frame */
  bool progressive;
  int width, height, components, across, down; /* across, down: largest sampling factors; components 0: no frame yet */
  component component[MAX_COMPONENTS];
  uint64_t *set; /* owned */
  int scans, interval;
  uint16_t quantiser[4][64]; /* in the file's order */
  uint8_t fitting[4][64];    /* bits of a value that fits whatever it is; unless progressive */
  huffman dc[4], ac[4];
  /* the scan */
  int first, last, high, low, run;
  int in_scan, part[MAX_COMPONENTS], dc_of[MAX_COMPONENTS], ac_of[MAX_COMPONENTS];
} jpeg;

#define DAMAGED(...) status_fail(err, VM_ERR_DAMAGED, "photograph: the JPEG is damaged: " __VA_ARGS__)
#define COPY_AGAIN "; copy or export it again"

static inline unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

/* ---- bits ---- */

static inline bool holds_ff(uint32_t four) { return (((four & 0x7F7F7F7F) + 0x01010101) & four & 0x80808080) != 0; }

/* Reads ahead up to the next mark, until there are more than 32 bits or no more. */
static inline void read_ahead(reader *r) {
  if (r->count > 32) return;
  r->bits &= ((uint64_t)1 << r->count) - 1;
  if (r->size - r->at >= 4) {
    const uint8_t *p = r->bytes + r->at;
    uint32_t four = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    if (!holds_ff(four)) {
      r->bits = r->bits << 32 | four;
      r->count += 32;
      r->at += 4;
      return;
    }
  }
  while (r->count <= 32 && r->at < r->size) {
    uint8_t byte = r->bytes[r->at];
    if (byte == 0xFF) {
      if (r->at + 1 >= r->size || r->bytes[r->at + 1] != 0) return; /* a mark */
      r->at++;
    }
    r->at++;
    r->bits = r->bits << 8 | byte;
    r->count += 8;
  }
}

/* The next n bits, 1 to 16, of those that were read ahead, as a number; 0 in place of those that are not there. */
static inline unsigned peek(const reader *r, int n) {
  unsigned all = (1u << n) - 1;
  if (r->count >= n) return (unsigned)(r->bits >> (r->count - n)) & all;
  return (unsigned)(r->bits & ((1u << (r->count & 15)) - 1)) << ((n - r->count) & 15);
}

/* Goes on by n bits. */
static inline void skip(reader *r, int n) {
  r->count -= n;
  if (r->count >= 0) return;
  r->count = 0;
  r->over = true;
}

static inline int take(reader *r, int n) {
  if (n == 0) return 0;
  int value = (int)peek(r, n);
  skip(r, n);
  return value;
}

static inline int next_bits(reader *r, int n) {
  read_ahead(r);
  return take(r, n);
}

/* A value of n bits, read ahead; those that begin with 0 are negative. */
static inline int take_value(reader *r, int n) {
  if (n == 0) return 0;
  int value = take(r, n);
  return value < 1 << (n - 1) ? value - (1 << n) + 1 : value;
}

/* The length of a code of any length and, below it, its symbol; 0: no such code. bits: 16 of them. */
static unsigned long_code(const huffman *h, unsigned bits) {
  int first = 0, index = 0;
  for (int length = 1; length <= 16; length++) {
    int count = h->count[length], code = (int)(bits >> (16 - length));
    if (code - first < count) return (unsigned)length << 8 | h->symbol[index + code - first];
    index += count;
    first = (first + count) << 1;
  }
  return 0;
}

/* Reads ahead, and says which code comes next: its length and, below it, its symbol; 0: none. What is read ahead holds
 * a value of up to 16 bits behind it, too. */
static inline unsigned next_code(reader *r, const huffman *h) {
  read_ahead(r);
  unsigned found = h->quick[peek(r, QUICK)];
  return found != 0 ? found : long_code(h, peek(r, 16));
}

/* -1: no such code. */
static inline int next_symbol(reader *r, const huffman *h) {
  unsigned found = next_code(r, h);
  if (found == 0) return -1;
  skip(r, (int)(found >> 8));
  return (int)(found & 255);
}

/* ---- blocks; false: not as an encoder writes them ---- */

static inline bool fits(const jpeg *j, const component *c, int k, int value) {
  int step = j->quantiser[c->quantiser][k] << j->low;
  return (int64_t)abs(value) * step <= MOST_COEFFICIENT + step;
}

static inline bool dc_first(jpeg *j, component *c, const huffman *h) {
  int length = next_symbol(&j->in, h);
  if (length < 0 || length > 11) return false;
  c->dc += take_value(&j->in, length);
  return fits(j, c, 0, c->dc);
}

static bool sequential(jpeg *j, component *c, const huffman *dc, const huffman *ac) {
  if (!dc_first(j, c, dc)) return false;
  reader in = j->in;
  for (int k = 1; k < 64; k++) {
    unsigned code = next_code(&in, ac), symbol = code & 255;
    int bits = (int)(code >> 8), length = (int)(symbol & 15);
    if (code == 0 || length > 10 || (length == 0 && symbol != 0 && symbol != 0xF0)) return false;
    if (symbol == 0) {
      skip(&in, bits);
      break;
    }
    k += (int)(symbol >> 4);
    if (k > 63) return false;
    bool fits_anyway = length <= j->fitting[c->quantiser][k];
    skip(&in, fits_anyway ? bits + length : bits);
    if (!fits_anyway && !fits(j, c, k, take_value(&in, length))) return false;
  }
  j->in = in;
  return true;
}

/* A run of blocks without further coefficients, this one among them. */
static inline void begin_run(jpeg *j, int length) { j->run = (1 << length) + next_bits(&j->in, length); }

static bool ac_first(jpeg *j, component *c, const huffman *h, uint64_t *set) {
  if (j->run > 0) return j->run--, true;
  for (int k = j->first; k <= j->last; k++) {
    int symbol = next_symbol(&j->in, h), zeros = symbol >> 4, length = symbol & 15;
    if (symbol < 0 || length > 10) return false;
    if (length == 0 && zeros < 15) {
      begin_run(j, zeros);
      return j->run--, true;
    }
    k += zeros;
    if (k > j->last) return false;
    if (length == 0) continue;
    if (!fits(j, c, k, take_value(&j->in, length))) return false;
    *set |= (uint64_t)1 << k;
  }
  return true;
}

/* One bit for each coefficient from k on that is not 0 already, until `zeros` that are 0 have been passed; returns the
 * place of the next that is 0, or one behind the last. */
static int refine(jpeg *j, int k, int zeros, uint64_t set) {
  for (; k <= j->last; k++)
    if (set >> k & 1) next_bits(&j->in, 1);
    else if (zeros-- == 0) break;
  return k;
}

static bool ac_refine(jpeg *j, const huffman *h, uint64_t *set) {
  int k = j->first;
  while (j->run == 0 && k <= j->last) {
    int symbol = next_symbol(&j->in, h), zeros = symbol >> 4, length = symbol & 15;
    if (symbol < 0 || length > 1) return false;
    if (length == 0 && zeros < 15) {
      begin_run(j, zeros);
      break;
    }
    if (length == 1) next_bits(&j->in, 1); /* its sign */
    k = refine(j, k, zeros, *set);
    if (k > j->last) return false;
    if (length == 1) *set |= (uint64_t)1 << k;
    k++;
  }
  if (j->run > 0) {
    refine(j, k, 64, *set);
    j->run--;
  }
  return true;
}

static inline bool block(jpeg *j, int i, int column, int row) {
  component *c = &j->component[j->part[i]];
  const huffman *dc = &j->dc[j->dc_of[i]], *ac = &j->ac[j->ac_of[i]];
  if (!j->progressive) return sequential(j, c, dc, ac);
  if (j->first == 0) return j->high > 0 ? (next_bits(&j->in, 1), true) : dc_first(j, c, dc);
  uint64_t *set = &c->set[(size_t)row * (size_t)c->stride + (size_t)column];
  return j->high > 0 ? ac_refine(j, ac, set) : ac_first(j, c, ac, set);
}

/* ---- a scan ---- */

static bool unit(jpeg *j, int column, int row) {
  if (j->in_scan == 1) return block(j, 0, column, row);
  for (int i = 0; i < j->in_scan; i++) {
    const component *c = &j->component[j->part[i]];
    for (int y = 0; y < c->down; y++)
      for (int x = 0; x < c->across; x++)
        if (!block(j, i, column * c->across + x, row * c->down + y)) return false;
  }
  return true;
}

/* Between the last code and the next mark lie at most seven bits, all alike, and fill bytes; `at` is on the mark then. */
static bool to_mark(jpeg *j) {
  read_ahead(&j->in);
  if (j->in.count > 7) return false;
  unsigned all = (1u << j->in.count) - 1, rest = (unsigned)(j->in.bits & all);
  if (rest != 0 && rest != all) return false;
  j->in.count = 0;
  j->in.bits = 0;
  while (j->in.at + 1 < j->in.size && j->in.bytes[j->in.at] == 0xFF && j->in.bytes[j->in.at + 1] == 0xFF) j->in.at++;
  return j->in.at + 1 < j->in.size && j->in.bytes[j->in.at] == 0xFF && j->in.bytes[j->in.at + 1] != 0 && j->run == 0;
}

static void start_interval(jpeg *j) {
  for (int i = 0; i < j->in_scan; i++) j->component[j->part[i]].dc = 0;
  j->run = 0;
  j->in.count = 0;
  j->in.bits = 0;
}

static vm_status scan(jpeg *j, vm_error *err) {
  const component *c = &j->component[j->part[0]];
  bool alone = j->in_scan == 1;
  int columns = alone ? c->columns : (j->width + 8 * j->across - 1) / (8 * j->across);
  int rows = alone ? c->rows : (j->height + 8 * j->down - 1) / (8 * j->down), left = j->interval, marks = 0;
  start_interval(j);
  for (int row = 0; row < rows; row++)
    for (int column = 0; column < columns; column++) {
      if (j->interval > 0 && left == 0) {
        if (!to_mark(j) || j->in.bytes[j->in.at + 1] != 0xD0 + marks % 8)
          return DAMAGED("a restart mark is missing in row %d of %d of its blocks" COPY_AGAIN, row + 1, rows);
        j->in.at += 2;
        start_interval(j);
        left = j->interval;
        marks++;
      }
      left--;
      if (!unit(j, column, row) || j->in.over)
        return DAMAGED("its data breaks off or is wrong in row %d of %d of its blocks" COPY_AGAIN, row + 1, rows);
    }
  if (!to_mark(j)) return DAMAGED("there is more data than pixels" COPY_AGAIN);
  return VM_OK;
}

/* ---- segments: p [n] is what they hold; false: not as they have to be ---- */

/* The largest length of which every value fits a coefficient with this step. */
static int fitting_bits(int step) {
  int length = 0;
  while (length < 10 && ((2 << length) - 1) * step <= MOST_COEFFICIENT + step) length++;
  return length;
}

static bool read_quantisers(jpeg *j, const uint8_t *p, size_t n) {
  while (n > 0) {
    size_t wide = p[0] >> 4, length = 1 + 64 * (wide + 1);
    if (wide > 1 || (p[0] & 15) > 3 || n < length) return false;
    uint16_t *table = j->quantiser[p[0] & 15];
    for (int i = 0; i < 64; i++) {
      table[i] = (uint16_t)(wide ? be16(p + 1 + (ptrdiff_t)2 * i) : p[1 + i]);
      if (table[i] == 0) return false;
      j->fitting[p[0] & 15][i] = (uint8_t)fitting_bits(table[i]);
    }
    p += length, n -= length;
  }
  return true;
}

static void fill_quick(huffman *h) {
  memset(h->quick, 0, sizeof h->quick);
  unsigned code = 0, index = 0;
  for (unsigned length = 1; length <= QUICK; length++, code <<= 1)
    for (unsigned i = 0; i < h->count[length]; i++, code++, index++)
      for (unsigned k = 0, n = 1u << (QUICK - length); k < n; k++)
        h->quick[code * n + k] = (uint16_t)(length << 8 | h->symbol[index]);
}

static bool read_huffman(jpeg *j, const uint8_t *p, size_t n) {
  while (n > 0) {
    if (n < 17 || p[0] >> 4 > 1 || (p[0] & 15) > 3) return false;
    huffman *h = p[0] >> 4 ? &j->ac[p[0] & 15] : &j->dc[p[0] & 15];
    size_t total = 0, room = 1;
    for (int i = 1; i <= 16; i++) {
      h->count[i] = p[i];
      total += p[i];
      room <<= 1;
      if (p[i] >= room) return false; /* more codes than there are: one of ones alone is none */
      room -= p[i];
    }
    if (total > 256 || n < 17 + total) return false;
    for (size_t i = 0; i < total; i++)
      if (p[0] >> 4 == 0 && p[17 + i] > 15) return false;
    memcpy(h->symbol, p + 17, total);
    h->count[0] = 1;
    fill_quick(h);
    p += 17 + total, n -= 17 + total;
  }
  return true;
}

/* The blocks of each component; false without memory. */
static bool lay_out(jpeg *j) {
  size_t blocks = 0;
  int wide = (j->width + 8 * j->across - 1) / (8 * j->across), tall = (j->height + 8 * j->down - 1) / (8 * j->down);
  for (int i = 0; i < j->components; i++) {
    component *c = &j->component[i];
    c->columns = ((j->width * c->across + j->across - 1) / j->across + 7) / 8;
    c->rows = ((j->height * c->down + j->down - 1) / j->down + 7) / 8;
    c->stride = wide * c->across;
    blocks += (size_t)c->stride * (size_t)(tall * c->down);
  }
  if (!j->progressive) return true;
  j->set = blocks > 0 ? calloc(blocks, sizeof *j->set) : NULL;
  uint64_t *set = j->set;
  for (int i = 0; i < j->components && set != NULL; i++) {
    component *c = &j->component[i];
    c->set = set;
    set += (size_t)c->stride * (size_t)(tall * c->down);
  }
  return j->set != NULL;
}

static bool read_frame(jpeg *j, const uint8_t *p, size_t n) {
  if (j->components > 0 || n < 6 || n != 6 + 3 * (size_t)p[5]) return false;
  if (p[5] != 1 && p[5] != 3 && p[5] != MAX_COMPONENTS) return false;
  j->height = (int)be16(p + 1);
  j->width = (int)be16(p + 3);
  j->components = p[5];
  j->across = j->down = 1;
  for (int i = 0; i < j->components; i++) {
    component *c = &j->component[i];
    *c = (component){.id = p[6 + 3 * i], .across = p[7 + 3 * i] >> 4, .down = p[7 + 3 * i] & 15};
    memset(c->missing, UNSEEN, sizeof c->missing);
    c->quantiser = p[8 + 3 * i];
    if (c->across < 1 || c->across > 4 || c->down < 1 || c->down > 4 || c->quantiser > 3) return false;
    if (c->across > j->across) j->across = c->across;
    if (c->down > j->down) j->down = c->down;
  }
  for (int i = 0; i < j->components; i++)
    if (j->across % j->component[i].across != 0 || j->down % j->component[i].down != 0) return false;
  return j->width > 0 && j->height > 0;
}

/* The tables that the scan needs were given, and its limits make sense. */
static bool scan_is_possible(const jpeg *j) {
  bool dc = j->first == 0, ac = j->last > 0;
  if (j->first > j->last || j->last > 63 || j->low > 13) return false;
  if (!j->progressive && (j->first != 0 || j->last != 63 || j->high != 0 || j->low != 0)) return false;
  if (j->progressive && ((dc && ac) || (ac && j->in_scan > 1))) return false;
  if (j->high > 0 && j->high != j->low + 1) return false;
  for (int i = 0; i < j->in_scan; i++) {
    const component *c = &j->component[j->part[i]];
    if (j->quantiser[c->quantiser][0] == 0) return false;
    if (dc && j->high == 0 && j->dc[j->dc_of[i]].count[0] == 0) return false;
    if (ac && j->ac[j->ac_of[i]].count[0] == 0) return false;
  }
  return true;
}

/* Whether the scan's coefficients come in their order, of which decoders otherwise make different pictures: each once, a
 * component's mean before the others, and then bit by bit. Notes what they still want. */
static bool in_order(jpeg *j) {
  for (int i = 0; i < j->in_scan; i++) {
    uint8_t *missing = j->component[j->part[i]].missing;
    if (j->first > 0 && missing[0] == UNSEEN) return false;
    for (int k = j->first; k <= j->last; k++) {
      if (missing[k] != (j->high > 0 ? j->high : UNSEEN)) return false;
      missing[k] = (uint8_t)j->low;
    }
  }
  return true;
}

static bool read_scan(jpeg *j, const uint8_t *p, size_t n) {
  if (j->components == 0 || n < 1 || p[0] < 1 || p[0] > j->components || n != 4 + 2 * (size_t)p[0]) return false;
  int blocks = 0;
  j->in_scan = p[0];
  for (int i = 0; i < j->in_scan; i++) {
    int k = 0, tables = p[2 + 2 * i];
    while (k < j->components && j->component[k].id != p[1 + 2 * i]) k++;
    if (k == j->components || tables >> 4 > 3 || (tables & 15) > 3) return false;
    j->part[i] = k;
    j->dc_of[i] = tables >> 4;
    j->ac_of[i] = tables & 15;
    blocks += j->component[k].across * j->component[k].down;
  }
  p += 1 + 2 * j->in_scan;
  j->first = p[0], j->last = p[1], j->high = p[2] >> 4, j->low = p[2] & 15;
  if (!scan_is_possible(j) || (j->in_scan > 1 && blocks > 10)) return false;
  return in_order(j) && ++j->scans <= MAX_SCANS;
}

/* Segments that say nothing of the pixels: applications' own, and comments. */
static inline bool is_aside(uint8_t m) { return (m >= 0xE0 && m <= 0xEF) || m == 0xFE; }

/* A mark that has no business here is damage: some decoders pass over it, others stop before the pixels. A table of steps
 * behind a scan is one, too: some decoders take a component's steps from before its first scan, others the last. */
static vm_status segment(jpeg *j, uint8_t mark, const uint8_t *p, size_t n, vm_error *err) {
  bool good = true;
  if (mark == 0xDB) good = j->scans == 0 && read_quantisers(j, p, n);
  else if (mark == 0xC4) good = read_huffman(j, p, n);
  else if (mark == 0xDD) good = n == 2, j->interval = good ? (int)be16(p) : 0;
  else if (mark >= 0xC0 && mark <= 0xC2) {
    j->progressive = mark == 0xC2;
    good = read_frame(j, p, n);
    if (good && !lay_out(j)) return status_fail(err, VM_ERR_MEMORY, "photograph: out of memory while checking it");
  } else if (mark == 0xDA) {
    good = read_scan(j, p, n);
    if (good) return scan(j, err);
  } else {
    good = is_aside(mark);
  }
  return good ? VM_OK : DAMAGED("a table or header in it is wrong (mark %02X)" COPY_AGAIN, (unsigned)mark);
}

/* Where scans are missing, browsers smooth what they have, each in its own way. */
static vm_status all_seen(const jpeg *j, vm_error *err) {
  bool all = j->components > 0;
  for (int i = 0; i < j->components; i++)
    for (int k = 0; k < 64; k++) all = all && j->component[i].missing[k] == 0;
  return all ? VM_OK : DAMAGED("it ends before its pixels" COPY_AGAIN);
}

static vm_status walk(jpeg *j, vm_error *err) {
  while (j->in.at + 2 <= j->in.size) {
    uint8_t mark = j->in.bytes[j->in.at + 1];
    if (j->in.bytes[j->in.at] != 0xFF) break;
    if (mark == 0xFF) { /* fill byte */
      j->in.at++;
      continue;
    }
    if (mark == 0xD9) return all_seen(j, err);
    size_t length = j->in.at + 4 <= j->in.size ? be16(j->in.bytes + j->in.at + 2) : 0;
    if (length < 2 || length > j->in.size - j->in.at - 2) break;
    const uint8_t *p = j->in.bytes + j->in.at + 4;
    j->in.at += 2 + length;
    vm_status s = segment(j, mark, p, length - 2, err);
    if (s != VM_OK) return s;
  }
  return DAMAGED("it breaks off after %zu of %zu bytes" COPY_AGAIN, j->in.at, j->in.size);
}

vm_status photo_jpeg_check(const uint8_t *bytes, size_t size, vm_error *err) {
  jpeg *j = calloc(1, sizeof *j);
  if (j == NULL) return status_fail(err, VM_ERR_MEMORY, "photograph: out of memory while checking it");
  j->in.bytes = bytes;
  j->in.size = size;
  j->in.at = 2;
  vm_status s = walk(j, err);
  free(j->set);
  free(j);
  return s;
}
