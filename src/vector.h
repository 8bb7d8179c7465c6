/* The vectors of f32 that our kernels compute with: 4 lanes in WebAssembly, 8 with AVX2. */
#ifndef VM_VECTOR_H
#define VM_VECTOR_H

#include <stddef.h>

#include "unroll.h"

#if defined __wasm_simd128__
#include <wasm_simd128.h>

enum { LANES = 4 };
typedef v128_t vector;

INLINE vector zeros(void) { return wasm_f32x4_splat(0); }
INLINE vector load(const float *p) { return wasm_v128_load(p); }
INLINE vector load_one(const float *p) { return wasm_v128_load32_splat(p); } /* in every lane */
INLINE void store(float *p, vector v) { wasm_v128_store(p, v); }
INLINE vector plus(vector a, vector b) { return wasm_f32x4_add(a, b); }
INLINE vector minus(vector a, vector b) { return wasm_f32x4_sub(a, b); }
INLINE vector clamp(vector v, vector low, vector high) { return wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, v)); }

/* a * b + sum, rounded once where the module has relaxed SIMD and the processor can, else twice */
INLINE vector multiply_add(vector a, vector b, vector sum) {
#ifdef __wasm_relaxed_simd__
  return wasm_f32x4_relaxed_madd(a, b, sum);
#else
  return wasm_f32x4_add(sum, wasm_f32x4_mul(a, b));
#endif
}

#elif defined __AVX2__
#include <immintrin.h>

enum { LANES = 8 };
typedef __m256 vector;

INLINE vector zeros(void) { return _mm256_setzero_ps(); }
INLINE vector load(const float *p) { return _mm256_loadu_ps(p); }
INLINE vector load_one(const float *p) { return _mm256_broadcast_ss(p); } /* in every lane */
INLINE void store(float *p, vector v) { _mm256_storeu_ps(p, v); }
INLINE vector plus(vector a, vector b) { return _mm256_add_ps(a, b); }
INLINE vector minus(vector a, vector b) { return _mm256_sub_ps(a, b); }
INLINE vector clamp(vector v, vector low, vector high) { return _mm256_min_ps(high, _mm256_max_ps(low, v)); }
INLINE vector multiply_add(vector a, vector b, vector sum) { return _mm256_fmadd_ps(a, b, sum); }
#endif

/* The first `count` lanes, or more of them where more may be read: XNN_EXTRA_BYTES behind a row */
INLINE vector load_some(const float *p, size_t count) {
#ifdef __AVX2__
  if (count < LANES) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes));
  }
#endif
  (void)count;
  return load(p);
}

/* The first `count` lanes */
INLINE void store_some(float *p, vector v, size_t count) {
  if (count >= LANES) {
    store(p, v);
    return;
  }
#ifdef __AVX2__
  if (count == 4) {
    _mm_storeu_ps(p, _mm256_castps256_ps128(v));
    return;
  }
#endif
  float all[LANES];
  store(all, v);
  for (size_t i = 0; i < count; i++) p[i] = all[i];
}

#endif
