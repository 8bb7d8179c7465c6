/* Convolutions of 3x3 in f32 by pairs of neighbouring pixels, with four multiplications where six are plain: F(2, 3) of Winograd
 * along the rows (Lavin and Gray 2016). Of the four inputs d under a pair and the three weights g of a row of the filter:
 *
 *   left  = m0 + m1 + m2        m0 = (d0 - d2) g0                       m2 = (d2 - d1) (g0 - g1 + g2) / 2
 *   right = m1 - m2 - m3        m1 = (d1 + d2) (g0 + g1 + g2) / 2       m3 = (d1 - d3) g2
 *
 * What stands for a row of the filter, U0 to U3, is packed as a filter of 3x4, so that XNNPACK's pointers lead a pair's left pixel
 * to d0 to d3. For even widths, which all layers of our network have. */
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "vector.h"

enum {
  PAIRS = 4,
  PIXELS = 2 * PAIRS,
  COLUMNS = 2 * LANES, /* channels that are made at once, and that XNNPACK packs together */
  ROWS = 3,
  TAPS = 4, /* of a row: d0 to d3, U0 to U3 */
  FEWEST = 16,
  MOST = 192, /* channels that are read: from the least to the most of our network, but for its stems, which read 3 */
};

typedef union xnn_f32_minmax_params limits;

/* To fewer than 8 channels most of COLUMNS would be made in vain; there narrow.c is at hand. */
bool pairs_can(size_t read, size_t made) {
  return made >= 8 && read >= FEWEST && read <= MOST && read % LANES == 0 && packed_plainly(COLUMNS);
}

/* Sums and differences of the inputs: [tap][pair][row * channels + channel], of which so many are used */
typedef float inputs[TAPS][PAIRS][ROWS * MOST];

/* in: pointers [row][tap][pixel]; a pointer to zeros pads, all others lack the offset */
static void transform(const float **in, size_t channels, size_t offset, const float *zero, inputs t) {
  const size_t tap = (size_t)PAIRS * ROWS * MOST;
  for (size_t row = 0; row < ROWS; row++)
    for (size_t pair = 0; pair < PAIRS; pair++) {
      const float *d[TAPS];
      UNROLL for (size_t i = 0; i < TAPS; i++) d[i] = input_at(in[(row * TAPS + i) * PIXELS + 2 * pair], offset, zero);
      float *to = t[0][pair] + row * channels;
      ROLL for (size_t c = 0; c < channels; c += LANES, to += LANES) {
        vector v[TAPS];
        UNROLL for (size_t i = 0; i < TAPS; i++) v[i] = load(d[i] + c);
        store(to, minus(v[0], v[2]));
        store(to + tap, plus(v[1], v[2]));
        store(to + 2 * tap, minus(v[2], v[1]));
        store(to + 3 * tap, minus(v[1], v[3]));
      }
    }
}

/* m: of PAIRS pairs and COLUMNS channels, or of two taps and LANES channels: always eight sums, or the processor would wait for one
 * after the other. t: inputs of a tap; w: its U of the first row, the others' behind TAPS as many. */
enum { SUMS = 2 * PAIRS };

INLINE void multiply(float (*t)[ROWS * MOST], const float *w, size_t channels, vector *m) {
  const float *in = t[0];
  UNROLL for (int i = 0; i < SUMS; i++) m[i] = zeros();
  for (int row = 0; row < ROWS; row++, w += (TAPS - 1) * channels * COLUMNS) {
    size_t left = channels;
    ROLL do {
      const vector low = load(w), high = load(w + LANES);
      UNROLL for (size_t p = 0; p < PAIRS; p++) {
        const vector x = load_one(in + p * ROWS * MOST);
        m[2 * p] = multiply_add(x, low, m[2 * p]);
        m[2 * p + 1] = multiply_add(x, high, m[2 * p + 1]);
      }
      in++;
      w += COLUMNS;
    }
    while (--left != 0);
  }
}

/* The tap and the one behind it */
INLINE void multiply_two(float (*t)[ROWS * MOST], const float *w, size_t channels, vector *m) {
  const float *in = t[0];
  const size_t tap = channels * COLUMNS;
  UNROLL for (int i = 0; i < SUMS; i++) m[i] = zeros();
  for (int row = 0; row < ROWS; row++, w += (TAPS - 1) * tap) {
    size_t left = channels;
    ROLL do {
      const vector first = load(w), second = load(w + tap);
      UNROLL for (size_t p = 0; p < PAIRS; p++) {
        m[p] = multiply_add(load_one(in + p * ROWS * MOST), first, m[p]);
        m[PAIRS + p] = multiply_add(load_one(in + (PAIRS + p) * ROWS * MOST), second, m[PAIRS + p]);
      }
      in++;
      w += COLUMNS;
    }
    while (--left != 0);
  }
}

