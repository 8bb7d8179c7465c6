/* Relaxed SIMD's dot product of int8, on processors where XNNPACK would do without it. */
#ifndef VM_RELAXED_DOT_H
#define VM_RELAXED_DOT_H

/* To be called before XNNPACK makes its first operator. */
void relaxed_dot_choose(void);

#endif
