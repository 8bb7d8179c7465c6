/* A JPEG's pixels to the last bit as browsers have them: they decode through libjpeg-turbo, whose roundings are its
 * documented ones and not stb_image's. stb_image reads the file; what comes after its coefficients is done here. */
#ifndef VM_PHOTO_SAMPLES_H
#define VM_PHOTO_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* Pixels [height][width][4] of a JPEG, alpha 255, as stored, without its orientation or colour profile. Free with free.
 * NULL: *why says why, in a word or two, never NULL. The file was looked through before (photo_inspect.h). */
uint8_t *photo_jpeg_pixels(const uint8_t *bytes, size_t size, int *width, int *height, const char **why);

/* The inverse cosine transform of a block of dequantised coefficients, row by row, as samples [8][8] whose rows lie
 * `stride` bytes apart. The coefficients stay as they are. */
void photo_inverse_cosine(uint8_t *samples, int stride, int16_t coefficients[64]);

#endif
