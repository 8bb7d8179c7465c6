#include "arteries.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"
#include "skeleton.h"
#include "square.h"

/* What the vote weighs against a pixel's own word, how far beside the centre line it counts (cells: the widest vessel's half
 * thickness at 512, and a drawing that is off by a little), and what one pixel may say at most. Chosen on 15 training and
 * validation photographs of DRIVE and HRF with a head that had not seen them. Balanced accuracy there: 0.809 and 0.776 by pixels
 * alone, 0.837 and 0.804 by stretches, 0.849 and 0.815 by stretches that hear their neighbours, as below. */
#define SHARE 0.8f
#define REACH 6
#define LOUDEST 0.9975f /* probability: a logit of 6 */
/* What stretches that meet at a branch point say to each other: all where one goes on as the other, half where three meet, of
 * which two are branches of the third, nothing where more do: they cross. As many pixels count at most of either's, and what was
 * heard is passed on so often. */
#define ONWARD 1.0f
#define BRANCH 0.5f
#define STRAIGHT 0.8f /* cosine between one's direction and the other's, from which on one goes on as the other */
#define HEARD 60
#define ROUNDS 4
#define ALONG 12    /* cells of a stretch that tell its direction */
#define MOST_ENDS 6 /* of stretches at one branch point; more are not heard */

/* Zone B, in radii of the disc from its middle: 0.5 to 1 disc diameters from its margin. */
#define ZONE_INNER 2.0f
#define ZONE_OUTER 3.0f
#define CIRCLES 9        /* in the zone, evenly spread, on which vessels are counted */
#define LEAST_CIRCLES 3  /* on which six vessels of a kind must be seen */
#define LEAST_LENGTH 4.0 /* cells in the zone, of a stretch that is measured */
#define BIG 6            /* vessels of a kind */
#define CRAE_SHARE 0.88f
#define CRVE_SHARE 0.95f
/* Length of a line from its steps along rows or columns, and along diagonals (Kulpa, Computer Graphics and Image Processing
 * 1977): right in the mean over all directions. */
#define STEP_STRAIGHT 0.948
#define STEP_DIAGONAL 1.343

/* What a pixel has, or is: a segment at last, or none and never */
enum { FREE, REACHED, FRAME };

/* What pixels say together: the sum of their logits, and how many there are. */
typedef struct voice {
  double logits, pixels;
} voice;

/* A stretch of vessel between branch points. */
typedef struct segment {
  voice own, now, next;    /* its own pixels; with what its neighbours say; the same in the making */
  double area, length;     /* in zone B, in cells, without the ends */
  float nearest, farthest; /* in zone B, from the disc's middle, in its radii */
} segment;

/* A pixel of a centre line. */
typedef struct line_pixel {
  int at, segment;
} line_pixel;

/* Two segments that meet. */
typedef struct link {
  int a, b;
  float weight;
} link;

/* An end of a segment at a branch point. */
typedef struct end {
  int segment;
  float x, y; /* direction away from the branch point, of length 1 */
} end;

typedef struct work {
  int size, side; /* of the map, without and with its frame */
  uint8_t *mask;  /* [side][side] vessels */
  uint8_t *thin;  /* [side][side] their centre lines, cut at branch points */
  uint8_t *cuts;  /* [side][side] what was cut out of them */
  uint8_t *state; /* [side][side] in the memory of the cuts, once these are known */
  int *source;    /* [side][side] the centre line's pixel that a pixel belongs to, of a centre line's own, or REACHED */
  int *queue;     /* [room] pixels to go on from */
  size_t room;
  line_pixel *lines; /* row after row */
  int line_count;
  segment *segments;
  float *words; /* of the segments: the vote, in logit units */
  int segment_count;
  link *links;
  int link_count;
} work;

/* ---- memory ---- */

static bool allocate(work *w, int size) {
  size_t side = (size_t)size + 2, n = side * side;
  *w = (work){.size = size, .side = (int)side};
  w->mask = calloc(n, 1);
  w->thin = calloc(n, 1);
  w->cuts = calloc(n, 1);
  return w->mask != NULL && w->thin != NULL && w->cuts != NULL;
}

