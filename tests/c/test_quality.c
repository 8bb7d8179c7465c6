/* The signs of a poor photograph, on a phantom that is made poor in a known way. */
#include "check.h"
#include "phantom.h"
#include "quality.h"

#include <stddef.h>

enum { SIDE = 768 };

static float *made; /* the network's input of a good phantom, [size][size][3] */
static int size;

static void start(int s, uint32_t seed) {
  vm_phantom_spec spec = {.seed = seed, .width = SIDE, .height = SIDE};
  uint8_t *rgba = malloc((size_t)SIDE * SIDE * 4);
  vm_disc disc;
  vm_error err = {0};
  size = s;
  free(made);
  made = malloc((size_t)size * (size_t)size * 3 * sizeof *made);
  CHECK(vm_phantom(&spec, rgba, NULL, NULL, &disc, &err) == VM_OK &&
            vm_prepare(rgba, SIDE, SIDE, disc, size, made, &err) == VM_OK,
        "%s", err.text);
  free(rgba);
}

static float *copy(void) {
  size_t bytes = (size_t)size * (size_t)size * 3 * sizeof *made;
  float *x = malloc(bytes);
  if (x == NULL) exit(check_end());
  memcpy(x, made, bytes);
  return x;
}

/* value = (level - 127) / 128 -> level * gain + offset, bounded */
static void relight(float *x, float gain, float offset) {
  for (int i = 0; i < size * size * 3; i++)
    x[i] = (fminf(fmaxf((x[i] * 128 + 127) * gain + offset, 0), 255) - 127) / 128;
}

/* Mean over 2 n + 1 neighbours, across or down. */
static void blur(float *x, int n, bool down) {
  float *from = malloc((size_t)size * (size_t)size * 3 * sizeof *from);
  memcpy(from, x, (size_t)size * (size_t)size * 3 * sizeof *from);
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++)
      for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int k = -n; k <= n; k++) {
          int a = (down ? j : i) + k;
          a = a < 0 ? 0 : a >= size ? size - 1 : a;
          sum += from[((down ? a * size + i : j * size + a)) * 3 + c];
        }
        x[(j * size + i) * 3 + c] = sum / (float)(2 * n + 1);
      }
  free(from);
}

static void expect(float *x, unsigned want, const char *what) {
  quality_facts f;
  CHECK(quality_measure(x, size, &f), "out of memory");
  unsigned signs = quality_signs(&f);
  CHECK(signs == want,
        "S %d, %s: signs %u, not %u; lit %g light %g saturated %g contrast %g sharpness %g fineness %g fundus %g edges "
        "%g hues %g",
        size, what, signs, want, (double)f.lit, (double)f.light, (double)f.saturated, (double)f.contrast,
        (double)f.sharpness, (double)f.fineness, (double)f.fundus, (double)f.edges, (double)f.hues);
  free(x);
}

static unsigned quality_signs_of(float *x) {
  quality_facts facts;
  CHECK(quality_measure(x, size, &facts), "out of memory");
  free(x);
  return quality_signs(&facts);
}

static void test_signs(int s, uint32_t seed) {
  start(s, seed);
  float *x = copy();
  expect(x, 0, "as it is");
  relight(x = copy(), 0.1f, 0);
  expect(x, VM_REASON_DARK, "dark");
  relight(x = copy(), 4, 60);
  expect(x, VM_REASON_BRIGHT, "overexposed");
  x = copy();
  blur(x, size / 40, false), blur(x, size / 40, true);
  expect(x, VM_REASON_BLURRED, "out of focus");
  blur(x = copy(), size / 25, false);
  expect(x, VM_REASON_BLURRED, "moved");
  relight(x = copy(), 0.05f, 90);
  for (int i = 0; i < size * size; i++) x[3 * i] += 0.3f, x[3 * i + 2] -= 0.2f; /* still red */
  expect(x, VM_REASON_LOW_CONTRAST, "hazy");
  x = copy();
  for (int j = 0; j < size / 2; j++)
    for (int i = 0; i < size * 3; i++) x[j * size * 3 + i] = -127.0f / 128;
  expect(x, VM_REASON_FIELD_CUT, "upper half black");
  x = copy();
  for (int i = 0; i < size * size; i++) {
    float red = x[3 * i];
    x[3 * i] = x[3 * i + 2], x[3 * i + 2] = red;
  }
  expect(x, VM_REASON_NOT_FUNDUS, "red and blue exchanged");
  for (int shown = 0; shown < 3; shown++) { /* one channel alone, as of a scan */
    x = copy();
    for (int i = 0; i < size * size * 3; i++)
      if (i % 3 != shown) x[i] = -127.0f / 128;
    CHECK(quality_signs_of(x) & VM_REASON_NOT_FUNDUS, "channel %d alone", shown);
  }
  static const float tint[3] = {0.3f, 1, 0.4f}; /* red-free, as many programs show it */
  x = copy();
  for (int i = 0; i < size * size; i++)
    for (int c = 2; c >= 0; c--) x[3 * i + c] = ((x[3 * i + 1] * 128 + 127) * tint[c] - 127) / 128;
  CHECK(quality_signs_of(x) & VM_REASON_NOT_FUNDUS, "a green tint");
  relight(x = copy(), 0, 0);
  expect(x, VM_REASON_DARK, "black");
}

