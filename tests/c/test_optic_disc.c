/* The optic disc on phantoms, whose disc is known: found, in place, of the right size, on the right side; and nothing
 * found where there is none. The vessels are the phantom's own, so that this tests the finder alone. */
#include "check.h"
#include "optic_disc.h"
#include "phantom.h"

enum { W = 900, H = 760 };

typedef struct scene {
  uint8_t *rgba, *mask; /* owned */
  vm_disc view;
  vm_phantom_marks truth;
  float *input, *vessels; /* owned, [size][size][3] and [size][size] */
  int size;
} scene;

static void prepare(scene *s, int size) {
  vm_error err = {0};
  s->size = size;
  s->input = malloc((size_t)size * (size_t)size * 3 * sizeof(float));
  s->vessels = malloc((size_t)size * (size_t)size * sizeof(float));
  CHECK(vm_prepare(s->rgba, W, H, s->view, size, s->input, &err) == VM_OK, "%s", err.text);
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++) {
      float step = 2 * s->view.radius / (float)size;
      int x = (int)floorf(s->view.x - s->view.radius + ((float)i + 0.5f) * step),
          y = (int)floorf(s->view.y - s->view.radius + ((float)j + 0.5f) * step);
      s->vessels[j * size + i] = x >= 0 && y >= 0 && x < W && y < H && s->mask[y * W + x] ? 1.0f : 0.0f;
    }
}

static scene draw(const vm_phantom_spec *spec, int size) {
  scene s = {.rgba = malloc((size_t)W * H * 4), .mask = malloc((size_t)W * H)};
  vm_error err = {0};
  CHECK(vm_phantom(spec, s.rgba, s.mask, NULL, &s.view, &err) == VM_OK &&
            vm_phantom_find(spec, &s.truth, &err) == VM_OK,
        "%s", err.text);
  prepare(&s, size);
  return s;
}

static void release(scene *s) { free(s->rgba), free(s->mask), free(s->input), free(s->vessels); }

static vm_optic_disc find(const scene *s) {
  vm_optic_disc d;
  optic_disc_evidence why;
  CHECK(optic_disc_find(s->input, s->vessels, s->size, s->view, W, H, &d, &why), "out of memory");
  return d;
}

static void test_phantoms(int size, float brightness) {
  for (uint32_t seed = 1; seed <= (CHECK_FEWER ? 2 : 12); seed++) {
    vm_phantom_spec spec = {.seed = seed,
                            .width = W,
                            .height = H,
                            .lesions = seed % 8,
                            .cup = 0.3f + 0.05f * (float)(seed % 9),
                            .brightness = brightness};
    scene s = draw(&spec, size);
    vm_optic_disc d = find(&s);
    vm_disc t = s.truth.optic_disc;
    float off = hypotf(d.x - t.x, d.y - t.y) / t.radius, ratio = d.radius / t.radius, sure;
    CHECK(d.found && d.confidence >= 0.8f && d.confidence <= 1, "S %d, seed %u: confidence %g", size, seed,
          (double)d.confidence);
    CHECK(off < 0.35f, "S %d, seed %u: %g radii off", size, seed, (double)off);
    CHECK(ratio > 0.75f && ratio < 1.35f, "S %d, seed %u: %g times the radius", size, seed, (double)ratio);
    vm_eye want = t.x > s.view.x ? VM_EYE_RIGHT : VM_EYE_LEFT;
    CHECK(optic_disc_eye(&d, s.view, &sure) == want && sure > 0.5f && sure <= 1, "S %d, seed %u: eye, %g sure", size,
          seed, (double)sure);
    release(&s);
  }
}

/* The mirrored photograph has the mirrored disc, and is the other eye's. */
static void test_mirror(void) {
  vm_phantom_spec spec = {.seed = 3, .width = W, .height = H};
  scene s = draw(&spec, 512);
  vm_optic_disc d = find(&s);
  for (int j = 0; j < H; j++)
    for (int i = 0; i < W / 2; i++) {
      int a = j * W + i, b = j * W + W - 1 - i;
      for (int c = 0; c < 4; c++) {
        uint8_t swap = s.rgba[4 * a + c];
        s.rgba[4 * a + c] = s.rgba[4 * b + c], s.rgba[4 * b + c] = swap;
      }
      uint8_t swap = s.mask[a];
      s.mask[a] = s.mask[b], s.mask[b] = swap;
    }
  s.view.x = (float)W - s.view.x;
  free(s.input), free(s.vessels);
  prepare(&s, 512);
  vm_optic_disc m = find(&s);
  float sure;
  CHECK(fabsf((float)W - m.x - d.x) < 0.2f * d.radius && fabsf(m.y - d.y) < 0.2f * d.radius, "%g %g, mirrored %g %g",
        (double)d.x, (double)d.y, (double)m.x, (double)m.y);
  CHECK(optic_disc_eye(&m, s.view, &sure) + optic_disc_eye(&d, s.view, &sure) == VM_EYE_LEFT + VM_EYE_RIGHT, "eyes");
  release(&s);
}

