#include "disc_cup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"
#include "square.h"

/* Limits on what can be a disc, in field diameters: half and one and a half times what fields of 30 to 60 degrees show
 * (0.09 to 0.27 on 104 drawn discs of Drishti-GS1 and IDRiD), and what the same discs keep to in shape. */
#define HEIGHT_MIN 0.06f
#define HEIGHT_MAX 0.40f
#define ASPECT_MIN 0.6f /* width / height */
#define ASPECT_MAX 1.6f
#define FULL_MIN 0.8f     /* area / area of the ellipse in its rectangle, of the disc */
#define FULL_CUP_MIN 0.6f /* the same of the cup, which vessels notch */
#define RIVAL 0.5f        /* a second piece of so large a share of the disc's area could be the disc as well */
#define REACH 1.2f        /* radii of the circle that optic_disc.c gives: a disc lies in part within */
#define FILLED 0.75f      /* probability that a hole is given */
#define CUP_CELLS 4       /* a cup of fewer cells is noise */
#define FINE 8            /* looks per cell and side when a mask is measured */
/* Of an hour on which the rim is measured, two degrees apart; an odd number, so that no ray is two hours'. */
#define RAYS 15

/* ---- which piece ---- */

/* Marks the cells at DISC_CUP_AT and above: map [side][side]. */
static void mark(const float *map, int side, uint8_t *marks) {
  for (int i = 0; i < side * side; i++) marks[i] = map[i] >= DISC_CUP_AT;
}

/* Cells of each piece near the guess: count [pieces], by the index of a piece's first stretch. */
static void count_near(const pieces *p, int side, const disc_cup_photo *photo, int *count) {
  float unit = 2 * photo->view.radius / (float)side, reach = REACH * photo->guess.radius / unit;
  float x = (photo->guess.x - photo->view.x + photo->view.radius) / unit,
        y = (photo->guess.y - photo->view.y + photo->view.radius) / unit;
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    for (int c = s->begin; c < s->end; c++) {
      float dx = (float)c + 0.5f - x, dy = (float)s->row + 0.5f - y;
      count[s->first] += dx * dx + dy * dy < reach * reach;
    }
  }
}

/* The first stretch of the piece with the most in score, which is [pieces]; -1 where all are 0. */
static int best_of(const pieces *p, const int *score) {
  int best = -1;
  for (int i = 0; i < p->count; i++)
    if (score[i] > 0 && (best < 0 || score[i] > score[best])) best = i;
  return best;
}

/* Cells of the largest piece but this. */
static int largest_other(const pieces *p, int but) {
  int most = 0;
  for (int i = 0; i < p->count; i++)
    if (i != but && p->list[i].first == i && p->list[i].cells > most) most = p->list[i].cells;
  return most;
}

/* Takes all pieces but one out of the map. */
static void keep_only(const pieces *p, int kept, int side, float *map) {
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    for (int c = s->begin; s->first != kept && c < s->end; c++) map[s->row * side + c] = 0;
  }
}

/* Fills what the cells at DISC_CUP_AT and above enclose. False: out of memory. */
static bool fill_holes(int side, uint8_t *marks, float *map) {
  pieces p;
  mark(map, side, marks);
  if (!pieces_find(marks, side, side, side, 0, false, &p)) return false;
  for (int i = 0; i < p.count; i++) {
    const piece_stretch *s = &p.list[i];
    if (s->row == 0 || s->row + 1 == side || s->begin == 0 || s->end == side) p.list[s->first].cells = 0; /* open */
  }
  for (int i = 0; i < p.count; i++) {
    const piece_stretch *s = &p.list[i];
    for (int c = s->begin; p.list[s->first].cells > 0 && c < s->end; c++) map[s->row * side + c] = FILLED;
  }
  pieces_free(&p);
  return true;
}

/* ---- measuring ---- */

/* A map's value between the cells' centres, as square_draw gives it. */
static inline float value_at(const float *map, int side, float x, float y) {
  int i = clamp((int)floorf(x), 0, side - 2), j = clamp((int)floorf(y), 0, side - 2);
  float right = smaller(larger(x - (float)i, 0), 1), down = smaller(larger(y - (float)j, 0), 1);
  const float *p = map + (ptrdiff_t)j * side + i;
  float top = p[0] + right * (p[1] - p[0]), bottom = p[side] + right * (p[side + 1] - p[side]);
  return top + down * (bottom - top);
}

/* Cells, whole and part of them, that a mask may reach. */
typedef struct cells {
  int left, top, right, bottom; /* the last two are one beyond */
} cells;

