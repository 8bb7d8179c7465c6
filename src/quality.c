#include "quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "pieces.h"
#include "square.h"
#include "vmnet.h"

#define SIDE 256
#define CELLS (SIDE * SIDE)
#define OCTAVES 4

/* What is kept of each cell; at coarser octaves in the upper left part. */
typedef struct picture {
  float colour[3][CELLS]; /* red, green, blue, 0..255 */
  float most[CELLS];      /* the largest of them */
  bool circle[CELLS];     /* in the field of view, less a margin of a twentieth for the rim's softness */
  bool lit[CELLS];
} picture;

static void take_picture(const float *input, int size, picture *p) {
  square_shrink(input, size, 3, SIDE, (float *const[]){p->colour[0], p->colour[1], p->colour[2]});
  for (int c = 0; c < 3; c++)
    for (int at = 0; at < CELLS; at++) p->colour[c][at] = colour_of(p->colour[c][at]);
  for (int at = 0; at < CELLS; at++) p->most[at] = larger(larger(p->colour[0][at], p->colour[1][at]), p->colour[2][at]);
  const float half = SIDE * 0.5f, r = 0.95f * half;
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      float dx = (float)i + 0.5f - half, dy = (float)j + 0.5f - half;
      p->circle[j * SIDE + i] = dx * dx + dy * dy <= r * r;
    }
}

/* How often those of the cells have a value of the brightest colour. */
static void count_lights(const picture *p, const bool of[CELLS], size_t histogram[256]) {
  for (int v = 0; v < 256; v++) histogram[v] = 0;
  for (int at = 0; at < CELLS; at++)
    if (of[at]) histogram[clamp((int)p->most[at], 0, 255)]++;
}

/* The value that this share of them stay under. */
static inline float light_of(const size_t lights[256], float share) {
  int v = quantile(lights, 0, share);
  return v < 0 ? 0 : (float)v;
}

/* The largest dark piece that the lit cells enclose, in cells; negative: out of memory. What is outside of the circle is
 * dark, too, and holds cell 0: what meets it is no hole. */
static int largest_hole(const picture *p) {
  pieces dark;
  if (!pieces_find((const uint8_t *)p->lit, SIDE, SIDE, SIDE, 0, false, &dark)) return -1;
  int most = 0;
  for (int i = 1; i < dark.count; i++) {
    const piece_stretch *s = &dark.list[i];
    if (s->first == i && s->cells > most) most = s->cells;
  }
  pieces_free(&dark);
  return most;
}

static bool find_lit(picture *p, quality_facts *f) {
  size_t lights[256];
  count_lights(p, p->circle, lights);
  float most = light_of(lights, 0.9f), least = larger(most / 5, 8), shade = larger(most / 3, 8);
  int circle = 0, lit = 0, bright = 0;
  for (int at = 0; at < CELLS; at++) {
    bool in = p->circle[at];
    p->lit[at] = in & (p->most[at] > least);
    circle += in, lit += p->lit[at], bright += in & (p->most[at] > shade);
  }
  int covered = 0;
  for (int at = 0; at < CELLS; at++) { /* the place across the middle is in the circle where this one is */
    bool across = p->lit[CELLS - 1 - at];
    covered += across & !p->lit[at];
  }
  f->lit = (float)bright / (float)circle;
  int hole = largest_hole(p);
  f->covered = (float)covered / (float)circle;
  f->hole = (float)hole / (float)circle;
  if (lit == 0) memcpy(p->lit, p->circle, sizeof p->lit); /* all is black */
  return hole >= 0;
}

/* ---- one colour made from another ---- */

/* The field's colours in coarser cells, BLOCK fine ones wide, of what is lit and not burnt out. */
#define BLOCK 8
#define BLOCKS (SIDE / BLOCK)
#define BLOCK_LEAST 16 /* fine cells that a coarse one is made of at least, a quarter */
#define BLOCKS_LEAST 40
#define BURNT_OUT 235

typedef struct blocks {
  float colour[3][BLOCKS][BLOCKS];
  bool given[BLOCKS][BLOCKS];
  int count; /* of those that are given */
} blocks;

