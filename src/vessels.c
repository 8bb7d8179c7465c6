#include "vessels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"
#include "square.h"
#include "skeleton.h"

#define CELLS 128       /* a side, of the picture that boxes are counted in */
#define LEAST_PART 8000 /* of the field's area */
#define LEAST_CHORD 50  /* of the field's diameter: shorter segments say nothing of tortuosity */
#define LEAST_SEEN 0.5f /* of a zone */
#define SMOOTHING 3     /* a centre line's point is the mean of so many on either side, too */
/* bits of the centre lines' map */
#define VISITED 2
#define JUNCTION 4 /* more than two lines meet */
#define LABELLED 8 /* and the junction has its node */
#define IN(region) (1u << (region))

/* Zones in radii of the disc from its centre: 0.5 to 1 and 0.5 to 2 disc diameters from its margin. */
static const float ZONES[VM_REGIONS][2] = {[VM_ZONE_B] = {2, 3}, [VM_ZONE_C] = {2, 5}};

/* Sums of one region, in pixels of the map. */
typedef struct sums {
  long area, whole, vessel, kept; /* in view; the region; vessel; vessel without specks and pinholes */
  double length, bent, weight;    /* centre lines; of segments: length * length / chord, and their length */
  int branch_points;
} sums;

/* A junction of centre lines, or several that one thick vessel made of one. */
typedef struct node {
  int parent; /* itself, or the node that it was merged into */
  int ends;   /* centre lines that end here */
  float x, y; /* its middle */
  int reach;  /* half thickness of the vessel there, in thirds of a pixel */
} node;

typedef struct work {
  int size, side;     /* of the map, without and with its frame */
  uint8_t *region;    /* [side][side], bits IN(...) of the regions in view */
  uint8_t *mask;      /* [side][side] vessels, at last without specks and pinholes */
  uint8_t *thin;      /* [side][side] their centre lines */
  uint16_t *distance; /* [side][side] to the nearest pixel that is no vessel */
  int *label;         /* [side][side] a junction's node, counted from 1 */
  node *nodes;
  int *queue;   /* as many as there are centre line pixels, as is each of the next */
  float *x, *y; /* points of one segment */
  int node_count;
  sums sum[VM_REGIONS];
} work;

/* ---- memory ---- */

static bool allocate(work *w, int size) {
  size_t side = (size_t)size + 2, n = side * side;
  *w = (work){.size = size, .side = (int)side};
  w->distance = calloc(n, sizeof *w->distance);
  w->region = calloc(n, 1);
  w->mask = calloc(n, 1);
  w->thin = calloc(n, 1);
  return w->distance != NULL && w->region != NULL && w->mask != NULL && w->thin != NULL;
}

/* For what the centre lines, so many pixels long and so many of them junctions, need. */
static bool allocate_lines(work *w, size_t pixels, size_t junctions) {
  w->label = calloc((size_t)w->side * (size_t)w->side, sizeof *w->label);
  w->nodes = calloc(junctions + 1, sizeof *w->nodes);
  w->queue = malloc((pixels + 1) * sizeof *w->queue);
  w->x = malloc((pixels + 2) * sizeof *w->x);
  w->y = malloc((pixels + 2) * sizeof *w->y);
  return w->label != NULL && w->nodes != NULL && w->queue != NULL && w->x != NULL && w->y != NULL;
}

static void release(work *w) {
  free(w->label), free(w->distance), free(w->region), free(w->mask), free(w->thin);
  free(w->nodes), free(w->queue), free(w->x), free(w->y);
}

/* ---- the maps ---- */

/* Columns of a row of the map. */
typedef struct columns {
  int first, last;
} columns;

/* The map's pixels in radii of the disc from its centre. */
typedef struct around_disc {
  float x, y, unit; /* of the disc; 1 / its radius */
  float left, top, step;
} around_disc;

static inline float square_away(const around_disc *d, int i, int j) {
  float x = d->left + ((float)i + 0.5f) * d->step, y = d->top + ((float)j + 0.5f) * d->step;
  float dx = (x - d->x) * d->unit, dy = (y - d->y) * d->unit;
  return dx * dx + dy * dy;
}

/* Those of row j that are nearer than so many radii: it only grows to either side of `middle`, the nearest column. *c: those of
 * the row before, from which there is little to go. */
