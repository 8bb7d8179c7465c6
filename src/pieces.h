/* The connected pieces of a map, in stretches of cells along its rows. */
#ifndef VM_PIECES_H
#define VM_PIECES_H

#include <stdbool.h>
#include <stdint.h>

/* Cells [begin, end) of a row, all of one piece. */
typedef struct piece_stretch {
  int row, begin, end;
  int first; /* index of the piece's first stretch, in reading order */
  int cells; /* of the whole piece, in its first stretch */
} piece_stretch;

typedef struct pieces {
  piece_stretch *list; /* owned [count], in reading order */
  int count;
} pieces;

/* Finds the pieces of the cells that hold `value`, 0 or 1, as all cells of the map do: 8-connected where `diagonal`, else
 * 4-connected. `stride`: from a row to the next. False: out of memory, and nothing to free. */
bool pieces_find(const uint8_t *map, int width, int height, int stride, uint8_t value, bool diagonal, pieces *out);
void pieces_free(pieces *p);

#endif
