#include "relaxed_dot.h"

#ifdef __wasm_relaxed_simd__
#include <stdbool.h>
#include <wasm_simd128.h>

/* XNNPACK's own headers, not its public ones: its record of what the processor can do, and its tables of kernels. */
#include "xnnpack/config.h"
#include "xnnpack/gemm.h"
#include "xnnpack/hardware-config.h"
#include "xnnpack/igemm.h"

#include "weights.h"

DECLARE_QS8_QC8W_GEMM_MINMAX_UKERNEL_FUNCTION(dot_gemm_1x8c8)
DECLARE_QS8_QC8W_GEMM_MINMAX_UKERNEL_FUNCTION(dot_gemm_2x8c8)
DECLARE_QS8_QC8W_IGEMM_MINMAX_UKERNEL_FUNCTION(dot_igemm_1x8c8)
DECLARE_QS8_QC8W_IGEMM_MINMAX_UKERNEL_FUNCTION(dot_igemm_2x8c8)

/* One pair of extremes in each place, where 16 bits overflow first. volatile: answered by the processor, not by the
 * compiler. */
static bool adds_up(int weight, int value, int meaning) {
  const volatile v128_t w = wasm_i8x16_splat((int8_t)weight), v = wasm_i8x16_splat((int8_t)value);
  v128_t sum = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(w, v, wasm_i32x4_splat(1));
  return wasm_i32x4_all_true(wasm_i32x4_eq(sum, wasm_i32x4_splat(1 + 4 * weight * meaning)));
}

/* Puts the kernels of wasm/dot_kernels.c, for one and two rows, into the table that XNNPACK made for the unsigned dot
 * product. */
static void choose_kernels(void) {
  struct xnn_gemm_config *table = (struct xnn_gemm_config *)xnn_init_qs8_qc8w_gemm_config();
  if (table == NULL) return;
  struct gemm_fused_ukernels *k = &table->minmax;
  k->gemm[0] = xnn_init_hmp_gemm_ukernel((xnn_gemm_ukernel_fn)dot_gemm_1x8c8);
  k->gemm[1] = xnn_init_hmp_gemm_ukernel((xnn_gemm_ukernel_fn)dot_gemm_2x8c8);
  k->igemm[0] = xnn_init_hmp_igemm_ukernel((xnn_igemm_ukernel_fn)dot_igemm_1x8c8);
  k->igemm[1] = xnn_init_hmp_igemm_ukernel((xnn_igemm_ukernel_fn)dot_igemm_2x8c8);
  table->mr = 2;
}

/* XNNPACK asks for exact sums of all bytes, which x86 gives with AVX-VNNI alone: elsewhere (PMADDUBSW) pairs saturate at
 * 16 bits, and int8 runs at half the speed. Our weights are so small that nothing saturates. The dot product takes the
 * value as signed on Arm and as unsigned on x86; XNNPACK has kernels for both. */
void relaxed_dot_choose(void) {
  struct xnn_hardware_config *known = (struct xnn_hardware_config *)xnn_init_hardware_config();
  const int most = WEIGHTS_MOST_PAIR / 2;
  if (known == NULL || known->use_wasm_sdot || known->use_wasm_usdot) return;
  known->use_wasm_usdot = adds_up(most, 255, 255) && adds_up(-most, 255, 255) && adds_up(most, 128, 128);
  known->use_wasm_sdot = adds_up(most, -128, -128) && adds_up(-most, -128, -128) && adds_up(most, 127, 127);
  if (known->use_wasm_usdot && !known->use_wasm_sdot) choose_kernels();
}
#endif