static const quality_facts FINE = {.lit = 1,
                                   .light = 120,
                                   .contrast = 0.1f,
                                   .sharpness = 0.7f,
                                   .fineness = 0.5f,
                                   .fundus = 1,
                                   .edges = 0.06f,
                                   .hues = 0.05f,
                                   .disorder = 0.9f,
                                   .likeness = 0.97f,
                                   .blue_alone = 5.5f,
                                   .blue_spread = 5.9f,
                                   .blue_least = 11,
                                   .rim = 0.8f,
                                   .finest = 0.5f,
                                   .grain = 0.3f,
                                   .copied = 0.3f,
                                   .brightest = 200,
                                   .dimmest = 80};

static void expect_doubts(float *x, unsigned want, const char *what) {
  quality_facts f;
  CHECK(quality_measure(x, size, &f), "out of memory");
  CHECK(quality_doubts(&f) == want,
        "S %d, %s: doubts %u, not %u; blue alone %g, spread %g, least %g, covered %g rim %g finest %g", size, what,
        quality_doubts(&f), want, (double)f.blue_alone, (double)f.blue_spread, (double)f.blue_least, (double)f.covered,
        (double)f.rim, (double)f.finest);
  free(x);
}

/* Distance from the middle, 1 at the rim. */
static float radius_of(int at) {
  float x = ((float)(at % size) + 0.5f) * 2 / (float)size - 1, y = ((float)(at / size) + 0.5f) * 2 / (float)size - 1;
  return sqrtf(x * x + y * y);
}

/* Light that falls off to the rim, or a white flare over the middle. */
static void shade(float *x, float fall, float flare) {
  for (int i = 0; i < size * size * 3; i++) {
    float r = radius_of(i / 3), level = (x[i] * 128 + 127) * fmaxf(1.2f - fall * r, 0.02f) / 1.2f;
    x[i] = (fminf(level + flare * fmaxf(1 - r / 0.9f, 0), 255) - 127) / 128;
  }
}

/* Rows [from, to) of the field, in hundredths, go black. */
static void cover(float *x, int from, int to) {
  for (int j = size * from / 100; j < size * to / 100; j++)
    for (int i = 0; i < size * 3; i++) x[j * size * 3 + i] = -127.0f / 128;
}

/* A black blot, its radius in shares of the field's. */
static void blot(float *x, float radius) {
  for (int i = 0; i < size * size * 3; i++)
    if (radius_of(i / 3) < radius) x[i] = -127.0f / 128;
}

/* Each pixel gets two channels from others of its own; -1: black. */
static void rewire(float *x, int green, int blue) {
  for (int i = 0; i < size * size; i++) {
    float *p = x + 3 * i, had[3] = {p[0], p[1], p[2]};
    p[1] = had[green];
    p[2] = blue < 0 ? -127.0f / 128 : had[blue];
  }
}

/* Shrunk to so many pixels a side, and enlarged again by blurring. */
static void thumbnail(float *x, int side) {
  int step = size / side;
  for (int c = 0; c < 3; c++)
    for (int j = 0; j + step <= size; j += step)
      for (int i = 0; i + step <= size; i += step) {
        float sum = 0;
        for (int k = 0; k < step * step; k++) sum += x[((j + k / step) * size + i + k % step) * 3 + c];
        for (int k = 0; k < step * step; k++)
          x[((j + k / step) * size + i + k % step) * 3 + c] = sum / (float)(step * step);
      }
  for (int k = 0; k < 2; k++) blur(x, step / 2, false), blur(x, step / 2, true);
}

