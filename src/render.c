/* Layers of a result at the photograph's resolution. */
#include <float.h>
#include <stdlib.h>

#include "disc_cup.h"
#include "grid.h"
#include "square.h"
#include "status.h"

#define DRAWN_AT_ONCE 4 /* rows of a layer in floats, before they become bytes: few enough for the nearest cache */

/* The vessel mask where it is an artery, or a vein: out [rows][width], 0 or 1. */
static void draw_kind(const vm_result *r, bool artery, int row, int rows, float *out) {
  float vessels[VM_MAX_SIDE]; /* of one row */
  square_draw(r->arteries.map, r->size, r->disc, r->width, row, rows, out);
  for (int y = 0; y < rows; y++, out += r->width) {
    square_draw(r->vessels, r->size, r->disc, r->width, row + y, 1, vessels);
    for (int x = 0; x < r->width; x++) {
      bool vessel = vessels[x] > 0 && vessels[x] >= r->vessel_threshold;
      out[x] = vessel && (out[x] >= 0.5f) == artery;
    }
  }
}

static void draw_rows(const vm_result *r, vm_layer layer, int c, int row, int rows, float *out) {
  size_t n = (size_t)rows * (size_t)r->width;
  if (layer == VM_LAYER_GUIDE) {
    square_draw(r->guide_map, r->grid, r->disc, r->width, row, rows, out);
  } else if (layer == VM_LAYER_HEATMAP) {
    const vm_class *k = &r->classes[c];
    square_draw(k->activation, r->grid, r->disc, r->width, row, rows, out);
    float scale = k->heatmap_max > 0 ? 1 / k->heatmap_max : 0;
    for (size_t i = 0; i < n; i++) {
      float v = out[i] * scale;
      v = v > 0 ? v : 0;
      out[i] = v < 1 ? v : 1; /* at the rim, cells beyond it count */
    }
  } else if (layer == VM_LAYER_DISC || layer == VM_LAYER_CUP) {
    square_draw(layer == VM_LAYER_DISC ? r->disc_map : r->cup_map, r->disc_side, r->disc, r->width, row, rows, out);
    for (size_t i = 0; i < n; i++) out[i] = out[i] >= DISC_CUP_AT;
  } else if (layer == VM_LAYER_LESION || layer == VM_LAYER_LESION_MASK) {
    const vm_lesion_measures *k = &r->lesions.kinds[c];
    square_draw(k->map, r->size, r->disc, r->width, row, rows, out);
    for (size_t i = 0; layer == VM_LAYER_LESION_MASK && i < n; i++) out[i] = out[i] > 0 && out[i] >= k->threshold;
  } else if (layer == VM_LAYER_ARTERIES || layer == VM_LAYER_VEINS) {
    draw_kind(r, layer == VM_LAYER_ARTERIES, row, rows, out);
  } else if (layer == VM_LAYER_ARTERY_MAP) {
    square_draw(r->arteries.map, r->size, r->disc, r->width, row, rows, out);
  } else {
    square_draw(r->vessels, r->size, r->disc, r->width, row, rows, out);
    for (size_t i = 0; layer == VM_LAYER_VESSEL_MASK && i < n; i++)
      out[i] = out[i] > 0 && out[i] >= r->vessel_threshold;
  }
}

static vm_status check(const vm_result *r, vm_layer layer, int class_index, int row, int rows, const void *out,
                       vm_error *err) {
  if (r == NULL || out == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "render: a result and a place for its pixels are needed");
  if (row < 0 || rows < 0 || row > r->height - rows)
    return status_fail(err, VM_ERR_ARGUMENT, "render: %d rows from row %d on: the photograph has %d", rows, row,
                       r->height);
  if (layer < VM_LAYER_VESSELS || layer > VM_LAYER_ARTERY_MAP || layer == VM_LAYER_BEFORE || layer == VM_LAYER_AFTER)
    return status_fail(err, VM_ERR_ARGUMENT, "render: layer %d: must be %d to %d, and neither %d nor %d", (int)layer,
                       VM_LAYER_VESSELS, VM_LAYER_ARTERY_MAP, VM_LAYER_BEFORE, VM_LAYER_AFTER);
  if (layer >= VM_LAYER_ARTERIES && r->arteries.map == NULL)
    return status_fail(err, VM_ERR_ARGUMENT,
                       "render: layer %d: arteries and veins are not told apart in this photograph (%s); ask arteries "
                       "first",
                       (int)layer, vm_arteries_validity_name(r->arteries.validity));
  if ((layer == VM_LAYER_DISC && r->disc_map == NULL) || (layer == VM_LAYER_CUP && r->cup_map == NULL))
    return status_fail(err, VM_ERR_ARGUMENT,
                       "render: layer %d: there is none in this photograph (%s); ask disc_cup first", (int)layer,
                       vm_disc_validity_name(r->disc_cup.validity));
  if (layer == VM_LAYER_LESION || layer == VM_LAYER_LESION_MASK) {
    if (class_index < 0 || class_index >= VM_LESIONS)
      return status_fail(err, VM_ERR_ARGUMENT, "render: lesion %d: must be 0 to %d", class_index, VM_LESIONS - 1);
    if (r->lesions.kinds[class_index].map == NULL)
      return status_fail(err, VM_ERR_ARGUMENT, "render: %s: not drawn for this photograph (%s); ask lesions first",
                         vm_lesion_name((vm_lesion)class_index), vm_lesions_validity_name(r->lesions.validity));
  }
  if (layer == VM_LAYER_HEATMAP && (class_index < 0 || class_index >= r->class_count))
    return status_fail(err, VM_ERR_ARGUMENT, "render: class %d: must be 0 to %d", class_index, r->class_count - 1);
  return status_ok(err);
}

