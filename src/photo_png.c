#include "photo_png.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "stb.h"

#define DAMAGED "photograph: the PNG is damaged: its pixels do not agree with their checksum; copy or export it again"

static uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What all IDAT chunks hold, in a row [*length]; to be freed, NULL without memory. photo_inspect has walked the chunks. */
static uint8_t *png_data(const uint8_t *p, size_t size, size_t *length) {
  uint8_t *out = malloc(size);
  *length = 0;
  for (size_t at = 8; out != NULL && memcmp(p + at + 4, "IEND", 4) != 0; at += 12 + be32(p + at)) {
    if (memcmp(p + at + 4, "IDAT", 4) != 0) continue;
    memcpy(out + *length, p + at + 8, be32(p + at));
    *length += be32(p + at);
  }
  return out;
}

/* Bytes of every dx-th, dy-th pixel from (x, y) on; each row has one more, for its filter. */
static size_t pass_bytes(const photo_header *h, int x, int y, int dx, int dy, int pixel_bits) {
  int columns = (h->width - x + dx - 1) / dx, rows = (h->height - y + dy - 1) / dy;
  return columns > 0 && rows > 0 ? (size_t)rows * (1 + ((size_t)columns * (size_t)pixel_bits + 7) / 8) : 0;
}

/* Bytes that the pixels unpack to, before their filters are undone. */
static size_t png_bytes(const uint8_t *p, const photo_header *h) {
  static const uint8_t samples[8] = {1, 0, 3, 1, 2, 0, 4, 0},
                       passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                       {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  int pixel_bits = p[24] * samples[p[25] & 7];
  size_t sum = 0;
  if (p[28] == 0) return pass_bytes(h, 0, 0, 1, 1, pixel_bits);
  for (int i = 0; i < 7; i++) sum += pass_bytes(h, passes[i][0], passes[i][1], passes[i][2], passes[i][3], pixel_bits);
  return sum;
}

static uint32_t adler(const uint8_t *p, size_t n) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < n; i++) {
    a += p[i], a -= a >= 65521 ? 65521 : 0;
    b += a, b -= b >= 65521 ? 65521 : 0;
  }
  return b << 16 | a;
}

vm_status photo_png_check(const uint8_t *p, size_t size, const photo_header *h, vm_error *err) {
  size_t packed = 0, wanted = png_bytes(p, h);
  if (wanted == 0 || wanted > INT_MAX)
    return status_fail(err, VM_ERR_DAMAGED, DAMAGED); /* its header claims over 16 bits a sample */
  uint8_t *data = png_data(p, size, &packed), *raw = malloc(wanted);
  vm_status s = VM_OK;
  if (data == NULL || raw == NULL) s = status_fail(err, VM_ERR_MEMORY, "photograph: out of memory while checking it");
  else if (packed < 6 || stbi_zlib_decode_buffer((char *)raw, (int)wanted, (char *)data, (int)packed) != (int)wanted ||
           adler(raw, wanted) != be32(data + packed - 4))
    s = status_fail(err, VM_ERR_DAMAGED, DAMAGED);
  free(data);
  free(raw);
  return s;
}