static void columns_near(const around_disc *d, float radii, int j, int middle, int size, columns *c) {
  const float square = radii * radii;
  while (c->first < middle && square_away(d, c->first, j) >= square) c->first++;
  while (c->first > 0 && square_away(d, c->first - 1, j) < square) c->first--;
  if (c->last < middle) c->last = middle;
  while (c->last > c->first && square_away(d, c->last - 1, j) >= square) c->last--;
  while (c->last < size && square_away(d, c->last, j) < square) c->last++;
}

/* The column whose pixels are nearest to the disc's centre. */
static int nearest_column(const around_disc *d, int size) {
  const int about = clamp((int)floorf((d->x - d->left) / d->step), 0, size - 1);
  int nearest = about;
  for (int i = about - 1; i <= about + 1; i++) { /* what it is divided by is rounded */
    float away = fabsf(d->left + ((float)i + 0.5f) * d->step - d->x);
    if (i >= 0 && i < size && away < fabsf(d->left + ((float)nearest + 0.5f) * d->step - d->x)) nearest = i;
  }
  return nearest;
}

static void add_region(uint8_t *region, int from, int to, columns view, int bit) {
  for (int i = from > view.first ? from : view.first; i < to && i < view.last; i++) region[i] |= (uint8_t)bit;
}

static void draw_view(work *w, const float *vessels, float threshold, vm_disc view, int width, int height,
                      columns *in_view) {
  for (int j = 0; j < w->size; j++) {
    int first, last;
    square_columns_in_view(view, w->size, j, width, height, &first, &last);
    ptrdiff_t row = (ptrdiff_t)(j + 1) * w->side + 1;
    uint8_t *restrict region = w->region + row, *restrict mask = w->mask + row;
    const float *restrict line = vessels + (size_t)j * (size_t)w->size;
    for (int i = first; i < last; i++) mask[i] = line[i] >= threshold;
    for (int i = first; i < last; i++) region[i] = IN(VM_FIELD);
    in_view[j] = (columns){first, last};
  }
}

static void draw_zones(work *w, vm_disc view, const vm_optic_disc *disc, const columns *in_view) {
  const around_disc d = {
      disc->x, disc->y, 1 / disc->radius, view.x - view.radius, view.y - view.radius, 2 * view.radius / (float)w->size};
  const int middle = nearest_column(&d, w->size);
  columns within[VM_REGIONS][2] = {{{0}}};
  for (int j = 0; j < w->size; j++) {
    uint8_t *region = w->region + (ptrdiff_t)(j + 1) * w->side + 1;
    for (int z = VM_ZONE_B; z < VM_REGIONS; z++) {
      columns *inner = &within[z][0], *outer = &within[z][1];
      columns_near(&d, ZONES[z][0], j, middle, w->size, inner);
      columns_near(&d, ZONES[z][1], j, middle, w->size, outer);
      add_region(region, outer->first, inner->first, in_view[j], 1 << z);
      add_region(region, inner->last > inner->first ? inner->last : inner->first, outer->last, in_view[j], 1 << z);
    }
  }
}

static void draw_maps(work *w, const float *vessels, float threshold, vm_disc view, int width, int height,
                      const vm_optic_disc *disc) {
  columns in_view[VM_SIZE_MAX];
  draw_view(w, vessels, threshold, view, width, height, in_view);
  if (disc->found) draw_zones(w, view, disc, in_view);
}

/* How many pixels of each region there are. */
static void count_areas(work *w) {
  for (int j = 1; j <= w->size; j++) {
    const uint8_t *region = w->region + (ptrdiff_t)j * w->side;
    for (int r = 0; r < VM_REGIONS; r++) {
      int in = 0;
      for (int i = 1; i <= w->size; i++) in += region[i] >> r & 1;
      w->sum[r].area += in;
    }
  }
}

/* How many of each are in the mask. */
static void count_masked(const work *w, long masked[VM_REGIONS]) {
  const int last = w->side * (w->side - 1);
  for (int r = 0; r < VM_REGIONS; r++) masked[r] = 0;
  for (int at = w->side - 1; (at = next_set(w->mask, at, last)) < last;)
    for (int r = 0; r < VM_REGIONS; r++) masked[r] += w->region[at] >> r & 1;
}

/* The regions' whole areas, out of view or not. */
static void find_wholes(work *w, vm_disc view, const vm_optic_disc *disc) {
  float cells = (float)w->size / (2 * view.radius), radius = disc->radius * cells;
  w->sum[VM_FIELD].whole = (long)(0.7853982f * (float)w->size * (float)w->size);
  for (int z = VM_ZONE_B; z < VM_REGIONS; z++)
    w->sum[z].whole = (long)(3.1415927f * radius * radius * (ZONES[z][1] * ZONES[z][1] - ZONES[z][0] * ZONES[z][0]));
}

