#include "weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "status.h"

#define BAD(...) status_fail(err, VM_ERR_WEIGHTS, "weights: " __VA_ARGS__)
#define REMEDY "; fetch the file again"

#define LENGTH_BYTES 8          /* the header's length, before it */
#define MAX_SIDE (1u << 24)     /* of a tensor */
#define MAX_ELEMENTS (1u << 28) /* in a tensor: a gigabyte of f32 */

static size_t type_size(weights_type type) { return type == WEIGHTS_I8 ? 1 : type == WEIGHTS_F16 ? 2 : 4; }

/* ---- metadata ---- */

static bool number_in(yyjson_val *object, const char *key, double low, double high, float *out) {
  yyjson_val *number = yyjson_obj_get(object, key);
  double value = yyjson_get_num(number);
  if (!yyjson_is_num(number) || !(value >= low && value <= high)) return false;
  *out = (float)value;
  return true;
}

/* Copies a text of 1 to WEIGHTS_MAX_NAME - 1 bytes; false if it is none. */
static bool read_name(yyjson_val *text, char out[WEIGHTS_MAX_NAME]) {
  size_t n = yyjson_get_len(text);
  if (!yyjson_is_str(text) || n == 0 || n >= WEIGHTS_MAX_NAME || strlen(yyjson_get_str(text)) != n) return false;
  memcpy(out, yyjson_get_str(text), n + 1);
  return true;
}

const char *const weights_point_names[WEIGHTS_POINTS] = {"screening", "balanced", "specific"};

/* Operating points are optional; if they are there, all must be, by rising threshold. */
static vm_status read_points(yyjson_val *object, weights_class *out, vm_error *err) {
  yyjson_val *points = yyjson_obj_get(object, "points");
  out->has_points = points != NULL;
  if (!out->has_points) return VM_OK;
  float least = 0;
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    yyjson_val *point = yyjson_obj_get(points, weights_point_names[i]);
    weights_point *p = &out->points[i];
    if (!number_in(point, "threshold", 0, 1, &p->threshold) || p->threshold < least ||
        !number_in(point, "sensitivity", 0, 1, &p->sensitivity) ||
        !number_in(point, "specificity", 0, 1, &p->specificity))
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

static vm_status read_class(yyjson_val *object, int index, weights_class *out, vm_error *err) {
  if (!read_name(yyjson_obj_get(object, "name"), out->name))
    return BAD("metadata: class %d has no name of 1 to %d bytes", index, WEIGHTS_MAX_NAME - 1);
  make_id(out->name, out->id);
  if (!number_in(object, "scale", 1e-3, 1e3, &out->scale) || !number_in(object, "offset", -1e3, 1e3, &out->offset) ||
      !number_in(object, "threshold", 0, 1, &out->threshold))
    return BAD("metadata: class %d (%s) lacks scale, offset or threshold (0..1)", index, out->name);
  return read_points(object, out, err);
}

static vm_status read_classes(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *list = yyjson_obj_get(root, "classes"), *item;
  if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > VM_MAX_CLASSES)
    return BAD("metadata: \"classes\" must list 1 to %d classes", VM_MAX_CLASSES);
  size_t i, count;
  yyjson_arr_foreach(list, i, count, item) {
    vm_status s = read_class(item, (int)i, &w->classes[i], err);
    if (s != VM_OK) return s;
  }
  w->class_count = (int)count;
  return VM_OK;
}

static int class_named(yyjson_val *name, const vm_weights *w) {
  for (int c = 0; c < w->class_count; c++)
    if (yyjson_equals_str(name, w->classes[c].name)) return c;
  return -1;
}

static vm_status read_unnamed(yyjson_val *object, vm_weights *w, vm_error *err) {
  yyjson_val *list = yyjson_obj_get(object, "unnamed"), *item;
  if (!yyjson_is_arr(list)) return BAD("metadata: decision: \"unnamed\" must list classes");
  size_t i, count;
  yyjson_arr_foreach(list, i, count, item) {
    int c = class_named(item, w);
    if (c < 0) return BAD("metadata: decision: number %zu of \"unnamed\" is no class of this file", i + 1);
    w->decision.unnamed[c] = true;
  }
  return VM_OK;
}

