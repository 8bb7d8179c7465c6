/* Finding the field of view: the circle, or what is seen of it, in which a photograph is bright. */
#include "field.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bright.h"
#include "grid.h"
#include "photo_inspect.h"
#include "status.h"

/* In pixels of the small picture, whose longer side has 512, or as said. Evidence: as in bright.c. */
#define MIN_COLOUR 1.5f       /* grey levels: mean difference of red and blue under which a picture is grey; steady */
#define MIN_RADIUS 0.08f      /* of the shorter side; steady */
#define TRIALS 600            /* circles tried through three edge points: at 420 one moves */
#define ROUNDS 8              /* of fitting the best of them to its points */
#define NEAR_PIXELS 1.0f      /* how far a point may lie from a circle that it is on: at 0.7 one moves, at 1.3, 3 */
#define NEAR_SHARE 0.006f     /* and of the radius beside that: at 0.0042, 3 move, at 0.0078, 2 */
#define CIRCLE_POINTS 16      /* that lie on a circle at least; steady */
#define ARC_BINS 72           /* directions that a circle's edge is looked for in, 5 degrees each: at 50 one is lost */
#define BORDER 2              /* pixels: nearer to the photograph's border no edge is looked for */
#define LEAST_BINS 4          /* in which an edge is seen at least: at 5, 2 move */
#define FEW_BINS 8            /* under which nearly all that could be seen must be; steady, as is all that follows */
#define FEW_COVERAGE 0.7f     /* of the directions inside the photograph, where few bins are seen, */
#define CIRCLE_COVERAGE 0.35f /* and where more are */
#define CIRCLE_INSIDE 0.5f    /* share of the circle that is bright, at least */
#define CIRCLE_OUTSIDE 0.05f  /* share of what is bright that lies outside, at most */
#define BELOW_ONE 0x1.fffffep-1f /* the largest number under 1 */
#define BEYOND 1.08f             /* square of the distance, in radii, from which that counts as outside */
#define OVAL_RATIO 0.55f         /* of a squeezed field's sides, at least */
#define OVAL_INSIDE 0.9f         /* as CIRCLE_INSIDE, for an oval: a picture that fills its frame has 0.79 */
#define OVAL_OUTSIDE 0.06f
#define CORNER_LEAST 0.03f /* of the sides: how far a corner must be dark that shows a field's edge, */
#define CORNER_MOST 0.35f  /* and may be */
#define CORNER_SPECKS 100  /* one pixel in so many may be dark elsewhere */
/* of the bright part's half side: a circle that is larger by more is not the field that is seen. At 1.14, 19 of 370 move by
 * more than 3 %, at 1.26, 13: squeezed photographs lie on both sides of it. */
#define WIDER 1.2f
/* A second part that is a photograph of its own, not a reflection, a date or the other side of a lid. */
#define OTHER_AREA 0.2f  /* of the largest part's */
#define OTHER_SIDES 0.6f /* its shorter side, of its longer one */
#define OTHER_FILL 0.6f  /* share of its box that is bright; a disc has 0.79 */
/* One that is smaller, where it is a circle of its own; the largest compact thing that is not, of 410 photographs of twenty
 * sets, is 16 pixels wide. */
#define SMALL_LEAST 20    /* pixels, its shorter side */
#define SMALL_MARGIN 3    /* pixels around it */
#define SMALL_CIRCLE 0.6f /* the circle's radius, of its longer side, at most */
/* Fields that overlap: what of the edge does not lie on the first circle lies on another. Of the same 410 photographs none has
 * so many bins of a second circle but ovals, whose two ends are circles as good as concentric. */
#define SECOND_BINS 20      /* as LEAST_BINS */
#define SECOND_INSIDE 0.8f  /* as CIRCLE_INSIDE */
#define FIRST_INSIDE 0.9f   /* a circle that is less full is not the first of two, but one that does not fit */
#define SECOND_APART 0.2f   /* between the centres, of the larger radius */
#define SECOND_RATIO 0.16f  /* of the radii, at least */
#define SECOND_BEYOND 0.08f /* of the larger radius: how far the smaller stands out; the tab on a camera's rim 0.06 */
#define SECOND_TRIES 3      /* circles looked for beside the first */
#define NOTCH 1.5f          /* pixels that it must be dark between two of them; an oval is light there */
/* A montage: the circle that fits goes around several fields, and leaves more of the edge's points over than a field's. */
#define MONTAGE_REST 0.5f    /* of the points, at least; one of the 410 with 0.32 would be taken for one */
#define MONTAGE_RADIUS 0.7f  /* of that circle's: the fields' own at most */
#define MONTAGE_LEAST 3      /* fields that must be told, */
#define MONTAGE_INSIDE 0.95f /* each of them full: a circle under a lid has 0.93 */
/* Photographs that touch: the picture cut in two, with a circle of its own in each half. A single field gives the same circle
 * twice. Asked only where no circle is found or one wider than the picture; of 490 good photographs none is refused for it. */