/* Turns over the pieces of the mask under `least` pixels: of the vessels (value 1, 8-connected) or of what is not (value
 * 0, 4-connected): specks and pinholes. False: out of memory. */
static bool turn_small(work *w, uint8_t value, long least) {
  uint8_t *mask = w->mask + w->side + 1, *region = w->region + w->side + 1;
  pieces found;
  if (!pieces_find(mask, w->size, w->size, w->side, value, value, &found)) return false;
  for (int k = 0; k < found.count; k++) {
    const piece_stretch *s = &found.list[k];
    if (found.list[s->first].cells >= least) continue;
    for (int at = s->row * w->side + s->begin; at < s->row * w->side + s->end; at++)
      if (region[at] != 0) mask[at] ^= 1;
  }
  pieces_free(&found);
  return true;
}

/* False: out of memory. */
static bool find_vessels(work *w) {
  long masked[VM_REGIONS];
  count_areas(w);
  count_masked(w, masked);
  for (int r = 0; r < VM_REGIONS; r++) w->sum[r].vessel = masked[r];
  long least = w->sum[VM_FIELD].area / LEAST_PART;
  if (!turn_small(w, 1, least) || !turn_small(w, 0, least)) return false;
  count_masked(w, masked);
  for (int r = 0; r < VM_REGIONS; r++) w->sum[r].kept = masked[r];
  return true;
}

/* ---- segments ---- */

static inline bool in_region(const work *w, float x, float y, int region) {
  return w->region[(int)y * w->side + (int)x] >> region & 1;
}

/* Mean of the points around point i of n; the ends stay where they are. */
static void smooth_point(const work *w, int n, int i, float *x, float *y) {
  int half = SMOOTHING < i ? SMOOTHING : i;
  if (half > n - 1 - i) half = n - 1 - i;
  *x = *y = 0;
  for (int k = i - half; k <= i + half; k++) *x += w->x[k], *y += w->y[k];
  *x /= (float)(2 * half + 1), *y /= (float)(2 * half + 1);
}

/* A stretch of a segment that lies in one region. */
typedef struct stretch {
  float x0, y0, x, y; /* where it began and is */
  double length;
  bool open;
} stretch;

static inline void end_stretch(const work *w, stretch *s, sums *sum) {
  double chord = hypot((double)s->x - (double)s->x0, (double)s->y - (double)s->y0);
  sum->length += s->length;
  if (chord * LEAST_CHORD >= w->size) {
    sum->bent += s->length * s->length / chord;
    sum->weight += s->length;
  }
  s->open = false;
}

/* Adds a segment of n points to the sums of the regions that it runs through. */
static void add_segment(work *w, int n) {
  stretch runs[VM_REGIONS] = {0};
  for (int i = 0; i < n; i++) {
    float x, y;
    smooth_point(w, n, i, &x, &y);
    for (int r = 0; r < VM_REGIONS; r++) {
      stretch *s = &runs[r];
      bool in = in_region(w, x, y, r);
      if (!in && s->open) end_stretch(w, s, &w->sum[r]);
      if (!in) continue;
      if (s->open) s->length += hypot((double)x - (double)s->x, (double)y - (double)s->y);
      else *s = (stretch){.x0 = x, .y0 = y, .open = true};
      s->x = x, s->y = y;
    }
  }
  for (int r = 0; r < VM_REGIONS; r++)
    if (runs[r].open) end_stretch(w, &runs[r], &w->sum[r]);
}

/* The middle of a pixel. */
static inline void middle(const work *w, int at, float *x, float *y) {
  int column = at % w->side, row = at / w->side;
  *x = (float)column + 0.5f, *y = (float)row + 0.5f;
}

/* The middle of a pixel, or of the junction that it belongs to. */
static inline void put_point(work *w, int *n, int at) {
  const node *j = w->label[at] > 0 ? &w->nodes[w->label[at] - 1] : NULL;
  middle(w, at, &w->x[*n], &w->y[*n]);
  if (j != NULL) w->x[*n] = j->x, w->y[*n] = j->y;
  (*n)++;
}

/* ---- junctions ---- */

