/* Which way up a photograph lies, and turning what lies on its side: the network's input upright, what was seen there back. */
#ifndef VM_UPRIGHT_H
#define VM_UPRIGHT_H

#include "weights.h"

/* logits [WEIGHTS_WAYS] of a photograph that lies upright, or turned counter-clockwise by one, two, three quarters; NULL: there
 * are none. */
vm_orientation upright_seen(const weights_orientation *how, const float *logits);

/* Whether a photograph that was turned by a quarter is upside down now: seen anew, the way is told more surely than sideways. */
bool upright_wrong_way(const float *logits);

/* Whether it may lie on its side or stand on its head, all the same: lies is what was seen at first, logits what was seen last, of
 * what was turned. Such a photograph is never "no finding". */
bool upright_doubt(const vm_orientation *lies, const float *logits);

/* Turns map [side][side][deep] in place, clockwise, by 0 to 3 quarters. */
void upright_turn(float *map, int side, int deep, int quarters);

/* The photograph's circle as it is after turning a photograph [height][width] so. */
vm_disc upright_disc(vm_disc disc, int width, int height, int quarters);

/* All places that the result names come back from the photograph that was turned by so many quarters to the one that was given;
 * maps do not. What has a direction, such as hours of the clock, quadrants, heights and the eye, stays that of the upright one. */
void upright_places_back(vm_result *r, int quarters);

#endif
