/* Photographs from bytes: JPEG and PNG through stb_image, behind limits; upright as EXIF says. */
#ifndef VM_PHOTO_H
#define VM_PHOTO_H

#include "vmnet.h"

typedef struct photo_header {
  int width, height; /* as stored, before the orientation is applied */
  int orientation;   /* EXIF 1..8; 1 if there is none */
} photo_header;

/* Reads the header and walks the file to its end mark without decoding: limits, truncation, orientation. */
vm_status photo_inspect(const void *bytes, size_t size, photo_header *out, vm_error *err);

/* EXIF orientation 1..8 from the TIFF block of an APP1 segment ("Exif", two zero bytes, TIFF); 1 if unclear. */
int photo_exif_orientation(const uint8_t *segment, size_t size);

/* Encodes 8-bit pixels [height][width][channels] as PNG (channels 1 grey, 3 rgb, 4 rgba). Free with vm_free. */
vm_status photo_png(const uint8_t *pixels, int width, int height, int channels, uint8_t **out, size_t *size,
                    vm_error *err);

#endif
