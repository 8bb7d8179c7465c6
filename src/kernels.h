/* Kernels of our own in place of XNNPACK's, where they measured faster: in WebAssembly on x86, and natively with AVX2 and no
 * AVX-512. pairs.c, narrow.c and depthwise.c are compiled for both, dot_avx2.c natively. Links that are to have them lead calls
 * of OUR_CALLS (native.mk, wasm.mk) to kernels.c. */
#ifndef VM_KERNELS_H
#define VM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xnnpack.h"
#include "xnnpack/config.h"
#include "xnnpack/operator.h"

/* What one of XNNPACK's pointers leads to: all but the one to zeros lack an offset, which may be negative. */
static inline const void *input_at(const void *pointer, size_t offset, const void *zero) {
  return (const void *)((uintptr_t)pointer + (pointer == zero ? 0 : offset));
}

/* Whether this processor is one of those. Nothing below may be called where it is not, but for depthwise_table in WebAssembly. */
bool kernels_run(void);

/* Whether XNNPACK packs the weights of f32 convolutions as ours read them: so many channels together, input after input. For the
 * first Zen it turns them by fours. */
static inline bool packed_plainly(size_t channels) {
  const struct xnn_gemm_config *g = xnn_init_f32_gemm_config();
  return g != NULL && g->nr == channels && g->log2_kr == 0 && g->log2_sr == 0;
}

/* A 3x3 convolution of stride 1, padded by 1, of `read` to `made` channels */
bool pairs_can(size_t read, size_t made);

/* The filter [made][3][4][read] that stands for g [made][3][3][read]. Owned: free. NULL where memory lacks */
float *pairs_filter(const float *g, size_t read, size_t made);

/* Gives an operator that was made with such a filter, padded by 2 at the right, its kernel. */
void pairs_install(xnn_operator_t op);

/* A convolution to so many channels */
bool narrow_can(size_t made);

/* Gives an operator that XNNPACK made its kernel; one that is neither a matrix product nor a convolution stays as it is. */
void narrow_install(xnn_operator_t op);

/* XNNPACK's tables for depthwise convolutions in f32, and for int8 */
const struct xnn_dwconv_config *depthwise_table(void);
const struct xnn_gemm_config *dot_avx2_table(void);

#endif
