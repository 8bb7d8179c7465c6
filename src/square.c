#include "square.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "status.h"

square_box square_of(vm_disc disc) { return (square_box){disc.x - disc.radius, disc.y - disc.radius, 2 * disc.radius}; }

static bool on_the_map(float v) { return v >= -VM_MAX_SIDE && v <= 2 * VM_MAX_SIDE; } /* false for NaN */

bool square_allows(vm_disc d) { return d.radius >= 1 && d.radius <= VM_MAX_SIDE && on_the_map(d.x) && on_the_map(d.y); }

bool square_in_view(vm_disc disc, int side, int column, int row, int width, int height) {
  float step = 2 * disc.radius / (float)side;
  float dx = ((float)column + 0.5f) * step - disc.radius, dy = ((float)row + 0.5f) * step - disc.radius;
  float x = disc.x + dx, y = disc.y + dy;
  return dx * dx + dy * dy <= disc.radius * disc.radius && x >= 0 && y >= 0 && x < (float)width && y < (float)height;
}

/* The columns in view lie side by side: from a little before the circle's edge, and the photograph's, there is little to go. */
void square_columns_in_view(vm_disc disc, int side, int row, int width, int height, int *first, int *last) {
  const float step = 2 * disc.radius / (float)side, dy = ((float)row + 0.5f) * step - disc.radius;
  const float half = sqrtf(larger(disc.radius * disc.radius - dy * dy, 0));
  const float from = larger(disc.radius - half, disc.radius - disc.x), to = disc.radius + half;
  *first = clamp((int)floorf(from / step) - 2, 0, side);
  *last = clamp((int)ceilf(smaller(to, (float)width - disc.x + disc.radius) / step) + 2, *first, side);
  while (*first < *last && !square_in_view(disc, side, *first, row, width, height)) (*first)++;
  while (*first < *last && !square_in_view(disc, side, *last - 1, row, width, height)) (*last)--;
  if (*first == *last) *first = *last = side;
}

/* The source pixels of one output position along one axis, with their weights (they add up to 1). */
typedef struct taps {
  int first, count;
  float *weight; /* borrowed from one block */
} taps;

/* Triangle filter, as wide as an output pixel when shrinking and bilinear when enlarging. A position outside the
 * photograph gets count 0. Returns false without memory; free(*block). */
static bool make_taps(float start, float step, int out_n, int in_n, taps *out, float **block) {
  float support = step > 1 ? step : 1;
  int most = (int)ceilf(2 * support) + 2;
  *block = malloc((size_t)out_n * (size_t)most * sizeof **block);
  if (*block == NULL) return false;
  for (int i = 0; i < out_n; i++) {
    float centre = start + ((float)i + 0.5f) * step;
    int low = (int)floorf(centre - support), high = (int)ceilf(centre + support);
    taps *t = &out[i];
    *t = (taps){low < 0 ? 0 : low, 0, *block + (size_t)i * (size_t)most};
    float sum = 0;
    if (centre < 0 || centre >= (float)in_n) continue;
    for (int x = t->first; x < high && x < in_n && t->count < most; x++) {
      float w = 1 - fabsf((float)x + 0.5f - centre) / support;
      if (w < 0) w = 0;
      t->weight[t->count++] = w;
      sum += w;
    }
    for (int k = 0; k < t->count; k++) t->weight[k] /= sum;
  }
  return true;
}

/* Where the output's own pixels lie along an axis: all of their taps. */
typedef struct reach {
  int first, end;
} reach;

static reach reach_of(const taps *t, int n) {
  reach r = {0, 0};
  for (int i = 0; i < n; i++) {
    if (t[i].count == 0) continue;
    if (r.end == 0) r.first = t[i].first;
    r.end = t[i].first + t[i].count;
  }
  return r;
}

/* Rows that are shrunk at once: each sum waits for what it was before, so that four rows take little longer than one. */
#define ROWS 4

/* Source rows, shrunk along x: out [ROWS][n][3] and one more, 0..255. Alpha is added up and written, too, where the next pixel
 * comes: four at once are one operation. pixels [ROWS][r.end][4]: room for the rows in floats, each of which several output
 * pixels need. */
static void shrink_rows(const uint8_t *const row[ROWS], reach r, const taps *tx, int n, float *restrict pixels,
                        float *const out[ROWS]) {
  const size_t length = 4 * (size_t)r.end;
  for (size_t j = 0; j < ROWS; j++)
    for (size_t i = 4 * (size_t)r.first; i < length; i++) pixels[j * length + i] = row[j][i];
  for (int i = 0; i < n; i++) {
    float sum[ROWS][4] = {{0}};
    const float *p = pixels + (size_t)tx[i].first * 4;
    for (int k = 0; k < tx[i].count; k++, p += 4)
      for (size_t j = 0; j < ROWS; j++)
        for (int c = 0; c < 4; c++) sum[j][c] += tx[i].weight[k] * p[j * length + (size_t)c];
    for (int j = 0; j < ROWS; j++)
      for (int c = 0; c < 4; c++) out[j][3 * i + c] = sum[j][c];
  }
}

