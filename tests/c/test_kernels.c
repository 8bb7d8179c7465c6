/* src/pairs.c, narrow.c and, in WebAssembly, wasm/copy.c: convolutions as XNNPACK runs them, of every kind that ours take over and
 * of some beside it, and depthwise ones, against sums in double; copies of every size. Also built for WebAssembly:
 * tests/js/kernels.test.mjs. */
#include "check.h"

#include "kernels.h"
#ifndef __wasm__
#include "xnnpack/gemm.h"
#include "xnnpack/igemm.h"
#include "xnnpack/packw.h"
#endif

typedef struct layer {
  size_t kernel, stride, read, made, height, width; /* depthwise: read 1 */
  float low, high;
  bool depthwise;
} layer;

/* Channels of the input */
static size_t channels_of(const layer *l) { return l->depthwise ? l->made : l->read; }

static uint32_t state = 1;

static uint32_t next(void) { return (state = state * 1664525u + 1013904223u) >> 8; }

static float *numbers(size_t count) {
  float *list = malloc(count * sizeof *list + XNN_EXTRA_BYTES);
  for (size_t i = 0; i < count; i++) list[i] = (float)(int32_t)(next() - (1u << 23)) / (float)(1u << 23);
  return list;
}

/* The sum at one place, and the magnitudes of what it is made of */
typedef struct told {
  double sum, size;
} told;

static told sum_at(const layer *l, const float *in, const float *filter, const float *bias, size_t y, size_t x,
                   size_t c) {
  const size_t before = (l->kernel - l->stride) / 2;
  told t = {bias[c], fabs(bias[c])};
  for (size_t i = 0; i < l->kernel; i++)
    for (size_t j = 0; j < l->kernel; j++) {
      const size_t v = y * l->stride + i - before, u = x * l->stride + j - before; /* wraps left of 0 */
      if (v >= l->height || u >= l->width) continue;
      for (size_t k = 0; k < l->read; k++) {
        double p = (double)in[(v * l->width + u) * channels_of(l) + (l->depthwise ? c : k)] *
                   (double)filter[((c * l->kernel + i) * l->kernel + j) * l->read + k];
        t.sum += p;
        t.size += fabs(p);
      }
    }
  t.sum = fmin(fmax(t.sum, l->low), l->high);
  return t;
}

static bool run(xnn_operator_t op, const layer *l, const float *in, float *out) {
  size_t bytes = 0, alignment = 0, height = 0, width = 0;
  if (xnn_reshape_convolution2d_nhwc_f32(op, 1, l->height, l->width, &bytes, &alignment, &height, &width, NULL) !=
          xnn_status_success ||
      height != l->height / l->stride || width != l->width / l->stride)
    return false;
  void *room = malloc(bytes + 64);
  void *aligned = (void *)(((uintptr_t)room + 63) & ~(uintptr_t)63);
  bool ok = xnn_setup_convolution2d_nhwc_f32(op, aligned, in, out) == xnn_status_success &&
            xnn_run_operator(op, NULL) == xnn_status_success;
  free(room);
  return ok;
}

/* Pixels that a kernel makes at once: eight in ours, fewer in XNNPACK's where ours run */
static int pixels_of(xnn_operator_t op) {
  return op->ukernel.type == xnn_microkernel_type_gemm ? op->ukernel.gemm.mr : op->ukernel.igemm.mr;
}

/* The largest difference, in parts of what the sums are made of; infinite where it did not run or wrote beyond its end */
static double difference(const layer *l, bool *ours) {
  const size_t count = l->height / l->stride * (l->width / l->stride) * l->made, guard = 8;
  float *in = numbers(l->height * l->width * channels_of(l)), *bias = numbers(l->made), *out = numbers(count + guard),
        *filter = numbers(l->made * l->kernel * l->kernel * l->read), *behind = malloc(guard * sizeof *behind);
  memcpy(behind, out + count, guard * sizeof *behind);
  const uint32_t k = (uint32_t)l->kernel, s = (uint32_t)l->stride, before = (k - s) / 2, after = k - s - before;
  xnn_operator_t op = NULL;
  double most = INFINITY;
  if (xnn_create_convolution2d_nhwc_f32(before, after, after, before, k, k, s, s, 1, 1,
                                        (uint32_t)(l->depthwise ? l->made : 1), l->read, l->depthwise ? 1 : l->made,
                                        channels_of(l), l->made, filter, bias, l->low, l->high, 0, NULL, NULL,
                                        &op) == xnn_status_success) {
    *ours = !l->depthwise && pixels_of(op) == 8;
    if (run(op, l, in, out) && memcmp(behind, out + count, guard * sizeof *behind) == 0) most = 0;
    for (size_t i = 0; i < count && most < INFINITY; i++) {
      const size_t at = i / l->made, w = l->width / l->stride;
      const told t = sum_at(l, in, filter, bias, at / w, at % w, i % l->made);
      most = fmax(most, fabs((double)out[i] - t.sum) / t.size);
    }
    xnn_delete_operator(op);
  }
  free(in), free(bias), free(out), free(filter), free(behind);
  return most;
}

