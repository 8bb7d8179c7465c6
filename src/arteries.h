/* Arteries and veins out of the network's map: a vote along each stretch of a vessel, and the calibres around the optic disc. */
#ifndef VM_ARTERIES_H
#define VM_ARTERIES_H

#include <stdbool.h>

#include "vmnet.h"

/* What there is to know of the photograph beside the maps. */
typedef struct arteries_photo {
  vm_disc view; /* field of view */
  int width, height;
  vm_optic_disc disc;
} arteries_photo;

/* vessels [size][size]: their probability over the square around the field of view, vessels where it reaches the threshold. map
 * [size][size]: the probability that a vessel there is an artery, as the network gives it; replaced by what is left of it once
 * every stretch of vessel between branch points has voted, which decides for its surroundings too. Fills all of *out but the
 * validity. False: out of memory, and the map is as it was. */
bool arteries_measure(const float *vessels, float threshold, int size, const arteries_photo *photo, float *map,
                      vm_arteries *out);

/* The equivalent of six vessels' widths in one (Knudtson et al., Current Eye Research 2003): the widest and the narrowest become
 * share * sqrt(sum of squares), and so on until one is left; 0.88 for arteries, 0.95 for veins. Sorts widths [6] and uses them up. */
float arteries_equivalent(float widths[6], float share);

#endif
