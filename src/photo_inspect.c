#include "photo_inspect.h"

#include <stdbool.h>
#include <string.h>

#include "photo_jpeg.h"
#include "photo_kind.h"
#include "status.h"

#define DAMAGED(...) status_fail(err, VM_ERR_DAMAGED, "photograph: " __VA_ARGS__)
#define READ_HERE "JPEG or PNG (a browser reads WebP, TIFF and DICOM, too)"

static inline unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }

/* ---- EXIF ---- */

typedef struct tiff {
  const uint8_t *bytes;
  size_t size;
  bool little;
} tiff;

static unsigned tiff16(const tiff *t, size_t at) {
  const uint8_t *p = t->bytes + at;
  return t->little ? (unsigned)p[0] | (unsigned)p[1] << 8 : be16(p);
}

static uint32_t tiff32(const tiff *t, size_t at) {
  return t->little ? tiff16(t, at) | (uint32_t)tiff16(t, at + 2) << 16 : be32(t->bytes + at);
}

int photo_exif_orientation(const uint8_t *block, size_t size) {
  if (size >= 6 && memcmp(block, "Exif\0\0", 6) == 0) block += 6, size -= 6;
  if (size < 10) return 0;
  tiff t = {block, size, block[0] == 'I'};
  if (memcmp(block, t.little ? "II*\0" : "MM\0*", 4) != 0) return 0;
  size_t directory = tiff32(&t, 4);
  if (directory > size - 2) return 0;
  unsigned entries = tiff16(&t, directory);
  for (unsigned i = 0; i < entries; i++) {
    size_t at = directory + 2 + (size_t)i * 12;
    if (at + 12 > size) return 0;
    if (tiff16(&t, at) != 0x0112) continue;
    unsigned type = tiff16(&t, at + 2);
    uint32_t value = type == 4 ? tiff32(&t, at + 8) : type == 3 ? tiff16(&t, at + 8) : type == 1 ? block[at + 8] : 0;
    return value >= 1 && value <= 8 ? (int)value : 0;
  }
  return 0;
}

/* The first block that holds an orientation counts. */
static void take_orientation(const uint8_t *block, size_t size, photo_header *out) {
  if (out->orientation == 0) out->orientation = photo_exif_orientation(block, size);
}

/* ---- PNG ---- */

static void crc_table(uint32_t table[256]) {
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
    table[n] = c;
  }
}

static uint32_t crc(const uint32_t table[256], const uint8_t *p, size_t n) {
  uint32_t c = 0xFFFFFFFFu;
  for (size_t i = 0; i < n; i++) c = table[(c ^ p[i]) & 255] ^ c >> 8;
  return ~c;
}

static bool png_size(const uint8_t *p, size_t size, photo_header *out) {
  if (size < 33 || memcmp(p + 12, "IHDR", 4) != 0) return false;
  uint32_t w = be32(p + 16), h = be32(p + 20);
  out->width = w > INT32_MAX ? INT32_MAX : (int)w;
  out->height = h > INT32_MAX ? INT32_MAX : (int)h;
  return true;
}

#define TRUNCATED(kind)                                                                                                \
  DAMAGED("the " kind " is truncated or damaged (%zu bytes without an end mark); copy it again", size)

/* Every chunk from IHDR to IEND, with its checksum. */
static vm_status check_png(const uint8_t *p, size_t size, photo_header *out, vm_error *err) {
  uint32_t table[256];
  crc_table(table);
  for (size_t at = 8; size - at >= 12;) {
    size_t length = be32(p + at);
    const uint8_t *name = p + at + 4;
    if (length > size - at - 12) break;
    if (crc(table, name, length + 4) != be32(name + 4 + length))
      return DAMAGED("the PNG is damaged: the checksum of a part at byte %zu is wrong; copy or export it again", at);
    if (memcmp(name, "IEND", 4) == 0) return VM_OK;
    if (memcmp(name, "eXIf", 4) == 0) take_orientation(name + 4, length, out);
    at += length + 12;
  }
  return TRUNCATED("PNG");
}

/* ---- JPEG: size and orientation; photo_jpeg.c reads the rest ---- */

static const char *unread_jpeg(uint8_t frame, uint8_t bits) {
  if (frame == 0xC3) return "lossless";
  if (frame >= 0xC9) return "arithmetically coded";
  if (frame > 0xC3) return "hierarchical";
  return bits == 12 ? "12-bit" : bits != 8 ? "odd" : NULL;
}

static bool is_start_of_frame(uint8_t m) { return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC; }

/* Up to the first scan. *unread is set where the frame is of a kind that is not read. */
static void read_jpeg_header(const uint8_t *p, size_t size, photo_header *out, const char **unread) {
  for (size_t at = 2; at + 4 <= size && p[at] == 0xFF;) {
    uint8_t mark = p[at + 1];
    if (mark == 0xFF || mark == 0x01) { /* fill byte; TEM has no length */
      at += mark == 0xFF ? 1 : 2;
      continue;
    }
    size_t length = be16(p + at + 2);
    if (length < 2 || length > size - at - 2 || mark == 0xDA) return;
    if (is_start_of_frame(mark) && length >= 8 && out->width == 0) {
      out->height = (int)be16(p + at + 5);
      out->width = (int)be16(p + at + 7);
      *unread = unread_jpeg(mark, p[at + 4]);
    }
    if (mark == 0xE1 && length >= 8 && memcmp(p + at + 4, "Exif\0\0", 6) == 0)
      take_orientation(p + at + 4, length - 2, out);
    at += 2 + length;
  }
}

