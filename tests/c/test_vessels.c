/* The vessel measures on drawn shapes whose truth is known: turned, scaled, crossed, rough, cut. Lengths in the code
 * below are in pixels of the map unless they are called field diameters. */
#include "check.h"
#include "phantom.h"
#include "skeleton.h"
#include "vessels.h"

#define PI 3.14159265f

static float *map; /* [size][size] */
static int size;
static float scale = 1; /* photograph pixels per map pixel */
static const vm_optic_disc no_disc = {.found = 0};

static void start(int side) {
  free(map);
  size = side;
  map = calloc((size_t)size * (size_t)size, sizeof *map);
  if (map == NULL) exit(check_end());
}

static vm_disc whole(void) {
  float r = scale * (float)size / 2;
  return (vm_disc){r, r, r};
}

static void take(const vm_optic_disc *disc, vm_measures out[VM_REGIONS]) {
  int side = (int)(scale * (float)size);
  CHECK(vessels_measure(map, size, 0.5f, whole(), side, side, disc, out), "out of memory");
}

static vm_measures field(void) {
  vm_measures m[VM_REGIONS];
  take(&no_disc, m);
  return m[VM_FIELD];
}

/* Fills what is within width / 2 of the line from (x0, y0) to (x1, y1). */
static void line(float x0, float y0, float x1, float y1, float width) {
  float dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++) {
      float x = (float)i + 0.5f, y = (float)j + 0.5f, t = ((x - x0) * dx + (y - y0) * dy) / square;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      if (hypotf(x0 + t * dx - x, y0 + t * dy - y) <= width / 2) map[j * size + i] = 1;
    }
}

/* The same as seen from the middle, length * size long at most, turned by `angle` degrees. */
static void turned_line(float x0, float y0, float x1, float y1, float width, float angle) {
  float c = cosf(angle * PI / 180), s = sinf(angle * PI / 180), half = (float)size / 2;
  line(half + c * x0 - s * y0, half + s * x0 + c * y0, half + c * x1 - s * y1, half + s * x1 + c * y1, width);
}

static void arc(float x, float y, float radius, float from, float to, float width) {
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++) {
      float dx = (float)i + 0.5f - x, dy = (float)j + 0.5f - y, a = atan2f(dy, dx);
      if (a < 0) a += 2 * PI;
      if (fabsf(hypotf(dx, dy) - radius) <= width / 2 && a >= from && a <= to) map[j * size + i] = 1;
    }
}

static bool near(float value, float want, float tolerance) { return fabsf(value - want) <= tolerance; }

/* ---- one line ---- */

static void test_line(void) {
  static const float widths[] = {2, 3, 4.5f, 6, 9, 14}, angles[] = {0, 11, 30, 45, 64, 90, 135};
  for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
    for (size_t a = 0; a < sizeof angles / sizeof *angles; a++) {
      start(512);
      float length = 400, width = widths[w], d = 512;
      turned_line(-length / 2, 0.13f, length / 2, 0.13f, width, angles[a]);
      vm_measures m = field();
      /* round ends make the shape longer by a width; thinning takes about as much away */
      CHECK(near(m.length * d, length, 0.015f * length + 0.6f * width), "width %g, %g degrees: length %g",
            (double)width, (double)angles[a], (double)(m.length * d));
      CHECK(near(m.width * d, width, 0.05f * width + 0.25f), "width %g, %g degrees: width %g", (double)width,
            (double)angles[a], (double)(m.width * d));
      CHECK(near(m.tortuosity, 1, 0.004f), "width %g, %g degrees: tortuosity %g", (double)width, (double)angles[a],
            (double)m.tortuosity);
      CHECK(near(m.fractal_dimension, 1, 0.08f), "width %g, %g degrees: dimension %g", (double)width, (double)angles[a],
            (double)m.fractal_dimension);
      CHECK(m.branch_points == 0, "width %g, %g degrees: %d branch points", (double)width, (double)angles[a],
            m.branch_points);
      CHECK(near(m.density, (length * width + PI * width * width / 4) / (PI * d * d / 4), 0.001f), "density %g",
            (double)m.density);
      CHECK(near(m.length_density, m.length / (PI / 4), 0.002f * m.length), "length density %g of length %g",
            (double)m.length_density, (double)m.length);
    }
}

