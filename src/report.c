#include "report.h"

#include <stdlib.h>

#include "json.h"
#include "status.h"

static void text(json_out *j, const char *name, const char *value) {
  json_put_key(j, name);
  json_put_string(j, value);
}

static void number(json_out *j, const char *name, double value) {
  json_put_key(j, name);
  json_put_number(j, value);
}

static void boolean(json_out *j, const char *name, int value) {
  json_put_key(j, name);
  json_put(j, value ? "true" : "false");
}

static void open_object(json_out *j, const char *name) {
  json_put_key(j, name);
  json_put(j, "{");
}

static void put_disease(json_out *j, const vm_class *c) {
  json_put(j, "{");
  text(j, "id", c->id);
  text(j, "name", c->name);
  number(j, "logit", c->logit);
  number(j, "probability", c->probability);
  number(j, "threshold", c->threshold);
  boolean(j, "positive", c->probability >= c->threshold);
  number(j, "heatmap_max", c->heatmap_max);
  json_put(j, "}");
}

static void put_source(json_out *j, const vm_result *r, const vm_provenance *from) {
  open_object(j, "image");
  text(j, "name", from->image_name);
  text(j, "sha256", from->image_sha256);
  number(j, "width", r->width);
  number(j, "height", r->height);
  json_put(j, "}");
  open_object(j, "model");
  text(j, "weights_sha256", from->weights_sha256);
  text(j, "binary_sha256", from->binary_sha256);
  text(j, "variant", from->variant);
  number(j, "threads", from->threads);
  number(j, "size", r->size);
  number(j, "guide", r->guide);
  json_put(j, "}");
}

/* `diameter` of the field of view in the photograph's pixels. */
static void put_measures(json_out *j, const char *name, const vm_measures *m, double diameter) {
  json_put_key(j, name);
  if (m->seen == 0) {
    json_put(j, "null");
    return;
  }
  json_put(j, "{");
  number(j, "seen", m->seen);
  number(j, "density", m->density);
  number(j, "length", m->length);
  number(j, "length_px", (double)m->length * diameter);
  number(j, "length_density", m->length_density);
  number(j, "width", m->width);
  number(j, "width_px", (double)m->width * diameter);
  number(j, "branch_points", m->branch_points);
  number(j, "fractal_dimension", m->fractal_dimension);
  number(j, "tortuosity", m->tortuosity);
  json_put(j, "}");
}

static void put_reasons(json_out *j, unsigned reasons) {
  static const char *const names[] = {"dark",      "bright",     "blurred",   "low-contrast",
                                      "field-cut", "not-fundus", "no-vessels"};
  const char *comma = "";
  json_put_key(j, "reasons");
  json_put(j, "[");
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    if (!(reasons >> i & 1)) continue;
    json_put(j, comma);
    json_put_string(j, names[i]);
    comma = ",";
  }
  json_put(j, "]");
}

static void put_optic_disc(json_out *j, const vm_result *r) {
  open_object(j, "optic_disc");
  boolean(j, "found", r->optic_disc.found);
  number(j, "x", r->optic_disc.x);
  number(j, "y", r->optic_disc.y);
  number(j, "radius", r->optic_disc.radius);
  number(j, "confidence", r->optic_disc.confidence);
  json_put(j, "}");
  open_object(j, "laterality");
  text(j, "guess", r->eye == VM_EYE_RIGHT ? "OD" : r->eye == VM_EYE_LEFT ? "OS" : NULL);
  number(j, "confidence", r->eye_confidence);
  json_put(j, "}");
}

static void put_findings(json_out *j, const vm_result *r) {
  open_object(j, "field_of_view");
  number(j, "x", r->disc.x);
  number(j, "y", r->disc.y);
  number(j, "radius", r->disc.radius);
  json_put(j, "}");
  open_object(j, "quality");
  number(j, "gradability", r->gradability);
  number(j, "threshold", r->gradable_at);
  boolean(j, "gradable", r->gradable);
  put_reasons(j, r->reasons);
  json_put(j, "}");
  put_optic_disc(j, r);
  open_object(j, "vessels");
  number(j, "density", r->vessel_density);
  number(j, "threshold", r->vessel_threshold);
  put_measures(j, "field", &r->measures[VM_FIELD], 2 * (double)r->disc.radius);
  put_measures(j, "zone_b", &r->measures[VM_ZONE_B], 2 * (double)r->disc.radius);
  put_measures(j, "zone_c", &r->measures[VM_ZONE_C], 2 * (double)r->disc.radius);
  json_put(j, "}");
  json_put_key(j, "diseases");
  json_put(j, "[");
  for (int c = 0; c < r->class_count; c++) {
    if (c > 0) json_put(j, ",");
    put_disease(j, &r->classes[c]);
  }
  json_put(j, "]");
}

static void put_points(json_out *j, const weights_class *k) {
  json_put_key(j, "points");
  json_put(j, "{");
  for (int i = 0; i < WEIGHTS_POINTS; i++) {
    json_put_key(j, weights_point_names[i]);
    json_put(j, "{");
    number(j, "threshold", k->points[i].threshold);
    number(j, "sensitivity", k->points[i].sensitivity);
    number(j, "specificity", k->points[i].specificity);
    json_put(j, "}");
  }
  json_put(j, "}");
}

