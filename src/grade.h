/* The grade of diabetic retinopathy, out of the network's own outputs and what was decided. */
#ifndef VM_GRADE_H
#define VM_GRADE_H

#include "weights.h"

/* logits [VM_GRADES] of at least each grade; NULL: there are none. Of r are read whether the photograph can be judged, the
 * classes and the decisions. */
vm_grade grade_of(const weights_grade *how, const float *logits, const vm_result *r);

#endif