/* A second disc, the mirror image of the first and not quite as bright. */
static void add_rival(scene *s) {
  for (int j = 0; j < s->size; j++)
    for (int i = 0; i < s->size / 2; i++)
      for (int c = 0; c < 3; c++) {
        float *left = s->input + (j * s->size + i) * 3 + c, *right = s->input + (j * s->size + s->size - 1 - i) * 3 + c;
        *left = fmaxf(*left, *right - 2e-4f);
      }
}

/* What the finder says of seven phantoms, to four digits: numbers of its own, which hold its steps in place. The third
 * field is cut on the left; in the fourth a haze leaves little contrast, and half of the vessels are missing, in the fifth
 * all of them, and it has a rival; a lid covers the upper third of the sixth; the photograph's border cuts through the disc
 * of the seventh. */
static void test_pinned(void) {
  static const struct {
    vm_phantom_spec spec;
    float haze; /* share of the contrast that is left */
    bool bare;  /* without vessels */
    bool lid;   /* over the upper third */
    vm_optic_disc disc;
    optic_disc_evidence why;
  } all[] = {
      {{.seed = 2, .width = W, .height = H, .lesions = 7},
       1,
       false,
       false,
       {1, 606.75f, 360.05f, 51.3f, 0.998679f},
       {4.90536f, 4.81259f, 2.49921f, 10.7531f, 0.387105f}},
      {{.seed = 5, .width = W, .height = H, .cup = 0.7f, .brightness = 0.5f},
       1,
       false,
       false,
       {1, 276.15f, 377.15f, 57, 0.998674f},
       {5.3202f, 4.46529f, 2.49743f, 10.4566f, 0.361396f}},
      {{.seed = 8, .width = W, .height = H, .disc = {250, 400, 330}, .calibre = 1.5f},
       1,
       false,
       false,
       {1, 417.578f, 418.047f, 56.7188f, 0.99868f},
       {4.98252f, 5.09892f, 2.49959f, 9.11901f, 0.46071f}},
      {{.seed = 9, .width = W, .height = H, .lesions = 2},
       0.02f,
       false,
       false,
       {1, 259.05f, 377.15f, 57, 0.988226f},
       {1.46195f, 4.65206f, 1.70899f, 9.46325f, 0.177839f}},
      {{.seed = 4, .width = W, .height = H, .cup = 0.6f},
       0.004f,
       true,
       false,
       {0, 618.15f, 360.05f, 57, 0.0201134f},
       {0.376718f, 0, 0.386994f, 1.14023f, 0}},
      {{.seed = 6, .width = W, .height = H, .lesions = 1},
       1,
       false,
       true,
       {1, 623.85f, 360.05f, 57, 0.998675f},
       {5.21621f, 5.17847f, 2.49785f, 10.9988f, 0.347003f}},
      {{.seed = 5, .width = W, .height = H, .disc = {155, 400, 330}},
       1,
       false,
       false,
       {1, 13.2031f, 402.578f, 41.25f, 0.970254f},
       {3.36555f, 0.428982f, 2.39912f, 2.57364f, 0.283294f}},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    scene s = draw(&all[i].spec, 512);
    for (int k = 0; all[i].haze < 1 && k < s.size * s.size; k++) {
      for (int c = 0; c < 3; c++) s.input[3 * k + c] = 0.1f + (s.input[3 * k + c] - 0.1f) * all[i].haze;
      if (all[i].bare || k / 8 % 2) s.vessels[k] = 0;
    }
    if (all[i].bare) add_rival(&s);
    for (int k = 0; all[i].lid && k < s.size * s.size; k++)
      if (k / s.size < s.size / 3) s.input[3 * k] = s.input[3 * k + 1] = s.input[3 * k + 2] = -0.96f;
    vm_optic_disc d;
    optic_disc_evidence why;
    CHECK(optic_disc_find(s.input, s.vessels, s.size, s.view, W, H, &d, &why), "out of memory");
    const float got[] = {d.x,      d.y,        d.radius,   d.confidence, why.bright, why.convergence,
                         why.edge, why.margin, why.vessels};
    const float want[] = {all[i].disc.x,          all[i].disc.y,     all[i].disc.radius,
                          all[i].disc.confidence, all[i].why.bright, all[i].why.convergence,
                          all[i].why.edge,        all[i].why.margin, all[i].why.vessels};
    for (size_t k = 0; k < sizeof got / sizeof *got; k++)
      CHECK(fabsf(got[k] - want[k]) <= 2e-4f * fabsf(want[k]), "phantom %zu, number %zu: %.6g, not %.6g", i, k,
            (double)got[k], (double)want[k]);
    CHECK(d.found == all[i].disc.found, "phantom %zu: found %d", i, d.found);
    release(&s);
  }
}