/* So many blocks a side, with hard edges, that do not begin at the picture's. */
static void pixelate(float *x, int side) {
  enum { MOST = 256 };
  static float sum[MOST][MOST][4];
  memset(sum, 0, sizeof sum);
  for (int pass = 0; pass < 2; pass++)
    for (int at = 0; at < size * size; at++) {
      float *cell = sum[(int)((float)(at / size) / (float)size * (float)side + 0.37f)]
                       [(int)((float)(at % size) / (float)size * (float)side + 0.71f)];
      for (int c = 0; c < 3; c++) {
        if (pass == 0) cell[c] += x[3 * at + c];
        else x[3 * at + c] = cell[c] / cell[3];
      }
      if (pass == 0) cell[3]++;
    }
}

/* One colour becomes another's multiple, with noise of some grey levels over it as JPEG adds. */
static void tint(float *x, int to, int from, float factor, float noise) {
  uint32_t state = 7;
  for (int i = 0; i < size * size; i++) {
    state = state * 1664525u + 1013904223u;
    float level = (x[3 * i + from] * 128 + 127) * factor + ((float)(state >> 8) / 8388608.0f - 1) * noise;
    x[3 * i + to] = (fminf(fmaxf(level, 0), 255) - 127) / 128;
  }
}

static unsigned doubts_of(float *x) {
  quality_facts facts;
  CHECK(quality_measure(x, size, &facts), "out of memory");
  free(x);
  return quality_doubts(&facts);
}

/* Colours of which one is another's multiple, and enough of the field not burnt out to see it. */
static void test_tints(int s, uint32_t seed) {
  static const struct {
    int to, from;
    float factor, noise;
  } tints[] = {{0, 1, 2, 12}, {0, 1, 1.5f, 12}, {2, 1, 0.5f, 6}, {2, 1, 0.3f, 4}, {2, 0, 0.3f, 6}, {1, 0, 0.5f, 8}};
  start(s, seed);
  for (size_t i = 0; i < sizeof tints / sizeof *tints; i++) {
    float *x = copy();
    tint(x, tints[i].to, tints[i].from, tints[i].factor, tints[i].noise);
    CHECK(doubts_of(x) & VM_REASON_COLOURS, "S %d, seed %u: colour %d is %g of %d", s, seed, tints[i].to,
          (double)tints[i].factor, tints[i].from);
  }
  float *x = copy();
  for (int c = 0; c < 3; c++) tint(x, c, c, 1, 12);
  CHECK(!(doubts_of(x) & VM_REASON_COLOURS), "S %d, seed %u: noise alone", s, seed);
}

/* What hides a finding, though vessels are still sharp in it. */
static void test_doubts(int s, uint32_t seed) {
  start(s, seed);
  float *x = copy();
  expect_doubts(x, 0, "as it is");
  shade(x = copy(), 0, 230);
  expect_doubts(x, VM_REASON_BRIGHT, "a flare");
  shade(x = copy(), 1.3f, 0);
  expect_doubts(x, VM_REASON_DARK, "dark to the rim");
  shade(x = copy(), 0.4f, 0);
  expect_doubts(x, 0, "a little less light there");
  relight(x = copy(), 0.55f, 115);
  expect_doubts(x, VM_REASON_LOW_CONTRAST, "a white veil");
  rewire(x = copy(), 1, -1);
  expect_doubts(x, VM_REASON_COLOURS, "no blue");
  rewire(x = copy(), 1, 1);
  expect_doubts(x, VM_REASON_COLOURS, "green twice");
  rewire(x = copy(), 2, 1);
  expect_doubts(x, VM_REASON_COLOURS, "green and blue exchanged");
  cover(x = copy(), 0, 35);
  expect_doubts(x, VM_REASON_FIELD_CUT, "a lid");
  x = copy();
  cover(x, 0, 15), cover(x, 85, 100);
  expect_doubts(x, 0, "cut above and below, as cameras do");
  blot(x = copy(), 0.15f);
  expect_doubts(x, VM_REASON_FIELD_CUT, "a black blot");
  blot(x = copy(), 0.06f);
  expect_doubts(x, 0, "a blot that is smaller than a disc");
  thumbnail(x = copy(), 64);
  expect_doubts(x, VM_REASON_BLURRED, "an enlarged thumbnail");
  for (int side = 60; side < size / 3 && side <= 160; side += 20) {
    pixelate(x = copy(), side);
    expect_doubts(x, VM_REASON_BLURRED, "a mosaic");
  }
  relight(x = copy(), 0.1f, 0);
  expect_doubts(x, VM_REASON_DARK, "dark: nothing else can be told");
}

