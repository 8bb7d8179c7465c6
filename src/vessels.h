/* Measurements on the vessel map. */
#ifndef VM_VESSELS_H
#define VM_VESSELS_H

#include "vmnet.h"

/* Vessel density: share of the field of view (the disc, inside the photograph) where the probability reaches the
 * threshold, 0..1, counted on the network's own grid. vessels [size][size] covers the square around the disc. */
float vessels_density(const float *vessels, int size, vm_disc disc, int width, int height, float threshold);

#endif