static cells around(const float *map, int side) {
  cells c = {side, side, 0, 0};
  for (int j = 0; j < side; j++)
    for (int i = 0; i < side; i++) {
      if (map[j * side + i] < DISC_CUP_AT) continue;
      c.left = i < c.left ? i : c.left, c.right = i >= c.right ? i + 1 : c.right;
      c.top = j < c.top ? j : c.top, c.bottom = j + 1;
    }
  return (cells){clamp(c.left - 1, 0, side), clamp(c.top - 1, 0, side), clamp(c.right + 1, 0, side),
                 clamp(c.bottom + 1, 0, side)};
}

/* Looks FINE times a cell and side. */
static vm_extent extent_of(const float *map, int side, vm_disc view) {
  cells c = around(map, side);
  int x0 = side * FINE, x1 = 0, y0 = side * FINE, y1 = 0, area = 0;
  for (int y = c.top * FINE; y < c.bottom * FINE; y++)
    for (int x = c.left * FINE; x < c.right * FINE; x++) {
      float at = value_at(map, side, ((float)x + 0.5f) / FINE - 0.5f, ((float)y + 0.5f) / FINE - 0.5f);
      if (at < DISC_CUP_AT) continue;
      area++;
      x0 = x < x0 ? x : x0, x1 = x >= x1 ? x + 1 : x1;
      y0 = y < y0 ? y : y0, y1 = y + 1;
    }
  if (area == 0) return (vm_extent){0};
  float unit = 1 / (float)(side * FINE), across = 2 * view.radius;
  return (vm_extent){view.x - view.radius + across * unit * (float)(x0 + x1) / 2,
                     view.y - view.radius + across * unit * (float)(y0 + y1) / 2, (float)(y1 - y0) * unit,
                     (float)(x1 - x0) * unit, (float)area * unit * unit};
}

/* Share of the ellipse in its rectangle that a mask fills. */
static float fullness(const vm_extent *e) { return e->area / (0.785398f * e->height * e->width); }

/* Whether the mask, or a cell beside it, is out of view. */
static bool reaches_edge(const float *map, int side, const disc_cup_photo *photo) {
  cells c = around(map, side);
  for (int j = c.top; j < c.bottom; j++)
    for (int i = c.left; i < c.right; i++) {
      if (map[j * side + i] < DISC_CUP_AT) continue;
      for (int k = 0; k < 9; k++)
        if (!square_in_view(photo->view, side, i + k % 3 - 1, j + k / 3 - 1, photo->width, photo->height)) return true;
    }
  return false;
}

/* ---- the rim ---- */

#define ALL_RAYS (VM_HOURS * RAYS)

/* How far from (x, y) along a direction, up to `limit`, the last place lies where a map reaches DISC_CUP_AT; 0 where
 * none does. All in cells. */
static float reach_of(const float *map, int side, float x, float y, float dx, float dy, float limit) {
  float r = limit;
  while (r > 0 && !(value_at(map, side, x + r * dx, y + r * dy) >= DISC_CUP_AT)) r -= 1.0f / FINE;
  return larger(r, 0);
}

/* The rim hour by hour, around the middle of the disc `e`. False: no part of the disc lies along one of the lines. */
static bool measure_rim(const float *disc, const float *cup, int side, vm_disc view, const vm_extent *e,
                        float rim[VM_HOURS]) {
  float unit = 2 * view.radius / (float)side; /* a map's value stands for its cell's middle */
  float x = (e->x - view.x + view.radius) / unit - 0.5f, y = (e->y - view.y + view.radius) / unit - 0.5f;
  float limit = (e->height + e->width) * (float)side / 2; /* no corner of the disc's rectangle is farther off */
  float outer[ALL_RAYS], inner[ALL_RAYS];
  for (int k = 0; k < ALL_RAYS; k++) { /* clockwise, the first hour's from half an hour before twelve on */
    int from_twelve = k - RAYS / 2;
    float angle = 6.2831853f * (float)from_twelve / ALL_RAYS, dx = sinf(angle), dy = -cosf(angle);
    outer[k] = reach_of(disc, side, x, y, dx, dy, limit);
    inner[k] = reach_of(cup, side, x, y, dx, dy, limit);
  }
  for (int h = 0; h < VM_HOURS; h++) {
    rim[h] = 0;
    for (int k = h * RAYS; k < (h + 1) * RAYS; k++) {
      float across = outer[k] + outer[(k + ALL_RAYS / 2) % ALL_RAYS];
      if (across <= 0) return false;
      rim[h] += (outer[k] - inner[k]) / across / RAYS;
    }
  }
  return true;
}

/* ---- disc, then cup ---- */

vm_disc_cup disc_cup_none(vm_disc_validity why) {
  vm_disc_cup d = {.validity = why, .vertical_ratio = NAN, .area_ratio = NAN};
  for (int h = 0; h < VM_HOURS; h++) d.rim[h] = NAN;
  return d;
}

