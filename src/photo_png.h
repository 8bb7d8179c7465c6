/* Whether a PNG's pixels are those that were written: what its chunks' checksums cannot tell when a part went missing, or was
 * wrong already when they were made. */
#ifndef VM_PHOTO_PNG_H
#define VM_PHOTO_PNG_H

#include "photo_inspect.h"

/* Unpacks the pixels' data and looks whether it is all there, no more, and agrees with its own checksum (Adler-32). Only
 * for a PNG that photo_inspect has let through, with the header it gave. VM_ERR_DAMAGED or VM_ERR_MEMORY. A browser does
 * the same in web/photo/png.js, with its own decompressor. */
vm_status photo_png_check(const uint8_t *bytes, size_t size, const photo_header *header, vm_error *err);

#endif
