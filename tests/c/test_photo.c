/* Photographs from bytes: PNGs made here, JPEG markers and EXIF made by hand. tests/js has real files of every kind. */
#include "check.h"
#include "photo.h"
#include "vmnet.h"

static uint8_t *png(int w, int h, size_t *size) {
  uint8_t *p = malloc((size_t)w * (size_t)h * 3), *out = NULL;
  for (int i = 0; i < w * h; i++) p[3 * i] = (uint8_t)(i % w), p[3 * i + 1] = (uint8_t)(i / w), p[3 * i + 2] = 7;
  CHECK(photo_png(p, w, h, 3, &out, size, NULL) == VM_OK, "encode");
  free(p);
  return out;
}

static void expect(const char *what, const void *bytes, size_t size, vm_status want, const char *words) {
  vm_image image;
  vm_error err = {0};
  vm_status s = vm_image_load(bytes, size, &image, &err);
  CHECK(s == want, "%s: status %d (%s)", what, (int)s, err.text);
  CHECK(strstr(err.text, words) != NULL, "%s: \"%s\" is not in \"%s\"", what, words, err.text);
  CHECK((s == VM_OK) == (image.rgba != NULL), "%s: pixels and status disagree", what);
  vm_image_free(&image);
}

static void patch_png_size(uint8_t *p, uint32_t w, uint32_t h) {
  for (int i = 0; i < 4; i++) p[16 + i] = (uint8_t)(w >> (24 - 8 * i)), p[20 + i] = (uint8_t)(h >> (24 - 8 * i));
}

static void test_png(void) {
  size_t n;
  uint8_t *p = png(300, 256, &n);
  vm_image image;
  CHECK(vm_image_load(p, n, &image, NULL) == VM_OK && image.width == 300 && image.height == 256, "decode");
  const uint8_t *q = image.rgba + (200 * 300 + 123) * 4;
  CHECK(q[0] == 123 && q[1] == 200 && q[2] == 7 && q[3] == 255, "%d %d %d %d", q[0], q[1], q[2], q[3]);
  vm_image_free(&image);
  for (size_t cut = 1; cut < n; cut += n / 40)
    expect("cut PNG", p, n - cut, n - cut < 8 ? VM_ERR_FORMAT : VM_ERR_DAMAGED,
           n - cut < 8 ? "neither" : "copy it again");
  patch_png_size(p, 60000, 60000);
  expect("60000 x 60000", p, n, VM_ERR_TOO_LARGE, "60000 x 60000");
  patch_png_size(p, 0xFFFFFFFF, 300);
  expect("2^32 wide", p, n, VM_ERR_TOO_LARGE, "8192");
  patch_png_size(p, 8192, 4883); /* 40.0 megapixels and a little */
  expect("over 40 megapixels", p, n, VM_ERR_TOO_LARGE, "40 megapixels");
  patch_png_size(p, 8192, 4882); /* just under: the limit is passed, the data does not fit the header */
  expect("under 40 megapixels", p, n, VM_ERR_DAMAGED, "cannot be decoded");
  patch_png_size(p, 0, 256);
  expect("no width", p, n, VM_ERR_DAMAGED, "no size");
  vm_free(p);
}

static void test_limits(void) {
  static const struct {
    int w, h;
    vm_status want;
  } sides[] = {{255, 255, VM_ERR_TOO_SMALL},
               {256, 255, VM_ERR_TOO_SMALL},
               {255, 256, VM_ERR_TOO_SMALL},
               {256, 256, VM_OK},
               {257, 256, VM_OK},
               {1, 1, VM_ERR_TOO_SMALL},
               {8192, 256, VM_OK},
               {8193, 256, VM_ERR_TOO_LARGE},
               {256, 8193, VM_ERR_TOO_LARGE}};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
    size_t n;
    uint8_t *p = png(sides[i].w, sides[i].h, &n);
    expect("a side at its limit", p, n, sides[i].want,
           sides[i].want == VM_OK              ? ""
           : sides[i].want == VM_ERR_TOO_SMALL ? "256"
                                               : "8192");
    vm_free(p);
  }
  uint8_t *big = calloc(VM_MAX_BYTES + 1, 1);
  expect("64 MiB and a byte", big, VM_MAX_BYTES + 1, VM_ERR_TOO_LARGE, "64 MiB");
  expect("64 MiB of nothing", big, VM_MAX_BYTES, VM_ERR_FORMAT, "neither JPEG nor PNG");
  free(big);
  expect("empty", "", 0, VM_ERR_FORMAT, "empty");
  expect("text", "hello, this is text", 19, VM_ERR_FORMAT, "neither JPEG nor PNG");
  expect("GIF", "GIF89a\1\0\1\0", 10, VM_ERR_FORMAT, "neither JPEG nor PNG");
}

static void test_exif(void) {
  static uint8_t exif[64] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
  CHECK(photo_exif_orientation(exif, 32) == 6, "little endian");
  for (uint8_t v = 0; v < 12; v++) {
    exif[24] = v;
    CHECK(photo_exif_orientation(exif, 32) == (v >= 1 && v <= 8 ? v : 1), "value %d", v);
  }
  exif[24] = 6;
  for (size_t n = 0; n < 28; n++) CHECK(photo_exif_orientation(exif, n) == 1, "cut at %zu", n);
  static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0";
  CHECK(photo_exif_orientation(big, sizeof big - 1) == 3, "big endian");
  exif[10] = 0xFF, exif[11] = 0xFF, exif[12] = 0xFF, exif[13] = 0xFF;
  CHECK(photo_exif_orientation(exif, 32) == 1, "directory far outside");
}

static void test_jpeg_header(void) {
  /* SOI, SOF0 of 60000 x 60000, no scan: the size is refused before the missing rest */
  static const uint8_t huge[] = {0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0xEA, 0x60, 0xEA, 0x60, 1, 1, 0x11, 0};
  expect("JPEG of 60000 x 60000", huge, sizeof huge, VM_ERR_TOO_LARGE, "60000 x 60000");
  static const uint8_t bare[] = {0xFF, 0xD8, 0xFF, 0xD9};
  expect("JPEG without picture", bare, sizeof bare, VM_ERR_DAMAGED, "JPEG is truncated");
}

int main(void) {
  test_png();
  test_limits();
  test_exif();
  test_jpeg_header();
  return check_end();
}
