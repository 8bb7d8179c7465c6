#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "phantom.h"
#include "status.h"

#define REPORT_SCHEMA "vmnet-report-2"

/* Any function that adds to a tree takes NULL in silence, so that memory which runs short is looked at once, at the end. */
typedef struct writer {
  yyjson_mut_doc *doc; /* owned */
  bool failed;         /* something did not fit */
} writer;

typedef yyjson_mut_val node;

/* ---- text that is UTF-8 ---- */

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, in place of each byte that is no UTF-8 */
#define REPLACEMENT_BYTES (sizeof REPLACEMENT - 1)

/* Bytes of the character that s starts with; 0 if that is none (RFC 3629). s ends with 0, which follows nothing. */
static size_t character(const unsigned char *s) {
  size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : 4;
  if (n == 4 && (s[0] < 0xF0 || s[0] > 0xF4)) return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
  bool beyond = (s[0] == 0xED && s[1] >= 0xA0) || (s[0] == 0xF4 && s[1] >= 0x90); /* surrogates; over U+10FFFF */
  return overlong || beyond ? 0 : n;
}

static node *text_node(writer *w, const char *text) {
  size_t n = 0, length = strlen(text);
  char *clean = malloc(length * REPLACEMENT_BYTES + 1);
  if (clean == NULL) return NULL;
  for (const char *s = text; *s;) {
    size_t bytes = character((const unsigned char *)s);
    memcpy(clean + n, bytes > 0 ? s : REPLACEMENT, bytes > 0 ? bytes : REPLACEMENT_BYTES);
    n += bytes > 0 ? bytes : REPLACEMENT_BYTES;
    s += bytes > 0 ? bytes : 1;
  }
  node *v = yyjson_mut_strncpy(w->doc, clean, n);
  free(clean);
  return v;
}

/* ---- members ---- */

/* key must be a constant: it is not copied */
static node *add(writer *w, node *object, const char *key, node *value) {
  w->failed |= !yyjson_mut_obj_add(object, yyjson_mut_str(w->doc, key), value);
  return value;
}

static void push(writer *w, node *list, node *value) { w->failed |= !yyjson_mut_arr_append(list, value); }

static node *object(writer *w, node *parent, const char *key) { return add(w, parent, key, yyjson_mut_obj(w->doc)); }
static node *list(writer *w, node *parent, const char *key) { return add(w, parent, key, yyjson_mut_arr(w->doc)); }
static node *object_in(writer *w, node *parent) {
  node *v = yyjson_mut_obj(w->doc);
  push(w, parent, v);
  return v;
}

/* NULL is written as null */
static void text(writer *w, node *o, const char *key, const char *value) {
  add(w, o, key, value != NULL ? text_node(w, value) : yyjson_mut_null(w->doc));
}

static void boolean(writer *w, node *o, const char *key, bool value) { add(w, o, key, yyjson_mut_bool(w->doc, value)); }

/* null unless finite */
static void number(writer *w, node *o, const char *key, double value) {
  char digits[STATUS_NUMBER];
  add(w, o, key, isfinite(value) ? yyjson_mut_rawcpy(w->doc, status_number(value, digits)) : yyjson_mut_null(w->doc));
}

/* all its digits */
static void whole(writer *w, node *o, const char *key, int64_t value) {
  add(w, o, key, yyjson_mut_sint(w->doc, value));
}

/* ---- a model or a result as one text ---- */

static node *start(writer *w) {
  *w = (writer){.doc = yyjson_mut_doc_new(NULL)};
  node *root = yyjson_mut_obj(w->doc);
  yyjson_mut_doc_set_root(w->doc, root);
  return root;
}

static vm_status finish(writer *w, const char *what, char **json, vm_error *err) {
  *json = w->failed ? NULL : yyjson_mut_write(w->doc, YYJSON_WRITE_NOFLAG, NULL);
  yyjson_mut_doc_free(w->doc);
  return *json != NULL ? status_ok(err) : status_fail(err, VM_ERR_MEMORY, "%s: out of memory", what);
}