static void judge(const vm_weights *w, const quality_facts *f, float head, float density, int found, bool gradable,
                  unsigned reasons, const char *what) {
  const vm_optic_disc disc = {.found = found, .confidence = found ? 0.9f : 0.1f};
  quality_judgement q = quality_judge(w, f, head, density, &disc);
  CHECK(q.gradable == gradable && q.reasons == reasons, "%s: gradable %d, reasons %u, gradability %g", what, q.gradable,
        q.reasons, (double)q.gradability);
  CHECK(q.gradability <= head, "%s: the facts made it better", what);
  CHECK(q.gradable == (q.gradability >= w->gradable_threshold), "%s: gradability %g beside gradable %d", what,
        (double)q.gradability, q.gradable);
}

static void test_on_its_side(void) {
  const vm_disc field = {500, 400, 300};
  static const struct {
    float dx, dy;
    bool side;
  } all[] = {{150, 20, false}, {-150, -20, false}, {20, 150, true}, {-20, -150, true}, {0, -200, true},
             {0, 80, false},   {100, 150, false},  {80, 150, true}, {0, 0, false},     {50, 80, false}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    for (int found = 0; found <= 1; found++) {
      const vm_optic_disc disc = {
          .found = found, .x = field.x + all[i].dx, .y = field.y + all[i].dy, .confidence = 0.9f};
      CHECK(quality_on_its_side(&disc, field) == (found && all[i].side), "disc %g to the side, %g down, found %d",
            (double)all[i].dx, (double)all[i].dy, found);
    }
}

static void test_judgement(void) {
  const quality_facts fine = FINE;
  quality_facts black = fine, dark = fine, blue = fine, soft = fine, swapped = fine, tinted = fine, noise = fine,
                softer = fine;
  softer.sharpness = 0.45f;
  swapped.disorder = 1.1f, tinted.likeness = 0.99f, noise.sharpness = 1.6f;
  black.light = 10, dark.light = 30, blue.fundus = 0, soft.sharpness = 0.55f;
  static vm_weights w;
  w.gradable_threshold = 0.4f;
  judge(&w, &fine, 0.71f, 0.1f, 1, true, 0, "good");
  judge(&w, &fine, 0.1f, 0.1f, 1, false, 0, "not gradable for no reason that we know");
  judge(&w, &fine, 0.1f, 0.005f, 0, false, VM_REASON_NOT_FUNDUS, "hardly a vessel, no disc");
  judge(&w, &fine, 0.1f, 0.005f, 1, false, VM_REASON_NO_VESSELS, "hardly a vessel, a disc");
  judge(&w, &fine, 0.5f, 0.005f, 0, true, 0, "gradable, hardly a vessel, no disc");
  judge(&w, &soft, 0.1f, 0.1f, 1, false, VM_REASON_BLURRED, "not gradable and blurred");
  judge(&w, &soft, 0.69f, 0.1f, 1, true, VM_REASON_BLURRED, "barely gradable and blurred");
  judge(&w, &soft, 0.7f, 0.1f, 1, true, 0, "half way up to certain: not barely any more");
  judge(&w, &soft, 0.71f, 0.1f, 1, true, 0, "gradable and a little blurred");
  judge(&w, &softer, 0.99f, 0.1f, 1, true, VM_REASON_BLURRED, "gradable and blurred");
  judge(&w, &black, 0.99f, 0.1f, 1, false, VM_REASON_DARK, "almost black, whatever the network says");
  judge(&w, &dark, 0.99f, 0.1f, 1, true, VM_REASON_DARK, "dark, but not so dark");
  judge(&w, &dark, 0.5f, 0.1f, 1, true, VM_REASON_DARK, "dark, and barely gradable");
  judge(&w, &black, 0.99f, 0, 1, false, VM_REASON_DARK | VM_REASON_NO_VESSELS, "almost black, and no vessels");
  judge(&w, &blue, 0.1f, 0.1f, 1, false, VM_REASON_NOT_FUNDUS, "not gradable, and not a retina's colours");
  judge(&w, &soft, 0.1f, 0, 0, false, VM_REASON_BLURRED | VM_REASON_NO_VESSELS, "blurred, and no vessels");
  judge(&w, &swapped, 0.99f, 0.1f, 1, false, VM_REASON_NOT_FUNDUS, "channels swapped");
  judge(&w, &tinted, 0.99f, 0.1f, 1, false, VM_REASON_NOT_FUNDUS, "one picture, tinted");
  judge(&w, &noise, 0.99f, 0.1f, 1, false, VM_REASON_NOT_FUNDUS, "nothing but noise");
  judge(&w, &fine, 0.99f, 0, 1, false, VM_REASON_NO_VESSELS, "no vessels");
  judge(&w, &fine, 0.99f, NAN, 1, false, VM_REASON_NO_VESSELS, "nothing seen");
}

/* A fact at its threshold and just beyond it, with nothing else to find fault with. */
typedef struct threshold {
  size_t fact; /* offset in quality_facts, of a float */
  float at, beyond;
  unsigned sign; /* vm_reason, beyond it */
} threshold;

/* FINE but for one fact. */
static quality_facts with(size_t fact, float value) {
  quality_facts f = FINE;
  memcpy((char *)&f + fact, &value, sizeof value);
  return f;
}

static void check_thresholds(const threshold *all, size_t count, unsigned (*says)(const quality_facts *)) {
  for (size_t i = 0; i < count; i++) {
    const quality_facts at = with(all[i].fact, all[i].at), beyond = with(all[i].fact, all[i].beyond);
    CHECK(says(&at) == 0, "threshold %zu itself: %u", i, says(&at));
    CHECK(says(&beyond) == all[i].sign, "beyond threshold %zu: %u", i, says(&beyond));
  }
}

static void test_doubt_thresholds(void) {
  static const threshold all[] = {{offsetof(quality_facts, light), 32, 31.99f, VM_REASON_DARK},
                                  {offsetof(quality_facts, saturated), 0.06f, 0.0601f, VM_REASON_BRIGHT},
                                  {offsetof(quality_facts, fundus), 0.15f, 0.1499f, VM_REASON_COLOURS},
                                  {offsetof(quality_facts, dimmest), 250, 250.01f, VM_REASON_BRIGHT},
                                  {offsetof(quality_facts, blue_alone), 0.6f, 0.5999f, VM_REASON_COLOURS},
                                  {offsetof(quality_facts, blue_spread), 50, 50.01f, VM_REASON_BRIGHT},
                                  {offsetof(quality_facts, contrast), 0.02f, 0.0199f, VM_REASON_LOW_CONTRAST},
                                  {offsetof(quality_facts, blue_least), 115, 115.01f, VM_REASON_LOW_CONTRAST},
                                  {offsetof(quality_facts, covered), 0.22f, 0.2201f, VM_REASON_FIELD_CUT},
                                  {offsetof(quality_facts, hole), 0.01f, 0.0101f, VM_REASON_FIELD_CUT},
                                  {offsetof(quality_facts, rim), 0.45f, 0.4499f, VM_REASON_DARK},
                                  {offsetof(quality_facts, finest), 0.36f, 0.3599f, VM_REASON_BLURRED},
                                  {offsetof(quality_facts, finest), 1.5f, 1.501f, VM_REASON_BLURRED},
                                  {offsetof(quality_facts, grain), 0.128f, 0.1279f, VM_REASON_BLURRED},
                                  {offsetof(quality_facts, lattice), 0.95f, 0.9501f, VM_REASON_BLURRED},
                                  {offsetof(quality_facts, copied), 0.085f, 0.0849f, VM_REASON_COLOURS},
                                  {offsetof(quality_facts, sharpness), 0.5f, 0.4999f, VM_REASON_BLURRED}};
  static vm_weights w;
  w.gradable_threshold = 0.4f;
  check_thresholds(all, sizeof all / sizeof *all, quality_doubts);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    const quality_facts beyond = with(all[i].fact, all[i].beyond);
    judge(&w, &beyond, 0.99f, 0.1f, 1, true, all[i].sign, "gradable all the same");
  }
  quality_facts f = FINE;
  f.blue_alone = 4, f.blue_spread = 40;
  CHECK(quality_doubts(&f) == 0, "a tenth of blue is its own: doubts %u", quality_doubts(&f));
  f.blue_spread = 40.1f;
  CHECK(quality_doubts(&f) == VM_REASON_COLOURS, "less than a tenth: doubts %u", quality_doubts(&f));
  f = FINE;
  f.rim = 0.4f;
  judge(&w, &f, 0.1f, 0.1f, 1, false, VM_REASON_DARK, "not gradable: nothing else says why");
  f.contrast = 0.01f;
  judge(&w, &f, 0.1f, 0.1f, 1, false, VM_REASON_LOW_CONTRAST, "something else does");
}

