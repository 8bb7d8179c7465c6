/* src/depthwise.c and wasm/depthwise_int8.c beside XNNPACK's own kernels for the same: rows of every awkward width and number of
 * channels, and those of our network, to the last bit. tests/js/kernels.test.mjs runs it. */
#include "check.h"

#include "xnnpack/config.h"

#include "f32-dwconv/gen/f32-dwconv-9p8c-minmax-wasmsimd-x86.c"
#include "f32-dwconv/gen/f32-dwconv-25p4c-minmax-wasmsimd-arm.c"
#include "qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p16c-minmax-fp32-wasmsimd-mul16-add16.c"
#include "qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p16c-minmax-fp32-wasmsimd-mul16-add16.c"

enum { MOST_TAPS = 25, GAP = 3, OFFSET = 4096 };

typedef struct layer {
  size_t kernel_height, kernel_width, stride, channels, width;
  float low, high;
} layer;

static uint32_t state = 1;

static uint32_t next(void) { return (state = state * 1664525u + 1013904223u) >> 8; }

/* -1 to 1, and now and then a zero of either sign */
static float number(void) {
  uint32_t n = next();
  return n % 16 == 0 ? (n & 16 ? -0.0f : 0.0f) : (float)(int32_t)(n - (1u << 23)) / (float)(1u << 23);
}

static float *numbers(size_t count) {
  float *list = malloc(count * sizeof *list);
  for (size_t i = 0; i < count; i++) list[i] = number();
  return list;
}

static char *bytes(size_t count) {
  char *list = malloc(count);
  for (size_t i = 0; i < count; i++) list[i] = (char)(next() % 256);
  return list;
}

static size_t columns_of(const layer *l) { return (l->width - 1) * l->stride + l->kernel_width; }

/* The biases of `tile` channels, then their weights tap by tap; weights is [channel][1 + taps] with the bias first. */
static float *pack(const float *weights, size_t channels, size_t taps, size_t tile) {
  size_t tiles = (channels + tile - 1) / tile;
  float *packed = calloc(tiles * tile * (1 + taps), sizeof *packed);
  for (size_t c = 0; c < channels; c++)
    for (size_t t = 0; t < 1 + taps; t++)
      packed[(c / tile * (1 + taps) + t) * tile + c % tile] = weights[c * (1 + taps) + t];
  return packed;
}

/* int8: biases, weights of -127 to 127, scales; the same for both kernels */
static char *pack_int8(size_t channels, size_t taps) {
  const size_t tile = 16, tiles = (channels + tile - 1) / tile, bytes = tile * (8 + taps);
  char *packed = malloc(tiles * bytes);
  for (size_t i = 0; i < tiles; i++) {
    char *at = packed + i * bytes;
    for (size_t c = 0; c < tile; c++) {
      const int32_t bias = (int32_t)(next() % 20001) - 10000;
      const float scale = 0.0001f + 0.004f * (float)(next() % 1000) / 1000;
      memcpy(at + 4 * c, &bias, 4);
      memcpy(at + tile * (4 + taps) + 4 * c, &scale, 4);
    }
    for (size_t k = 0; k < tile * taps; k++) at[4 * tile + k] = (char)((int)(next() % 255) - 127);
  }
  return packed;
}

/* One row's pointers, as XNNPACK lays them: columns beyond either edge, and now and then a whole row, are zeros. What lies
 * behind them must not be read. */
static const void **point(const layer *l, const char *input, size_t pixel, const void *zero) {
  const size_t height = l->kernel_height, columns = columns_of(l), count = columns * height;
  const void **list = malloc((count + MOST_TAPS) * sizeof *list);
  const size_t without = next() % (2 * height);
  for (size_t i = 0; i < count; i++) {
    size_t x = i / height, y = i % height;
    bool inside = x > 0 && x + 1 < columns && y != without;
    list[i] = inside ? input + (y * columns + x) * pixel - OFFSET : zero;
  }
  for (size_t i = count; i < count + MOST_TAPS; i++) list[i] = (const void *)~(uintptr_t)0xFFF;
  return list;
}

typedef struct kernel {
  xnn_dwconv_unipass_ukernel_fn run;
  const void *weights;
} kernel;

