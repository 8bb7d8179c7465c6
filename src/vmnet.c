#include "vmnet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fundus.h"
#include "gradcam.h"
#include "json.h"
#include "measures.h"
#include "network.h"
#include "optic_disc.h"
#include "quality.h"
#include "status.h"

#define DRAWN_AT_ONCE 16 /* rows of a layer in floats, before they become bytes */

struct vm_model {
  vm_network *network;
  vm_weights weights; /* its classes and thresholds; the tensors are closed after vm_open */
  int tensor_count, threads, size;
};

/* ---- model ---- */

static vm_status check_options(const vm_options *opt, vm_error *err) {
  if (opt->size < VM_SIZE_MIN || opt->size > VM_SIZE_MAX || opt->size % VM_SIZE_STEP != 0)
    return status_fail(err, VM_ERR_ARGUMENT, "size %d: must be %d to %d in steps of %d", opt->size, VM_SIZE_MIN,
                       VM_SIZE_MAX, VM_SIZE_STEP);
  if (opt->threads < 1 || opt->threads > VM_MAX_THREADS)
    return status_fail(err, VM_ERR_ARGUMENT, "threads %d: must be 1 to %d", opt->threads, VM_MAX_THREADS);
  return VM_OK;
}

vm_status vm_open(const void *weights, size_t size, const vm_options *opt, vm_model **out, vm_error *err) {
  if (out == NULL) return status_fail(err, VM_ERR_ARGUMENT, "open: no place for the model");
  *out = NULL;
  vm_options o = opt != NULL ? *opt : (vm_options){0};
  if (o.size == 0) o.size = VM_SIZE_DEFAULT;
  if (o.threads == 0) o.threads = 1;
  vm_status s = check_options(&o, err);
  if (s != VM_OK) return s;
  vm_model *m = calloc(1, sizeof *m);
  if (m == NULL) return status_fail(err, VM_ERR_MEMORY, "open: out of memory");
  s = weights_open(weights, size, &m->weights, err);
  if (s == VM_OK) s = network_create(&m->weights, o.size, o.threads, &m->network, err);
  if (s != VM_OK) {
    weights_close(&m->weights);
    free(m);
    return s;
  }
  m->tensor_count = m->weights.tensor_count;
  m->size = o.size;
  m->threads = o.threads;
  free(m->weights.tensors); /* packed by now; the rest of the metadata stays */
  m->weights.tensors = NULL;
  m->weights.tensor_count = 0;
  m->weights.bytes = NULL;
  *out = m;
  return status_ok(err);
}

void vm_close(vm_model *m) {
  if (m == NULL) return;
  network_free(m->network);
  weights_close(&m->weights);
  free(m);
}

/* "Age-related macular degeneration" -> "age-related-macular-degeneration" */
static void make_id(const char *name, char id[WEIGHTS_MAX_NAME]) {
  size_t n = 0;
  for (; *name && n + 1 < WEIGHTS_MAX_NAME; name++) {
    char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) id[n++] = c;
    else if (n > 0 && id[n - 1] != '-') id[n++] = '-';
  }
  while (n > 0 && id[n - 1] == '-') n--;
  id[n] = 0;
}

static void put_pair(json_out *j, const char *key, double value) {
  json_put_key(j, key);
  json_put_number(j, value);
}

static void put_points(json_out *j, const weights_class *k) {
  json_put_key(j, "points");
  json_put(j, "{");
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    json_put_key(j, weights_point_names[i]);
    json_put(j, "{");
    json_put_key(j, "threshold");
    json_put_number(j, k->points[i].threshold);
    put_pair(j, "sensitivity", k->points[i].sensitivity);
    put_pair(j, "specificity", k->points[i].specificity);
    json_put(j, "}");
  }
  json_put(j, "}");
}

vm_status vm_info(const vm_model *m, char **json, vm_error *err) {
  if (m == NULL || json == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "info: a model and a place for the text are needed");
  json_out j = {0};
  json_put(&j, "{\"notice\":\"" VM_NOTICE "\",\"version\":\"" VM_VERSION "\",\"weights\":");
  json_put_string(&j, m->weights.name);
  put_pair(&j, "format", WEIGHTS_FORMAT);
  put_pair(&j, "size", m->size);
  put_pair(&j, "threads", m->threads);
  put_pair(&j, "tensors", m->tensor_count);
  put_pair(&j, "parameters", (double)network_parameters(m->network));
  put_pair(&j, "vessel_threshold", m->weights.vessel_threshold);
  put_pair(&j, "gradable_threshold", m->weights.gradable_threshold);
  json_put(&j, ",\"classes\":[");
  for (int c = 0; c < m->weights.class_count; c++) {
    const weights_class *k = &m->weights.classes[c];
    char id[WEIGHTS_MAX_NAME];
    make_id(k->name, id);
    json_put(&j, c > 0 ? ",{" : "{");
    json_put_key(&j, "id");
    json_put_string(&j, id);
    json_put_key(&j, "name");
    json_put_string(&j, k->name);
    put_pair(&j, "scale", k->scale);
    put_pair(&j, "offset", k->offset);
    put_pair(&j, "threshold", k->threshold);
    if (k->has_points) put_points(&j, k);
    json_put(&j, "}");
  }
  json_put(&j, "]}");
  *json = j.text;
  return j.failed ? status_fail(err, VM_ERR_MEMORY, "info: out of memory") : status_ok(err);
}