#define HALF_FROM 0.3f  /* of the picture's side: where it may be cut */
#define HALF_RATIO 0.5f /* of the circles' radii, at least */
/* Something lies beside the field that is no date, tab or halo, however dark, cut or squeezed: another photograph. */
#define BESIDE_STEP 8     /* grey levels over the surround */
#define BESIDE_FROM 1.04f /* radii from the field's centre, and two pixels more */
#define BESIDE_WIDE 0.08f /* of the field's diameter: the shorter side of a window full of it */
#define BESIDE_LONG 3     /* times that: the longer one; a corner of the square around the field holds one of 0.07 */
#define FILLS 0.98f /* of the longer side: a field's diameter where it is cut by the picture's sides, or touches them */
#define DARK_LEAST 500   /* one pixel in so many must reach BRIGHT_COLOUR_FROM, or the photograph is too dark */
#define GROUND_MOST 0.5f /* of the rim that is light ground where a refusal speaks of it */

#define NOT_FUNDUS(why, ...) status_fail_as(err, VM_ERR_NOT_FUNDUS, why, __VA_ARGS__)
#define REMEDY "; give a colour photograph of the retina with the edge of its round field of view in it"
#define NO_MEMORY status_fail(err, VM_ERR_MEMORY, "photograph: out of memory while looking for the field of view")
#define CROP "; cut the photograph out along its own edge"

/* ---- edge points: where the bright part ends, not counting the photograph's own border ---- */

typedef struct point {
  float x, y;
} point;

typedef struct edge {
  float *x, *y; /* of the points: owned, one block */
  int count;
} edge;

static inline point point_at(const edge *e, int i) { return (point){e->x[i], e->y[i]}; }

/* Where the light crosses the level between an outside and an inside pixel, 0..1 from the outside's centre. */
static inline float crossing(int outside, int inside, int level) {
  return inside > outside ? ((float)level - (float)outside) / (float)(inside - outside) : 0.5f;
}

static bool find_edge(const bright_map *s, int level, edge *e) {
  size_t most = 2 * (size_t)(s->width + s->height);
  *e = (edge){.x = malloc(2 * most * sizeof *e->x)};
  if (e->x == NULL) return false;
  e->y = e->x + most;
  for (int axis = 0; axis < 2; axis++) {
    int lines = axis == 0 ? s->height : s->width, length = axis == 0 ? s->width : s->height;
    size_t along = axis == 0 ? 1 : (size_t)s->width, across = axis == 0 ? (size_t)s->width : 1;
    for (int line = 0; line < lines; line++)
      for (int end = 0; end < 2; end++) {
        int step = end == 0 ? 1 : -1, i = end == 0 ? 0 : length - 1;
        while (i >= 0 && i < length && !s->lit[(size_t)line * across + (size_t)i * along]) i += step;
        if (i < 0 || i >= length || i == (end == 0 ? 0 : length - 1)) continue; /* none, or cut by the border */
        int outside = s->light[(size_t)line * across + (size_t)(i - step) * along];
        int inside = s->light[(size_t)line * across + (size_t)i * along];
        float at = (float)(i - step) + 0.5f + (float)step * crossing(outside, inside, level);
        float other = (float)line + 0.5f;
        e->x[e->count] = axis == 0 ? at : other, e->y[e->count++] = axis == 0 ? other : at;
      }
  }
  return true;
}

/* ---- the circle ---- */

static inline bool circle_through(point a, point b, point c, vm_disc *out) {
  float bx = b.x - a.x, by = b.y - a.y, cx = c.x - a.x, cy = c.y - a.y, d = 2 * (bx * cy - by * cx);
  if (fabsf(d) < 1e-3f) return false;
  float bb = bx * bx + by * by, cc = cx * cx + cy * cy, ux = (cy * bb - by * cc) / d, uy = (bx * cc - cx * bb) / d;
  *out = (vm_disc){a.x + ux, a.y + uy, sqrtf(ux * ux + uy * uy)};
  return true;
}

static inline float square_distance(vm_disc d, point p) {
  float dx = p.x - d.x, dy = p.y - d.y;
  return dx * dx + dy * dy;
}

static inline float distance_to(vm_disc d, point p) { return fabsf(sqrtf(square_distance(d, p)) - d.radius); }

static inline float tolerance(vm_disc d) { return NEAR_PIXELS + NEAR_SHARE * d.radius; }

