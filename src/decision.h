/* The answer: what is to be done about a photograph, an eye or a patient, from what the network and the quality facts say.
 * Pure functions; the cuts come from the weights file, chosen on validation photographs (weights/train/decide.py). */
#ifndef VM_DECISION_H
#define VM_DECISION_H

#include <stdbool.h>

#include "weights.h"

/* What the decision looks at. */
typedef struct decision_facts {
  const float *logits; /* [classes] the network's own outputs */
  bool gradable;       /* whether the photograph can be judged at all */
  unsigned reasons;    /* vm_reason, added up: what speaks against its quality */
} decision_facts;

/* Where a class is cut at a point, on its probability. */
float decision_cut(const weights_class *of, vm_point point);

/* The answer at one operating point. `point` is one of VM_POINT_SCREENING .. VM_POINT_SPECIFIC. */
vm_decision decision_make(const vm_weights *weights, const decision_facts *facts, vm_point point);

#endif
