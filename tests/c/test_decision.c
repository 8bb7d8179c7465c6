/* The answer: every combination of what the classes, the quality and the operating point say. */
#include "decision.h"

#include <math.h>
#include <string.h>

#include "check.h"

enum { NORMAL, RETINOPATHY, CATARACT, OTHER, CLASSES };

/* logit = calibrated output: scale 1, offset 0. Cuts in logit units: 1, 0, -1 from specific to screening. */
static vm_weights made(void) {
  vm_weights w = {.class_count = CLASSES};
  static const char *const names[CLASSES] = {"normal", "retinopathy", "cataract", "other"};
  for (int c = 0; c < CLASSES; c++) {
    weights_class *k = &w.classes[c];
    strcpy(k->name, names[c]);
    strcpy(k->id, names[c]);
    k->scale = 1;
    k->threshold = 0.5f;
    k->has_points = true;
    for (int p = 0; p < WEIGHTS_POINTS; p++) k->points[p].threshold = 1 / (1 + expf(1 - (float)p));
  }
  weights_decision *d = &w.decision;
  d->given = true;
  d->normal = NORMAL;
  d->unnamed[OTHER] = true;
  d->logits[NORMAL] = -1;
  d->lse = 1;
  for (int p = 0; p < WEIGHTS_POINTS; p++)
    d->points[p] = (weights_clear){.normal_at = 0.75f, .evidence_at = -5, .near = 0.5f};
  return w;
}

typedef struct output {
  float logits[CLASSES];
} output;

static const output HEALTHY = {{3, -6, -6, -6}};

static vm_decision decide(const vm_weights *w, output o, bool gradable, unsigned reasons, vm_point point) {
  const decision_facts f = {o.logits, gradable, reasons};
  return decision_make(w, &f, point);
}

/* reasons: "code" or "code:class", with commas */
static void expect(const vm_decision *d, vm_answer answer, const char *reasons, const char *what) {
  static const char *const names[CLASSES] = {"normal", "retinopathy", "cataract", "other"};
  char got[512] = "";
  for (int i = 0; i < d->reason_count; i++) {
    int c = d->reasons[i].class_index;
    size_t n = strlen(got);
    snprintf(got + n, sizeof got - n, "%s%s%s%s", i > 0 ? "," : "", vm_reason_name(d->reasons[i].code),
             c >= 0 ? ":" : "", c >= 0 ? names[c] : "");
  }
  CHECK(d->answer == answer && strcmp(got, reasons) == 0, "%s: %s (%s), not %s (%s)", what, vm_answer_name(d->answer),
        got, vm_answer_name(answer), reasons);
}

static void at_balanced(const vm_weights *w, output o, vm_answer answer, const char *reasons, const char *what) {
  vm_decision d = decide(w, o, true, 0, VM_POINT_BALANCED);
  expect(&d, answer, reasons, what);
}

static void test_gradable(void) {
  vm_weights w = made();
  at_balanced(&w, HEALTHY, VM_NO_FINDING, "normal", "healthy");
  at_balanced(&w, (output){{3, 0.0f, -6, -6}}, VM_REFER, "finding:retinopathy", "at its cut, beside a sure normal");
  at_balanced(&w, (output){{3, -0.4f, -6, -6}}, VM_UNCLEAR, "near:retinopathy,evidence", "just under its cut");
  at_balanced(&w, (output){{3, -0.5f, -6, -6}}, VM_UNCLEAR, "near:retinopathy,evidence", "just still near it");
  at_balanced(&w, (output){{3, -0.6f, -6, -6}}, VM_UNCLEAR, "evidence", "a little more under it");
  at_balanced(&w, (output){{1.0f, -6, -6, -6}}, VM_UNCLEAR, "not-normal", "normal under its own cut");
  at_balanced(&w, (output){{1.2f, -8, -8, -8}}, VM_NO_FINDING, "normal", "normal over its own cut");
  at_balanced(&w, (output){{3, -3.2f, -3.2f, -6}}, VM_NO_FINDING, "normal", "evidence just under its cut");
  at_balanced(&w, (output){{3, -2.7f, -2.7f, -6}}, VM_UNCLEAR, "evidence", "evidence just over its cut");
  at_balanced(&w, (output){{3, -6, -6, 1}}, VM_UNCLEAR, "finding:other,evidence", "other is no named finding");
  at_balanced(&w, (output){{-3, 1, 2, 3}}, VM_REFER, "finding:cataract,finding:retinopathy,finding:other",
              "the strongest first, named ones before the others");
  at_balanced(&w, (output){{-3, 1, -0.3f, -0.2f}}, VM_REFER, "finding:retinopathy,near:other,near:cataract",
              "what lies near comes after what is found");
  at_balanced(&w, (output){{NAN, NAN, NAN, NAN}}, VM_UNCLEAR, "not-normal,evidence", "not a number");
  at_balanced(&w, (output){{INFINITY, -INFINITY, -INFINITY, -INFINITY}}, VM_UNCLEAR, "evidence", "infinite");
}