/* How many points lie on the circle; anything up to `least` if they are no more than that. */
static inline int inliers(const edge *e, vm_disc d, int least) {
  int n = 0;
  float tol = tolerance(d), near = larger(d.radius - tol, 0), far = d.radius + tol;
  near *= near, far *= far;
  for (int i = 0; i < e->count && n + e->count - i > least;) {
    int end = i + 64 < e->count ? i + 64 : e->count;
    for (; i < end; i++) {
      float r = square_distance(d, point_at(e, i));
      n += (r > near) & (r < far);
    }
  }
  return n;
}

typedef struct range {
  float least, most; /* radii that a circle may have, both left out */
} range;

static inline range all_radii(const bright_map *s) {
  return (range){MIN_RADIUS * (float)(s->width < s->height ? s->width : s->height),
                 (float)(s->width > s->height ? s->width : s->height)};
}

static inline bool plausible(const bright_map *s, range radii, vm_disc d) {
  return d.radius > radii.least && d.radius < radii.most && d.x > 0 && d.y > 0 && d.x < (float)s->width &&
         d.y < (float)s->height;
}

/* Tries circles through three edge points (a fixed pseudo-random choice) and keeps the one most points lie on. */
static int best_circle(const bright_map *s, const edge *e, range radii, vm_disc *best) {
  uint32_t state = 1;
  int most = 0;
  for (int t = 0; t < TRIALS && e->count >= 3; t++) {
    point p[3];
    for (int k = 0; k < 3; k++) {
      state = state * 1664525u + 1013904223u;
      p[k] = point_at(e, (int)((state >> 8) % (uint32_t)e->count));
    }
    vm_disc d;
    if (!circle_through(p[0], p[1], p[2], &d) || !plausible(s, radii, d)) continue;
    int n = inliers(e, d, most);
    if (n > most) most = n, *best = d;
  }
  return most;
}

/* Gauss-Newton on the geometric distance, over the points near the circle. */
static void refine(const edge *e, vm_disc *d) {
  for (int round = 0; round < ROUNDS; round++) {
    double a[3][4] = {{0}};
    float tol = tolerance(*d);
    for (int i = 0; i < e->count; i++) {
      float dx = d->x - e->x[i], dy = d->y - e->y[i], r = sqrtf(dx * dx + dy * dy);
      if (r < 1 || fabsf(r - d->radius) > tol) continue;
      double row[4] = {dx / r, dy / r, -1, d->radius - r};
      for (int p = 0; p < 3; p++)
        for (int q = 0; q < 4; q++) a[p][q] += row[p] * row[q];
    }
    for (int p = 0; p < 3; p++) { /* elimination; the matrix is symmetric and small */
      if (fabs(a[p][p]) < 1e-9) return;
      for (int r = 0; r < 3; r++) {
        if (r == p) continue;
        double f = a[r][p] / a[p][p];
        for (int q = p; q < 4; q++) a[r][q] -= f * a[p][q];
      }
    }
    d->x += (float)(a[0][3] / a[0][0]);
    d->y += (float)(a[1][3] / a[1][1]);
    d->radius += (float)(a[2][3] / a[2][2]);
  }
}

/* Share of the circle's directions inside the photograph in which an edge point lies on it. */
static float arc_coverage(const bright_map *s, const edge *e, vm_disc d, int *seen_bins) {
  bool hit[ARC_BINS] = {false};
  const float turn = 6.2831853f;
  for (int i = 0; i < e->count; i++)
    if (distance_to(d, point_at(e, i)) < tolerance(d)) {
      float angle = atan2f(e->y[i] - d.y, e->x[i] - d.x) / turn + 0.5f;
      int bin = (int)(angle * ARC_BINS);
      hit[bin < 0 ? 0 : bin >= ARC_BINS ? ARC_BINS - 1 : bin] = true;
    }
  int visible = 0, seen = 0;
  for (int k = 0; k < ARC_BINS; k++) {
    float angle = (((float)k + 0.5f) / ARC_BINS - 0.5f) * turn;
    float x = d.x + d.radius * cosf(angle), y = d.y + d.radius * sinf(angle);
    if (x < BORDER || y < BORDER || x > (float)s->width - BORDER || y > (float)s->height - BORDER) continue;
    visible++;
    seen += hit[k];
  }
  *seen_bins = seen;
  return visible > 0 ? (float)seen / (float)visible : 0;
}

/* The columns [first, last) of a row that lie in an ellipse. */
typedef struct columns {
  int first, last;
} columns;

typedef struct oval {
  float x, y, rx, ry; /* centre and half axes */
} oval;

/* The square of the distance of a pixel's middle from the centre, in half axes. */
static inline float square_away(const oval *o, int i, int j) {
  float dx = ((float)i + 0.5f - o->x) / o->rx, dy = ((float)j + 0.5f - o->y) / o->ry;
  return dx * dx + dy * dy;
}

