#include "dicom_pixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dicom_dump.h"

/* ---- a coded frame's header ---- */

static unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static int64_t be32(const uint8_t *p) { return (int64_t)be16(p) << 16 | be16(p + 2); }

/* JPEG 2000: SOC and SIZ. */
static bool head_of_2000(const uint8_t *p, size_t size, dicom_head *out) {
  if (size <= 60 || be16(p) != 0xFF4F || be16(p + 2) != 0xFF51) return false;
  *out =
      (dicom_head){be32(p + 8) - be32(p + 16), be32(p + 12) - be32(p + 20), (int)be16(p + 40), (p[42] & 127) + 1, 0x51};
  return true;
}

bool dicom_head_of(const uint8_t *p, size_t size, dicom_head *out) {
  *out = (dicom_head){0};
  if (head_of_2000(p, size, out)) return true;
  if (size < 4 || be16(p) != 0xFFD8) return false;
  for (size_t at = 2; at + 10 <= size && p[at] == 0xFF;) {
    unsigned mark = p[at + 1];
    bool frame = (mark >= 0xC0 && mark <= 0xCF && mark != 0xC4 && mark != 0xC8 && mark != 0xCC) || mark == 0xF7;
    if (frame) *out = (dicom_head){be16(p + at + 7), be16(p + at + 5), p[at + 9], p[at + 4], mark};
    if (frame || mark == 0xDA) return frame;
    at += mark == 0xFF ? 1 : 2 + be16(p + at + 2);
  }
  return false;
}

/* ---- colours ---- */

/* As a browser puts a number into eight bits: to the nearest, halves to the even one. */
static uint8_t clamped(double value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : nearbyint(value)); }

/* PS3.3 C.7.6.3.1.2 */
static void put_ybr(uint8_t *out, uint8_t luma, uint8_t blue, uint8_t red) {
  double y = luma, cb = blue - 128, cr = red - 128;
  out[0] = clamped(y + 1.402 * cr);
  out[1] = clamped(y - 0.344136 * cb - 0.714136 * cr);
  out[2] = clamped(y + 1.772 * cb);
  out[3] = 255;
}

static void grey_to_rgba(const uint8_t *samples, size_t count, bool inverted, const dicom_palette *palette,
                         uint8_t *out) {
  for (size_t i = 0; i < count; i++, out += 4) {
    uint8_t value = samples[i];
    for (int c = 0; c < 3; c++)
      out[c] = palette != NULL ? (*palette)[c][value] : inverted ? (uint8_t)(255 - value) : value;
    out[3] = 255;
  }
}

void dicom_to_rgba(const uint8_t *samples, const dicom_layout *layout, const dicom_palette *palette, uint8_t *out) {
  size_t count = (size_t)layout->width * (size_t)layout->height;
  if (layout->samples == 1) {
    grey_to_rgba(samples, count, strcmp(layout->colours, "MONOCHROME1") == 0, palette, out);
    return;
  }
  size_t pixel = layout->planar ? 1 : 3, plane = layout->planar ? count : 1;
  bool ybr = strncmp(layout->colours, "YBR_FULL", 8) == 0;
  for (size_t i = 0; i < count; i++, out += 4) {
    const uint8_t *p = samples + i * pixel;
    if (ybr) {
      put_ybr(out, p[0], p[plane], p[2 * plane]);
      continue;
    }
    out[0] = p[0];
    out[1] = p[plane];
    out[2] = p[2 * plane];
    out[3] = 255;
  }
}

void dicom_from_422(const uint8_t *samples, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *pair = samples + i / 2 * 4;
    put_ybr(out + 4 * i, pair[i & 1], pair[2], pair[3]);
  }
}

/* ---- palette ---- */

/* One colour's table: entries from `first` on, of one byte or two. Some write 8 bits into 16. */
static bool table_of(const char *dump, char colour, uint8_t *bytes, size_t room, uint8_t out[256]) {
  char descriptor[] = "0028,1101", data[] = "0028,1201";
  unsigned entries = 0, first = 0, bits = 0, most = 0, values[256];
  descriptor[8] = data[8] = colour;
  if (!dicom_number(dump, descriptor, 0, &entries) || !dicom_number(dump, descriptor, 1, &first) ||
      !dicom_number(dump, descriptor, 2, &bits) || (bits != 8 && bits != 16))
    return false;
  if (entries == 0) entries = 65536; /* what 0 stands for */
  size_t size = dicom_bytes(dump, data, bytes, room);
  bool wide = size >= 2 * (size_t)entries;
  if (size < entries) return false;
  for (unsigned v = 0; v < 256; v++) {
    size_t i = v < first ? 0 : v - first < entries ? v - first : entries - 1;
    values[v] = wide ? bytes[2 * i] | (unsigned)bytes[2 * i + 1] << 8 : bytes[i];
    if (values[v] > most) most = values[v];
  }
  bool high = bits == 16 && wide && most > 255;
  for (unsigned v = 0; v < 256; v++) out[v] = (uint8_t)(high ? values[v] >> 8 : values[v]);
  return true;
}

bool dicom_palette_of(const char *dump, dicom_palette *out) {
  enum { ROOM = 2 * 65536 + 2 };
  uint8_t *bytes = malloc(ROOM);
  bool whole = bytes != NULL;
  for (int c = 0; c < 3 && whole; c++) whole = table_of(dump, (char)('1' + c), bytes, ROOM, (*out)[c]);
  free(bytes);
  return whole;
}
