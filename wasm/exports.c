/* What JavaScript sees of the C core: plain functions on pointers and numbers, nothing of Emscripten beyond this.
 *
 * Pointers are byte offsets into the module's memory. A function that can fail takes `err`, a vm_error that
 * JavaScript allocated: int32 status, then text (UTF-8, ends with 0).
 */
#include <emscripten.h>
#include <stdlib.h>
#include <string.h>

#include "phantom.h"
#include "photo_inspect.h"
#include "photo_kind.h"

#define API EMSCRIPTEN_KEEPALIVE

API int vmw_error_size(void) { return (int)sizeof(vm_error); }

/* Which case of its status an error is, an empty text where there is but one. Borrowed from err. */
API const char *vmw_error_why(const vm_error *err) { return err->why; }

/* JSON, to be freed with vmw_free; NULL on failure. Needs no model. */
API char *vmw_constants(vm_error *err) {
  char *json = NULL;
  vm_constants(&json, err);
  return json;
}

API vm_model *vmw_open(const void *weights, size_t size, int side, int threads, vm_error *err) {
  vm_options opt = {side, threads};
  vm_model *model = NULL;
  vm_open(weights, size, &opt, &model, err);
  return model;
}

API void vmw_close(vm_model *model) { vm_close(model); }

/* JSON, to be freed with vmw_free; NULL on failure */
API char *vmw_info(const vm_model *model, vm_error *err) {
  char *json = NULL;
  vm_info(model, &json, err);
  return json;
}

/* Whether a JPEG or PNG is whole and within the limits, and what another file is instead; returns a vm_status. */
API int vmw_inspect(const uint8_t *bytes, size_t size, vm_error *err) {
  photo_header header;
  return (int)photo_inspect(bytes, size, &header, err);
}

/* The name of what a file is, NULL where its bytes tell nothing. Not to be freed. */
API const char *vmw_kind(const uint8_t *bytes, size_t size) {
  const photo_kind *kind = photo_kind_of(bytes, size);
  return kind != NULL ? kind->name : NULL;
}

/* Puts pixels [count][4] on black where they are transparent, in place. */
API void vmw_on_black(uint8_t *rgba, size_t count) { photo_on_black(rgba, count); }

/* Makes pixels [count][4] opaque, in place; red and blue change places where the first is blue. */
API void vmw_opaque(uint8_t *pixels, size_t count, int blue_first) { photo_opaque(pixels, count, blue_first); }

/* guide 0 is off; point is a vm_point; fine 0 or 1 */
API vm_result *vmw_screen(vm_model *model, const uint8_t *rgba, int width, int height, float guide, int point, int fine,
                          vm_error *err) {
  vm_request req = {guide == 0 ? VM_GUIDE_OFF : guide, (vm_point)point, fine};
  vm_result *result = NULL;
  vm_screen(model, rgba, width, height, &req, &result, err);
  return result;
}

API void vmw_result_free(vm_result *result) { vm_result_free(result); }

/* Rows of a class's heatmap over the whole photograph, drawn width x height pixels large: out [rows][width] 8 bit; returns a
 * vm_status */
API int vmw_heatmap(const vm_result *result, int class_index, int width, int height, int row, int rows, uint8_t *out) {
  if (result == NULL) return VM_ERR_ARGUMENT;
  vm_result at = *result; /* borrows the maps */
  float across = (float)width / (float)result->width, down = (float)height / (float)result->height;
  at.width = width;
  at.height = height;
  at.disc = (vm_disc){result->disc.x * across, result->disc.y * down, result->disc.radius * across};
  return (int)vm_render_u8(&at, VM_LAYER_HEATMAP, class_index, row, rows, out, NULL);
}

/* probability and mask [rows][width] 8 bit, at the photograph's resolution, one of both may be 0; returns a vm_status */
API int vmw_vessels(const vm_result *result, int row, int rows, uint8_t *probability, uint8_t *mask) {
  return (int)vm_render_vessels(result, row, rows, probability, mask, NULL);
}

