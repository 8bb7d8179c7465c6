/* What the depthwise convolutions of f32 and int8 share: how a row's pixels are gone through.
 *
 * A row's inputs are pointers, `taps` for each pixel; a pixel's stand `hop` behind those of the one to its left and overlap
 * with them. */
#ifndef VM_DEPTHWISE_H
#define VM_DEPTHWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels.h"
#include "unroll.h"

enum { PIXELS = 4, MOST_TAPS = 25, MOST_HOP = 10, MOST_POINTERS = (PIXELS - 1) * MOST_HOP + MOST_TAPS };

typedef struct row {
  size_t channels, taps, hop;
  const char *weights;
  size_t pixel;                  /* bytes from one output pixel to the next */
  const void *params;            /* XNNPACK's, of the type */
  const char *at[MOST_POINTERS]; /* the inputs of the pixels that are being made */
} row;

/* PIXELS at once in the network's four kinds of convolution, or one */
typedef void make_pixels(const row *r, char *out);
typedef struct makers {
  make_pixels *four_3x3, *four_3x3_stride2, *four_5x5, *four_5x5_stride2, *one;
} makers;

static make_pixels *find_maker(const makers *m, size_t taps, size_t hop) {
  if (taps == 9 && hop == 3) return m->four_3x3;
  if (taps == 9 && hop == 6) return m->four_3x3_stride2;
  if (taps == 25 && hop == 5) return m->four_5x5;
  if (taps == 25 && hop == 10) return m->four_5x5_stride2;
  return m->one;
}

/* Where PIXELS do not divide the width, the last ones are made twice. */
static void make_row(row *r, const makers *m, bool one_by_one, size_t width, const void **input, size_t offset,
                     const void *zero, char *out) {
  make_pixels *make = one_by_one || width < PIXELS ? m->one : find_maker(m, r->taps, r->hop);
  const size_t pixels = make == m->one ? 1 : PIXELS, pointers = (pixels - 1) * r->hop + r->taps;
  for (size_t x = 0; x < width; x += pixels) {
    if (x + pixels > width) x = width - pixels;
    const void **in = input + x * r->hop;
    for (size_t i = 0; i < pointers; i++) r->at[i] = input_at(in[i], offset, zero);
    make(r, out + x * r->pixel);
  }
}

/* As XNNPACK calls it; each type has its depthwise(row, width, input, output, offset, zero). type: of an output */
#define DEPTHWISE_KERNEL(taps, type)                                                                                   \
  static void depthwise_##taps(size_t channels, size_t width, const void **input, const void *weights, void *output,   \
                               intptr_t stride, size_t increment, size_t offset, const void *zero,                     \
                               const void *params) {                                                                   \
    const size_t hop = (size_t)stride / sizeof *input, pixel = channels * sizeof(type) + increment;                    \
    row r = {channels, taps, hop, weights, pixel, params, {NULL}};                                                     \
    depthwise(&r, width, input, output, offset, zero);                                                                 \
  }

/* Its place in XNNPACK's table. tile: channels that the weights hold together; init: of the parameters, by type */
#define DEPTHWISE_ENTRY(taps, tile, init)                                                                              \
  {.minmax.unipass = depthwise_##taps,                                                                                 \
   init,                                                                                                               \
   .channel_tile = (tile),                                                                                             \
   .channel_subtile = (tile),                                                                                          \
   .channel_round = 1,                                                                                                 \
   .primary_tile = (taps)}

#endif