INLINE void add_all(const vector *m, int count, vector *to) {
  UNROLL for (int i = 0; i < count; i++) to[i] = plus(to[i], m[i]);
}
INLINE void take_all(const vector *m, int count, vector *from) {
  UNROLL for (int i = 0; i < count; i++) from[i] = minus(from[i], m[i]);
}

/* The left and the right pixels of each pair, by vectors: [pair][2], or [pair] where one vector is made */
typedef struct pixels {
  vector left[SUMS], right[SUMS];
} pixels;

/* w: the biases, then U [row][tap][channel], each COLUMNS wide */
static void make_two_vectors(inputs t, const float *w, size_t channels, pixels *y) {
  const vector low = load(w), high = load(w + LANES);
  const size_t tap = channels * COLUMNS;
  vector m[SUMS];
  UNROLL for (int i = 0; i < SUMS; i++) y->left[i] = y->right[i] = i % 2 ? high : low;
  w += COLUMNS;
  multiply(t[0], w, channels, m);
  add_all(m, SUMS, y->left);
  multiply(t[1], w + tap, channels, m);
  add_all(m, SUMS, y->left);
  add_all(m, SUMS, y->right);
  multiply(t[2], w + 2 * tap, channels, m);
  add_all(m, SUMS, y->left);
  take_all(m, SUMS, y->right);
  multiply(t[3], w + 3 * tap, channels, m);
  take_all(m, SUMS, y->right);
}

static void make_one_vector(inputs t, const float *w, size_t channels, pixels *y) {
  const vector bias = load(w);
  vector m[SUMS];
  UNROLL for (int i = 0; i < PAIRS; i++) y->left[i] = y->right[i] = bias;
  w += COLUMNS;
  multiply_two(t[0], w, channels, m);
  add_all(m, PAIRS, y->left);
  add_all(m + PAIRS, PAIRS, y->left);
  add_all(m + PAIRS, PAIRS, y->right);
  multiply_two(t[2], w + 2 * channels * COLUMNS, channels, m);
  add_all(m, PAIRS, y->left);
  take_all(m, PAIRS, y->right);
  take_all(m + PAIRS, PAIRS, y->right);
}

/* Of the p-th pixel, `left` channels at most */
static inline void write_pixel(const pixels *y, size_t p, float *out, size_t left, const limits *l) {
  const vector low = load_one(&l->scalar.min), high = load_one(&l->scalar.max), *v = p % 2 ? y->right : y->left;
  const bool two = left > LANES;
  store_some(out, clamp(v[two ? p / 2 * 2 : p / 2], low, high), left);
  if (two) store_some(out + LANES, clamp(v[p / 2 * 2 + 1], low, high), left - LANES);
}

/* As XNNPACK calls it. there: pixels, at most PIXELS; bytes: of what is read of a pixel */
static void convolve(size_t there, size_t columns, size_t bytes, size_t pointers, const float **in, const float *w,
                     float *out, size_t stride, size_t next, size_t offset, const float *zero, const limits *l) {
  const size_t channels = bytes / sizeof(float), block = COLUMNS * (1 + channels * ROWS * TAPS);
  inputs t;
  pixels y;
  (void)pointers;
  transform(in, channels, offset, zero, t);
  for (;; columns -= COLUMNS, w += block, out = (float *)((char *)out + next)) {
    if (columns > LANES) make_two_vectors(t, w, channels, &y);
    else make_one_vector(t, w, channels, &y);
    for (size_t p = 0; p < there; p++) write_pixel(&y, p, (float *)((char *)out + p * stride), columns, l);
    if (columns <= COLUMNS) return;
  }
}

float *pairs_filter(const float *g, size_t read, size_t made) {
  float *const u = malloc(made * ROWS * TAPS * read * sizeof *u);
  for (size_t row = 0; u != NULL && row < made * ROWS; row++)
    for (size_t c = 0; c < read; c++) {
      const float *const from = g + row * 3 * read + c, a = from[0], b = from[read], d = from[2 * read];
      float *const to = u + row * TAPS * read + c;
      to[0] = a;
      to[read] = (a + b + d) / 2;
      to[2 * read] = (a - b + d) / 2;
      to[3 * read] = d;
    }
  return u;
}

void pairs_install(xnn_operator_t op) {
  struct xnn_ukernel_igemm *k = &op->ukernel.igemm;
  memset(k->igemm_cases, 0, sizeof k->igemm_cases);
  k->igemm_cases[PIXELS - 1].function[0] = (xnn_igemm_ukernel_fn)convolve;
  k->mr = PIXELS;
}