static inline bool is_junction(const work *w, int at) {
  return (w->thin[at] & 1) && skeleton_degree(skeleton_around(w->thin, w->side, at)) > 2;
}

static int root_of(work *w, int index) {
  while (w->nodes[index].parent != index) index = w->nodes[index].parent = w->nodes[w->nodes[index].parent].parent;
  return index;
}

/* Gives the pixels queue[0 .. count) of a junction the newest node. */
static void add_node(work *w, int count) {
  node *n = &w->nodes[w->node_count];
  *n = (node){.parent = w->node_count++};
  for (int k = 0; k < count; k++) {
    int at = w->queue[k];
    float x, y;
    middle(w, at, &x, &y);
    n->x += x, n->y += y;
    if (w->distance[at] > n->reach) n->reach = w->distance[at];
    w->label[at] = w->node_count;
  }
  n->x /= (float)count, n->y /= (float)count;
}

static void find_nodes(work *w) {
  int first = w->side, last = w->side * (w->side - 1), steps[8];
  for (int k = 0; k < 8; k++) steps[k] = skeleton_neighbour(w->side, 0, k);
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;)
    if (is_junction(w, at)) w->thin[at] |= JUNCTION;
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;) {
    if (w->thin[at] != (1 | JUNCTION)) continue;
    w->thin[w->queue[0] = at] |= LABELLED;
    add_node(w, flood(w->thin, 1 | JUNCTION, 1 | JUNCTION | LABELLED, steps, 8, w->queue, 0, 1));
  }
}

/* Books a segment of n points between two junctions, given as labels; 0 for a free end. One that is hidden under the
 * thickness of the vessels that meet is none: its junctions are one. */
static void join(work *w, int from, int to, int n) {
  if (from == to && n <= 4) return;
  if (from > 0 && to > 0) {
    int a = root_of(w, from - 1), b = root_of(w, to - 1);
    node *p = &w->nodes[a], *q = &w->nodes[b];
    if (a != b && 3 * n <= w->nodes[from - 1].reach + w->nodes[to - 1].reach) {
      q->parent = a;
      p->ends += q->ends;
      return;
    }
  }
  if (from > 0) w->nodes[root_of(w, from - 1)].ends++;
  if (to > 0) w->nodes[root_of(w, to - 1)].ends++;
}

/* Follows a centre line from pixel `at`, coming from `before` (-1 for a free end or a loop), to its other end. */
static void follow(work *w, int before, int at) {
  int n = 0, from = before >= 0 ? w->label[before] : 0, to = 0;
  if (before >= 0) put_point(w, &n, before);
  while (at >= 0) {
    put_point(w, &n, at);
    if (w->label[at] > 0) {
      to = w->label[at];
      break;
    }
    w->thin[at] |= VISITED;
    unsigned around = skeleton_around(w->thin, w->side, at);
    int next = -1;
    for (int k = 0; k < 8; k++) {
      int near = skeleton_neighbour(w->side, at, k);
      if ((around >> k & 1) && near != before && !(w->thin[near] & VISITED)) next = near;
    }
    before = at;
    at = next;
  }
  add_segment(w, n);
  join(w, from, to, n);
}

static inline bool fresh(const work *w, int at) { return w->thin[at] == 1 && w->label[at] == 0; }

static void follow_all(work *w) {
  int first = w->side, last = w->side * (w->side - 1);
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;)
    for (int k = 0; k < 8 && w->label[at] > 0; k++)
      if (fresh(w, skeleton_neighbour(w->side, at, k))) follow(w, at, skeleton_neighbour(w->side, at, k));
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;)
    if (fresh(w, at) && skeleton_degree(skeleton_around(w->thin, w->side, at)) < 2) follow(w, -1, at);
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;)
    if (fresh(w, at)) follow(w, -1, at);
}

static void count_branch_points(work *w) {
  for (int i = 0; i < w->node_count; i++) {
    const node *n = &w->nodes[i];
    if (n->parent != i || n->ends < 3) continue;
    for (int r = 0; r < VM_REGIONS; r++) w->sum[r].branch_points += in_region(w, n->x, n->y, r);
  }
}

/* ---- fractal dimension ---- */

typedef struct cell {
  uint8_t x, y;
} cell;

