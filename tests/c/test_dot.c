/* Convolutions in int8 as XNNPACK runs them, with src/dot_avx2.c or its own kernels, against whole sums: weights side by side as
 * large as a file may hold them, inputs at either end, channels that eight does not divide. */
#include "check.h"

#include <xnnpack.h>

#include "weights.h"

typedef struct layer {
  size_t kernel, read, made, height, width;
  int8_t zero;   /* the input's zero point: what pads */
  float scale[]; /* of each channel: a power of two, or what is rounded would depend on how */
} layer;

static uint32_t state = 1;

static uint32_t next(void) { return (state = state * 1664525u + 1013904223u) >> 8; }

/* Now and then an extreme */
static int8_t input(void) {
  const uint32_t n = next() % 4;
  return (int8_t)(n == 0 ? INT8_MIN : n == 1 ? INT8_MAX : (int)(next() % 256) + INT8_MIN);
}

/* Half of what a pair may be, or anything */
static int magnitude(void) { return next() % 2 ? WEIGHTS_MOST_PAIR / 2 : 1 + (int)(next() % WEIGHTS_MOST); }

/* [made][kernel][kernel][read]: pairs of channels add up to WEIGHTS_MOST_PAIR, the last of an odd number has no other. */
static void fill_filter(int8_t *filter, size_t count, size_t read) {
  for (size_t i = 0; i < count; i += read)
    for (size_t c = 0; c < read; c++) {
      const int size = c % 2 ? WEIGHTS_MOST_PAIR - abs(filter[i + c - 1]) : magnitude();
      filter[i + c] = (int8_t)(next() % 2 ? size : -size);
    }
}

static int32_t sum_at(const layer *l, const int8_t *in, const int8_t *filter, size_t y, size_t x) {
  const size_t before = (l->kernel - 1) / 2;
  int32_t sum = 0;
  for (size_t i = 0; i < l->kernel; i++)
    for (size_t j = 0; j < l->kernel; j++) {
      const size_t v = y + i - before, u = x + j - before; /* wraps left of 0 */
      for (size_t k = 0; v < l->height && u < l->width && k < l->read; k++)
        sum += (in[(v * l->width + u) * l->read + k] - l->zero) * filter[(i * l->kernel + j) * l->read + k];
    }
  return sum;
}

static bool run(xnn_operator_t op, const layer *l, const int8_t *in, int8_t *out) {
  size_t bytes = 0, alignment = 0;
  return xnn_reshape_convolution2d_nhwc_qs8_qc8w(op, 1, l->height, l->width, &bytes, &alignment, NULL, NULL, NULL) ==
             xnn_status_success &&
         bytes == 0 && xnn_setup_convolution2d_nhwc_qs8_qc8w(op, NULL, in, out) == xnn_status_success &&
         xnn_run_operator(op, NULL) == xnn_status_success;
}

static bool convolve(const layer *l, const int8_t *in, const int8_t *filter, const int32_t *bias, int8_t *out) {
  const uint32_t k = (uint32_t)l->kernel, p = (k - 1) / 2;
  xnn_operator_t op = NULL;
  bool ok = xnn_create_convolution2d_nhwc_qs8_qc8w(p, p, p, p, k, k, 1, 1, 1, 1, 1, l->read, l->made, l->read, l->made,
                                                   l->zero, 1, l->scale, filter, bias, 0, 1, INT8_MIN, INT8_MAX, 0,
                                                   NULL, NULL, &op) == xnn_status_success &&
            run(op, l, in, out);
  xnn_delete_operator(op);
  return ok;
}

/* Outputs that are not the rounded sum, or all where it did not run */
static size_t wrong(const layer *l, const int8_t *in, const int8_t *filter, const int32_t *bias) {
  const size_t pixels = l->height * l->width, row = l->kernel * l->kernel * l->read;
  int8_t *out = malloc(pixels * l->made);
  size_t count = 0;
  if (!convolve(l, in, filter, bias, out)) count = pixels * l->made;
  for (size_t i = 0; count < pixels * l->made && i < pixels * l->made; i++) {
    const size_t c = i % l->made, at = i / l->made;
    const int32_t sum = bias[c] + sum_at(l, in, filter + c * row, at / l->width, at % l->width);
    count += (float)out[i] != fminf(fmaxf(rintf((float)sum * l->scale[c]), INT8_MIN), INT8_MAX);
  }
  free(out);
  return count;
}

static void check_layer(size_t kernel, size_t read, size_t made, size_t height, size_t width) {
  layer *l = malloc(sizeof *l + made * sizeof *l->scale);
  *l = (layer){kernel, read, made, height, width, input()};
  const size_t inputs = height * width * read, weights = made * kernel * kernel * read;
  int8_t *in = malloc(inputs + XNN_EXTRA_BYTES), *filter = malloc(weights);
  int32_t *bias = malloc(made * sizeof *bias);
  for (size_t i = 0; i < inputs; i++) in[i] = input();
  fill_filter(filter, weights, read);
  for (size_t c = 0; c < made; c++) {
    bias[c] = (int32_t)(next() % 20001) - 10000;
    l->scale[c] = ldexpf(1, -(int)(6 + next() % 4 + kernel));
  }
  const size_t count = wrong(l, in, filter, bias);
  CHECK(count == 0, "%zux%zu, %zu to %zu channels, %zux%zu: %zu wrong", kernel, kernel, read, made, height, width,
        count);
  free(l), free(in), free(filter), free(bias);
}

int main(void) {
  CHECK(xnn_initialize(NULL) == xnn_status_success, "XNNPACK");
  for (size_t read = 1; read <= 33; read++)
    for (size_t made = 1; made <= 18; made++) check_layer(1 + 2 * (next() % 2), read, made, 3, 1 + next() % 9);
  for (size_t width = 1; width <= 9; width++) {
    check_layer(1, 96, 24, 1, width);
    check_layer(3, 40, 24, 2, width);
  }
  return check_end();
}
