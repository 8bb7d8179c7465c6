#include "kernels.h"

#include <stdlib.h>

#include "xnnpack/hardware-config.h"

bool kernels_run(void) {
  const struct xnn_hardware_config *h = xnn_init_hardware_config();
#ifdef __wasm__
  return h != NULL && h->is_x86;
#else
  return h != NULL && h->use_x86_avx2 && h->use_x86_fma3 && !h->use_x86_avx512f;
#endif
}

/* The linker's names for calls that it leads here, and for what they would have reached.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c) */

#define ARGUMENTS                                                                                                      \
  uint32_t top, uint32_t right, uint32_t bottom, uint32_t left, uint32_t height, uint32_t width, uint32_t down,        \
      uint32_t across, uint32_t dilation_down, uint32_t dilation_across, uint32_t groups, size_t read, size_t made,    \
      size_t in_stride, size_t out_stride, const float *kernel, const float *bias, float low, float high,              \
      uint32_t flags, xnn_code_cache_t code, xnn_weights_cache_t cache, xnn_operator_t *op
enum xnn_status __real_xnn_create_convolution2d_nhwc_f32(ARGUMENTS);
enum xnn_status __wrap_xnn_create_convolution2d_nhwc_f32(ARGUMENTS);

enum xnn_status __wrap_xnn_create_convolution2d_nhwc_f32(ARGUMENTS) {
  const bool plain = groups == 1 && flags == 0 && dilation_down == 1 && dilation_across == 1 && kernels_run(),
             by_pairs = plain && height == 3 && width == 3 && down == 1 && across == 1 && left == 1 && right == 1 &&
                        pairs_can(read, made);
  float *filter = by_pairs ? pairs_filter(kernel, read, made) : NULL;
  if (by_pairs && filter == NULL) return xnn_status_out_of_memory;
  if (by_pairs) {
    kernel = filter;
    width = 4;
    right = 2;
  }
  enum xnn_status s = __real_xnn_create_convolution2d_nhwc_f32(
      top, right, bottom, left, height, width, down, across, dilation_down, dilation_across, groups, read, made,
      in_stride, out_stride, kernel, bias, low, high, flags, code, cache, op);
  free(filter);
  if (s != xnn_status_success) return s;
  if (by_pairs) pairs_install(*op);
  else if (plain && narrow_can(made)) narrow_install(*op);
  return s;
}

const struct xnn_dwconv_config *__wrap_xnn_init_f32_dwconv_config(void);
#ifdef __wasm__
const struct xnn_dwconv_config *__wrap_xnn_init_f32_dwconv_config(void) { return depthwise_table(); }
#else
const struct xnn_dwconv_config *__real_xnn_init_f32_dwconv_config(void);

const struct xnn_dwconv_config *__wrap_xnn_init_f32_dwconv_config(void) {
  return kernels_run() ? depthwise_table() : __real_xnn_init_f32_dwconv_config();
}

const struct xnn_gemm_config *__real_xnn_init_qs8_qc8w_gemm_config(void);
const struct xnn_gemm_config *__wrap_xnn_init_qs8_qc8w_gemm_config(void);

const struct xnn_gemm_config *__wrap_xnn_init_qs8_qc8w_gemm_config(void) {
  const struct xnn_hardware_config *h = xnn_init_hardware_config();
  return kernels_run() && !h->use_x86_avxvnni ? dot_avx2_table() : __real_xnn_init_qs8_qc8w_gemm_config();
}
#endif
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c) */
