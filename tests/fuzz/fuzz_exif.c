/* Any bytes as an EXIF block: an orientation from 1 to 8, or none. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "photo_inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *exact = malloc(size + 6); /* exactly as long as it says: the sanitizer sees every byte too far */
  if (exact == NULL) return 0;
  memcpy(exact, "Exif\0\0", 6);
  memcpy(exact + 6, data, size);
  int o = photo_exif_orientation(exact, size + 6);
  int raw = photo_exif_orientation(data, size);
  if (o < 0 || o > 8 || raw < 0 || raw > 8) abort();
  free(exact);
  return 0;
}