/* After the lines are drawn, which takes memory, too. Room for their pixels and as many around them, at first. */
static bool allocate_sources(work *w) {
  const int all = w->side * w->side;
  w->room = 64;
  for (int at = -1; (at = next_set(w->thin, at, all)) < all;) w->room += 2;
  w->source = malloc((size_t)all * sizeof *w->source);
  w->queue = malloc(w->room * sizeof *w->queue);
  return w->source != NULL && w->queue != NULL;
}

/* Room for eight more behind `count`. False: out of memory. */
static inline bool make_room(work *w, int count) {
  if ((size_t)count + 8 <= w->room) return true;
  int *more = realloc(w->queue, 2 * w->room * sizeof *more);
  if (more == NULL) return false;
  w->queue = more;
  w->room *= 2;
  return true;
}

static void release(work *w) {
  free(w->mask), free(w->thin), free(w->cuts), free(w->state), free(w->source), free(w->queue);
  free(w->lines), free(w->segments), free(w->words), free(w->links);
}

/* ---- segments ---- */

static bool draw_lines(work *w, const float *vessels, float threshold) {
  for (int j = 0; j < w->size; j++) {
    uint8_t *restrict mask = w->mask + (ptrdiff_t)(j + 1) * w->side + 1;
    const float *line = vessels + (ptrdiff_t)j * w->size;
    for (int i = 0, size = w->size; i < size; i++) mask[i] = line[i] >= threshold;
  }
  const size_t n = (size_t)w->side * (size_t)w->side;
  memcpy(w->thin, w->mask, n);
  if (!skeleton_thin(w->thin, w->side)) return false;
  uint16_t *distance = malloc(n * sizeof *distance);
  if (distance == NULL) return false;
  skeleton_distance(w->mask, w->side, distance);
  skeleton_prune(w->thin, w->side, distance);
  free(distance);
  return true;
}

static void take_out(work *w, int at) {
  w->cuts[at] |= w->thin[at];
  w->thin[at] = 0;
}

/* Takes branch points out, and what touches them. */
static void cut_at_branches(work *w) {
  int first = w->side, last = w->side * (w->side - 1), count = 0;
  for (int at = first - 1; (at = next_set(w->thin, at, last)) < last;)
    if (skeleton_degree(skeleton_around(w->thin, w->side, at)) > 2) w->queue[count++] = at;
  for (int q = 0; q < count; q++) {
    take_out(w, w->queue[q]);
    for (int k = 0; k < 8; k++) take_out(w, skeleton_neighbour(w->side, w->queue[q], k));
  }
}

/* Gives every pixel of the centre lines its segment: numbers [count] of the pieces by their first stretch. */
static void number_lines(work *w, const pieces *p, const int *numbers) {
  const int inner = w->side + 1;
  for (int i = 0; i < p->count; i++) {
    const piece_stretch *s = &p->list[i];
    for (int c = s->begin; c < s->end; c++) {
      int at = inner + s->row * w->side + c;
      w->lines[w->line_count] = (line_pixel){at, numbers[s->first]};
      w->source[at] = w->line_count++;
    }
  }
}

static bool find_segments(work *w) {
  pieces p;
  size_t pixels = 0;
  if (!pieces_find(w->thin + w->side + 1, w->size, w->size, w->side, 1, true, &p)) return false;
  int *numbers = malloc(((size_t)p.count + 1) * sizeof *numbers);
  for (int i = 0; numbers != NULL && i < p.count; i++) {
    pixels += (size_t)(p.list[i].end - p.list[i].begin);
    numbers[i] = p.list[i].first == i ? w->segment_count++ : -1;
  }
  w->lines = malloc((pixels + 1) * sizeof *w->lines);
  w->segments = calloc((size_t)w->segment_count + 1, sizeof *w->segments);
  w->words = calloc((size_t)w->segment_count + 1, sizeof *w->words);
  bool ok = numbers != NULL && w->lines != NULL && w->segments != NULL && w->words != NULL;
  if (ok) number_lines(w, &p, numbers);
  free(numbers);
  pieces_free(&p);
  return ok;
}

/* Gives every pixel the centre line's pixel that is nearest, as far as REACH steps to one of eight neighbours go. False: out of
 * memory. */
