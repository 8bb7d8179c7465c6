/* The field of view of a photograph, and what of the picture around it is light paper rather than dark surround. */
#ifndef VM_FIELD_H
#define VM_FIELD_H

#include "vmnet.h"

typedef struct field {
  vm_disc disc;
  int columns, rows; /* of the small picture that it was looked for in */
  float scale;       /* the photograph's pixels per pixel of it */
  uint8_t *ground;   /* owned [rows][columns], 1 = light ground; NULL where the photograph has none */
} field;

/* As vm_find_disc. On failure the field is empty. */
vm_status field_find(const uint8_t *rgba, int width, int height, field *out, vm_error *err);
void field_free(field *f); /* an empty one is fine */

/* Makes the light ground black in the network's input [size][size][3], as it is around every photograph that the network
 * knows. */
void field_darken(const field *f, int size, float *input);

#endif
