/* Disc and cup out of made-up maps whose truth is known. */
#include "check.h"
#include "disc_cup.h"
#include "golden.h"
#include "optic_disc.h"
#include "phantom.h"

#define SIDE 128
#define W 1000
#define H 900

static float map[SIDE * SIDE * 2], disc[SIDE * SIDE], cup[SIDE * SIDE];

/* The field of view leaves a margin, and is cut below. */
static const vm_disc view = {500, 480, 450};

/* Draws an ellipse into channel c: middle in 0..1 of the square, half axes a and b in field diameters; soft at the rim, as
 * the network's map is. */
static void ellipse(int c, float x, float y, float a, float b) {
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      float u = (((float)i + 0.5f) / SIDE - x) / a, v = (((float)j + 0.5f) / SIDE - y) / b;
      float inside = (1 - sqrtf(u * u + v * v)) * (a < b ? a : b) * SIDE; /* about cells from the rim */
      float p = 1 / (1 + expf(-3 * inside)), *at = &map[(j * SIDE + i) * 2 + c];
      *at = p > *at ? p : *at;
    }
}

static void clear(void) { memset(map, 0, sizeof map); }

static vm_disc_cup measure(float x, float y, bool found) {
  disc_cup_photo photo = {
      view, W, H, {found, view.x + (2 * x - 1) * view.radius, view.y + (2 * y - 1) * view.radius, 65, 0.9f}};
  vm_disc_cup out;
  CHECK(disc_cup_measure(map, SIDE, &photo, disc, cup, &out), "out of memory");
  return out;
}

static bool near(float a, float b, float share) { return fabsf(a - b) <= share * b; }

static void expect(const char *what, vm_disc_cup got, vm_disc_validity want) {
  CHECK(got.validity == want, "%s: %s, not %s", what, vm_disc_validity_name(got.validity), vm_disc_validity_name(want));
  bool numbers = want == VM_DISC_VALID;
  CHECK(isfinite(got.vertical_ratio) == numbers && isfinite(got.area_ratio) == numbers, "%s: ratios", what);
  for (int h = 0; h < VM_HOURS; h++) CHECK(isfinite(got.rim[h]) == numbers, "%s: the rim at %d", what, h);
  CHECK((got.cup.area > 0) == numbers && (got.disc.area > 0) == (numbers || want == VM_DISC_NO_CUP), "%s: extents",
        what);
}

/* The ratio of what was drawn, at every size of the cup, wherever the cells' borders fall. */
static void test_ratios(void) {
  for (int k = 0; k < 24; k++) {
    float ratio = 0.25f + 0.03f * (float)k, x = 0.55f + 0.0031f * (float)k, y = 0.45f + 0.0017f * (float)k;
    clear();
    ellipse(0, x, y, 0.07f, 0.08f);
    ellipse(1, x + 0.004f, y, 0.07f * ratio * 0.9f, 0.08f * ratio);
    vm_disc_cup d = measure(x, y, true);
    expect("ellipses", d, VM_DISC_VALID);
    CHECK(near(d.disc.height, 0.16f, 0.02f) && near(d.disc.width, 0.14f, 0.02f), "disc %g x %g", (double)d.disc.height,
          (double)d.disc.width);
    CHECK(fabsf(d.vertical_ratio - ratio) < 0.02f, "cup %g of %g", (double)d.vertical_ratio, (double)ratio);
    CHECK(fabsf(d.area_ratio - 0.9f * ratio * ratio) < 0.03f, "area %g of %g", (double)d.area_ratio, (double)ratio);
    CHECK(fabsf(d.disc.x - (view.x + (2 * x - 1) * view.radius)) < 2 &&
              fabsf(d.disc.y - (view.y + (2 * y - 1) * view.radius)) < 2,
          "disc at %g, %g", (double)d.disc.x, (double)d.disc.y);
    int outside = 0;
    for (int i = 0; i < SIDE * SIDE; i++) outside += cup[i] > disc[i];
    CHECK(outside == 0, "the cup leaves the disc in %d cells", outside);
  }
}