/* The same shape at another S, and in a photograph of other size, has the same measures in field diameters. */
static void test_scale(void) {
  static const int sizes[] = {256, 512, 704, 1024};
  static const float scales[] = {1, 0.5f, 3.7f};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
      start(sizes[s]);
      scale = scales[k];
      float d = (float)size;
      turned_line(-0.3f * d, 0, 0.3f * d, 0, 0.02f * d, 25);
      turned_line(0, -0.3f * d, 0, 0.3f * d, 0.02f * d, 25);
      vm_measures m = field();
      CHECK(near(m.length, 1.2f, 0.025f), "S %d: length %g", size, (double)m.length);
      CHECK(near(m.width, 0.02f, 0.001f), "S %d: width %g", size, (double)m.width);
      CHECK(m.branch_points == 1, "S %d: %d branch points", size, m.branch_points);
      CHECK(near(m.fractal_dimension, 1, 0.08f), "S %d: dimension %g", size, (double)m.fractal_dimension);
    }
  scale = 1;
}

/* ---- bent lines ---- */

static void test_arcs(void) {
  static const float turns[] = {0.5f, 1, 1.5f}; /* of pi */
  for (size_t t = 0; t < 3; t++)
    for (int radius = 60; radius <= 180; radius += 60) {
      start(512);
      float angle = turns[t] * PI, r = (float)radius;
      arc(256, 256, r, 0.3f, 0.3f + angle, 4);
      vm_measures m = field();
      float left = angle - 4 / r, want = left / (2 * sinf(left / 2)); /* thinning takes half a width from each end */
      CHECK(near(m.length * 512, left * r, 0.015f * left * r + 1), "arc of %g: length %g, not %g", (double)angle,
            (double)(m.length * 512), (double)(angle * r));
      CHECK(near(m.tortuosity, want, 0.03f * want), "arc of %g: tortuosity %g, not %g", (double)angle,
            (double)m.tortuosity, (double)want);
      CHECK(m.branch_points == 0, "arc: %d branch points", m.branch_points);
    }
  start(512);
  arc(256, 256, 150, 0, 7, 4);
  vm_measures m = field();
  CHECK(near(m.length * 512, 2 * PI * 150, 12), "circle: length %g", (double)(m.length * 512));
  CHECK(isnan(m.tortuosity) && m.branch_points == 0, "circle: tortuosity %g, %d branch points", (double)m.tortuosity,
        m.branch_points);
}

/* ---- branches ---- */

/* rows x columns lines cross rows * columns times; the loose ends are no branch points. */
static void test_crossings(void) {
  static const float widths[] = {2.5f, 4, 7}, angles[] = {0, 20, 45};
  for (size_t w = 0; w < 3; w++)
    for (size_t a = 0; a < 3; a++) {
      start(512);
      int rows = 4, columns = 5;
      for (int k = 0; k < rows; k++) {
        float y = 70 * ((float)k - 1.5f);
        turned_line(-170, y, 170, y, widths[w], angles[a]);
      }
      for (int k = 0; k < columns; k++) {
        float x = 60 * ((float)k - 2);
        turned_line(x, -150, x, 150, widths[w], angles[a]);
      }
      vm_measures m = field();
      CHECK(m.branch_points == rows * columns, "width %g, %g degrees: %d crossings, not %d", (double)widths[w],
            (double)angles[a], m.branch_points, rows * columns);
      CHECK(near(m.tortuosity, 1, 0.01f), "tortuosity %g", (double)m.tortuosity);
      float length = 4 * 340 + 5 * 300;
      CHECK(near(m.length * 512, length, 0.03f * length), "length %g, not %g", (double)(m.length * 512),
            (double)length);
    }
}

static void grow(float x, float y, float angle, float length, float width, int depth) {
  float x1 = x + length * cosf(angle), y1 = y + length * sinf(angle);
  line(x, y, x1, y1, width);
  if (depth == 0) return;
  grow(x1, y1, angle - 0.5f, length * 0.72f, width * 0.8f, depth - 1);
  grow(x1, y1, angle + 0.5f, length * 0.72f, width * 0.8f, depth - 1);
}

