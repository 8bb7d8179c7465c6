/* What of a photograph is bright: a small picture of it, light or even ground around it cut out, and its bright parts.
 * field.c looks for the field of view in it. */
#ifndef VM_BRIGHT_H
#define VM_BRIGHT_H

#include <stdbool.h>

#include "vmnet.h"

#define BRIGHT_PARTS 4         /* of which the boxes are kept */
#define BRIGHT_COLOUR_FROM 24  /* grey levels of the largest of r, g, b from which a pixel's colour counts; steady */
#define BRIGHT_MIN_CONTRAST 10 /* grey levels between the surround and the eye; at 13 one circle of 370 moves */

typedef struct bright_part {
  int count;          /* of its pixels; 0: there is none */
  int x0, y0, x1, y1; /* its box, x1 and y1 beyond it */
} bright_part;

typedef struct bright_map {
  int width, height;
  float scale;     /* photograph pixels per pixel of the map */
  uint8_t *light;  /* owned [height][width]: the largest of r, g, b; 0 on ground that was cut out */
  uint8_t *lit;    /* owned [height][width]: 1 = largest bright part, after bright_parts */
  uint8_t *ground; /* owned [height][width]: 1 = light and grey, or the surround's colour; once cut: 1 = ground */
  uint8_t *warm; /* owned [height][width]: 1 = redder than green or blue, as a retina is; NULL in a part cropped out */
  bool white;    /* the ground is light, not of another colour */
  float paper;   /* share of the picture's rim that is ground, after bright_cut_ground */
  float colour;  /* mean |r - b| of the pixels that are not black */
  long coloured; /* how many these are */
  bright_part parts[BRIGHT_PARTS]; /* the largest first, after bright_parts */
} bright_map;

/* Shrinks a photograph [height][width][4]. False: out of memory; bright_free in any case. */
bool bright_open(const uint8_t *rgba, int width, int height, bright_map *out);
void bright_free(bright_map *m);

/* Makes ground dark (a white frame, a page, a window around the photograph, of whichever colour), with the blurred pixel at
 * its edge. *found: whether there is enough of it to speak of; nothing is changed where not. False: out of memory. */
bool bright_cut_ground(bright_map *m, bool *found);

/* How light the dark surround is, 0..255. */
int bright_surround(const bright_map *m);

/* A level 0..255 between the dark surround and the bright part; -1 if the picture has no such contrast. */
int bright_level(const bright_map *m);

/* Finds the 4-connected parts over the level. False: out of memory. */
bool bright_parts(bright_map *m, int level);

/* The part [x0, x1) x [y0, y1) of a map as a map of its own, without parts and ground. False: out of memory; bright_free in
 * any case. */
bool bright_crop(const bright_map *m, int x0, int y0, int x1, int y1, bright_map *out);

#endif
