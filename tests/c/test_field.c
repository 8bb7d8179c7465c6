/* The field of view, against phantoms whose circle is known. */
#include "bright.h"
#include "check.h"
#include "field.h"
#include "phantom.h"
#include "square.h"

typedef struct shot {
  const char *name;
  int width, height;
  float x, y, radius, brightness;
} shot;

static uint8_t *draw(const shot *s, uint8_t *vessels) {
  uint8_t *rgba = malloc((size_t)s->width * (size_t)s->height * 4);
  vm_phantom_spec spec = {
      .seed = 3, .width = s->width, .height = s->height, .disc = {s->x, s->y, s->radius}, .brightness = s->brightness};
  vm_error err;
  CHECK(rgba != NULL && vm_phantom(&spec, rgba, vessels, NULL, NULL, &err) == VM_OK, "%s", err.text);
  return rgba;
}

/* why: words that only this refusal says */
static void refuse(const char *what, uint8_t *rgba, int w, int h, const char *why) {
  vm_disc d;
  vm_error err = {0};
  CHECK(vm_find_disc(rgba, w, h, &d, &err) == VM_ERR_NOT_FUNDUS, "%s: not refused", what);
  CHECK(strstr(err.text, why) != NULL, "%s: refused, but not for \"%s\": %s", what, why, err.text);
  CHECK(strstr(err.text, "; give a colour photograph") != NULL || strstr(err.text, "; cut the photograph out") != NULL,
        "%s: no remedy in: %s", what, err.text);
}
#define BLANK "the picture is blank"
#define GREY "the picture is grey"
#define NOT_ROUND "no round field of view"
#define ON_WHITE "the background is white"

static void test_circle(void) {
  static const shot shots[] = {
      {"round", 1024, 1024, 512, 512, 490, 1},
      {"touching the frame", 800, 800, 400, 400, 400, 1},
      {"cut at top and bottom", 1280, 900, 640, 450, 520, 1},
      {"cut hard at top and bottom", 1600, 900, 800, 450, 700, 1},
      {"off-centre", 1400, 1000, 520, 560, 400, 1},
      {"cut on one side", 1000, 1000, 380, 500, 460, 1},
      {"dark", 1024, 1024, 500, 520, 470, 0.22f},
      {"very dark", 1024, 1024, 500, 520, 470, 0.12f},
      {"tiny", 2000, 1500, 1200, 700, 180, 1},
      {"small photograph", 256, 256, 128, 128, 120, 1},
      {"large photograph", 4000, 3000, 2010, 1490, 1400, 1},
      {"not on whole pixels", 1024, 768, 500.37f, 380.71f, 340.6f, 1},
  };
  /* what this code finds, to a fiftieth of a pixel */
  static const vm_disc pinned[sizeof shots / sizeof *shots] = {
      {511.995f, 512.004f, 490.724f}, {400.473f, 400.478f, 400.575f},    {640.234f, 450.257f, 520.890f},
      {800.401f, 450.476f, 701.163f}, {520.475f, 560.474f, 401.015f},    {380.545f, 500.508f, 460.696f},
      {499.996f, 520.004f, 470.709f}, {499.993f, 520.003f, 470.369f},    {1200.442f, 700.460f, 181.451f},
      {127.998f, 128.001f, 120.375f}, {2010.422f, 1490.478f, 1402.838f}, {500.370f, 380.727f, 341.331f}};
  for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
    const shot *s = &shots[i];
    uint8_t *rgba = draw(s, NULL);
    vm_disc d = {0};
    vm_error err = {0};
    bool found = vm_find_disc(rgba, s->width, s->height, &d, &err) == VM_OK;
    CHECK(found, "%s: %s", s->name, err.text);
    float one_percent = 0.01f * s->radius;
    CHECK(fabsf(d.x - s->x) < one_percent && fabsf(d.y - s->y) < one_percent &&
              fabsf(d.radius - s->radius) < one_percent,
          "%s: found %.2f %.2f %.2f, true %.2f %.2f %.2f", s->name, (double)d.x, (double)d.y, (double)d.radius,
          (double)s->x, (double)s->y, (double)s->radius);
    const vm_disc p = pinned[i];
    CHECK(fabsf(d.x - p.x) < 0.02f && fabsf(d.y - p.y) < 0.02f && fabsf(d.radius - p.radius) < 0.02f,
          "%s: found {%.3ff, %.3ff, %.3ff}, as before {%.3f, %.3f, %.3f}", s->name, (double)d.x, (double)d.y,
          (double)d.radius, (double)p.x, (double)p.y, (double)p.radius);
    free(rgba);
  }
}

/* Of a circle that is far wider than the photograph, the square around what is bright counts. */
static void test_part_of_a_field(void) {
  static const shot part = {"only the left rim", 600, 600, 520, 300, 500, 1};
  uint8_t *rgba = draw(&part, NULL);
  vm_disc d = {0};
  vm_error err = {0};
  CHECK(vm_find_disc(rgba, 600, 600, &d, &err) == VM_OK, "%s", err.text);
  CHECK(fabsf(d.x - 310) < 6 && fabsf(d.y - 300) < 6 && fabsf(d.radius - 300) < 6, "found %.2f %.2f %.2f", (double)d.x,
        (double)d.y, (double)d.radius);
  free(rgba);
}

/* A field wider than the photograph, which was squeezed to a square: its edge is seen in the corners alone. */
static void test_corners(void) {
  static const shot wide = {"corners", 800, 500, 400, 250, 430, 1};
  enum { SIDE = 500 };
  uint8_t *rgba = draw(&wide, NULL), *square = malloc(SIDE * SIDE * 4);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      memcpy(square + 4 * (y * SIDE + x), rgba + 4 * (y * wide.width + x * wide.width / SIDE), 4);
  vm_disc d = {0};
  vm_error err = {0};
  CHECK(vm_find_disc(square, SIDE, SIDE, &d, &err) == VM_OK, "%s", err.text);
  CHECK(fabsf(d.x - 250) < 1 && fabsf(d.y - 250) < 1 && fabsf(d.radius - 250) < 1, "found %.2f %.2f %.2f", (double)d.x,
        (double)d.y, (double)d.radius);
  const uint8_t *middle = square + 4 * (SIDE / 2 * SIDE + SIDE / 4);
  for (int y = 100; y < 200; y++)
    for (int x = 100; x < 200; x++) memset(square + 4 * (y * SIDE + x), 2, 3);
  refuse("dark elsewhere, too", square, SIDE, SIDE, NOT_ROUND);
  for (int i = 0; i < SIDE * SIDE; i++)
    if (square[4 * i] < 20) memcpy(square + 4 * i, middle, 4);
  refuse("no corner is dark", square, SIDE, SIDE, NOT_ROUND);
  free(rgba);
  free(square);
}

/* The truth, cut to the network's square and drawn back, must lie where it was. */
static void test_round_trip(void) {
  static const shot shots[] = {{"round", 1024, 1024, 512, 512, 490, 1},
                               {"cut", 1280, 900, 640, 450, 520, 1},
                               {"off-centre", 1400, 1000, 520, 560, 400, 1}};
  const int size = 1024;
  float *input = malloc((size_t)size * (size_t)size * 3 * sizeof *input),
        *map = malloc((size_t)size * (size_t)size * sizeof *map);
  for (size_t i = 0; i < 3; i++) {
    const shot *s = &shots[i];
    size_t pixels = (size_t)s->width * (size_t)s->height;
    uint8_t *truth = calloc(pixels, 1), *rgba = draw(s, truth);
    float *back = malloc(pixels * sizeof *back);
    for (size_t p = 0; p < pixels; p++) memset(rgba + 4 * p, truth[p], 3);
    vm_disc disc = {s->x, s->y, s->radius};
    CHECK(vm_prepare(rgba, s->width, s->height, disc, size, input, NULL) == VM_OK, "prepare");
    for (size_t p = 0; p < (size_t)size * (size_t)size; p++) map[p] = (input[3 * p] * 128 + 127) / 255;
    square_draw(map, size, disc, s->width, 0, s->height, back);
    size_t both = 0, either = 0;
    for (size_t p = 0; p < pixels; p++)
      both += truth[p] && back[p] >= 0.5f, either += (truth[p] != 0) + (back[p] >= 0.5f);
    double dice = 2.0 * (double)both / (double)either;
    CHECK(dice >= 0.98, "%s: Dice %.4f", s->name, dice);
    free(truth);
    free(rgba);
    free(back);
  }
  free(input);
  free(map);
}

