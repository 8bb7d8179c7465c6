/* Any bytes as a photograph: an error or pixels within the limits, never a crash. The checksums of PNGs are set right
 * first: else no changed byte would get past them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vmnet.h"

static void sign(uint8_t *p, size_t size) {
  for (size_t at = 8; at + 12 <= size;) {
    size_t n = ((size_t)p[at] << 24 | (size_t)p[at + 1] << 16 | (size_t)p[at + 2] << 8 | p[at + 3]) + 4;
    if (n > size - at - 8) return;
    uint32_t c = 0xFFFFFFFFu;
    for (size_t i = at + 4; i < at + 4 + n; i++) {
      c ^= p[i];
      for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
    }
    for (size_t i = 0; i < 4; i++) p[at + 4 + n + i] = (uint8_t)(~c >> (24 - 8 * i));
    at += n + 8;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_image image;
  vm_error err;
  uint8_t *exact = malloc(size + (size == 0)); /* exactly as long as it says */
  if (exact == NULL) return 0;
  memcpy(exact, data, size);
  if (size > 4 && exact[0] == 0x89) sign(exact, size);
  if (vm_image_load(exact, size, &image, &err) == VM_OK) {
    if (image.width < VM_MIN_SIDE || image.height < VM_MIN_SIDE || (int64_t)image.width * image.height > VM_MAX_PIXELS)
      abort();
    volatile uint8_t sum = 0;
    size_t n = (size_t)image.width * (size_t)image.height * 4;
    for (size_t i = 0; i < n; i += 997) sum = (uint8_t)(sum + image.rgba[i]);
  } else if (image.rgba != NULL || err.text[0] == 0) {
    abort();
  }
  vm_image_free(&image);
  free(exact);
  return 0;
}