/* Those of row j of a picture whose square is `most` at most. It only grows to either side of the centre's column; *c: those of
 * the row before, from which there is little to go. */
static void columns_within(const oval *o, float most, int j, int width, columns *c) {
  const int middle = clamp((int)floorf(o->x), 0, width - 1);
  int first = clamp(c->first, 0, middle), last = clamp(c->last, middle, width);
  while (first < middle && square_away(o, first, j) > most) first++;
  while (first > 0 && square_away(o, first - 1, j) <= most) first--;
  while (last > first && square_away(o, last - 1, j) > most) last--;
  while (last < width && square_away(o, last, j) <= most) last++;
  *c = (columns){first, last};
}

/* How many of a row's pixels [first, last) are 1. */
static inline int ones_in(const uint8_t *row, columns c) {
  int n = 0;
  for (int i = c.first; i < c.last; i++) n += row[i];
  return n;
}

typedef struct fill {
  float inside, outside; /* share of the bright part's pixels in the shape's area, and of those beyond it */
} fill;

/* How well an ellipse parts bright from dark. */
static fill fill_of(const bright_map *s, oval o) {
  size_t in = 0, in_lit = 0, near_lit = 0, lit = 0;
  columns inner = {0}, near = {0};
  for (int j = 0; j < s->height; j++) {
    const uint8_t *row = s->lit + (size_t)j * (size_t)s->width;
    columns_within(&o, BELOW_ONE, j, s->width, &inner);
    columns_within(&o, BEYOND, j, s->width, &near);
    in += (size_t)(inner.last - inner.first);
    in_lit += (size_t)ones_in(row, inner);
    near_lit += (size_t)ones_in(row, near);
    lit += (size_t)ones_in(row, (columns){0, s->width});
  }
  return (fill){in > 0 ? (float)in_lit / (float)in : 0, lit > 0 ? (float)(lit - near_lit) / (float)lit : 1};
}

static fill fill_of_circle(const bright_map *s, vm_disc d) { return fill_of(s, (oval){d.x, d.y, d.radius, d.radius}); }

/* In the box around the bright part; false if it has no width or no height. */
static bool lit_box(const bright_map *s, oval *out) {
  const bright_part *p = &s->parts[0];
  if (p->x1 <= p->x0 + 1 || p->y1 <= p->y0 + 1) return false;
  float rx = (float)(p->x1 - p->x0) / 2, ry = (float)(p->y1 - p->y0) / 2;
  *out = (oval){(float)p->x0 + rx, (float)p->y0 + ry, rx, ry};
  return true;
}

/* The circle inside the square around a box. */
static vm_disc circle_in(oval b) { return (vm_disc){b.x, b.y, larger(b.rx, b.ry)}; }

/* A photograph squeezed out of shape has an ellipse for a disc: the circle around it, if it really fills one. */
static bool ellipse(const bright_map *s, vm_disc *out) {
  oval b;
  if (!lit_box(s, &b)) return false;
  float ratio = b.rx > b.ry ? b.ry / b.rx : b.rx / b.ry;
  fill f = fill_of(s, b);
  /* the same ellipse must leave the corners of its own box dark: a picture filling its frame does not */
  if (ratio < OVAL_RATIO || f.inside < OVAL_INSIDE || f.outside > OVAL_OUTSIDE) return false;
  *out = circle_in(b);
  return plausible(s, all_radii(s), *out);
}

/* A circle much wider than all that is bright: its rim is seen on one side only, and the photograph was squeezed out of
 * shape after it was cut, or shows a part of the field. The network knows such pictures by the square around what is
 * bright. */
static inline void narrow(const bright_map *s, vm_disc *d) {
  oval b;
  if (lit_box(s, &b) && d->radius > WIDER * larger(b.rx, b.ry)) *d = circle_in(b);
}

/* How many pixels are dark from corner k on (bits: right, bottom), along its row or down its column. */
static int dark_run(const bright_map *s, int k, bool down) {
  int n = down ? s->height : s->width, run = 0;
  int at = (k & 2 ? (s->height - 1) * s->width : 0) + (k & 1 ? s->width - 1 : 0);
  int step = down ? s->width : 1;
  if (k & (down ? 2 : 1)) step = -step;
  while (run < n && !s->lit[at + run * step]) run++;
  return run;
}

/* A field that is wider than the photograph in every direction shows its edge in the corners alone: too little of it for
 * a circle, and an oval one if the photograph was squeezed. Two corners at least must be dark, and nothing else. */