static void shrink_to_block(const picture *p, int row, int column, blocks *out) {
  float sum[3] = {0}, n = 0;
  for (int k = 0; k < BLOCK * BLOCK; k++) {
    int at = (row * BLOCK + k / BLOCK) * SIDE + column * BLOCK + k % BLOCK;
    if (!p->lit[at] || p->most[at] >= BURNT_OUT) continue;
    n++;
    for (int c = 0; c < 3; c++) sum[c] += p->colour[c][at];
  }
  out->given[row][column] = n >= BLOCK_LEAST;
  out->count += n >= BLOCK_LEAST;
  for (int c = 0; c < 3; c++) out->colour[c][row][column] = sum[c] / larger(n, 1);
}

/* Mean of the products of what two neighbours hold: of noise that each cell has for itself, as JPEG's, next to nothing. */
static float shared_by_neighbours(const float map[BLOCKS][BLOCKS], const bool given[BLOCKS][BLOCKS]) {
  double sum = 0, n = 0;
  for (int j = 0; j < BLOCKS; j++)
    for (int i = 0; i < BLOCKS; i++) {
      if (!given[j][i]) continue;
      if (i + 1 < BLOCKS && given[j][i + 1]) n++, sum += (double)(map[j][i] * map[j][i + 1]);
      if (j + 1 < BLOCKS && given[j + 1][i]) n++, sum += (double)(map[j][i] * map[j + 1][i]);
    }
  return n > 0 ? (float)(sum / n) : 0;
}

/* What of a colour does not follow another, as far as neighbours share it, over the colour's spread. */
static float own_share(const blocks *b, int from, int to) {
  double n = b->count, sum[2] = {0}, square[2] = {0}, both = 0;
  for (int at = 0; at < BLOCKS * BLOCKS; at++) {
    if (!b->given[at / BLOCKS][at % BLOCKS]) continue;
    double x = (double)b->colour[from][at / BLOCKS][at % BLOCKS], y = (double)b->colour[to][at / BLOCKS][at % BLOCKS];
    sum[0] += x, sum[1] += y, square[0] += x * x, square[1] += y * y, both += x * y;
  }
  double mean[2] = {sum[0] / n, sum[1] / n}, spread[2];
  for (int k = 0; k < 2; k++) spread[k] = fmax(square[k] / n - mean[k] * mean[k], 0);
  double slope = (both / n - mean[0] * mean[1]) / fmax(spread[0], 1e-9);
  float rest[BLOCKS][BLOCKS];
  for (int at = 0; at < BLOCKS * BLOCKS; at++) {
    double x = (double)b->colour[from][at / BLOCKS][at % BLOCKS], y = (double)b->colour[to][at / BLOCKS][at % BLOCKS];
    rest[at / BLOCKS][at % BLOCKS] = (float)(y - mean[1] - slope * (x - mean[0]));
  }
  float shared = larger(shared_by_neighbours((const float(*)[BLOCKS])rest, b->given), 0);
  return sqrtf(shared) / larger((float)sqrt(spread[1]), 0.2f);
}

/* 1 where too little of the field is not burnt out. */
static float copied_of(const picture *p) {
  blocks b;
  b.count = 0;
  for (int at = 0; at < BLOCKS * BLOCKS; at++) shrink_to_block(p, at / BLOCKS, at % BLOCKS, &b);
  if (b.count < BLOCKS_LEAST) return 1;
  return smaller(smaller(own_share(&b, 1, 0), own_share(&b, 1, 2)), own_share(&b, 0, 2));
}

/* ---- mosaics ---- */

/* Steps from one column of the input to the next, or from one row: cubes, so that edges count and the faint steps of a file's
 * own blocks, four or eight of its pixels wide, hardly do. */
#define LINES_LEAST 0.2f /* of a line that is lit */
#define LINES_AROUND 32  /* a 32nd of the side to either hand is what a line is compared with */
#define LATTICE_FROM 40  /* lines a side */
#define LATTICE_TO 176
#define LATTICE_FINEST 3 /* cells of the input from one line to the next at least */

typedef struct steps {
  double sum[VM_SIZE_MAX]; /* by line, of those of its `lit` pixels */
  float over[VM_SIZE_MAX]; /* how far their mean is over that of the lines around, as its share */
  int lit[VM_SIZE_MAX];
} steps;

typedef struct step_work {
  steps way[2]; /* across, down */
  int cell[VM_SIZE_MAX];
  float cosine[5 * VM_SIZE_MAX / 2]; /* of one turn, and of a quarter more */
  float green[2][VM_SIZE_MAX];       /* of a row and of the one under it */
  float lit[2][VM_SIZE_MAX];         /* 1 or 0 */
} step_work;