static vm_status read_evidence(yyjson_val *object, vm_weights *w, vm_error *err) {
  weights_decision *d = &w->decision;
  yyjson_val *evidence = yyjson_obj_get(object, "evidence"), *list = yyjson_obj_get(evidence, "logits"), *item;
  bool good = yyjson_arr_size(list) == (size_t)w->class_count;
  size_t c, count;
  yyjson_arr_foreach(list, c, count, item) {
    if (!good || !yyjson_is_num(item) || !(fabs(yyjson_get_num(item)) <= 1e3)) good = false;
    else d->logits[c] = (float)yyjson_get_num(item);
  }
  if (!good || !number_in(evidence, "lse", -1e3, 1e3, &d->lse) || !number_in(evidence, "offset", -1e3, 1e3, &d->offset))
    return BAD("metadata: decision: \"evidence\" must have logits (%d numbers), lse and offset", w->class_count);
  return VM_OK;
}

static vm_status read_clear(yyjson_val *object, vm_weights *w, vm_error *err) {
  yyjson_val *points = yyjson_obj_get(object, "points");
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    yyjson_val *point = yyjson_obj_get(points, weights_point_names[i]);
    weights_clear *p = &w->decision.points[i];
    if (!number_in(point, "normal_at", 0, 1, &p->normal_at) ||
        !number_in(point, "evidence_at", -1e3, 1e3, &p->evidence_at) || !number_in(point, "near", 0, 1e3, &p->near) ||
        !number_in(point, "diseased", 0, 1, &p->diseased) || !number_in(point, "healthy", 0, 1, &p->healthy))
      return BAD(
          "metadata: decision: point \"%s\" lacks normal_at, diseased, healthy (0..1), evidence_at or near (0 or more)",
          weights_point_names[i]);
  }
  return VM_OK;
}