/* Colour is the difference of red and blue: a retina without it is grey whatever else is right, and one whose green is as
 * strong as its red is not. */
static void test_colour(void) {
  static const shot s = {"colour", 400, 400, 200, 200, 180, 1};
  uint8_t *p = draw(&s, NULL);
  vm_disc d;
  for (int i = 0; i < 400 * 400; i++) p[4 * i + 1] = p[4 * i];
  CHECK(vm_find_disc(p, 400, 400, &d, NULL) == VM_OK, "yellow is a colour");
  for (int i = 0; i < 400 * 400; i++) p[4 * i + 1] = p[4 * i + 2] = p[4 * i];
  refuse("a retina in grey", p, 400, 400, GREY);
  free(p);
}

/* A flat shape in a retina's colours on black, given by the radius that it has in each direction. */
typedef bool (*shape)(float x, float y);
static const float SHAPE = 100; /* radius of its circle */

static bool in_ring(float x, float y) { /* 28 of 100 of the circle are bright */
  float r = hypotf(x, y);
  return r < SHAPE && r > 0.85f * SHAPE;
}
static bool in_arc(float x, float y) { /* an arc of 57 degrees of the circle, else a square well inside */
  float half = 0.65f * SHAPE;
  return hypotf(x, y) < SHAPE && (fabsf(atan2f(y, x)) < 0.5f || (fabsf(x) < half && fabsf(y) < half));
}
static bool in_tab(float x, float y) { /* the circle, and beside it a tenth of its area */
  return hypotf(x, y) < SHAPE || (x > 0 && x < 1.6f * SHAPE && fabsf(y) < 0.25f * SHAPE);
}
static bool in_circle(float x, float y) { return hypotf(x, y) < SHAPE; }

static uint8_t *draw_shape(shape in, int side) {
  uint8_t *p = calloc((size_t)side * (size_t)side, 4);
  for (int i = 0; i < side * side; i++)
    if (in((float)(i % side - side / 2), (float)(i / side - side / 2)))
      p[4 * i] = 180, p[4 * i + 1] = 90, p[4 * i + 2] = 40;
  return p;
}

/* What has a circle's edge but is no bright disc on black. */
static void test_shapes(void) {
  enum { SIDE = 400 };
  static const struct {
    const char *name;
    shape in;
  } wrong[] = {{"a ring", in_ring}, {"an arc", in_arc}, {"light beside the circle", in_tab}};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    uint8_t *p = draw_shape(wrong[k].in, SIDE);
    refuse(wrong[k].name, p, SIDE, SIDE, NOT_ROUND);
    free(p);
  }
  uint8_t *p = draw_shape(in_circle, SIDE);
  vm_disc d = {0};
  CHECK(vm_find_disc(p, SIDE, SIDE, &d, NULL) == VM_OK, "a circle is refused");
  /* The edge is where the light reaches a seventh of the circle's: outside the middle between two pixels. */
  CHECK(fabsf(d.x - 200.5f) < 0.1f && fabsf(d.y - 200.5f) < 0.1f && d.radius > SHAPE && d.radius < SHAPE + 0.45f,
        "found %.2f %.2f %.2f", (double)d.x, (double)d.y, (double)d.radius);
  free(p);
}

static void test_refusals(void) {
  enum { W = 400, H = 300 };
  uint8_t *p = malloc(W * H * 4);
  memset(p, 0, W * H * 4);
  refuse("all black", p, W, H, BLANK);
  memset(p, 255, W * H * 4);
  refuse("all white", p, W, H, ON_WHITE);
  memset(p, 251, W * H * 4); /* a colour print on white: nothing is brighter by what an edge needs */
  for (int i = 0; i < 20000; i++) p[4 * (i + 40000)] = 255, p[4 * (i + 40000) + 2] = 240;
  refuse("on white", p, W, H, ON_WHITE);
  memset(p, 160, W * H * 4);
  refuse("all light grey", p, W, H, ON_WHITE);
  memset(p, 159, W * H * 4);
  refuse("a grey that is not light", p, W, H, BLANK);
  for (int i = 0; i < W * H; i++) memset(p + 4 * i, (i % W) * 255 / W, 4);
  refuse("a grey ramp", p, W, H, GREY);
  uint32_t r = 1;
  for (int i = 0; i < W * H * 4; i++) p[i] = (uint8_t)((r = r * 1664525u + 1013904223u) >> 24);
  refuse("noise", p, W, H, NOT_ROUND);
  for (int i = 0; i < W * H; i++) { /* a bright square on black, in colour */
    bool in = i % W > 100 && i % W < 300 && i / W > 50 && i / W < 250;
    p[4 * i] = in ? 200 : 2, p[4 * i + 1] = in ? 110 : 2, p[4 * i + 2] = in ? 60 : 2;
  }
  refuse("a square", p, W, H, NOT_ROUND);
  CHECK(vm_find_disc(NULL, W, H, &(vm_disc){0}, NULL) == VM_ERR_ARGUMENT, "no pixels");
  CHECK(vm_find_disc(p, 0, H, &(vm_disc){0}, NULL) == VM_ERR_TOO_SMALL, "no width");
  CHECK(vm_find_disc(p, W, VM_MIN_SIDE - 1, &(vm_disc){0}, NULL) == VM_ERR_TOO_SMALL, "a low picture");
  free(p);
}

/* Before anything is counted: the counters of find_disc hold what a photograph within the limits needs, and no more. */
static void test_limits(void) {
  uint8_t *p = calloc((size_t)140000 * VM_MIN_SIDE, 4);
  vm_disc d;
  vm_error err = {0};
  CHECK(vm_find_disc(p, VM_MAX_SIDE + 1, VM_MIN_SIDE, &d, &err) == VM_ERR_TOO_LARGE, "%s", err.text);
  CHECK(vm_find_disc(p, 140000, VM_MIN_SIDE, &d, &err) == VM_ERR_TOO_LARGE, "%s", err.text);
  CHECK(strstr(err.text, "140000 x 256 pixels are over the limit of 8192") != NULL, "%s", err.text);
  free(p);
}

/* A disc that is no disc, or so far away that no whole number holds its place. */
static void test_strange_discs(void) {
  static const vm_disc bad[] = {{NAN, 200, 200},   {200, NAN, 200},   {200, 200, NAN},  {1e30f, 200, 200},
                                {200, -1e30f, 20}, {200, 200, 1e30f}, {200, 200, -5},   {200, INFINITY, 50},
                                {200, 200, 0.5f},  {-8193, 200, 20},  {200, 16385, 20}, {200, 200, 8193}};
  uint8_t *p = calloc((size_t)400 * 400, 4);
  float *out = malloc(256 * 256 * 3 * sizeof *out);
  vm_error err = {0};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const vm_phantom_spec spec = {.width = 400, .height = 400, .disc = bad[i]};
    vm_phantom_marks marks;
    CHECK(vm_prepare(p, 400, 400, bad[i], 256, out, &err) == VM_ERR_ARGUMENT, "prepare: disc %zu taken", i);
    CHECK(strstr(err.text, "a disc of radius 1 to 8192 with its centre within -8192 to 16384") != NULL, "%s", err.text);
    CHECK(vm_phantom(&spec, p, NULL, NULL, NULL, &err) == VM_ERR_ARGUMENT, "phantom: disc %zu taken", i);
    CHECK(strstr(err.text, "radius must be 1 to 8192") != NULL, "%s", err.text);
    CHECK(vm_phantom_find(&spec, &marks, NULL) == VM_ERR_ARGUMENT, "marks: disc %zu taken", i);
  }
  const vm_disc far = {-8192, 16384, 8192};
  CHECK(vm_prepare(p, 400, 400, far, 256, out, &err) == VM_OK, "%s", err.text);
  CHECK(vm_prepare(p, VM_MAX_SIDE + 1, 1, (vm_disc){50, 50, 50}, 256, out, &err) == VM_ERR_ARGUMENT, "a wide picture");
  free(p);
  free(out);
}