/* The cube of a step; 0, which adds nothing, where not both of its pixels are lit. */
static inline float cube_of(float from, float to, float both) {
  float step = (to - from) * 128;
  return fabsf(step * step * step) * both;
}

static void take_row(const float *input, int size, const picture *p, const step_work *w, int row, float *restrict green,
                     float *restrict lit) {
  const bool *cells = p->lit + (size_t)w->cell[row] * SIDE;
  input += 3 * (size_t)row * (size_t)size;
  for (int i = 0; i < size; i++) green[i] = input[3 * i + 1];
  for (int i = 0; i < size; i++) lit[i] = cells[w->cell[i]];
}

/* Those of a row from each column to the next. */
static void add_across(const float *restrict green, const float *restrict lit, int size, double *restrict sum,
                       int *restrict count) {
  for (int i = 0; i + 1 < size; i++) sum[i] += (double)cube_of(green[i], green[i + 1], lit[i] * lit[i + 1]);
  for (int i = 0; i + 1 < size; i++) count[i] += lit[i] * lit[i + 1] > 0;
}

/* Those from a row to the one under it. */
static void add_down(const step_work *w, int upper, int size, double *sum, int *count) {
  const float *from = w->green[upper], *to = w->green[!upper], *a = w->lit[upper], *b = w->lit[!upper];
  float cubes[VM_SIZE_MAX];
  for (int i = 0; i < size; i++) cubes[i] = cube_of(from[i], to[i], a[i] * b[i]);
  for (int i = 0; i < size; i++) *count += a[i] * b[i] > 0;
  for (int i = 0; i < size; i++) *sum += (double)cubes[i];
}

static void add_steps(const float *input, int size, const picture *p, step_work *w) {
  take_row(input, size, p, w, 0, w->green[0], w->lit[0]);
  for (int row = 0; row < size; row++) {
    int upper = row % 2;
    add_across(w->green[upper], w->lit[upper], size, w->way[0].sum, w->way[0].lit);
    if (row + 1 == size) break;
    take_row(input, size, p, w, row + 1, w->green[!upper], w->lit[!upper]);
    add_down(w, upper, size, &w->way[1].sum[row], &w->way[1].lit[row]);
  }
}

static inline bool is_given(const steps *s, int size, int line) {
  return (float)s->lit[line] >= LINES_LEAST * (float)size;
}

/* Returns how many lines are given. */
static int compare_lines(steps *s, int size) {
  int around = size / LINES_AROUND, count = 0;
  for (int line = 0; line < size; line++) {
    double sum = 0, n = 0;
    for (int k = line - around; k <= line + around; k++)
      if (k >= 0 && k < size && is_given(s, size, k)) n++, sum += s->sum[k] / s->lit[k];
    bool given = is_given(s, size, line);
    s->over[line] = given ? (float)(s->sum[line] / s->lit[line] / (sum / n + 1e-3)) - 1 : 0;
    count += given;
  }
  return count;
}

/* Amplitude of lines so many halves a side. */
static inline float wave_of(const float *over, int size, const float *cosine, int halves, int count) {
  float sum[2] = {0};
  for (int line = 0, phase = 0; line < size; line++) {
    sum[0] += over[line] * cosine[phase];
    sum[1] += over[line] * cosine[phase + size / 2];
    phase += halves;
    if (phase >= 2 * size) phase -= 2 * size;
  }
  return 2 * sqrtf(sum[0] * sum[0] + sum[1] * sum[1]) / larger((float)count, 1);
}

static bool measure_lattice(const float *input, int size, const picture *p, quality_facts *f) {
  step_work *w = calloc(1, sizeof *w);
  if (w == NULL) return false;
  for (int k = 0; k < size; k++) w->cell[k] = k * SIDE / size;
  for (int k = 0; k < 2 * size; k++) w->cosine[k] = cosf((float)k / (float)size * 3.14159265f);
  for (int k = 0; k < size / 2; k++) w->cosine[2 * size + k] = w->cosine[k];
  add_steps(input, size, p, w);
  f->lattice = 0;
  for (int way = 0; way < 2; way++) {
    int count = compare_lines(&w->way[way], size), most = size / LATTICE_FINEST;
    for (int halves = 2 * LATTICE_FROM; halves < 2 * most && halves < 2 * LATTICE_TO; halves++)
      f->lattice = larger(f->lattice, wave_of(w->way[way].over, size, w->cosine, halves, count));
  }
  free(w);
  return true;
}