static bool find_sources(work *w) {
  int count = 0, last = w->side * (w->side - 1), steps[8];
  for (int k = 0; k < 8; k++) steps[k] = skeleton_neighbour(w->side, 0, k);
  w->state = memset(w->cuts, FREE, (size_t)w->side * (size_t)w->side);
  w->cuts = NULL;
  for (int i = 0, row = 0; i < w->side; i++, row += w->side) /* the frame is nobody's */
    w->state[i] = w->state[last + i] = w->state[row] = w->state[row + w->side - 1] = FRAME;
  for (; count < w->line_count; count++) w->state[w->queue[count] = w->lines[count].at] = REACHED;
  for (int step = 0; step < REACH; step++) {
    const int until = count;
    for (int from = 0; from < until; from++) {
      if (!make_room(w, count)) return false;
      for (int k = 0; k < 8; k++) {
        int near = w->queue[from] + steps[k];
        if (w->state[near] != FREE) continue;
        w->state[near] = REACHED;
        w->source[near] = w->source[w->queue[from]];
        w->queue[count++] = near;
      }
    }
    count -= until; /* the others are done with, and their place is taken again */
    memmove(w->queue, w->queue + until, (size_t)count * sizeof *w->queue);
  }
  return true;
}

/* The number of the segment of a pixel that has a source */
static inline int segment_of(const work *w, int at) { return w->lines[w->source[at]].segment; }

static inline segment *segment_at(const work *w, int at) {
  return w->state[at] == REACHED ? &w->segments[segment_of(w, at)] : NULL;
}

/* ---- who meets whom ---- */

/* The direction in which a segment leaves the branch point around (x, y), from the first of its pixels on. */
static end end_at(const work *w, int at, float x, float y) {
  end e = {.segment = segment_of(w, at)};
  int before = -1, n = 0;
  for (int next = at; next >= 0 && n < ALONG; n++) {
    at = next;
    int row = at / w->side;
    e.x += (float)(at % w->side), e.y += (float)row;
    unsigned around = skeleton_around(w->thin, w->side, at);
    next = -1;
    for (int k = 0; k < 8; k++) {
      int near = skeleton_neighbour(w->side, at, k);
      if ((around >> k & 1) && near != before) next = near;
    }
    before = at;
  }
  e.x = e.x / (float)n - x, e.y = e.y / (float)n - y;
  float length = larger(hypotf(e.x, e.y), 1e-6f);
  e.x /= length, e.y /= length;
  return e;
}

/* The segments that begin beside pixel `at` of a branch point, those not known yet. */
static void add_ends(const work *w, int at, float x, float y, end ends[MOST_ENDS], int *count) {
  unsigned around = skeleton_around(w->thin, w->side, at);
  for (int k = 0; k < 8; k++) {
    if (!(around >> k & 1)) continue;
    int near = skeleton_neighbour(w->side, at, k), known = 0;
    while (known < *count && ends[known].segment != segment_of(w, near)) known++;
    if (known == *count && known < MOST_ENDS) ends[(*count)++] = end_at(w, near, x, y);
  }
}

static void link_ends(work *w, const end *ends, int count) {
  for (int i = 0; i < count; i++)
    for (int j = i + 1; j < count; j++) {
      bool onward = -(ends[i].x * ends[j].x + ends[i].y * ends[j].y) > STRAIGHT;
      float weight = onward ? ONWARD : count == 3 ? BRANCH : 0;
      if (weight > 0) w->links[w->link_count++] = (link){ends[i].segment, ends[j].segment, weight};
    }
}

/* The stretch of the same piece after stretch i; p->count where there is none. What hangs together leaves no row out. */
static int next_in_piece(const pieces *p, int i) {
  const int first = p->list[i].first, row = p->list[i].row;
  while (++i < p->count && p->list[i].row <= row + 1)
    if (p->list[i].first == first) return i;
  return p->count;
}

/* The middle of a piece, in pixels of the framed map, counted from the first of its stretches. */
static void middle_of(const pieces *p, int first, float *x, float *y) {
  double sx = 0, sy = 0;
  for (int i = first; i < p->count; i = next_in_piece(p, i)) {
    const piece_stretch *s = &p->list[i];
    int n = s->end - s->begin;
    sx += n * ((s->begin + s->end - 1) / 2.0 + 1), sy += (double)n * (s->row + 1);
  }
  *x = (float)(sx / p->list[first].cells), *y = (float)(sy / p->list[first].cells);
}