static void test_points(void) {
  vm_weights w = made();
  const output o = {{3, -0.4f, -6, -6}};
  vm_decision d = decide(&w, o, true, 0, VM_POINT_SCREENING);
  expect(&d, VM_REFER, "finding:retinopathy", "screening");
  CHECK(d.point == VM_POINT_SCREENING, "point");
  d = decide(&w, o, true, 0, VM_POINT_BALANCED);
  expect(&d, VM_UNCLEAR, "near:retinopathy,evidence", "balanced");
  d = decide(&w, o, true, 0, VM_POINT_SPECIFIC);
  expect(&d, VM_UNCLEAR, "evidence", "specific");
  w.decision.points[2].evidence_at = 0;
  d = decide(&w, o, true, 0, VM_POINT_SPECIFIC);
  expect(&d, VM_NO_FINDING, "normal", "specific, with a cut of its own");
  w.classes[RETINOPATHY].has_points = false;
  d = decide(&w, (output){{3, 0, -6, -6}}, true, 0, VM_POINT_SPECIFIC);
  expect(&d, VM_REFER, "finding:retinopathy", "one cut for all points");
}

/* Each part of the evidence counts with its own weight, and the cut itself is too much. */
static void test_evidence(void) {
  vm_weights w = made();
  const output o = {{5, -6, -8, -7}};
  weights_decision *d = &w.decision;
  d->lse = 0, d->points[1].evidence_at = -5;
  at_balanced(&w, o, VM_UNCLEAR, "evidence", "at the cut");
  d->points[1].evidence_at = -4.999f;
  at_balanced(&w, o, VM_NO_FINDING, "normal", "under it");
  d->offset = 0.01f;
  at_balanced(&w, o, VM_UNCLEAR, "evidence", "the offset");
  d->offset = 0, d->logits[CATARACT] = -0.01f;
  at_balanced(&w, o, VM_UNCLEAR, "evidence", "a weight of one class");
  d->logits[CATARACT] = 0, d->lse = 1; /* log(e^-6 + e^-8 + e^-7) = -5.592: normal's 5 is no part of it */
  d->points[1].evidence_at = -10.592f + 0.001f;
  at_balanced(&w, o, VM_NO_FINDING, "normal", "log-sum-exp, under the cut");
  d->points[1].evidence_at = -10.592f - 0.001f;
  at_balanced(&w, o, VM_UNCLEAR, "evidence", "log-sum-exp, over the cut");
  d->points[1].evidence_at = 80;
  at_balanced(&w, (output){{90, -300, -300, -300}}, VM_NO_FINDING, "normal", "far below what expf can tell");
}

/* Of two classes, healthy and not, the second alone is evidence; of one there is none. */
static void test_few_classes(void) {
  vm_weights w = made();
  w.class_count = 2;
  at_balanced(&w, (output){{3, -3, 0, 0}}, VM_NO_FINDING, "normal", "two classes: -3 - 3 is under -5");
  at_balanced(&w, (output){{3, -1.9f, 0, 0}}, VM_UNCLEAR, "evidence", "two classes: -3 - 1.9 is not");
  w.class_count = 1;
  at_balanced(&w, (output){{6, 9, 9, 9}}, VM_NO_FINDING, "normal", "one class");
}

static void test_calibration(void) {
  vm_weights w = made();
  w.decision.points[1].evidence_at = 10;
  w.classes[RETINOPATHY].scale = 2, w.classes[RETINOPATHY].offset = 3;
  at_balanced(&w, (output){{3, -1.4f, -6, -6}}, VM_REFER, "finding:retinopathy", "2 * -1.4 + 3 reaches 0");
  at_balanced(&w, (output){{3, -1.6f, -6, -6}}, VM_UNCLEAR, "near:retinopathy", "2 * -1.6 + 3 is near it");
  at_balanced(&w, (output){{3, -1.8f, -6, -6}}, VM_NO_FINDING, "normal", "2 * -1.8 + 3 is not");
  w.classes[NORMAL].scale = 0.5f, w.classes[NORMAL].offset = -1;
  at_balanced(&w, (output){{4, -6, -6, -6}}, VM_UNCLEAR, "not-normal", "0.5 * 4 - 1: 73 %");
  at_balanced(&w, (output){{4.4f, -6, -6, -6}}, VM_NO_FINDING, "normal", "0.5 * 4.4 - 1: 77 %");
}