static void test_thresholds(void) {
  static const threshold all[] = {{offsetof(quality_facts, light), 32, 31.99f, VM_REASON_DARK},
                                  {offsetof(quality_facts, brightest), 72, 71.99f, VM_REASON_DARK},
                                  {offsetof(quality_facts, lit), 0.65f, 0.6499f, VM_REASON_FIELD_CUT},
                                  {offsetof(quality_facts, fundus), 0.6f, 0.5999f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, edges), 0.26f, 0.2601f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, hues), 0.16f, 0.1601f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, disorder), 1, 1.0001f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, likeness), 0.985f, 0.9851f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, saturated), 0.06f, 0.0601f, VM_REASON_BRIGHT},
                                  {offsetof(quality_facts, contrast), 0.024f, 0.0239f, VM_REASON_LOW_CONTRAST},
                                  {offsetof(quality_facts, sharpness), 0.57f, 0.5699f, VM_REASON_BLURRED},
                                  {offsetof(quality_facts, sharpness), 1.3f, 1.3001f, VM_REASON_NOT_FUNDUS},
                                  {offsetof(quality_facts, fineness), 0.38f, 0.3799f, VM_REASON_BLURRED}};
  check_thresholds(all, sizeof all / sizeof *all, quality_signs);
  test_doubt_thresholds();
  static vm_weights w;
  w.gradable_threshold = 0.4f;
  quality_facts f = FINE;
  f.light = 28;
  judge(&w, &f, 0.99f, 0.1f, 1, false, VM_REASON_DARK, "almost black");
  f.light = 28.01f;
  judge(&w, &f, 0.99f, 0.1f, 1, true, VM_REASON_DARK, "not quite");
  f = FINE, f.brightest = 71.9f;
  judge(&w, &f, 0.99f, 0.1f, 1, false, VM_REASON_DARK, "nothing is bright");
  f.brightest = 72;
  judge(&w, &f, 0.99f, 0.1f, 1, true, 0, "something is");
  judge(&w, &FINE, 0.99f, 0.0005f, 1, true, 0, "few vessels");
  judge(&w, &FINE, 0.99f, 0.000499f, 1, false, VM_REASON_NO_VESSELS, "none to speak of");
  judge(&w, &FINE, 0.1f, 0.01f, 1, false, 0, "enough vessels to say nothing of them");
  judge(&w, &FINE, 0.1f, 0.0099f, 1, false, VM_REASON_NO_VESSELS, "hardly any");
  judge(&w, &FINE, 0.4f, 0.1f, 1, true, 0, "at the threshold");
}

