/* Depthwise convolution in f32: four neighbouring pixels of a row at once, with the weights loaded once for all four, where
 * XNNPACK's kernels make one pixel and load each weight for it alone. In WebAssembly the sums are taken in XNNPACK's order, by the
 * same multiplication and addition, so not a bit of a result is another (tests/c/wasm_depthwise.c). Fused multiply-adds measured
 * 6 % faster there and are not worth other numbers; natively XNNPACK's are fused, and so are ours.
 *
 * Weights stand in blocks of BLOCK channels: the biases, then each tap's weights. */
#include "depthwise.h"

#include "kernels.h"
#include "vector.h"
#include "xnnpack/microparams-init.h"

enum { BLOCK = 2 * LANES, BYTES = LANES * sizeof(float) };

typedef struct limits {
  vector low, high;
} limits;

INLINE limits limits_of(const union xnn_f32_minmax_params *p) {
  return (limits){load_one(&p->scalar.min), load_one(&p->scalar.max)};
}

INLINE vector add_product(vector a, vector b, vector sum) {
#ifdef __wasm_simd128__
  return wasm_f32x4_add(wasm_f32x4_mul(a, b), sum);
#else
  return multiply_add(a, b, sum);
#endif
}

/* What is made at once: `vectors` of channels of `pixels`. */
typedef struct shape {
  size_t taps, hop, pixels, vectors;
} shape;

/* The v-th vector's weights, or biases */
INLINE vector weights_of(const float *w, shape s, size_t v) {
  return load(w + v % 2 * LANES + v / 2 * BLOCK * (s.taps + 1));
}

/* The channels from the byte c of each pixel on; of the last vector, `left` where those are fewer. */
INLINE void tile(const row *r, shape s, const float *w, size_t c, size_t left, limits l, char *out) {
  const float *const end = w + BLOCK * s.taps;
  const char *const *at = r->at;
  const size_t pixel = r->pixel;
  vector sums[PIXELS * 2], f[4];
  UNROLL for (size_t i = 0; i < s.pixels * s.vectors; i++) sums[i] = weights_of(w, s, i % s.vectors);
  ROLL do {
    w += BLOCK;
    UNROLL for (size_t v = 0; v < s.vectors; v++) f[v] = weights_of(w, s, v);
    UNROLL for (size_t p = 0; p < s.pixels; p++) {
      const char *in = at[p * s.hop] + c;
      UNROLL for (size_t v = 0; v < s.vectors; v++) {
        vector *sum = &sums[p * s.vectors + v];
        *sum = add_product(load_some((const float *)(in + BYTES * v), left), f[v], *sum);
      }
    }
    at++;
  }
  while (w != end);
  UNROLL for (size_t i = 0; i < s.pixels * s.vectors; i++) {
    char *to = out + i / s.vectors * pixel + c + i % s.vectors * BYTES;
    store_some((float *)to, clamp(sums[i], l.low, l.high), left);
  }
}

/* The weights of the block in which the byte c of a pixel lies, from that channel on */
INLINE const float *weights_at(const row *r, size_t c) {
  const size_t block = BLOCK * sizeof(float);
  return (const float *)(r->weights + c / block * block * (r->taps + 1) + c % block);
}

/* The channels from the byte c on, a vector at once */
INLINE void rest(const row *r, size_t pixels, size_t c, char *out) {
  const shape s = {r->taps, r->hop, pixels, 1};
  for (size_t left = r->channels - c / sizeof(float); left > 0; c += BYTES, left -= left < LANES ? left : LANES)
    tile(r, s, weights_at(r, c), c, left, limits_of(r->params), out);
}

static void rest_of_four(const row *r, size_t c, char *out) { rest(r, PIXELS, c, out); }
static void rest_of_one(const row *r, size_t c, char *out) { rest(r, 1, c, out); }

/* Returns the byte from which on no whole tile is left. */
INLINE size_t whole_tiles(const row *r, shape s, char *out) {
  const limits l = limits_of(r->params);
  const size_t end = r->channels / (LANES * s.vectors) * s.vectors * BYTES;
  const float *w = weights_at(r, 0);
  for (size_t c = 0; c < end; c += s.vectors * BYTES, w += s.vectors / 2 * BLOCK * (s.taps + 1))
    tile(r, s, w, c, LANES, l, out);
  return end;
}

INLINE void four(const row *r, size_t taps, size_t hop, char *out) {
  size_t end = whole_tiles(r, (shape){taps, hop, PIXELS, 2}, out);
  if (end < r->channels * sizeof(float)) rest_of_four(r, end, out);
}

static void four_3x3(const row *r, char *out) { four(r, 9, 3, out); }
static void four_3x3_stride2(const row *r, char *out) { four(r, 9, 6, out); }
static void four_5x5(const row *r, char *out) { four(r, 25, 5, out); }
static void four_5x5_stride2(const row *r, char *out) { four(r, 25, 10, out); }
static void one(const row *r, char *out) { rest_of_one(r, whole_tiles(r, (shape){r->taps, 0, 1, 4}, out), out); }

/* Whether memory is what a layer waits for: it reads more than the second cache holds, pixels of several cache lines, and does
 * little with them. Then pixels in their order, which the processor foresees, measured 1.4 to 1.8 times as fast as four at
 * once (3x3 on 128 x 128 x 144; stride 2 on 256 x 256 x 96 and 64 x 64 x 240). Rows are as many as columns in our network. */
static bool streams(const row *r, size_t width) {
  size_t side = width * r->hop / 3, pixel = r->channels * sizeof(float);
  return r->taps == 9 && pixel >= 256 && side * side * pixel > 3 << 20;
}

static void depthwise(row *r, size_t width, const void **input, void *output, size_t offset, const void *zero) {
  const makers m = {four_3x3, four_3x3_stride2, four_5x5, four_5x5_stride2, one};
  make_row(r, &m, streams(r, width), width, input, offset, zero, output);
}

DEPTHWISE_KERNEL(9, float)
DEPTHWISE_KERNEL(25, float)

#define ENTRY(taps) DEPTHWISE_ENTRY(taps, BLOCK, .init.f32 = xnn_init_f32_minmax_scalar_params)
const struct xnn_dwconv_config *depthwise_table(void) {
  static const struct xnn_dwconv_config table[XNN_MAX_F32_DWCONV_UKERNELS] = {ENTRY(9), ENTRY(25)};
  return table;
}