static void test_tree(void) {
  static const float roots[] = {0, 0.4f, 1, 2};
  for (size_t k = 0; k < 4; k++) {
    start(512);
    grow(256 - 190 * cosf(roots[k]), 256 - 190 * sinf(roots[k]), roots[k], 130, 8, 3);
    vm_measures m = field();
    float want = 130 * (1 + 2 * 0.72f + 4 * 0.72f * 0.72f + 8 * 0.72f * 0.72f * 0.72f);
    CHECK(m.branch_points == 7, "root at %g: %d branch points, not 7", (double)roots[k], m.branch_points);
    CHECK(near(m.length * 512, want, 0.05f * want), "tree: length %g, not %g", (double)(m.length * 512), (double)want);
  }
}

/* A rough outline must not sprout branches. */
static void test_rough(void) {
  start(512);
  turned_line(-180, 0, 180, 0, 9, 33);
  turned_line(0, -180, 0, 180, 9, 33);
  float *smooth = malloc((size_t)size * (size_t)size * sizeof *smooth);
  memcpy(smooth, map, (size_t)size * (size_t)size * sizeof *smooth);
  uint32_t state = 5;
  for (int j = 1; j + 1 < size; j++)
    for (int i = 1; i + 1 < size; i++) {
      const float *p = smooth + j * size + i;
      bool edge = p[0] != p[1] || p[0] != p[-1] || p[0] != p[size] || p[0] != p[-size];
      state = state * 1664525u + 1013904223u;
      if (edge && state >> 30 == 0) map[j * size + i] = 1 - *p;
    }
  free(smooth);
  vm_measures m = field();
  CHECK(m.branch_points == 1, "%d branch points", m.branch_points);
  CHECK(near(m.length * 512, 720, 36), "length %g", (double)(m.length * 512));
  CHECK(near(m.tortuosity, 1, 0.02f), "tortuosity %g", (double)m.tortuosity);
}

/* To a cell: a piece of an eight-thousandth of the field counts, and one that is a cell smaller is a speck. */
static void test_least(void) {
  for (int side = 512; side <= 1024; side += 512) {
    int area = 0;
    start(side);
    for (int j = 0; j < side; j++)
      for (int i = 0; i < side; i++)
        area += hypotf((float)i + 0.5f - (float)side / 2, (float)j + 0.5f - (float)side / 2) <= (float)side / 2;
    int least = area / 8000;
    for (int i = 0; i < least - 1; i++) map[side / 2 * side + side / 4 + i] = 1;
    CHECK(field().length == 0, "side %d: %d cells count", side, least - 1);
    map[side / 2 * side + side / 4 + least - 1] = 1;
    CHECK(field().length > 0, "side %d: %d cells do not count", side, least);
  }
}

/* Specks count for density alone. */
static void test_specks(void) {
  start(512);
  line(100, 256, 400, 256, 4);
  vm_measures before = field();
  for (int k = 0; k < 40; k++) map[(140 + 5 * (k / 10)) * size + 150 + 20 * (k % 10)] = 1;
  vm_measures after = field();
  CHECK(after.density > before.density, "density %g", (double)after.density);
  CHECK(after.length == before.length && after.width == before.width && after.branch_points == 0,
        "length %g, width %g, %d branch points", (double)after.length, (double)after.width, after.branch_points);
}

/* ---- dimension ---- */

static float dimension_of(int side, bool (*inside)(int, int)) {
  uint8_t *m = malloc((size_t)side * (size_t)side);
  for (int j = 0; j < side; j++)
    for (int i = 0; i < side; i++) m[j * side + i] = inside(i, j);
  float d = vessels_box_dimension(m, side);
  free(m);
  return d;
}

static bool everything(int i, int j) { return i >= 0 && j >= 0; }
static bool nothing(int i, int j) { return i < 0 && j < 0; }
static bool diagonal(int i, int j) { return i == j; }
static bool sierpinski_triangle(int i, int j) { return (i & j) == 0; }
static bool carpet(int i, int j) {
  for (; i > 0 || j > 0; i /= 3, j /= 3)
    if (i % 3 == 1 && j % 3 == 1) return false;
  return true;
}

