/* Centre lines of a drawn shape. A map here is [side][side] bytes, 1 = inside, with a frame of zeros one pixel wide. */
#ifndef VM_SKELETON_H
#define VM_SKELETON_H

#include <stdbool.h>
#include <stdint.h>

/* The eight neighbours of pixel `at` that are inside, as bits: north, then clockwise. */
unsigned skeleton_around(const uint8_t *map, int side, int at);
int skeleton_neighbour(int side, int at, int k); /* the pixel that bit k stands for */
int skeleton_degree(unsigned around);            /* how many bits are set */

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