static inline bool like_disc(const vm_extent *e) {
  return e->height >= HEIGHT_MIN && e->height <= HEIGHT_MAX && e->width >= ASPECT_MIN * e->height &&
         e->width <= ASPECT_MAX * e->height && fullness(e) >= FULL_MIN;
}

/* Leaves the disc alone in its map. count [side * side], zeros. False: out of memory. */
static bool choose_disc(float *disc, int side, const disc_cup_photo *photo, uint8_t *marks, int *count,
                        vm_disc_validity *validity) {
  pieces p;
  mark(disc, side, marks);
  if (!pieces_find(marks, side, side, side, 1, true, &p)) return false;
  count_near(&p, side, photo, count);
  int chosen = best_of(&p, count);
  *validity = chosen < 0 ? VM_DISC_NOT_FOUND : VM_DISC_VALID;
  if (chosen >= 0) {
    keep_only(&p, chosen, side, disc);
    if ((float)largest_other(&p, chosen) > RIVAL * (float)p.list[chosen].cells) *validity = VM_DISC_IMPLAUSIBLE;
  }
  pieces_free(&p);
  return true;
}

/* Leaves the largest piece of the cup, inside the disc. False: out of memory. */
static bool choose_cup(const float *disc, int side, uint8_t *marks, float *cup, bool *seen) {
  pieces p;
  mark(cup, side, marks);
  if (!pieces_find(marks, side, side, side, 1, true, &p)) return false;
  int largest = -1;
  for (int i = 0; i < p.count; i++)
    if (p.list[i].first == i && (largest < 0 || p.list[i].cells > p.list[largest].cells)) largest = i;
  *seen = largest >= 0 && p.list[largest].cells >= CUP_CELLS;
  keep_only(&p, largest, side, cup);
  pieces_free(&p);
  if (!fill_holes(side, marks, cup)) return false;
  for (int i = 0; i < side * side; i++) cup[i] = smaller(cup[i], disc[i]);
  return true;
}

static void measure_cup(const float *disc, const float *cup, int side, const disc_cup_photo *photo, bool seen,
                        vm_disc_cup *out) {
  out->validity = VM_DISC_NO_CUP;
  if (!seen) return;
  vm_extent e = extent_of(cup, side, photo->view);
  if (e.area <= 0) return;
  if (fullness(&e) < FULL_CUP_MIN) {
    *out = disc_cup_none(VM_DISC_IMPLAUSIBLE);
    return;
  }
  out->validity = VM_DISC_VALID;
  out->cup = e;
  out->vertical_ratio = e.height / out->disc.height;
  out->area_ratio = e.area / out->disc.area;
  if (!measure_rim(disc, cup, side, photo->view, &out->disc, out->rim)) *out = disc_cup_none(VM_DISC_IMPLAUSIBLE);
}

static bool find_both(int side, const disc_cup_photo *photo, float *disc, float *cup, uint8_t *marks, int *count,
                      vm_disc_cup *out) {
  bool seen;
  if (!choose_disc(disc, side, photo, marks, count, &out->validity) || !fill_holes(side, marks, disc)) return false;
  if (out->validity == VM_DISC_NOT_FOUND) return true;
  if (reaches_edge(disc, side, photo)) {
    out->validity = VM_DISC_CUT;
    return true;
  }
  vm_extent e = extent_of(disc, side, photo->view);
  if (!like_disc(&e)) out->validity = VM_DISC_IMPLAUSIBLE;
  if (out->validity != VM_DISC_VALID) return true;
  for (int i = 0; i < side * side; i++) cup[i] = smaller(cup[i], disc[i]);
  if (!choose_cup(disc, side, marks, cup, &seen)) return false;
  out->disc = e;
  measure_cup(disc, cup, side, photo, seen, out);
  return true;
}

bool disc_cup_measure(const float *map, int side, const disc_cup_photo *photo, float *disc, float *cup,
                      vm_disc_cup *out) {
  size_t all = (size_t)side * (size_t)side;
  *out = disc_cup_none(VM_DISC_NOT_FOUND);
  if (!photo->guess.found || all == 0) return true;
  for (size_t i = 0; i < all; i++) disc[i] = map[2 * i], cup[i] = map[2 * i + 1];
  uint8_t *marks = malloc(all);
  int *count = calloc(all, sizeof *count);
  bool ok = marks != NULL && count != NULL && find_both(side, photo, disc, cup, marks, count, out);
  free(marks);
  free(count);
  return ok;
}

const char *vm_disc_validity_name(vm_disc_validity validity) {
  static const char *const names[] = {"valid", "no-output",   "not-gradable", "not-found",
                                      "cut",   "implausible", "no-cup"};
  return (unsigned)validity < sizeof names / sizeof *names ? names[validity] : "";
}