static void put_disease(writer *w, node *diseases, const vm_class *c) {
  node *o = object_in(w, diseases);
  text(w, o, "id", c->id);
  text(w, o, "name", c->name);
  number(w, o, "logit", c->logit);
  number(w, o, "probability", c->probability);
  number(w, o, "threshold", c->threshold);
  boolean(w, o, "positive", c->probability >= c->threshold);
  node *cuts = object(w, o, "cuts");
  for (int i = 0; i < VM_POINTS; i++) number(w, cuts, weights_point_names[i], c->cuts[i]);
  number(w, o, "heatmap_max", c->heatmap_max);
}

static void put_source(writer *w, node *root, const vm_result *r, const vm_provenance *from) {
  node *image = object(w, root, "image"), *model = object(w, root, "model");
  text(w, image, "name", from->image_name);
  text(w, image, "sha256", from->image_sha256);
  number(w, image, "width", r->width);
  number(w, image, "height", r->height);
  text(w, model, "weights_sha256", from->weights_sha256);
  text(w, model, "binary_sha256", from->binary_sha256);
  text(w, model, "variant", from->variant);
  number(w, model, "threads", from->threads);
  number(w, model, "size", r->size);
  number(w, model, "guide", r->guide);
  boolean(w, model, "fine", r->fine != 0);
}

/* `diameter` of the field of view in the photograph's pixels. */
static void put_measures(writer *w, node *vessels, const char *name, const vm_measures *m, double diameter) {
  if (m->seen == 0) {
    text(w, vessels, name, NULL);
    return;
  }
  node *o = object(w, vessels, name);
  number(w, o, "seen", m->seen);
  number(w, o, "density", m->density);
  number(w, o, "length", m->length);
  number(w, o, "length_px", (double)m->length * diameter);
  number(w, o, "length_density", m->length_density);
  number(w, o, "width", m->width);
  number(w, o, "width_px", (double)m->width * diameter);
  number(w, o, "branch_points", m->branch_points);
  number(w, o, "fractal_dimension", m->fractal_dimension);
  number(w, o, "tortuosity", m->tortuosity);
}

/* vm_reason, by the place of its bit */
static const char *const fact_names[] = {"dark",       "bright",     "blurred", "low-contrast", "field-cut",
                                         "not-fundus", "no-vessels", "colours", "turned"};
enum { FACT_NAMES = sizeof fact_names / sizeof *fact_names };

static void put_quality(writer *w, node *root, const vm_result *r) {
  node *o = object(w, root, "quality");
  number(w, o, "gradability", r->gradability);
  number(w, o, "threshold", r->gradable_at);
  boolean(w, o, "gradable", r->gradable);
  node *reasons = list(w, o, "reasons");
  for (int i = 0; i < FACT_NAMES; i++)
    if (r->reasons >> i & 1) push(w, reasons, text_node(w, fact_names[i]));
}

static void put_orientation(writer *w, node *root, const vm_orientation *o) {
  node *lies = object(w, root, "orientation");
  whole(w, lies, "turned", o->turned);
  number(w, lies, "sideways", o->sideways);
}

static void put_optic_disc(writer *w, node *root, const vm_result *r) {
  node *disc = object(w, root, "optic_disc"), *eye = object(w, root, "laterality");
  boolean(w, disc, "found", r->optic_disc.found);
  number(w, disc, "x", r->optic_disc.x);
  number(w, disc, "y", r->optic_disc.y);
  number(w, disc, "radius", r->optic_disc.radius);
  number(w, disc, "confidence", r->optic_disc.confidence);
  text(w, eye, "guess", r->eye == VM_EYE_RIGHT ? "OD" : r->eye == VM_EYE_LEFT ? "OS" : NULL);
  number(w, eye, "confidence", r->eye_confidence);
}

static void put_extent(writer *w, node *parent, const char *key, const vm_extent *e, double diameter) {
  if (e->area == 0) {
    text(w, parent, key, NULL);
    return;
  }
  node *o = object(w, parent, key);
  number(w, o, "x", e->x);
  number(w, o, "y", e->y);
  number(w, o, "height", e->height);
  number(w, o, "height_px", (double)e->height * diameter);
  number(w, o, "width", e->width);
  number(w, o, "width_px", (double)e->width * diameter);
  number(w, o, "area", e->area);
}

