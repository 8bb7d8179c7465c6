/* From the photograph to the square around its field of view and back: cutting out, shrinking, drawing maps. field.c finds
 * the field. */
#ifndef VM_SQUARE_H
#define VM_SQUARE_H

#include <pthreadpool.h>
#include <stdbool.h>

#include "vmnet.h"

/* The square around a disc, in the photograph's pixels; it may reach outside the photograph. */
typedef struct square_box {
  float x, y, side;
} square_box;

square_box square_of(vm_disc disc);

/* Whether a disc has a size and a place at which its square can be cut out: numbers, the radius 1 to VM_MAX_SIDE, the centre
 * at most VM_MAX_SIDE outside the largest photograph. */
bool square_allows(vm_disc disc);

/* Whether the centre of cell (column, row) of a map [side][side] over the square lies in the field of view: in the disc
 * and inside the photograph. */
bool square_in_view(vm_disc disc, int side, int column, int row, int width, int height);

/* The columns [*first, *last) of a row of that map whose cells' centres are in view: the disc and the photograph both
 * cross a row in one stretch. */
void square_columns_in_view(vm_disc disc, int side, int row, int width, int height, int *first, int *last);

/* vm_prepare on so many threads (NULL: this one): the same numbers. */
vm_status square_prepare(const uint8_t *rgba, int width, int height, vm_disc disc, int size, pthreadpool_t threads,
                         float *out, vm_error *err);

/* Shrinks map [size][size][channels], 1 or 3 of them, to out [channels], each [side][side], side <= size <= VM_SIZE_MAX, by
 * means. */
void square_shrink(const float *map, int size, int channels, int side, float *const *out);

/* Bilinear look-up of a map [side][side] over the square: rows [row, row + rows) at the photograph's pixels.
 * out [rows][width]; 0 outside the disc. side <= VM_SIZE_MAX. */
void square_draw(const float *map, int side, vm_disc disc, int width, int row, int rows, float *out);

#endif