/* Boxes of `box` cells a side that hold a cell, the grid of boxes beginning at (-dx, -dy). */
static int count_boxes(const cell *cells, int count, int box, int dx, int dy) {
  bool seen[CELLS / 2 + 1][CELLS / 2 + 1] = {{false}};
  int full = 0;
  for (int i = 0; i < count; i++) {
    bool *s = &seen[(cells[i].y + dy) / box][(cells[i].x + dx) / box];
    full += !*s;
    *s = true;
  }
  return full;
}

/* The least over four places of the grid. */
static int fewest_boxes(const cell *cells, int count, int box) {
  int fewest = count;
  for (int k = 0; k < 4; k++) {
    int n = count_boxes(cells, count, box, k % 2 * box / 2, k / 2 * box / 2);
    if (n < fewest) fewest = n;
  }
  return fewest;
}

static int find_cells(const uint8_t *map, int side, cell cells[CELLS * CELLS]) {
  uint8_t seen[CELLS][CELLS] = {{0}};
  int count = 0;
  for (int y = 0; y < side; y++)
    for (int x = -1; (x = next_set(map + (size_t)y * (size_t)side, x, side)) < side;) {
      int j = y * CELLS / side, i = x * CELLS / side;
      if (!seen[j][i]) cells[count++] = (cell){(uint8_t)i, (uint8_t)j};
      seen[j][i] = 1;
    }
  return count;
}

float vessels_box_dimension(const uint8_t *map, int side) {
  cell cells[CELLS * CELLS];
  int count = find_cells(map, side, cells);
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int box = 2; box <= 16; box *= 2) {
    int full = fewest_boxes(cells, count, box);
    if (box == 2 && full < 32) return NAN;
    double x = log((double)CELLS / box), y = log(full);
    n++, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  return (float)((n * sxy - sx * sy) / (n * sxx - sx * sx));
}

/* Of the centre lines in one region; the mask is not needed any more and holds them. */
static float dimension_in(work *w, int region) {
  int last = w->side * (w->side - 1);
  memset(w->mask, 0, (size_t)w->size * (size_t)w->size);
  for (int at = w->side; (at = next_set(w->thin, at, last)) < last;)
    if ((w->thin[at] & 1) && (w->region[at] >> region & 1))
      w->mask[(at / w->side - 1) * w->size + at % w->side - 1] = 1;
  return vessels_box_dimension(w->mask, w->size);
}

/* ---- all together ---- */

static vm_measures conclude(work *w, int region) {
  const sums *s = &w->sum[region];
  double d = w->size; /* the field's diameter */
  vm_measures m = {.width = NAN, .fractal_dimension = NAN, .tortuosity = NAN};
  if (s->whole <= 0 || s->area == 0) return m;
  m.seen = fminf((float)s->area / (float)s->whole, 1);
  if (region != VM_FIELD && m.seen < LEAST_SEEN) return (vm_measures){0};
  m.density = (float)s->vessel / (float)s->area;
  m.length = (float)(s->length / d);
  m.length_density = (float)(s->length * d / (double)s->area);
  m.branch_points = s->branch_points;
  if (s->length >= 1) m.width = (float)((double)s->kept / s->length / d);
  if (s->weight > 0) m.tortuosity = fmaxf((float)(s->bent / s->weight), 1); /* rounding */
  if (region != VM_ZONE_B) m.fractal_dimension = dimension_in(w, region);
  return m;
}

static bool find_lines(work *w) {
  memcpy(w->thin, w->mask, (size_t)w->side * (size_t)w->side);
  skeleton_distance(w->mask, w->side, w->distance);
  if (!skeleton_thin(w->thin, w->side)) return false;
  skeleton_prune(w->thin, w->side, w->distance);
  size_t pixels = 0, junctions = 0;
  for (int at = -1, last = w->side * w->side; (at = next_set(w->thin, at, last)) < last;)
    pixels++, junctions += is_junction(w, at);
  return allocate_lines(w, pixels, junctions);
}

bool vessels_measure(const float *vessels, int size, float threshold, vm_disc view, int width, int height,
                     const vm_optic_disc *disc, vm_measures out[VM_REGIONS]) {
  work w;
  bool ok = allocate(&w, size);
  if (ok) {
    draw_maps(&w, vessels, threshold, view, width, height, disc);
    find_wholes(&w, view, disc);
    ok = find_vessels(&w) && find_lines(&w);
  }
  if (ok) {
    find_nodes(&w);
    follow_all(&w);
    count_branch_points(&w);
    for (int r = 0; r < VM_REGIONS; r++) out[r] = conclude(&w, r);
  }
  release(&w);
  return ok;
}