/* null unless known, and unless all of them are numbers */
static void numbers(writer *w, node *parent, const char *key, bool known, const float *values, int count) {
  for (int i = 0; i < count; i++) known = known && isfinite(values[i]);
  if (!known) {
    text(w, parent, key, NULL);
    return;
  }
  node *all = list(w, parent, key);
  for (int i = 0; i < count; i++) {
    char digits[STATUS_NUMBER];
    push(w, all, yyjson_mut_rawcpy(w->doc, status_number(values[i], digits)));
  }
}

static void put_disc_cup(writer *w, node *root, const vm_result *r) {
  const vm_disc_cup *d = &r->disc_cup;
  bool valid = d->validity == VM_DISC_VALID;
  node *o = object(w, root, "disc_and_cup");
  boolean(w, o, "valid", valid);
  text(w, o, "reason", valid ? NULL : vm_disc_validity_name(d->validity));
  number(w, o, "vertical_ratio", d->vertical_ratio);
  number(w, o, "area_ratio", d->area_ratio);
  numbers(w, o, "rim", valid, d->rim, VM_HOURS); /* from twelve o'clock on */
  put_extent(w, o, "disc", &d->disc, 2 * (double)r->disc.radius);
  put_extent(w, o, "cup", &d->cup, 2 * (double)r->disc.radius);
}

/* Of the ETDRS grid, each null where too little of it is seen. */
static void put_regions(writer *w, node *parent, const vm_drawn_lesions *all, const vm_lesion_measures *k) {
  static const char *const names[] = {"centre",         "inner_superior", "inner_nasal",
                                      "inner_inferior", "inner_temporal", "outer_superior",
                                      "outer_nasal",    "outer_inferior", "outer_temporal"};
  node *regions = object(w, parent, "regions");
  for (int i = 0; i < VM_ETDRS; i++) {
    if (!isfinite(k->etdrs_area[i])) {
      text(w, regions, names[i], NULL);
      continue;
    }
    node *o = object(w, regions, names[i]);
    number(w, o, "seen", all->etdrs_seen[i]);
    whole(w, o, "count", k->etdrs[i]);
    number(w, o, "area", k->etdrs_area[i]);
  }
}

static void put_lesion(writer *w, node *parent, const char *key, const vm_drawn_lesions *all,
                       const vm_lesion_measures *k) {
  static const char *const quadrants[] = {"superotemporal", "superonasal", "inferotemporal", "inferonasal"};
  if (!k->drawn) {
    text(w, parent, key, NULL);
    return;
  }
  node *o = object(w, parent, key);
  number(w, o, "threshold", k->threshold);
  whole(w, o, "count", k->count);
  number(w, o, "area", k->area);
  if (!all->fovea_known) {
    text(w, o, "quadrants", NULL);
    text(w, o, "macula", NULL);
    text(w, o, "regions", NULL);
    return;
  }
  node *where = object(w, o, "quadrants");
  for (int i = 0; i < VM_QUADRANTS; i++) whole(w, where, quadrants[i], k->quadrants[i]);
  whole(w, o, "macula", k->macula);
  put_regions(w, o, all, k);
}

/* A report's keys, by vm_lesion. */
static const char *const lesion_keys[VM_LESIONS] = {"microaneurysms", "haemorrhages", "hard_exudates", "soft_exudates"};

static void put_lesions(writer *w, node *root, const vm_result *r) {
  const vm_drawn_lesions *l = &r->lesions;
  bool valid = l->validity == VM_LESIONS_VALID;
  node *o = object(w, root, "lesions");
  boolean(w, o, "valid", valid);
  text(w, o, "reason", valid ? NULL : vm_lesions_validity_name(l->validity));
  if (l->fovea_known) {
    node *fovea = object(w, o, "fovea");
    number(w, fovea, "x", l->fovea_x);
    number(w, fovea, "y", l->fovea_y);
  } else {
    text(w, o, "fovea", NULL);
  }
  for (int i = 0; i < VM_LESIONS; i++) put_lesion(w, o, lesion_keys[i], l, &l->kinds[i]);
}