/* ---- screening ---- */

static vm_status check_photo(const uint8_t *rgba, int width, int height, float guide, vm_error *err) {
  if (rgba == NULL) return status_fail(err, VM_ERR_ARGUMENT, "photograph: no pixels");
  vm_status s = status_check_size(width, height, err);
  if (s != VM_OK) return s;
  if (!(guide >= 0 && guide <= 1)) return status_fail(err, VM_ERR_ARGUMENT, "guide %g: must be 0 to 1", (double)guide);
  return VM_OK;
}

/* One block for everything a result points to. */
typedef struct result_memory {
  float *vessels, *guide, *before, *after, *activation;
  char (*names)[WEIGHTS_MAX_NAME]; /* [2 * classes]: names, then ids */
} result_memory;

static void *allocate_result(const network_output *o, result_memory *out) {
  size_t pixels = (size_t)o->size * (size_t)o->size, cells = (size_t)o->grid * (size_t)o->grid,
         classes = (size_t)o->classes;
  size_t floats = pixels + 3 * cells + cells * classes;
  float *block = malloc(floats * sizeof *block + 2 * classes * sizeof *out->names);
  if (block == NULL) return NULL;
  float *maps = block + pixels;
  *out = (result_memory){block, maps, maps + cells, maps + 2 * cells, maps + 3 * cells, (void *)(block + floats)};
  return block;
}

static void fill_features(const network_output *o, const result_memory *mem, vm_result *r) {
  for (int i = 0; i < o->grid * o->grid; i++) {
    mem->before[i] = o->features[i];
    mem->after[i] = o->features[i] * (1 + o->strength * o->guide[i]);
  }
  r->features_before = mem->before;
  r->features_after = mem->after;
}

static void fill_classes(const vm_model *m, const network_output *o, const result_memory *mem, vm_result *r) {
  size_t cells = (size_t)o->grid * (size_t)o->grid;
  for (int c = 0; c < o->classes; c++) {
    const weights_class *k = &m->weights.classes[c];
    float *plane = mem->activation + (size_t)c * cells;
    gradcam_plane(o->activation, o->grid, o->classes, c, plane);
    char *name = mem->names[c], *id = mem->names[o->classes + c];
    memcpy(name, k->name, sizeof k->name);
    make_id(name, id);
    r->classes[c] = (vm_class){.name = name,
                               .id = id,
                               .logit = o->logits[c],
                               .probability = 1 / (1 + expf(-(k->scale * o->logits[c] + k->offset))),
                               .threshold = k->threshold,
                               .heatmap_max = gradcam_peak(plane, o->grid, r->disc, r->width, r->height),
                               .activation = plane,
                               .bias = network_bias(m->network)[c]};
  }
}

/* What is measured rather than learnt. False: out of memory. */
static bool fill_measures(const vm_model *m, const network_output *o, vm_result *r) {
  const float *input = network_input(m->network); /* a run leaves it as it was */
  quality_facts facts;
  if (!optic_disc_find(input, o->vessels, o->size, r->disc, r->width, r->height, &r->optic_disc, NULL) ||
      !measures_take(o->vessels, o->size, r->vessel_threshold, r->disc, r->width, r->height, &r->optic_disc,
                     r->measures) ||
      !quality_measure(input, o->size, &facts))
    return false;
  r->vessel_density = r->measures[VM_FIELD].density;
  r->eye = optic_disc_eye(&r->optic_disc, r->disc, &r->eye_confidence);
  r->reasons = quality_reasons(&facts, r->gradability, r->gradable_at, r->vessel_density, &r->optic_disc);
  return true;
}