static void link_at(work *w, const pieces *p, int first) {
  end ends[MOST_ENDS];
  int count = 0;
  float x, y;
  middle_of(p, first, &x, &y);
  for (int i = first; i < p->count; i = next_in_piece(p, i)) {
    const piece_stretch *s = &p->list[i];
    for (int c = s->begin; c < s->end; c++) add_ends(w, (s->row + 1) * w->side + c + 1, x, y, ends, &count);
  }
  link_ends(w, ends, count);
}

static bool find_links(work *w) {
  pieces p;
  if (!pieces_find(w->cuts + w->side + 1, w->size, w->size, w->side, 1, true, &p)) return false;
  size_t most = (size_t)p.count * MOST_ENDS * (MOST_ENDS - 1) / 2;
  w->links = malloc((most + 1) * sizeof *w->links);
  for (int i = 0; w->links != NULL && i < p.count; i++)
    if (p.list[i].first == i) link_at(w, &p, i);
  pieces_free(&p);
  return w->links != NULL;
}

/* ---- the vote ---- */

/* exp(x) for x of -80 to 80, and log(x) of a normal positive number, both but for 3e-7 of them. In single precision: the
 * library's work in double, and of every second pixel (of the sample, 143,000 of 262,000) both are asked. */
static inline float quick_exp(float x) {
  const float shift = 0x1.8p23f, n = x * 1.44269504f + shift,
              whole = n - shift;                                      /* n has the whole number in its low bits */
  const float r = x - whole * 0x1.62e4p-1f - whole * 0x1.7f7d1cp-20f; /* less so many times log(2), in two parts */
  const float p = 1 + r * (1 + r * (1.0f / 2 + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720))))));
  int32_t bits;
  float power;
  memcpy(&bits, &n, sizeof bits);
  bits = (bits - 0x4b400000 + 127) * (1 << 23);
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

static inline float quick_log(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int32_t power = (bits - 0x3f3504f3) >> 23; /* of two: what is left lies between the roots of 1/2 and of 2 */
  bits -= power * (1 << 23);
  memcpy(&x, &bits, sizeof x);
  const float f = (x - 1) / (x + 1), g = f * f;
  const float p = 2 * f * (1 + g * (1.0f / 3 + g * (1.0f / 5 + g * (1.0f / 7 + g * (1.0f / 9)))));
  return (float)power * 0.693147181f + p;
}

static inline float word_of(float probability) {
  const float p = larger(smaller(probability, LOUDEST), 1 - LOUDEST);
  return quick_log(p / (1 - p));
}

static inline float probability_from(float word) { return 1 / (1 + quick_exp(-word)); }

/* The one says its mean to the other, as loudly as the smaller of both is large, but for the most that is heard. */
static void say(const segment *from, segment *to, float weight) {
  double pixels = fmin(fmin(from->now.pixels, to->now.pixels), HEARD) * (double)weight;
  if (from->now.pixels <= 0) return;
  to->next.logits += pixels * from->now.logits / from->now.pixels;
  to->next.pixels += pixels;
}

/* In each round a segment's own pixels speak again, and its neighbours say what they had come to in the round before. */
static void hear_neighbours(work *w) {
  for (int i = 0; i < w->segment_count; i++) w->segments[i].now = w->segments[i].own;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < w->segment_count; i++) w->segments[i].next = w->segments[i].own;
    for (int i = 0; i < w->link_count; i++) {
      const link *l = &w->links[i];
      say(&w->segments[l->a], &w->segments[l->b], l->weight);
      say(&w->segments[l->b], &w->segments[l->a], l->weight);
    }
    for (int i = 0; i < w->segment_count; i++) w->segments[i].now = w->segments[i].next;
  }
}

/* Puts its word in place of every pixel's probability that has a segment, and adds up what the vessels' pixels say. */
static void hear_pixels(work *w, float *map) {
  for (int j = 0; j < w->size; j++, map += w->size) {
    int row = (j + 1) * w->side + 1;
    for (int i = 0; i < w->size; i++)
      if (w->state[row + i] == REACHED) map[i] = word_of(map[i]);
    for (int i = -1; (i = next_set(w->mask + row, i, w->size)) < w->size;) {
      segment *s = segment_at(w, row + i);
      if (s == NULL) continue;
      s->own.logits += (double)map[i];
      s->own.pixels++;
    }
  }
}

