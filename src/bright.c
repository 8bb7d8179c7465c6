#include "bright.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"

/* How the thresholds here and in field.c were weighed: each was moved down and up by 30 % (shares of nearly all by a third of
 * what is missing) on 370 photographs of every set of the model card, and the circles compared. "Steady" means that none was
 * lost and none moved by more than 1 % of its radius. */
#define WORK_SIDE 512 /* pixels, the map's longer side: at 358 a photograph in 370 is lost, at 666 one circle moves */
#define RIM 3         /* pixels: how wide the picture's rim is; steady */
#define DARK_SHARE 0.05f /* of the rim that is at most as light as the surround: at 0.035 one is lost */
#define LIGHT_SHARE 0.9f /* of what stands out that is at most as light as the eye: at 0.93 one circle moves */
#define LIGHT_LEAST 500  /* one pixel in so many must stand out, the field may be tiny; steady from 350 to 650 */
#define LEVEL_PART 7  /* the level lies one part in so many over the surround: at 5 one is lost and 8 move, at 9, 5 */
#define LEVEL_LEAST 5 /* and so many grey levels at least; steady */
/* Paper and windows: light, and grey or nearly so. What is overexposed in an eye stays redder than that at its rim. */
#define GROUND_LIGHT 160   /* grey levels, of the darkest of r, g, b */
#define GROUND_TINT 40     /* grey levels between r, g and b */
#define GROUND_SHARE 0.08f /* of the rim that is light ground where it is cut out */
#define WARM_LEAST 2       /* grey levels that a retina has more of red than of blue, however dark */
/* A surround of one colour, whichever: what a viewer, a page or a scanner put around a photograph. An eye's rim is not so even:
 * of 490 good photographs of nineteen sets no circle moves for it. */
#define FLAT_SHARE 0.3f /* of the photograph's outermost pixels that have it, at least */
#define FLAT_TINT 6     /* grey levels that r, g and b of these may differ by */

/* ---- a small picture to look for the circle in ---- */

void bright_free(bright_map *s) {
  free(s->light);
  free(s->lit);
  free(s->ground);
  free(s->warm);
}

static inline int max3(const int c[3]) {
  int m = c[0] > c[1] ? c[0] : c[1];
  return m > c[2] ? m : c[2];
}

static inline int min3(const int c[3]) {
  int m = c[0] < c[1] ? c[0] : c[1];
  return m < c[2] ? m : c[2];
}

typedef struct flat {
  bool found;
  int colour[3];
} flat;

static inline bool is_flat(const flat *f, const int c[3]) {
  return f->found && abs(c[0] - f->colour[0]) <= FLAT_TINT && abs(c[1] - f->colour[1]) <= FLAT_TINT &&
         abs(c[2] - f->colour[2]) <= FLAT_TINT;
}

/* Where the photograph's outermost pixel k lies, of 2 (width + height); the corners count twice. */
static inline const uint8_t *outermost(const uint8_t *rgba, int width, int height, int k) {
  int x = k < 2 * width ? k % width : k < 2 * width + height ? 0 : width - 1;
  int y = k < width ? 0 : k < 2 * width ? height - 1 : (k - 2 * width) % height;
  return rgba + 4 * ((size_t)y * (size_t)width + (size_t)x);
}

/* The commonest colour of the outermost pixels, where it is no dark surround and they are even. False: out of memory. */
static bool find_flat(const uint8_t *rgba, int width, int height, flat *out) {
  int n = 2 * (width + height), most = 0, have = 0;
  int(*bins)[4] = calloc(4096, sizeof *bins); /* of 16 levels a colour: how many, and their sums */
  if (bins == NULL) return false;
  for (int k = 0; k < n; k++) {
    const uint8_t *p = outermost(rgba, width, height, k);
    int bin = p[0] >> 4 << 8 | p[1] >> 4 << 4 | p[2] >> 4;
    for (int c = 0; c < 3; c++) bins[bin][c + 1] += p[c];
    if (++bins[bin][0] > bins[most][0]) most = bin;
  }
  *out = (flat){.found = true};
  int count = bins[most][0] > 0 ? bins[most][0] : 1;
  for (int c = 0; c < 3; c++) out->colour[c] = bins[most][c + 1] / count;
  free(bins);
  for (int k = 0; k < n; k++) {
    const uint8_t *p = outermost(rgba, width, height, k);
    have += is_flat(out, (const int[3]){p[0], p[1], p[2]});
  }
  out->found = max3(out->colour) >= BRIGHT_COLOUR_FROM && (float)have >= FLAT_SHARE * (float)n;
  return true;
}