static void put_calibres(writer *w, node *parent, const vm_calibres *c, double diameter) {
  bool valid = c->validity == VM_CALIBRES_VALID;
  node *o = object(w, parent, "calibres");
  boolean(w, o, "valid", valid);
  text(w, o, "reason", valid ? NULL : vm_calibres_validity_name(c->validity));
  number(w, o, "arteries", c->arteries);
  number(w, o, "veins", c->veins);
  number(w, o, "crae", c->crae);
  number(w, o, "crae_px", c->crae * diameter);
  number(w, o, "crve", c->crve);
  number(w, o, "crve_px", c->crve * diameter);
  number(w, o, "ratio", c->ratio);
}

static void put_arteries(writer *w, node *root, const vm_result *r) {
  const vm_arteries *a = &r->arteries;
  bool valid = a->validity == VM_ARTERIES_VALID;
  node *o = object(w, root, "arteries");
  boolean(w, o, "valid", valid);
  text(w, o, "reason", valid ? NULL : vm_arteries_validity_name(a->validity));
  number(w, o, "artery_density", valid ? a->artery_density : NAN);
  number(w, o, "vein_density", valid ? a->vein_density : NAN);
  if (valid) put_calibres(w, o, &a->calibres, 2 * (double)r->disc.radius);
  else text(w, o, "calibres", NULL);
}

static void put_graded(writer *w, node *o, vm_grade_validity validity, int grade) {
  bool valid = validity == VM_GRADE_VALID;
  boolean(w, o, "valid", valid);
  text(w, o, "reason", valid ? NULL : vm_grade_validity_name(validity));
  number(w, o, "grade", valid ? grade : (double)NAN);
}

static void put_grade(writer *w, node *root, const vm_grade *g) {
  bool known = g->validity != VM_GRADE_NO_OUTPUT && g->validity != VM_GRADE_NOT_GRADABLE;
  node *o = object(w, root, "grade");
  put_graded(w, o, g->validity, g->grade);
  numbers(w, o, "at_least", known, g->at_least, VM_GRADES);
  node *at = object(w, o, "at");
  for (int i = 0; i < VM_POINTS; i++)
    put_graded(w, object(w, at, weights_point_names[i]), g->at[i].validity, g->at[i].grade);
}

static void put_findings(writer *w, node *root, const vm_result *r) {
  node *field = object(w, root, "field_of_view");
  number(w, field, "x", r->disc.x);
  number(w, field, "y", r->disc.y);
  number(w, field, "radius", r->disc.radius);
  put_orientation(w, root, &r->orientation);
  put_quality(w, root, r);
  put_optic_disc(w, root, r);
  put_disc_cup(w, root, r);
  put_lesions(w, root, r);
  put_arteries(w, root, r);
  put_grade(w, root, &r->grade);
  node *vessels = object(w, root, "vessels");
  number(w, vessels, "density", r->vessel_density);
  number(w, vessels, "threshold", r->vessel_threshold);
  put_measures(w, vessels, "field", &r->measures[VM_FIELD], 2 * (double)r->disc.radius);
  put_measures(w, vessels, "zone_b", &r->measures[VM_ZONE_B], 2 * (double)r->disc.radius);
  put_measures(w, vessels, "zone_c", &r->measures[VM_ZONE_C], 2 * (double)r->disc.radius);
  node *diseases = list(w, root, "diseases");
  for (int c = 0; c < r->class_count; c++) put_disease(w, diseases, &r->classes[c]);
}

static void put_clear(writer *w, node *root, const vm_weights *weights) {
  node *o = object(w, root, "no_finding");
  for (int i = 0; i < VM_POINTS; i++) {
    node *point = object(w, o, weights_point_names[i]);
    number(w, point, "normal_at", weights->decision.points[i].normal_at);
    number(w, point, "diseased", weights->decision.points[i].diseased);
    number(w, point, "healthy", weights->decision.points[i].healthy);
  }
}

static void put_class(writer *w, node *classes, const weights_class *k, bool named) {
  node *o = object_in(w, classes);
  text(w, o, "id", k->id);
  text(w, o, "name", k->name);
  boolean(w, o, "named", named);
  number(w, o, "scale", k->scale);
  number(w, o, "offset", k->offset);
  number(w, o, "threshold", k->threshold);
  if (!k->has_points) return;
  node *points = object(w, o, "points");
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    node *point = object(w, points, weights_point_names[i]);
    number(w, point, "threshold", k->points[i].threshold);
    number(w, point, "sensitivity", k->points[i].sensitivity);
    number(w, point, "specificity", k->points[i].specificity);
  }
}

