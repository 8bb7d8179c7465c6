/* Any bytes as a photograph: an error or pixels within the limits, never a crash. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "vmnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_image image;
  vm_error err;
  if (vm_image_load(data, size, &image, &err) == VM_OK) {
    if (image.width < VM_MIN_SIDE || image.height < VM_MIN_SIDE || (int64_t)image.width * image.height > VM_MAX_PIXELS)
      abort();
    volatile uint8_t sum = 0;
    size_t n = (size_t)image.width * (size_t)image.height * 4;
    for (size_t i = 0; i < n; i += 997) sum = (uint8_t)(sum + image.rgba[i]);
  } else if (image.rgba != NULL || err.text[0] == 0) {
    abort();
  }
  vm_image_free(&image);
  return 0;
}