static void test_eye(void) {
  vm_disc view = {500, 500, 400};
  vm_optic_disc d = {1, 620, 480, 60, 0.95f};
  float near, far;
  CHECK(optic_disc_eye(&d, view, &near) == VM_EYE_RIGHT, "right of the middle");
  d.x = 800;
  CHECK(optic_disc_eye(&d, view, &far) == VM_EYE_RIGHT && far > near && far <= 0.95f, "%g, nearer %g", (double)far,
        (double)near);
  d.x = 200;
  CHECK(optic_disc_eye(&d, view, &far) == VM_EYE_LEFT, "left of the middle");
  d.x = 440;
  CHECK(optic_disc_eye(&d, view, &far) == VM_EYE_UNKNOWN && far == 0, "a photograph centred on the disc");
  d.x = 200, d.found = 0;
  CHECK(optic_disc_eye(&d, view, &far) == VM_EYE_UNKNOWN && far == 0, "no disc");
}

static void test_nothing(void) {
  static const int sizes[] = {256, 512, 1024};
  for (size_t k = 0; k < 3; k++) {
    int size = sizes[k];
    size_t n = (size_t)size * (size_t)size;
    scene s = {.input = malloc(n * 3 * sizeof(float)), .vessels = calloc(n, sizeof(float)), .size = size};
    s.view = (vm_disc){450, 380, 370};
    const float levels[] = {-127.0f / 128, -0.5f, 1};
    for (int v = 0; v < 3; v++) { /* black, grey, white */
      for (size_t i = 0; i < 3 * n; i++) s.input[i] = levels[v];
      vm_optic_disc d = find(&s);
      CHECK(!d.found && d.confidence < 0.5f && d.radius > 0, "S %d, level %g: confidence %g", size, (double)levels[v],
            (double)d.confidence);
      s.view.x += 5000; /* nothing of it is seen */
      optic_disc_evidence why = {1, 1, 1, 1, 1};
      CHECK(optic_disc_find(s.input, s.vessels, s.size, s.view, W, H, &d, &why), "out of memory");
      CHECK(!d.found && d.confidence == 0 && d.x == s.view.x && why.bright == 0 && why.edge == 0, "nothing to see");
      s.view.x -= 5000;
    }
    uint32_t state = 1;
    for (size_t i = 0; i < 3 * n; i++)
      state = state * 1664525u + 1013904223u, s.input[i] = (float)(state >> 25) / 64 - 1;
    CHECK(!find(&s).found, "noise");
    s.view.x = -300; /* a field that lies outside of the photograph for the most part */
    CHECK(!find(&s).found, "out of the photograph");
    release(&s);
  }
}

/* A lesion as bright as the disc, away from the vessels, is not taken for it. */
static void test_rival(void) {
  for (uint32_t seed = 1; seed <= (CHECK_FEWER ? 2 : 6); seed++) {
    vm_phantom_spec spec = {.seed = seed, .width = W, .height = H};
    scene s = draw(&spec, 512);
    vm_disc t = s.truth.optic_disc;
    float x = 2 * s.view.x - t.x, y = s.view.y + 0.45f * s.view.radius, r = 0.6f * t.radius;
    for (int j = 0; j < H; j++)
      for (int i = 0; i < W; i++)
        if (hypotf((float)i - x, (float)j - y) < r) {
          uint8_t *p = s.rgba + (j * W + i) * 4;
          p[0] = 250, p[1] = 225, p[2] = 150;
        }
    free(s.input), free(s.vessels);
    prepare(&s, 512);
    vm_optic_disc d = find(&s);
    CHECK(hypotf(d.x - t.x, d.y - t.y) < t.radius, "seed %u: at %g %g, the disc at %g %g, the rival at %g %g", seed,
          (double)d.x, (double)d.y, (double)t.x, (double)t.y, (double)x, (double)y);
    release(&s);
  }
}

int main(void) {
  test_eye();
  test_pinned();
  test_phantoms(512, 1);
  test_phantoms(512, 0.35f);
  test_phantoms(256, 1);
  if (!CHECK_FEWER) test_phantoms(1024, 1);
  test_mirror();
  test_nothing();
  test_rival();
  return check_end();
}
