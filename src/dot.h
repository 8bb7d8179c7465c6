/* Relaxed SIMD's dot product of int8 in WebAssembly, on processors where XNNPACK would do without it. */
#ifndef VM_DOT_H
#define VM_DOT_H

/* The largest magnitude of an int8 weight. Two products of a weight and a byte then fit 16 bits: 2 * 64 * 255 < 32768. */
#define DOT_MOST_WEIGHT 64

/* To be called before XNNPACK makes its first operator. Nothing outside WebAssembly with relaxed SIMD. */
void dot_choose(void);

#endif