static void test_not_gradable(void) {
  vm_weights w = made();
  vm_decision d = decide(&w, HEALTHY, false, 0, VM_POINT_BALANCED);
  expect(&d, VM_REPEAT, "not-gradable", "for no reason that we know");
  d = decide(&w, HEALTHY, false, VM_REASON_BLURRED | VM_REASON_DARK, VM_POINT_BALANCED);
  expect(&d, VM_REPEAT, "dark,blurred", "reasons");
  d = decide(&w, HEALTHY, false,
             VM_REASON_BRIGHT | VM_REASON_LOW_CONTRAST | VM_REASON_FIELD_CUT | VM_REASON_NOT_FUNDUS |
                 VM_REASON_NO_VESSELS | VM_REASON_COLOURS | VM_REASON_TURNED,
             VM_POINT_BALANCED);
  expect(&d, VM_REPEAT, "not-fundus,bright,field-cut,low-contrast,no-vessels,colours,turned", "the other reasons");
  d = decide(&w, (output){{3, 1, -6, 2}}, false, VM_REASON_DARK, VM_POINT_BALANCED);
  expect(&d, VM_REPEAT, "dark,finding:retinopathy,finding:other", "a finding is not hidden");
  d = decide(&w, (output){{-3, -6, 1, -6}}, false, VM_REASON_LOW_CONTRAST, VM_POINT_SPECIFIC);
  expect(&d, VM_REPEAT, "low-contrast,finding:cataract", "at another point");
  d = decide(&w, HEALTHY, true, VM_REASON_BLURRED, VM_POINT_BALANCED);
  expect(&d, VM_UNCLEAR, "blurred", "gradable, but it may hide something");
  d = decide(&w, (output){{3, -6, -6, 2}}, true, VM_REASON_COLOURS | VM_REASON_BRIGHT, VM_POINT_BALANCED);
  expect(&d, VM_UNCLEAR, "finding:other,evidence,bright,colours", "the same beside something unnamed");
  d = decide(&w, (output){{3, 1, -6, -6}}, true, VM_REASON_BRIGHT, VM_POINT_BALANCED);
  expect(&d, VM_REFER, "finding:retinopathy", "what is found stays found");
}

static void expect_rest(const vm_decision *d, vm_rest rest, const char *what) {
  CHECK(d->rest == rest, "%s: the rest is %s, not %s", what, vm_rest_name(d->rest), vm_rest_name(rest));
}

/* Of what no reason names: behind a suspected cataract, whether it is named, alone or judged, nothing is ruled out. */
static void test_rest(void) {
  vm_weights w = made();
  vm_decision d = decide(&w, HEALTHY, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_SUSPECTED, "healthy");
  d = decide(&w, (output){{-3, 1, -6, 1}}, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_SUSPECTED, "another finding hides nothing");
  static const unsigned qualities[] = {VM_REASON_DARK,         VM_REASON_BRIGHT,    VM_REASON_BLURRED,
                                       VM_REASON_LOW_CONTRAST, VM_REASON_FIELD_CUT, VM_REASON_NOT_FUNDUS,
                                       VM_REASON_NO_VESSELS,   VM_REASON_COLOURS,   VM_REASON_TURNED};
  for (size_t i = 0; i < sizeof qualities / sizeof *qualities; i++)
    for (vm_point point = VM_POINT_SCREENING; point <= VM_POINT_SPECIFIC; point++) {
      d = decide(&w, HEALTHY, true, qualities[i], point);
      expect_rest(&d, VM_REST_HIDDEN, "judged, but its quality may hide a finding");
      d = decide(&w, (output){{-3, 3, -6, -6}}, true, qualities[i], point);
      expect_rest(&d, VM_REST_HIDDEN, "the same beside another finding");
      d = decide(&w, HEALTHY, false, qualities[i], point);
      expect_rest(&d, VM_REST_NOT_JUDGED, "not judged for its quality");
    }
  d = decide(&w, (output){{3, -6, -0.4f, -6}}, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_SUSPECTED, "a cataract that is only near");
  d = decide(&w, (output){{3, -6, -0.4f, -6}}, true, 0, VM_POINT_SCREENING);
  expect_rest(&d, VM_REST_HIDDEN, "the same where it reaches its cut");
  d = decide(&w, (output){{-3, 2, 1, 3}}, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_HIDDEN, "a cataract behind other findings");
  d = decide(&w, HEALTHY, false, VM_REASON_DARK, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_JUDGED, "not judged");
  d = decide(&w, (output){{-3, 1, -6, -6}}, false, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_JUDGED, "not judged, and another finding");
  d = decide(&w, (output){{-3, -6, 1, -6}}, false, VM_REASON_LOW_CONTRAST, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_HIDDEN, "not judged, and a cataract");
  w.decision.unnamed[CATARACT] = true;
  d = decide(&w, (output){{-3, -6, 1, -6}}, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_HIDDEN, "a cataract that the test does not name");
  strcpy(w.classes[CATARACT].id, "catarac");
  d = decide(&w, (output){{-3, -6, 1, -6}}, true, 0, VM_POINT_BALANCED);
  expect_rest(&d, VM_REST_NOT_SUSPECTED, "no cataract");
}