static void test_dimension(void) {
  CHECK(near(dimension_of(512, everything), 2, 1e-4f), "plane");
  CHECK(near(dimension_of(512, diagonal), 1, 1e-4f), "diagonal");
  CHECK(isnan(dimension_of(512, nothing)), "nothing");
  float triangle = dimension_of(512, sierpinski_triangle), rug = dimension_of(729, carpet);
  CHECK(near(triangle, 1.585f, 0.01f), "Sierpinski's triangle: %g, not log 3 / log 2", (double)triangle);
  CHECK(near(rug, 1.893f, 0.03f), "Sierpinski's carpet: %g, not log 8 / log 3", (double)rug);
  CHECK(near(dimension_of(288, diagonal), 1, 0.02f), "diagonal of a side that 128 does not divide");
}

/* ---- zones ---- */

/* Spokes from the disc's centre: in each zone as long as the zone is wide. */
static void test_zones(void) {
  for (int spokes = 3; spokes <= 8; spokes++) {
    start(512);
    scale = 2;
    vm_optic_disc disc = {1, 512 + 20, 512 - 30, 80, 1}; /* radius 40 in the map */
    for (int k = 0; k < spokes; k++) {
      float a = 0.2f + 2 * PI * (float)k / (float)spokes;
      line(266, 241, 266 + 230 * cosf(a), 241 + 230 * sinf(a), 3);
    }
    vm_measures m[VM_REGIONS];
    take(&disc, m);
    float n = (float)spokes, b = n * 40, c = n * 120;
    CHECK(near(m[VM_ZONE_B].length * 512, b, 0.04f * b), "%d spokes: %g in zone B, not %g", spokes,
          (double)(m[VM_ZONE_B].length * 512), (double)b);
    CHECK(near(m[VM_ZONE_C].length * 512, c, 0.03f * c), "%d spokes: %g in zone C, not %g", spokes,
          (double)(m[VM_ZONE_C].length * 512), (double)c);
    CHECK(near(m[VM_ZONE_B].density, n * 3 * 40 / (PI * 40 * 40 * 5), 0.005f), "density of zone B %g",
          (double)m[VM_ZONE_B].density);
    CHECK(near(m[VM_ZONE_B].seen, 1, 0.01f) && near(m[VM_ZONE_C].seen, 1, 0.03f), "seen %g and %g",
          (double)m[VM_ZONE_B].seen, (double)m[VM_ZONE_C].seen);
    CHECK(m[VM_ZONE_B].branch_points == 0 && m[VM_ZONE_C].branch_points == 0 && m[VM_FIELD].branch_points == 1,
          "%d, %d and %d branch points", m[VM_ZONE_B].branch_points, m[VM_ZONE_C].branch_points,
          m[VM_FIELD].branch_points);
    CHECK(near(m[VM_ZONE_C].tortuosity, 1, 0.005f), "tortuosity in zone C %g", (double)m[VM_ZONE_C].tortuosity);
    CHECK(isnan(m[VM_ZONE_B].fractal_dimension) && near(m[VM_ZONE_C].fractal_dimension, 1, 0.2f),
          "dimension in zone C %g", (double)m[VM_ZONE_C].fractal_dimension);
    scale = 1;
  }
}

/* A zone that is mostly out of the picture is not measured. */
static void test_cut_zones(void) {
  start(512);
  line(50, 256, 460, 256, 4);
  vm_measures m[VM_REGIONS];
  take(&no_disc, m);
  CHECK(m[VM_ZONE_B].seen == 0 && m[VM_ZONE_C].seen == 0 && m[VM_FIELD].seen > 0.99f, "without a disc");
  vm_optic_disc edge = {1, 490, 256, 40, 1}; /* half of zone B is in the field, less of zone C */
  take(&edge, m);
  CHECK(m[VM_ZONE_C].seen == 0, "zone C seen %g", (double)m[VM_ZONE_C].seen);
  /* a photograph that shows the left half of the field */
  CHECK(vessels_measure(map, size, 0.5f, whole(), 256, 512, &no_disc, m), "out of memory");
  CHECK(near(m[VM_FIELD].seen, 0.5f, 0.01f), "half a field: seen %g", (double)m[VM_FIELD].seen);
  CHECK(near(m[VM_FIELD].length * 512, 206, 6), "half a field: length %g", (double)(m[VM_FIELD].length * 512));
}

