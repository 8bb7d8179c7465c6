/* f32-qs8-vcvt-wasmsimd-magic-u32.c of XNNPACK 20241108 includes <arm_neon.h> where it means this: */
#include <wasm_simd128.h>