/* The photograph's pixels [first, last) along a side of n that fall into small pixel i: at least one. */
static inline void span(int i, float scale, int n, int *first, int *last) {
  *first = (int)((float)i * scale);
  *last = (int)((float)(i + 1) * scale);
  if (*last <= *first) *last = *first + 1;
  if (*last > n) *last = n;
}

/* Adds up `rows` rows of the photograph, width pixels each, into column [width][4]. */
static void add_rows(const uint8_t *rgba, int width, int rows, uint16_t *restrict column) {
  const int n = 4 * width;
  for (int i = 0; i < n; i++) column[i] = rgba[i];
  for (int k = 1; k < rows; k++) {
    const uint8_t *row = rgba + (size_t)k * (size_t)n;
    for (int i = 0; i < n; i++) column[i] = (uint16_t)(column[i] + row[i]);
  }
}

/* Sums [3][s->width] of the small pixels' colours from those of their columns; counts [s->width]: columns in each. */
static void add_columns(const uint16_t *column, const uint8_t *counts, const bright_map *s, int *restrict sums) {
  for (int i = 0; i < s->width; i++) {
    int sum[4] = {0};
    for (int n = counts[i]; n > 0; n--, column += 4)
      for (int c = 0; c < 4; c++) sum[c] += column[c];
    for (int c = 0; c < 3; c++) sums[c * s->width + i] = sum[c];
  }
}

/* The mean colours [3][s->width] of a row of small pixels from their sums; shares [s->width]: 1 / the columns of each, `share`:
 * 1 / its rows. Exact: a sum is at most 255 n, n at most 17^2, and half of 1 / n is more than what floats of 255 round off. */
static void divide(const int *sums, const float *shares, float share, const bright_map *s, uint8_t *restrict means) {
  for (int c = 0; c < 3; c++, sums += s->width, means += s->width)
    for (int i = 0; i < s->width; i++) means[i] = (uint8_t)(int)(((float)sums[i] + 0.5f) * (shares[i] * share));
}

static inline uint8_t most_of(uint8_t a, uint8_t b) { return a > b ? a : b; }
static inline uint8_t least_of(uint8_t a, uint8_t b) { return a < b ? a : b; }

/* What is kept of a row of n small pixels of these mean colours [3][n]. */
static void classify(const uint8_t *restrict means, int n, uint8_t *restrict light, uint8_t *restrict ground,
                     uint8_t *restrict warm) {
  const uint8_t *red = means, *green = red + n, *blue = green + n;
  for (int i = 0; i < n; i++) {
    uint8_t r = red[i], g = green[i], b = blue[i], most = most_of(most_of(r, g), b),
            least = least_of(least_of(r, g), b);
    uint8_t away = (uint8_t)(r - b), spread = (uint8_t)(most - least);
    light[i] = most;
    warm[i] = (r == most) & (away >= WARM_LEAST);
    ground[i] = (least >= GROUND_LIGHT) & (spread <= GROUND_TINT);
  }
}

/* Adds the colours of n small pixels to what is known of the picture's. */
static void add_difference(const uint8_t *means, const uint8_t *light, int n, bright_map *s, long *difference) {
  const uint8_t *red = means, *blue = means + (ptrdiff_t)2 * n;
  int sum = 0, coloured = 0;
  for (int i = 0; i < n; i++) {
    int counts = light[i] >= BRIGHT_COLOUR_FROM;
    coloured += counts, sum += counts * abs(red[i] - blue[i]);
  }
  s->coloured += coloured, *difference += sum;
}

/* The surround's colour is ground, whichever it is. */
static void add_flat(const uint8_t *means, const flat *f, bright_map *s, size_t row) {
  for (int i = 0; i < s->width && f->found; i++)
    if (is_flat(f, (const int[3]){means[i], means[s->width + i], means[2 * s->width + i]}))
      s->ground[row + (size_t)i] = 1;
}

static float share_of(int n) { return n > 0 ? 1 / (float)n : 0; }