static void test_older_weights(void) {
  vm_weights w = made();
  w.decision.given = false;
  at_balanced(&w, HEALTHY, VM_UNCLEAR, "not-normal", "no block: never reassures");
  at_balanced(&w, (output){{3, 1, -6, -6}}, VM_REFER, "finding:retinopathy", "no block: findings count");
  w = made();
  w.decision.normal = -1;
  at_balanced(&w, (output){{-9, -9, -9, -9}}, VM_UNCLEAR, "not-normal,evidence", "no class of healthy eyes");
}

/* More reasons than places: the strongest stay. */
static void test_many(void) {
  static vm_weights w;
  w = made();
  static float logits[VM_MAX_CLASSES];
  w.class_count = VM_MAX_CLASSES;
  for (int c = CLASSES; c < VM_MAX_CLASSES; c++) w.classes[c] = w.classes[RETINOPATHY];
  for (int c = 0; c < VM_MAX_CLASSES; c++) logits[c] = (float)c;
  const decision_facts f = {logits, true, 0};
  vm_decision d = decision_make(&w, &f, VM_POINT_BALANCED);
  CHECK(d.answer == VM_REFER && d.reason_count == VM_MAX_REASONS, "%d reasons", d.reason_count);
  for (int i = 0; i < d.reason_count; i++)
    CHECK(d.reasons[i].class_index == VM_MAX_CLASSES - 1 - i, "reason %d: class %d", i, d.reasons[i].class_index);
}

/* ---- several photographs ---- */

/* What one photograph can say. SUSPECT: it cannot be judged, and something is suspected all the same. UNREAD: nothing,
 * as it could not be read. */
enum { REPEAT, SUSPECT, CLEAR, DOUBT, SICK, UNREAD, KINDS };

static vm_decision one_of(int kind) {
  vm_weights w = made();
  switch (kind) {
  case SUSPECT: return decide(&w, (output){{-3, 1, -6, -6}}, false, VM_REASON_DARK, VM_POINT_BALANCED);
  case CLEAR: return decide(&w, HEALTHY, true, 0, VM_POINT_BALANCED);
  case DOUBT: return decide(&w, (output){{1, -6, -6, -6}}, true, 0, VM_POINT_BALANCED);
  case SICK: return decide(&w, (output){{-3, -6, 0, -6}}, true, 0, VM_POINT_BALANCED);
  case UNREAD: return vm_not_readable(VM_POINT_BALANCED);
  default: return decide(&w, HEALTHY, false, VM_REASON_BLURRED, VM_POINT_BALANCED);
  }
}

static vm_decision together(const vm_decision *each, const int *eyes, int count) {
  vm_decision out = {0};
  vm_error err = {0};
  CHECK(vm_decide_together(each, eyes, count, &out, &err) == VM_OK, "%s", err.text);
  return out;
}

/* The rule once more, in other words: what kinds there are among three photographs, by their bits. */
static vm_answer said_of_eye(unsigned kinds) {
  bool judged = kinds & (1u << CLEAR | 1u << DOUBT | 1u << SICK);
  if (!judged) return VM_REPEAT;
  if (kinds & 1u << SICK) return VM_REFER;
  return kinds & (1u << DOUBT | 1u << SUSPECT) ? VM_UNCLEAR : VM_NO_FINDING;
}

static vm_answer said_of_patient(unsigned kinds) {
  if (kinds & 1u << SICK) return VM_REFER;
  if (kinds & 1u << DOUBT) return VM_UNCLEAR;
  return kinds & (1u << REPEAT | 1u << SUSPECT | 1u << UNREAD) ? VM_REPEAT : VM_NO_FINDING;
}

static bool same(const vm_decision *a, const vm_decision *b) {
  if (a->answer != b->answer || a->rest != b->rest || a->reason_count != b->reason_count) return false;
  for (int i = 0; i < a->reason_count; i++)
    if (a->reasons[i].code != b->reasons[i].code || a->reasons[i].class_index != b->reasons[i].class_index)
      return false;
  return true;
}