static vm_status read_quality(yyjson_val *object, weights_quality *q, vm_error *err) {
  static const char *const names[WEIGHTS_FACTS] = {"gradability", "vessels",  "optic-disc", "lit",
                                                   "light",       "fineness", "fundus",     "hues"};
  yyjson_val *quality = yyjson_obj_get(object, "quality"), *facts = yyjson_obj_get(quality, "facts");
  size_t known = 0;
  if (quality == NULL) return VM_OK;
  q->given = true;
  bool good = yyjson_is_obj(facts) && number_in(quality, "offset", -1e3, 1e3, &q->offset);
  for (int i = 0; good && i < WEIGHTS_FACTS; i++) {
    if (yyjson_obj_get(facts, names[i]) == NULL) continue;
    known++;
    good = number_in(facts, names[i], -1e3, 1e3, &q->facts[i]);
  }
  if (!good || known != yyjson_obj_size(facts))
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

/* Normal is cut where the decision cuts it, so that no list of classes calls an eye normal of which the answer says that it is
 * not; what that gave is said of the whole rule. */
static void cut_normal(vm_weights *w) {
  const weights_decision *d = &w->decision;
  weights_class *k = &w->classes[d->normal];
  for (int i = 0; i < WEIGHTS_POINTS; i++)
    k->points[i] = (weights_point){d->points[i].normal_at, d->points[i].healthy, 1 - d->points[i].diseased};
  k->has_points = true;
  k->threshold = k->points[VM_POINT_BALANCED - VM_POINT_SCREENING].threshold;
}

static vm_status read_decision(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *block = yyjson_obj_get(root, "decision");
  w->decision.given = block != NULL;
  if (block == NULL) {
    guess_marks(w);
    return VM_OK;
  }
  w->decision.normal = class_named(yyjson_obj_get(block, "normal"), w);
  if (w->decision.normal < 0) return BAD("metadata: decision: \"normal\" is no class of this file");
  vm_status s = read_unnamed(block, w, err);
  if (s == VM_OK) s = read_evidence(block, w, err);
  if (s == VM_OK) s = read_clear(block, w, err);
  if (s == VM_OK) s = read_quality(block, &w->quality, err);
  if (s == VM_OK) cut_normal(w);
  return s;
}

static bool lists(yyjson_val *list, const char *first, const char *second) {
  return yyjson_arr_size(list) == 2 && yyjson_equals_str(yyjson_arr_get(list, 0), first) &&
         yyjson_equals_str(yyjson_arr_get(list, 1), second);
}

static bool numbers_in(yyjson_val *object, const char *key, double low, double high, float out[VM_GRADES]) {
  yyjson_val *list = yyjson_obj_get(object, key), *item;
  bool good = yyjson_arr_size(list) == VM_GRADES;
  size_t i, count;
  yyjson_arr_foreach(list, i, count, item) {
    double value = yyjson_get_num(item);
    good = good && yyjson_is_num(item) && value >= low && value <= high;
    if (good) out[i] = (float)value;
  }
  return good;
}

/* Absent: the network gives no grade. */
static vm_status read_grade(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *block = yyjson_obj_get(root, "grade");
  weights_grade *g = &w->grade;
  if (block == NULL) return VM_OK;
  g->class_index = class_named(yyjson_obj_get(block, "class"), w);
  if (g->class_index < 0 || g->class_index == w->decision.normal)
    return BAD("metadata: grade: \"class\" is no finding of this file");
  if (!numbers_in(block, "scale", 1e-3, 1e3, g->scale) || !numbers_in(block, "offset", -1e3, 1e3, g->offset) ||
      !numbers_in(block, "cuts", 0, 1, g->cuts))
    return BAD("metadata: grade: scale (0.001 to 1000), offset and cuts (0..1) must be %d numbers each", VM_GRADES);
  for (int k = 1; k < VM_GRADES; k++) /* or a chance that is lowered to the one before would be kept from its cut */
    if (g->cuts[k] > g->cuts[k - 1]) return BAD("metadata: grade: no cut may be larger than the one before");
  g->given = true;
  return VM_OK;
}

/* Absent: the network does not see how a photograph lies. */
static vm_status read_orientation(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *block = yyjson_obj_get(root, "orientation");
  if (block == NULL) return VM_OK;
  if (!number_in(block, "turned_from", 0.5, 1, &w->orientation.turned_from))
    return BAD("metadata: orientation: \"turned_from\" must be a number in 0.5..1");
  w->orientation.given = true;
  return VM_OK;
}

/* Absent: the network draws vessels alone, and does not tell one kind from the other. */
static vm_status read_structures(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *drawn = yyjson_obj_get(root, "structures"), *kinds = yyjson_obj_get(root, "vessel_kinds");
  w->structures = lists(drawn, "disc", "cup");
  w->arteries = lists(kinds, "artery", "vein");
  if (drawn != NULL && !w->structures) return BAD("metadata: \"structures\" must be [\"disc\", \"cup\"] or left out");
  if (kinds != NULL && !w->arteries)
    return BAD("metadata: \"vessel_kinds\" must be [\"artery\", \"vein\"] or left out");
  return VM_OK;
}

static bool read_lesion(yyjson_val *item, weights_lesion *out) {
  yyjson_val *kind = yyjson_obj_get(item, "kind");
  for (int k = 0; k < VM_LESIONS; k++)
    if (yyjson_equals_str(kind, vm_lesion_name((vm_lesion)k))) {
      out->kind = (vm_lesion)k;
      return number_in(item, "threshold", 0, 1, &out->threshold);
    }
  return false;
}

/* Absent: none. Each kind once, in the order of vm_lesion. */
static vm_status read_lesions(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *list = yyjson_obj_get(root, "lesions"), *item;
  if (list == NULL) return VM_OK;
  bool good = yyjson_arr_size(list) >= 1 && yyjson_arr_size(list) <= VM_LESIONS;
  size_t i, count;
  yyjson_arr_foreach(list, i, count, item) {
    good = good && read_lesion(item, &w->lesions[i]) && (i == 0 || w->lesions[i].kind > w->lesions[i - 1].kind);
    if (!good) break;
  }
  if (!good)
    return BAD(
        "metadata: \"lesions\" must list 1 to %d of microaneurysms, haemorrhages, hard-exudates and soft-exudates, "
        "in this order, each with kind and threshold (0..1), or be left out",
        VM_LESIONS);
  w->lesion_kinds = (int)count;
  return VM_OK;
}

static vm_status read_metadata(yyjson_val *root, vm_weights *w, vm_error *err) {
  yyjson_val *version = yyjson_obj_get(root, "version");
  if (!yyjson_is_num(version) || yyjson_get_num(version) != WEIGHTS_FORMAT)
    return BAD("format version %s is unknown, this program reads %d; use a matching release",
               NUMBER(yyjson_get_num(version)), WEIGHTS_FORMAT);
  if (!yyjson_equals_str(yyjson_obj_get(root, "preprocessing"), WEIGHTS_PREPROCESSING))
    return BAD("metadata: \"preprocessing\" must be \"%s\"", WEIGHTS_PREPROCESSING);
  if (!read_name(yyjson_obj_get(root, "name"), w->name))
    return BAD("metadata: \"name\" must have 1 to %d bytes", WEIGHTS_MAX_NAME - 1);
  if (!number_in(root, "vessel_threshold", 0, 1, &w->vessel_threshold) ||
      !number_in(root, "gradable_threshold", 0, 1, &w->gradable_threshold))
    return BAD("metadata: \"vessel_threshold\" and \"gradable_threshold\" must be numbers in 0..1");
  vm_status s = read_structures(root, w, err);
  if (s == VM_OK) s = read_lesions(root, w, err);
  if (s == VM_OK) s = read_classes(root, w, err);
  if (s == VM_OK) s = read_decision(root, w, err);
  if (s == VM_OK) s = read_grade(root, w, err);
  return s != VM_OK ? s : read_orientation(root, w, err);
}

/* Reads one JSON value. NULL and the status in *s where it is none, `what` says what was read. */
static yyjson_doc *parse(const char *text, size_t size, const char *what, vm_status *s, vm_error *err) {
  yyjson_read_err why;
  /* without YYJSON_READ_INSITU the text is only read */
  yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text, size, YYJSON_READ_NOFLAG, NULL, &why);
  *s = VM_OK;
  if (doc == NULL)
    *s = why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION
             ? status_fail(err, VM_ERR_MEMORY, "weights: no memory to read %zu bytes of JSON", size)
             : BAD("%s is not JSON" REMEDY, what);
  return doc;
}

