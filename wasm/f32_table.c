/* XNNPACK's table for convolutions and products in f32 with relaxed SIMD, less its kernels that know no limits or the lower
 * one alone. Those that clamp do the same with two instructions more for each vector that is written, and without the others a
 * visitor fetches 1.9 KB less. */
#include "xnnpack/config.h"
#include "xnnpack/hardware-config.h"

/* The linker's names; NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c) */
const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_config(void);
const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_nr2_config(void);

#ifdef __wasm_relaxed_simd__
#include "xnnpack/gemm.h"
#include "xnnpack/igemm.h"
#include "xnnpack/microparams-init.h"
#include "xnnpack/pack.h"
#include "xnnpack/packw.h"

#define GEMM(rows, way)                                                                                                \
  [rows - 1] = {.function = {(xnn_gemm_ukernel_fn)xnn_f32_gemm_minmax_ukernel_##rows##x8__wasmrelaxedsimd_fma_##way}}
#define IGEMM(rows, way)                                                                                               \
  [rows - 1] = {.function = {(xnn_igemm_ukernel_fn)xnn_f32_igemm_minmax_ukernel_##rows##x8__wasmrelaxedsimd_fma_##way}}
#define TABLE(rows, way)                                                                                               \
  {                                                                                                                    \
      .minmax = {.gemm = {GEMM(1, way), GEMM(rows, way)}, .igemm = {IGEMM(1, way), IGEMM(rows, way)}},                 \
      .init.f32 = xnn_init_f32_minmax_scalar_params,                                                                   \
      .pack_gemm_gio = (xnn_packw_gemm_gio_ukernel_fn)xnn_pack_f32_gemm_gio_w,                                         \
      .pack_gemm_goi = (xnn_packw_gemm_goi_ukernel_fn)xnn_x32_packw_gemm_goi_ukernel_x8__wasmsimd_u4,                  \
      .mr = rows,                                                                                                      \
      .nr = 8,                                                                                                         \
  }

const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_config(void) {
  static const struct xnn_gemm_config x86 = TABLE(4, loadsplat), others = TABLE(6, splat);
  return xnn_init_hardware_config()->is_x86 ? &x86 : &others;
}
#else
const struct xnn_gemm_config *__real_xnn_init_f32_gemm_config(void);

const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_config(void) { return __real_xnn_init_f32_gemm_config(); }
#endif

/* What XNNPACK takes for products of less than eight numbers: two of our heads, to which eight at once are as good.
 * Convolutions ask for it and never take it. Its kernels need not be fetched. */
const struct xnn_gemm_config *__wrap_xnn_init_f32_gemm_nr2_config(void) { return __wrap_xnn_init_f32_gemm_config(); }
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c) */