/* ---- colours ---- */

/* Sums over the lit cells of red, green, blue and their products with each other: what correlations are made of. Of products of
 * two colours that of the later with the earlier one. */
typedef struct moments {
  double n, sum[3], product[3][3];
} moments;

static inline void add_moments(moments *m, const float colour[3]) {
  m->n++;
  for (int a = 0; a < 3; a++) {
    m->sum[a] += (double)colour[a];
    for (int b = 0; b <= a; b++) m->product[a][b] += (double)colour[a] * (double)colour[b];
  }
}

static inline double covariance(const moments *m, int a, int b) {
  return m->product[a > b ? a : b][a > b ? b : a] / m->n - m->sum[a] / m->n * (m->sum[b] / m->n);
}

/* Whether red is a multiple of green, but for what JPEG and rounding add: root mean square of what remains of it, in grey
 * levels. Of 490 photographs of nineteen sets 4.4 at least; of 168 grey ones tinted in three ways, half of them as JPEG, 2.8
 * at most. Blue cannot be asked: a tint leaves so little of it that rounding hides what it is like. */
#define TINT_REMAINS 3.5
#define TINT_LEAST 7 /* grey levels, red's own spread: what is flatter hides everything in its noise */

static bool red_is_green(const moments *m) {
  double red = covariance(m, 0, 0), both = covariance(m, 0, 1);
  return red > TINT_LEAST * TINT_LEAST && both > 0 &&
         red - both * both / covariance(m, 1, 1) < TINT_REMAINS * TINT_REMAINS;
}

/* 1 where green is missing (only red, or only blue, is there then) or like red. Blue alone may be missing, as in old
 * photographs. */
static float least_correlation(const moments *m) {
  double least = 1;
  if (covariance(m, 1, 1) < 6 && m->sum[1] < 0.15 * fmax(m->sum[0], m->sum[2])) return 1;
  if (red_is_green(m)) return 1;
  for (int a = 0; a < 3; a++) {
    int b = (a + 1) % 3;
    double both = covariance(m, a, a) * covariance(m, b, b);
    if (covariance(m, a, a) > 0.25 && covariance(m, b, b) > 0.25) least = fmin(least, covariance(m, a, b) / sqrt(both));
  }
  return (float)least;
}

/* Of 650 photographs of twenty sets the mean green is at most 1.06 of red, blue at most 0.96 of red and 1.34 of green. */
static float disorder_of(const moments *m) {
  double red = m->sum[0] + 1, green = m->sum[1] + 1, blue = m->sum[2] + 1;
  return (float)fmax(fmax(green / (1.15 * red), blue / red), blue / (1.6 * green));
}

/* What of blue a multiple of green does not explain. */
static double remains_of_blue(const moments *m) {
  double green = covariance(m, 1, 1), both = covariance(m, 1, 2);
  return sqrt(fmax(covariance(m, 2, 2) - (green > 0 ? both * both / green : 0), 0));
}

static void measure_blue(const picture *p, const moments *m, quality_facts *f) {
  size_t histogram[256] = {0};
  for (int at = 0; at < CELLS; at++)
    if (p->lit[at]) histogram[clamp((int)p->colour[2][at], 0, 255)]++;
  f->blue_least = (float)quantile(histogram, 0, 0.01f);
  f->blue_spread = (float)sqrt(fmax(covariance(m, 2, 2), 0));
  f->blue_alone = (float)remains_of_blue(m);
}

/* A sector's lit cells between these shares of the radius; it counts from so many of them on, a tenth of it. */
#define RIM_FROM 0.7f
#define RIM_TO 0.9f
#define RIM_LEAST 60

static float rim_of(const picture *p, const size_t lights[256]) {
  float sum[8] = {0}, n[8] = {0}, lightest = 0;
  for (int at = 0; at < CELLS; at++) {
    int row = at / SIDE;
    float half = SIDE * 0.5f, x = (float)(at % SIDE) + 0.5f - half, y = (float)row + 0.5f - half;
    float r = (x * x + y * y) / (half * half);
    if (!p->lit[at] || r < RIM_FROM * RIM_FROM || r >= RIM_TO * RIM_TO) continue;
    int sector = (x < 0) + 2 * (y < 0) + 4 * (fabsf(x) < fabsf(y));
    n[sector]++, sum[sector] += p->most[at];
  }
  for (int k = 0; k < 8; k++)
    if (n[k] >= RIM_LEAST) lightest = larger(lightest, sum[k] / n[k]);
  return lightest / (light_of(lights, 0.9f) + 1);
}

