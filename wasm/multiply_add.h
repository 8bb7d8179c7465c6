/* a * b + sum, rounded once where the module has relaxed SIMD and the processor can, else twice. */
#ifndef VM_MULTIPLY_ADD_H
#define VM_MULTIPLY_ADD_H

#include <wasm_simd128.h>

#ifdef __wasm_relaxed_simd__
#define MULTIPLY_ADD(a, b, sum) wasm_f32x4_relaxed_madd(a, b, sum)
#else
#define MULTIPLY_ADD(a, b, sum) wasm_f32x4_add(sum, wasm_f32x4_mul(a, b))
#endif

#endif
