#include "lesions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"
#include "square.h"

/* Where the fovea lies, seen from the optic disc's middle: 15.5 degrees of the visual field temporal and 1.5 below
 * (Rohrschneider, IOVS 2004), with a disc of some 6 degrees. */
#define FOVEA_AWAY 2.5f    /* disc diameters */
#define FOVEA_BELOW 0.097f /* radians */
#define LEAST 6            /* cells of a piece; train/lesions.py chooses the thresholds with it */
#define UNDER 0.999f       /* of the threshold: what a piece too small is lowered to */
/* The ETDRS grid's circles, in disc diameters. */
#define CENTRE_RADIUS (1.0f / 3)
#define INNER_RADIUS 1.0f
#define OUTER_RADIUS 2.0f
#define LEAST_SEEN 0.5f /* of a region, for its area to be given */
#define LOOKS 96        /* along the grid's width, when it is asked how much of a region is seen */

/* Whether a place in the photograph's pixels is in the field of view and in the photograph. */
static inline bool in_view(const lesions_photo *photo, float x, float y) {
  float dx = x - photo->view.x, dy = y - photo->view.y;
  return dx * dx + dy * dy < photo->view.radius * photo->view.radius && x >= 0 && y >= 0 && x < (float)photo->width &&
         y < (float)photo->height;
}

/* The ETDRS region of a place in the photograph's pixels; -1: none, or the fovea's place is unknown. */
static int region_of(float x, float y, vm_eye eye, const vm_drawn_lesions *all) {
  if (!all->fovea_known) return -1;
  float dx = (x - all->fovea_x) / all->disc_diameter, dy = (y - all->fovea_y) / all->disc_diameter;
  float away = sqrtf(dx * dx + dy * dy);
  if (away >= OUTER_RADIUS) return -1;
  if (away < CENTRE_RADIUS) return VM_CENTRE;
  bool nasal = (dx > 0) == (eye == VM_EYE_RIGHT);
  int quarter = fabsf(dy) >= fabsf(dx) ? (dy < 0 ? VM_INNER_SUPERIOR : VM_INNER_INFERIOR)
                                       : (nasal ? VM_INNER_NASAL : VM_INNER_TEMPORAL);
  return away < INNER_RADIUS ? quarter : quarter + VM_OUTER_SUPERIOR - VM_INNER_SUPERIOR;
}

/* How much of each region is in the field of view and in the photograph. */
static void see_regions(const lesions_photo *photo, vm_drawn_lesions *out) {
  int looks[VM_ETDRS] = {0}, seen[VM_ETDRS] = {0};
  for (int j = 0; j < LOOKS; j++)
    for (int i = 0; i < LOOKS; i++) {
      float span = 2 * OUTER_RADIUS * out->disc_diameter / LOOKS;
      float x = out->fovea_x + span * ((float)i + 0.5f - LOOKS / 2.0f),
            y = out->fovea_y + span * ((float)j + 0.5f - LOOKS / 2.0f);
      int region = region_of(x, y, photo->eye, out);
      if (region < 0) continue;
      looks[region]++;
      seen[region] += in_view(photo, x, y);
    }
  for (int k = 0; k < VM_ETDRS; k++) out->etdrs_seen[k] = (float)seen[k] / (float)looks[k];
}

void lesions_place_fovea(const lesions_photo *photo, vm_drawn_lesions *out) {
  out->fovea_known = 0;
  out->fovea_x = out->fovea_y = out->disc_diameter = 0;
  for (int k = 0; k < VM_ETDRS; k++) out->etdrs_seen[k] = 0;
  if (!photo->disc.found || photo->eye == VM_EYE_UNKNOWN) return;
  bool drawn = photo->drawn.area > 0;
  float diameter = drawn ? (photo->drawn.height + photo->drawn.width) * photo->view.radius : 2 * photo->disc.radius;
  float away = FOVEA_AWAY * diameter, temple = photo->eye == VM_EYE_RIGHT ? -1.0f : 1.0f;
  float x = (drawn ? photo->drawn.x : photo->disc.x) + temple * away * cosf(FOVEA_BELOW),
        y = (drawn ? photo->drawn.y : photo->disc.y) + away * sinf(FOVEA_BELOW);
  if (!in_view(photo, x, y)) return;
  out->fovea_known = 1;
  out->fovea_x = x;
  out->fovea_y = y;
  out->disc_diameter = diameter;
  see_regions(photo, out);
}

/* ---- pieces ---- */

