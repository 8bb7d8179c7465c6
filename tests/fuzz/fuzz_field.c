/* Any pixels of any shape: a circle that can be cut out and drawn back, or an error. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "square.h"

enum { SIZE = 64 };

static void use(const uint8_t *rgba, int width, int height, vm_disc d) {
  static const float map[SIZE * SIZE] = {0.5f};
  float *input = malloc(SIZE * SIZE * 3 * sizeof *input), *rows = malloc((size_t)width * (size_t)height * sizeof *rows);
  if (input != NULL && rows != NULL && vm_prepare(rgba, width, height, d, SIZE, input, NULL) == VM_OK) {
    for (int i = 0; i < SIZE * SIZE * 3; i++)
      if (!(input[i] >= -1.01f && input[i] <= 1.01f)) abort();
    square_draw(map, SIZE, d, width, 0, height, rows);
  }
  free(input);
  free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 16) return 0;
  /* from just under the least side on */
  int width = VM_MIN_SIDE - 3 + (data[0] | (data[1] & 1) << 8),
      height = VM_MIN_SIDE - 3 + (data[2] | (data[3] & 1) << 8);
  size_t n = (size_t)width * (size_t)height * 4;
  uint8_t *rgba = malloc(n);
  if (rgba == NULL) return 0;
  /* blocks of colour from the bytes, over a disc: both shapes and noise get their turn */
  for (size_t i = 0; i < n; i++) {
    int x = (int)(i / 4) % width, y = (int)(i / 4) / width, dx = 2 * x - width, dy = 2 * y - height;
    uint8_t texture = data[4 + (i / 4 / (1 + data[4]) + i % 4 * 3) % (size - 4)];
    rgba[i] = (data[5] & 1) && dx * dx + dy * dy > width * height ? 0 : texture;
  }
  vm_disc d;
  vm_error err;
  if (vm_find_disc(rgba, width, height, &d, &err) == VM_OK) {
    if (!(d.radius > 0) || !isfinite(d.x) || !isfinite(d.y)) abort();
    use(rgba, width, height, d);
  }
  vm_disc free_disc = {(float)data[6] * 8 - 512, (float)data[7] * 8 - 512, (float)data[8] * 4 + 1};
  use(rgba, width, height, free_disc);
  free(rgba);
  return 0;
}