/* A cell is in view where its middle lies in the circle and in the photograph, whose right and lower border are out of it. */
static void test_in_view(void) {
  const vm_disc d = {7.5f, 7.5f, 8}; /* cell i of 16 has its middle at pixel i */
  CHECK(square_in_view(d, 16, 0, 7, 16, 16) && square_in_view(d, 16, 7, 0, 16, 16), "on the left and upper border");
  CHECK(!square_in_view(d, 16, 15, 7, 15, 16) && !square_in_view(d, 16, 7, 15, 16, 15), "on the right and lower one");
  CHECK(square_in_view(d, 16, 15, 7, 16, 16) && square_in_view(d, 16, 7, 15, 16, 16), "inside of these");
  CHECK(!square_in_view(d, 16, 0, 0, 16, 16) && !square_in_view(d, 16, 15, 15, 16, 16), "in a corner");
  CHECK(square_in_view(d, 16, 2, 2, 16, 16) && !square_in_view(d, 16, 1, 1, 16, 16), "near it");
}

static void test_phantom_limits(void) {
  static uint8_t rgba[4];
  vm_error err = {0};
  CHECK(vm_phantom(&(vm_phantom_spec){.width = 8000, .height = 6000}, rgba, NULL, NULL, NULL, &err) == VM_ERR_ARGUMENT,
        "48 megapixels");
  CHECK(strstr(err.text, "sides must be 256 to 8192 and at most 40 megapixels") != NULL, "%s", err.text);
  CHECK(vm_phantom(&(vm_phantom_spec){.width = 300, .height = 8193}, rgba, NULL, NULL, NULL, &err) == VM_ERR_ARGUMENT,
        "too high");
  CHECK(vm_phantom(&(vm_phantom_spec){.width = 8193, .height = 300}, rgba, NULL, NULL, NULL, &err) == VM_ERR_ARGUMENT,
        "too wide");
}

/* Each argument by itself. */
static void test_arguments(void) {
  static uint8_t p[64 * 64 * 4];
  static float out[256 * 256 * 3];
  const vm_disc d = {32, 32, 32};
  vm_error err = {0};
  CHECK(vm_prepare(p, 64, 64, d, 256, out, &err) == VM_OK, "%s", err.text);
  CHECK(vm_prepare(p, 1, 1, d, 1, out, &err) == VM_OK, "%s", err.text);
  CHECK(vm_prepare(NULL, 64, 64, d, 256, out, &err) == VM_ERR_ARGUMENT, "no pixels");
  CHECK(vm_prepare(p, 64, 64, d, 256, NULL, &err) == VM_ERR_ARGUMENT, "no place for the input");
  CHECK(vm_prepare(p, 0, 64, d, 256, out, &err) == VM_ERR_ARGUMENT, "no width");
  CHECK(vm_prepare(p, 64, 0, d, 256, out, &err) == VM_ERR_ARGUMENT, "no height");
  CHECK(vm_prepare(p, 1, VM_MAX_SIDE + 1, d, 256, out, &err) == VM_ERR_ARGUMENT, "a tall picture");
  CHECK(vm_prepare(p, 64, 64, d, 0, out, &err) == VM_ERR_ARGUMENT, "no size");
  CHECK(vm_prepare(p, 64, 64, d, VM_SIZE_MAX + 1, out, &err) == VM_ERR_ARGUMENT, "too large a size");
  CHECK(strstr(err.text, "a size of 1 to 1024") != NULL, "%s", err.text);
}

/* A drawn map is straight between the middles of its cells, across and down, and 0 outside of the circle. */
static void test_draw(void) {
  enum { SIDE = 16, W = 90, H = 80 };
  static float map[SIDE * SIDE], out[W * H];
  static const vm_disc discs[] = {{44.3f, 39.8f, 36.7f}, {20, 70, 45}, {45, 40, 4}};
  for (int i = 0; i < SIDE * SIDE; i++) map[i] = (float)(i * i % 37) / 37;
  for (size_t k = 0; k < sizeof discs / sizeof *discs; k++) {
    const vm_disc d = discs[k];
    square_draw(map, SIDE, d, W, 0, H, out);
    float most = 0;
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        float dx = (float)x + 0.5f - d.x, dy = (float)y + 0.5f - d.y, far = hypotf(dx, dy) - d.radius;
        float u = fminf(fmaxf((dx / d.radius + 1) * (float)SIDE / 2 - 0.5f, 0), SIDE - 1);
        float v = fminf(fmaxf((dy / d.radius + 1) * (float)SIDE / 2 - 0.5f, 0), SIDE - 1);
        int i = (int)fminf(u, SIDE - 2), j = (int)fminf(v, SIDE - 2);
        const float *c = map + j * SIDE + i;
        float a = u - (float)i, b = v - (float)j;
        float want = (1 - b) * ((1 - a) * c[0] + a * c[1]) + b * ((1 - a) * c[SIDE] + a * c[SIDE + 1]);
        if (far > 1) most = fmaxf(most, fabsf(out[y * W + x]));
        if (far < 0) most = fmaxf(most, fabsf(out[y * W + x] - want));
      }
    CHECK(most < 1e-4f, "disc %zu: %g off", k, (double)most);
  }
}

/* Of one grey all over, each position is that grey, at the photograph's border too; beyond it all is black. */
static void test_border(void) {
  enum { W = 700, H = 600, N = 256 };
  static const vm_disc discs[] = {{600, 500, 330}, {90, 110, 250}, {350, 300, 500}, {690, 20, 60}};
  uint8_t *p = malloc(W * H * 4);
  float *out = malloc((size_t)N * N * 3 * sizeof *out);
  memset(p, 191, W * H * 4);
  for (size_t k = 0; k < sizeof discs / sizeof *discs; k++) {
    const vm_disc d = discs[k];
    CHECK(vm_prepare(p, W, H, d, N, out, NULL) == VM_OK, "prepare %zu", k);
    float off = 0;
    for (int i = 0; i < N * N; i++) {
      float x = d.x - d.radius + ((float)(i % N) + 0.5f) * 2 * d.radius / (float)N,
            y = d.y - d.radius + ((float)(i / N) + 0.5f) * 2 * d.radius / (float)N;
      float want = x >= 0 && y >= 0 && x < (float)W && y < (float)H ? 0.5f : -127.0f / 128;
      for (int c = 0; c < 3; c++) off = fmaxf(off, fabsf(out[3 * i + c] - want));
    }
    CHECK(off < 1e-4f, "disc %zu: %g off", k, (double)off);
  }
  free(p);
  free(out);
}

/* On any number of threads the same numbers, to the bit: shrunk, enlarged, and beyond the photograph's edges. */
static void test_threads(void) {
  enum { WIDTH = 1201, HEIGHT = 803, MOST = 7 };
  static const vm_disc discs[] = {{600, 400, 390}, {600, 400, 700}, {300, 200, 60}, {-20, 900, 333}};
  static const int sizes[] = {256, 512, 5};
  uint8_t *p = malloc((size_t)WIDTH * HEIGHT * 4);
  float *one = malloc((size_t)512 * 512 * 3 * sizeof *one), *many = malloc((size_t)512 * 512 * 3 * sizeof *many);
  unsigned seed = 1;
  for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 4; i++) p[i] = (uint8_t)((seed = seed * 69069u + 1) >> 24);
  for (size_t threads = 2; threads <= MOST; threads++) {
    pthreadpool_t pool = pthreadpool_create(threads);
    for (size_t k = 0; k < sizeof discs / sizeof *discs * 3; k++) {
      const int size = sizes[k % 3];
      const size_t bytes = (size_t)(size * size * 3) * sizeof *one;
      memset(many, 0xff, bytes);
      CHECK(vm_prepare(p, WIDTH, HEIGHT, discs[k / 3], size, one, NULL) == VM_OK &&
                square_prepare(p, WIDTH, HEIGHT, discs[k / 3], size, pool, many, NULL) == VM_OK,
            "prepare %zu", k);
      CHECK(memcmp(one, many, bytes) == 0, "disc %zu, size %d: %zu threads give other numbers", k / 3, size, threads);
    }
    pthreadpool_destroy(pool);
  }
  free(p);
  free(one);
  free(many);
}