vm_status report_info(const report_model *m, char **json, vm_error *err) {
  const vm_weights *k = m->weights;
  writer w;
  node *root = start(&w);
  text(&w, root, "notice", VM_NOTICE);
  text(&w, root, "version", VM_VERSION);
  text(&w, root, "weights", k->name);
  number(&w, root, "format", WEIGHTS_FORMAT);
  number(&w, root, "size", m->size);
  number(&w, root, "threads", m->threads);
  number(&w, root, "tensors", m->tensor_count);
  whole(&w, root, "parameters", (int64_t)m->parameters);
  number(&w, root, "vessel_threshold", k->vessel_threshold);
  number(&w, root, "gradable_threshold", k->gradable_threshold);
  node *structures = list(&w, root, "structures");
  for (int i = 0; k->structures && i < 2; i++) push(&w, structures, text_node(&w, i == 0 ? "disc" : "cup"));
  node *lesions = list(&w, root, "lesions");
  for (int i = 0; i < k->lesion_kinds; i++) push(&w, lesions, text_node(&w, vm_lesion_name(k->lesions[i].kind)));
  node *kinds = list(&w, root, "vessel_kinds");
  for (int i = 0; k->arteries && i < 2; i++) push(&w, kinds, text_node(&w, i == 0 ? "artery" : "vein"));
  text(&w, root, "grade", k->grade.given ? k->classes[k->grade.class_index].id : NULL);
  if (k->decision.given) put_clear(&w, root, k);
  node *classes = list(&w, root, "classes");
  for (int c = 0; c < k->class_count; c++)
    put_class(&w, classes, &k->classes[c], c != k->decision.normal && !k->decision.unnamed[c]);
  return finish(&w, "info", json, err);
}

static void put_answer(writer *w, node *o, const vm_result *r, const vm_decision *d) {
  text(w, o, "answer", vm_answer_name(d->answer));
  node *reasons = list(w, o, "reasons");
  for (int i = 0; i < d->reason_count; i++) {
    node *reason = object_in(w, reasons);
    text(w, reason, "code", vm_reason_name(d->reasons[i].code));
    if (d->reasons[i].class_index >= 0) text(w, reason, "disease", r->classes[d->reasons[i].class_index].id);
  }
  text(w, o, "rest", vm_rest_name(d->rest));
}

static void put_decision(writer *w, node *root, const vm_result *r) {
  node *o = object(w, root, "decision");
  text(w, o, "operating_point", vm_point_name(r->decision.point));
  put_answer(w, o, r, &r->decision);
  node *at = object(w, o, "at");
  for (int i = 0; i < VM_POINTS; i++)
    put_answer(w, object(w, at, vm_point_name(r->decisions[i].point)), r, &r->decisions[i]);
  node *looks_for = list(w, o, "looks_for");
  for (int c = 0; c < r->class_count; c++)
    if (r->classes[c].named) push(w, looks_for, text_node(w, r->classes[c].id));
}

vm_status vm_report(const vm_result *result, const vm_provenance *from, char **json, vm_error *err) {
  if (result == NULL || from == NULL || json == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "report: a result, its provenance and a place for the text are needed");
  writer w;
  node *root = start(&w);
  text(&w, root, "schema", REPORT_SCHEMA);
  text(&w, root, "notice", VM_NOTICE);
  text(&w, root, "version", VM_VERSION);
  put_source(&w, root, result, from);
  put_decision(&w, root, result);
  put_findings(&w, root, result);
  return finish(&w, "report", json, err);
}

/* ---- what this version counts in ---- */