static vm_result *make_result(const vm_model *m, const network_output *o, vm_disc disc, int width, int height,
                              float guide) {
  vm_result *r = calloc(1, sizeof *r);
  result_memory mem;
  if (r != NULL) r->own = allocate_result(o, &mem);
  if (r == NULL || r->own == NULL) {
    free(r);
    return NULL;
  }
  memcpy(mem.vessels, o->vessels, (size_t)o->size * (size_t)o->size * sizeof(float));
  memcpy(mem.guide, o->guide, (size_t)o->grid * (size_t)o->grid * sizeof(float));
  r->width = width;
  r->height = height;
  r->size = o->size;
  r->grid = o->grid;
  r->guide = guide;
  r->disc = disc;
  r->gradability = o->gradability;
  r->gradable_at = m->weights.gradable_threshold;
  r->vessel_threshold = m->weights.vessel_threshold;
  r->class_count = o->classes;
  r->vessels = mem.vessels;
  r->guide_map = mem.guide;
  fill_features(o, &mem, r);
  fill_classes(m, o, &mem, r);
  if (!fill_measures(m, o, r)) {
    vm_result_free(r);
    return NULL;
  }
  return r;
}

vm_status vm_screen(vm_model *m, const uint8_t *rgba, int width, int height, const vm_request *req, vm_result **out,
                    vm_error *err) {
  if (out != NULL) *out = NULL;
  if (m == NULL || out == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "screen: a model and a place for the result are needed");
  float guide = req != NULL ? req->guide : 1;
  vm_disc disc;
  network_output o;
  vm_status s = check_photo(rgba, width, height, guide, err);
  if (s == VM_OK) s = vm_find_disc(rgba, width, height, &disc, err);
  if (s == VM_OK) s = vm_prepare(rgba, width, height, disc, m->size, network_input(m->network), err);
  if (s == VM_OK) s = network_run(m->network, guide, &o, err);
  if (s != VM_OK) return s;
  *out = make_result(m, &o, disc, width, height, guide);
  return *out != NULL ? status_ok(err) : status_fail(err, VM_ERR_MEMORY, "screen: out of memory for the result");
}

void vm_result_free(vm_result *r) {
  if (r == NULL) return;
  free(r->own);
  free(r);
}

/* ---- drawing ---- */

static void draw_rows(const vm_result *r, vm_layer layer, int c, int row, int rows, float *out) {
  size_t n = (size_t)rows * (size_t)r->width;
  if (layer == VM_LAYER_GUIDE) {
    fundus_draw(r->guide_map, r->grid, r->disc, r->width, row, rows, out);
  } else if (layer == VM_LAYER_HEATMAP) {
    const vm_class *k = &r->classes[c];
    fundus_draw(k->activation, r->grid, r->disc, r->width, row, rows, out);
    float scale = k->heatmap_max > 0 ? 1 / k->heatmap_max : 0;
    for (size_t i = 0; i < n; i++) {
      float v = out[i] * scale;
      v = v > 0 ? v : 0;
      out[i] = v < 1 ? v : 1; /* at the rim, cells beyond it count */
    }
  } else {
    fundus_draw(r->vessels, r->size, r->disc, r->width, row, rows, out);
    for (size_t i = 0; layer == VM_LAYER_VESSEL_MASK && i < n; i++)
      out[i] = out[i] > 0 && out[i] >= r->vessel_threshold;
  }
}

vm_status vm_render(const vm_result *r, vm_layer layer, int class_index, int row, int rows, float *out) {
  if (r == NULL || out == NULL || row < 0 || rows < 0 || row > r->height - rows || layer > VM_LAYER_GUIDE ||
      (layer == VM_LAYER_HEATMAP && (class_index < 0 || class_index >= r->class_count)))
    return VM_ERR_ARGUMENT;
  draw_rows(r, layer, class_index, row, rows, out);
  return VM_OK;
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

vm_status vm_render_u8(const vm_result *r, vm_layer layer, int class_index, int row, int rows, uint8_t *out) {
  if (r == NULL || out == NULL) return VM_ERR_ARGUMENT;
  size_t width = (size_t)r->width;
  float *lines = malloc(DRAWN_AT_ONCE * width * sizeof *lines);
  if (lines == NULL) return VM_ERR_MEMORY;
  vm_status s = rows < 0 ? VM_ERR_ARGUMENT : VM_OK;
  for (int y = 0; y < rows && s == VM_OK; y += DRAWN_AT_ONCE) {
    int n = rows - y < DRAWN_AT_ONCE ? rows - y : DRAWN_AT_ONCE;
    s = vm_render(r, layer, class_index, row + y, n, lines);
    if (s == VM_OK) to_bytes(lines, (size_t)n * width, out + (size_t)y * width);
  }
  free(lines);
  return s;
}