static void vote(work *w, float *map) {
  hear_pixels(w, map);
  hear_neighbours(w);
  for (int i = 0; i < w->segment_count; i++) {
    const segment *s = &w->segments[i];
    w->words[i] = s->now.pixels > 0 ? (float)(s->now.logits / s->now.pixels) : 0;
  }
  for (int j = 0; j < w->size; j++, map += w->size) {
    const int row = (j + 1) * w->side + 1;
    for (int i = 0; i < w->size; i++)
      if (w->state[row + i] == REACHED)
        map[i] = probability_from((1 - SHARE) * map[i] + SHARE * w->words[segment_of(w, row + i)]);
  }
}

static void count_densities(const work *w, const float *map, const arteries_photo *photo, vm_arteries *out) {
  long seen = 0, kinds[2] = {0, 0};
  for (int j = 0; j < w->size; j++) {
    const uint8_t *mask = w->mask + (ptrdiff_t)(j + 1) * w->side + 1;
    int first, last;
    square_columns_in_view(photo->view, w->size, j, photo->width, photo->height, &first, &last);
    seen += last - first;
    for (int i = first - 1; (i = next_set(mask, i, last)) < last;) kinds[map[j * w->size + i] < 0.5f]++;
  }
  out->artery_density = seen > 0 ? (float)kinds[0] / (float)seen : 0;
  out->vein_density = seen > 0 ? (float)kinds[1] / (float)seen : 0;
}

/* ---- calibres ---- */

static int ascending(const void *a, const void *b) {
  float p = *(const float *)a, q = *(const float *)b;
  return (p > q) - (p < q);
}

float arteries_equivalent(float widths[BIG], float share) {
  for (int n = BIG; n > 1; n = (n + 1) / 2) {
    qsort(widths, (size_t)n, sizeof *widths, ascending);
    for (int i = 0; i < n / 2; i++)
      widths[i] = share * sqrtf(widths[i] * widths[i] + widths[n - 1 - i] * widths[n - 1 - i]);
    /* with an odd number the one in the middle goes on as it is */
  }
  return widths[0];
}

/* How far the middle of pixel `at` of the framed map is from the disc's middle, in its radii. */
static inline float away(const work *w, const arteries_photo *photo, int at) {
  int row = at / w->side;
  float step = 2 * photo->view.radius / (float)w->size;
  float x = photo->view.x - photo->view.radius + ((float)(at % w->side) - 0.5f) * step,
        y = photo->view.y - photo->view.radius + ((float)row - 0.5f) * step;
  return hypotf(x - photo->disc.x, y - photo->disc.y) / photo->disc.radius;
}

static inline bool in_zone(float radii) { return radii >= ZONE_INNER && radii < ZONE_OUTER; }

/* Adds a centre line's pixel with both its neighbours to its segment; the ends are left out, where the vessel goes on. */
static void add_to_length(work *w, int at, float radii) {
  unsigned around = skeleton_around(w->thin, w->side, at);
  if (skeleton_degree(around) < 2) return;
  int diagonal = skeleton_degree(around & 0xAA), straight = skeleton_degree(around & 0x55);
  segment *s = &w->segments[segment_of(w, at)];
  bool first = s->length <= 0;
  s->length += (STEP_STRAIGHT * straight + STEP_DIAGONAL * diagonal) / 2;
  s->nearest = first ? radii : smaller(s->nearest, radii);
  s->farthest = first ? radii : larger(s->farthest, radii);
}

static void measure_zone(work *w, const arteries_photo *photo) {
  int last = w->side * (w->side - 1);
  for (int at = w->side - 1; (at = next_set(w->thin, at, last)) < last;) {
    float radii = away(w, photo, at);
    if (in_zone(radii)) add_to_length(w, at, radii);
  }
  for (int at = w->side - 1; (at = next_set(w->mask, at, last)) < last;) {
    if (w->state[at] != REACHED) continue;
    int line = w->lines[w->source[at]].at;
    bool counts = skeleton_degree(skeleton_around(w->thin, w->side, line)) >= 2;
    if (counts && in_zone(away(w, photo, line))) w->segments[segment_of(w, line)].area += 1;
  }
}

