#include "decision.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "status.h"

/* One reason among the others, while they are collected. */
typedef struct weighed {
  vm_decision_reason reason;
  float strength; /* the larger comes first */
} weighed;

typedef struct collected {
  weighed items[VM_MAX_REASONS];
  int count;
} collected;

/* Keeps the reasons sorted, strongest first; equals stay in the order they came. The weakest falls out when all places
 * are taken. */
static void collect(collected *c, vm_reason_code code, int class_index, float strength) {
  int at = c->count;
  while (at > 0 && c->items[at - 1].strength < strength) at--;
  if (at == VM_MAX_REASONS) return;
  if (c->count < VM_MAX_REASONS) c->count++;
  for (int i = c->count - 1; i > at; i--) c->items[i] = c->items[i - 1];
  c->items[at] = (weighed){{code, class_index}, strength};
}

static void append(const collected *from, vm_decision *out) {
  for (int i = 0; i < from->count && out->reason_count < VM_MAX_REASONS; i++)
    out->reasons[out->reason_count++] = from->items[i].reason;
}

/* Older weights files hold one cut for all points. */
float decision_cut(const weights_class *of, vm_point point) {
  return of->has_points ? of->points[point - VM_POINT_SCREENING].threshold : of->threshold;
}

/* The calibrated output of a class less its cut, both in logit units: 0 and more reaches it. */
static float over_cut(const vm_weights *w, const float *logits, int c, vm_point point) {
  const weights_class *k = &w->classes[c];
  /* compared as the report shows them, as probabilities, so that the two can never disagree */
  float p = probability_of(k->scale * logits[c] + k->offset), cut = decision_cut(k, point);
  float distance = k->scale * logits[c] + k->offset - logit_of(cut);
  if (isnan(distance)) return -INFINITY;
  return p >= cut ? larger(distance, 0) : smaller(distance, -1e-6f);
}

/* How much speaks for anything being wrong: the larger, the likelier. */
static float evidence_of(const vm_weights *w, const float *logits) {
  const weights_decision *d = &w->decision;
  float most = -INFINITY, sum = 0, out = d->offset;
  for (int c = 0; c < w->class_count; c++) {
    out += d->logits[c] * logits[c];
    if (c != d->normal) most = larger(most, logits[c]);
  }
  for (int c = 0; c < w->class_count; c++)
    if (c != d->normal) sum += expf(logits[c] - most);
  return w->class_count > 1 ? out + d->lse * (most + logf(sum)) : out;
}

/* Findings that reach their cut, those named apart from the others, and those just under it. */
static void collect_findings(const vm_weights *w, const float *logits, vm_point point, collected *named,
                             collected *unnamed, collected *near) {
  const weights_decision *d = &w->decision;
  for (int c = 0; c < w->class_count; c++) {
    if (c == d->normal) continue;
    float over = over_cut(w, logits, c, point);
    if (over >= 0) collect(d->unnamed[c] ? unnamed : named, VM_DECIDED_BY_FINDING, c, over);
    else if (over >= -d->points[point - VM_POINT_SCREENING].near) collect(near, VM_DECIDED_BY_NEAR, c, over);
  }
}

