/* Convolutions in f32 to fewer than eight channels: eight pixels by four channels at once. XNNPACK makes eight channels at once,
 * of which half are thrown away. */
#ifdef __wasm_simd128__
#include <wasm_simd128.h>

#include "xnnpack/config.h"
#include "xnnpack/microparams-init.h"
#include "xnnpack/pack.h"

#include "multiply_add.h"
#include "unroll.h"

enum { ROWS = 8, COLUMNS = 4 };

typedef union xnn_f32_minmax_params limits;

/* Adds `bytes` of each row's inputs, weighted. Returns what stands behind their weights. */
INLINE const float *add_products(int rows, const float *const *in, size_t bytes, const float *w, v128_t *sums) {
  const float *at[ROWS];
  UNROLL for (int r = 0; r < rows; r++) at[r] = in[r];
  ROLL for (; bytes > 0; bytes -= sizeof(float), w += COLUMNS) {
    const v128_t weights = wasm_v128_load(w);
    UNROLL for (int r = 0; r < rows; r++) sums[r] = MULTIPLY_ADD(wasm_v128_load32_splat(at[r]++), weights, sums[r]);
  }
  return w;
}

/* count < COLUMNS */
INLINE void store_part(float *out, v128_t v, size_t count) {
  if (count & 2) {
    wasm_v128_store64_lane(out, v, 0);
    v = wasm_i64x2_shuffle(v, v, 1, 1);
    out += 2;
  }
  if (count & 1) wasm_v128_store32_lane(out, v, 0);
}

/* Rows that are one and the same are written last to first, as all of them hold the same. */
INLINE void store(int rows, const v128_t *sums, float **out, size_t count, size_t next, const limits *l) {
  const v128_t low = wasm_v128_load32_splat(&l->scalar.min), high = wasm_v128_load32_splat(&l->scalar.max);
  UNROLL for (int r = rows - 1; r >= 0; r--) {
    const v128_t v = wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, sums[r]));
    if (count < COLUMNS) store_part(out[r], v, count);
    else wasm_v128_store(out[r], v);
    out[r] = (float *)(void *)((char *)out[r] + next);
  }
}

/* Where there are fewer rows than a kernel makes, the last one stands for those that lack. */
INLINE void point(int rows, size_t there, float *out, size_t stride, float **at) {
  at[0] = out;
  UNROLL for (int r = 1; r < rows; r++) {
    const bool lacks = (size_t)r >= there;
    at[r] = lacks ? at[r - 1] : (float *)(void *)((char *)at[r - 1] + stride);
  }
}

INLINE void multiply(int rows, size_t there, size_t channels, size_t bytes, const float *in, size_t in_stride,
                     const float *w, float *out, size_t out_stride, size_t next, const limits *l) {
  float *from[ROWS], *to[ROWS];
  v128_t sums[ROWS];
  point(rows, there, (float *)(uintptr_t)in, in_stride, from);
  point(rows, there, out, out_stride, to);
  for (size_t left = channels; left > 0; left -= left < COLUMNS ? left : COLUMNS) {
    UNROLL for (int r = 0; r < rows; r++) sums[r] = wasm_v128_load(w);
    w = add_products(rows, (const float *const *)from, bytes, w + COLUMNS, sums);
    store(rows, sums, to, left, next, l);
  }
}

/* taps: bytes of pointers, `rows` for each tap; a pointer to zeros pads, all others lack the offset */
INLINE void convolve(int rows, size_t there, size_t channels, size_t bytes, size_t taps, const float **in,
                     const float *w, float *out, size_t out_stride, size_t next, size_t offset, const float *zero,
                     const limits *l) {
  const float *from[ROWS];
  float *to[ROWS];
  v128_t sums[ROWS];
  point(rows, there, out, out_stride, to);
  for (size_t left = channels; left > 0; left -= left < COLUMNS ? left : COLUMNS) {
    const float **at = in, **const end = in + taps / sizeof *in;
    UNROLL for (int r = 0; r < rows; r++) sums[r] = wasm_v128_load(w);
    for (w += COLUMNS; at < end; at += rows) {
      UNROLL for (int r = 0; r < rows; r++) from[r] =
          (const float *)(const void *)((const char *)at[r] + (at[r] == zero ? 0 : offset));
      w = add_products(rows, from, bytes, w, sums);
    }
    store(rows, sums, to, left, next, l);
  }
}

/* As XNNPACK calls them */
#define MULTIPLY(rows)                                                                                                 \
  static void multiply_##rows(size_t there, size_t channels, size_t bytes, const float *in, size_t in_stride,          \
                              const float *w, float *out, size_t out_stride, size_t next, const limits *l) {           \
    multiply(rows, there, channels, bytes, in, in_stride, w, out, out_stride, next, l);                                \
  }
#define CONVOLVE(rows)                                                                                                 \
  static void convolve_##rows(size_t there, size_t channels, size_t bytes, size_t taps, const float **in,              \
                              const float *w, float *out, size_t out_stride, size_t next, size_t offset,               \
                              const float *zero, const limits *l) {                                                    \
    convolve(rows, there, channels, bytes, taps, in, w, out, out_stride, next, offset, zero, l);                       \
  }
MULTIPLY(1)
MULTIPLY(8)
CONVOLVE(1)
CONVOLVE(5)
CONVOLVE(6)
CONVOLVE(7)
CONVOLVE(8)

/* Its place in XNNPACK's tables of kernels by rows */
#define GEMM(rows) [rows - 1] = {.function = {(xnn_gemm_ukernel_fn)multiply_##rows}}
#define IGEMM(rows) [rows - 1] = {.function = {(xnn_igemm_ukernel_fn)convolve_##rows}}

/* XNNPACK's table for few channels. It is asked only where there is a kernel of one row more than that for many channels makes (4 on
 * x86, 5 or 6 on Arm: convolution-nhwc.c); of those there are, the one is taken that fits the number of pixels. */
const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_nr2_config(void);
const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_nr2_config(void) {
  static const struct xnn_gemm_config table = {
      .minmax = {.gemm = {GEMM(1), GEMM(8)}, .igemm = {IGEMM(1), IGEMM(5), IGEMM(6), IGEMM(7), IGEMM(8)}},
      .init.f32 = xnn_init_f32_minmax_scalar_params,
      .pack_gemm_gio = (xnn_packw_gemm_gio_ukernel_fn)xnn_pack_f32_gemm_gio_w,
      .pack_gemm_goi = (xnn_packw_gemm_goi_ukernel_fn)xnn_pack_f32_gemm_goi_w,
      .mr = ROWS,
      .nr = COLUMNS,
  };
  return &table;
}
#endif