/* Whether there is an end mark at all: what is cut off is named before what is wrong. */
static bool reaches_end(const uint8_t *p, size_t size) {
  for (size_t at = 2; at + 1 < size; at++)
    if (p[at] == 0xFF && p[at + 1] == 0xD9) return true;
  return false;
}

static vm_status check_jpeg(const uint8_t *p, size_t size, const char *unread, vm_error *err) {
  if (unread != NULL)
    return status_fail(err, VM_ERR_FORMAT,
                       "photograph: a JPEG of a kind that is not read here (%s); save it as an ordinary JPEG of 8 bits "
                       "a colour or as PNG",
                       unread);
  return reaches_end(p, size) ? photo_jpeg_check(p, size, err) : TRUNCATED("JPEG");
}

/* ---- all ---- */

static vm_status refuse_kind(const photo_kind *kind, vm_error *err) {
  if (kind == NULL)
    return status_fail(err, VM_ERR_FORMAT,
                       "photograph: neither JPEG nor PNG, nor another kind of picture that is known "
                       "here; give a " READ_HERE);
  return status_fail_as(err, VM_ERR_FORMAT, "kind", "photograph: %s %s file, neither JPEG nor PNG; %s", kind->article,
                        kind->name, kind->remedy);
}

vm_status photo_check_size(int width, int height, vm_error *err) {
  if (width > VM_MAX_SIDE || height > VM_MAX_SIDE || (int64_t)width * height > VM_MAX_PIXELS)
    return status_fail(err, VM_ERR_TOO_LARGE,
                       "photograph: %d x %d pixels are over the limit of %d a side and %d megapixels; scale it down",
                       width, height, VM_MAX_SIDE, VM_MAX_PIXELS / 1000000);
  if (width < VM_MIN_SIDE || height < VM_MIN_SIDE)
    return status_fail(
        err, VM_ERR_TOO_SMALL,
        "photograph: %d x %d pixels are under the limit of %d a side; give the original, not a thumbnail", width,
        height, VM_MIN_SIDE);
  return VM_OK;
}

vm_status photo_inspect(const void *bytes, size_t size, photo_header *out, vm_error *err) {
  const uint8_t *p = bytes;
  *out = (photo_header){0};
  if (size > VM_MAX_BYTES)
    return status_fail(err, VM_ERR_TOO_LARGE, "photograph: %zu bytes are over the limit of %u MiB; save it smaller",
                       size, VM_MAX_BYTES >> 20);
  if (p == NULL || size == 0)
    return status_fail_as(err, VM_ERR_FORMAT, "empty", "photograph: the file is empty; give a " READ_HERE);
  const photo_kind *kind = photo_kind_of(p, size);
  if (kind == NULL || kind->remedy != NULL) return refuse_kind(kind, err);
  bool png = strcmp(kind->name, "PNG") == 0, header = true;
  const char *unread = NULL;
  if (png) header = png_size(p, size, out);
  else read_jpeg_header(p, size, out, &unread);
  if (out->width > 0 && out->height > 0) { /* the size first: it needs no complete file */
    vm_status s = photo_check_size(out->width, out->height, err);
    if (s != VM_OK) return s;
  }
  if (!header) return TRUNCATED("PNG");
  vm_status s = png ? check_png(p, size, out, err) : check_jpeg(p, size, unread, err);
  if (s != VM_OK) return s;
  if (out->width <= 0 || out->height <= 0) return DAMAGED("the header gives no size; copy the file again");
  if (out->orientation == 0) out->orientation = 1;
  return VM_OK;
}

/* Whether all 16 pixels are opaque. */
static inline bool all_opaque(const uint8_t *rgba) {
  uint8_t least = 255;
  for (int i = 3; i < 64; i += 4) least &= rgba[i];
  return least == 255;
}

static void on_black(uint8_t *rgba) {
  unsigned alpha = rgba[3];
  for (int c = 0; c < 3; c++) rgba[c] = (uint8_t)((rgba[c] * alpha + 127) / 255);
  rgba[3] = 255;
}

void photo_on_black(uint8_t *rgba, size_t count) {
  for (; count > 0; count--, rgba += 4) {
    for (; count >= 16 && all_opaque(rgba); count -= 16) rgba += 64;
    if (count == 0) return;
    if (rgba[3] != 255) on_black(rgba);
  }
}

void photo_opaque(uint8_t *pixels, size_t count, int blue_first) {
  for (size_t i = 0; i < count; i++, pixels += 4) {
    uint32_t v; /* its lowest byte is the first: every target here is little endian */
    memcpy(&v, pixels, sizeof v);
    uint32_t turned = (v & 0xFF00) | (v & 0xFF) << 16 | (v >> 16 & 0xFF);
    v = (blue_first ? turned : v) | 0xFF000000;
    memcpy(pixels, &v, sizeof v);
  }
}
