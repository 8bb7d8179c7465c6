/* Convolutions in f32 to few channels: eight pixels by one vector at once, where XNNPACK makes two vectors and throws one away. */
#include <string.h>

#include "kernels.h"
#include "vector.h"

enum { PIXELS = 8, COLUMNS = 2 * LANES /* channels that XNNPACK packs together */ };

typedef union xnn_f32_minmax_params limits;

bool narrow_can(size_t made) { return made <= LANES && packed_plainly(COLUMNS); }

/* Adds `count` inputs of each pixel, weighted. Returns what stands behind the weights. */
INLINE const float *add_products(const float *const *in, size_t count, const float *w, vector *sums) {
  const float *at[PIXELS];
  UNROLL for (int p = 0; p < PIXELS; p++) at[p] = in[p];
  ROLL for (size_t i = 0; i < count; i++, w += COLUMNS) {
    const vector weights = load(w);
    UNROLL for (int p = 0; p < PIXELS; p++) sums[p] = multiply_add(load_one(at[p] + i), weights, sums[p]);
  }
  return w;
}

INLINE void store_all(const vector *sums, size_t there, float *out, size_t stride, size_t channels, const limits *l) {
  const vector low = load_one(&l->scalar.min), high = load_one(&l->scalar.max);
  vector made[PIXELS]; /* a copy: what a loop goes through lies in memory, and the sums are to stay in registers */
  UNROLL for (int p = 0; p < PIXELS; p++) made[p] = clamp(sums[p], low, high);
  for (size_t p = 0; p < there; p++, out = (float *)((char *)out + stride)) store_some(out, made[p], channels);
}

/* As XNNPACK calls it. Where there are fewer pixels than a kernel makes, the last one stands for those that lack. */
static void gemm(size_t there, size_t channels, size_t bytes, const float *in, size_t in_stride, const float *w,
                 float *out, size_t out_stride, size_t next, const limits *l) {
  const float *from[PIXELS];
  vector sums[PIXELS];
  (void)next;
  for (size_t p = 0; p < PIXELS; p++)
    from[p] = (const float *)((const char *)in + (p < there ? p : there - 1) * in_stride);
  UNROLL for (int p = 0; p < PIXELS; p++) sums[p] = load(w);
  add_products(from, bytes / sizeof *in, w + COLUMNS, sums);
  store_all(sums, there, out, out_stride, channels, l);
}

/* taps: bytes of pointers, PIXELS for each tap; a pointer to zeros pads, all others lack the offset */
static void igemm(size_t there, size_t channels, size_t bytes, size_t taps, const float **in, const float *w,
                  float *out, size_t out_stride, size_t next, size_t offset, const float *zero, const limits *l) {
  const float *from[PIXELS], **const end = in + taps / sizeof *in;
  vector sums[PIXELS];
  (void)next;
  UNROLL for (int p = 0; p < PIXELS; p++) sums[p] = load(w);
  for (w += COLUMNS; in < end; in += PIXELS) {
    UNROLL for (int p = 0; p < PIXELS; p++) from[p] = input_at(in[p], offset, zero);
    w = add_products(from, bytes / sizeof **in, w, sums);
  }
  store_all(sums, there, out, out_stride, channels, l);
}

void narrow_install(xnn_operator_t op) {
  struct xnn_ukernel *u = &op->ukernel;
  if (u->type == xnn_microkernel_type_gemm && u->gemm.nr == COLUMNS) {
    memset(u->gemm.gemm_cases, 0, sizeof u->gemm.gemm_cases);
    u->gemm.gemm_cases[PIXELS - 1].function[0] = (xnn_gemm_ukernel_fn)gemm;
    u->gemm.mr = PIXELS;
  } else if (u->type == xnn_microkernel_type_igemm && u->igemm.nr == COLUMNS) {
    memset(u->igemm.igemm_cases, 0, sizeof u->igemm.igemm_cases);
    u->igemm.igemm_cases[PIXELS - 1].function[0] = (xnn_igemm_ukernel_fn)igemm;
    u->igemm.mr = PIXELS;
  }
}
