/* The grade: calibrated, falling, and why there is none. */
#include "check.h"
#include "grade.h"

enum { NORMAL, GRADED, OTHER, CLASSES };

static const weights_grade HOW = {.given = true,
                                  .class_index = GRADED,
                                  .scale = {1, 2, 0.5f, 1},
                                  .offset = {0, 0, -1, 0.25f},
                                  .cuts = {0.5f, 0.25f, 0.5f, 0.75f}};

/* The logit whose calibrated probability this is. */
static float logit_for(int k, float probability) {
  return (logf(probability / (1 - probability)) - HOW.offset[k]) / HOW.scale[k];
}

/* A judged photograph on which class GRADED has this probability, cut at 0.125, 0.5 and 0.875; asked for was the second. */
static vm_result result_of(float probability) {
  vm_result r = {.gradable = 1, .class_count = CLASSES};
  for (int c = 0; c < CLASSES; c++) r.classes[c] = (vm_class){.probability = 0.75f, .cuts = {0.125f, 0.5f, 0.875f}};
  r.classes[GRADED].probability = probability;
  for (int i = 0; i < VM_POINTS; i++)
    r.decisions[i] = (vm_decision){.answer = VM_REFER,
                                   .point = (vm_point)(VM_POINT_SCREENING + i),
                                   .reason_count = 1,
                                   .reasons = {{VM_DECIDED_BY_FINDING, OTHER}}};
  r.decision = r.decisions[1];
  return r;
}

static vm_grade graded(const float probabilities[VM_GRADES], const vm_result *r) {
  float logits[VM_GRADES];
  for (int k = 0; k < VM_GRADES; k++) logits[k] = logit_for(k, probabilities[k]);
  return grade_of(&HOW, logits, r);
}

static void expect(const char *what, vm_grade got, vm_grade_validity validity, int grade, const float want[VM_GRADES]) {
  CHECK(got.validity == validity && got.grade == grade, "%s: %s, grade %d", what, vm_grade_validity_name(got.validity),
        got.grade);
  for (int k = 0; k < VM_GRADES; k++)
    CHECK(fabsf(got.at_least[k] - want[k]) < 1e-5f, "%s: at least %d: %g", what, k + 1, (double)got.at_least[k]);
}

static const float NOTHING[VM_GRADES] = {0};

static void test_grades(void) {
  const vm_result r = result_of(0.75f);
  static const struct {
    float probabilities[VM_GRADES];
    int grade;
  } all[] = {{{0.9f, 0.2f, 0.1f, 0.05f}, 1},
             {{0.9f, 0.3f, 0.1f, 0.05f}, 2},
             {{0.9f, 0.8f, 0.6f, 0.5f}, 3},
             {{0.99f, 0.95f, 0.9f, 0.8f}, 4}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    expect("a grade", graded(all[i].probabilities, &r), VM_GRADE_VALID, all[i].grade, all[i].probabilities);
}

/* Who has at least the next grade has at least this one, and a grade after one that is not reached is none. */
static void test_falling(void) {
  const vm_result r = result_of(0.75f);
  const float rising[VM_GRADES] = {0.6f, 0.9f, 0.4f, 0.95f}, lowered[VM_GRADES] = {0.6f, 0.6f, 0.4f, 0.4f};
  expect("rising", graded(rising, &r), VM_GRADE_VALID, 2, lowered);
  const float late[VM_GRADES] = {0.4f, 0.9f, 0.9f, 0.9f}, all_low[VM_GRADES] = {0.4f, 0.4f, 0.4f, 0.4f};
  expect("the first not reached", graded(late, &r), VM_GRADE_DISAGREES, 0, all_low);
}

/* Compared as they are given: a probability that is its cut reaches it. */
static void test_at_the_cut(void) {
  const vm_result r = result_of(0.5f);
  const weights_grade how = {.given = true, .class_index = GRADED, .scale = {1, 1, 1, 1}, .cuts = {0.5f, 0.5f, 0, 1}};
  const float zero[VM_GRADES] = {0, 0, 0, 0}, half[VM_GRADES] = {0.5f, 0.5f, 0.5f, 0.5f};
  expect("at the cut", grade_of(&how, zero, &r), VM_GRADE_VALID, 3, half);
}

static void test_validity(void) {
  const float mild[VM_GRADES] = {0.9f, 0.2f, 0.1f, 0.05f}, none[VM_GRADES] = {0.4f, 0.2f, 0.1f, 0.05f};
  vm_result r = result_of(0.75f);
  expect("no head", grade_of(&HOW, NULL, &r), VM_GRADE_NO_OUTPUT, 0, NOTHING);
  expect("grade none", graded(none, &r), VM_GRADE_DISAGREES, 0, none);
  r.gradable = 0;
  expect("not gradable", graded(mild, &r), VM_GRADE_NOT_GRADABLE, 0, NOTHING);
  expect("neither", grade_of(&HOW, NULL, &r), VM_GRADE_NO_OUTPUT, 0, NOTHING);
  r = result_of(0.25f);
  expect("another finding alone", graded(mild, &r), VM_GRADE_NOT_SUSPECTED, 0, mild);
  r.decisions[1].reasons[r.decisions[1].reason_count++] = (vm_decision_reason){VM_DECIDED_BY_NEAR, GRADED};
  expect("near its cut", graded(mild, &r), VM_GRADE_VALID, 1, mild);
  expect("near its cut, grade none", graded(none, &r), VM_GRADE_DISAGREES, 0, none);
}

/* What is suspected at a point is graded there; asked for is one of them. */
static void test_points(void) {
  const float mild[VM_GRADES] = {0.9f, 0.2f, 0.1f, 0.05f};
  vm_result r = result_of(0.25f);
  for (int i = 0; i < VM_POINTS; i++) {
    r.decision = r.decisions[i];
    const vm_grade got = graded(mild, &r);
    const vm_grade_validity want = i == 0 ? VM_GRADE_VALID : VM_GRADE_NOT_SUSPECTED;
    CHECK(got.validity == want && got.grade == (i == 0), "asked for %d: %s", i, vm_grade_validity_name(got.validity));
    for (int k = 0; k < VM_POINTS; k++)
      CHECK(got.at[k].validity == (k == 0 ? VM_GRADE_VALID : VM_GRADE_NOT_SUSPECTED) && got.at[k].grade == (k == 0),
            "at %d: %s", k, vm_grade_validity_name(got.at[k].validity));
  }
  r.gradable = 0;
  const vm_grade none = graded(mild, &r);
  for (int k = 0; k < VM_POINTS; k++) CHECK(none.at[k].validity == VM_GRADE_NOT_GRADABLE, "not gradable at %d", k);
}

/* What is no number speaks for nothing, and no report holds one. */
static void test_no_number(void) {
  const vm_result r = result_of(0.75f);
  const float logits[VM_GRADES] = {INFINITY, NAN, 1, 1}, want[VM_GRADES] = {1, 0, 0, 0};
  expect("no number", grade_of(&HOW, logits, &r), VM_GRADE_VALID, 1, want);
}

static void test_names(void) {
  static const char *const names[] = {"valid", "no-output", "not-gradable", "not-suspected", "disagrees", ""};
  for (int i = 0; i < 6; i++)
    CHECK(strcmp(vm_grade_validity_name((vm_grade_validity)i), names[i]) == 0, "%s", names[i]);
}

int main(void) {
  test_grades();
  test_falling();
  test_at_the_cut();
  test_validity();
  test_points();
  test_no_number();
  test_names();
  return check_end();
}
