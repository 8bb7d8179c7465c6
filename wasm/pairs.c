/* Convolutions of 3x3 in f32 by pairs of neighbouring pixels, with four multiplications where six are plain: F(2, 3) of Winograd
 * along the rows (Lavin and Gray 2016). Of the four inputs d under a pair and the three weights g of a row of the filter:
 *
 *   left  = m0 + m1 + m2        m0 = (d0 - d2) g0                       m2 = (d2 - d1) (g0 - g1 + g2) / 2
 *   right = m1 - m2 - m3        m1 = (d1 + d2) (g0 + g1 + g2) / 2       m3 = (d1 - d3) g2
 *
 * What stands for a row of the filter, U0 to U3, is packed as a filter of 3x4, so that XNNPACK's pointers lead a pair's left pixel
 * to d0 to d3. For even widths, which all layers of our network have. On x86 alone: nobody has measured another processor. */
#ifdef __wasm_simd128__
#include <stdlib.h>
#include <wasm_simd128.h>

#include "xnnpack.h"
#include "xnnpack/config.h"
#include "xnnpack/operator.h"

#include "multiply_add.h"
#include "unroll.h"

enum {
  PAIRS = 4,
  PIXELS = 2 * PAIRS,
  COLUMNS = 8, /* channels that are made at once */
  ROWS = 3,
  TAPS = 4, /* of a row: d0 to d3, U0 to U3 */
  FEWEST = 16,
  MOST = 192, /* channels that are read; with fewer it does not pay, with more the inputs would leave the first cache */
};

typedef union xnn_f32_minmax_params limits;

/* Sums and differences of the inputs: [tap][pair][row * channels + channel], of which so many are used */
typedef float inputs[TAPS][PAIRS][ROWS * MOST];

/* in: pointers [row][tap][pixel]; a pointer to zeros pads, all others lack the offset */
static void transform(const float **in, size_t channels, size_t offset, const float *zero, inputs t) {
  for (size_t row = 0; row < ROWS; row++)
    for (size_t pair = 0; pair < PAIRS; pair++) {
      const float *d[TAPS];
      UNROLL for (size_t i = 0; i < TAPS; i++) {
        const float *at = in[(row * TAPS + i) * PIXELS + 2 * pair];
        d[i] = (const float *)(const void *)((const char *)at + (at == zero ? 0 : offset));
      }
      float *to = t[0][pair] + row * channels;
      ROLL for (size_t c = 0; c < channels; c += 4, to += 4) {
        v128_t v[TAPS];
        UNROLL for (size_t i = 0; i < TAPS; i++) v[i] = wasm_v128_load(d[i] + c);
        wasm_v128_store(to, wasm_f32x4_sub(v[0], v[2]));
        wasm_v128_store(to + PAIRS * ROWS * MOST, wasm_f32x4_add(v[1], v[2]));
        wasm_v128_store(to + 2 * PAIRS * ROWS * MOST, wasm_f32x4_sub(v[2], v[1]));
        wasm_v128_store(to + 3 * PAIRS * ROWS * MOST, wasm_f32x4_sub(v[1], v[3]));
      }
    }
}

/* One of m0 to m3 of PAIRS pairs and COLUMNS channels. w: U of the first row, the others' behind `TAPS` as many */
INLINE void multiply(float (*t)[ROWS * MOST], const float *w, size_t channels, v128_t *m) {
  const float *in = t[0];
  UNROLL for (int i = 0; i < 2 * PAIRS; i++) m[i] = wasm_f32x4_splat(0);
  for (int row = 0; row < ROWS; row++, w += (TAPS - 1) * channels * COLUMNS) {
    size_t left = channels;
    ROLL do {
      const v128_t low = wasm_v128_load(w), high = wasm_v128_load(w + 4);
      UNROLL for (int p = 0; p < PAIRS; p++) {
        const v128_t x = wasm_v128_load32_splat(in + p * ROWS * MOST);
        m[2 * p] = MULTIPLY_ADD(x, low, m[2 * p]);
        m[2 * p + 1] = MULTIPLY_ADD(x, high, m[2 * p + 1]);
      }
      in++;
      w += COLUMNS;
    }
    while (--left != 0);
  }
}

typedef struct sums {
  v128_t left[2 * PAIRS], right[2 * PAIRS];
} sums;

INLINE void add_all(const v128_t *m, v128_t *to) {
  UNROLL for (int i = 0; i < 2 * PAIRS; i++) to[i] = wasm_f32x4_add(to[i], m[i]);
}
INLINE void take_all(const v128_t *m, v128_t *from) {
  UNROLL for (int i = 0; i < 2 * PAIRS; i++) from[i] = wasm_f32x4_sub(from[i], m[i]);
}