/* Marks the cells in view that reach the threshold; returns how many cells are in view. */
static int mark(const float *map, int side, float threshold, const lesions_photo *photo, uint8_t *marks) {
  int seen = 0;
  memset(marks, 0, (size_t)side * (size_t)side);
  for (int j = 0; j < side; j++) {
    int first, last;
    square_columns_in_view(photo->view, side, j, photo->width, photo->height, &first, &last);
    for (int i = j * side + first; i < j * side + last; i++) marks[i] = map[i] >= threshold;
    seen += last - first;
  }
  return seen;
}

static void lower(const piece_stretch *s, int side, float to, float *map) {
  for (int c = s->begin; c < s->end; c++) map[s->row * side + c] = smaller(map[s->row * side + c], to);
}

/* The middles of the pieces, in cells: sum of columns and of rows, by the index of a piece's first stretch. */
typedef struct middle {
  double x, y;
} middle;

static void add_middles(const pieces *p, middle *sums) {
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    double n = s->end - s->begin;
    sums[s->first].x += n * (s->begin + s->end) / 2;
    sums[s->first].y += n * (s->row + 0.5);
  }
}

/* Counts a piece where it lies: x and y in the photograph's pixels. */
static void count_place(float x, float y, const lesions_photo *photo, const vm_drawn_lesions *all,
                        vm_lesion_measures *out) {
  if (!all->fovea_known) return;
  bool lower_half = y >= all->fovea_y, nasal = (x > all->fovea_x) == (photo->eye == VM_EYE_RIGHT);
  out->quadrants[2 * lower_half + nasal]++;
  float dx = x - all->fovea_x, dy = y - all->fovea_y;
  out->macula += dx * dx + dy * dy < all->disc_diameter * all->disc_diameter;
  int region = region_of(x, y, photo->eye, all);
  if (region >= 0) out->etdrs[region]++;
}

/* What of the pieces that count lies in each region, cell by cell; unit: a cell's side in the photograph's pixels. */
static void measure_regions(const pieces *p, float unit, float left, float top, const lesions_photo *photo,
                            const vm_drawn_lesions *all, vm_lesion_measures *out) {
  float diameters = all->fovea_known ? unit / all->disc_diameter : 0;
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    for (int c = s->begin; p->list[s->first].cells >= LEAST && c < s->end; c++) {
      int region = region_of(left + unit * ((float)c + 0.5f), top + unit * ((float)s->row + 0.5f), photo->eye, all);
      if (region >= 0) out->etdrs_area[region] += diameters * diameters;
    }
  }
  for (int k = 0; k < VM_ETDRS; k++)
    if (all->etdrs_seen[k] < LEAST_SEEN) out->etdrs_area[k] = NAN;
}

static void count_pieces(const pieces *p, const middle *sums, int side, const lesions_photo *photo,
                         const vm_drawn_lesions *all, float *map, vm_lesion_measures *out) {
  float unit = 2 * photo->view.radius / (float)side, left = photo->view.x - photo->view.radius,
        top = photo->view.y - photo->view.radius;
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    int cells = p->list[s->first].cells;
    if (cells < LEAST) lower(s, side, UNDER * out->threshold, map);
    if (cells < LEAST || s->first != i) continue;
    out->count++;
    out->area += (float)cells;
    count_place(left + unit * (float)(sums[i].x / cells), top + unit * (float)(sums[i].y / cells), photo, all, out);
  }
  measure_regions(p, unit, left, top, photo, all, out);
}

bool lesions_measure(float *map, int side, const lesions_photo *photo, const vm_drawn_lesions *all,
                     vm_lesion_measures *out) {
  size_t cells = (size_t)side * (size_t)side;
  uint8_t *marks = malloc(cells);
  if (marks == NULL) return false;
  *out = (vm_lesion_measures){.drawn = 1, .threshold = out->threshold, .map = map};
  int seen = mark(map, side, out->threshold, photo, marks);
  pieces p = {0};
  bool ok = pieces_find(marks, side, side, side, 1, true, &p);
  free(marks);
  middle *sums = ok ? calloc((size_t)p.count + 1, sizeof *sums) : NULL;
  if (sums != NULL) {
    add_middles(&p, sums);
    count_pieces(&p, sums, side, photo, all, map, out);
    if (seen > 0) out->area /= (float)seen;
  }
  free(sums);
  if (ok) pieces_free(&p);
  return sums != NULL;
}

const char *vm_lesion_name(vm_lesion kind) {
  static const char *const names[] = {"microaneurysms", "haemorrhages", "hard-exudates", "soft-exudates"};
  return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "";
}

const char *vm_lesions_validity_name(vm_lesions_validity validity) {
  static const char *const names[] = {"valid", "no-output", "not-gradable"};
  return (unsigned)validity < sizeof names / sizeof *names ? names[validity] : "";
}