/* How far from the origin a ray at this hour (in parts of one, too) leaves an ellipse with half axes a and b around
 * (x, y). */
static float ellipse_reach(float x, float y, float a, float b, float hour) {
  float angle = 6.2831853f * hour / VM_HOURS, dx = sinf(angle) / a, dy = -cosf(angle) / b;
  float u = x / a, v = y / b, dd = dx * dx + dy * dy, du = dx * u + dy * v;
  return (du + sqrtf(du * du - dd * (u * u + v * v - 1))) / dd;
}

/* The rim in an hour, of a disc around the origin and a cup that the origin lies in. */
static float true_rim(float x, float y, float ratio, int hour) {
  float sum = 0;
  for (int k = -500; k <= 500; k++) {
    float at = (float)hour + (float)k / 1001;
    float outer = ellipse_reach(0, 0, 0.07f, 0.08f, at), inner = ellipse_reach(x, y, 0.07f * ratio, 0.08f * ratio, at);
    sum += (outer - inner) / (2 * outer);
  }
  return sum / 1001;
}

/* The cup lies off in every direction in turn: the rim is narrow there, and as wide as it was drawn in every hour. */
static void test_rim(void) {
  for (int k = 0; k < VM_HOURS; k++) {
    float angle = 6.2831853f * (float)k / VM_HOURS, x = 0.02f * sinf(angle), y = -0.02f * cosf(angle);
    float mx = 0.55f + 0.0031f * (float)k, my = 0.45f + 0.0017f * (float)k;
    clear();
    ellipse(0, mx, my, 0.07f, 0.08f);
    ellipse(1, mx + x, my + y, 0.07f * 0.6f, 0.08f * 0.6f);
    vm_disc_cup d = measure(mx, my, true);
    expect("off", d, VM_DISC_VALID);
    int least = 0;
    for (int h = 0; h < VM_HOURS; h++) {
      least = d.rim[h] < d.rim[least] ? h : least;
      CHECK(fabsf(d.rim[h] - true_rim(x, y, 0.6f, h)) < 0.02f, "cup towards %d: the rim at %d is %g of %g", k, h,
            (double)d.rim[h], (double)true_rim(x, y, 0.6f, h));
    }
    CHECK(least == k, "cup towards %d: narrowest at %d", k, least);
  }
}

/* A mask's rows and pixels. */
typedef struct drawn {
  int height, area;
} drawn;

static drawn count_mask(const uint8_t *mask) {
  drawn d = {0, 0};
  for (int y = 0; y < H; y++) {
    int row = 0;
    for (int x = 0; x < W; x++) row += mask[y * W + x] == 255;
    d.area += row, d.height += row > 0;
  }
  return d;
}

/* The masks are as large as the measures say, and the cup's lies in the disc's. */
static void test_masks(void) {
  clear();
  ellipse(0, 0.55f, 0.45f, 0.07f, 0.08f), ellipse(1, 0.56f, 0.45f, 0.04f, 0.05f);
  const vm_result r = {.width = W,
                       .height = H,
                       .disc = view,
                       .disc_cup = measure(0.55f, 0.45f, true),
                       .disc_side = SIDE,
                       .disc_map = disc,
                       .cup_map = cup};
  uint8_t *masks = malloc((size_t)2 * W * H);
  const vm_extent *all[] = {&r.disc_cup.disc, &r.disc_cup.cup};
  float across = 2 * view.radius;
  for (int k = 0; k < 2; k++) {
    uint8_t *mask = masks + (size_t)k * W * H;
    CHECK(vm_render_u8(&r, k == 0 ? VM_LAYER_DISC : VM_LAYER_CUP, 0, 0, H, mask, NULL) == VM_OK, "layer %d", k);
    drawn d = count_mask(mask);
    CHECK(fabsf((float)d.height - all[k]->height * across) <= 2, "layer %d: %d rows", k, d.height);
    CHECK(near((float)d.area, all[k]->area * across * across, 0.01f), "layer %d: %d pixels", k, d.area);
  }
  int outside = 0;
  for (int i = 0; i < W * H; i++) outside += masks[W * H + i] > masks[i];
  CHECK(outside == 0, "%d pixels of the cup outside the disc", outside);
  free(masks);
}

