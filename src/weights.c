#include "weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "status.h"

#define BAD(...) status_fail(err, VM_ERR_WEIGHTS, "weights: " __VA_ARGS__)
#define REMEDY "; fetch the file again"

static size_t type_size(weights_type type) { return type == WEIGHTS_I8 ? 1 : type == WEIGHTS_F16 ? 2 : 4; }

/* ---- metadata ---- */

static bool number_in(const json_doc *doc, int object, const char *key, double low, double high, float *out) {
  double value;
  if (!json_number(doc, json_member(doc, object, key), &value) || value < low || value > high) return false;
  *out = (float)value;
  return true;
}

const char *const weights_point_names[WEIGHTS_POINTS] = {"screening", "balanced", "specific"};

/* Operating points are optional; if they are there, all must be, by rising threshold. */
static vm_status read_points(const json_doc *doc, int object, weights_class *out, vm_error *err) {
  int points = json_member(doc, object, "points");
  out->has_points = points >= 0;
  if (!out->has_points) return VM_OK;
  float least = 0;
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    int point = json_member(doc, points, weights_point_names[i]);
    weights_point *p = &out->points[i];
    if (!number_in(doc, point, "threshold", 0, 1, &p->threshold) || p->threshold < least ||
        !number_in(doc, point, "sensitivity", 0, 1, &p->sensitivity) ||
        !number_in(doc, point, "specificity", 0, 1, &p->specificity))
      return BAD("metadata: class %s: point \"%s\" lacks threshold (not below the one before), sensitivity or "
                 "specificity (0..1)",
                 out->name, weights_point_names[i]);
    least = p->threshold;
  }
  return VM_OK;
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

static vm_status read_class(const json_doc *doc, int object, int index, weights_class *out, vm_error *err) {
  if (json_string(doc, json_member(doc, object, "name"), out->name, sizeof out->name) <= 0)
    return BAD("metadata: class %d has no name of 1 to %d bytes", index, WEIGHTS_MAX_NAME - 1);
  make_id(out->name, out->id);
  if (!number_in(doc, object, "scale", 1e-3, 1e3, &out->scale) ||
      !number_in(doc, object, "offset", -1e3, 1e3, &out->offset) ||
      !number_in(doc, object, "threshold", 0, 1, &out->threshold))
    return BAD("metadata: class %d (%s) lacks scale, offset or threshold (0..1)", index, out->name);
  return read_points(doc, object, out, err);
}

static vm_status read_classes(const json_doc *doc, vm_weights *w, vm_error *err) {
  int list = json_member(doc, 0, "classes");
  w->class_count = json_size(doc, list);
  if (!json_is_array(doc, list) || w->class_count < 1 || w->class_count > VM_MAX_CLASSES)
    return BAD("metadata: \"classes\" must list 1 to %d classes", VM_MAX_CLASSES);
  int token = list + 1;
  for (int i = 0; i < w->class_count; i++, token = json_next(doc, token)) {
    vm_status s = read_class(doc, token, i, &w->classes[i], err);
    if (s != VM_OK) return s;
  }
  return VM_OK;
}

static int class_named(const json_doc *doc, int token, const vm_weights *w) {
  for (int c = 0; c < w->class_count; c++)
    if (json_equals(doc, token, w->classes[c].name)) return c;
  return -1;
}

static vm_status read_unnamed(const json_doc *doc, int object, vm_weights *w, vm_error *err) {
  int list = json_member(doc, object, "unnamed");
  if (!json_is_array(doc, list)) return BAD("metadata: decision: \"unnamed\" must list classes");
  int token = list + 1;
  for (int i = 0; i < json_size(doc, list); i++, token = json_next(doc, token)) {
    int c = class_named(doc, token, w);
    if (c < 0) return BAD("metadata: decision: number %d of \"unnamed\" is no class of this file", i + 1);
    w->decision.unnamed[c] = true;
  }
  return VM_OK;
}

static vm_status read_evidence(const json_doc *doc, int object, vm_weights *w, vm_error *err) {
  weights_decision *d = &w->decision;
  int evidence = json_member(doc, object, "evidence"), list = json_member(doc, evidence, "logits");
  bool good = json_is_array(doc, list) && json_size(doc, list) == w->class_count;
  int token = list + 1;
  for (int c = 0; good && c < w->class_count; c++, token = json_next(doc, token)) {
    double value = 0;
    good = json_number(doc, token, &value) && fabs(value) <= 1e3;
    d->logits[c] = (float)value;
  }
  if (!good || !number_in(doc, evidence, "lse", -1e3, 1e3, &d->lse) ||
      !number_in(doc, evidence, "offset", -1e3, 1e3, &d->offset))
    return BAD("metadata: decision: \"evidence\" must have logits (%d numbers), lse and offset", w->class_count);
  return VM_OK;
}