/* Cells of the field at one grey level, a share of them at another. */
static quality_facts painted(float level, float other, float share) {
  enum { S = 256 };
  static float x[S * S * 3];
  quality_facts f;
  for (int i = 0; i < S * S; i++)
    for (int c = 0; c < 3; c++) x[3 * i + c] = ((i % 100 < (int)(share * 100) ? other : level) - 127) / 128;
  CHECK(quality_measure(x, S, &f), "out of memory");
  return f;
}

/* In the dark, what is over eight grey levels is lit. */
static void test_dark(void) {
  CHECK(painted(8.5f, 20, 0.3f).lit > 0.99f && painted(8.5f, 20, 0.3f).light == 8, "just over eight");
  CHECK(fabsf(painted(7.5f, 20, 0.3f).lit - 0.3f) < 0.01f && painted(7.5f, 20, 0.3f).light == 20, "just under it");
  CHECK(fabsf(painted(13, 60, 0.3f).lit - 0.3f) < 0.01f, "under a third of the light: shade");
  CHECK(painted(13, 60, 0.3f).light == 13 && painted(11, 60, 0.3f).light == 60, "over and under a fifth of it");
  CHECK(painted(21, 60, 0.3f).lit > 0.99f, "over a third of it");
  CHECK(painted(100, 60, 0.02f).dimmest == 60 && painted(100, 60, 0).dimmest == 100, "what one in a hundred is under");
  CHECK(painted(60, 100, 0.02f).brightest == 100 && painted(60, 100, 0).brightest == 60, "and over");
  CHECK(painted(100, 1, 0.3f).dimmest == 100, "of what is lit");
  CHECK(fabsf(painted(100, 246, 0.25f).saturated - 0.25f) < 0.01f && painted(100, 244, 0.25f).saturated == 0,
        "saturated");
}

