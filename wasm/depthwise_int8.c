/* Depthwise convolution in int8 as in depthwise.c. Products of a value and a weight are 16 bits wide, and the sum of two is
 * too; sums are whole numbers, so those of XNNPACK's kernels, and rounded by the same steps. Weights stand in blocks of BLOCK
 * channels: 32 bits of bias, each tap's weights, and the scales. */
#ifdef __wasm_simd128__
#include <stdint.h>
#include <wasm_simd128.h>

#include "xnnpack/config.h"
#include "xnnpack/microparams-init.h"

#include "depthwise.h"

enum { BLOCK = 16, WIDE = 4 * BLOCK /* bytes of a block's biases, or scales */, EIGHT = 8 };

/* 1.5 * 2^23: added to a float, it rounds, and the bits then count whole numbers from these on. */
#define MAGIC 12582912.0f
#define MAGIC_BITS 0x4B400000

/* How sums become int8: of the bits, what is subtracted, and the least; the most of the result */
typedef struct limits {
  v128_t zero, least, most;
} limits;

INLINE limits limits_of(const union xnn_qs8_qc8w_conv_minmax_params *p) {
  const int32_t zero = p->fp32_scalar.output_zero_point;
  return (limits){wasm_i32x4_splat(MAGIC_BITS - zero), wasm_i32x4_splat(MAGIC_BITS + p->fp32_scalar.output_min - zero),
                  wasm_i8x16_splat((int8_t)p->fp32_scalar.output_max)};
}

INLINE v128_t rounded(v128_t sums, v128_t scale, limits l) {
  v128_t y = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), scale), wasm_f32x4_const_splat(MAGIC));
  return wasm_i32x4_sub(wasm_i32x4_max(y, l.least), l.zero);
}

/* `part` < 8 bytes */
INLINE void store_part(char *out, v128_t v, size_t part) {
  if (part & 4) {
    wasm_v128_store32_lane(out, v, 0);
    v = wasm_u64x2_shr(v, 32);
    out += 4;
  }
  if (part & 2) {
    wasm_v128_store16_lane(out, v, 0);
    v = wasm_u64x2_shr(v, 16);
    out += 2;
  }
  if (part & 1) wasm_v128_store8_lane(out, v, 0);
}

INLINE v128_t two_products(const char *in0, v128_t k0, const char *in1, v128_t k1) {
  return wasm_i16x8_add(wasm_i16x8_mul(wasm_i16x8_load8x8(in0), k0), wasm_i16x8_mul(wasm_i16x8_load8x8(in1), k1));
}

/* Eight channels of `pixels`, of which the last `left` where those are fewer; w: their biases, f: their first weights */
INLINE void tile(const row *r, size_t taps, size_t hop, int pixels, const char *w, const char *f, size_t c, size_t left,
                 limits l, char *out) {
  const char *const *at = r->at;
  const char *const end = f + BLOCK * (taps - 1);
  v128_t low[PIXELS], high[PIXELS], k = wasm_i16x8_load8x8(f);
  UNROLL for (int p = 0; p < pixels; p++) {
    v128_t product = wasm_i16x8_mul(wasm_i16x8_load8x8(at[(size_t)p * hop] + c), k);
    low[p] = wasm_i32x4_add(wasm_v128_load(w), wasm_i32x4_extend_low_i16x8(product));
    high[p] = wasm_i32x4_add(wasm_v128_load(w + 16), wasm_i32x4_extend_high_i16x8(product));
  }
  ROLL do {
    v128_t k4[4];
    UNROLL for (int t = 0; t < 4; t++) k4[t] = wasm_i16x8_load8x8(f + (t + 1) * BLOCK);
    UNROLL for (int p = 0; p < pixels; p++) {
      const char *const *in = at + (size_t)p * hop + 1;
      v128_t a = two_products(in[0] + c, k4[0], in[1] + c, k4[1]), b = two_products(in[2] + c, k4[2], in[3] + c, k4[3]);
      v128_t ab_low = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11),
             ab_high = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
      low[p] = wasm_i32x4_add(low[p], wasm_i32x4_extadd_pairwise_i16x8(ab_low));
      high[p] = wasm_i32x4_add(high[p], wasm_i32x4_extadd_pairwise_i16x8(ab_high));
    }
    at += 4;
    f += 4 * BLOCK;
  }
  while (f != end);
  const v128_t scale = wasm_v128_load(w + WIDE + BLOCK * taps),
               scale_high = wasm_v128_load(w + WIDE + BLOCK * taps + 16);
  UNROLL for (int p = 0; p < pixels; p++) {
    v128_t words = wasm_i16x8_narrow_i32x4(rounded(low[p], scale, l), rounded(high[p], scale_high, l));
    v128_t y = wasm_i8x16_min(wasm_i8x16_narrow_i16x8(words, words), l.most);
    char *to = out + (size_t)p * r->pixel + c;
    if (left < EIGHT) store_part(to, y, left);
    else wasm_v128_store64_lane(to, y, 0);
  }
}

INLINE void pixels_of(const row *r, size_t taps, size_t hop, int pixels, char *out) {
  const size_t block = 2 * WIDE + BLOCK * taps;
  const limits l = limits_of(r->params);
  for (size_t c = 0; c < r->channels; c += EIGHT) {
    const char *w = r->weights + c / BLOCK * block;
    const size_t half = c % BLOCK;
    tile(r, taps, hop, pixels, w + 4 * half, w + WIDE + half, c, r->channels - c, l, out);
  }
}

static void four_3x3(const row *r, char *out) { pixels_of(r, 9, 3, PIXELS, out); }
static void four_3x3_stride2(const row *r, char *out) { pixels_of(r, 9, 6, PIXELS, out); }
static void four_5x5(const row *r, char *out) { pixels_of(r, 25, 5, PIXELS, out); }
static void four_5x5_stride2(const row *r, char *out) { pixels_of(r, 25, 10, PIXELS, out); }
static void one(const row *r, char *out) { pixels_of(r, r->taps, 0, 1, out); }

static void depthwise(row *r, size_t width, const void **input, void *output, size_t offset, const void *zero) {
  const makers m = {four_3x3, four_3x3_stride2, four_5x5, four_5x5_stride2, one};
  make_row(r, &m, false, width, input, offset, zero, output);
}

DEPTHWISE_KERNEL(9, int8_t)
DEPTHWISE_KERNEL(25, int8_t)

/* In place of XNNPACK's table, whose kernels are then not linked: wasm.mk leads the calls here. */
#define ENTRY(taps) DEPTHWISE_ENTRY(taps, BLOCK, .init.qs8_qc8w = xnn_init_qs8_qc8w_conv_minmax_fp32_scalar_params)
const struct xnn_dwconv_config *__wrap_xnn_init_qs8_qc8w_dwconv_config(void);
const struct xnn_dwconv_config *__wrap_xnn_init_qs8_qc8w_dwconv_config(void) {
  static const struct xnn_dwconv_config table[XNN_MAX_QC8_DWCONV_UKERNELS] = {ENTRY(9), ENTRY(25)};
  return table;
}
#else
typedef int depthwise_is_for_wasm_simd;
#endif