/* Both kernels on one row of pixels of so many bytes: the same outputs, and between them what was there before? */
static bool same_rows(const layer *l, const kernel *theirs, const kernel *ours, size_t element, const void *params) {
  const size_t pixel = l->channels * element, inputs = columns_of(l) * l->kernel_height * pixel,
               outputs = l->width * (pixel + GAP * element) + 16;
  char *input = element == 1 ? bytes(inputs + 16) : (char *)numbers(inputs / sizeof(float) + 4),
       *zero = element == 1 ? bytes(pixel + 16) : calloc(pixel + 16, 1), *wanted = bytes(outputs),
       *got = malloc(outputs);
  const void **pointers = point(l, input, pixel, zero);
  const intptr_t step = (intptr_t)(l->stride * l->kernel_height * sizeof *pointers);
  memcpy(got, wanted, outputs);
  theirs->run(l->channels, l->width, pointers, theirs->weights, wanted, step, GAP * element, OFFSET, zero, params);
  ours->run(l->channels, l->width, pointers, ours->weights, got, step, GAP * element, OFFSET, zero, params);
  bool same = memcmp(got, wanted, outputs) == 0;
  free(input), free(zero), free(wanted), free(got), free(pointers);
  return same;
}

static bool same_f32(const layer *l) {
  const size_t taps = l->kernel_height * l->kernel_width;
  const struct xnn_dwconv_config *table = &xnn_init_f32_dwconv_config()[taps == 9 ? 0 : 1];
  const union xnn_f32_minmax_params limits = {.scalar = {.min = l->low, .max = l->high}};
  float *weights = numbers(l->channels * (1 + taps)), *theirs = pack(weights, l->channels, taps, taps == 9 ? 8 : 4),
        *ours = pack(weights, l->channels, taps, table->channel_tile);
  const kernel a = {(xnn_dwconv_unipass_ukernel_fn)(taps == 9 ? xnn_f32_dwconv_minmax_ukernel_9p8c__wasmsimd_x86
                                                              : xnn_f32_dwconv_minmax_ukernel_25p4c__wasmsimd_arm),
                    theirs},
               b = {table->minmax.unipass, ours};
  bool same = same_rows(l, &a, &b, sizeof(float), &limits);
  free(weights), free(theirs), free(ours);
  return same;
}

static bool same_int8(const layer *l) {
  const size_t taps = l->kernel_height * l->kernel_width;
  const struct xnn_dwconv_config *table = &xnn_init_qs8_qc8w_dwconv_config()[taps == 9 ? 0 : 1];
  const bool whole = l->high > 1; /* all of int8, or a part of it */
  union xnn_qs8_qc8w_conv_minmax_params limits;
  table->init.qs8_qc8w(&limits, (int8_t)(next() % 256 - 128), whole ? -128 : -100, whole ? 127 : 90);
  char *weights = pack_int8(l->channels, taps);
  const kernel
      a = {(xnn_dwconv_unipass_ukernel_fn)(taps == 9
                                               ? xnn_qs8_qc8w_dwconv_minmax_fp32_ukernel_9p16c__wasmsimd_mul16_add16
                                               : xnn_qs8_qc8w_dwconv_minmax_fp32_ukernel_25p16c__wasmsimd_mul16_add16),
           weights},
      b = {table->minmax.unipass, weights};
  bool same = same_rows(l, &a, &b, 1, &limits);
  free(weights);
  return same;
}

static void check_layer(size_t height, size_t across, size_t stride, size_t channels, size_t width) {
  const float limits[3][2] = {{0, 6}, {-INFINITY, INFINITY}, {-0.5f, 0.25f}};
  const float *limit = limits[next() % 3];
  layer l = {height, across, stride, channels, width, limit[0], limit[1]};
  CHECK(same_f32(&l), "%zux%zu, stride %zu, %zu channels, width %zu, %g to %g", height, across, stride, channels, width,
        (double)l.low, (double)l.high);
  CHECK(same_int8(&l), "int8: %zux%zu, stride %zu, %zu channels, width %zu", height, across, stride, channels, width);
}

static void check_all(size_t channels, size_t width) {
  for (size_t stride = 1; stride <= 2; stride++)
    for (size_t kernel = 3; kernel <= 5; kernel += 2) check_layer(kernel, kernel, stride, channels, width);
}

int main(void) {
  /* the network's: expanded channels and, for the heads, few; the widths at 512 pixels that rows of four do and do not fill */
  const size_t channels[] = {12, 16, 24, 32, 48, 64, 96, 144, 240, 480, 672, 1152}, widths[] = {16, 17, 34, 128};
  for (size_t c = 1; c <= 33; c++)
    for (size_t width = 1; width <= 9; width++) check_all(c, width);
  for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
    for (size_t j = 0; j < sizeof widths / sizeof *widths; j++) check_all(channels[i], widths[j]);
  /* shapes with as many taps, of which ours makes one pixel at once */
  for (size_t width = 1; width <= 9; width++) {
    check_layer(1, 9, 1, 20, width);
    check_layer(9, 1, 1, 20, width);
    check_layer(3, 3, 3, 20, width);
    check_layer(5, 5, 4, 20, width);
  }
  return check_end();
}
