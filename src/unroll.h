/* How our kernels are compiled: small loops into straight code, others left as loops. */
#ifndef VM_UNROLL_H
#define VM_UNROLL_H

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
/* Unrolled over taps or inputs, V8 would run out of registers. */
#define ROLL _Pragma("clang loop unroll(disable)")

#endif
