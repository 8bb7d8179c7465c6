/* Lesions out of the network's maps: pieces, their number and area, and where they lie. */
#ifndef VM_LESIONS_H
#define VM_LESIONS_H

#include <stdbool.h>

#include "vmnet.h"

/* What there is to know of the photograph beside the maps. */
typedef struct lesions_photo {
  vm_disc view; /* field of view */
  int width, height;
  vm_optic_disc disc; /* as optic_disc.c found it */
  vm_extent drawn;    /* as the network drew it; area 0: it did not */
  vm_eye eye;
} lesions_photo;

/* Into *out the fovea's place (fovea_known, fovea_x, fovea_y), by the rule that vm_drawn_lesions gives, and what the ETDRS
 * grid around it takes: disc_diameter and etdrs_seen. All are 0 where the place is unknown. */
void lesions_place_fovea(const lesions_photo *photo, vm_drawn_lesions *out);

/* Measures one kind, whose `threshold` the caller has set, on its map [side][side]; the fovea's place in *all is known
 * by then. Pieces too small to be told from noise are lowered under the threshold, in the map, too. False: out of
 * memory. */
bool lesions_measure(float *map, int side, const lesions_photo *photo, const vm_drawn_lesions *all,
                     vm_lesion_measures *out);

#endif