/* Returns the mean green. */
static float measure_colours(const picture *p, quality_facts *f) {
  double n = 0, green = 0, saturated = 0, ordered = 0, hue = 0, square = 0;
  moments m = {0};
  for (int at = 0; at < CELLS; at++) {
    if (!p->lit[at]) continue;
    float r = p->colour[0][at], g = p->colour[1][at], b = p->colour[2][at], h = (r - g) / (r + g + b + 1);
    n++, green += (double)g, saturated += g >= 245, ordered += r >= g && g >= b - 5;
    hue += (double)h, square += (double)(h * h);
    add_moments(&m, (const float[3]){r, g, b});
  }
  size_t lights[256];
  count_lights(p, p->lit, lights);
  f->light = light_of(lights, 0.5f);
  f->brightest = light_of(lights, 0.99f);
  f->dimmest = light_of(lights, 0.01f);
  f->disorder = disorder_of(&m);
  f->likeness = least_correlation(&m);
  measure_blue(p, &m, f);
  f->copied = copied_of(p);
  f->rim = rim_of(p, lights);
  f->saturated = (float)(saturated / n);
  f->fundus = (float)(ordered / n);
  f->hues = (float)sqrt(fmax(square / n - hue / n * (hue / n), 0));
  return (float)(green / n);
}

/* Root mean square of half the difference between neighbours, across, down and as on a chessboard, over blocks of four lit
 * cells of the green picture [side][side]; then shrinks it by two in place. */
static void octave(picture *p, int side, float out[3]) {
  float *g = p->colour[1];
  double sum[3] = {0, 0, 0}, n = 0;
  for (int j = 0; j < side / 2; j++)
    for (int i = 0; i < side / 2; i++) {
      int at = 2 * j * side + 2 * i, to = j * (side / 2) + i;
      float a = g[at], b = g[at + 1], c = g[at + side], d = g[at + side + 1];
      bool lit = p->lit[at] && p->lit[at + 1] && p->lit[at + side] && p->lit[at + side + 1];
      double across = (double)(a + c - b - d) / 4, down = (double)(a + b - c - d) / 4,
             both = (double)(a + d - b - c) / 4;
      if (lit) n++, sum[0] += across * across, sum[1] += down * down, sum[2] += both * both;
      g[to] = (a + b + c + d) / 4;
      p->lit[to] = lit;
    }
  for (int k = 0; k < 3; k++) out[k] = n > 0 ? (float)sqrt(sum[k] / n) : 0;
}

static void measure_detail(picture *p, float green, quality_facts *f) {
  float detail[OCTAVES][3];
  for (int k = 0; k < OCTAVES; k++) octave(p, SIDE >> k, detail[k]);
  f->edges = (detail[2][0] + detail[2][1]) / (green + 5);
  f->contrast = (detail[3][0] + detail[3][1]) / (green + 5);
  f->sharpness = smaller(detail[0][0] / (detail[1][0] + 0.05f), detail[0][1] / (detail[1][1] + 0.05f));
  f->fineness = smaller(detail[0][0] / (detail[2][0] + 0.05f), detail[0][1] / (detail[2][1] + 0.05f));
  f->finest = detail[0][2] / (detail[1][2] + 0.02f);
  f->grain = detail[0][2] / (detail[3][2] + 0.03f);
}

bool quality_measure(const float *input, int size, quality_facts *out) {
  picture *p = malloc(sizeof *p);
  if (p == NULL) return false;
  take_picture(input, size, p);
  bool complete = find_lit(p, out);
  complete &= measure_lattice(input, size, p, out);
  float green = measure_colours(p, out);
  measure_detail(p, green, out);
  free(p);
  return complete;
}

/* Colours not in a retina's order by far, or one grey picture tinted; finest detail alone: noise on something smooth. */
static bool no_retina(const quality_facts *f) { return f->disorder > 1 || f->likeness > 0.985f || f->sharpness > 1.3f; }

