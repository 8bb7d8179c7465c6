/* Small arithmetic that the compiler puts in place: fmaxf and fminf are calls in WebAssembly, for the sake of NaN. */
#ifndef VM_GRID_H
#define VM_GRID_H

static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

#endif