/* Constant in, constant out: the filter's weights add up to 1 at every scale. */
static void test_filter(void) {
  for (int width = 257; width < 1500; width += 311) {
    size_t n = (size_t)width * (size_t)width;
    uint8_t *p = malloc(n * 4);
    float *out = malloc(256 * 256 * 3 * sizeof *out), worst = 0;
    memset(p, 191, n * 4);
    vm_disc d = {(float)width / 2, (float)width / 2, (float)width / 2.2f};
    CHECK(vm_prepare(p, width, width, d, 256, out, NULL) == VM_OK, "prepare %d", width);
    for (int i = 0; i < 256 * 256 * 3; i++) worst = fmaxf(worst, fabsf(out[i] - 0.5f));
    CHECK(worst < 1e-4f, "width %d: off by %g", width, (double)worst);
    free(p);
    free(out);
  }
}

static void test_phantom_is_repeatable(void) {
  enum { N = 300 };
  uint8_t *a = malloc(N * N * 4), *b = malloc(N * N * 4), *v = malloc(N * N), *l = malloc(N * N);
  vm_phantom_spec spec = {.seed = 11, .width = N, .height = N, .lesions = 7};
  CHECK(vm_phantom(&spec, a, v, l, NULL, NULL) == VM_OK && vm_phantom(&spec, b, NULL, NULL, NULL, NULL) == VM_OK,
        "draw");
  CHECK(memcmp(a, b, N * N * 4) == 0, "two drawings of one spec differ");
  size_t vessel = 0, lesion = 0;
  for (int i = 0; i < N * N; i++) vessel += v[i] == 255, lesion += l[i] == 255;
  CHECK(vessel > 1500 && vessel < N * N / 5, "%zu vessel pixels", vessel);
  CHECK(lesion > 100 && lesion < N * N / 10, "%zu lesion pixels", lesion);
  spec.seed = 12;
  CHECK(vm_phantom(&spec, b, NULL, NULL, NULL, NULL) == VM_OK && memcmp(a, b, N * N * 4) != 0, "the seed does nothing");
  spec.width = VM_MIN_SIDE - 1;
  CHECK(vm_phantom(&spec, b, NULL, NULL, NULL, NULL) == VM_ERR_ARGUMENT, "too small a side is taken");
  free(a), free(b), free(v), free(l);
}

static int green(const uint8_t *rgba, int side, float x, float y) {
  return rgba[4 * ((size_t)y * (size_t)side + (size_t)x) + 1];
}

/* What a seed draws stays what it was: links and lessons name phantoms by it. */
static void test_phantom_stays(void) {
  enum { N = 300 };
  uint8_t *p = malloc(N * N * 4);
  vm_phantom_spec spec = {.seed = 11, .width = N, .height = N, .lesions = 7};
  CHECK(vm_phantom(&spec, p, NULL, NULL, NULL, NULL) == VM_OK, "draw");
  uint32_t sum = 2166136261u; /* FNV-1a */
  for (int i = 0; i < N * N * 4; i++) sum = (sum ^ p[i]) * 16777619u;
  CHECK(sum == 0x71ae1ef8u, "other pixels than before: 0x%08x", sum);
  free(p);
}

/* Wider vessels, and nothing else: the width that is told grows as the calibre does, and so do the pixels of vessels. */
static void test_phantom_calibre(void) {
  enum { N = 512 };
  static const float calibres[] = {0.6f, 0.8f, 1, 1.3f, 1.6f};
  uint8_t *plain = malloc(N * N * 4), *p = malloc(N * N * 4), *vessels = malloc(N * N), *lesions = malloc(N * N),
          *same = malloc(N * N);
  for (uint32_t seed = 3; seed < 6; seed++) {
    vm_phantom_spec spec = {.seed = seed, .width = N, .height = N, .lesions = VM_LESION_EXUDATES};
    vm_phantom_marks at, usual;
    CHECK(vm_phantom(&spec, plain, NULL, same, NULL, NULL) == VM_OK && vm_phantom_find(&spec, &usual, NULL) == VM_OK,
          "draw");
    size_t before = 0;
    for (int k = 0; k < 5; k++) {
      spec.calibre = calibres[k];
      CHECK(vm_phantom(&spec, p, vessels, lesions, NULL, NULL) == VM_OK && vm_phantom_find(&spec, &at, NULL) == VM_OK,
            "seed %u, calibre %g", seed, (double)calibres[k]);
      size_t area = 0;
      for (int i = 0; i < N * N; i++) area += vessels[i] == 255;
      CHECK(area > before, "seed %u, calibre %g: %zu vessel pixels after %zu", seed, (double)calibres[k], area, before);
      before = area;
      CHECK(fabsf(at.vessel_width / usual.vessel_width - calibres[k]) < 1e-3f, "width %g at calibre %g, else %g",
            (double)at.vessel_width, (double)calibres[k], (double)usual.vessel_width);
      CHECK(memcmp(&at.optic_disc, &usual.optic_disc, sizeof at.optic_disc) == 0 && at.fovea_x == usual.fovea_x,
            "the calibre moves landmarks");
      CHECK(memcmp(lesions, same, N * N) == 0, "the calibre moves lesions");
      CHECK((memcmp(p, plain, N * N * 4) == 0) == (calibres[k] == 1), "calibre %g", (double)calibres[k]);
    }
  }
  static const float wrong[] = {0.5f, 1.7f, -1, NAN, INFINITY};
  for (int k = 0; k < 5; k++) {
    vm_phantom_spec spec = {.seed = 1, .width = N, .height = N, .calibre = wrong[k]};
    vm_error err;
    CHECK(vm_phantom(&spec, p, NULL, NULL, NULL, &err) == VM_ERR_ARGUMENT && strstr(err.text, "0.6 to 1.6") != NULL,
          "calibre %g is taken", (double)wrong[k]);
  }
  free(plain), free(p), free(vessels), free(lesions), free(same);
}

/* The landmarks are where the picture shows them: the disc's cup is its brightest place, its rim ends at the radius, and
 * the fovea is darker than what lies around it. */
static void test_phantom_landmarks(void) {
  enum { N = 512 };
  uint8_t *p = malloc(N * N * 4), *vessels = malloc(N * N);
  for (uint32_t seed = 0; seed < 24; seed++) {
    vm_phantom_spec spec = {.seed = seed, .width = N, .height = N};
    if (seed % 3 == 0) spec.disc = (vm_disc){230, 270, 200}; /* off-centre too */
    vm_phantom_marks at;
    CHECK(vm_phantom(&spec, p, vessels, NULL, NULL, NULL) == VM_OK && vm_phantom_find(&spec, &at, NULL) == VM_OK,
          "seed %u", seed);
    vm_disc d = at.optic_disc;
    float away = d.x > at.fovea_x ? 1 : -1; /* the side of the disc with the shorter vessels */
    int rim = green(p, N, d.x + away * 0.9f * d.radius, d.y), out = green(p, N, d.x + away * 1.2f * d.radius, d.y);
    size_t on_vessel = vessels[(size_t)d.y * N + (size_t)(d.x + away * 0.9f * d.radius)] +
                       vessels[(size_t)d.y * N + (size_t)(d.x + away * 1.2f * d.radius)];
    CHECK(on_vessel > 0 || rim > out + 25, "seed %u: rim %d, outside %d", seed, rim, out);
    int fovea = green(p, N, at.fovea_x, at.fovea_y), lighter = 0;
    for (int k = -1; k <= 1; k += 2) {
      lighter += green(p, N, at.fovea_x + (float)k * 1.6f * d.radius, at.fovea_y) > fovea + 10;
      lighter += green(p, N, at.fovea_x, at.fovea_y + (float)k * 1.6f * d.radius) > fovea + 10;
    }
    CHECK(lighter >= 2, "seed %u: the fovea is no dark place", seed); /* a vessel may run on one side */
  }
  CHECK(vm_phantom_find(NULL, &(vm_phantom_marks){0}, NULL) == VM_ERR_ARGUMENT, "no spec");
  CHECK(vm_phantom_find(&(vm_phantom_spec){.width = N, .height = N}, NULL, NULL) == VM_ERR_ARGUMENT,
        "nowhere to write");
  free(p), free(vessels);
}