/* Uniformly dark: nothing in the field comes near the middle of the scale, not even the disc, and what is faint drowns in its
 * steps. Values times a quarter: 64 at most, times a fifth 51; of 1,535 ordinary photographs of twenty-one sets, among them
 * very dark ones with a bright disc, three lie under it, 59 at most, the next two at 75 and 78, and all five could not be
 * judged before; the next has 88. */
#define DARK_BRIGHTEST 72

/* Thresholds, chosen on 908 photographs of thirteen sets that the network finds gradable, 60 of each kind that the
 * training's augmentation makes useless, and 100 cuts of pictures of other things:
 *   light      good: 41 or more in 99 of 100; made dark: 22 at most
 *   saturated  good: 0.03 or less in 99 of 100; overexposed: over 0.06 in 58 of 60
 *   contrast   good: 0.025 or more in 99 of 100; hazy: 0.023 at most
 *   lit        good: 0.71 or more in 98 of 100; cut: 0.43 at most
 *   sharpness  good: 0.575 or more in 95 of 100; out of focus or moved: 0.553 at most. Fineness: 0.36; 0.37
 *              and at most 1.034 of 490 photographs of nineteen sets; noise on a smooth disc: 1.6 or more
 *   disorder   good: 0.94 at most of 651 photographs of twenty sets; red and blue, or red and green, swapped: over 1 in 300
 *              of 300, green and blue in 44 of 60
 *   likeness   good: 0.979 at most of the same; one grey picture tinted: near 1
 *   fundus     good: 0.65 or more in 99 of 100; other things: 0.58 or less in 75 of 100. With edges and hues: 87
 * On 224 photographs made useless in other ways (tests/eval/degrade.py), the weights v0 refused 146 as not gradable; the
 * reason given was the true one for 133 of these, worst for lids, 7 of 12. */
unsigned quality_signs(const quality_facts *f) {
  unsigned signs = 0;
  if (f->light < 32 || f->brightest < DARK_BRIGHTEST) return VM_REASON_DARK; /* the rest cannot be told in the dark */
  if (f->lit < 0.65f) signs |= VM_REASON_FIELD_CUT;
  if (f->fundus < 0.6f || f->edges > 0.26f || f->hues > 0.16f || no_retina(f)) signs |= VM_REASON_NOT_FUNDUS;
  if (f->saturated > 0.06f) signs |= VM_REASON_BRIGHT; /* washes contrast and detail out, too */
  else if (signs & VM_REASON_FIELD_CUT) return signs;  /* a lid has neither contrast nor detail */
  else if (f->contrast < 0.024f) signs |= VM_REASON_LOW_CONTRAST;
  else if (f->sharpness < 0.57f || f->fineness < 0.38f) signs |= VM_REASON_BLURRED;
  return signs;
}