/* What is drawn elsewhere is left out; what is as large could be the disc as well. */
static void test_others(void) {
  clear();
  ellipse(0, 0.6f, 0.5f, 0.07f, 0.08f), ellipse(1, 0.6f, 0.5f, 0.03f, 0.04f);
  ellipse(0, 0.3f, 0.5f, 0.03f, 0.03f), ellipse(1, 0.3f, 0.5f, 0.02f, 0.02f), ellipse(1, 0.4f, 0.2f, 0.1f, 0.1f);
  vm_disc_cup d = measure(0.6f, 0.5f, true);
  expect("small spots beside", d, VM_DISC_VALID);
  CHECK(fabsf(d.vertical_ratio - 0.5f) < 0.02f, "%g", (double)d.vertical_ratio);
  CHECK(disc[64 * SIDE + 38] == 0 && cup[64 * SIDE + 38] == 0 && cup[25 * SIDE + 51] < 0.5f, "spots are left out");
  ellipse(0, 0.3f, 0.5f, 0.065f, 0.065f);
  expect("another of its size", measure(0.6f, 0.5f, true), VM_DISC_IMPLAUSIBLE);
  expect("nothing where the disc was found", measure(0.5f, 0.8f, true), VM_DISC_NOT_FOUND);
  expect("no disc found", measure(0.6f, 0.5f, false), VM_DISC_NOT_FOUND);
}

/* A hole, as a vessel or a pale cup makes one, belongs to the disc. */
static void test_hole(void) {
  clear();
  ellipse(0, 0.6f, 0.5f, 0.07f, 0.08f), ellipse(1, 0.6f, 0.5f, 0.035f, 0.04f);
  vm_disc_cup whole = measure(0.6f, 0.5f, true);
  for (int j = 62; j < 66; j++)
    for (int i = 74; i < 78; i++) map[(j * SIDE + i) * 2] = map[(j * SIDE + i) * 2 + 1] = 0;
  vm_disc_cup d = measure(0.6f, 0.5f, true);
  expect("hole", d, VM_DISC_VALID);
  CHECK(d.disc.area == whole.disc.area && d.area_ratio > 0.95f * whole.area_ratio, "%g of %g", (double)d.area_ratio,
        (double)whole.area_ratio);
}

static void test_refusals(void) {
  clear();
  expect("nothing drawn", measure(0.5f, 0.5f, true), VM_DISC_NOT_FOUND);
  ellipse(0, 0.6f, 0.5f, 0.07f, 0.08f);
  expect("no cup", measure(0.6f, 0.5f, true), VM_DISC_NO_CUP);
  ellipse(1, 0.75f, 0.5f, 0.04f, 0.04f);
  expect("a cup beside the disc", measure(0.6f, 0.5f, true), VM_DISC_NO_CUP);
  clear();
  ellipse(0, 0.95f, 0.5f, 0.07f, 0.08f), ellipse(1, 0.95f, 0.5f, 0.04f, 0.04f);
  expect("cut by the circle", measure(0.95f, 0.5f, true), VM_DISC_CUT);
  clear();
  ellipse(0, 0.5f, 0.95f, 0.07f, 0.08f), ellipse(1, 0.5f, 0.95f, 0.04f, 0.04f);
  expect("cut by the photograph", measure(0.5f, 0.95f, true), VM_DISC_CUT);
  static const float sizes[][2] = {{0.02f, 0.02f}, {0.25f, 0.25f}, {0.15f, 0.06f}};
  for (int i = 0; i < 3; i++) {
    clear();
    ellipse(0, 0.5f, 0.5f, sizes[i][0], sizes[i][1]), ellipse(1, 0.5f, 0.5f, sizes[i][0] / 2, sizes[i][1] / 2);
    expect("too small, large, flat", measure(0.5f, 0.5f, true), VM_DISC_IMPLAUSIBLE);
  }
  clear();
  ellipse(0, 0.5f, 0.5f, 0.04f, 0.12f), ellipse(0, 0.55f, 0.6f, 0.09f, 0.03f);
  expect("an angle", measure(0.5f, 0.5f, true), VM_DISC_IMPLAUSIBLE);
}

