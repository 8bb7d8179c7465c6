/* Measures of the vessels: vm_measures in vmnet.h says what each is. */
#ifndef VM_VESSELS_H
#define VM_VESSELS_H

#include <stdbool.h>

#include "vmnet.h"

/* Measures the vessels where vessels [size][size], their probability over the square around the field of view `view` of
 * a photograph width x height, reaches the threshold: in the whole field, and around `disc` where it is found; a region
 * that is not measured has seen = 0. Isolated pieces under an eight-thousandth of the field's area count for density
 * alone, and holes under it are filled for all else. False: out of memory. */
bool vessels_measure(const float *vessels, int size, float threshold, vm_disc view, int width, int height,
                     const vm_optic_disc *disc, vm_measures out[VM_REGIONS]);

/* Box counting: the slope of log(boxes that hold something) over log(boxes a side), for 8, 16, 32 and 64 a side, each
 * at the best of four places of the grid. map [side][side], side >= 128, nonzero = inside. NAN for fewer than 32 of the
 * smallest boxes. */
float vessels_box_dimension(const uint8_t *map, int side);

#endif
