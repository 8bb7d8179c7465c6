/* Small arithmetic that the compiler puts in place: fmaxf and fminf are calls in WebAssembly, for the sake of NaN. */
#ifndef VM_GRID_H
#define VM_GRID_H

#include <math.h>

static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

/* From logit units to 0..1 and back. */
static inline float probability_of(float logit) { return 1 / (1 + expf(-logit)); }
static inline float logit_of(float probability) { return logf(probability / (1 - probability)); }

#endif