/* Three photographs of every kind in every order: of one eye; of three; of one and another. */
static void test_together(void) {
  vm_decision all[KINDS];
  for (int k = 0; k < KINDS; k++) all[k] = one_of(k);
  static const int one[] = {2, 2, 2}, three[] = {0, 0, 0}, unlike[] = {1, 0, 2}, both[] = {1, 2, 1};
  for (int a = 0; a < KINDS; a++)
    for (int b = 0; b < KINDS; b++)
      for (int c = 0; c < KINDS; c++) {
        const vm_decision each[3] = {all[a], all[b], all[c]};
        unsigned kinds = 1u << a | 1u << b | 1u << c;
        vm_decision eye = together(each, one, 3), patient = together(each, three, 3);
        CHECK(eye.answer == said_of_eye(kinds), "one eye: %d %d %d: %s", a, b, c, vm_answer_name(eye.answer));
        CHECK(patient.answer == said_of_patient(kinds), "three eyes: %d %d %d: %s", a, b, c,
              vm_answer_name(patient.answer));
        vm_decision other = together(each, unlike, 3), unknown = together(each, NULL, 3);
        CHECK(same(&patient, &unknown) && (b == UNREAD || same(&patient, &other)),
              "%d %d %d: unlike eyes are eyes of their own", a, b, c);
        const vm_decision moved[2][3] = {{all[b], all[c], all[a]}, {all[b], all[a], all[c]}};
        for (int i = 0; i < 2; i++) {
          other = together(moved[i], one, 3);
          CHECK(same(&eye, &other), "one eye: %d %d %d: the order counts", a, b, c);
          other = together(moved[i], three, 3);
          CHECK(same(&patient, &other), "three eyes: %d %d %d: the order counts", a, b, c);
        }
        const vm_decision right[2] = {all[a], all[c]};
        const vm_decision eyes[2] = {together(right, one, 2), all[b]};
        other = together(each, both, 3), patient = together(eyes, NULL, 2);
        CHECK(same(&patient, &other), "%d %d of one eye, %d of another: %s", a, c, b, vm_answer_name(other.answer));
      }
}

/* The rule for a patient once more: the worst of his two eyes and of all photographs of which nobody knows whose they
 * are, where one that could not be read counts unless each eye has been judged. */
static vm_answer said_of(const int *kinds, const int *eyes) {
  enum { JUDGED = 1u << CLEAR | 1u << DOUBT | 1u << SICK };
  unsigned own[3] = {0};
  for (int i = 0; i < 3; i++) own[eyes[i]] |= 1u << kinds[i];
  vm_answer worst = VM_NO_FINDING;
  for (int eye = 1; eye <= 2; eye++)
    if (own[eye] != 0 && said_of_eye(own[eye]) < worst) worst = said_of_eye(own[eye]);
  if (own[1] & JUDGED && own[2] & JUDGED) own[0] &= ~(1u << UNREAD);
  return said_of_patient(own[0]) < worst ? said_of_patient(own[0]) : worst;
}

static bool says(const vm_decision *d, vm_reason_code code) {
  for (int i = 0; i < d->reason_count; i++)
    if (d->reasons[i].code == code) return true;
  return false;
}

/* Three photographs of every kind, each of either eye or of one that is not known: what could not be read clears
 * nobody. */
static void test_not_readable(void) {
  vm_decision all[KINDS];
  for (int k = 0; k < KINDS; k++) all[k] = one_of(k);
  for (int n = 0; n < KINDS * KINDS * KINDS * 27; n++) {
    const int eyes[3] = {n % 3, n / 3 % 3, n / 9 % 3};
    const int kinds[3] = {n / 27 % KINDS, n / 27 / KINDS % KINDS, n / 27 / KINDS / KINDS};
    const vm_decision each[3] = {all[kinds[0]], all[kinds[1]], all[kinds[2]]};
    vm_decision out = together(each, eyes, 3);
    vm_answer wanted = said_of(kinds, eyes);
    CHECK(out.answer == wanted, "%d of %d, %d of %d, %d of %d: %s, not %s", kinds[0], eyes[0], kinds[1], eyes[1],
          kinds[2], eyes[2], vm_answer_name(out.answer), vm_answer_name(wanted));
    const int other[3] = {eyes[2], eyes[1], eyes[0]};
    const vm_decision moved[3] = {each[2], each[1], each[0]};
    vm_decision again = together(moved, other, 3);
    CHECK(same(&out, &again), "%d %d %d of %d %d %d: the order counts", kinds[0], kinds[1], kinds[2], eyes[0], eyes[1],
          eyes[2]);
    CHECK(!says(&out, VM_DECIDED_BY_NOT_READABLE) || (out.answer == VM_REPEAT && out.rest != VM_REST_NOT_SUSPECTED),
          "a reason to repeat, and to say nothing of the rest: %s", vm_answer_name(out.answer));
  }
}

