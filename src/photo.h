/* Photographs from bytes: JPEG (photo_samples.h) and PNG through stb_image, upright as EXIF says. photo_inspect.c lets
 * through what they decode. */
#ifndef VM_PHOTO_H
#define VM_PHOTO_H

#include "vmnet.h"

/* Encodes 8-bit pixels [height][width][channels] as PNG (channels 1 grey, 3 rgb, 4 rgba). Free with vm_free. */
vm_status photo_png(const uint8_t *pixels, int width, int height, int channels, uint8_t **out, size_t *size,
                    vm_error *err);

#endif