static void put_limits(writer *w, node *root) {
  node *o = object(w, root, "limits");
  whole(w, o, "max_bytes", VM_MAX_BYTES);
  whole(w, o, "max_pixels", VM_MAX_PIXELS);
  whole(w, o, "max_side", VM_MAX_SIDE);
  whole(w, o, "min_side", VM_MIN_SIDE);
  whole(w, o, "max_classes", VM_MAX_CLASSES);
  whole(w, o, "max_reasons", VM_MAX_REASONS);
  whole(w, o, "max_threads", VM_MAX_THREADS);
  whole(w, o, "size_default", VM_SIZE_DEFAULT);
  whole(w, o, "size_min", VM_SIZE_MIN);
  whole(w, o, "size_max", VM_SIZE_MAX);
  whole(w, o, "size_step", VM_SIZE_STEP);
  number(w, o, "calibre_min", (double)VM_CALIBRE_MIN);
  number(w, o, "calibre_max", (double)VM_CALIBRE_MAX);
}

static void put_codes(writer *w, node *root) {
  node *o = object(w, root, "statuses");
  for (int i = VM_ERR_ARGUMENT; i <= VM_ERR_RUNTIME; i++) whole(w, o, status_code((vm_status)i), i);
  o = object(w, root, "points");
  for (int i = VM_POINT_SCREENING; i <= VM_POINT_SPECIFIC; i++) whole(w, o, vm_point_name((vm_point)i), i);
  o = object(w, root, "answers");
  for (int i = VM_REFER; i <= VM_NO_FINDING; i++) whole(w, o, vm_answer_name((vm_answer)i), i);
  o = object(w, root, "rests");
  for (int i = VM_REST_NOT_SUSPECTED; i <= VM_REST_HIDDEN; i++) whole(w, o, vm_rest_name((vm_rest)i), i);
  o = object(w, root, "reasons");
  for (int i = VM_DECIDED_BY_FINDING; i <= VM_DECIDED_BY_TURNED; i++) whole(w, o, vm_reason_name((vm_reason_code)i), i);
  o = object(w, root, "quality");
  for (int i = 0; i < FACT_NAMES; i++) whole(w, o, fact_names[i], 1 << i);
  o = object(w, root, "disc_and_cup");
  for (int i = VM_DISC_VALID; i <= VM_DISC_NO_CUP; i++) whole(w, o, vm_disc_validity_name((vm_disc_validity)i), i);
  o = object(w, root, "grade");
  for (int i = VM_GRADE_VALID; i <= VM_GRADE_DISAGREES; i++)
    whole(w, o, vm_grade_validity_name((vm_grade_validity)i), i);
}

static void put_pictures(writer *w, node *root) {
  static const char *const layers[] = {"vessels",  "vessel-mask", "heatmap",     "guide",  "disc",
                                       "cup",      "lesion",      "lesion-mask", "before", "after",
                                       "arteries", "veins",       "artery-map"};
  node *o = object(w, root, "layers");
  for (int i = VM_LAYER_VESSELS; i <= VM_LAYER_ARTERY_MAP; i++) whole(w, o, layers[i], i);
  o = object(w, root, "lesions");
  whole(w, o, "haemorrhages", VM_LESION_HAEMORRHAGES);
  whole(w, o, "exudates", VM_LESION_EXUDATES);
  whole(w, o, "drusen", VM_LESION_DRUSEN);
  o = object(w, root, "drawn_lesions");
  for (int i = 0; i < VM_LESIONS; i++) whole(w, o, lesion_keys[i], i);
}

vm_status vm_constants(char **json, vm_error *err) {
  writer w;
  node *root = start(&w);
  text(&w, root, "version", VM_VERSION);
  text(&w, root, "report", REPORT_SCHEMA);
  put_limits(&w, root);
  put_codes(&w, root);
  put_pictures(&w, root);
  return finish(&w, "constants", json, err);
}

/* ---- a line of a list ---- */

vm_status report_line(const char *path, const char *report, const vm_error *problem, char **json, vm_error *err) {
  writer w;
  node *root = start(&w);
  text(&w, root, "path", path);
  if (report != NULL) {
    add(&w, root, "report", yyjson_mut_raw(w.doc, report));
    return finish(&w, "line", json, err);
  }
  node *o = object(&w, root, "error");
  text(&w, o, "code", status_code(problem->status));
  if (problem->why[0]) text(&w, o, "why", problem->why);
  text(&w, o, "text", problem->text);
  return finish(&w, "line", json, err);
}

void vm_free(void *p) { free(p); }