/* The equivalent of the widest six of a kind that cross a circle; how many do into *count. NAN: under six. */
static float equivalent_at(const work *w, float radii, bool artery, int *count) {
  float six[BIG] = {0};
  *count = 0;
  for (int i = 0; i < w->segment_count; i++) {
    const segment *s = &w->segments[i];
    bool kind = (w->words[i] >= 0) == artery;
    if (!kind || s->length < LEAST_LENGTH || s->nearest > radii || s->farthest < radii) continue;
    float width = (float)(s->area / s->length);
    ++*count;
    if (width <= six[0]) continue;
    six[0] = width;
    qsort(six, BIG, sizeof *six, ascending);
  }
  return *count < BIG ? NAN : arteries_equivalent(six, artery ? CRAE_SHARE : CRVE_SHARE);
}

/* The radius of a circle, in radii of the disc. */
static float circle(int k) { return ZONE_INNER + (ZONE_OUTER - ZONE_INNER) * ((float)k + 0.5f) / CIRCLES; }

/* How many of the zone's circles, from the inner one on, the photograph shows whole. */
static int circles_in_view(const arteries_photo *photo) {
  const vm_disc *v = &photo->view;
  const vm_optic_disc *d = &photo->disc;
  int n = 0;
  for (; n < CIRCLES; n++) {
    float reach = circle(n) * d->radius;
    bool seen = hypotf(d->x - v->x, d->y - v->y) + reach <= v->radius && d->x >= reach && d->y >= reach &&
                d->x + reach <= (float)photo->width && d->y + reach <= (float)photo->height;
    if (!seen) break;
  }
  return n;
}

/* The median over the circles of the equivalent, in cells, and of the number of vessels. NAN: under six on most. */
static float equivalent_of(const work *w, int circles, bool artery, int *vessels) {
  float found[CIRCLES], numbers[CIRCLES];
  int count = 0;
  for (int k = 0; k < circles; k++) {
    int n;
    float e = equivalent_at(w, circle(k), artery, &n);
    numbers[k] = (float)n;
    if (n >= BIG) found[count++] = e;
  }
  qsort(numbers, (size_t)circles, sizeof *numbers, ascending);
  *vessels = (int)numbers[circles / 2];
  qsort(found, (size_t)count, sizeof *found, ascending);
  return count < LEAST_CIRCLES ? NAN : (found[(count - 1) / 2] + found[count / 2]) / 2;
}

static void measure_calibres(work *w, const arteries_photo *photo, vm_calibres *out) {
  *out = (vm_calibres){.crae = NAN, .crve = NAN, .ratio = NAN};
  int circles = photo->disc.found ? circles_in_view(photo) : 0;
  out->validity = !photo->disc.found        ? VM_CALIBRES_NO_DISC
                  : circles < LEAST_CIRCLES ? VM_CALIBRES_CUT
                                            : VM_CALIBRES_VALID;
  if (out->validity != VM_CALIBRES_VALID) return;
  measure_zone(w, photo);
  float crae = equivalent_of(w, circles, true, &out->arteries), crve = equivalent_of(w, circles, false, &out->veins);
  if (isnan(crae) || isnan(crve)) {
    out->validity = VM_CALIBRES_FEW;
    return;
  }
  out->crae = crae / (float)w->size;
  out->crve = crve / (float)w->size;
  out->ratio = crae / crve;
}

/* ---- all together ---- */

bool arteries_measure(const float *vessels, float threshold, int size, const arteries_photo *photo, float *map,
                      vm_arteries *out) {
  work w;
  bool ok = allocate(&w, size) && draw_lines(&w, vessels, threshold) && allocate_sources(&w);
  if (ok) cut_at_branches(&w);
  ok = ok && find_segments(&w) && find_links(&w) && find_sources(&w);
  if (ok) {
    vote(&w, map);
    count_densities(&w, map, photo, out);
    measure_calibres(&w, photo, &out->calibres);
    out->map = map;
  }
  release(&w);
  return ok;
}

const char *vm_arteries_validity_name(vm_arteries_validity validity) {
  static const char *const names[] = {"valid", "no-output", "not-gradable"};
  return (unsigned)validity < sizeof names / sizeof *names ? names[validity] : "";
}

const char *vm_calibres_validity_name(vm_calibres_validity validity) {
  static const char *const names[] = {"valid", "no-disc", "cut", "few-vessels"};
  return (unsigned)validity < sizeof names / sizeof *names ? names[validity] : "";
}