/* ---- what no photograph should bring ---- */

static void test_strange(void) {
  start(512);
  vm_measures m = field();
  CHECK(m.density == 0 && m.length == 0 && m.branch_points == 0 && isnan(m.width) && isnan(m.tortuosity) &&
            isnan(m.fractal_dimension) && m.seen > 0.99f,
        "an empty map");
  for (int i = 0; i < size * size; i++) map[i] = 1;
  m = field();
  CHECK(m.density == 1 && m.branch_points <= 4, "a full map: density %g, %d branch points", (double)m.density,
        m.branch_points);
  for (int i = 0; i < size * size; i++) map[i] = (float)((i % size + i / size) % 2);
  m = field();
  CHECK(near(m.density, 0.5f, 0.01f), "a chessboard: density %g", (double)m.density);
  for (int i = 0; i < size * size; i++) map[i] = NAN;
  CHECK(field().density == 0, "no numbers");
  uint32_t state = 1;
  for (int i = 0; i < size * size; i++) state = state * 1664525u + 1013904223u, map[i] = (float)(state >> 31);
  m = field();
  CHECK(near(m.density, 0.5f, 0.01f) && m.branch_points > 1000, "noise: density %g, %d branch points",
        (double)m.density, m.branch_points);
}

/* Thinning keeps the number of pieces and leaves lines that are one pixel wide. */
static void test_thin(void) {
  enum { SIDE = 130 };
  uint8_t m[SIDE * SIDE] = {0};
  for (int j = 1; j < SIDE - 1; j++)
    for (int i = 1; i < SIDE - 1; i++) m[j * SIDE + i] = (i / 10 + j / 10) % 3 == 0 || (i > 60 && i < 70);
  CHECK(skeleton_thin(m, SIDE), "out of memory");
  int blocks = 0;
  for (int j = 1; j < SIDE - 1; j++)
    for (int i = 1; i < SIDE - 1; i++)
      blocks += m[j * SIDE + i] && m[j * SIDE + i + 1] && m[(j + 1) * SIDE + i] && m[(j + 1) * SIDE + i + 1];
  CHECK(blocks == 0, "%d squares of four pixels are left", blocks);
}

/* What is measured on the vessels of two phantoms, to five digits: numbers of this code's own, which hold its steps in place.
 * Of the second the photograph shows a part. */
static void test_pinned(void) {
  static const struct {
    uint32_t seed;
    int width, height;
    float want[VM_REGIONS][8];
  } all[] = {{4,
              512,
              512,
              {{1, 0.050171934f, 5.0665574f, 6.450798f, 0.0077957022f, 22, 1.2397131f, 1.0336541f},
               {0.99980694f, 0.071349263f, 0.43327543f, 5.4830098f, 0.013012791f, 0, NAN, 1.0073115f},
               {0.87446564f, 0.049529541f, 1.2285514f, 4.2322512f, 0.011709093f, 1, 0.97428101f, 1.0300236f}}},
             {7,
              430,
              380,
              {{0.70101559f, 0.067865312f, 3.997483f, 7.2605567f, 0.0093576191f, 14, 1.2829968f, 1.0224599f},
               {1, 0.092437483f, 0.4774631f, 7.5967522f, 0.012184006f, 1, NAN, 1.0067999f},
               {0.83245128f, 0.070471957f, 1.3277955f, 6.0461988f, 0.011678563f, 2, 1.0439157f, 1.0150856f}}}};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    const vm_phantom_spec spec = {.seed = all[k].seed, .width = 512, .height = 512, .disc = {256, 256, 256}};
    uint8_t *rgba = malloc((size_t)512 * 512 * 4), *mask = malloc((size_t)512 * 512);
    vm_phantom_marks marks;
    CHECK(vm_phantom(&spec, rgba, mask, NULL, NULL, NULL) == VM_OK && vm_phantom_find(&spec, &marks, NULL) == VM_OK,
          "draw");
    start(512);
    for (int i = 0; i < 512 * 512; i++) map[i] = mask[i] ? 0.5f : 0.4999f;
    const vm_disc d = marks.optic_disc;
    const vm_optic_disc disc = {.found = 1, .x = d.x, .y = d.y, .radius = d.radius, .confidence = 1};
    vm_measures m[VM_REGIONS];
    CHECK(vessels_measure(map, 512, 0.5f, spec.disc, all[k].width, all[k].height, &disc, m), "out of memory");
    for (int r = 0; r < VM_REGIONS; r++) {
      const float got[] = {m[r].seen,
                           m[r].density,
                           m[r].length,
                           m[r].length_density,
                           m[r].width,
                           (float)m[r].branch_points,
                           m[r].fractal_dimension,
                           m[r].tortuosity};
      for (int i = 0; i < 8; i++) {
        float want = all[k].want[r][i];
        CHECK((isnan(got[i]) && isnan(want)) || fabsf(got[i] - want) <= 1e-5f * fabsf(want),
              "phantom %zu, region %d, number %d: %.8g, not %.8g", k, r, i, (double)got[i], (double)want);
      }
    }
    free(rgba), free(mask);
  }
}