/* Signs under which a photograph may hide what it should show, however sharp its vessels. Of 1,133 photographs of nineteen
 * sets that nobody called bad, 14 have one: 6 of ODIR's 160, all spoilt to the eye, 5 of PALM's 60, whose field darkens to the
 * rim of itself, and one each of three other sets. Beside them, fifteen photographs altered in one way each:
 *   COLOURS    blue_alone: ordinary 0.92 at least; blue missing, or green's double: 0.22 at most. As JPEG such a double keeps
 *              more, but of blue's spread 0.12 at most in 32 of 32, under 0.1 in 27; ordinary: 0.107 at least but for one
 *              fundus: of 1,535 ordinary ones 0.17 at least but for two; green and blue exchanged: 0.017 at most, 0.13
 *              where red was cut to 0.6 and blue raised to 1.6 of itself
 *   BURNT      red was over the end of its scale all over the field: dimmest 255 where the sample's values were raised to
 *              1.8; of the same 1,535, of twenty-one sets, 247 at most
 *   WHITE      blue_spread: ordinary 50 at most but for one; a flare over the centre: 52 at least. A retina reflects next to
 *              no blue: white light does
 *   FLAT       contrast: values squeezed to a quarter of their spread 0.013; of 1,535 ordinary ones nine lie under it, all
 *              of which were referred or to be repeated
 *   VEIL       blue_least: ordinary 114 at most but for two; 120 grey levels added: 123 at least
 *   RIM        light that falls off to the rim: under it in 12 of 15; ordinary: 0.48 at least but for those of PALM
 *   COVERED    ordinary 0.2 at most but for 3; the upper third covered: 0.26 at least
 *   HOLE       ordinary 0.0015 at most, of 208 of fifteen sets; a black blot of 0.27 of the radius: 0.077 at least of 32.
 *              Of 1,784 test photographs two lose "no finding" by it: in both a shadow hides the macula
 *   FINEST     a thumbnail of 96 pixels enlarged: 0.333 at most. EyeQ's good ones came as thumbnails of 200 pixels, the eye
 *              130 to 200 of them wide: a quarter of the sets that came so lie under it
 *   SHARPNESS, NOISE  out of focus by 3 to 8 pixels of 512, with and without noise over it, which alone is fine then
 *              (finest over fineness)
 * FINEST, SHARPNESS and NOISE, chosen on one half of 1,378 ordinary photographs of seventeen sets and of 650 altered ones
 * of 217 eyes with a disease: 4 of the one half of the ordinary and 3 of the other have one of them; of the other half's
 * blurred 79 %, of its thumbnails of 110, 130 and 160 pixels 76, 62 and 19 %; of two eyes exposed on one another none.
 *   GRAIN      enlarged smoothly and saved as JPEG, whose noise is as fine as FINEST looks
 *   LATTICE    a mosaic: its steps all stand on lines. What a file's own blocks do is 0.23 at most in half of the ordinary,
 *              0.95 or more in ten, whose blocks are four of their pixels wide
 *   COPIED     one colour made from another by a factor, also as JPEG: its noise is not shared by neighbouring cells. Not
 *              under WHITE, which is in all colours alike
 * These three, chosen on one half by patient of 1,829 ordinary photographs of twenty-one sets and of 76 eyes altered in 48
 * ways; of the other half, 835 and 33, have them, not counting what had a doubt of the kind before: GRAIN 10, seven of them
 * of the two sets that came as thumbnails, LATTICE 4, COPIED 0 (2 counting all). Mosaics of 60, 75, 90 and 110 blocks a
 * side, as pixels or as JPEG of 92 or 75, are known in 132 of 132, of 130 and 160 in 32 and 28 of 33, before in 8 of these
 * 198. Enlarged by three filters from 60, 75, 90, 110, 130 and 160 pixels: in 86, 81, 76, 62, 43 and 20 of 99, before in
 * 43, 44, 56, 42, 30 and 12. Red, green or blue another's multiple in eight ways: as JPEG of 92 with colours at half the
 * resolution in 261 of 262, before in 126, as one of 75 in 249 of 262, before in 94; the rest are red that is burnt out
 * nearly everywhere, and faint blue under strong compression. Of all 1,829 four lose "no finding", three of them of the
 * sets that came as thumbnails. */
#define COLOURS_ALONE 0.6f
#define COLOURS_SHARE 0.1f
#define COLOURS_ORDERED 0.15f
#define COPIED_LEAST 0.085f
#define BURNT_DIMMEST 250
#define WHITE_SPREAD 50
#define FLAT_CONTRAST 0.02f
#define VEIL_LEAST 115
#define RIM_LIGHT 0.45f
#define COVERED_MOST 0.22f
#define HOLE_MOST 0.01f
#define FINEST_LEAST 0.36f
#define GRAIN_LEAST 0.128f
#define LATTICE_MOST 0.95f
#define SHARPNESS_LEAST 0.5f
#define NOISE_MOST 3

unsigned quality_doubts(const quality_facts *f) {
  unsigned doubts = quality_signs(f) & (VM_REASON_DARK | VM_REASON_BRIGHT);
  if (doubts & VM_REASON_DARK) return doubts;
  bool like_green = f->blue_alone < larger(COLOURS_ALONE, COLOURS_SHARE * f->blue_spread);
  bool white = f->blue_spread > WHITE_SPREAD,
       copied = f->copied < COPIED_LEAST && !white; /* which is all colours alike */
  if (like_green || copied || f->fundus < COLOURS_ORDERED) doubts |= VM_REASON_COLOURS;
  if (white || f->dimmest > BURNT_DIMMEST) doubts |= VM_REASON_BRIGHT;
  if (f->blue_least > VEIL_LEAST || f->contrast < FLAT_CONTRAST) doubts |= VM_REASON_LOW_CONTRAST;
  if (f->rim < RIM_LIGHT) doubts |= VM_REASON_DARK;
  if (f->covered > COVERED_MOST || f->hole > HOLE_MOST) doubts |= VM_REASON_FIELD_CUT;
  bool enlarged = f->finest < FINEST_LEAST || f->grain < GRAIN_LEAST || f->lattice > LATTICE_MOST;
  if (enlarged || f->sharpness < SHARPNESS_LEAST || f->finest > NOISE_MOST * f->fineness) doubts |= VM_REASON_BLURRED;
  return doubts;
}