static vm_status read_clear(const json_doc *doc, int object, vm_weights *w, vm_error *err) {
  int points = json_member(doc, object, "points");
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    int point = json_member(doc, points, weights_point_names[i]);
    weights_clear *p = &w->decision.points[i];
    if (!number_in(doc, point, "normal_at", 0, 1, &p->normal_at) ||
        !number_in(doc, point, "evidence_at", -1e3, 1e3, &p->evidence_at) ||
        !number_in(doc, point, "near", 0, 1e3, &p->near) || !number_in(doc, point, "diseased", 0, 1, &p->diseased) ||
        !number_in(doc, point, "healthy", 0, 1, &p->healthy))
      return BAD(
          "metadata: decision: point \"%s\" lacks normal_at, diseased, healthy (0..1), evidence_at or near (0 or more)",
          weights_point_names[i]);
  }
  return VM_OK;
}

static vm_status read_quality(const json_doc *doc, int object, weights_quality *q, vm_error *err) {
  static const char *const names[WEIGHTS_FACTS] = {"gradability", "vessels",  "optic-disc", "lit",
                                                   "light",       "fineness", "fundus",     "hues"};
  int quality = json_member(doc, object, "quality"), facts = json_member(doc, quality, "facts"), known = 0;
  if (quality < 0) return VM_OK;
  q->given = true;
  bool good = json_is_object(doc, facts) && number_in(doc, quality, "offset", -1e3, 1e3, &q->offset);
  for (int i = 0; good && i < WEIGHTS_FACTS; i++) {
    if (json_member(doc, facts, names[i]) < 0) continue;
    known++;
    good = number_in(doc, facts, names[i], -1e3, 1e3, &q->facts[i]);
  }
  if (!good || known != json_size(doc, facts))
    return BAD("metadata: decision: \"quality\" must have an offset and facts, numbers named gradability, vessels, "
               "optic-disc, lit, light, fineness, fundus or hues");
  return VM_OK;
}

/* What a file without a decision block means by the names of its classes. */
static void guess_marks(vm_weights *w) {
  w->decision.normal = -1;
  for (int c = 0; c < w->class_count; c++) {
    if (strcmp(w->classes[c].id, "normal") == 0) w->decision.normal = c;
    w->decision.unnamed[c] = strncmp(w->classes[c].id, "other", 5) == 0;
  }
}

static vm_status read_decision(const json_doc *doc, vm_weights *w, vm_error *err) {
  int block = json_member(doc, 0, "decision");
  w->decision.given = block >= 0;
  if (block < 0) {
    guess_marks(w);
    return VM_OK;
  }
  w->decision.normal = class_named(doc, json_member(doc, block, "normal"), w);
  if (w->decision.normal < 0) return BAD("metadata: decision: \"normal\" is no class of this file");
  vm_status s = read_unnamed(doc, block, w, err);
  if (s == VM_OK) s = read_evidence(doc, block, w, err);
  if (s == VM_OK) s = read_clear(doc, block, w, err);
  if (s == VM_OK) s = read_quality(doc, block, &w->quality, err);
  return s;
}

static vm_status read_metadata(const char *text, size_t size, vm_weights *w, vm_error *err) {
  json_doc doc;
  double version = 0;
  if (!json_parse(text, size, &doc)) return BAD("metadata \"vmnet\" is not JSON" REMEDY);
  vm_status s = VM_OK;
  if (!json_number(&doc, json_member(&doc, 0, "version"), &version) || version != WEIGHTS_FORMAT)
    s = BAD("format version %g is unknown, this program reads %d; use a matching release", version, WEIGHTS_FORMAT);
  else if (!json_equals(&doc, json_member(&doc, 0, "preprocessing"), WEIGHTS_PREPROCESSING))
    s = BAD("metadata: \"preprocessing\" must be \"%s\"", WEIGHTS_PREPROCESSING);
  else if (json_string(&doc, json_member(&doc, 0, "name"), w->name, sizeof w->name) <= 0)
    s = BAD("metadata: \"name\" must have 1 to %d bytes", WEIGHTS_MAX_NAME - 1);
  else if (!number_in(&doc, 0, "vessel_threshold", 0, 1, &w->vessel_threshold) ||
           !number_in(&doc, 0, "gradable_threshold", 0, 1, &w->gradable_threshold))
    s = BAD("metadata: \"vessel_threshold\" and \"gradable_threshold\" must be numbers in 0..1");
  else s = read_classes(&doc, w, err);
  if (s == VM_OK) s = read_decision(&doc, w, err);
  json_free(&doc);
  return s;
}