/* A picture and its mirror images are filled alike, up to the border: the grids of boxes lie evenly over it. */
static void test_mirrored(void) {
  enum { N = 256 };
  uint8_t *m = calloc(N * N, 1), *mirrored = malloc(N * N);
  uint32_t state = 7;
  for (int i = 0; i < N * N; i++) {
    state = state * 1664525u + 1013904223u;
    int y = i / N, x = i % N;
    m[i] = state >> 24 < (y < 8 || x < 6 ? 120 : y > 240 || x > 244 ? 60 : 4);
  }
  float d = vessels_box_dimension(m, N);
  CHECK(d > 1 && d < 2, "%g", (double)d);
  for (int k = 1; k < 8; k++) {
    for (int y = 0; y < N; y++)
      for (int x = 0; x < N; x++) {
        int from_x = k & 1 ? N - 1 - x : x, from_y = k & 2 ? N - 1 - y : y;
        mirrored[y * N + x] = k & 4 ? m[from_x * N + from_y] : m[from_y * N + from_x];
      }
    float again = vessels_box_dimension(mirrored, N);
    CHECK(fabsf(again - d) < 1e-6f, "mirrored, %d: %g, not %g", k, (double)again, (double)d);
  }
  free(m), free(mirrored);
}

/* The nearest outside pixel by 3 a straight and 4 a diagonal step. */
static int nearest_outside(const uint8_t *shape, int side, int at) {
  int least = 60000;
  for (int k = 0; k < side * side; k++) {
    int dx = abs(k % side - at % side), dy = abs(k / side - at / side), few = dx < dy ? dx : dy,
        many = dx < dy ? dy : dx;
    if (!shape[k] && 3 * (many - few) + 4 * few < least) least = 3 * (many - few) + 4 * few;
  }
  return least;
}

/* Of shapes full, sparse and in between, whose ends lie anywhere in the eight bytes that are read at a time. */
static void test_distance(void) {
  enum { SIDE = 37 };
  for (uint32_t density = 1; density < 16; density++) {
    uint8_t shape[SIDE * SIDE] = {0};
    uint16_t distance[SIDE * SIDE];
    uint32_t state = density;
    int wrong = 0;
    for (int y = 1; y + 1 < SIDE; y++)
      for (int x = 1; x + 1 < SIDE; x++) {
        state = state * 1664525u + 1013904223u;
        shape[y * SIDE + x] = density == 15 || (state >> 16) % 16 < density;
      }
    skeleton_distance(shape, SIDE, distance);
    for (int at = 0; at < SIDE * SIDE; at++)
      wrong += distance[at] != (shape[at] ? nearest_outside(shape, SIDE, at) : 0);
    CHECK(wrong == 0, "density %u: %d pixels", density, wrong);
  }
}

int main(void) {
  test_distance();
  test_line();
  test_scale();
  test_arcs();
  test_crossings();
  test_tree();
  test_rough();
  test_specks();
  test_least();
  test_dimension();
  test_mirrored();
  test_zones();
  test_cut_zones();
  test_strange();
  test_thin();
  test_pinned();
  free(map);
  return check_end();
}