/* Why, and what is said of the rest, beside what was judged and what was not. */
static void test_not_readable_reasons(void) {
  vm_weights w = made();
  const vm_decision unread = vm_not_readable(VM_POINT_BALANCED), clear = one_of(CLEAR), sick = one_of(SICK),
                    suspect = decide(&w, (output){{-3, 1, -6, -6}}, false, VM_REASON_DARK | VM_REASON_BLURRED,
                                     VM_POINT_BALANCED);
  vm_decision out = together(&unread, NULL, 1);
  expect(&out, VM_REPEAT, "not-readable", "alone");
  expect_rest(&out, VM_REST_NOT_JUDGED, "alone");
  CHECK(out.point == VM_POINT_BALANCED && vm_not_readable(VM_POINT_SPECIFIC).point == VM_POINT_SPECIFIC, "the point");
  static const int same_eye[] = {1, 1, 1}, both[] = {1, 2, 2}, third[] = {1, 2, 0};
  const struct {
    vm_decision each[3];
    const int *eyes;
    int count;
    vm_answer answer;
    const char *reasons;
    vm_rest rest;
  } all[] = {
      {{clear, unread}, same_eye, 2, VM_NO_FINDING, "normal", VM_REST_NOT_SUSPECTED},
      {{clear, unread}, both, 2, VM_REPEAT, "not-readable", VM_REST_NOT_JUDGED},
      {{clear, unread}, NULL, 2, VM_REPEAT, "not-readable", VM_REST_NOT_JUDGED},
      {{clear, unread, clear}, both, 3, VM_NO_FINDING, "normal", VM_REST_NOT_SUSPECTED},
      {{clear, clear, unread}, third, 3, VM_NO_FINDING, "normal", VM_REST_NOT_SUSPECTED},
      {{clear, clear, unread}, NULL, 3, VM_REPEAT, "not-readable", VM_REST_NOT_JUDGED},
      {{clear, unread, unread}, third, 3, VM_REPEAT, "not-readable", VM_REST_NOT_JUDGED},
      {{sick, unread}, both, 2, VM_REFER, "finding:cataract", VM_REST_HIDDEN},
      {{one_of(DOUBT), unread}, both, 2, VM_UNCLEAR, "not-normal", VM_REST_NOT_JUDGED},
      {{suspect, unread}, same_eye, 2, VM_REPEAT, "dark,blurred,not-readable,finding:retinopathy", VM_REST_NOT_JUDGED},
      {{clear, suspect, unread},
       both,
       3,
       VM_REPEAT,
       "dark,blurred,not-readable,finding:retinopathy",
       VM_REST_NOT_JUDGED},
      {{clear, one_of(REPEAT), unread}, third, 3, VM_REPEAT, "blurred,not-readable", VM_REST_NOT_JUDGED}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    out = together(all[i].each, all[i].eyes, all[i].count);
    expect(&out, all[i].answer, all[i].reasons, "with one that could not be read");
    expect_rest(&out, all[i].rest, all[i].reasons);
  }
}

static void test_together_reasons(void) {
  vm_weights w = made();
  static const int one[] = {1, 1, 1};
  vm_decision out, each[3] = {decide(&w, (output){{-3, 1, 2, -6}}, true, 0, VM_POINT_BALANCED),
                              decide(&w, HEALTHY, false, VM_REASON_DARK, VM_POINT_BALANCED),
                              decide(&w, (output){{-3, 1, -6, 1}}, true, 0, VM_POINT_BALANCED)};
  vm_error err;
  out = together(each, one, 3);
  expect(&out, VM_REFER, "finding:retinopathy,finding:cataract,finding:other", "merged, each once, ties by class");
  out = together(each + 1, one, 1);
  expect(&out, VM_REPEAT, "dark", "one alone");
  CHECK(vm_decide_together(each, one, 3, &each[0], &err) == VM_OK, "in place");
  expect(&each[0], VM_REFER, "finding:retinopathy,finding:cataract,finding:other", "in place");
  each[0] = one_of(SUSPECT), each[2] = one_of(CLEAR);
  out = together(each, one, 3);
  expect(&out, VM_UNCLEAR, "finding:retinopathy,dark", "suspected where it was not judged");
  CHECK(each[0].answer == VM_REPEAT, "what is given stays as it is");
  each[1] = decide(&w, (output){{3, -6, -0.4f, -6}}, true, VM_REASON_BLURRED, VM_POINT_BALANCED);
  out = together(each, one, 3);
  expect(&out, VM_UNCLEAR, "finding:retinopathy,near:cataract,evidence,dark,blurred", "and beside something unclear");
  out = together(each, NULL, 3);
  expect(&out, VM_UNCLEAR, "near:cataract,evidence,blurred", "of another eye: those of the answer alone");
  each[1] = decide(&w, HEALTHY, false, VM_REASON_BLURRED | VM_REASON_COLOURS, VM_POINT_BALANCED);
  out = together(each, NULL, 3);
  expect(&out, VM_REPEAT, "dark,blurred,colours,finding:retinopathy", "eyes that were not judged");
}