static vm_status unescape_metadata(const json_doc *header, int token, vm_weights *w, vm_error *err) {
  if (!json_is_string(header, token)) return BAD("metadata \"vmnet\" is missing: this is no V-MNet weights file");
  size_t capacity = json_length(header, token) + 1;
  char *text = malloc(capacity);
  if (text == NULL) return status_fail(err, VM_ERR_MEMORY, "weights: no memory for %zu bytes of metadata", capacity);
  int n = json_string(header, token, text, capacity);
  vm_status s = n < 0 ? BAD("metadata \"vmnet\" has bad escapes" REMEDY) : read_metadata(text, (size_t)n, w, err);
  free(text);
  return s;
}

/* ---- tensors ---- */

static vm_status read_shape(const json_doc *doc, int list, weights_tensor *t, vm_error *err) {
  t->rank = json_size(doc, list);
  if (!json_is_array(doc, list) || t->rank < 1 || t->rank > 4)
    return BAD("tensor %s: shape must have 1 to 4 sides", t->name);
  t->count = 1;
  for (int i = 0; i < 4; i++) t->shape[i] = 1;
  for (int i = 0; i < t->rank; i++) {
    if (!json_offset(doc, list + 1 + i, &t->shape[i]) || t->shape[i] == 0 || t->shape[i] > (1u << 24))
      return BAD("tensor %s: side %d of its shape is out of range", t->name, i);
    t->count *= t->shape[i];
    if (t->count > (1u << 28)) return BAD("tensor %s: over %u elements", t->name, 1u << 28);
  }
  return VM_OK;
}

static vm_status read_tensor(const json_doc *doc, int key, size_t data, size_t size, weights_tensor *t, vm_error *err) {
  if (json_string(doc, key, t->name, sizeof t->name) <= 0)
    return BAD("a tensor's name is longer than %d bytes or malformed", WEIGHTS_MAX_NAME - 1);
  int value = key + 1, type = json_member(doc, value, "dtype"), range = json_member(doc, value, "data_offsets");
  if (json_equals(doc, type, "F16")) t->type = WEIGHTS_F16;
  else if (json_equals(doc, type, "F32")) t->type = WEIGHTS_F32;
  else if (json_equals(doc, type, "I8")) t->type = WEIGHTS_I8;
  else return BAD("tensor %s: dtype must be F16, F32 or I8", t->name);
  vm_status s = read_shape(doc, json_member(doc, value, "shape"), t, err);
  if (s != VM_OK) return s;
  size_t begin, end;
  if (!json_is_array(doc, range) || json_size(doc, range) != 2 || !json_offset(doc, range + 1, &begin) ||
      !json_offset(doc, range + 2, &end))
    return BAD("tensor %s: data_offsets must be two whole numbers", t->name);
  if (begin > end || end > size - data)
    return BAD("tensor %s: offsets %zu..%zu lie outside the %zu bytes of data, the file is truncated" REMEDY, t->name,
               begin, end, size - data);
  if (end - begin != t->count * type_size(t->type))
    return BAD("tensor %s: %zu bytes at offset %zu do not hold its %zu elements", t->name, end - begin, begin,
               t->count);
  t->offset = data + begin;
  return VM_OK;
}

static int by_offset(const void *a, const void *b) {
  const weights_tensor *p = a, *q = b;
  return (p->offset > q->offset) - (p->offset < q->offset);
}

/* safetensors allows neither overlaps nor holes. Leaves the tensors sorted by offset. */
static vm_status check_layout(const vm_weights *w, size_t data, vm_error *err) {
  qsort(w->tensors, (size_t)w->tensor_count, sizeof *w->tensors, by_offset);
  size_t expected = data;
  for (int i = 0; i < w->tensor_count; i++) {
    const weights_tensor *t = &w->tensors[i];
    if (t->offset != expected)
      return BAD("tensor %s: offset %zu %s", t->name, t->offset - data,
                 t->offset < expected ? "overlaps the tensor before it" : "leaves a hole");
    expected += t->count * type_size(t->type);
  }
  if (expected != w->size) return BAD("%zu bytes follow the last tensor", w->size - expected);
  return VM_OK;
}