/* A photograph on its way into the square, `bands` parts of its height side by side. Of each, row y of the photograph lies in
 * its rows [ring][3 size + 1] once it is shrunk along x; pixels [ROWS][width][4] are its room. */
typedef struct shrinking {
  const uint8_t *rgba;
  int width, height, size, ring, bands;
  const taps *tx, *ty;
  float *rows, *pixels; /* [bands] of them */
  float *out;
} shrinking;

/* Shrinks row y and those after it, which are needed next, into the band's rows. */
static void shrink_next(const shrinking *s, reach r, size_t band, int y) {
  const size_t stride = 4 * (size_t)s->width, length = 3 * (size_t)s->size + 1;
  float *rows = s->rows + band * (size_t)s->ring * length;
  const uint8_t *row[ROWS];
  float *out[ROWS];
  for (int j = 0; j < ROWS; j++) {
    const int next = y + j < s->height ? y + j : s->height - 1;
    row[j] = s->rgba + (size_t)next * stride;
    out[j] = rows + (size_t)(next % s->ring) * length;
  }
  shrink_rows(row, r, s->tx, s->size, s->pixels + band * stride * ROWS, out);
}

static void shrink_band(void *context, size_t band) {
  const shrinking *s = context;
  const reach across = reach_of(s->tx, s->size);
  const int length = 3 * s->size, first = (int)band * s->size / s->bands, end = ((int)band + 1) * s->size / s->bands;
  const float *rows = s->rows + band * (size_t)s->ring * ((size_t)length + 1);
  int done = -1; /* rows up to here are in the ring */
  for (int j = first; j < end; j++) {
    const taps *t = &s->ty[j];
    float *line = s->out + (size_t)j * (size_t)length;
    for (int i = 0; i < length; i++) line[i] = 0;
    if (t->count > 0 && done < t->first - 1) done = t->first - 1;
    for (int k = 0; k < t->count; k++) {
      int y = t->first + k;
      const float *shrunk = rows + (size_t)(y % s->ring) * ((size_t)length + 1);
      for (; done < y; done += ROWS) shrink_next(s, across, band, done + 1);
      for (int i = 0; i < length; i++) line[i] += t->weight[k] * shrunk[i];
    }
    for (int i = 0; i < length; i++) line[i] = input_of(line[i]);
  }
}

vm_status vm_prepare(const uint8_t *rgba, int width, int height, vm_disc disc, int size, float *out, vm_error *err) {
  return square_prepare(rgba, width, height, disc, size, NULL, out, err);
}

vm_status square_prepare(const uint8_t *rgba, int width, int height, vm_disc disc, int size, pthreadpool_t threads,
                         float *out, vm_error *err) {
  if (rgba == NULL || out == NULL || width < 1 || height < 1 || width > VM_MAX_SIDE || height > VM_MAX_SIDE ||
      !square_allows(disc) || size < 1 || size > VM_SIZE_MAX)
    return status_fail(
        err, VM_ERR_ARGUMENT,
        "prepare: pixels of 1 to %d a side, a disc of radius 1 to %d with its centre within %d to %d, and a "
        "size of 1 to %d are needed",
        VM_MAX_SIDE, VM_MAX_SIDE, -VM_MAX_SIDE, 2 * VM_MAX_SIDE, VM_SIZE_MAX);
  square_box q = square_of(disc);
  float step = q.side / (float)size, *wx = NULL, *wy = NULL;
  int ring =
      (int)ceilf(2 * (step > 1 ? step : 1)) + 3 + ROWS; /* those of an output row, and those shrunk with its last */
  const size_t bands = pthreadpool_get_threads_count(threads);
  taps *tx = calloc((size_t)size, sizeof *tx), *ty = calloc((size_t)size, sizeof *ty);
  float *rows = malloc(bands * (size_t)ring * (3 * (size_t)size + 1) * sizeof *rows);
  float *pixels = malloc(bands * (size_t)width * 4 * ROWS * sizeof *pixels);
  bool ok = tx != NULL && ty != NULL && rows != NULL && pixels != NULL && make_taps(q.x, step, size, width, tx, &wx) &&
            make_taps(q.y, step, size, height, ty, &wy);
  shrinking s = {rgba, width, height, size, ring, (int)bands, tx, ty, rows, pixels, out};
  if (ok) pthreadpool_parallelize_1d(threads, shrink_band, &s, bands, 0);
  free(wx);
  free(wy);
  free(tx);
  free(ty);
  free(rows);
  free(pixels);
  return ok ? VM_OK : status_fail(err, VM_ERR_MEMORY, "prepare: out of memory");
}