vm_status vm_render(const vm_result *r, vm_layer layer, int class_index, int row, int rows, float *out, vm_error *err) {
  vm_status s = check(r, layer, class_index, row, rows, out, err);
  if (s == VM_OK) draw_rows(r, layer, class_index, row, rows, out);
  return s;
}

/* 0..1 -> 0..255, to the nearest. A float of 2^23 and more has no fraction: its lowest byte is the rounded value. This way
 * because conversions are the slow part in WebAssembly, additions are not. */
static void to_bytes(const float *line, size_t n, uint8_t *restrict out) {
  for (size_t i = 0; i < n; i++) {
    union {
      float value;
      uint32_t bits;
    } v = {line[i] * 255 + 8388608.0f};
    out[i] = (uint8_t)v.bits;
  }
}

/* The mask of vessel probabilities as bytes: 255 where they reach the threshold. */
static void to_mask(const float *line, size_t n, float threshold, uint8_t *restrict out) {
  const float least = larger(threshold, FLT_TRUE_MIN); /* outside the field of view, where it is 0, there are none */
  for (size_t i = 0; i < n; i++) out[i] = line[i] >= least ? 255 : 0;
}

/* Draws rows in bytes, and the mask of the vessels beside: one of both may be NULL. */
static vm_status draw_bytes(const vm_result *r, vm_layer layer, int c, int row, int rows, uint8_t *out, uint8_t *mask,
                            vm_error *err) {
  size_t width = (size_t)r->width;
  float *lines = malloc(DRAWN_AT_ONCE * width * sizeof *lines);
  if (lines == NULL)
    return status_fail(err, VM_ERR_MEMORY, "render: out of memory for %d rows of %zu pixels", DRAWN_AT_ONCE, width);
  for (int y = 0; y < rows; y += DRAWN_AT_ONCE) {
    int n = rows - y < DRAWN_AT_ONCE ? rows - y : DRAWN_AT_ONCE;
    size_t at = (size_t)y * width, count = (size_t)n * width;
    draw_rows(r, layer, c, row + y, n, lines);
    if (out != NULL) to_bytes(lines, count, out + at);
    if (mask != NULL) to_mask(lines, count, r->vessel_threshold, mask + at);
  }
  free(lines);
  return VM_OK;
}

vm_status vm_render_u8(const vm_result *r, vm_layer layer, int class_index, int row, int rows, uint8_t *out,
                       vm_error *err) {
  vm_status s = check(r, layer, class_index, row, rows, out, err);
  return s == VM_OK ? draw_bytes(r, layer, class_index, row, rows, out, NULL, err) : s;
}

vm_status vm_render_vessels(const vm_result *r, int row, int rows, uint8_t *probability, uint8_t *mask, vm_error *err) {
  vm_status s = check(r, VM_LAYER_VESSELS, 0, row, rows, mask != NULL ? mask : probability, err);
  return s == VM_OK ? draw_bytes(r, VM_LAYER_VESSELS, 0, row, rows, probability, mask, err) : s;
}

const float *vm_map(const vm_result *r, vm_layer layer, int class_index) {
  switch (layer) {
  case VM_LAYER_VESSELS: return r->vessels;
  case VM_LAYER_GUIDE: return r->guide_map;
  case VM_LAYER_BEFORE: return r->features_before;
  case VM_LAYER_AFTER: return r->features_after;
  case VM_LAYER_ARTERY_MAP: return r->arteries.map;
  case VM_LAYER_HEATMAP:
    return class_index >= 0 && class_index < r->class_count ? r->classes[class_index].activation : NULL;
  case VM_LAYER_VESSEL_MASK:
  case VM_LAYER_DISC:
  case VM_LAYER_CUP:
  case VM_LAYER_LESION:
  case VM_LAYER_LESION_MASK:
  case VM_LAYER_ARTERIES:
  case VM_LAYER_VEINS: break;
  }
  return NULL;
}
