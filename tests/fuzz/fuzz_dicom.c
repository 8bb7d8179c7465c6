/* Any text as what is said of a DICOM object, and any bytes as its picture: numbers, names and colours, or none. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dicom_dump.h"
#include "dicom_pixels.h"

static void read_all(const char *dump) {
  static const char *const tags[] = {"0002,0010", "0010,0010", "0028,0010", "0028,0030", "0028,1101", "0028,1201"};
  char text[32], name[64];
  unsigned number = 0;
  int pieces = 0;
  dicom_palette palette;
  uint8_t bytes[64];
  for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
    if (dicom_text(dump, tags[i], text, sizeof text) != (*text != 0)) abort();
    for (const char *c = text; *c != 0; c++)
      if ((unsigned char)*c < ' ' || *c == 127) abort();
    for (int k = 0; k < 3; k++)
      if (dicom_number(dump, tags[i], k, &number) && number > 65535) abort();
    if (dicom_bytes(dump, tags[i], bytes, sizeof bytes) > sizeof bytes) abort();
  }
  (void)dicom_palette_of(dump, &palette);
  for (int k = 0; k < 4; k++)
    if (dicom_pixel_file(dump, k, &pieces, name) && strchr(name, '/') != NULL) abort();
}

/* Samples of a small picture, exactly as many as it needs. */
static void colour_all(const uint8_t *data, size_t size) {
  static const char *const colours[] = {"RGB", "YBR_FULL", "MONOCHROME1", "PALETTE COLOR"};
  dicom_layout layout = {.width = 3, .height = 2, .samples = 1};
  dicom_palette palette = {{0}};
  uint8_t out[4 * 6], *samples = malloc(18);
  for (size_t i = 0; samples != NULL && i < 18; i++) samples[i] = size > 0 ? data[i % size] : 0;
  for (size_t i = 0; samples != NULL && i < 4; i++) {
    layout.samples = i < 2 ? 3 : 1;
    layout.planar = size % 2 == 1 && i < 2;
    memcpy(layout.colours, colours[i], strlen(colours[i]) + 1);
    dicom_to_rgba(samples, &layout, i == 3 ? (const dicom_palette *)&palette : NULL, out);
  }
  if (samples != NULL) dicom_from_422(samples, 6, out);
  free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *dump = malloc(size + 1);
  uint8_t *exact = malloc(size > 0 ? size : 1); /* the sanitizer sees every byte too far */
  dicom_head head;
  if (dump != NULL && exact != NULL) {
    for (size_t i = 0; i < size; i++) dump[i] = (char)(data[i] != 0 ? data[i] : '?');
    dump[size] = 0;
    if (size > 0) memcpy(exact, data, size);
    read_all(dump);
    colour_all(data, size);
    (void)dicom_head_of(exact, size, &head);
  }
  free(dump);
  free(exact);
  return 0;
}