/* Copies a picture of n x n into another at (x, y); light multiplies it. */
/* Only what falls inside the picture. */
static void put(uint8_t *to, int width, int height, const uint8_t *from, int n, int x, int y, float light) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < 4 * n; i++) {
      if (y + j < 0 || y + j >= height || x + i / 4 < 0 || x + i / 4 >= width) continue;
      uint8_t v = from[j * 4 * n + i];
      to[((y + j) * width + x) * 4 + i] = i % 4 == 3 ? 255 : (uint8_t)((float)v * light);
    }
}

static void fill(uint8_t *p, int n, uint8_t r, uint8_t g, uint8_t b) {
  for (int i = 0; i < n; i++) p[4 * i] = r, p[4 * i + 1] = g, p[4 * i + 2] = b, p[4 * i + 3] = 255;
}

/* A column of light in a picture of n pixels a side, drawn at 256: the filter is a triangle as wide as a cell to either side
 * where the picture is shrunk, and as wide as a pixel where it is enlarged. */
static void check_filter(int n) {
  enum { S = 256 };
  const float step = (float)n / (float)S, support = fmaxf(step, 1);
  const int column = n / 2 - 2, middle = (int)((float)column / step);
  uint8_t *p = malloc((size_t)n * (size_t)n * 4);
  float *out = malloc((size_t)S * S * 3 * sizeof *out), half = (float)n / 2;
  fill(p, n * n, 0, 0, 0);
  for (int j = 0; j < n; j++) fill(p + 4 * (j * n + column), 1, 240, 240, 240);
  CHECK(vm_prepare(p, n, n, (vm_disc){half, half, half}, S, out, NULL) == VM_OK, "prepare");
  for (int i = middle - 4; i < middle + 5; i++) {
    float sum = 0, seen = 0;
    for (int x = 0; x < n; x++) {
      float w = fmaxf(1 - fabsf((float)x + 0.5f - ((float)i + 0.5f) * step) / support, 0);
      sum += w, seen += x == column ? w : 0;
    }
    float got = out[(S / 2 * S + i) * 3] * 128 + 127, want = 240 * seen / sum;
    CHECK(fabsf(got - want) < 0.6f, "%d pixels, cell %d: %.2f, not %.2f", n, i, (double)got, (double)want);
  }
  free(p), free(out);
}

/* Two eyes side by side or stacked, four fields, on black or on a white sheet: no one of them is taken in silence. */
static void test_several_fields(void) {
  enum { N = 400 };
  static const shot one = {"an eye", N, N, 200, 200, 190, 1};
  static const struct {
    const char *name;
    int width, height, count, at[4][2];
    float light;
    uint8_t ground;
  } sheets[] = {{"side by side", 820, 420, 2, {{5, 10}, {415, 10}}, 1, 0},
                {"touching", 780, 400, 2, {{0, 0}, {380, 0}}, 1, 0},
                {"stacked", 420, 820, 2, {{10, 5}, {10, 415}}, 1, 0},
                {"four", 830, 830, 4, {{5, 5}, {420, 5}, {5, 420}, {420, 420}}, 1, 0},
                {"the second darker", 820, 420, 2, {{5, 10}, {415, 10}}, 0.4f, 0},
                {"on a sheet", 1000, 700, 2, {{50, 150}, {520, 150}}, 1, 255}};
  uint8_t *eye = draw(&one, NULL);
  for (size_t k = 0; k < sizeof sheets / sizeof *sheets; k++) {
    int w = sheets[k].width, h = sheets[k].height;
    uint8_t *p = malloc((size_t)w * (size_t)h * 4);
    vm_disc d;
    vm_error err = {0};
    fill(p, w * h, sheets[k].ground, sheets[k].ground, sheets[k].ground);
    for (int i = 0; i < sheets[k].count; i++)
      put(p, w, h, eye, N, sheets[k].at[i][0], sheets[k].at[i][1], i == 0 ? 1 : sheets[k].light);
    CHECK(vm_find_disc(p, w, h, &d, &err) == VM_ERR_NOT_FUNDUS && strstr(err.text, "several photographs") != NULL &&
              strstr(err.text, "a file of its own") != NULL,
          "%s: %s", sheets[k].name, err.text);
    free(p);
  }
  free(eye);
}

/* Photographs in which the field reaches the border, without a gap: the dark between the fields is a few corners. */
static void test_touching_fields(void) {
  enum { W = 360, H = 270 };
  static const shot one = {"a cut eye", W, H, 180, 135, 190, 1};
  uint8_t *eye = draw(&one, NULL);
  for (int k = 1; k < 4; k++) { /* side by side, stacked, four */
    int columns = 1 + (k & 1), rows = 1 + (k >> 1), w = columns * W, h = rows * H;
    uint8_t *p = malloc((size_t)w * (size_t)h * 4);
    vm_disc d;
    vm_error err = {0};
    for (int j = 0; j < h; j++)
      for (int c = 0; c < columns; c++) memcpy(p + (j * w + c * W) * 4, eye + j % H * W * 4, (size_t)W * 4);
    CHECK(vm_find_disc(p, w, h, &d, &err) == VM_ERR_NOT_FUNDUS && strcmp(err.why, "several") == 0, "%d x %d: %s",
          columns, rows, err.text);
    free(p);
  }
  vm_disc d = {0};
  vm_error err = {0};
  CHECK(vm_find_disc(eye, W, H, &d, &err) == VM_OK && fabsf(d.radius - 190) < 4, "%.1f %s", (double)d.radius, err.text);
  free(eye);
}

/* Of different sizes, with dark margins: they touch elsewhere than in the middle. */
static void test_touching_unequal(void) {
  enum { W = 700, H = 420 };
  static const shot large = {"a large eye", 420, 420, 210, 210, 200, 1},
                    small = {"a small eye", 300, 300, 150, 150, 140, 1};
  uint8_t *a = draw(&large, NULL), *b = draw(&small, NULL), *p = malloc((size_t)W * H * 4),
          *turned = malloc((size_t)W * H * 4);
  for (int k = 0; k < 2; k++) { /* the large one first, or the small one */
    fill(p, W * H, 0, 0, 0);
    for (int j = 0; j < H; j++)
      for (int i = 0; i < W; i++) {
        int x = k == 0 ? i : W - 1 - i;
        const uint8_t *from = NULL;
        if (x < 404) from = a + (j * 420 + (x + 4)) * 4;
        else if (x < 690 && j >= 60 && j < 360) from = b + ((j - 60) * 300 + (x - 404) + 12) * 4;
        if (from != NULL) memcpy(p + (j * W + i) * 4, from, 4);
      }
    for (int j = 0; j < H; j++)
      for (int i = 0; i < W; i++) memcpy(turned + (i * H + j) * 4, p + (j * W + i) * 4, 4);
    vm_disc d;
    vm_error err = {0};
    CHECK(vm_find_disc(p, W, H, &d, &err) == VM_ERR_NOT_FUNDUS && strcmp(err.why, "several") == 0, "%d: %s", k,
          err.text);
    CHECK(vm_find_disc(turned, H, W, &d, &err) == VM_ERR_NOT_FUNDUS && strcmp(err.why, "several") == 0,
          "%d, turned: %s", k, err.text);
  }
  free(a), free(b), free(p), free(turned);
}