static bool corners(const bright_map *s, vm_disc *out) {
  size_t lit = 0, cut = 0, all = (size_t)s->width * (size_t)s->height;
  int dark = 0;
  for (size_t i = 0; i < all; i++) lit += s->lit[i];
  for (int k = 0; k < 4; k++) {
    float across = (float)dark_run(s, k, false) / (float)s->width;
    float down = (float)dark_run(s, k, true) / (float)s->height;
    if (across > CORNER_MOST || down > CORNER_MOST) return false;
    if (across < CORNER_LEAST || down < CORNER_LEAST) continue;
    dark++;
    cut += (size_t)(across * down / 2 * (float)all); /* the edge bends outwards: less than this triangle is dark */
  }
  oval b;
  if (dark < 2 || all - lit > cut + all / CORNER_SPECKS || !lit_box(s, &b)) return false;
  *out = circle_in(b);
  return plausible(s, all_radii(s), *out);
}

/* The circle that most points lie on, fitted to them. */
static bool fitting_circle(const bright_map *s, const edge *e, range radii, vm_disc *out) {
  if (best_circle(s, e, radii, out) < CIRCLE_POINTS) return false;
  refine(e, out);
  return plausible(s, radii, *out);
}

/* Whether a circle that fits is a field's: enough of its edge is seen, and it parts bright from dark. */
static bool is_field(const bright_map *s, const edge *e, vm_disc d) {
  int bins;
  float coverage = arc_coverage(s, e, d, &bins);
  fill f = fill_of_circle(s, d);
  return bins >= LEAST_BINS && coverage >= (bins < FEW_BINS ? FEW_COVERAGE : CIRCLE_COVERAGE) &&
         f.inside >= CIRCLE_INSIDE && f.outside <= CIRCLE_OUTSIDE;
}

/* The column (or row, if down) from HALF_FROM on to its mirror image in which the fewest pixels are bright. */
static int waist(const bright_map *s, int level, bool down) {
  int side = down ? s->height : s->width, other = down ? s->width : s->height, best = side / 2, least = other + 1;
  int step = down ? s->width : 1, along = down ? 1 : s->width;
  for (int k = (int)(HALF_FROM * (float)side); k < side - (int)(HALF_FROM * (float)side); k++) {
    int n = 0;
    for (int i = 0; i < other; i++) n += s->light[k * step + i * along] > level;
    if (n < least) least = n, best = k;
  }
  return best;
}

typedef struct piece {
  int x0, y0, x1, y1; /* the last two beyond it */
} piece;

/* The circle in a piece of the picture. False: none, or out of memory. */
static bool circle_in_piece(const bright_map *s, int level, piece p, vm_disc *out) {
  bright_map m;
  edge e = {0};
  if (p.x1 - p.x0 < 2 || p.y1 - p.y0 < 2) return false;
  bool found = bright_crop(s, p.x0, p.y0, p.x1, p.y1, &m) && bright_parts(&m, level) && find_edge(&m, level, &e) &&
               fitting_circle(&m, &e, all_radii(&m), out) && is_field(&m, &e, *out);
  free(e.x);
  bright_free(&m);
  out->x += (float)p.x0, out->y += (float)p.y0;
  return found;
}

/* Whether a part is round for itself. */
static bool small_field(const bright_map *s, int level, const bright_part *p) {
  int m = SMALL_MARGIN, w = p->x1 - p->x0, h = p->y1 - p->y0;
  piece around = {clamp(p->x0 - m, 0, s->width), clamp(p->y0 - m, 0, s->height), clamp(p->x1 + m, 0, s->width),
                  clamp(p->y1 + m, 0, s->height)};
  vm_disc d = {0};
  return (w < h ? w : h) >= SMALL_LEAST && circle_in_piece(s, level, around, &d) &&
         d.radius <= SMALL_CIRCLE * (float)(w > h ? w : h);
}

/* Whether another bright part is a photograph of its own: compact, nearly as large or round, and not in the circle of the
 * first (where a lid or a shadow parts one field in two). */
static bool several_fields(const bright_map *s, int level, bool found, vm_disc d) {
  for (int k = 1; k < BRIGHT_PARTS && s->parts[k].count > 0; k++) {
    const bright_part *p = &s->parts[k];
    float w = (float)(p->x1 - p->x0), h = (float)(p->y1 - p->y0), area = (float)p->count;
    bool compact = smaller(w, h) >= OTHER_SIDES * larger(w, h) && area >= OTHER_FILL * w * h;
    point centre = {(float)p->x0 + w / 2, (float)p->y0 + h / 2};
    bool apart = !found || square_distance(d, centre) > d.radius * d.radius;
    if (compact && apart && (area >= OTHER_AREA * (float)s->parts[0].count || small_field(s, level, p))) return true;
  }
  return false;
}