/* The mask of the optic disc (cup 0) or of its cup (1) [rows][width] 8 bit, at the photograph's resolution; returns a
 * vm_status, VM_ERR_ARGUMENT where there is none */
API int vmw_disc(const vm_result *result, int cup, int row, int rows, uint8_t *mask) {
  return (int)vm_render_u8(result, cup ? VM_LAYER_CUP : VM_LAYER_DISC, 0, row, rows, mask, NULL);
}

/* Which lesions are drawn where: [rows][width] at the photograph's resolution, 0 = none, 1 = microaneurysm, and so on as
 * vm_lesion counts; where two are, the later one. Returns a vm_status. */
API int vmw_lesions(const vm_result *result, int row, int rows, uint8_t *kinds) {
  size_t count = (size_t)rows * (size_t)result->width;
  uint8_t *mask = malloc(count);
  vm_status s = mask != NULL ? VM_OK : VM_ERR_MEMORY;
  memset(kinds, 0, count);
  for (int k = 0; s == VM_OK && k < VM_LESIONS; k++) {
    if (result->lesions.kinds[k].count == 0) continue;
    s = vm_render_u8(result, VM_LAYER_LESION_MASK, k, row, rows, mask, NULL);
    for (size_t i = 0; i < count; i++)
      if (mask[i] > 0) kinds[i] = (uint8_t)(1 + k);
  }
  free(mask);
  return (int)s;
}

/* A map at the network's own resolution; layer is a vm_layer. Borrowed: valid until the result is freed. */
API const float *vmw_map(const vm_result *result, int layer, int class_index) {
  return vm_map(result, (vm_layer)layer, class_index);
}

/* JSON, to be freed with vmw_free; NULL on failure. Texts may be 0. */
API char *vmw_report(const vm_result *result, const char *image_name, const char *image_sha256,
                     const char *weights_sha256, const char *binary_sha256, const char *variant, int threads,
                     vm_error *err) {
  vm_provenance from = {image_name, image_sha256, weights_sha256, binary_sha256, variant, threads};
  char *json = NULL;
  vm_report(result, &from, &json, err);
  return json;
}

/* What stands for a photograph that could not be read, and for an eye whose file is given as both: whole numbers as vmw_decide_together takes them. */
API void vmw_not_readable(int point, vm_decision *out) { *out = vm_not_readable((vm_point)point); }
API void vmw_both_eyes(int point, vm_decision *out) { *out = vm_both_eyes((vm_point)point); }

/* each: `count` decisions as whole numbers, one after the other: answer, point, rest, number of reasons, then
 * VM_MAX_REASONS pairs of code and class; eyes: `count` whole numbers, 0 for an unknown eye; `together` has room for one
 * decision. Returns a vm_status. */
API int vmw_decide_together(const vm_decision *each, const int *eyes, int count, vm_decision *together, vm_error *err) {
  return (int)vm_decide_together(each, eyes, count, together, err);
}

API void vmw_free(void *p) { vm_free(p); }

/* marks: x, y and radius of the optic disc, x and y of the fovea, mean width of the vessels; rgba [side][side][4];
 * vessels and lesions [side][side] (0 to skip); returns a vm_status */
API int vmw_draw_phantom(uint32_t seed, int side, unsigned lesions, float cup, float calibre, float marks[6],
                         uint8_t *rgba, uint8_t *vessels, uint8_t *lesion_mask, vm_error *err) {
  vm_phantom_spec spec = {
      .seed = seed, .width = side, .height = side, .lesions = lesions, .cup = cup, .calibre = calibre};
  vm_phantom_marks at;
  vm_status status = vm_phantom_find(&spec, &at, err);
  if (status != VM_OK) return (int)status;
  const float found[6] = {at.optic_disc.x, at.optic_disc.y, at.optic_disc.radius,
                          at.fovea_x,      at.fovea_y,      at.vessel_width};
  for (int i = 0; i < 6; i++) marks[i] = found[i];
  return (int)vm_phantom(&spec, rgba, vessels, lesion_mask, NULL, err);
}