/* Each fact has its own weight, on its own scale. */
static void test_facts(void) {
  quality_facts f = FINE;
  f.lit = 0.9f, f.fundus = 0.95f;
  const vm_optic_disc disc = {.found = 1, .confidence = 0.8f};
  const double x[WEIGHTS_FACTS] = {log(0.9 / 0.1), log(0.103), 0.8, 0.9, log(125), 0.5, 0.95, 0.05};
  for (int i = 0; i < WEIGHTS_FACTS; i++) {
    static vm_weights w;
    w = (vm_weights){.quality = {.given = true, .offset = -1}};
    w.quality.facts[i] = x[i] > 0 ? -0.5f : 0.5f;
    float got = quality_judge(&w, &f, 0.9f, 0.1f, &disc).gradability;
    double want = 1 / (1 + exp(1 + 0.5 * fabs(x[i])));
    CHECK(fabs((double)got - want) < 1e-5, "fact %d: %g, not %g", i, (double)got, want);
  }
  static vm_weights w = {.quality = {.given = true, .facts = {[WEIGHTS_FACT_GRADABILITY] = 0.25f}}};
  const float heads[] = {0, 1},
              wanted[] = {0, 0.9525741f}; /* 12 logit units at most: sigmoid(3), and never over the head */
  for (int i = 0; i < 2; i++) {
    float got = quality_judge(&w, &f, heads[i], 0.1f, &disc).gradability;
    CHECK(fabsf(got - wanted[i]) < 1e-6f, "head %g: %g", (double)heads[i], (double)got);
  }
}

/* Even fields whose facts can be said: one colour everywhere, its upper third dark, a dark square in it. */
static void test_even_fields(void) {
  enum { N = 256 };
  static const struct {
    int left, top, right, bottom; /* what is dark, of the side's 256 */
    float lit, covered, hole;
  } fields[] = {{0, 0, 0, 0, 1, 0, 0},
                {0, 0, 256, 80, 0.74466f, 0.25534f, 0},
                {0, 176, 256, 256, 0.74466f, 0.25534f, 0},
                {100, 60, 120, 80, 1 - 400 / 46448.0f, 400 / 46448.0f, 400 / 46448.0f},
                {118, 118, 138, 138, 1 - 400 / 46448.0f, 0, 400 / 46448.0f}};
  float *x = malloc((size_t)N * N * 3 * sizeof *x);
  for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
    for (int i = 0; i < N * N; i++) {
      bool dark =
          i % N >= fields[k].left && i % N < fields[k].right && i / N >= fields[k].top && i / N < fields[k].bottom;
      for (int c = 0; c < 3; c++) x[3 * i + c] = dark ? -127.0f / 128 : (160.0f - 60 * (float)c - 127) / 128;
    }
    quality_facts f = {0};
    CHECK(quality_measure(x, N, &f), "out of memory");
    CHECK(fabsf(f.lit - fields[k].lit) < 2e-4f && fabsf(f.covered - fields[k].covered) < 2e-4f &&
              fabsf(f.hole - fields[k].hole) < 2e-5f,
          "even field %zu: lit %.5f, covered %.5f, hole %.6f", k, (double)f.lit, (double)f.covered, (double)f.hole);
    CHECK(f.light == 160 && f.blue_least == 40 && f.saturated == 0 && f.fundus == 1 && f.blue_spread < 1e-3f &&
              f.hues < 1e-3f && fabsf(f.rim - 160 / 161.0f) < 1e-4f && fabsf(f.disorder - 101 / (1.15f * 161)) < 1e-2f,
          "even field %zu: light %g, blue from %g, rim %g, disorder %g, hues %g", k, (double)f.light,
          (double)f.blue_least, (double)f.rim, (double)f.disorder, (double)f.hues);
  }
  free(x);
}

