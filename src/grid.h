/* Small arithmetic, and what is done to maps: in a header, so that the compiler puts it in place. fmaxf and fminf are calls in
 * WebAssembly, for the sake of NaN. */
#ifndef VM_GRID_H
#define VM_GRID_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "what reads several bytes as one number expects the first in the lowest bits"
#endif

static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

/* From logit units to 0..1 and back. */
static inline float probability_of(float logit) { return 1 / (1 + expf(-logit)); }
static inline float logit_of(float probability) { return logf(probability / (1 - probability)); }

/* A colour 0..255 as the network takes it, and back. */
static inline float input_of(float colour) { return (colour - 127) / 128; }
static inline float colour_of(float input) { return input * 128 + 127; }

/* The value that `share` of what a histogram counts from `low` on stays at or under; -1 where it counts nothing. */
static inline int quantile(const size_t histogram[256], int low, float share) {
  size_t total = 0, seen = 0;
  for (int v = low; v < 256; v++) total += histogram[v];
  for (int v = low; v < 256; v++) {
    seen += histogram[v];
    if ((float)seen > (float)total * share) return v;
  }
  return -1;
}

/* The first cell from `at` to `last` of a map that holds another value than this; `last` where none does. Eight at a time, the
 * first of them in the lowest bits. */
static inline int run_of(const uint8_t *map, int at, int last, uint8_t value) {
  const uint64_t all = value * UINT64_C(0x0101010101010101);
  for (uint64_t eight; at + 8 <= last; at += 8) {
    memcpy(&eight, map + at, sizeof eight);
    if (eight != all) return at + __builtin_ctzll(eight ^ all) / 8;
  }
  while (at < last && map[at] == value) at++;
  return at;
}

/* The next cell after `at`, before `last`, that holds anything but 0; `last` where none does. For maps that are empty nearly
 * everywhere. */
static inline int next_set(const uint8_t *map, int at, int last) { return run_of(map, at + 1, last, 0); }

/* The one before `at`, `first` or after it; first - 1 where there is none. */
static inline int set_before(const uint8_t *map, int at, int first) {
  for (uint64_t eight; at - 8 >= first; at -= 8) {
    memcpy(&eight, map + at - 8, sizeof eight);
    if (eight != 0) return at - 1 - __builtin_clzll(eight) / 8;
  }
  for (at--; at >= first && map[at] == 0;) at--;
  return at;
}

/* Spreads from the cells queue[first .. count) of a map over all that hold `from` and hang together with them: these become
 * `to` and join the queue, whose new length it returns. steps [ways]: from a cell to its neighbours. The map has a frame of
 * cells that do not hold `from`, so that no step leads out of it. */
static inline int flood(uint8_t *map, uint8_t from, uint8_t to, const int *steps, int ways, int *queue, int first,
                        int count) {
  for (; first < count; first++)
    for (int k = 0; k < ways; k++) {
      int near = queue[first] + steps[k];
      if (map[near] != from) continue;
      map[near] = to;
      queue[count++] = near;
    }
  return count;
}

#endif
