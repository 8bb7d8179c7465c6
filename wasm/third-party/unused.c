/* XNNPACK's tables of kernels for operators and types that are not in our graph. With their kernels, what the page has to
 * fetch would be a fifth larger and more, and there would be twice as much to compile. An operator without a table is refused
 * when the network is built. */
#include <stddef.h>

#include "xnnpack/reference-config.h"

/* What XNNPACK falls back to where it has no kernel, in plain C++. Each is all that its object of the library is needed
 * for: with these in their place the objects are not linked. */
const struct xnn_unary_elementwise_config *
xnn_init_unary_reference_config(enum xnn_unary_operator op, enum xnn_datatype in, enum xnn_datatype out) {
  (void)op, (void)in, (void)out;
  return NULL;
}

const struct xnn_binary_elementwise_config *xnn_init_binary_reference_config(enum xnn_binary_operator op,
                                                                             enum xnn_datatype type) {
  (void)op, (void)type;
  return NULL;
}

/* Tables that share their object with others that are needed: the linker leads the calls here (--wrap, see xnnpack.mk,
 * which reads the names from this file), and what nobody calls is dropped. */
#define UNUSED(table)                                                                                                  \
  const void *__wrap_##table(void);                                                                                    \
  const void *__wrap_##table(void) { return NULL; }

UNUSED(xnn_init_f16_abs_config)
UNUSED(xnn_init_f16_avgpool_config)
UNUSED(xnn_init_f16_clamp_config)
UNUSED(xnn_init_f16_conv_hwc2chw_3x3c3s2_config)
UNUSED(xnn_init_f16_dwconv2d_chw_config)
UNUSED(xnn_init_f16_dwconv_config)
UNUSED(xnn_init_f16_elu_config)
UNUSED(xnn_init_f16_f32acc_rdsum_config)
UNUSED(xnn_init_f16_f32acc_rsum_config)
UNUSED(xnn_init_f16_gemm_config)
UNUSED(xnn_init_f16_hswish_config)
UNUSED(xnn_init_f16_ibilinear_chw_config)
UNUSED(xnn_init_f16_ibilinear_config)
UNUSED(xnn_init_f16_lrelu_config)
UNUSED(xnn_init_f16_neg_config)
UNUSED(xnn_init_f16_pavgpool_config)
UNUSED(xnn_init_f16_rminmax_config)
UNUSED(xnn_init_f16_rndd_config)
UNUSED(xnn_init_f16_rndne_config)
UNUSED(xnn_init_f16_rndu_config)
UNUSED(xnn_init_f16_rsqrt_config)
UNUSED(xnn_init_f16_sigmoid_config)
UNUSED(xnn_init_f16_spmm_config)
UNUSED(xnn_init_f16_sqr_config)
UNUSED(xnn_init_f16_sqrt_config)
UNUSED(xnn_init_f16_tanh_config)
UNUSED(xnn_init_f16_to_f32_cvt_config)
UNUSED(xnn_init_f16_to_qs8_cvt_config)
UNUSED(xnn_init_f16_vadd_config)
UNUSED(xnn_init_f16_vdiv_config)
UNUSED(xnn_init_f16_vmax_config)
UNUSED(xnn_init_f16_vmin_config)
UNUSED(xnn_init_f16_vmul_config)
UNUSED(xnn_init_f16_vmulcaddc_config)
UNUSED(xnn_init_f16_vprelu_config)
UNUSED(xnn_init_f16_vsqrdiff_config)
UNUSED(xnn_init_f16_vsub_config)
UNUSED(xnn_init_f32_abs_config)
UNUSED(xnn_init_f32_conv_hwc2chw_3x3c3s2_config)
UNUSED(xnn_init_f32_dwconv2d_chw_config)
UNUSED(xnn_init_f32_elu_config)
UNUSED(xnn_init_f32_exp_config)
UNUSED(xnn_init_f32_gelu_config)
UNUSED(xnn_init_f32_hswish_config)
UNUSED(xnn_init_f32_ibilinear_chw_config)
UNUSED(xnn_init_f32_log_config)
UNUSED(xnn_init_f32_lrelu_config)
UNUSED(xnn_init_f32_neg_config)
UNUSED(xnn_init_f32_qc4w_gemm_config)
UNUSED(xnn_init_f32_qc8w_gemm_config)
UNUSED(xnn_init_f32_rminmax_config)
UNUSED(xnn_init_f32_rndd_config)
UNUSED(xnn_init_f32_rndne_config)
UNUSED(xnn_init_f32_rndu_config)
UNUSED(xnn_init_f32_rndz_config)
UNUSED(xnn_init_f32_rsqrt_config)
UNUSED(xnn_init_f32_spmm2_config)
UNUSED(xnn_init_f32_spmm4_config)
UNUSED(xnn_init_f32_spmm_config)
UNUSED(xnn_init_f32_sqr_config)
UNUSED(xnn_init_f32_sqrt_config)
UNUSED(xnn_init_f32_tanh_config)
UNUSED(xnn_init_f32_to_f16_cvt_config)
UNUSED(xnn_init_f32_to_qp8_cvt_config)
UNUSED(xnn_init_f32_to_qu8_cvt_config)
UNUSED(xnn_init_f32_vcopysign_config)
UNUSED(xnn_init_f32_vdiv_config)
UNUSED(xnn_init_f32_vmax_config)
UNUSED(xnn_init_f32_vmin_config)
UNUSED(xnn_init_f32_vprelu_config)
UNUSED(xnn_init_f32_vsqrdiff_config)
UNUSED(xnn_init_f32_vsub_config)
UNUSED(xnn_init_pf32_gemm_config)
UNUSED(xnn_init_qd8_f16_qb4w_gemm_config)
UNUSED(xnn_init_qd8_f16_qc4w_gemm_config)
UNUSED(xnn_init_qd8_f16_qc8w_gemm_config)
UNUSED(xnn_init_qd8_f32_qb4w_gemm_config)
UNUSED(xnn_init_qd8_f32_qc4w_gemm_config)
UNUSED(xnn_init_qd8_f32_qc8w_gemm_config)
UNUSED(xnn_init_qp8_f32_qb4w_gemm_config)
UNUSED(xnn_init_qp8_f32_qc4w_gemm_config)
UNUSED(xnn_init_qs8_lrelu_config)
UNUSED(xnn_init_qs8_rdsum_config)
UNUSED(xnn_init_qs8_rsum_config)
UNUSED(xnn_init_qs8_to_f16_cvt_config)
UNUSED(xnn_init_qu8_cvt_config)
UNUSED(xnn_init_qu8_dwconv_config)
UNUSED(xnn_init_qu8_gemm_config)
UNUSED(xnn_init_qu8_lrelu_config)
UNUSED(xnn_init_qu8_rdsum_config)
UNUSED(xnn_init_qu8_rsum_config)
UNUSED(xnn_init_qu8_to_f32_cvt_config)
UNUSED(xnn_init_qu8_vadd_config)
UNUSED(xnn_init_qu8_vmul_config)
UNUSED(xnn_init_s32_to_f32_cvt_config)
UNUSED(xnn_init_u8_clamp_config)
UNUSED(xnn_init_u8_ibilinear_config)
UNUSED(xnn_init_x8_lut_config)
