/* Two wasmsimd kernels of XNNPACK 20241108 include <arm_neon.h> where they mean this: */
#include <wasm_simd128.h>