/* What the network draws on a phantom, which is no photograph: the disc in its place, and the wider the cup, the higher
 * the ratio, though not to scale. */
static void test_phantoms(const char *weights) {
  static const float cups[] = {0.3f, 0.5f, 0.7f};
  enum { SIDE_OF = 512 };
  model m = open_model(weights, SIDE_OF, 1);
  uint8_t *rgba = malloc((size_t)SIDE_OF * SIDE_OF * 4);
  float last = 0;
  for (int k = 0; k < 3; k++) {
    const vm_phantom_spec spec = {.seed = 1, .width = SIDE_OF, .height = SIDE_OF, .cup = cups[k]};
    vm_phantom_marks marks;
    disc_cup_photo photo = {.width = SIDE_OF, .height = SIDE_OF};
    vm_error err = {0};
    CHECK(vm_phantom(&spec, rgba, NULL, NULL, &photo.view, &err) == VM_OK &&
              vm_phantom_find(&spec, &marks, &err) == VM_OK &&
              vm_prepare(rgba, SIDE_OF, SIDE_OF, photo.view, SIDE_OF, network_input(m.network), &err) == VM_OK,
          "%s", err.text);
    network_output o = golden_run(m.network, 1);
    CHECK(
        optic_disc_find(network_input(m.network), o.vessels, SIDE_OF, photo.view, SIDE_OF, SIDE_OF, &photo.guess, NULL),
        "out of memory");
    vm_disc_cup d;
    CHECK(disc_cup_measure(o.structures, SIDE_OF / 4, &photo, disc, cup, &d), "out of memory");
    CHECK(d.validity == VM_DISC_VALID, "cup %g: %s", (double)cups[k], vm_disc_validity_name(d.validity));
    float across = d.disc.width * 2 * photo.view.radius / (2 * marks.optic_disc.radius);
    CHECK(across > 0.8f && across < 1.25f, "cup %g: the disc is %g times as wide", (double)cups[k], (double)across);
    CHECK(d.vertical_ratio > last + 0.02f, "cup %g: ratio %g after %g", (double)cups[k], (double)d.vertical_ratio,
          (double)last);
    last = d.vertical_ratio;
  }
  free(rgba);
  close_model(&m);
}

/* A slit parts the disc, and its halves hang together by corners in the middle alone: along the slit lies no part of it, and
 * a share of nothing is no measure. */
static void test_slit(void) {
  clear();
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      float r = hypotf((float)i - 63.5f, (float)j - 63.5f), *at = &map[(j * SIDE + i) * 2];
      bool slit = i == 63 || i == 64, bridge = slit && i == j;
      at[0] = bridge ? 0.5f : slit ? 0 : r < 14 ? 0.95f : 0;
      at[1] = bridge ? 0.5f : slit ? 0 : r < 6 ? 0.95f : 0;
    }
  expect("a disc in halves", measure(0.5f, 0.5f, true), VM_DISC_IMPLAUSIBLE);
}

int main(void) {
  test_phantoms("weights/vmnet.safetensors");
  test_phantoms("weights/vmnet-int8.safetensors");
  test_ratios();
  test_rim();
  test_slit();
  test_masks();
  test_others();
  test_hole();
  test_refusals();
  CHECK(strcmp(vm_disc_validity_name(VM_DISC_NO_CUP), "no-cup") == 0 &&
            *vm_disc_validity_name((vm_disc_validity)7) == 0,
        "names");
  return check_end();
}