/* More reasons than places, whatever the order: the strongest of all stay. */
static void test_together_many(void) {
  vm_decision each[2] = {{.answer = VM_REFER, .point = VM_POINT_BALANCED, .rest = VM_REST_NOT_SUSPECTED}};
  each[0].reason_count = VM_MAX_REASONS;
  each[1] = each[0];
  for (int i = 0; i < VM_MAX_REASONS; i++) {
    each[0].reasons[i] = (vm_decision_reason){VM_DECIDED_BY_FINDING, 2 * i};
    each[1].reasons[i] = (vm_decision_reason){VM_DECIDED_BY_FINDING, 2 * i + 1};
  }
  static const int one[] = {1, 1};
  const vm_decision moved[2] = {each[1], each[0]};
  vm_decision a = together(each, one, 2), b = together(moved, one, 2);
  CHECK(a.reason_count == VM_MAX_REASONS && same(&a, &b), "%d reasons", a.reason_count);
  for (int i = 0; i < a.reason_count; i++)
    CHECK(a.reasons[i].class_index == i, "reason %d: class %d", i, a.reasons[i].class_index);
}

/* Of one eye only what gave the answer counts, and of that the most cautious; of a patient each eye. */
static void test_together_rest(void) {
  vm_weights w = made();
  const vm_decision clear = decide(&w, HEALTHY, true, 0, VM_POINT_BALANCED),
                    sick = decide(&w, (output){{-3, 1, -6, -6}}, true, 0, VM_POINT_BALANCED),
                    cloudy = decide(&w, (output){{-3, -6, 1, -6}}, true, 0, VM_POINT_BALANCED),
                    dark = decide(&w, HEALTHY, false, VM_REASON_DARK, VM_POINT_BALANCED),
                    veiled = decide(&w, (output){{-3, -6, 1, -6}}, false, 0, VM_POINT_BALANCED),
                    suspect = one_of(SUSPECT);
  const struct {
    vm_decision each[2];
    vm_rest eye, eyes;
    const char *what;
  } all[] = {
      {{clear, clear}, VM_REST_NOT_SUSPECTED, VM_REST_NOT_SUSPECTED, "two clear ones"},
      {{sick, cloudy}, VM_REST_HIDDEN, VM_REST_HIDDEN, "a cataract in one of two that are referred"},
      {{cloudy, clear}, VM_REST_HIDDEN, VM_REST_HIDDEN, "a cataract beside a clear one"},
      {{sick, clear}, VM_REST_NOT_SUSPECTED, VM_REST_NOT_SUSPECTED, "a finding beside a clear one"},
      {{dark, clear}, VM_REST_NOT_SUSPECTED, VM_REST_NOT_JUDGED, "one that is not judged beside a clear one"},
      {{sick, dark}, VM_REST_NOT_SUSPECTED, VM_REST_NOT_JUDGED, "one that is not judged beside a finding"},
      {{clear, veiled}, VM_REST_HIDDEN, VM_REST_HIDDEN, "a clear one, and a cataract where it is not judged"},
      {{clear, suspect}, VM_REST_HIDDEN, VM_REST_NOT_JUDGED, "a clear one, and something where it is not judged"},
      {{dark, dark}, VM_REST_NOT_JUDGED, VM_REST_NOT_JUDGED, "none is judged"},
      {{dark, veiled}, VM_REST_HIDDEN, VM_REST_HIDDEN, "none is judged, one with a cataract"}};
  static const int one[] = {1, 1};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    const vm_decision moved[2] = {all[i].each[1], all[i].each[0]};
    vm_decision out = together(all[i].each, one, 2);
    expect_rest(&out, all[i].eye, all[i].what);
    out = together(moved, one, 2);
    expect_rest(&out, all[i].eye, "and in the other order");
    out = together(all[i].each, NULL, 2);
    expect_rest(&out, all[i].eyes, "of two eyes");
    out = together(moved, NULL, 2);
    expect_rest(&out, all[i].eyes, "and in the other order");
  }
}

static void refuse(const vm_decision *each, int count, const char *words) {
  vm_decision out;
  vm_error err = {0};
  CHECK(vm_decide_together(each, NULL, count, &out, &err) == VM_ERR_ARGUMENT && strstr(err.text, words) != NULL, "%s",
        err.text);
}

