/* A photograph's file before any decoder sees it: what it is, how large, which way up, and whether all of it is there and
 * unchanged. The command and the page ask the same code. */
#ifndef VM_PHOTO_INSPECT_H
#define VM_PHOTO_INSPECT_H

#include "vmnet.h"

typedef struct photo_header {
  int width, height; /* as stored, before the orientation is applied */
  int orientation;   /* EXIF 1..8; 1 if there is none */
} photo_header;

/* Reads the header and the whole file without decoding: kind, limits, PNG's checksums, JPEG's codes, orientation.
 * VM_ERR_FORMAT names the kind and the way to one that can be read; VM_ERR_TOO_LARGE and VM_ERR_TOO_SMALL the limit;
 * VM_ERR_DAMAGED what is missing or changed. */
vm_status photo_inspect(const void *bytes, size_t size, photo_header *out, vm_error *err);

/* The limits on a photograph's sides and pixels: VM_OK, or what is over or under them. */
vm_status photo_check_size(int width, int height, vm_error *err);

/* EXIF orientation 1..8 from a TIFF block, with or without "Exif" and two zero bytes before it; 0 if it holds none. */
int photo_exif_orientation(const uint8_t *block, size_t size);

/* Puts pixels [count][4] on black where they are transparent, in place; alpha is 255 then. */
void photo_on_black(uint8_t *rgba, size_t count);

/* Makes pixels [count][4] opaque, in place, whatever their fourth byte holds; red and blue change places where the
 * first is blue. */
void photo_opaque(uint8_t *pixels, size_t count, int blue_first);

#endif
