/* Centre lines of a drawn shape. A map here is [side][side] bytes, 1 = inside, with a frame of zeros one pixel wide. */
#ifndef VM_SKELETON_H
#define VM_SKELETON_H

#include <stdbool.h>
#include <stdint.h>

/* The eight neighbours of pixel `at` that are inside, as bits: north, then clockwise. */
static inline unsigned skeleton_around(const uint8_t *map, int side, int at) {
  const uint8_t *p = map + at;
  return (unsigned)((p[-side] & 1) | (p[1 - side] & 1) << 1 | (p[1] & 1) << 2 | (p[side + 1] & 1) << 3 |
                    (p[side] & 1) << 4 | (p[side - 1] & 1) << 5 | (p[-1] & 1) << 6 | (p[-side - 1] & 1) << 7);
}

/* The pixel that bit k stands for */
static inline int skeleton_neighbour(int side, int at, int k) {
  const int steps[8] = {-side, 1 - side, 1, side + 1, side, side - 1, -1, -side - 1};
  return at + steps[k];
}

/* How many bits are set */
static inline int skeleton_degree(unsigned around) { return __builtin_popcount(around); }

/* Chamfer distance (3-4; Borgefors, Computer Vision, Graphics, and Image Processing 1986) of each inside pixel to the
 * nearest pixel outside, three times as large as in pixels: distance [side][side]. */
void skeleton_distance(const uint8_t *map, int side, uint16_t *distance);

/* Thins in place, as Zhang & Suen (Communications of the ACM 1984) do, then drops the corners of stairs that they
 * leave, so that each line is one pixel wide and 8-connected. Linear time. False: out of memory, the map is unusable. */
bool skeleton_thin(uint8_t *map, int side);

/* Drops the free ends that are no longer than the shape is thick where they start: roughness of its outline, not
 * branches. `distance` is that of the shape before thinning. */
void skeleton_prune(uint8_t *map, int side, const uint16_t *distance);

#endif
