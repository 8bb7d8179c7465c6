/* The optic disc: where the nerve leaves the eye. Bright, round, and where the vessels come together. */
#ifndef VM_OPTIC_DISC_H
#define VM_OPTIC_DISC_H

#include <stdbool.h>

#include "vmnet.h"

/* What the decision rests on; for tests and for choosing the confidence's weights. */
typedef struct optic_disc_evidence {
  float bright;      /* how much brighter than the ring around it, in standard deviations of the field of view */
  float convergence; /* of the vessels, in standard deviations above its mean */
  float edge;        /* fall of brightness across the rim, in the same unit as bright */
  float margin;      /* of the score over the best place elsewhere */
  float vessels;     /* mean vessel probability in the disc */
} optic_disc_evidence;

/* Looks for the optic disc. input [size][size][3] is the network's, vessels [size][size] its vessel probability, both
 * over the square around the field of view `view` of a photograph width x height. *out is in photograph pixels; where
 * no disc is seen, out->found is false and out still holds the best guess. `why` may be NULL. False: out of memory.
 *
 * A template of a bright round patch at three sizes (as in Lalonde, Beaulieu & Gagnon, IEEE Trans. Med. Imaging 2001)
 * and fuzzy convergence, each vessel voting along its own line (Hoover & Goldbaum, IEEE Trans. Med. Imaging 2003), add
 * up to one score; its peak is refined by a circle search on the rim's gradient with the vessels left out. */
bool optic_disc_find(const float *input, const float *vessels, int size, vm_disc view, int width, int height,
                     vm_optic_disc *out, optic_disc_evidence *why);

/* The eye, from the side the disc is on: a right eye's nose, and so its disc, is to the right in a photograph that is
 * neither mirrored nor upside down. Unknown where the disc is not found or the photograph is centred on it;
 * *confidence is 0 then, else 0..1. */
vm_eye optic_disc_eye(const vm_optic_disc *disc, vm_disc view, float *confidence);

#endif