static void test_together_refusals(void) {
  vm_decision each[2] = {{.answer = VM_REFER, .point = VM_POINT_BALANCED, .rest = VM_REST_NOT_SUSPECTED},
                         {.answer = VM_REFER, .point = VM_POINT_SPECIFIC, .rest = VM_REST_HIDDEN}};
  refuse(each, 2, "number 2 of 2 is of another operating point");
  each[1] = (vm_decision){.point = VM_POINT_BALANCED, .rest = VM_REST_NOT_SUSPECTED};
  refuse(each, 2, "number 2 of 2 is no decision");
  each[1] = (vm_decision){.answer = VM_REFER, .point = VM_POINT_BALANCED};
  refuse(each, 2, "no decision");
  each[1].rest = (vm_rest)(VM_REST_HIDDEN + 1);
  refuse(each, 2, "no decision");
  each[1].rest = VM_REST_HIDDEN;
  each[1].reason_count = VM_MAX_REASONS + 1;
  refuse(each, 2, "no decision");
  static const vm_decision_reason none[] = {{(vm_reason_code)0, -1},
                                            {(vm_reason_code)(VM_DECIDED_BY_TURNED + 1), -1},
                                            {VM_DECIDED_BY_FINDING, -1},
                                            {VM_DECIDED_BY_NEAR, VM_MAX_CLASSES},
                                            {VM_DECIDED_BY_DARK, 0}};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    each[1].reason_count = 1;
    each[1].reasons[0] = none[i];
    refuse(each, 2, "number 2 of 2 is no decision");
  }
  each[1].reason_count = 0;
  for (int point = 0; point <= 9; point += 9) {
    each[0].point = each[1].point = (vm_point)point;
    refuse(each, 2, "number 1 of 2 is no decision");
  }
  refuse(each, 0, "0 decisions");
  refuse(NULL, 1, "1 decisions");
}

/* One file as both eyes: for each of them what stands for it, and once what it says, of neither. */
static void test_both_eyes(void) {
  const vm_decision both = vm_both_eyes(VM_POINT_BALANCED), clear = one_of(CLEAR), sick = one_of(SICK),
                    unread = vm_not_readable(VM_POINT_BALANCED);
  static const int eyes[] = {1, 2, 0}, more[] = {1, 2, 2};
  const struct {
    vm_decision each[3];
    const int *eyes;
    int count;
    vm_answer answer;
    const char *reasons;
    vm_rest rest;
  } all[] = {{{both}, eyes, 1, VM_REPEAT, "both-eyes", VM_REST_NOT_JUDGED},
             {{both, both, clear}, eyes, 3, VM_REPEAT, "both-eyes", VM_REST_NOT_JUDGED},
             {{both, both, sick}, eyes, 3, VM_REFER, "finding:cataract", VM_REST_HIDDEN},
             {{both, both, unread}, eyes, 3, VM_REPEAT, "not-readable,both-eyes", VM_REST_NOT_JUDGED},
             {{both, both, one_of(REPEAT)}, eyes, 3, VM_REPEAT, "blurred,both-eyes", VM_REST_NOT_JUDGED},
             {{both, both, clear}, more, 3, VM_REPEAT, "both-eyes", VM_REST_NOT_JUDGED},
             {{clear, both, clear}, more, 3, VM_NO_FINDING, "normal", VM_REST_NOT_SUSPECTED}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    vm_decision out = together(all[i].each, all[i].eyes, all[i].count);
    expect(&out, all[i].answer, all[i].reasons, "one file as both eyes");
    expect_rest(&out, all[i].rest, "one file as both eyes");
  }
  CHECK(vm_both_eyes(VM_POINT_SPECIFIC).point == VM_POINT_SPECIFIC, "the point");
}

static void test_names(void) {
  CHECK(strcmp(vm_answer_name(VM_NO_FINDING), "no-finding") == 0 && *vm_answer_name((vm_answer)0) == 0, "answers");
  CHECK(strcmp(vm_rest_name(VM_REST_HIDDEN), "hidden") == 0 && *vm_rest_name((vm_rest)0) == 0, "rests");
  CHECK(strcmp(vm_reason_name(VM_DECIDED_BY_BOTH_EYES), "both-eyes") == 0, "the last of several photographs");
  CHECK(strcmp(vm_reason_name(VM_DECIDED_BY_TURNED), "turned") == 0, "the last reason");
  CHECK(strcmp(vm_reason_name(VM_DECIDED_BY_NOT_READABLE), "not-readable") == 0, "the last but one");
  CHECK(strcmp(vm_reason_name(VM_DECIDED_BY_NOT_GRADABLE), "not-gradable") == 0, "the one before");
  CHECK(*vm_reason_name((vm_reason_code)0) == 0 && *vm_reason_name((vm_reason_code)18) == 0, "beyond the ends");
  CHECK(strcmp(vm_point_name(VM_POINT_DEFAULT), "balanced") == 0, "the default point");
  CHECK(strcmp(vm_point_name(VM_POINT_SPECIFIC), "specific") == 0, "the last point");
}

int main(void) {
  test_gradable();
  test_points();
  test_evidence();
  test_few_classes();
  test_calibration();
  test_not_gradable();
  test_rest();
  test_older_weights();
  test_many();
  test_together();
  test_not_readable();
  test_not_readable_reasons();
  test_both_eyes();
  test_together_reasons();
  test_together_many();
  test_together_rest();
  test_together_refusals();
  test_names();
  return check_end();
}