/* The disc of an eye of n pixels a side, laid `side` pixels wide over what is there. */
static void lay(uint8_t *to, int width, int height, const uint8_t *from, int n, int x, int y, int side) {
  for (int j = 0; j < side; j++)
    for (int i = 0; i < side; i++) {
      float dx = ((float)i + 0.5f) / (float)side - 0.5f, dy = ((float)j + 0.5f) / (float)side - 0.5f;
      if (dx * dx + dy * dy > 0.25f || x + i < 0 || x + i >= width || y + j < 0 || y + j >= height) continue;
      memcpy(to + ((y + j) * width + x + i) * 4, from + (j * n / side * n + i * n / side) * 4, 4);
    }
}

static const char *why_refused(const uint8_t *p, int width, int height) {
  static vm_error err;
  vm_disc d;
  err = (vm_error){0};
  return vm_find_disc(p, width, height, &d, &err) == VM_OK ? "not refused" : err.why;
}

/* One eye laid over another, a small one beside a large one or over its rim, and the fields of a montage. */
static void test_overlapping_fields(void) {
  enum { N = 400, W = 1000, H = 1000, AT = 300 };
  static const shot one = {"an eye", N, N, 200, 200, 198, 1};
  static const struct {
    const char *name;
    int count, at[9][3]; /* left, top and side, from the first one's corner on */
  } sheets[] = {
      {"0.4 radii apart", 2, {{0, 0, N}, {64, 48, N}}},
      {"0.8 radii apart", 2, {{0, 0, N}, {0, 160, N}}},
      {"1.3 radii apart", 2, {{0, 0, N}, {-260, 0, N}}},
      {"a smaller one", 2, {{0, 0, N}, {310, 120, 240}}},
      {"a small one on the rim", 2, {{0, 0, N}, {350, 150, 140}}},
      {"a tiny one beside", 2, {{0, 0, N}, {440, 10, 60}}},
      {"a tiny one in the corner", 2, {{0, 0, N}, {-30, -30, 90}}},
      {"three in a row", 3, {{0, 0, N}, {-200, 0, N}, {200, 0, N}}},
      {"a cross", 5, {{0, 0, N}, {-180, 0, N}, {180, 0, N}, {0, -180, N}, {0, 180, N}}},
      {"a rose",
       7,
       {{0, 0, N}, {-240, 0, N}, {240, 0, N}, {120, 208, N}, {-120, 208, N}, {120, -208, N}, {-120, -208, N}}},
      {"nine",
       9,
       {{0, 0, N},
        {-200, -200, N},
        {0, -200, N},
        {200, -200, N},
        {-200, 0, N},
        {200, 0, N},
        {-200, 200, N},
        {0, 200, N},
        {200, 200, N}}}};
  uint8_t *eye = draw(&one, NULL), *p = malloc((size_t)W * H * 4);
  for (size_t k = 0; k < sizeof sheets / sizeof *sheets; k++) {
    fill(p, W * H, 0, 0, 0);
    for (int i = 0; i < sheets[k].count; i++)
      lay(p, W, H, eye, N, AT + sheets[k].at[i][0], AT + sheets[k].at[i][1], sheets[k].at[i][2]);
    const char *why = why_refused(p, W, H);
    CHECK(strcmp(why, "several") == 0 || strcmp(why, "none") == 0, "%s: %s", sheets[k].name, why);
  }
  /* one eye with a notch on its rim, a letter, and a dot of fifteen pixels in the small picture */
  fill(p, W * H, 0, 0, 0);
  lay(p, W, H, eye, N, AT, AT, N);
  for (int j = 0; j < 24; j++) fill(p + ((AT + 290 + j) * W + AT + 340) * 4, 40, 180, 90, 40);
  for (int j = 0; j < 60; j++) fill(p + ((100 + j) * W + 100) * 4, j < 10 || j >= 50 ? 60 : 10, 250, 250, 250);
  lay(p, W, H, eye, N, 800, 100, 30);
  const char *why = why_refused(p, W, H);
  CHECK(strcmp(why, "not refused") == 0, "one eye: %s", why);
  for (int k = 0; k < 2; k++) { /* a field of 0.07 of the side is none, one of 0.09 is */
    fill(p, W * H, 0, 0, 0);
    lay(p, W, H, eye, N, AT, AT, k == 0 ? 140 : 180);
    why = why_refused(p, W, H);
    CHECK(strcmp(why, k == 0 ? "none" : "not refused") == 0, "a field of %d: %s", k, why);
  }
  /* the tab on the rim of some cameras' fields, square and up to a fifth of the radius wide */
  for (int k = 0; k < 12; k++) {
    int half = 8 + k;
    fill(p, W * H, 0, 0, 0);
    lay(p, W, H, eye, N, AT, AT, N);
    for (int j = -half; j <= half; j++)
      for (int i = -half; i <= half; i++) {
        int x = k % 2 ? i : (i - j) * 7 / 10, y = k % 2 ? j : (i + j) * 7 / 10;
        fill(p + ((AT + 200 - 138 + y) * W + AT + 200 + 138 + x) * 4, k % 2 ? 1 : 2, 120, 70, 35);
      }
    why = why_refused(p, W, H);
    CHECK(strcmp(why, "not refused") == 0, "a tab of %d: %s", 2 * half + 1, why);
  }
  free(eye), free(p);
}

/* Squeezed fields, whole and cut above and below: their two ends are circles, and yet they are one. */
static void test_ovals(void) {
  enum { N = 400, OFF = 500, WIDE = N + OFF };
  static const shot one = {"an eye", N, N, 200, 200, 198, 1};
  uint8_t *eye = draw(&one, NULL), *p = malloc((size_t)N * N * 4), *q = malloc((size_t)WIDE * WIDE * 4);
  for (int k = 0; k < 75; k++) {
    int wide = N - 8 * (k / 5 + 1), cut = k % 5 * 8;
    for (int j = 0; j < N; j++)
      for (int i = 0; i < wide; i++) memcpy(p + (j * wide + i) * 4, eye + (j * N + i * N / wide) * 4, 4);
    const char *why = why_refused(p + cut * wide * 4, wide, N - 2 * cut);
    CHECK(strcmp(why, "not refused") == 0, "%d x %d: %s", wide, N - 2 * cut, why);
    if (cut > 0) continue;
    fill(q, WIDE * WIDE, 0, 0, 0); /* whole, in the corner of a dark picture */
    for (int j = 0; j < N; j++) memcpy(q + ((j + OFF) * WIDE + OFF) * 4, p + j * wide * 4, (size_t)wide * 4);
    why = why_refused(q, WIDE, WIDE);
    CHECK(strcmp(why, "not refused") == 0, "%d wide, in a corner: %s", wide, why);
    fill(q, WIDE * WIDE, 0, 0, 0); /* and turned */
    for (int j = 0; j < N; j++)
      for (int i = 0; i < wide; i++) memcpy(q + ((i + OFF) * WIDE + j + OFF) * 4, p + (j * wide + i) * 4, 4);
    why = why_refused(q, WIDE, WIDE);
    CHECK(strcmp(why, "not refused") == 0, "%d high, in a corner: %s", wide, why);
  }
  free(eye), free(p), free(q);
}

/* Circles under two lids: half of what ends in the dark is a straight line. */
static void test_lids(void) {
  enum { SIDE = 300 };
  uint8_t *p = malloc(SIDE * SIDE * 4);
  for (int k = 0; k < 40; k++) {
    float r = 62 + 1.9f * (float)k, x = 150 + 0.37f * (float)(k % 5), y = 150 - 0.29f * (float)(k % 7);
    float lid = (0.56f + 0.02f * (float)(k % 4)) * r;
    for (int i = 0; i < SIDE * SIDE; i++) {
      float dx = (float)(i % SIDE) + 0.5f - x, dy = (float)(i / SIDE) + 0.5f - y;
      bool in = hypotf(dx, dy) < r && fabsf(dy) < lid;
      fill(p + 4 * i, 1, in ? 180 : 0, in ? 90 : 0, in ? 40 : 0);
    }
    vm_disc d = {0};
    vm_error err = {0};
    CHECK(vm_find_disc(p, SIDE, SIDE, &d, &err) == VM_OK, "radius %g: %s", (double)r, err.text);
    CHECK(fabsf(d.x - x) < 0.25f && fabsf(d.y - y) < 0.25f && fabsf(d.radius - r - 0.36f) < 0.25f,
          "found %.2f %.2f %.2f, true %.2f %.2f %.2f", (double)d.x, (double)d.y, (double)d.radius, (double)x, (double)y,
          (double)r);
  }
  free(p);
}

