/* XNNPACK's kernels for int8 with the unsigned dot product, compiled once more from its own sources, unmodified, for
 * processors where that product is not one instruction. There V8 runs its two pieces faster than the whole: 1.2 to 1.4
 * times in Chromium 150 on x86 without AVX-VNNI. The sums of pairs are 16 bits wide in both; weights.h says why that is
 * enough. Kernels for two rows were as fast as those for four, which are larger. relaxed_dot.c puts them into XNNPACK's table. */
#ifdef __wasm_relaxed_simd__
#include <wasm_simd128.h>

static inline v128_t dot_add(v128_t weights, v128_t values, v128_t sums) {
  v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(weights, values);
  return wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
}
#define wasm_i32x4_relaxed_dot_i8x16_i7x16_add dot_add

#define xnn_qs8_qc8w_gemm_minmax_fp32_ukernel_1x8c8__wasmusdot dot_gemm_1x8c8
#define xnn_qs8_qc8w_gemm_minmax_fp32_ukernel_2x8c8__wasmusdot dot_gemm_2x8c8
#define xnn_qs8_qc8w_igemm_minmax_fp32_ukernel_1x8c8__wasmusdot dot_igemm_1x8c8
#define xnn_qs8_qc8w_igemm_minmax_fp32_ukernel_2x8c8__wasmusdot dot_igemm_2x8c8
#include "qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-wasmusdot.c"
#include "qs8-qc8w-gemm/gen/qs8-qc8w-gemm-2x8c8-minmax-fp32-wasmusdot.c"
#include "qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-wasmusdot.c"
#include "qs8-qc8w-igemm/gen/qs8-qc8w-igemm-2x8c8-minmax-fp32-wasmusdot.c"
#else
typedef int dot_kernels_are_for_relaxed_simd;
#endif
