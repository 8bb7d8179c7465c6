/* Why a photograph is hard to judge, from what can be measured on it. */
#ifndef VM_QUALITY_H
#define VM_QUALITY_H

#include <stdbool.h>

#include "weights.h"

/* All over the lit part of the field of view, on a grid of 256 cells a side. */
typedef struct quality_facts {
  float lit;         /* share of the field's circle that is not much darker than the brighter parts */
  float light;       /* median of the brightest colour, 0..255 */
  float saturated;   /* share with green at 245 or more, 0..1 */
  float contrast;    /* differences of neighbouring cells 1/32 of the field wide, over the mean green */
  float sharpness;   /* finest differences (1/256) over those twice as coarse, in the direction where that is less */
  float fineness;    /* the same over those four times as coarse */
  float fundus;      /* share whose colours are ordered as a retina's: red over green over blue */
  float edges;       /* differences of cells 1/64 wide, over the mean green: too much is no retina */
  float hues;        /* standard deviation of (red - green) / (red + green + blue) */
  float disorder;    /* over 1: the mean colours are not in a retina's order by far, as where channels are swapped */
  float likeness;    /* least correlation of two colours, -1..1: near 1 where one grey picture was tinted */
  float blue_alone;  /* standard deviation of what of blue does not follow green, grey levels */
  float blue_spread; /* standard deviation of blue, grey levels */
  float blue_least;  /* what all but one in a hundred have of blue at least, 0..255 */
  float covered;     /* share of the circle that is dark while the place opposite is not: a lid, no letterbox */
  float hole;        /* share of the circle that the largest dark piece in the midst of lit ones takes */
  float rim;         /* mean of the brightest colour near it, in the lightest of eight sectors, over the bright parts */
  float finest;      /* differences as on a chessboard, over those twice as coarse */
  float grain;       /* the same over those eight times as coarse */
  float lattice;     /* how far steps stand on lines at equal distances, across or down: 0, to 2 where all do */
  float copied;      /* least of the pairs of colours: what of one does not follow the other, over its own spread */
  float brightest;   /* what one in a hundred has of the brightest colour at least, 0..255 */
  float dimmest;     /* what all but one in a hundred have of it at least, 0..255 */
} quality_facts;

/* input [size][size][3] is the network's. False: out of memory. */
bool quality_measure(const float *input, int size, quality_facts *out);

/* The reasons (vm_reason, added up) that the facts speak for, whatever the network says. */
unsigned quality_signs(const quality_facts *facts);

/* The reasons why it may hide something even where the network finds it gradable. */
unsigned quality_doubts(const quality_facts *facts);

/* Whether the photograph may lie on its side, by where the optic disc is; such a one is never "no finding": of upright eyes
 * the network knows what it says, of those turned by 90 degrees it says the opposite of one in thirteen. */
bool quality_on_its_side(const vm_optic_disc *disc, vm_disc field);

/* What is said of a photograph's quality. */
typedef struct quality_judgement {
  float gradability; /* 0..1 */
  bool gradable;
  unsigned reasons; /* vm_reason, added up */
} quality_judgement;

/* head: the network's own gradability, 0..1. The facts can only lower it: to 0 where the photograph is almost black, shows
 * no vessels at all or has colours that cannot be a retina's, whatever the network says. Reasons are given where it is
 * not gradable or barely (under half-way from the threshold to 1), and where quality_doubts has some. */
quality_judgement quality_judge(const vm_weights *weights, const quality_facts *facts, float head, float vessel_density,
                                const vm_optic_disc *disc);

#endif