/* On its side: the disc, where it is found, lies as far as that from the middle of the field (in radii), and this
 * steeply above or below it. Of 475 validation photographs of 13 sets that are judged none does so, nor more steeply than by
 * 49 degrees so far out; of the same turned by 90 degrees 410 of 473, and 56 of the 59 of these that read as no finding. */
#define ON_SIDE_FROM 0.3f
#define ON_SIDE_STEEPNESS 1.732f /* 60 degrees */

bool quality_on_its_side(const vm_optic_disc *disc, vm_disc field) {
  float dx = fabsf(disc->x - field.x) / field.radius, dy = fabsf(disc->y - field.y) / field.radius;
  return disc->found && dx * dx + dy * dy > ON_SIDE_FROM * ON_SIDE_FROM && dy > ON_SIDE_STEEPNESS * dx;
}

/* No vessels in the whole field: under this share of it. 2 of 346 validation photographs of ODIR lie below, both of dense
 * cataracts; 16 of its 622 test photographs, 14 of them. */
#define NO_VESSELS 0.0005f

/* The facts' own probability that the photograph can be judged: a logistic regression, fitted by weights/train/decide.py on
 * photographs that people called good or bad. Logarithms where a fact is a quantity, with a floor. */
static float facts_probability(const weights_quality *q, const quality_facts *f, float head, float density,
                               const vm_optic_disc *disc) {
  const float x[WEIGHTS_FACTS] = {[WEIGHTS_FACT_GRADABILITY] = smaller(larger(logit_of(head), -12), 12),
                                  [WEIGHTS_FACT_VESSELS] = logf(density + 0.003f),
                                  [WEIGHTS_FACT_OPTIC_DISC] = disc->confidence,
                                  [WEIGHTS_FACT_LIT] = f->lit,
                                  [WEIGHTS_FACT_LIGHT] = logf(f->light + 5),
                                  [WEIGHTS_FACT_FINENESS] = f->fineness,
                                  [WEIGHTS_FACT_FUNDUS] = f->fundus,
                                  [WEIGHTS_FACT_HUES] = f->hues};
  float sum = q->offset;
  for (int i = 0; i < WEIGHTS_FACTS; i++) sum += q->facts[i] * x[i];
  return probability_of(sum);
}

/* Almost black: photographs that training's augmentation made too dark have a light of 22 at most, good ones 32 at least of
 * 490, 41 or more in 99 of 100. The sample at an eighth of its light (25) was judged, and referred. */
#define ALMOST_BLACK 28

/* What rules a photograph out, whatever is said of it otherwise. */
static unsigned ruled_out(const quality_facts *f, float density) {
  bool dark = f->light <= ALMOST_BLACK || f->brightest < DARK_BRIGHTEST;
  return (dark ? VM_REASON_DARK : 0u) | (no_retina(f) ? VM_REASON_NOT_FUNDUS : 0u) |
         (density < NO_VESSELS ? VM_REASON_NO_VESSELS : 0u);
}

quality_judgement quality_judge(const vm_weights *w, const quality_facts *f, float head, float vessel_density,
                                const vm_optic_disc *disc) {
  float density = vessel_density >= 0 ? vessel_density : 0; /* NAN: nothing was seen */
  unsigned stop = ruled_out(f, density);
  quality_judgement out = {.gradability = stop ? 0 : head};
  if (w->quality.given)
    out.gradability = smaller(out.gradability, facts_probability(&w->quality, f, head, density, disc));
  out.gradable = stop == 0 && out.gradability >= w->gradable_threshold;
  bool barely = out.gradability < (1 + w->gradable_threshold) / 2;
  if (!out.gradable || barely) out.reasons = quality_signs(f) | stop;
  if (out.gradable || out.reasons == 0) out.reasons |= quality_doubts(f);
  bool unexplained = !out.gradable && out.reasons == 0 && density < 0.01f;
  if (unexplained) out.reasons = disc->found ? VM_REASON_NO_VESSELS : VM_REASON_NOT_FUNDUS;
  return out;
}