bool bright_open(const uint8_t *rgba, int width, int height, bright_map *s) {
  int longer = width > height ? width : height;
  s->scale = longer > WORK_SIDE ? (float)longer / WORK_SIDE : 1;
  s->width = (int)ceilf((float)width / s->scale - 1e-3f);
  s->height = (int)ceilf((float)height / s->scale - 1e-3f);
  size_t n = (size_t)s->width * (size_t)s->height, row = 3 * (size_t)s->width;
  s->light = calloc(n, 1);
  s->lit = calloc(n, 1);
  s->ground = calloc(n, 1);
  s->warm = calloc(n, 1);
  int *sums = malloc(row * sizeof *sums);
  uint8_t *counts = malloc((size_t)s->width), *means = malloc(row);
  float *shares = malloc((size_t)s->width * sizeof *shares);
  uint16_t *column = malloc(4 * (size_t)width * sizeof *column);
  flat f = {0};
  bool ok = find_flat(rgba, width, height, &f) && s->light != NULL && s->lit != NULL && s->ground != NULL &&
            s->warm != NULL && sums != NULL && counts != NULL && means != NULL && shares != NULL && column != NULL;
  s->white = !f.found || min3(f.colour) >= GROUND_LIGHT;
  long difference = 0;
  for (int i = 0, first, last; ok && i < s->width; i++) {
    span(i, s->scale, width, &first, &last);
    counts[i] = (uint8_t)(last - first);
    shares[i] = share_of(last - first);
  }
  for (int j = 0; ok && j < s->height; j++) {
    int first, last;
    span(j, s->scale, height, &first, &last);
    add_rows(rgba + (size_t)first * (size_t)width * 4, width, last - first, column);
    add_columns(column, counts, s, sums);
    divide(sums, shares, share_of(last - first), s, means);
    size_t at = (size_t)j * (size_t)s->width;
    classify(means, s->width, s->light + at, s->ground + at, s->warm + at);
    add_difference(means, s->light + at, s->width, s, &difference);
    add_flat(means, &f, s, at);
  }
  free(sums);
  free(counts);
  free(means);
  free(shares);
  free(column);
  s->colour = s->coloured > 0 ? (float)((double)difference / (double)s->coloured) : 0;
  return ok;
}

/* ---- a map with a frame, to flood ---- */

typedef struct framed {
  uint8_t *map; /* owned [height + 2][stride], 0 at first */
  int *queue;   /* owned, as long as the picture has pixels */
  int stride, steps[4];
} framed;

static void frame_free(framed *f) {
  free(f->map);
  free(f->queue);
}

/* False: out of memory, and nothing to free. */
static bool frame(const bright_map *s, framed *f) {
  int stride = s->width + 2;
  *f = (framed){.stride = stride, .steps = {-1, 1, -stride, stride}};
  f->map = calloc((size_t)stride * (size_t)(s->height + 2), 1);
  f->queue = malloc((size_t)s->width * (size_t)s->height * sizeof *f->queue);
  if (f->map != NULL && f->queue != NULL) return true;
  frame_free(f);
  return false;
}

/* Where the picture's pixel lies in the framed map. */
static inline int cell(const framed *f, int column, int row) { return (row + 1) * f->stride + column + 1; }

/* ---- light ground: a white frame, a page, a window around the photograph ---- */

/* The column after i of row j that is at the picture's rim; column 0 always is. */
static int next_at_rim(const bright_map *s, int i, int j) {
  bool inner = j >= RIM && j < s->height - RIM && i + 1 >= RIM && i + 1 < s->width - RIM;
  return inner ? s->width - RIM : i + 1;
}

/* Marks with 2 what is light and hangs together with the picture's rim. False: out of memory. */
static bool flood_ground(bright_map *s) {
  framed f;
  if (!frame(s, &f)) return false;
  for (int j = 0; j < s->height; j++)
    memcpy(f.map + cell(&f, 0, j), s->ground + (ptrdiff_t)j * s->width, (size_t)s->width);
  int count = 0;
  for (int j = 0; j < s->height; j++)
    for (int i = 0; i < s->width; i = next_at_rim(s, i, j))
      if (f.map[cell(&f, i, j)] == 1) f.map[f.queue[count++] = cell(&f, i, j)] = 2;
  flood(f.map, 1, 2, f.steps, 4, f.queue, 0, count);
  for (int j = 0; j < s->height; j++)
    memcpy(s->ground + (ptrdiff_t)j * s->width, f.map + cell(&f, 0, j), (size_t)s->width);
  frame_free(&f);
  return true;
}

static bool beside_ground(const bright_map *s, int i, int j) {
  for (int y = j > 0 ? j - 1 : 0; y <= j + 1 && y < s->height; y++)
    for (int x = i > 0 ? i - 1 : 0; x <= i + 1 && x < s->width; x++)
      if (s->ground[y * s->width + x] == 2) return true;
  return false;
}

