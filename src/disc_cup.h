/* Optic disc and cup out of the network's map of both: which piece of it is the disc, and how far both reach. */
#ifndef VM_DISC_CUP_H
#define VM_DISC_CUP_H

#include <stdbool.h>

#include "vmnet.h"

#define DISC_CUP_AT 0.5f /* the probability from which on a place belongs to disc or cup */

/* What there is to know of the photograph beside the map. */
typedef struct disc_cup_photo {
  vm_disc view; /* field of view */
  int width, height;
  vm_optic_disc guess; /* where optic_disc.c sees the disc */
} disc_cup_photo;

/* Probabilities [side][side][2] of disc and cup, over the square around the field of view -> measures and, in disc and cup
 * [side][side], what vm_result's disc_map and cup_map hold where there is one. False: out of memory. */
bool disc_cup_measure(const float *map, int side, const disc_cup_photo *photo, float *disc, float *cup,
                      vm_disc_cup *out);

/* No measures, and why. */
vm_disc_cup disc_cup_none(vm_disc_validity why);

#endif
