#include "grade.h"

#include <stdbool.h>

#include "grid.h"

/* The scale is the International Clinical Diabetic Retinopathy one (Wilkinson et al., Ophthalmology 2003; 110: 1677): none,
 * mild (microaneurysms alone), moderate, severe (haemorrhages in all quadrants, venous beading or microvascular
 * abnormalities), proliferative. The network answers four questions of one order, "at least mild", "at least moderate" and so
 * on. Their calibration and their cuts come with the weights file, from photographs of validation and of training patients
 * (weights/train/grade.py): none stands here. */

/* Of at least each grade. Who has at least the next has at least this one: what says otherwise is lowered, and what is no
 * number speaks for nothing. */
static void fill_at_least(const weights_grade *how, const float *logits, float at_least[VM_GRADES]) {
  for (int k = 0; k < VM_GRADES; k++) {
    float p = probability_of(how->scale[k] * logits[k] + how->offset[k]);
    at_least[k] = p > 0 ? p : 0;
    if (k > 0) at_least[k] = smaller(at_least[k], at_least[k - 1]);
  }
}

/* Whether the decision at this point rests on what is graded: it reaches its cut, or is near it. */
static bool suspected(const vm_result *r, int point, int class_index) {
  const vm_decision *d = &r->decisions[point];
  if (r->classes[class_index].probability >= r->classes[class_index].cuts[point]) return true;
  for (int i = 0; i < d->reason_count; i++)
    if (d->reasons[i].class_index == class_index) return true;
  return false;
}

/* The last that is reached before one that is not; compared as the report shows them. */
static int reached(const float at_least[VM_GRADES], const float cuts[VM_GRADES]) {
  int grade = 0;
  while (grade < VM_GRADES && at_least[grade] >= cuts[grade]) grade++;
  return grade;
}

/* logits: NULL, or falling probabilities were made of them */
static vm_grade_at grade_at(const weights_grade *how, const float *logits, const float at_least[VM_GRADES],
                            const vm_result *r, int point) {
  if (logits == NULL) return (vm_grade_at){VM_GRADE_NO_OUTPUT, 0};
  if (!r->gradable) return (vm_grade_at){VM_GRADE_NOT_GRADABLE, 0};
  if (!suspected(r, point, how->class_index)) return (vm_grade_at){VM_GRADE_NOT_SUSPECTED, 0};
  int grade = reached(at_least, how->cuts);
  return (vm_grade_at){grade > 0 ? VM_GRADE_VALID : VM_GRADE_DISAGREES, grade};
}

vm_grade grade_of(const weights_grade *how, const float *logits, const vm_result *r) {
  vm_grade out = {.grade = 0};
  if (logits != NULL && r->gradable) fill_at_least(how, logits, out.at_least);
  for (int i = 0; i < VM_POINTS; i++) out.at[i] = grade_at(how, logits, out.at_least, r, i);
  const vm_grade_at *asked = &out.at[r->decision.point - VM_POINT_SCREENING];
  out.validity = asked->validity;
  out.grade = asked->grade;
  return out;
}

const char *vm_grade_validity_name(vm_grade_validity validity) {
  static const char *const names[] = {"valid", "no-output", "not-gradable", "not-suspected", "disagrees"};
  return (unsigned)validity < sizeof names / sizeof *names ? names[validity] : "";
}