static void check_layer(layer l) {
  const float limits[3][2] = {{0, 6}, {-INFINITY, INFINITY}, {-0.5f, 0.25f}};
  const float *limit = limits[next() % 3];
  l.low = limit[0];
  l.high = limit[1];
  const bool pairs = l.kernel == 3 && l.stride == 1 && pairs_can(l.read, l.made),
             ours = !l.depthwise && (pairs || narrow_can(l.made));
  bool taken = false;
  const double d = difference(&l, &taken);
  CHECK(d < 1e-6, "%zux%zu, stride %zu, %zu to %zu channels, %zux%zu, %g to %g: off by %g", l.kernel, l.kernel,
        l.stride, l.read, l.made, l.height, l.width, (double)l.low, (double)l.high, d);
  CHECK(taken == ours, "%zux%zu, stride %zu, %zu to %zu channels: made by %s", l.kernel, l.kernel, l.stride, l.read,
        l.made, taken ? "ours" : "XNNPACK's");
}

static void check_convolutions(void) {
  /* by pairs: the least and the most that is read, and other numbers than eights of what is made */
  const size_t read[] = {16, 20, 24, 48, 176, 192}, made[] = {8, 9, 12, 15, 16, 24, 48};
  for (size_t i = 0; i < sizeof read / sizeof *read; i++)
    for (size_t j = 0; j < sizeof made / sizeof *made; j++)
      for (size_t width = 2; width <= 10; width += 2)
        check_layer((layer){3, 1, read[i], made[j], 1 + next() % 5, width, 0, 0, false});
  /* not by pairs: strides, other sizes, few or odd channels, more than there is room for */
  const layer others[] = {{3, 2, 16, 16, 6, 8, 0, 0, false}, {1, 1, 24, 16, 3, 6, 0, 0, false},
                          {5, 1, 16, 8, 6, 6, 0, 0, false},  {3, 1, 3, 16, 4, 6, 0, 0, false},
                          {3, 1, 18, 16, 4, 6, 0, 0, false}, {3, 1, 196, 8, 3, 4, 0, 0, false},
                          {3, 1, 12, 24, 4, 6, 0, 0, false}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) check_layer(others[i]);
  for (size_t channels = 1; channels <= 35; channels++)
    for (size_t kernel = 3; kernel <= 5; kernel += 2)
      for (size_t stride = 1; stride <= 2; stride++)
        check_layer((layer){kernel, stride, 1, channels, 2 + 2 * (next() % 4), 2 + 2 * (next() % 5), 0, 0, true});
  /* to few channels; pixels in number that eight do and do not divide */
  for (size_t few = 1; few < 12; few++)
    for (size_t width = 1; width <= 9; width++) {
      check_layer((layer){3, 1, 12, few, 1 + next() % 4, width, 0, 0, false});
      check_layer((layer){1, 1, 5, few, 1 + next() % 4, width, 0, 0, false});
    }
}

#ifndef __wasm__
/* With XNNPACK's kernels for the first Zen, whose weights it packs in another order: its convolutions stay its own. */
static void check_first_zen(void) {
  struct xnn_gemm_config *table = (struct xnn_gemm_config *)xnn_init_f32_gemm_config();
  const struct xnn_gemm_config before = *table;
  struct gemm_fused_ukernels *k = &table->minmax;
  k->gemm[0].function[0] = (xnn_gemm_ukernel_fn)xnn_f32_gemm_minmax_ukernel_1x16s4__fma3_broadcast;
  k->gemm[3].function[0] = (xnn_gemm_ukernel_fn)xnn_f32_gemm_minmax_ukernel_4x16s4__fma3_broadcast;
  k->igemm[0].function[0] = (xnn_igemm_ukernel_fn)xnn_f32_igemm_minmax_ukernel_1x16s4__fma3_broadcast;
  k->igemm[3].function[0] = (xnn_igemm_ukernel_fn)xnn_f32_igemm_minmax_ukernel_4x16s4__fma3_broadcast;
  table->pack_gemm_goi = (xnn_packw_gemm_goi_ukernel_fn)xnn_x32_packw_gemm_goi_ukernel_x16s4__avx_u4;
  table->mr = 4;
  table->log2_sr = 2;
  check_layer((layer){3, 1, 24, 24, 4, 6, 0, 0, false});
  check_layer((layer){3, 1, 12, 4, 4, 6, 0, 0, false});
  check_layer((layer){1, 1, 24, 4, 4, 6, 0, 0, false});
  *table = before;
}
#endif

static void check_copies(void) {
  enum { MOST = 1100, GUARD = 16 };
  const xnn_vunary_ukernel_fn copy = xnn_init_xx_copy_config()->ukernel;
  unsigned char from[MOST], to[MOST + GUARD], wanted[MOST + GUARD];
  for (size_t i = 0; i < MOST; i++) from[i] = (unsigned char)next();
  for (size_t size = 1; size <= MOST; size++) {
    memset(to, 1, sizeof to);
    memset(wanted, 1, sizeof wanted);
    memcpy(wanted, from, size);
    copy(size, from, to, NULL);
    CHECK(memcmp(to, wanted, sizeof to) == 0, "a copy of %zu bytes", size);
  }
}

int main(void) {
  CHECK(xnn_initialize(NULL) == xnn_status_success, "XNNPACK");
  if (kernels_run()) check_convolutions();
  else puts("this processor has XNNPACK's own kernels");
#ifndef __wasm__
  if (kernels_run()) check_first_zen();
#endif
  check_copies();
  return check_end();
}
