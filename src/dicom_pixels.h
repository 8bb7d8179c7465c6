/* Samples of a DICOM frame to RGBA, and what a coded frame says of itself: the same sums as web/dicom/pixels.js. */
#ifndef VM_DICOM_PIXELS_H
#define VM_DICOM_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dicom_layout {
  int width, height;
  int samples;      /* 1 or 3 */
  bool planar;      /* plane after plane, not pixel after pixel */
  char colours[17]; /* the photometric interpretation */
} dicom_layout;

/* Red, green, blue of each of 256 values. */
typedef uint8_t dicom_palette[3][256];

/* The picture's own header, before a codec makes room for it. */
typedef struct dicom_head {
  int64_t width, height;
  int samples, bits;
  unsigned mark; /* 0xC0 to 0xCF: a JPEG's, of which 0xC3 is lossless; 0xF7: JPEG-LS; 0x51: JPEG 2000 */
} dicom_head;

/* Of a JPEG, JPEG-LS or JPEG 2000 picture; false where it is none of them. */
bool dicom_head_of(const uint8_t *bytes, size_t size, dicom_head *out);

/* samples [height][width][samples], or plane after plane; out [height][width][4]. palette NULL but for PALETTE COLOR. */
void dicom_to_rgba(const uint8_t *samples, const dicom_layout *layout, const dicom_palette *palette, uint8_t *out);

/* Uncompressed YBR_FULL_422: Y Y Cb Cr for two pixels, [count rounded up to even][2]; out [count][4]. */
void dicom_from_422(const uint8_t *samples, size_t count, uint8_t *out);

/* The palette of a dump (dicom_dump.h); false where it is not whole. */
bool dicom_palette_of(const char *dump, dicom_palette *out);

#endif