static vm_status read_header(const json_doc *doc, size_t data, vm_weights *w, vm_error *err) {
  int members = json_size(doc, 0);
  if (!json_is_object(doc, 0) || members < 1 || members > WEIGHTS_MAX_TENSORS)
    return BAD("the header must be an object of 1 to %d members", WEIGHTS_MAX_TENSORS);
  w->tensors = calloc((size_t)members, sizeof *w->tensors);
  if (w->tensors == NULL) return status_fail(err, VM_ERR_MEMORY, "weights: no memory for %d tensors", members);
  int key = 1, metadata = -1;
  for (int i = 0; i < members; i++, key = json_next(doc, key + 1)) {
    if (key + 1 >= doc->count || !json_is_string(doc, key) || json_size(doc, key) != 1)
      return BAD("the header is malformed" REMEDY);
    if (json_equals(doc, key, "__metadata__")) {
      metadata = json_member(doc, key + 1, "vmnet");
      continue;
    }
    vm_status s = read_tensor(doc, key, data, w->size, &w->tensors[w->tensor_count++], err);
    if (s != VM_OK) return s;
  }
  vm_status s = check_layout(w, data, err);
  return s != VM_OK ? s : unescape_metadata(doc, metadata, w, err);
}

vm_status weights_open(const void *bytes, size_t size, vm_weights *out, vm_error *err) {
  *out = (vm_weights){.bytes = bytes, .size = size};
  if (bytes == NULL || size < 8) return BAD("%zu bytes are too few for a safetensors file" REMEDY, bytes ? size : 0);
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | out->bytes[i];
  if (header < 2 || header > WEIGHTS_MAX_HEADER || out->bytes[8 < size ? 8 : 0] != '{')
    return BAD("not a safetensors file (its first 8 bytes give no header length of 2 to %u)" REMEDY,
               WEIGHTS_MAX_HEADER);
  if (header > size - 8)
    return BAD("the header of %zu bytes is cut off at %zu, the file is truncated" REMEDY, (size_t)header, size - 8);
  json_doc doc;
  vm_status s;
  if (!json_parse((const char *)out->bytes + 8, (size_t)header, &doc)) s = BAD("the header is not JSON" REMEDY);
  else s = read_header(&doc, 8 + (size_t)header, out, err);
  json_free(&doc);
  if (s != VM_OK) weights_close(out);
  return s;
}

void weights_close(vm_weights *weights) {
  free(weights->tensors);
  *weights = (vm_weights){0};
}

const weights_tensor *weights_seek(const vm_weights *weights, const char *name) {
  for (int i = 0; i < weights->tensor_count; i++)
    if (strcmp(weights->tensors[i].name, name) == 0) return &weights->tensors[i];
  return NULL;
}

const weights_tensor *weights_find(const vm_weights *weights, const char *name, vm_error *err) {
  const weights_tensor *t = weights_seek(weights, name);
  if (t == NULL) BAD("tensor %s is missing: made for another network, use a matching release", name);
  return t;
}

/* IEEE 754 half to single */
static float half_to_float(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 0) { /* zero and subnormal: mantissa * 2^-24 */
    float small = (float)mantissa * 0x1p-24f;
    return sign ? -small : small;
  }
  uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | mantissa << 13;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

vm_status weights_read(const vm_weights *weights, const weights_tensor *tensor, float *out, vm_error *err) {
  const uint8_t *p = weights->bytes + tensor->offset;
  if (tensor->type == WEIGHTS_I8) return BAD("tensor %s: I8 where F16 or F32 is expected", tensor->name);
  for (size_t i = 0; i < tensor->count; i++) {
    if (tensor->type == WEIGHTS_F16) out[i] = half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
    else memcpy(&out[i], p + 4 * i, 4); /* wasm and every native target here are little endian */
    if (!isfinite(out[i]))
      return BAD("tensor %s: element %zu (offset %zu of the file) is not a number", tensor->name, i,
                 tensor->offset + i * type_size(tensor->type));
  }
  return VM_OK;
}

vm_status weights_read_int8(const vm_weights *weights, const weights_tensor *tensor, int most, int8_t *out,
                            vm_error *err) {
  if (tensor->type != WEIGHTS_I8) return BAD("tensor %s: F16 or F32 where I8 is expected", tensor->name);
  memcpy(out, weights->bytes + tensor->offset, tensor->count);
  for (size_t i = 0; i < tensor->count; i++)
    if (abs(out[i]) > most)
      return BAD("tensor %s: element %zu (offset %zu of the file) is %d, int8 weights are %d to %d" REMEDY,
                 tensor->name, i, tensor->offset + i, out[i], -most, most);
  return VM_OK;
}
