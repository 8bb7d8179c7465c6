/* stb_image and stb_image_write as this project uses them; the code itself is compiled in stb.c. */
#ifndef VM_STB_H
#define VM_STB_H

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#include <stb_image.h>
#include <stb_image_write.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

unsigned char *stbi_write_png_to_mem(const unsigned char *pixels, int stride_bytes, int x, int y, int n, int *out_len);

/* One component of a JPEG, between its inverse transform and its enlarging. */
typedef struct stb_plane {
  int id;            /* that the file gives it */
  int across, down;  /* sampling factors, divisors of the largest */
  int width, height; /* samples that belong to the picture */
  int stride;        /* samples from one row to the next */
  uint8_t *samples;  /* owned by stb_jpeg, [height][stride] */
} stb_plane;

typedef struct stb_jpeg {
  int width, height; /* pixels */
  int planes;        /* 1, 3 or 4 */
  int across, down;  /* largest sampling factors */
  stb_plane plane[4];
  void *decoder; /* owned; stb_image's own */
} stb_jpeg;

/* Writes the samples [8][8], rows `stride` bytes apart, of a block of dequantised coefficients, row by row. */
typedef void stb_inverse(uint8_t *samples, int stride, int16_t coefficients[64]);

/* Decodes a JPEG as far as its samples, with `inverse` in place of stb_image's own. Free with stb_jpeg_free.
 * False: stbi_failure_reason() says why, and nothing is owned. */
bool stb_jpeg_decode(const uint8_t *bytes, int size, stb_inverse *inverse, stb_jpeg *out);

void stb_jpeg_free(stb_jpeg *jpeg);

#endif
