/* int8 on x86 with AVX2 and no instruction for dot products (AVX-VNNI): XNNPACK's kernels for processors that have it, compiled
 * once more from its own sources, unmodified, with that instruction put together from three. Its own for AVX2 widen every byte
 * to 16 bits first, and do half as much at once. Four rows measured faster than three or five. Sums of pairs are 16 bits wide;
 * weights.h says why that is enough. */
#ifdef __AVX2__
#include <immintrin.h>

#include "kernels.h"
#include "xnnpack/microparams-init.h"
#include "xnnpack/pack.h"

static inline __m256i dot_add(__m256i sums, __m256i values, __m256i weights) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(values, weights), _mm256_set1_epi16(1)));
}
#define _mm256_dpbusd_avx_epi32 dot_add

#define xnn_qs8_qc8w_gemm_minmax_fp32_ukernel_1x8c8__avxvnni dot_gemm_1
#define xnn_qs8_qc8w_gemm_minmax_fp32_ukernel_4x8c8__avxvnni dot_gemm_4
#define xnn_qs8_qc8w_igemm_minmax_fp32_ukernel_1x8c8__avxvnni dot_igemm_1
#define xnn_qs8_qc8w_igemm_minmax_fp32_ukernel_4x8c8__avxvnni dot_igemm_4
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-avxvnni.c"
#include "qs8-qc8w-gemm/gen/qs8-qc8w-gemm-4x8c8-minmax-fp32-avxvnni.c"
#include "qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-avxvnni.c"
#include "qs8-qc8w-igemm/gen/qs8-qc8w-igemm-4x8c8-minmax-fp32-avxvnni.c"
/* NOLINTEND(bugprone-suspicious-include) */

#define GEMM(rows) [(rows) - 1] = {.function = {(xnn_gemm_ukernel_fn)dot_gemm_##rows}}
#define IGEMM(rows) [(rows) - 1] = {.function = {(xnn_igemm_ukernel_fn)dot_igemm_##rows}}

const struct xnn_gemm_config *dot_avx2_table(void) {
  static const struct xnn_gemm_config table = {
      .minmax = {.gemm = {GEMM(1), GEMM(4)}, .igemm = {IGEMM(1), IGEMM(4)}},
      .init.qs8_qc8w = xnn_init_qs8_qc8w_conv_minmax_fp32_scalar_params,
      .pack_gemm_gio = (xnn_packw_gemm_gio_ukernel_fn)xnn_pack_qs8_to_qu8_gemm_gio_w,
      .pack_gemm_goi = (xnn_packw_gemm_goi_ukernel_fn)xnn_pack_qs8_to_qu8_gemm_goi_w,
      .pack_igemm_goki = (xnn_pack_conv_goki_w_fn)xnn_pack_qs8_to_qu8_conv_goki_w,
      .pack_igemm_kgo = (xnn_pack_conv_kgo_w_fn)xnn_pack_qs8_to_qu8_conv_kgo_w,
      .pack_deconv_goki = (xnn_pack_deconv_goki_w_fn)xnn_pack_qs8_to_qu8_deconv_goki_w,
      .mr = 4,
      .nr = 8,
      .log2_kr = 3,
  };
  return &table;
}
#else
typedef int dot_avx2_is_for_x86;
#endif