/* What lies beside a field: an eye that is cut, squeezed or nearly dark is another photograph; a bar that is too narrow, too
 * short, too dark or too near is none. Lengths in the picture, which is the small one: a field of 300 pixels. */
static void test_beside(void) {
  enum { N = 300, W = 500, H = 400 };
  static const shot one = {"an eye", N, N, 150, 150, 150, 1};
  static const struct {
    const char *name;
    int x, wide, high;
    float light;
    bool refused;
  } eyes[] = {{"cut to a fifth", 440, N, N, 1, true},          {"cut to a tenth", 470, N, N, 1, true},
              {"squeezed to a fifth", 400, 60, N, 1, true},    {"squeezed to a seventh", 380, 43, N, 1, true},
              {"nearly dark", 390, N, N, 0.12f, true},         {"squeezed and nearly dark", 400, 60, N, 0.15f, true},
              {"cut and nearly dark", 420, N, N, 0.12f, true}, {"black", 400, N, N, 0, false},
              {"beyond the picture", 500, N, N, 1, false}};
  static const struct {
    int x, y, wide, high, light;
    bool refused;
  } bars[] = {{400, 100, 25, 75, 90, true},   {400, 100, 24, 75, 90, false}, {400, 100, 25, 74, 90, false},
              {400, 100, 24, 200, 90, false}, {400, 100, 75, 25, 90, true},  {400, 100, 75, 24, 90, false},
              {400, 100, 74, 25, 90, false},  {400, 100, 60, 74, 90, false}, {400, 100, 25, 75, 9, true},
              {400, 100, 25, 75, 8, false},   {475, 325, 25, 75, 90, true},  {0, 375, 75, 25, 90, true},
              {340, 160, 25, 75, 90, true},   {336, 160, 25, 75, 90, false}};
  uint8_t *eye = draw(&one, NULL), *p = malloc((size_t)W * H * 4), *turned = malloc((size_t)W * H * 4);
  size_t count = sizeof eyes / sizeof *eyes, all = count + sizeof bars / sizeof *bars;
  for (size_t k = 0; k < all; k++) {
    bool refused = k < count ? eyes[k].refused : bars[k - count].refused;
    fill(p, W * H, 0, 0, 0);
    for (int j = 0; k < count && j < H && j < eyes[k].high; j++)
      for (int i = eyes[k].x; i < W && i < eyes[k].x + eyes[k].wide; i++) {
        const uint8_t *from = eye + (j * N + (i - eyes[k].x) * N / eyes[k].wide) * 4;
        for (int c = 0; c < 3; c++) p[((j + 50) * W + i) * 4 + c] = (uint8_t)((float)from[c] * eyes[k].light);
      }
    for (int j = 0; k >= count && j < bars[k - count].high; j++) {
      uint8_t light = (uint8_t)bars[k - count].light;
      fill(p + ((bars[k - count].y + j) * W + bars[k - count].x) * 4, bars[k - count].wide, light, light / 2,
           light / 3);
    }
    lay(p, W, H, eye, N, 30, 50, N);
    for (int j = 0; j < H; j++)
      for (int i = 0; i < W; i++) memcpy(turned + (i * H + j) * 4, p + (j * W + i) * 4, 4);
    const char *names[2] = {why_refused(p, W, H), why_refused(turned, H, W)};
    for (int t = 0; t < 2; t++)
      CHECK(strcmp(names[t], refused ? "several" : "not refused") == 0, "%s %zu, turned %d: %s",
            k < count ? eyes[k].name : "bar", k < count ? k : k - count, t, names[t]);
  }
  /* the bars of a viewer, blue and grey, and one that is warm by half, or by nearly half */
  for (int k = 0; k < 4; k++) {
    fill(p, W * H, 0, 0, 0);
    lay(p, W, H, eye, N, 30, 50, N);
    for (int j = 0; j < 100; j++)
      for (int i = 0; i < 26; i++) {
        bool warm = k >= 2 && i < 8 + 2 * k;
        fill(p + ((100 + j) * W + 400 + i) * 4, 1, warm ? 90 : 50, k == 1 ? 50 : 60, warm ? 30 : k == 1 ? 50 : 200);
      }
    const char *why = why_refused(p, W, H);
    CHECK(strcmp(why, k == 3 ? "several" : "not refused") == 0, "bar of a viewer %d: %s", k, why);
  }
  free(eye), free(p), free(turned);
}

/* A dark eye that fills the picture, so even at its rim that this passes for the colour of a page, and two lighter parts of it
 * for photographs on that. Without the black corners, on a light page or smaller it may be just that. */
static void test_even_rim(void) {
  enum { N = 400 };
  static const struct {
    const char *name;
    float radius;
    uint8_t rim[3];
    bool one;
  } all[] = {{"an eye", 240, {40, 32, 26}, true},
             {"a page", 300, {40, 32, 26}, false},
             {"a light page", 240, {200, 190, 170}, false},
             {"a round page", 150, {40, 32, 26}, true}};
  uint8_t *p = malloc((size_t)N * N * 4);
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    fill(p, N * N, 0, 0, 0);
    for (int i = 0; i < N * N; i++) {
      float x = (float)(i % N), y = (float)(i / N);
      const uint8_t *rim = all[k].rim;
      if (hypotf(x - 130, y - 150) < 60 || hypotf(x - 270, y - 260) < 60) fill(p + 4 * i, 1, 90, 52, 40);
      else if (hypotf(x - 200, y - 200) < all[k].radius) fill(p + 4 * i, 1, rim[0], rim[1], rim[2]);
    }
    const char *why = why_refused(p, N, N);
    CHECK((strcmp(why, "not refused") == 0) == all[k].one, "%s: %s", all[k].name, why);
  }
  free(p);
}

/* A reflection or a date beside the field, and a dark band across it, leave one photograph. */
static void test_one_field_in_parts(void) {
  enum { N = 600 };
  static const shot one = {"an eye", N, N, 300, 300, 250, 1};
  uint8_t *p = draw(&one, NULL);
  for (int j = 560; j < 590; j++) fill(p + (j * N + 20) * 4, 160, 250, 250, 200); /* a date's box */
  for (int j = 20; j < 60; j++) fill(p + (j * N + 540) * 4, 40, 200, 120, 90);    /* a reflection */
  for (int j = 210; j < 235; j++) fill(p + j * N * 4, N, 0, 0, 0);                /* a lash */
  vm_disc d = {0};
  vm_error err = {0};
  CHECK(vm_find_disc(p, N, N, &d, &err) == VM_OK && fabsf(d.radius - 250) < 5, "%.1f %s", (double)d.radius, err.text);
  free(p);
}

