/* Photographs from files, for hosts that cannot decode them by the command's own rules: photo.c as a small module of its
 * own, decoder.wasm. A browser has its own decoder, so the modules that it loads are without one.
 *
 * Pointers are byte offsets into the module's memory. `err` is a vm_error that the host allocated: int32 status, then
 * text (UTF-8, ends with 0).
 */
#include <emscripten.h>
#include <stdlib.h>

#include "photo.h"
#include "photo_inspect.h"
#include "photo_kind.h"

#define API EMSCRIPTEN_KEEPALIVE

API int vmd_error_size(void) { return (int)sizeof(vm_error); }

/* Which case of its status an error is, an empty text where there is but one. Borrowed from err. */
API const char *vmd_error_why(const vm_error *err) { return err->why; }

/* The name of what a file is, NULL where its bytes tell nothing. Not to be freed. */
API const char *vmd_kind(const uint8_t *bytes, size_t size) {
  const photo_kind *kind = photo_kind_of(bytes, size);
  return kind != NULL ? kind->name : NULL;
}

/* image: int32 width, int32 height, pointer to [height][width][4]. Free with vmd_free_image. Returns a vm_status. */
API int vmd_load(const uint8_t *bytes, size_t size, vm_image *image, vm_error *err) {
  return (int)vm_image_load(bytes, size, image, err);
}

API void vmd_free_image(vm_image *image) { vm_image_free(image); }

/* The limits on sides and pixels, for pixels that never were a file. Returns a vm_status. */
API int vmd_check_size(int width, int height, vm_error *err) { return (int)photo_check_size(width, height, err); }

/* Pixels [height][width][channels], 1 grey or 4 rgba, as PNG: its place, to be freed with free, and its size; NULL without
 * memory. */
API uint8_t *vmd_png(const uint8_t *pixels, int width, int height, int channels, size_t *size, vm_error *err) {
  uint8_t *png = NULL;
  photo_png(pixels, width, height, channels, &png, size, err);
  return png;
}
