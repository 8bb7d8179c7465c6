#include "lesions.h"

#include <math.h>
#include <stdlib.h>

#include "grid.h"
#include "pieces.h"
#include "square.h"

/* Where the fovea lies, seen from the optic disc's middle: 15.5 degrees of the visual field temporal and 1.5 below (Rohrschneider,
 * IOVS 2004), with a disc of some 6 degrees. */
#define FOVEA_AWAY 2.5f    /* disc diameters */
#define FOVEA_BELOW 0.097f /* radians */
#define LEAST 6            /* cells of a piece; train/lesions.py chooses the thresholds with it */
#define UNDER 0.999f       /* of the threshold: what a piece too small is lowered to */

void lesions_place_fovea(const lesions_photo *photo, vm_drawn_lesions *out) {
  out->fovea_known = 0;
  out->fovea_x = out->fovea_y = out->disc_diameter = 0;
  if (!photo->disc.found || photo->eye == VM_EYE_UNKNOWN) return;
  bool drawn = photo->drawn.area > 0;
  float diameter = drawn ? (photo->drawn.height + photo->drawn.width) * photo->view.radius : 2 * photo->disc.radius;
  float away = FOVEA_AWAY * diameter, temple = photo->eye == VM_EYE_RIGHT ? -1.0f : 1.0f;
  float x = (drawn ? photo->drawn.x : photo->disc.x) + temple * away * cosf(FOVEA_BELOW),
        y = (drawn ? photo->drawn.y : photo->disc.y) + away * sinf(FOVEA_BELOW);
  float dx = x - photo->view.x, dy = y - photo->view.y;
  bool seen = dx * dx + dy * dy < photo->view.radius * photo->view.radius && x >= 0 && y >= 0 &&
              x < (float)photo->width && y < (float)photo->height;
  if (!seen) return;
  out->fovea_known = 1;
  out->fovea_x = x;
  out->fovea_y = y;
  out->disc_diameter = diameter;
}

/* ---- pieces ---- */

/* Marks the cells in view that reach the threshold; returns how many cells are in view. */
static int mark(const float *map, int side, float threshold, const lesions_photo *photo, uint8_t *marks) {
  int seen = 0;
  for (int j = 0; j < side; j++)
    for (int i = 0; i < side; i++) {
      bool in = square_in_view(photo->view, side, i, j, photo->width, photo->height);
      marks[j * side + i] = in && map[j * side + i] >= threshold;
      seen += in;
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