static vm_status unpack_metadata(yyjson_val *text, vm_weights *w, vm_error *err) {
  vm_status s;
  if (!yyjson_is_str(text)) return BAD("metadata \"vmnet\" is missing: this is no V-MNet weights file");
  yyjson_doc *doc = parse(yyjson_get_str(text), yyjson_get_len(text), "metadata \"vmnet\"", &s, err);
  if (doc != NULL) s = read_metadata(yyjson_doc_get_root(doc), w, err);
  yyjson_doc_free(doc);
  return s;
}

/* ---- tensors ---- */

/* A whole number that fits. */
static bool read_size(yyjson_val *number, size_t *out) {
  *out = (size_t)yyjson_get_uint(number);
  return yyjson_is_uint(number) && *out == yyjson_get_uint(number);
}

static vm_status read_shape(yyjson_val *list, weights_tensor *t, vm_error *err) {
  if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > 4)
    return BAD("tensor %s: shape must have 1 to 4 sides", t->name);
  t->rank = (int)yyjson_arr_size(list);
  t->count = 1;
  for (size_t i = 0; i < 4; i++) t->shape[i] = 1;
  for (int i = 0; i < t->rank; i++) {
    size_t *side = &t->shape[i];
    if (!read_size(yyjson_arr_get(list, (size_t)i), side) || *side == 0 || *side > MAX_SIDE)
      return BAD("tensor %s: side %d of its shape is out of range", t->name, i);
    t->count *= *side;
    if (t->count > MAX_ELEMENTS) return BAD("tensor %s: over %u elements", t->name, MAX_ELEMENTS);
  }
  return VM_OK;
}

