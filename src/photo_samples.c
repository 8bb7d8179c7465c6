#include "photo_samples.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "stb.h"

static uint8_t as_byte(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

/* ---- the inverse cosine transform ---- */

/* That of Loeffler, Ligtenberg and Moschytz (Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989) in
 * whole numbers: its twelve constants are rounded to 13 bits one by one, and each factor below is the sum of those that
 * meet in it. So one cosine stands here as 6437 and as 6436: from exact ones some samples would be one off. */
enum { SCALE_BITS = 13, SPARE_BITS = 2 }; /* bits after the point of the factors, and of what the first pass leaves */

/* All eight columns of in[8][8], with 13 bits more after the point. Sums stay within 31 bits for any coefficients. */
static void columns(const int16_t in[64], int out[64]) {
  for (int c = 0; c < 8; c++) {
    int s0 = in[c], s1 = in[8 + c], s2 = in[16 + c], s3 = in[24 + c];
    int s4 = in[32 + c], s5 = in[40 + c], s6 = in[48 + c], s7 = in[56 + c];
    int sum = (s0 + s4) * (1 << SCALE_BITS), difference = (s0 - s4) * (1 << SCALE_BITS);
    int outer = s2 * 10703 + s6 * 4433, inner = s2 * 4433 - s6 * 10704;
    int e0 = sum + outer, e1 = difference + inner, e2 = difference - inner, e3 = sum - outer;
    int o0 = s1 * 11363 + s3 * 9633 + s5 * 6437 + s7 * 2260;
    int o1 = s1 * 9633 - s3 * 2259 - s5 * 11362 - s7 * 6436;
    int o2 = s1 * 6437 - s3 * 11362 + s5 * 2261 + s7 * 9633;
    int o3 = s1 * 2260 - s3 * 6436 + s5 * 9633 - s7 * 11363;
    out[c] = e0 + o0, out[8 + c] = e1 + o1, out[16 + c] = e2 + o2, out[24 + c] = e3 + o3;
    out[32 + c] = e3 - o3, out[40 + c] = e2 - o2, out[48 + c] = e1 - o1, out[56 + c] = e0 - o0;
  }
}

/* out[c][r] = in[r][c], without its last bits, rounded, within 16 bits. */
static void rounded_across(const int in[64], int bits, int16_t out[64]) {
  int16_t part[64];
  for (int i = 0; i < 64; i++) {
    int v = (in[i] + (1 << (bits - 1))) >> bits;
    part[i] = (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
  }
  for (int r = 0; r < 8; r++)
    for (int c = 0; c < 8; c++) out[8 * c + r] = part[8 * r + c];
}

static bool is_flat(const int16_t coefficients[64]) {
  int any = 0;
  for (int i = 1; i < 64; i++) any |= coefficients[i];
  return any == 0;
}

void photo_inverse_cosine(uint8_t *samples, int stride, int16_t coefficients[64]) {
  int16_t part[64];
  if (is_flat(coefficients)) { /* the same by a shorter way */
    uint8_t level = as_byte(((coefficients[0] * (1 << SPARE_BITS) + 16) >> (SPARE_BITS + 3)) + 128);
    for (int r = 0; r < 8; r++) memset(samples + (ptrdiff_t)r * stride, level, 8);
    return;
  }
  int sums[64];
  columns(coefficients, sums);
  rounded_across(sums, SCALE_BITS - SPARE_BITS, part);
  columns(part, sums);
  rounded_across(sums, SCALE_BITS + SPARE_BITS + 3, part); /* 3: the transform is eight times as large */
  for (int r = 0; r < 8; r++)
    for (int c = 0; c < 8; c++) samples[(ptrdiff_t)r * stride + c] = as_byte(part[8 * r + c] + 128);
}

/* ---- enlarging what is stored coarser ---- */

/* A row of samples at the picture's width. */
typedef struct row {
  const uint8_t *samples; /* borrowed: of the plane itself or of `room` */
  uint8_t *room;          /* owned, [pixels of a row + 8] */
} row;

/* Twice as many samples in a row. A new one lies between two old ones, a quarter of the way from the nearer; beyond the
 * ends are the last ones again. Halves are rounded down on one side of an old sample and up on the other (left, right:
 * what is added before): a row gets neither lighter nor darker. sums: [-1..n], 1 << (bits - 2) times a sample. */
static void widen(const uint16_t *sums, int n, int left, int right, int bits, uint8_t *restrict out) {
  for (ptrdiff_t i = 0; i < n; i++) {
    out[2 * i] = (uint8_t)((3 * sums[i] + sums[i - 1] + left) >> bits);
    out[2 * i + 1] = (uint8_t)((3 * sums[i] + sums[i + 1] + right) >> bits);
  }
}

/* Row y of a plane at the picture's size: between samples where a side is doubled, else each sample again. Where rows
 * alone are doubled, halves are rounded down above an old row and up below it. sums: room for [width + 2]. */
static void enlarge(const stb_jpeg *jpeg, const stb_plane *p, int y, uint16_t *sums, row *out) {
  int wider = jpeg->across / p->across, taller = jpeg->down / p->down, at = y / taller;
  const uint8_t *near = p->samples + (ptrdiff_t)at * p->stride;
  int beside = y % 2 == 0 ? at - 1 : at + 1;
  beside = beside < 0 ? 0 : beside >= p->height ? p->height - 1 : beside;
  const uint8_t *far = p->samples + (ptrdiff_t)beside * p->stride;
  out->samples = out->room;
  if (wider == 1 && taller == 2) {
    for (int x = 0; x < p->width; x++) out->room[x] = (uint8_t)((3 * near[x] + far[x] + 1 + y % 2) >> 2);
  } else if (wider == 2 && taller <= 2) {
    for (int x = 0; x < p->width; x++) sums[x + 1] = (uint16_t)(taller == 1 ? near[x] : 3 * near[x] + far[x]);
    sums[0] = sums[1], sums[p->width + 1] = sums[p->width];
    if (taller == 1) widen(sums + 1, p->width, 1, 2, 2, out->room);
    else widen(sums + 1, p->width, 8, 7, 4, out->room);
  } else if (wider == 1) {
    out->samples = near;
  } else {
    for (int x = 0; x < jpeg->width; x++) out->room[x] = near[x / wider];
  }
}

/* ---- colours ---- */

typedef enum colours { GREY, RGB, YCC, CMYK, YCCK } colours;

/* What a file says of its colours. */
typedef struct colour_marks {
  bool jfif;
  int adobe; /* what Adobe's mark says, 0 to 255; -1 without the mark */
} colour_marks;

/* As libjpeg reads them: in segments that are long enough, before the first scan. */
static colour_marks marks_of(const uint8_t *p, size_t size) {
  colour_marks found = {false, -1};
  for (size_t at = 2; at + 4 <= size && p[at] == 0xFF && p[at + 1] != 0xDA;) {
    if (p[at + 1] == 0xFF) { /* fill byte */
      at++;
      continue;
    }
    size_t length = (size_t)p[at + 2] << 8 | p[at + 3];
    if (length < 2 || length > size - at - 2) break;
    if (p[at + 1] == 0xE0 && length >= 16 && memcmp(p + at + 4, "JFIF", 5) == 0) found.jfif = true;
    if (p[at + 1] == 0xEE && length >= 14 && memcmp(p + at + 4, "Adobe", 5) == 0) found.adobe = p[at + 15];
    at += 2 + length;
  }
  return found;
}

/* As browsers take it, whatever else the file says: JFIF knows YCbCr only, then Adobe's mark counts, then the ids. */
static colours colours_of(const stb_jpeg *jpeg, colour_marks marks) {
  const stb_plane *p = jpeg->plane;
  if (jpeg->planes == 1) return GREY;
  if (jpeg->planes == 4) return marks.adobe > 0 ? YCCK : CMYK;
  if (marks.jfif || marks.adobe > 0) return YCC;
  if (marks.adobe == 0) return RGB;
  return p[0].id == 'R' && p[1].id == 'G' && p[2].id == 'B' ? RGB : YCC;
}

/* A sum in 16 bits after the point, rounded. */
static int whole(int v) { return (v + (1 << 15)) >> 16; }

/* JFIF's equations: 1.402, 0.34414, 0.71414 and 1.772 in 16 bits after the point, as 1 + 0.402, 1 - 0.28586, 2 - 0.228:
 * the same sums by factors of 16 bits, which processors multiply more of at a time. rgba: [n][4], alpha 255. */
static void rgb_of_ycc(const row part[3], int n, uint8_t *restrict rgba) {
  const uint8_t *luma = part[0].samples, *blue = part[1].samples, *red = part[2].samples;
  for (ptrdiff_t x = 0; x < n; x++) {
    int16_t y = luma[x], cb = (int16_t)(blue[x] - 128), cr = (int16_t)(red[x] - 128);
    rgba[4 * x] = as_byte(y + cr + whole(26345 * cr));
    rgba[4 * x + 1] = as_byte(y - cr + whole(18734 * cr - 22554 * cb));
    rgba[4 * x + 2] = as_byte(y + 2 * cb + whole(-14942 * cb));
    rgba[4 * x + 3] = 255;
  }
}

/* Alpha 255. */
static void rgb_as_stored(const uint8_t *red, const uint8_t *green, const uint8_t *blue, int n,
                          uint8_t *restrict rgba) {
  for (ptrdiff_t x = 0; x < n; x++) {
    rgba[4 * x] = red[x], rgba[4 * x + 1] = green[x], rgba[4 * x + 2] = blue[x];
    rgba[4 * x + 3] = 255;
  }
}

/* What black ink leaves of colours. As Adobe's programs write them, samples are of the paper that an ink leaves, and
 * browsers take all files of four inks as such, with Adobe's mark or without. */
static void under_black(const uint8_t *paper, int n, uint8_t *rgba) {
  for (int x = 0; x < n; x++, rgba += 4)
    for (int c = 0; c < 3; c++) rgba[c] = (uint8_t)((rgba[c] * paper[x] + 127) / 255);
}

static void colour_row(const stb_jpeg *jpeg, colours kind, const row part[4], uint8_t *rgba) {
  int n = jpeg->width;
  if (kind == YCC || kind == YCCK) rgb_of_ycc(part, n, rgba);
  else if (kind == GREY) rgb_as_stored(part[0].samples, part[0].samples, part[0].samples, n, rgba);
  else rgb_as_stored(part[0].samples, part[1].samples, part[2].samples, n, rgba);
  for (int x = 0; kind == YCCK && x < n; x++) /* its YCbCr is of the inks' opposites */
    for (int c = 0; c < 3; c++) rgba[4 * x + c] = (uint8_t)(255 - rgba[4 * x + c]);
  if (jpeg->planes == 4) under_black(part[3].samples, n, rgba);
}

/* ---- all ---- */

/* Pixels [height][width][4]; NULL without memory. */
static uint8_t *pixels_of(const stb_jpeg *jpeg, colours kind) {
  size_t width = (size_t)jpeg->width;
  uint8_t *rgba = malloc(4 * width * (size_t)jpeg->height), *rooms = malloc(4 * (width + 8));
  uint16_t *sums = malloc((width + 2) * sizeof *sums);
  if (rgba != NULL && rooms != NULL && sums != NULL) {
    row part[4];
    for (size_t k = 0; k < 4; k++) part[k] = (row){NULL, rooms + k * (width + 8)};
    for (int y = 0; y < jpeg->height; y++) {
      for (int k = 0; k < jpeg->planes; k++) enlarge(jpeg, &jpeg->plane[k], y, sums, &part[k]);
      colour_row(jpeg, kind, part, rgba + 4 * width * (size_t)y);
    }
  } else {
    free(rgba);
    rgba = NULL;
  }
  free(rooms);
  free(sums);
  return rgba;
}

uint8_t *photo_jpeg_pixels(const uint8_t *bytes, size_t size, int *width, int *height, const char **why) {
  stb_jpeg jpeg;
  if (!stb_jpeg_decode(bytes, (int)size, photo_inverse_cosine, &jpeg)) {
    *why = stbi_failure_reason() != NULL ? stbi_failure_reason() : "unknown reason";
    return NULL;
  }
  *why = "out of memory";
  uint8_t *rgba = pixels_of(&jpeg, colours_of(&jpeg, marks_of(bytes, size)));
  *width = jpeg.width;
  *height = jpeg.height;
  stb_jpeg_free(&jpeg);
  return rgba;
}