static void collect_quality(unsigned reasons, collected *out) {
  static const struct {
    vm_reason sign;
    vm_reason_code code;
  } all[] = {{VM_REASON_NOT_FUNDUS, VM_DECIDED_BY_NOT_FUNDUS}, {VM_REASON_DARK, VM_DECIDED_BY_DARK},
             {VM_REASON_BRIGHT, VM_DECIDED_BY_BRIGHT},         {VM_REASON_FIELD_CUT, VM_DECIDED_BY_FIELD_CUT},
             {VM_REASON_BLURRED, VM_DECIDED_BY_BLURRED},       {VM_REASON_LOW_CONTRAST, VM_DECIDED_BY_LOW_CONTRAST},
             {VM_REASON_NO_VESSELS, VM_DECIDED_BY_NO_VESSELS}, {VM_REASON_COLOURS, VM_DECIDED_BY_COLOURS},
             {VM_REASON_TURNED, VM_DECIDED_BY_TURNED}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (reasons & all[i].sign) collect(out, all[i].code, -1, 0);
}

/* Behind a lens as clouded as that nothing else of the eye is seen well enough to be ruled out. */
#define HIDES_THE_REST "cataract"

static bool hides(const vm_weights *w, const collected *findings) {
  for (int i = 0; i < findings->count; i++)
    if (strcmp(w->classes[findings->items[i].reason.class_index].id, HIDES_THE_REST) == 0) return true;
  return false;
}

/* What keeps a photograph without findings from reading as one. */
static void collect_doubts(const vm_weights *w, const float *logits, vm_point point, collected *out) {
  const weights_decision *d = &w->decision;
  const weights_clear *at = &d->points[point - VM_POINT_SCREENING];
  bool normal = d->given && d->normal >= 0;
  if (normal) {
    const weights_class *k = &w->classes[d->normal];
    normal = probability_of(k->scale * logits[d->normal] + k->offset) >= at->normal_at;
  }
  if (!normal) collect(out, VM_DECIDED_BY_NOT_NORMAL, -1, 0);
  if (d->given && !(evidence_of(w, logits) < at->evidence_at)) collect(out, VM_DECIDED_BY_EVIDENCE, -1, 0);
}

vm_decision decision_make(const vm_weights *w, const decision_facts *f, vm_point point) {
  collected named = {.count = 0}, unnamed = {.count = 0}, near = {.count = 0}, doubts = {.count = 0},
            quality = {.count = 0};
  vm_decision out = {.point = point};
  collect_findings(w, f->logits, point, &named, &unnamed, &near);
  bool hidden = hides(w, &named) || hides(w, &unnamed);
  collect_doubts(w, f->logits, point, &doubts);
  collect_quality(f->reasons, &quality);
  hidden |= f->gradable && quality.count > 0; /* judged, and yet something in the photograph may hide a finding */
  out.rest = hidden ? VM_REST_HIDDEN : f->gradable ? VM_REST_NOT_SUSPECTED : VM_REST_NOT_JUDGED;
  if (!f->gradable) {
    out.answer = VM_REPEAT;
    if (quality.count == 0) collect(&quality, VM_DECIDED_BY_NOT_GRADABLE, -1, 0);
    append(&quality, &out);
    append(&named, &out); /* so that nothing hides */
    append(&unnamed, &out);
    return out;
  }
  bool clear = unnamed.count + near.count + doubts.count + quality.count == 0;
  out.answer = named.count > 0 ? VM_REFER : clear ? VM_NO_FINDING : VM_UNCLEAR;
  append(&named, &out);
  append(&unnamed, &out);
  append(&near, &out);
  if (out.answer == VM_UNCLEAR) {
    append(&doubts, &out);
    append(&quality, &out); /* what may hide a finding */
  }
  if (out.answer == VM_NO_FINDING) out.reasons[out.reason_count++] = (vm_decision_reason){VM_DECIDED_BY_NORMAL, -1};
  return out;
}

/* ---- several photographs ---- */

static bool is_reason(vm_decision_reason r) {
  bool of_class = r.code == VM_DECIDED_BY_FINDING || r.code == VM_DECIDED_BY_NEAR;
  bool good_class = of_class ? r.class_index >= 0 && r.class_index < VM_MAX_CLASSES : r.class_index == -1;
  return r.code >= VM_DECIDED_BY_FINDING && r.code <= VM_DECIDED_BY_TURNED && good_class;
}

static bool is_answer(const vm_decision *d) {
  if (d->answer < VM_REFER || d->answer > VM_NO_FINDING || d->point < VM_POINT_SCREENING ||
      d->point > VM_POINT_SPECIFIC || d->rest < VM_REST_NOT_SUSPECTED || d->rest > VM_REST_HIDDEN ||
      d->reason_count < 0 || d->reason_count > VM_MAX_REASONS)
    return false;
  for (int i = 0; i < d->reason_count; i++)
    if (!is_reason(d->reasons[i])) return false;
  return true;
}

/* Which reasons stand in front: findings, what is nearly one, other doubts, the photograph's quality, which of one that
 * cannot be judged stands before its findings; between them, that of another nothing is known. */
static int group_of(vm_reason_code code, vm_answer answer) {
  if (code == VM_DECIDED_BY_NOT_READABLE || code == VM_DECIDED_BY_BOTH_EYES) return 1;
  if (code >= VM_DECIDED_BY_DARK) return answer == VM_REPEAT ? 0 : 5;
  return code == VM_DECIDED_BY_FINDING ? 2 : code == VM_DECIDED_BY_NEAR ? 3 : 4;
}

/* A reason of an answer from several, and how far in front of its group it stood at best. */
typedef struct placed {
  vm_decision_reason reason;
  int group, rank;
} placed;

static bool comes_before(const placed *a, const placed *b) {
  if (a->group != b->group) return a->group < b->group;
  if (a->rank != b->rank) return a->rank < b->rank;
  if (a->reason.code != b->reason.code) return a->reason.code < b->reason.code;
  return a->reason.class_index < b->reason.class_index;
}

/* The next of all after `last`, whatever their order; false: there is none. */
static bool next_reason(const vm_decision *each, int count, vm_answer answer, const placed *last, placed *next) {
  bool found = false;
  for (int i = 0; i < count; i++) {
    if (each[i].answer != answer) continue;
    int rank = 0;
    for (int k = 0; k < each[i].reason_count; k++) {
      const vm_decision_reason *r = &each[i].reasons[k];
      int group = group_of(r->code, answer);
      rank = k > 0 && group_of(r[-1].code, answer) == group ? rank + 1 : 0;
      const placed one = {*r, group, rank};
      if ((last != NULL && !comes_before(last, &one)) || (found && !comes_before(&one, next))) continue;
      *next = one;
      found = true;
    }
  }
  return found;
}

static bool has(const vm_decision *d, vm_decision_reason r) {
  for (int i = 0; i < d->reason_count; i++)
    if (d->reasons[i].code == r.code && d->reasons[i].class_index == r.class_index) return true;
  return false;
}

/* The reasons of those that gave the answer, each once: in one order, whatever the order of the photographs. */
static void merge_reasons(const vm_decision *each, int count, vm_decision *out) {
  placed last, next;
  for (bool first = true; next_reason(each, count, out->answer, first ? NULL : &last, &next); first = false) {
    if (out->reason_count < VM_MAX_REASONS && !has(out, next.reason)) out->reasons[out->reason_count++] = next.reason;
    last = next;
  }
}

static bool is_suspicious(const vm_decision *d) {
  for (int i = 0; i < d->reason_count; i++)
    if (d->reasons[i].code == VM_DECIDED_BY_FINDING) return true;
  return false;
}

/* One eye, from photographs of it: the worst of the judged ones; "repeat" where none can be judged. What is suspected on
 * one that cannot be judged is not settled by another that shows nothing: beside judged ones it counts as unclear. */
static vm_decision eye_of(vm_decision *each, int count) {
  vm_decision out = {.answer = VM_REPEAT, .point = each[0].point, .rest = VM_REST_NOT_SUSPECTED};
  bool judged = false;
  for (int i = 0; i < count; i++) judged |= each[i].answer != VM_REPEAT;
  for (int i = 0; i < count && judged; i++)
    if (each[i].answer == VM_REPEAT && is_suspicious(&each[i]))
      each[i].answer = VM_UNCLEAR, each[i].rest = VM_REST_HIDDEN;
  for (int i = 0; i < count; i++) { /* refer, unclear, no-finding, repeat */
    bool worse = each[i].answer != VM_REPEAT && (out.answer == VM_REPEAT || each[i].answer < out.answer);
    if (worse) out.answer = each[i].answer;
  }
  for (int i = 0; i < count; i++) /* the more cautious */
    if (each[i].answer == out.answer && each[i].rest > out.rest) out.rest = each[i].rest;
  merge_reasons(each, count, &out);
  return out;
}

/* A patient, from his eyes: the worst, and an eye that was not judged is cleared by no other; nor is the rest of it. */
static vm_decision patient_of(const vm_decision *eyes, int count) {
  vm_decision out = {.answer = VM_NO_FINDING, .point = eyes[0].point, .rest = VM_REST_NOT_SUSPECTED};
  for (int i = 0; i < count; i++) { /* vm_answer counts from the most urgent */
    if (eyes[i].answer < out.answer) out.answer = eyes[i].answer;
    if (eyes[i].rest > out.rest) out.rest = eyes[i].rest;
  }
  merge_reasons(eyes, count, &out);
  return out;
}

/* Of which nothing more is known than that it could not be read. */
static bool is_unread(const vm_decision *d) {
  return d->answer == VM_REPEAT && d->reason_count == 1 && d->reasons[0].code == VM_DECIDED_BY_NOT_READABLE;
}

/* Whether photographs of two known eyes were judged, and a patient has no third. */
static bool both_judged(const vm_decision *each, const int *eyes, int count) {
  int first = 0;
  for (int i = 0; i < count && eyes != NULL; i++) {
    if (eyes[i] == 0 || each[i].answer == VM_REPEAT) continue;
    if (first != 0 && eyes[i] != first) return true;
    first = eyes[i];
  }
  return false;
}

/* From the photographs of all eyes. own [count], found [count] are scratch: photographs of one eye; answers of the eyes. */
static vm_decision decide_eyes(const vm_decision *each, const int *eyes, int count, vm_decision *own,
                               vm_decision *found) {
  bool both = both_judged(each, eyes, count);
  int eye_count = 0;
  for (int i = 0; i < count; i++) {
    int eye = eyes == NULL ? 0 : eyes[i], own_count = 0;
    if (both && eye == 0 && is_unread(&each[i])) continue; /* of an eye that another photograph answers for */
    bool seen = false;
    for (int k = 0; k < i; k++) seen |= eye != 0 && eyes[k] == eye;
    if (seen) continue;
    own[own_count++] = each[i];
    for (int k = i + 1; k < count; k++)
      if (eye != 0 && eyes[k] == eye) own[own_count++] = each[k];
    found[eye_count++] = eye_of(own, own_count);
  }
  return patient_of(found, eye_count);
}

static vm_decision not_judged(vm_point point, vm_reason_code why) {
  return (vm_decision){
      .answer = VM_REPEAT, .point = point, .rest = VM_REST_NOT_JUDGED, .reason_count = 1, .reasons = {{why, -1}}};
}

vm_decision vm_not_readable(vm_point point) { return not_judged(point, VM_DECIDED_BY_NOT_READABLE); }

vm_decision vm_both_eyes(vm_point point) { return not_judged(point, VM_DECIDED_BY_BOTH_EYES); }

vm_status vm_decide_together(const vm_decision *each, const int *eyes, int count, vm_decision *out, vm_error *err) {
  if (each == NULL || out == NULL || count < 1)
    return status_fail(err, VM_ERR_ARGUMENT, "decide: %d decisions and a place for theirs together are needed", count);
  for (int i = 0; i < count; i++) {
    if (!is_answer(&each[i]))
      return status_fail(err, VM_ERR_ARGUMENT, "decide: number %d of %d is no decision; give what vm_screen decided",
                         i + 1, count);
    if (each[i].point != each[0].point)
      return status_fail(err, VM_ERR_ARGUMENT,
                         "decide: number %d of %d is of another operating point; give decisions of one", i + 1, count);
  }
  vm_decision *scratch = malloc(2 * (size_t)count * sizeof *scratch);
  if (scratch == NULL) return status_fail(err, VM_ERR_MEMORY, "decide: out of memory for %d decisions", count);
  *out = decide_eyes(each, eyes, count, scratch, scratch + count);
  free(scratch);
  return status_ok(err);
}

const char *vm_answer_name(vm_answer answer) {
  switch (answer) {
  case VM_REFER: return "refer";
  case VM_UNCLEAR: return "unclear";
  case VM_REPEAT: return "repeat";
  case VM_NO_FINDING: return "no-finding";
  }
  return "";
}

const char *vm_rest_name(vm_rest rest) {
  switch (rest) {
  case VM_REST_NOT_SUSPECTED: return "not-suspected";
  case VM_REST_NOT_JUDGED: return "not-judged";
  case VM_REST_HIDDEN: return "hidden";
  }
  return "";
}

const char *vm_reason_name(vm_reason_code code) {
  static const char *const names[] = {"finding",    "near",       "not-normal", "evidence",     "normal",
                                      "dark",       "bright",     "blurred",    "low-contrast", "field-cut",
                                      "not-fundus", "no-vessels", "colours",    "not-gradable", "not-readable",
                                      "both-eyes",  "turned"};
  return code >= 1 && (size_t)code <= sizeof names / sizeof *names ? names[code - 1] : "";
}

const char *vm_point_name(vm_point point) {
  return point >= VM_POINT_SCREENING && point <= VM_POINT_SPECIFIC ? weights_point_names[point - VM_POINT_SCREENING]
                                                                   : weights_point_names[1];
}