static bool read_type(yyjson_val *name, weights_type *out) {
  static const char *const names[] = {[WEIGHTS_F16] = "F16", [WEIGHTS_F32] = "F32", [WEIGHTS_I8] = "I8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!yyjson_equals_str(name, names[i])) continue;
    *out = (weights_type)i;
    return true;
  }
  return false;
}

/* FNV-1a */
static uint32_t mark_of(const char *name) {
  uint32_t mark = 2166136261u;
  for (; *name; name++) mark = (uint32_t)((uint64_t)(mark ^ (uint8_t)*name) * 16777619u & UINT32_MAX);
  return mark;
}

/* data: where the tensors' bytes start in the file of `size` bytes */
static vm_status read_tensor(yyjson_val *key, yyjson_val *value, size_t data, size_t size, weights_tensor *t,
                             vm_error *err) {
  if (!read_name(key, t->name))
    return BAD("a tensor's name is longer than %d bytes or malformed", WEIGHTS_MAX_NAME - 1);
  t->mark = mark_of(t->name);
  if (!read_type(yyjson_obj_get(value, "dtype"), &t->type))
    return BAD("tensor %s: dtype must be F16, F32 or I8", t->name);
  vm_status s = read_shape(yyjson_obj_get(value, "shape"), t, err);
  if (s != VM_OK) return s;
  yyjson_val *range = yyjson_obj_get(value, "data_offsets");
  size_t begin, end;
  if (yyjson_arr_size(range) != 2 || !read_size(yyjson_arr_get(range, 0), &begin) ||
      !read_size(yyjson_arr_get(range, 1), &end))
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

static vm_status read_header(yyjson_val *root, size_t data, vm_weights *w, vm_error *err) {
  size_t i, members = yyjson_obj_size(root);
  if (members < 1 || members > WEIGHTS_MAX_TENSORS)
    return BAD("the header must be an object of 1 to %d members", WEIGHTS_MAX_TENSORS);
  w->tensors = calloc(members, sizeof *w->tensors);
  if (w->tensors == NULL) return status_fail(err, VM_ERR_MEMORY, "weights: no memory for %zu tensors", members);
  yyjson_val *key, *value, *metadata = NULL;
  yyjson_obj_foreach(root, i, members, key, value) {
    if (yyjson_equals_str(key, "__metadata__")) {
      metadata = yyjson_obj_get(value, "vmnet");
      continue;
    }
    vm_status s = read_tensor(key, value, data, w->size, &w->tensors[w->tensor_count++], err);
    if (s != VM_OK) return s;
  }
  vm_status s = check_layout(w, data, err);
  return s != VM_OK ? s : unpack_metadata(metadata, w, err);
}

vm_status weights_open(const void *bytes, size_t size, vm_weights *out, vm_error *err) {
  *out = (vm_weights){.bytes = bytes, .size = size};
  if (bytes == NULL || size < LENGTH_BYTES)
    return BAD("%zu bytes are too few for a safetensors file" REMEDY, bytes ? size : 0);
  uint64_t header = 0;
  for (int i = LENGTH_BYTES - 1; i >= 0; i--) header = header << 8 | out->bytes[i];
  bool object = size > LENGTH_BYTES && out->bytes[LENGTH_BYTES] == '{';
  if (header < 2 || header > WEIGHTS_MAX_HEADER || !object)
    return BAD("not a safetensors file (its first 8 bytes give no header length of 2 to %u)" REMEDY,
               WEIGHTS_MAX_HEADER);
  if (header > size - LENGTH_BYTES)
    return BAD("the header of %zu bytes is cut off at %zu, the file is truncated" REMEDY, (size_t)header,
               size - LENGTH_BYTES);
  vm_status s;
  yyjson_doc *doc = parse((const char *)out->bytes + LENGTH_BYTES, (size_t)header, "the header", &s, err);
  if (doc != NULL) s = read_header(yyjson_doc_get_root(doc), LENGTH_BYTES + (size_t)header, out, err);
  yyjson_doc_free(doc);
  if (s != VM_OK) weights_close(out);
  return s;
}

void weights_drop_tensors(vm_weights *weights) {
  free(weights->tensors);
  weights->tensors = NULL;
  weights->tensor_count = 0;
  weights->bytes = NULL;
  weights->size = 0;
}

void weights_close(vm_weights *weights) {
  weights_drop_tensors(weights);
  *weights = (vm_weights){0};
}

const weights_tensor *weights_seek(const vm_weights *weights, const char *name) {
  uint32_t mark = mark_of(name);
  for (int i = 0; i < weights->tensor_count; i++) {
    const weights_tensor *t = &weights->tensors[i];
    if (t->mark == mark && strcmp(t->name, name) == 0) return t;
  }
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

/* Fails on magnitudes over WEIGHTS_MOST: that is, on -128. */
static vm_status check_whole(const weights_tensor *tensor, const int8_t *values, vm_error *err) {
  const void *at = memchr(values, (uint8_t)INT8_MIN, tensor->count);
  if (at == NULL) return VM_OK;
  size_t i = (size_t)((const int8_t *)at - values);
  return BAD("tensor %s: element %zu (offset %zu of the file) is %d, int8 weights are %d to %d" REMEDY, tensor->name, i,
             tensor->offset + i, values[i], -WEIGHTS_MOST, WEIGHTS_MOST);
}

static vm_status check_pairs(const weights_tensor *tensor, const int8_t *values, vm_error *err) {
  size_t row = tensor->shape[tensor->rank - 1];
  for (size_t begin = 0; begin < tensor->count; begin += row)
    for (size_t i = begin; i + 1 < begin + row; i += 2)
      if (abs(values[i]) + abs(values[i + 1]) > WEIGHTS_MOST_PAIR)
        return BAD(
            "tensor %s: elements %zu and %zu (offset %zu of the file) are %d and %d, int8 weights side by side add "
            "up to %d at most" REMEDY,
            tensor->name, i, i + 1, tensor->offset + i, values[i], values[i + 1], WEIGHTS_MOST_PAIR);
  return VM_OK;
}

vm_status weights_read_int8(const vm_weights *weights, const weights_tensor *tensor, bool pairs, int8_t *out,
                            vm_error *err) {
  if (tensor->type != WEIGHTS_I8) return BAD("tensor %s: F16 or F32 where I8 is expected", tensor->name);
  memcpy(out, weights->bytes + tensor->offset, tensor->count);
  vm_status s = check_whole(tensor, out, err);
  return s == VM_OK && pairs ? check_pairs(tensor, out, err) : s;
}

vm_status weights_expand(const vm_weights *weights, const weights_tensor *tensor, int axis, const float *steps,
                         float *out, vm_error *err) {
  if (tensor->type != WEIGHTS_I8) return BAD("tensor %s: F16 or F32 where I8 is expected", tensor->name);
  const int8_t *whole = (const int8_t *)(weights->bytes + tensor->offset);
  size_t apart = 1; /* elements from one channel to the next */
  for (int i = axis + 1; i < 4; i++) apart *= tensor->shape[i];
  vm_status s = check_whole(tensor, whole, err);
  for (size_t i = 0, channel = 0; s == VM_OK && i < tensor->count; i += apart, channel++) {
    float step = steps[channel % tensor->shape[axis]];
    for (size_t k = i; k < i + apart; k++) out[k] = whole[k] * step;
  }
  return s;
}