/* Puts the points on a circle, or nearly, behind the others, and counts these alone. */
static void leave_out(edge *e, vm_disc d) {
  int n = 0;
  for (int i = 0; i < e->count; i++) {
    point p = point_at(e, i);
    if (distance_to(d, p) < 2 * tolerance(d)) continue;
    e->x[i] = e->x[n], e->y[i] = e->y[n];
    e->x[n] = p.x, e->y[n++] = p.y;
  }
  e->count = n;
}

static float inside_of(const bright_map *s, vm_disc d) { return fill_of_circle(s, d).inside; }

static bool is_second(const bright_map *s, const edge *e, vm_disc first, vm_disc d) {
  float most = larger(first.radius, d.radius), least = smaller(first.radius, d.radius);
  float away = sqrtf(square_distance(first, (point){d.x, d.y}));
  int bins;
  arc_coverage(s, e, d, &bins);
  return bins >= SECOND_BINS && least >= SECOND_RATIO * most && away >= SECOND_APART * most &&
         away + least - most >= SECOND_BEYOND * most && inside_of(s, d) >= SECOND_INSIDE &&
         inside_of(s, first) >= FIRST_INSIDE;
}

/* Circles that the edge's points lie on: that of most points, `known` if that is not NULL, and of up to SECOND_TRIES looked for
 * in what it leaves those that are a second one to it. Returns how many; *rest: how many points the first one leaves. */
static int find_circles(const bright_map *s, edge e, range radii, const vm_disc *known, vm_disc out[1 + SECOND_TRIES],
                        int *rest) {
  int n = 0;
  for (int k = 0; k <= SECOND_TRIES; k++) {
    vm_disc d;
    if (k == 0 && known != NULL) d = *known;
    else if (!fitting_circle(s, &e, radii, &d)) break;
    if (k == 0 || is_second(s, &e, out[0], d)) out[n++] = d;
    leave_out(&e, d);
    if (k == 0) *rest = e.count, radii.least = smaller(radii.least, SECOND_RATIO * d.radius);
  }
  return n;
}

/* Whether it is dark in the middle of one of the lines that touch both circles: what is round or oval as a whole is light
 * there. */
static bool notch(const bright_map *s, vm_disc a, vm_disc b) {
  float away = sqrtf(square_distance(a, (point){b.x, b.y})), ahead = (a.radius - b.radius) / away;
  float out = (a.radius + b.radius) / 2, ux = (b.x - a.x) / away, uy = (b.y - a.y) / away;
  if (!(fabsf(ahead) < 1)) return false; /* one lies within the other */
  float beside = sqrtf(1 - ahead * ahead) * out - NOTCH;
  for (int side = -1; side <= 1; side += 2) {
    float x = (a.x + b.x) / 2 + ux * ahead * out - uy * beside * (float)side;
    float y = (a.y + b.y) / 2 + uy * ahead * out + ux * beside * (float)side;
    if (x >= 0 && y >= 0 && x < (float)s->width && y < (float)s->height && !s->lit[(int)y * s->width + (int)x])
      return true;
  }
  return false;
}

static bool any_notch(const bright_map *s, const vm_disc *found, int n) {
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++)
      if (notch(s, found[i], found[j])) return true;
  return false;
}

/* Fields that overlap; in a montage the circle around all of them, `fitted`, comes before theirs. */
static bool overlapping_fields(const bright_map *s, edge e, vm_disc fitted) {
  vm_disc found[1 + SECOND_TRIES];
  int rest = 0, n = find_circles(s, e, all_radii(s), &fitted, found, &rest);
  if (n > 1 && any_notch(s, found, n)) return true;
  if ((float)rest < MONTAGE_REST * (float)e.count) return false;
  n = find_circles(s, e, (range){all_radii(s).least, MONTAGE_RADIUS * fitted.radius}, NULL, found, &rest);
  for (int i = 0; i < n; i++)
    if (inside_of(s, found[i]) < MONTAGE_INSIDE) return false;
  return n >= MONTAGE_LEAST && any_notch(s, found, n);
}

/* Whether two pieces show a field of their own each, not one and the same. */
static bool two_fields(const bright_map *s, int level, piece p, piece q) {
  vm_disc a = {0}, b = {0};
  if (!circle_in_piece(s, level, p, &a) || !circle_in_piece(s, level, q, &b)) return false;
  float most = larger(a.radius, b.radius);
  return smaller(a.radius, b.radius) >= HALF_RATIO * most && square_distance(a, (point){b.x, b.y}) > most * most;
}

/* Cuts in the middle and at the waist, across and down; and into four, of which two that lie diagonally are tried. */
static bool touching_fields(const bright_map *s, int level) {
  const int w = s->width, h = s->height, across[2] = {w / 2, waist(s, level, false)},
            down[2] = {h / 2, waist(s, level, true)};
  for (int k = 0; k < 2; k++)
    if (two_fields(s, level, (piece){0, 0, across[k], h}, (piece){across[k], 0, w, h}) ||
        two_fields(s, level, (piece){0, 0, w, down[k]}, (piece){0, down[k], w, h}))
      return true;
  return two_fields(s, level, (piece){0, 0, w / 2, h / 2}, (piece){w / 2, h / 2, w, h});
}

