#include "photo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "stb.h"
#include "status.h"

#define DAMAGED(...) status_fail(err, VM_ERR_DAMAGED, "photograph: " __VA_ARGS__)

static unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }

/* ---- EXIF ---- */

int photo_exif_orientation(const uint8_t *segment, size_t size) {
  if (size < 14 || memcmp(segment, "Exif\0\0", 6) != 0) return 1;
  const uint8_t *tiff = segment + 6;
  size_t n = size - 6;
  bool little = tiff[0] == 'I';
  if (memcmp(tiff, little ? "II*\0" : "MM\0*", 4) != 0) return 1;
#define U16(at) (little ? (unsigned)tiff[at] | (unsigned)tiff[(at) + 1] << 8 : be16(tiff + (at)))
  size_t ifd = little ? (size_t)U16(4) | (size_t)U16(6) << 16 : be32(tiff + 4);
  if (ifd > n - 2 || n < 10) return 1;
  unsigned entries = U16(ifd);
  for (unsigned i = 0; i < entries; i++) {
    size_t at = ifd + 2 + (size_t)i * 12;
    if (at + 12 > n) return 1;
    if (U16(at) != 0x0112) continue;
    unsigned value = U16(at + 8);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
#undef U16
  return 1;
}

/* ---- walking the files ---- */

static const uint8_t PNG_MAGIC[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static bool inspect_png(const uint8_t *p, size_t size, photo_header *out) {
  if (size < 33 || memcmp(p + 12, "IHDR", 4) != 0) return false;
  uint32_t w = be32(p + 16), h = be32(p + 20);
  out->width = w > INT32_MAX ? INT32_MAX : (int)w;
  out->height = h > INT32_MAX ? INT32_MAX : (int)h;
  for (size_t at = 8; size - at >= 12;) {
    size_t length = be32(p + at);
    if (memcmp(p + at + 4, "IEND", 4) == 0) return true;
    if (length > size - at - 12) return false;
    at += length + 12;
  }
  return false;
}

static bool is_start_of_frame(uint8_t m) { return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC; }

/* The compressed data ends at the first end-of-image mark behind the first scan. */
static bool reaches_end(const uint8_t *p, size_t at, size_t size) {
  for (; at + 1 < size; at++)
    if (p[at] == 0xFF && p[at + 1] == 0xD9) return true;
  return false;
}

static bool inspect_jpeg(const uint8_t *p, size_t size, photo_header *out) {
  size_t at = 2;
  while (at + 4 <= size) {
    if (p[at] != 0xFF) return false;
    uint8_t marker = p[at + 1];
    if (marker == 0xFF) { /* fill byte */
      at++;
      continue;
    }
    size_t length = be16(p + at + 2);
    if (length < 2 || length > size - at - 2) return false;
    if (is_start_of_frame(marker) && length >= 8) {
      out->height = (int)be16(p + at + 5);
      out->width = (int)be16(p + at + 7);
    }
    if (marker == 0xE1 && out->orientation == 1) out->orientation = photo_exif_orientation(p + at + 4, length - 2);
    if (marker == 0xDA) return out->width > 0 && reaches_end(p, at + 2 + length, size);
    at += 2 + length;
  }
  return false;
}

vm_status photo_inspect(const void *bytes, size_t size, photo_header *out, vm_error *err) {
  const uint8_t *p = bytes;
  *out = (photo_header){0, 0, 1};
  if (size > VM_MAX_BYTES)
    return status_fail(err, VM_ERR_TOO_LARGE, "photograph: %zu bytes are over the limit of %u MiB; save it smaller",
                       size, VM_MAX_BYTES >> 20);
  if (p == NULL || size == 0)
    return status_fail(err, VM_ERR_FORMAT, "photograph: the file is empty; give a JPEG or PNG");
  bool png = size >= 8 && memcmp(p, PNG_MAGIC, 8) == 0,
       jpeg = size >= 3 && p[0] == 0xFF && p[1] == 0xD8 && p[2] == 0xFF;
  if (!png && !jpeg)
    return status_fail(err, VM_ERR_FORMAT, "photograph: neither JPEG nor PNG; convert it to one of them");
  bool whole = png ? inspect_png(p, size, out) : inspect_jpeg(p, size, out);
  if (out->width > 0 && out->height > 0) { /* the size first: it needs no complete file */
    vm_status s = status_check_size(out->width, out->height, err);
    if (s != VM_OK) return s;
  }
  if (!whole)
    return DAMAGED("the %s is truncated or damaged (%zu bytes without an end mark); copy it again",
                   png ? "PNG" : "JPEG", size);
  if (out->width <= 0 || out->height <= 0) return DAMAGED("the header gives no size; copy the file again");
  return VM_OK;
}

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

vm_status vm_image_load(const void *bytes, size_t size, vm_image *out, vm_error *err) {
  photo_header header;
  *out = (vm_image){0};
  vm_status s = photo_inspect(bytes, size, &header, err);
  if (s != VM_OK) return s;
  int channels = 0;
  out->rgba = stbi_load_from_memory(bytes, (int)size, &out->width, &out->height, &channels, 4);
  if (out->rgba == NULL || out->width != header.width || out->height != header.height) {
    vm_image_free(out);
    return DAMAGED("cannot be decoded (%s); save it again as JPEG or PNG",
                   stbi_failure_reason() ? stbi_failure_reason() : "unknown reason");
  }
  for (size_t i = 0, n = (size_t)out->width * (size_t)out->height; i < n; i++) out->rgba[4 * i + 3] = 255;
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