/* Adds one row of an interleaved map to the sums of the cells that its pixels fall into; cell i begins at pixel first[i]. */
static void add_colours(const float *restrict p, const int *first, int side, float *restrict sums) {
  for (int i = 0; i < side; i++, sums += 3) {
    float r = sums[0], g = sums[1], b = sums[2];
    for (int n = first[i + 1] - first[i]; n > 0; n--, p += 3) r += p[0], g += p[1], b += p[2];
    sums[0] = r, sums[1] = g, sums[2] = b;
  }
}

static void add_values(const float *restrict p, const int *first, int side, float *restrict sums) {
  for (int i = 0; i < side; i++) {
    float sum = sums[i];
    for (int n = first[i + 1] - first[i]; n > 0; n--) sum += *p++;
    sums[i] = sum;
  }
}

void square_shrink(const float *map, int size, int channels, int side, float *const *out) {
  int first[VM_SIZE_MAX + 1]; /* of the map's pixels in a cell */
  float sums[3 * VM_SIZE_MAX];
  for (int i = 0; i <= side; i++) first[i] = i * size / side;
  for (int j = 0; j < side; j++) {
    memset(sums, 0, (size_t)(channels * side) * sizeof *sums);
    for (int y = first[j]; y < first[j + 1]; y++, map += (size_t)size * (size_t)channels)
      (channels == 3 ? add_colours : add_values)(map, first, side, sums);
    for (int i = 0; i < side; i++)
      for (int c = 0; c < channels; c++)
        out[c][j * side + i] = sums[channels * i + c] / (float)((first[i + 1] - first[i]) * (first[j + 1] - first[j]));
  }
}

/* Along a row of pixels the value is straight between the centres of two cells, so that each stretch is one short loop.
 * ends [side + 1]: the first pixel after the stretch that ends at the centre of cell i; the last is after cell side - 1.
 * The centre of cell i lies at pixel (i + 0.5) / scale + left. */
static void find_ends(int side, float left, float scale, int width, int *ends) {
  float pixels = 1 / scale;
  for (int i = 0; i < side; i++) ends[i] = clamp((int)ceilf(((float)i + 0.5f) * pixels + left - 0.5f), 0, width);
  ends[side] = width;
}

/* Fills line[x0..x1) from one row of the map: four pixels at once, also where the stretch ends before the fourth, as the next
 * one writes over it. */
static void draw_row(const float *restrict cells, int side, float left, float scale, const int *ends, int x0, int x1,
                     float *restrict line) {
  int x = x0;
  for (int i = clamp((int)floorf(((float)x0 + 0.5f - left) * scale - 0.5f), -1, side - 1); x < x1; i++) {
    int end = ends[i + 1] < x1 ? ends[i + 1] : x1;
    float from = cells[i < 0 ? 0 : i], slope = i < 0 || i + 1 == side ? 0 : cells[i + 1] - from;
    float start = from + slope * ((0.5f - left) * scale - 0.5f - (float)i), step = slope * scale;
    float at[4] = {(float)x, (float)(x + 1), (float)(x + 2), (float)(x + 3)};
    for (int four = end < x1 - 3 ? end : x1 - 3; x < four; x += 4)
      for (int k = 0; k < 4; k++) line[x + k] = start + step * at[k], at[k] += 4;
    for (; x < end; x++) line[x] = start + step * (float)x;
    x = end;
  }
}

void square_draw(const float *map, int side, vm_disc disc, int width, int row, int rows, float *out) {
  float cells[VM_SIZE_MAX] = {0};
  int ends[VM_SIZE_MAX + 1];
  square_box q = square_of(disc);
  float scale = (float)side / q.side;
  find_ends(side, q.x, scale, width, ends);
  for (int y = row; y < row + rows; y++) {
    float *line = out + (size_t)(y - row) * (size_t)width;
    float dy = (float)y + 0.5f - disc.y, reach = disc.radius * disc.radius - dy * dy;
    int x0 = 0, x1 = 0;
    if (reach > 0) {
      x0 = clamp((int)ceilf(disc.x - sqrtf(reach) - 0.5f), 0, width);
      x1 = clamp((int)floorf(disc.x + sqrtf(reach) + 0.5f), x0, width);
    }
    memset(line, 0, (size_t)x0 * sizeof *line);
    memset(line + x1, 0, (size_t)(width - x1) * sizeof *line);
    if (x1 == x0) continue;
    float v = ((float)y + 0.5f - q.y) * scale - 0.5f;
    int j = clamp((int)floorf(v), 0, side - 1);
    const float *top = map + (size_t)j * (size_t)side, *bottom = top + (j + 1 < side ? side : 0);
    float down = v - (float)j < 0 ? 0 : v - (float)j;
    for (int i = 0; i < side; i++) cells[i] = top[i] + down * (bottom[i] - top[i]);
    draw_row(cells, side, q.x, scale, ends, x0, x1, line);
  }
}