/* Beyond this distance from its centre something lies beside the field. */
static float beside_from(vm_disc d) { return BESIDE_FROM * d.radius + 2; }

/* How many pixels beside the field are lighter than the level: few, where the surround is black. */
static int count_beside(const bright_map *s, vm_disc d, int level) {
  const oval o = {d.x, d.y, 1, 1};
  const float from = beside_from(d);
  columns near = {0};
  int n = 0;
  for (int j = 0; j < s->height; j++) {
    const uint8_t *row = s->light + (ptrdiff_t)j * s->width;
    columns_within(&o, from * from, j, s->width, &near);
    for (int i = 0; i < near.first; i++) n += row[i] > level;
    for (int i = near.last; i < s->width; i++) n += row[i] > level;
  }
  return n;
}

/* Of the pixels beside the field that are lighter than the surround, over all that lies above and left [height + 1][width + 1]:
 * how many there are, and how many of a retina's colour, which a window's bars and buttons are not. NULL: out of memory; else
 * the caller frees it. */
typedef struct beside_sum {
  int lit, warm;
} beside_sum;

static beside_sum *sum_beside(const bright_map *s, vm_disc d, int level) {
  const int stride = s->width + 1;
  const float from = beside_from(d);
  beside_sum *sum = calloc((size_t)stride * ((size_t)s->height + 1), sizeof *sum);
  for (int j = 0; sum != NULL && j < s->height; j++) {
    beside_sum row = {0};
    for (int i = 0; i < s->width; i++) {
      const beside_sum *above = &sum[j * stride + i + 1];
      bool beyond = square_distance(d, (point){(float)i + 0.5f, (float)j + 0.5f}) > from * from;
      bool lit = beyond && s->light[j * s->width + i] > level;
      row.lit += lit, row.warm += lit && s->warm[j * s->width + i];
      sum[(j + 1) * stride + i + 1] = (beside_sum){above->lit + row.lit, above->warm + row.warm};
    }
  }
  return sum;
}

/* Whether some window of this size is full, and half of it of a retina's colour. */
static bool full_window(const beside_sum *sum, const bright_map *s, int wide, int high) {
  const int stride = s->width + 1;
  for (int j = 0; j + high <= s->height; j++)
    for (int i = 0; i + wide <= s->width; i++) {
      const beside_sum *top = sum + (ptrdiff_t)j * stride + i, *bottom = top + (ptrdiff_t)high * stride;
      int lit = bottom[wide].lit - bottom[0].lit - top[wide].lit + top[0].lit;
      int warm = bottom[wide].warm - bottom[0].warm - top[wide].warm + top[0].warm;
      if (lit == wide * high && 2 * warm >= lit) return true;
    }
  return false;
}

/* Whether something as large as a part of another photograph lies beside the field. False: out of memory. */
static bool look_beside(const bright_map *s, vm_disc d, bool *found) {
  const int level = bright_surround(s) + BESIDE_STEP, side = (int)ceilf(BESIDE_WIDE * 2 * d.radius);
  *found = false;
  if (count_beside(s, d, level) < BESIDE_LONG * side * side) return true;
  beside_sum *sum = sum_beside(s, d, level);
  if (sum == NULL) return false;
  *found = full_window(sum, s, side, BESIDE_LONG * side) || full_window(sum, s, BESIDE_LONG * side, side);
  free(sum);
  return true;
}

enum {
  TRY_GROUND = 1,
  SEVERAL = 2,
  WHITE = 4
}; /* bits: ground is cut out; several photographs were seen; it is light */

/* *how: TRY_GROUND to cut ground out; says afterwards whether there was any, whether it was WHITE, and whether there are
 * SEVERAL. */
