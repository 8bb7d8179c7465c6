#include "photo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "photo_inspect.h"
#include "photo_png.h"
#include "photo_samples.h"
#include "status.h"
#include "stb.h"

#define DAMAGED(...) status_fail(err, VM_ERR_DAMAGED, "photograph: " __VA_ARGS__)

/* ---- decoding ---- */

/* Where the upright pixel (x, y) of a w x h upright picture is stored. */
static size_t source_of(int orientation, int x, int y, int w, int h) {
  int sx = x, sy = y, stored_width = orientation >= 5 ? h : w;
  switch (orientation) {
  case 2: sx = w - 1 - x; break;
  case 3: sx = w - 1 - x, sy = h - 1 - y; break;
  case 4: sy = h - 1 - y; break;
  case 5: sx = y, sy = x; break;
  case 6: sx = y, sy = w - 1 - x; break;
  case 7: sx = h - 1 - y, sy = w - 1 - x; break;
  case 8: sx = h - 1 - y, sy = x; break;
  default: break;
  }
  return (size_t)sy * (size_t)stored_width + (size_t)sx;
}

static bool turn_upright(vm_image *image, int orientation) {
  if (orientation == 1) return true;
  bool swap = orientation >= 5;
  int w = swap ? image->height : image->width, h = swap ? image->width : image->height;
  uint8_t *upright = malloc((size_t)w * (size_t)h * 4);
  if (upright == NULL) return false;
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++)
      memcpy(upright + ((size_t)y * (size_t)w + (size_t)x) * 4, image->rgba + source_of(orientation, x, y, w, h) * 4,
             4);
  free(image->rgba);
  *image = (vm_image){w, h, upright};
  return true;
}

/* As stored. NULL: the reason why there are no pixels. */
static const char *decode(const void *bytes, size_t size, bool png, vm_image *out) {
  const char *why = NULL;
  if (!png) {
    out->rgba = photo_jpeg_pixels(bytes, size, &out->width, &out->height, &why);
    return out->rgba == NULL ? why : NULL;
  }
  int channels = 0;
  out->rgba = stbi_load_from_memory(bytes, (int)size, &out->width, &out->height, &channels, 4);
  if (out->rgba == NULL) return stbi_failure_reason() != NULL ? stbi_failure_reason() : "unknown reason";
  photo_on_black(out->rgba, (size_t)out->width * (size_t)out->height);
  return NULL;
}

vm_status vm_image_load(const void *bytes, size_t size, vm_image *out, vm_error *err) {
  photo_header header;
  *out = (vm_image){0};
  vm_status s = photo_inspect(bytes, size, &header, err);
  bool png = s == VM_OK && ((const uint8_t *)bytes)[0] == 0x89;
  if (png) s = photo_png_check(bytes, size, &header, err);
  if (s != VM_OK) return s;
  const char *why = decode(bytes, size, png, out);
  if (why == NULL && (out->width != header.width || out->height != header.height)) why = "not as its header says";
  if (why != NULL) {
    vm_image_free(out);
    return DAMAGED("cannot be decoded (%s); save it again as JPEG or PNG", why);
  }
  if (!turn_upright(out, header.orientation)) {
    vm_image_free(out);
    return status_fail(err, VM_ERR_MEMORY, "photograph: out of memory while turning it upright");
  }
  return status_ok(err);
}

void vm_image_free(vm_image *image) {
  free(image->rgba);
  *image = (vm_image){0};
}

vm_status photo_png(const uint8_t *pixels, int width, int height, int channels, uint8_t **out, size_t *size,
                    vm_error *err) {
  int n = 0;
  *out = stbi_write_png_to_mem(pixels, width * channels, width, height, channels, &n);
  *size = (size_t)n;
  return *out != NULL ? VM_OK : status_fail(err, VM_ERR_MEMORY, "png: out of memory for %d x %d pixels", width, height);
}