/* What a decision may hold, by number from 1 on. */
static void put_names(json_out *j) {
  open_object(j, "decision");
  json_put_key(j, "answers");
  json_put(j, "[");
  for (int i = VM_REFER; i <= VM_NO_FINDING; i++) {
    if (i > VM_REFER) json_put(j, ",");
    json_put_string(j, vm_answer_name((vm_answer)i));
  }
  json_put(j, "]");
  json_put_key(j, "reasons");
  json_put(j, "[");
  for (int i = 1; *vm_reason_name((vm_reason_code)i); i++) {
    if (i > 1) json_put(j, ",");
    json_put_string(j, vm_reason_name((vm_reason_code)i));
  }
  json_put(j, "]");
  number(j, "most_reasons", VM_MAX_REASONS);
  json_put(j, "}");
}

static void put_clear(json_out *j, const vm_weights *w) {
  open_object(j, "no_finding");
  for (int i = 0; i < VM_POINTS; i++) {
    open_object(j, weights_point_names[i]);
    number(j, "normal_at", w->decision.points[i].normal_at);
    number(j, "diseased", w->decision.points[i].diseased);
    number(j, "healthy", w->decision.points[i].healthy);
    json_put(j, "}");
  }
  json_put(j, "}");
}

vm_status report_info(const report_model *m, char **json, vm_error *err) {
  json_out j = {0};
  json_put(&j, "{\"notice\":\"" VM_NOTICE "\",\"version\":\"" VM_VERSION "\",\"weights\":");
  json_put_string(&j, m->weights->name);
  number(&j, "format", WEIGHTS_FORMAT);
  number(&j, "size", m->size);
  number(&j, "threads", m->threads);
  number(&j, "tensors", m->tensor_count);
  number(&j, "parameters", (double)m->parameters);
  number(&j, "vessel_threshold", m->weights->vessel_threshold);
  number(&j, "gradable_threshold", m->weights->gradable_threshold);
  put_names(&j);
  if (m->weights->decision.given) put_clear(&j, m->weights);
  json_put(&j, ",\"classes\":[");
  for (int c = 0; c < m->weights->class_count; c++) {
    const weights_class *k = &m->weights->classes[c];
    json_put(&j, c > 0 ? ",{" : "{");
    json_put_key(&j, "id");
    json_put_string(&j, k->id);
    json_put_key(&j, "name");
    json_put_string(&j, k->name);
    boolean(&j, "named", c != m->weights->decision.normal && !m->weights->decision.unnamed[c]);
    number(&j, "scale", k->scale);
    number(&j, "offset", k->offset);
    number(&j, "threshold", k->threshold);
    if (k->has_points) put_points(&j, k);
    json_put(&j, "}");
  }
  json_put(&j, "]}");
  *json = j.text;
  return j.failed ? status_fail(err, VM_ERR_MEMORY, "info: out of memory") : status_ok(err);
}

static void put_answer(json_out *j, const vm_result *r, const vm_decision *d) {
  text(j, "answer", vm_answer_name(d->answer));
  json_put_key(j, "reasons");
  json_put(j, "[");
  for (int i = 0; i < d->reason_count; i++) {
    json_put(j, i > 0 ? ",{" : "{");
    text(j, "code", vm_reason_name(d->reasons[i].code));
    if (d->reasons[i].class_index >= 0) text(j, "disease", r->classes[d->reasons[i].class_index].id);
    json_put(j, "}");
  }
  json_put(j, "]");
}

static void put_decision(json_out *j, const vm_result *r) {
  open_object(j, "decision");
  text(j, "operating_point", vm_point_name(r->decision.point));
  put_answer(j, r, &r->decision);
  open_object(j, "at");
  for (int i = 0; i < VM_POINTS; i++) {
    open_object(j, vm_point_name(r->decisions[i].point));
    put_answer(j, r, &r->decisions[i]);
    json_put(j, "}");
  }
  json_put(j, "}");
  json_put_key(j, "looks_for");
  json_put(j, "[");
  const char *comma = "";
  for (int c = 0; c < r->class_count; c++) {
    if (!r->classes[c].named) continue;
    json_put(j, comma);
    json_put_string(j, r->classes[c].id);
    comma = ",";
  }
  json_put(j, "]}");
}

vm_status vm_report(const vm_result *result, const vm_provenance *from, char **json, vm_error *err) {
  if (result == NULL || from == NULL || json == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "report: a result, its provenance and a place for the text are needed");
  json_out j = {0};
  json_put(&j, "{");
  text(&j, "schema", "vmnet-report-2");
  text(&j, "notice", VM_NOTICE);
  text(&j, "version", VM_VERSION);
  put_source(&j, result, from);
  put_decision(&j, result);
  put_findings(&j, result);
  json_put(&j, "}");
  *json = j.text;
  return j.failed ? status_fail(err, VM_ERR_MEMORY, "report: out of memory") : status_ok(err);
}

void vm_free(void *p) { free(p); }