/* w: the biases, then U [row][tap][channel], each COLUMNS wide */
static void sum(inputs t, const float *w, size_t channels, sums *s) {
  const v128_t low = wasm_v128_load(w), high = wasm_v128_load(w + 4);
  UNROLL for (int i = 0; i < 2 * PAIRS; i++) s->left[i] = s->right[i] = i % 2 ? high : low;
  const size_t tap = channels * COLUMNS;
  v128_t m[2 * PAIRS];
  w += COLUMNS;
  multiply(t[0], w, channels, m);
  add_all(m, s->left);
  multiply(t[1], w + tap, channels, m);
  add_all(m, s->left);
  add_all(m, s->right);
  multiply(t[2], w + 2 * tap, channels, m);
  add_all(m, s->left);
  take_all(m, s->right);
  multiply(t[3], w + 3 * tap, channels, m);
  take_all(m, s->right);
}

static void store(const v128_t y[2], float *out, size_t columns, const limits *l) {
  const v128_t low = wasm_v128_load32_splat(&l->scalar.min), high = wasm_v128_load32_splat(&l->scalar.max);
  v128_t v[2];
  UNROLL for (int i = 0; i < 2; i++) v[i] = wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, y[i]));
  if (columns >= COLUMNS) {
    wasm_v128_store(out, v[0]);
    wasm_v128_store(out + 4, v[1]);
    return;
  }
  float part[COLUMNS];
  wasm_v128_store(part, v[0]);
  wasm_v128_store(part + 4, v[1]);
  for (size_t i = 0; i < columns; i++) out[i] = part[i];
}

/* As XNNPACK calls it. there: pixels, at most PIXELS; bytes: of what is read of a pixel */
static void convolve(size_t there, size_t columns, size_t bytes, size_t pointers, const float **in, const float *w,
                     float *out, size_t stride, size_t next, size_t offset, const float *zero, const limits *l) {
  const size_t channels = bytes / sizeof(float);
  inputs t;
  sums s;
  (void)pointers;
  transform(in, channels, offset, zero, t);
  for (;;
       columns -= COLUMNS, w += COLUMNS * (1 + ROWS * TAPS * channels), out = (float *)(void *)((char *)out + next)) {
    sum(t, w, channels, &s);
    for (size_t p = 0; p < there; p++)
      store((p % 2 ? s.right : s.left) + p / 2 * 2, (float *)(void *)((char *)out + p * stride), columns, l);
    if (columns <= COLUMNS) return;
  }
}

/* U [out][row][tap][in] of g [out][row][3][in]. Owned: free. NULL where memory lacks */
static float *transformed(const float *g, size_t made, size_t read) {
  float *const u = malloc(made * ROWS * TAPS * read * sizeof *u);
  for (size_t row = 0; u != NULL && row < made * ROWS; row++)
    for (size_t c = 0; c < read; c++) {
      const float *const from = g + row * 3 * read + c, a = from[0], b = from[read], d = from[2 * read];
      float *const to = u + row * TAPS * read + c;
      to[0] = a;
      to[read] = (a + b + d) / 2;
      to[2 * read] = (a - b + d) / 2;
      to[3 * read] = d;
    }
  return u;
}

#define ARGUMENTS                                                                                                      \
  uint32_t top, uint32_t right, uint32_t bottom, uint32_t left, uint32_t height, uint32_t width, uint32_t down,        \
      uint32_t across, uint32_t dilation_down, uint32_t dilation_across, uint32_t groups, size_t read, size_t made,    \
      size_t in_stride, size_t out_stride, const float *kernel, const float *bias, float low, float high,              \
      uint32_t flags, xnn_code_cache_t code, xnn_weights_cache_t cache, xnn_operator_t *op
enum xnn_status __real_xnn_create_convolution2d_nhwc_f32(ARGUMENTS);
enum xnn_status __wrap_xnn_create_convolution2d_nhwc_f32(ARGUMENTS);

/* In place of XNNPACK's: wasm.mk leads the calls here. */
enum xnn_status __wrap_xnn_create_convolution2d_nhwc_f32(ARGUMENTS) {
  const bool ours = height == 3 && width == 3 && down == 1 && across == 1 && dilation_down == 1 &&
                    dilation_across == 1 && left == 1 && right == 1 && groups == 1 && flags == 0 && made >= COLUMNS &&
                    read >= FEWEST && read <= MOST && read % 4 == 0 && xnn_init_hardware_config()->is_x86;
  if (!ours)
    return __real_xnn_create_convolution2d_nhwc_f32(top, right, bottom, left, height, width, down, across,
                                                    dilation_down, dilation_across, groups, read, made, in_stride,
                                                    out_stride, kernel, bias, low, high, flags, code, cache, op);
  float *u = transformed(kernel, made, read);
  if (u == NULL) return xnn_status_out_of_memory;
  enum xnn_status s =
      __real_xnn_create_convolution2d_nhwc_f32(top, 2, bottom, left, ROWS, TAPS, 1, 1, 1, 1, 1, read, made, in_stride,
                                               out_stride, u, bias, low, high, flags, code, cache, op);
  free(u);
  if (s != xnn_status_success) return s;
  (*op)->ukernel.igemm = (struct xnn_ukernel_igemm){
      .igemm_cases = {[PIXELS - 1] = {.function = {(xnn_igemm_ukernel_fn)convolve}}},
      .mr = PIXELS,
      .nr = COLUMNS,
      .kr = 1,
      .sr = 1,
  };
  return s;
}
#endif