/* A white frame, a page, a window of whichever colour: the field is found as on black, and the network sees black around it. */
static void test_light_ground(void) {
  enum { W = 900, H = 700, N = 400 };
  static const shot one = {"an eye", N, N, 200, 200, 190, 1};
  static const struct {
    const char *name;
    int x, y;
    uint8_t r, g, b;
    bool cut_out; /* without its own dark corners */
  } pages[] = {
      {"white page", 250, 150, 255, 255, 255, false},       {"window in the corner", 12, 8, 240, 240, 244, false},
      {"cut out on white", 250, 150, 255, 255, 255, true},  {"cream paper", 250, 150, 250, 240, 215, true},
      {"grey window", 250, 150, 128, 128, 128, false},      {"cut out on grey", 250, 150, 128, 128, 128, true},
      {"cut out on blue", 250, 150, 60, 90, 200, true},     {"cut out on tan", 250, 150, 190, 150, 110, true},
      {"cut out on dark green", 250, 150, 20, 70, 30, true}};
  uint8_t *eye = draw(&one, NULL), *p = malloc((size_t)W * H * 4);
  float *input = malloc((size_t)256 * 256 * 3 * sizeof *input);
  for (size_t k = 0; k < sizeof pages / sizeof *pages; k++) {
    fill(p, W * H, pages[k].r, pages[k].g, pages[k].b);
    put(p, W, H, eye, N, pages[k].x, pages[k].y, 1);
    for (int j = 0; j < N && pages[k].cut_out; j++)
      for (int i = 0; i < N; i++)
        if (hypotf((float)i - 199.5f, (float)j - 199.5f) > 190)
          fill(p + ((pages[k].y + j) * W + pages[k].x + i) * 4, 1, pages[k].r, pages[k].g, pages[k].b);
    field f;
    vm_error err = {0};
    CHECK(field_find(p, W, H, &f, &err) == VM_OK, "%s: %s", pages[k].name, err.text);
    CHECK(fabsf(f.disc.x - (float)pages[k].x - 200) < 3 && fabsf(f.disc.y - (float)pages[k].y - 200) < 3 &&
              fabsf(f.disc.radius - 190) < 4,
          "%s: %.1f %.1f %.1f", pages[k].name, (double)f.disc.x, (double)f.disc.y, (double)f.disc.radius);
    CHECK(vm_prepare(p, W, H, f.disc, 256, input, &err) == VM_OK, "%s", err.text);
    field_darken(&f, 256, input);
    float frame = -1; /* the lightest of the outermost cells but where the circle touches them */
    for (int i = 0; i < 256; i++)
      if (abs(i - 128) > 30)
        frame = fmaxf(frame, fmaxf(fmaxf(input[3 * i], input[3 * (255 * 256 + i)]),
                                   fmaxf(input[3 * 256 * i], input[3 * (256 * i + 255)])));
    CHECK(frame < -0.9f, "%s: %g in the frame", pages[k].name, (double)frame);
    CHECK(input[0] < -0.9f && input[3 * (256 * 256 - 1)] < -0.9f && input[3 * (128 * 256 + 128)] > -0.9f,
          "%s: corners %g %g", pages[k].name, (double)input[0], (double)input[3 * (256 * 256 - 1)]);
    field_free(&f);
    CHECK(f.ground == NULL && f.disc.x == 0 && f.disc.radius == 0 && f.columns == 0, "%s: freed, but not empty",
          pages[k].name);
  }
  fill(p, W * H, 255, 255, 255);
  vm_disc d;
  vm_error err = {0};
  CHECK(vm_find_disc(p, W, H, &d, &err) == VM_ERR_NOT_FUNDUS && strstr(err.text, "background is white") != NULL &&
            strstr(err.text, "cut the photograph out") != NULL,
        "%s", err.text);
  free(input);
  free(eye);
  free(p);
}

/* A surround that is grey and full of noise: what lies dark in a fiftieth of the rim, a mark or a fold, is not the surround. */
static void test_noisy_surround(void) {
  enum { N = 400 };
  static const shot one = {"an eye", N, N, 200, 200, 170, 1};
  uint8_t *p = draw(&one, NULL);
  uint32_t r = 1;
  for (int i = 0; i < N * N; i++) {
    if (hypotf((float)(i % N) + 0.5f - one.x, (float)(i / N) + 0.5f - one.y) < one.radius) continue;
    for (int c = 0; c < 3; c++) p[4 * i + c] = (uint8_t)(28 + ((r = r * 1664525u + 1013904223u) >> 16) % 29);
  }
  for (int j = 0; j < 3; j++) fill(p + (j * N + 300) * 4, 32, 0, 0, 0);
  vm_disc d = {0};
  vm_error err = {0};
  CHECK(vm_find_disc(p, N, N, &d, &err) == VM_OK && fabsf(d.x - one.x) < 1 && fabsf(d.radius - one.radius) < 1.5f,
        "%.1f %.1f %s", (double)d.x, (double)d.radius, err.text);
  free(p);
}

/* Twelve bits in sixteen: a sixteenth of the light. */
static void test_too_dark(void) {
  static const shot dim = {"an eye", 400, 400, 200, 200, 190, 0.0625f};
  uint8_t *p = draw(&dim, NULL);
  vm_disc d;
  vm_error err = {0};
  for (int i = 0; i < 400 * 400 * 4; i++) p[i] = p[i] > 23 ? 23 : p[i];
  CHECK(vm_find_disc(p, 400, 400, &d, &err) == VM_ERR_NOT_FUNDUS && strstr(err.text, "too dark") != NULL, "%s",
        err.text);
  free(p);
}

/* Of two bright parts the larger is lit, the other one is not; both have their boxes. */
static void test_parts(void) {
  enum { S = 100 };
  static uint8_t rgba[S * S * 4];
  bright_map m = {0};
  for (int i = 0; i < S * S; i++) {
    int x = i % S, y = i / S;
    bool large = x >= 40 && x < 80 && y >= 30 && y < 70, small = x >= 10 && x < 20 && y >= 35 && y < 45;
    for (int c = 0; c < 4; c++) rgba[4 * i + c] = c == 3 ? 255 : large || small ? 200 : 0;
  }
  CHECK(bright_open(rgba, S, S, &m) && bright_parts(&m, 100), "out of memory");
  const float scale = m.scale;
  int lit = 0, astray = 0;
  for (int i = 0; i < m.width * m.height; i++) {
    lit += m.lit[i];
    astray += m.lit[i] && (float)(i % m.width) * scale < 30;
  }
  CHECK(lit == m.parts[0].count && astray == 0, "%d lit of %d, %d of them in the smaller part", lit, m.parts[0].count,
        astray);
  CHECK(m.parts[1].count > 0 && m.parts[1].count < m.parts[0].count && m.parts[2].count == 0, "two parts");
  bright_free(&m);
}

/* Of each row the columns that a look at every one of them finds in view, however the disc lies in the photograph. */
static void test_columns(void) {
  static const int sides[] = {16, 128, 512, 1024};
  static const vm_disc discs[] = {{500, 400, 390}, {500.3f, 400.7f, 500.9f}, {-90, 400, 300},   {1100, 10, 250},
                                  {3, 3, 1},       {8191, 8191, 1.5f},       {2000, 2000, 100}, {512, 512, 700},
                                  {0, 0, 8192}};
  for (size_t d = 0; d < sizeof discs / sizeof *discs; d++)
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
      int wrong = 0;
      for (int row = 0, side = sides[k]; row < side; row++) {
        int first, last, from = 0, to = side;
        square_columns_in_view(discs[d], side, row, 1024, 800, &first, &last);
        while (from < to && !square_in_view(discs[d], side, from, row, 1024, 800)) from++;
        while (from < to && !square_in_view(discs[d], side, to - 1, row, 1024, 800)) to--;
        wrong += first != from || last != to;
      }
      CHECK(wrong == 0, "disc %zu, side %d: %d rows", d, sides[k], wrong);
    }
}

int main(void) {
  test_columns();
  test_limits();
  test_parts();
  test_strange_discs();
  test_circle();
  test_part_of_a_field();
  test_corners();
  test_round_trip();
  test_refusals();
  test_colour();
  test_shapes();
  test_in_view();
  test_phantom_limits();
  test_arguments();
  test_draw();
  test_border();
  test_filter();
  test_threads();
  test_phantom_is_repeatable();
  test_phantom_landmarks();
  test_phantom_stays();
  test_phantom_calibre();
  check_filter(384);
  check_filter(128);
  test_several_fields();
  test_overlapping_fields();
  test_beside();
  test_ovals();
  test_touching_fields();
  test_touching_unequal();
  test_lids();
  test_even_rim();
  test_one_field_in_parts();
  test_light_ground();
  test_noisy_surround();
  test_too_dark();
  return check_end();
}