/* Stripes and chessboards of four widths, each of a height of its own: what is measured of them is these heights, and their
 * ratios where all lie in the last third alone. */
static void test_detail(void) {
  enum { N = 256 };
  static const float heights[3][4] = {
      {6, 9, 5, 8}, {3, 7, 11, 4}, {2, 10, 1, 3}}; /* across, down, as on a chessboard */
  float *x = malloc((size_t)N * N * 3 * sizeof *x);
  for (int variant = 0; variant < 4; variant++) {
    int turn = variant & 1, from = variant & 2 ? 176 : 0;
    for (int j = 0; j < N; j++)
      for (int i = 0; i < N; i++) {
        float *to = x + 3 * ((turn ? i : j) * N + (turn ? j : i)), green = 100;
        for (int k = 0; k < 4 && i >= from; k++) {
          int column = i >> k & 1, row = j >> k & 1;
          green += (column ? 1.0f : -1.0f) * heights[0][k] + (row ? 1.0f : -1.0f) * heights[1][k] +
                   (column ^ row ? 1.0f : -1.0f) * heights[2][k];
        }
        to[0] = (170.0f - 127) / 128, to[1] = (green - 127) / 128, to[2] = (50.0f - 127) / 128;
      }
    quality_facts f = {0};
    CHECK(quality_measure(x, N, &f), "out of memory");
    const float found[] = {f.sharpness, f.fineness, f.finest, f.grain, f.edges, f.contrast},
                wanted[] = {3 / 7.05f, 3 / 11.05f, 2 / 10.02f, 2 / 3.03f, 16 / 105.0f, 12 / 105.0f};
    for (int k = 0; k < (from > 0 ? 4 : 6); k++)
      CHECK(fabsf(found[k] - wanted[k]) < (from > 0 ? 0.05f : 0.01f) * wanted[k], "turned %d, fact %d: %g, not %g",
            turn, k, (double)found[k], (double)wanted[k]);
  }
  free(x);
}

/* Steps on every so many-th line of 512: of 33 lines around one of them so many are such, and a line in `apart` is. */
static void test_lattice(void) {
  enum { N = 512 };
  static const struct {
    int apart;
    float wanted;
  } all[] = {{8, 2 * (33 / 5.0f) / 8}, {4, 2 * (33 / 9.0f) / 4}, {2, 0}};
  float *x = malloc((size_t)N * N * 3 * sizeof *x);
  for (int turn = 0; turn < 2; turn++)
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
      for (int i = 0; i < N * N; i++) {
        int line = turn ? i / N : i % N;
        for (int c = 0; c < 3; c++)
          x[3 * i + c] = (160.0f - 50 * (float)c + (c == 1 && line / all[k].apart % 2 ? 9.0f : 0) - 127) / 128;
      }
      quality_facts f = {0};
      CHECK(quality_measure(x, N, &f), "out of memory");
      CHECK(fabsf(f.lattice - all[k].wanted) < 0.03f, "turned %d, %d apart: %g, not %g", turn, all[k].apart,
            (double)f.lattice, (double)all[k].wanted);
    }
  free(x);
}

int main(void) {
  test_detail();
  test_lattice();
  test_even_fields();
  test_on_its_side();
  test_judgement();
  test_thresholds();
  test_dark();
  test_facts();
  static const int sizes[] = {512, 256, 608, 1024};
  for (size_t i = 0; i < (CHECK_FEWER ? 1 : sizeof sizes / sizeof *sizes); i++)
    for (uint32_t seed = 1; seed <= (CHECK_FEWER ? 1 : 3); seed++)
      test_signs(sizes[i], seed), test_doubts(sizes[i], seed), test_tints(sizes[i], seed);
  free(made);
  return check_end();
}
