/* wasm/depthwise.c beside XNNPACK's own kernels for the same: rows of every awkward width and number of channels, and those of
 * our network, to the last bit. tests/js/depthwise.test.mjs runs it. */
#include "check.h"

#include "xnnpack/config.h"

#include "f32-dwconv/gen/f32-dwconv-9p8c-minmax-wasmsimd-x86.c"
#include "f32-dwconv/gen/f32-dwconv-25p4c-minmax-wasmsimd-arm.c"

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

/* The biases of `tile` channels, then their weights tap by tap; weights is [channel][1 + taps] with the bias first. */
static float *pack(const float *weights, size_t channels, size_t taps, size_t tile) {
  size_t tiles = (channels + tile - 1) / tile;
  float *packed = calloc(tiles * tile * (1 + taps), sizeof *packed);
  for (size_t c = 0; c < channels; c++)
    for (size_t t = 0; t < 1 + taps; t++)
      packed[(c / tile * (1 + taps) + t) * tile + c % tile] = weights[c * (1 + taps) + t];
  return packed;
}

/* One row's pointers, as XNNPACK lays them: columns beyond either edge, and now and then a whole row, are zeros. What lies
 * behind them must not be read. */
static const float **point(const layer *l, const float *input, const float *zero, size_t count) {
  const size_t height = l->kernel_height, columns = (l->width - 1) * l->stride + l->kernel_width;
  const float **list = malloc((count + MOST_TAPS) * sizeof *list);
  const size_t without = next() % (2 * height);
  for (size_t i = 0; i < count; i++) {
    size_t x = i / height, y = i % height;
    bool inside = x > 0 && x + 1 < columns && y != without;
    list[i] = inside ? input + (y * columns + x) * l->channels - OFFSET / sizeof *input : zero;
  }
  for (size_t i = count; i < count + MOST_TAPS; i++) list[i] = (const float *)~(uintptr_t)0xFFF;
  return list;
}

static bool same_rows(const layer *l) {
  const size_t taps = l->kernel_height * l->kernel_width, channels = l->channels,
               columns = (l->width - 1) * l->stride + l->kernel_width, count = columns * l->kernel_height,
               outputs = l->width * (channels + GAP) + 4;
  const bool small = taps == 9;
  const struct xnn_dwconv_config *table = xnn_init_f32_dwconv_config(), *ours = &table[small ? 0 : 1];
  const union xnn_f32_minmax_params limits = {.scalar = {.min = l->low, .max = l->high}};
  float *input = numbers(count * channels + 4), *weights = numbers(channels * (1 + taps)),
        *zero = calloc(channels + 4, sizeof *zero), *wanted = numbers(outputs), *got = malloc(outputs * sizeof *got),
        *theirs = pack(weights, channels, taps, small ? 8 : 4),
        *mine = pack(weights, channels, taps, ours->channel_tile);
  const float **pointers = point(l, input, zero, count);
  const intptr_t step = (intptr_t)(l->stride * l->kernel_height * sizeof *pointers);
  memcpy(got, wanted, outputs * sizeof *got);
  (small ? xnn_f32_dwconv_minmax_ukernel_9p8c__wasmsimd_x86 : xnn_f32_dwconv_minmax_ukernel_25p4c__wasmsimd_arm)(
      channels, l->width, pointers, theirs, wanted, step, GAP * sizeof *wanted, OFFSET, zero, &limits);
  ours->minmax.unipass(channels, l->width, (const void **)pointers, mine, got, step, GAP * sizeof *got, OFFSET, zero,
                       &limits);
  bool same = memcmp(got, wanted, outputs * sizeof *got) == 0;
  void *lists[] = {input, weights, zero, wanted, got, theirs, mine, pointers};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]);
  return same;
}

static void check_layer(size_t height, size_t across, size_t stride, size_t channels, size_t width) {
  const float limits[3][2] = {{0, 6}, {-INFINITY, INFINITY}, {-0.5f, 0.25f}};
  const float *limit = limits[next() % 3];
  layer l = {height, across, stride, channels, width, limit[0], limit[1]};
  CHECK(same_rows(&l), "%zux%zu, stride %zu, %zu channels, width %zu, %g to %g", height, across, stride, channels,
        width, (double)l.low, (double)l.high);
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