bool bright_cut_ground(bright_map *s, bool *found) {
  int rim = 0, light = 0;
  for (int j = 0; j < s->height; j++)
    for (int i = 0; i < s->width; i = next_at_rim(s, i, j)) rim++, light += s->ground[j * s->width + i];
  s->paper = (float)light / (float)rim;
  *found = s->paper > GROUND_SHARE;
  if (!*found) return true;
  if (!flood_ground(s)) return false;
  for (int j = 0; j < s->height; j++)
    for (int i = 0; i < s->width; i++)
      if (beside_ground(s, i, j)) s->lit[j * s->width + i] = 1, s->light[j * s->width + i] = 0;
  memcpy(s->ground, s->lit, (size_t)s->width * (size_t)s->height);
  memset(s->lit, 0, (size_t)s->width * (size_t)s->height);
  return true;
}

/* ---- bright against background ---- */

int bright_surround(const bright_map *s) {
  size_t rim[256] = {0};
  for (int j = 0; j < s->height; j++)
    for (int i = 0; i < s->width; i = next_at_rim(s, i, j)) rim[s->light[j * s->width + i]]++;
  return quantile(rim, 0, DARK_SHARE);
}

int bright_level(const bright_map *s) {
  size_t all[256] = {0}, pixels = (size_t)s->width * (size_t)s->height, over = 0;
  for (size_t i = 0; i < pixels; i++) all[s->light[i]]++;
  int dark = bright_surround(s);
  int low = dark + BRIGHT_MIN_CONTRAST < 256 ? dark + BRIGHT_MIN_CONTRAST : 255;
  for (int v = low; v < 256; v++) over += all[v];
  if (over < pixels / LIGHT_LEAST) return -1;
  int light = quantile(all, low, LIGHT_SHARE); /* among what stands out at all */
  if (light <= dark) return -1;
  int step = (light - dark) / LEVEL_PART, level = dark + (step < LEVEL_LEAST ? LEVEL_LEAST : step);
  return level < light ? level : -1; /* nothing is brighter than white */
}

/* ---- bright parts ---- */

/* Puts a part into its place among the largest; whether it is the largest so far. */
static bool keep_part(bright_map *s, bright_part p) {
  int place = BRIGHT_PARTS;
  while (place > 0 && p.count > s->parts[place - 1].count) place--;
  if (place == BRIGHT_PARTS) return false;
  memmove(&s->parts[place + 1], &s->parts[place], (size_t)(BRIGHT_PARTS - 1 - place) * sizeof p);
  s->parts[place] = p;
  return place == 0;
}

/* The boxes of the pieces, each in the place of the piece's first stretch. */
static void find_boxes(const pieces *found, bright_part *parts) {
  for (int i = 0; i < found->count; i++) {
    const piece_stretch *t = &found->list[i];
    bright_part *p = &parts[t->first];
    if (t->first == i) *p = (bright_part){t->cells, t->begin, t->row, t->end, t->row};
    if (t->begin < p->x0) p->x0 = t->begin;
    if (t->end > p->x1) p->x1 = t->end;
    p->y1 = t->row + 1;
  }
}

bool bright_parts(bright_map *s, int level) {
  size_t n = (size_t)s->width * (size_t)s->height;
  pieces found;
  for (size_t i = 0; i < n; i++) s->lit[i] = s->light[i] > level;
  if (!pieces_find(s->lit, s->width, s->height, s->width, 1, false, &found)) return false;
  bright_part *parts = calloc((size_t)found.count + 1, sizeof *parts);
  int largest = 0;
  if (parts != NULL) {
    find_boxes(&found, parts);
    for (int i = 0; i < found.count; i++)
      if (found.list[i].first == i && keep_part(s, parts[i])) largest = i;
    for (int i = 0; i < found.count; i++) {
      const piece_stretch *t = &found.list[i];
      if (t->first != largest) memset(s->lit + (ptrdiff_t)t->row * s->width + t->begin, 0, (size_t)(t->end - t->begin));
    }
  }
  bool ok = parts != NULL;
  free(parts);
  pieces_free(&found);
  return ok;
}

bool bright_crop(const bright_map *s, int x0, int y0, int x1, int y1, bright_map *out) {
  size_t width = (size_t)(x1 - x0), height = (size_t)(y1 - y0);
  *out = (bright_map){.width = x1 - x0, .height = y1 - y0, .scale = s->scale};
  out->light = malloc(width * height);
  out->lit = calloc(width * height, 1);
  for (size_t j = 0; out->light != NULL && j < height; j++)
    memcpy(out->light + j * width, s->light + ((size_t)y0 + j) * (size_t)s->width + (size_t)x0, width);
  return out->light != NULL && out->lit != NULL;
}