static vm_status find_in(bright_map *s, vm_disc *disc, int *how, vm_error *err) {
  bool on_light = false;
  if (*how & TRY_GROUND && !bright_cut_ground(s, &on_light)) return NO_MEMORY;
  *how = on_light ? TRY_GROUND | (s->white ? WHITE : 0) : 0;
  int level = bright_level(s);
  bool on_white = on_light && s->white && s->paper > GROUND_MOST;
  if (level < 0 && on_white)
    return NOT_FUNDUS("white", "photograph: the background is white, and no field of view stands out" CROP);
  if (level < 0)
    return NOT_FUNDUS("blank", "photograph: no field of view, the picture is blank (contrast under %d of 255)" REMEDY,
                      BRIGHT_MIN_CONTRAST);
  if (s->coloured < (long)s->width * s->height / DARK_LEAST)
    return NOT_FUNDUS("dark",
                      "photograph: the picture is too dark, next to nothing reaches %d of 255; take it again with more "
                      "light, or save it so that its values fill their whole range (12 bits in 16 do not)",
                      BRIGHT_COLOUR_FROM);
  if (s->colour < MIN_COLOUR) return NOT_FUNDUS("grey", "photograph: the picture is grey, not in colour" REMEDY);
  edge e = {0};
  if (!bright_parts(s, level) || !find_edge(s, level, &e)) {
    free(e.x);
    return NO_MEMORY;
  }
  vm_disc fitted = {0};
  bool fits = fitting_circle(s, &e, all_radii(s), &fitted), found = fits && is_field(s, &e, fitted);
  if (found) *disc = fitted, narrow(s, disc);
  else found = ellipse(s, disc) || corners(s, disc);
  bool overlapping = found && fits && overlapping_fields(s, e, fitted);
  free(e.x);
  bool beside = false;
  if (found && !look_beside(s, *disc, &beside)) return NO_MEMORY;
  bool wide = found && 2 * disc->radius > (float)(s->width > s->height ? s->width : s->height);
  if (overlapping || beside || several_fields(s, level, found, *disc) ||
      ((!found || wide) && touching_fields(s, level))) {
    *how |= SEVERAL;
    return NOT_FUNDUS(
        "several", "photograph: there are several photographs in one picture; give each eye, or each field, as a file "
                   "of its own");
  }
  if (!found && on_white)
    return NOT_FUNDUS("white", "photograph: the background is white, and no round field of view was found on it" CROP);
  if (!found)
    return NOT_FUNDUS("none",
                      "photograph: no round field of view found, this does not look like a fundus photograph" REMEDY);
  return VM_OK;
}

static vm_status try_field(const uint8_t *rgba, int width, int height, int *how, field *out, vm_error *err) {
  *out = (field){0};
  bright_map s = {0};
  vm_disc d = {0};
  vm_status status = bright_open(rgba, width, height, &s) ? find_in(&s, &d, how, err) : NO_MEMORY;
  if (status == VM_OK) {
    *out = (field){{d.x * s.scale, d.y * s.scale, d.radius * s.scale}, s.width, s.height, s.scale, NULL};
    if (*how & TRY_GROUND) out->ground = s.ground, s.ground = NULL;
    status_ok(err);
  }
  bright_free(&s);
  return status;
}

/* Whether the field reaches from side to side of the photograph, in which no other then has a place. */
static bool fills(const field *f, int width, int height) {
  return 2 * f->disc.radius >= FILLS * (float)(width > height ? width : height);
}

vm_status field_find(const uint8_t *rgba, int width, int height, field *out, vm_error *err) {
  int how = TRY_GROUND, plain = 0;
  vm_status status = try_field(rgba, width, height, &how, out, err);
  if (status != VM_ERR_NOT_FUNDUS || !(how & TRY_GROUND) || (how & SEVERAL && how & WHITE)) return status;
  /* An eye may be light and pale at its rim, too, or so even there that parts of one eye were taken for several. */
  field uncut;
  if (try_field(rgba, width, height, &plain, &uncut, NULL) != VM_OK) return status;
  if (how & SEVERAL && !fills(&uncut, width, height)) {
    field_free(&uncut);
    return status;
  }
  *out = uncut;
  return status_ok(err);
}

void field_free(field *f) {
  free(f->ground);
  *f = (field){0};
}

void field_darken(const field *f, int size, float *input) {
  const float black = input_of(0), step = 2 * f->disc.radius / (float)size;
  for (int j = 0; f->ground != NULL && j < size; j++)
    for (int i = 0; i < size; i++) {
      float x = f->disc.x - f->disc.radius + ((float)i + 0.5f) * step;
      float y = f->disc.y - f->disc.radius + ((float)j + 0.5f) * step;
      int column = (int)floorf(x / f->scale), row = (int)floorf(y / f->scale);
      if (column < 0 || row < 0 || column >= f->columns || row >= f->rows) continue;
      if (!f->ground[row * f->columns + column]) continue;
      for (int c = 0; c < 3; c++) input[3 * (j * size + i) + c] = black;
    }
}

vm_status vm_find_disc(const uint8_t *rgba, int width, int height, vm_disc *disc, vm_error *err) {
  if (rgba == NULL || disc == NULL) return status_fail(err, VM_ERR_ARGUMENT, "photograph: no pixels");
  vm_status status = photo_check_size(width, height, err);
  if (status != VM_OK) return status;
  field f;
  status = field_find(rgba, width, height, &f, err);
  if (status == VM_OK) *disc = f.disc;
  field_free(&f);
  return status;
}
