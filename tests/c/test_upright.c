/* Photographs that lie on their side: how that is seen, what is turned, and that all comes back to where it was. */
#include "check.h"
#include "graded.h"
#include "phantom.h"
#include "upright.h"

static const weights_orientation HOW = {true, 0.75f};

/* ---- how it lies ---- */

static void expect(const char *what, const float logits[WEIGHTS_WAYS], int turned, float sideways) {
  vm_orientation got = upright_seen(&HOW, logits);
  CHECK(got.turned == turned && fabsf(got.sideways - sideways) < 1e-5f, "%s: by %d, %g", what, got.turned,
        (double)got.sideways);
}

static void test_seen(void) {
  expect("nothing known", (float[]){0, 0, 0, 0}, 0, 0.5f);
  expect("upright", (float[]){9, 0, 0, 0}, 0, 2 / (expf(9) + 3));
  expect("on its head", (float[]){0, 0, 9, 0}, 0, 2 / (expf(9) + 3));
  expect("turned left", (float[]){0, 9, 0, 0}, 90, (expf(9) + 1) / (expf(9) + 3));
  expect("turned right", (float[]){0, 0, 0, 9}, 270, (expf(9) + 1) / (expf(9) + 3));
  expect("either side", (float[]){-9, 0, -9, 0}, 90, 1 / (1 + expf(-9)));
  expect("just", (float[]){0, logf(5.01f), 0, 0}, 90, 6.01f / 8.01f);
  expect("not quite", (float[]){0, logf(4.9f), 0, 0}, 0, 5.9f / 7.9f);
  expect("far apart", (float[]){-2e3f, 2e3f, 0, 0}, 90, 1);
  expect("far apart, upright", (float[]){2e3f, -2e3f, 0, 0}, 0, 0);
  vm_orientation none = upright_seen(&HOW, NULL);
  CHECK(none.turned == 0 && isnan(none.sideways), "no logits: %d, %g", none.turned, (double)none.sideways);
  none = upright_seen(&HOW, (float[]){NAN, 9, 0, 0});
  CHECK(none.turned == 0, "no number: %d", none.turned);
}

static void test_wrong_way(void) {
  CHECK(!upright_wrong_way(NULL), "no logits");
  CHECK(!upright_wrong_way((float[]){1, 9, 0.9f, 9}) && upright_wrong_way((float[]){1, -9, 1.1f, -9}), "the two ways");
}

static void test_doubt(void) {
  const struct {
    vm_orientation lies;
    float logits[WEIGHTS_WAYS];
    bool doubt;
  } all[] = {{{0, 0.1f}, {9, 0, 0, 0}, false},     {{0, 0.51f}, {9, 0, 0, 0}, true},
             {{0, NAN}, {0, 0, 0, 0}, false},      {{90, 0.99f}, {2.3f, 0, 0, 0}, false},
             {{90, 0.99f}, {2.1f, 0, 0, 0}, true}, {{270, 0.99f}, {0, 0, 9, 0}, true},
             {{90, 0.99f}, {NAN, 0, 0, 0}, true}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    CHECK(upright_doubt(&all[i].lies, all[i].logits) == all[i].doubt, "number %zu", i);
  CHECK(upright_doubt(&all[3].lies, NULL) && !upright_doubt(&all[0].lies, NULL), "no logits");
}

/* ---- maps and places ---- */

enum { MOST = 9, DEEP = 3 };

static void test_maps(void) {
  float map[MOST * MOST * DEEP], once[MOST * MOST * DEEP];
  for (int side = 1; side <= MOST; side++)
    for (int deep = 1; deep <= DEEP; deep += 2) {
      int n = side * side * deep, wrong = 0;
      for (int i = 0; i < n; i++) map[i] = once[i] = (float)i;
      upright_turn(once, side, deep, 1);
      for (int j = 0; j < side; j++)
        for (int i = 0; i < side; i++)
          for (int k = 0; k < deep; k++)
            wrong += once[(j * side + i) * deep + k] != map[((side - 1 - i) * side + j) * deep + k];
      CHECK(wrong == 0, "side %d, %d deep: %d cells", side, deep, wrong);
      upright_turn(once, side, deep, 3);
      CHECK(memcmp(once, map, (size_t)n * sizeof *map) == 0, "side %d, %d deep: not back", side, deep);
      upright_turn(once, side, deep, 0);
      CHECK(memcmp(once, map, (size_t)n * sizeof *map) == 0, "side %d, %d deep: no turn", side, deep);
    }
}

/* In a photograph 70 wide and 40 high: the corner of a pixel is where its own turn puts it. */
static void test_places(void) {
  const vm_disc disc = {60, 10, 7};
  const struct {
    int quarters, width, height;
    float x, y;
  } all[] = {{0, 70, 40, 60, 10}, {1, 40, 70, 30, 60}, {2, 70, 40, 10, 30}, {3, 40, 70, 10, 10}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    const vm_disc up = upright_disc(disc, 70, 40, all[i].quarters);
    CHECK(up.x == all[i].x && up.y == all[i].y && up.radius == 7, "%d quarters: %g, %g", all[i].quarters, (double)up.x,
          (double)up.y);
    vm_result r = {.width = all[i].width,
                   .height = all[i].height,
                   .disc = up,
                   .optic_disc = {.x = up.x, .y = up.y},
                   .disc_cup.disc = {.x = up.x, .y = up.y, .height = 2, .width = 1, .area = 1},
                   .disc_cup.cup = {.x = 0, .y = 0, .area = 0},
                   .lesions = {.fovea_known = i % 2 == 0, .fovea_x = up.x, .fovea_y = up.y}};
    upright_places_back(&r, all[i].quarters);
    CHECK(r.width == 70 && r.height == 40, "%d quarters: %d x %d", all[i].quarters, r.width, r.height);
    CHECK(r.disc.x == 60 && r.disc.y == 10 && r.optic_disc.x == 60 && r.optic_disc.y == 10, "the discs");
    CHECK(r.disc_cup.disc.x == 60 && r.disc_cup.disc.y == 10 && r.disc_cup.disc.height == 2, "the disc's extent");
    CHECK(r.disc_cup.cup.x == 0 && r.disc_cup.cup.y == 0, "there is no cup");
    CHECK(i % 2 == 1 || (r.lesions.fovea_x == 60 && r.lesions.fovea_y == 10), "the fovea");
    CHECK(i % 2 == 0 || r.lesions.fovea_x == up.x, "there is no fovea");
  }
}

/* ---- a whole photograph ---- */

enum { W = 700, H = 600, PIXELS = W * H };

static uint8_t upright_photo[PIXELS * 4], vessels[PIXELS], turned_photo[PIXELS * 4];

/* By quarters, counter-clockwise: what lies so is turned clockwise by as many. */
static void lay(int quarters) {
  const int w = quarters % 2 ? H : W;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      const int to[4][2] = {{x, y}, {y, W - 1 - x}, {W - 1 - x, H - 1 - y}, {H - 1 - y, x}};
      memcpy(turned_photo + 4 * (to[quarters][1] * w + to[quarters][0]), upright_photo + 4 * (y * W + x), 4);
    }
}

static vm_result *screen(vm_model *m, int quarters, int fine) {
  vm_error err = {0};
  vm_result *r = NULL;
  const vm_request req = {.fine = fine};
  lay(quarters);
  CHECK(vm_screen(m, turned_photo, quarters % 2 ? H : W, quarters % 2 ? W : H, &req, &r, &err) == VM_OK, "%s",
        err.text);
  if (r == NULL) exit(check_end());
  return r;
}

/* The mean difference of a layer drawn on both photographs, 0..1, of places that show the same. */
static float apart(const vm_result *a, const vm_result *b, int quarters, vm_layer layer, int index) {
  static float left[PIXELS], right[PIXELS];
  vm_error err = {0};
  CHECK(vm_render(a, layer, index, 0, a->height, left, &err) == VM_OK, "%s", err.text);
  CHECK(vm_render(b, layer, index, 0, b->height, right, &err) == VM_OK, "%s", err.text);
  double sum = 0;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      int at = quarters == 1 ? (W - 1 - x) * H + y : x * H + H - 1 - y;
      sum += (double)fabsf(left[y * W + x] - right[at]);
    }
  return (float)(sum / (double)(W * H));
}

/* What each map of the one holds where the other shows the same, on the mean. */
static void compare_map(const char *what, const float *a, const float *b, int side, int quarters, float most) {
  static float turned[512 * 512];
  double sum = 0, held = 0;
  CHECK((a == NULL) == (b == NULL), "%s: one of them", what);
  if (a == NULL || b == NULL) return;
  const size_t n = (size_t)side * (size_t)side;
  memcpy(turned, b, n * sizeof *turned);
  upright_turn(turned, side, 1, quarters);
  for (size_t i = 0; i < n; i++) sum += (double)fabsf(turned[i] - a[i]), held += (double)fabsf(a[i]);
  CHECK(held > 0 && sum <= (double)most * held, "%s: off by %g of %g", what, sum, held);
}

static void compare_maps(const vm_result *a, const vm_result *b, int quarters) {
  CHECK(a->disc_map != NULL && a->lesions.kinds[VM_HARD_EXUDATE].map != NULL && a->arteries.map != NULL,
        "all are drawn");
  compare_map("disc", a->disc_map, b->disc_map, a->disc_side, quarters, 0.4f);
  compare_map("cup", a->cup_map, b->cup_map, a->disc_side, quarters, 0.4f);
  compare_map("guide", a->guide_map, b->guide_map, a->grid, quarters, 0.05f);
  compare_map("before", a->features_before, b->features_before, a->grid, quarters, 0.05f);
  compare_map("after", a->features_after, b->features_after, a->grid, quarters, 0.05f);
  for (int k = 0; k < VM_LESIONS; k++)
    if (a->lesions.kinds[k].map != NULL)
      compare_map(vm_lesion_name((vm_lesion)k), a->lesions.kinds[k].map, b->lesions.kinds[k].map, a->size, quarters,
                  0.5f);
  compare_map("arteries", a->arteries.map, b->arteries.map, a->size, quarters, 0.15f);
  const vm_disc_cup *c = &a->disc_cup, *d = &b->disc_cup;
  CHECK(c->validity == d->validity && fabsf(c->disc.height - d->disc.height) < 0.03f &&
            fabsf(c->disc.width - d->disc.width) < 0.03f,
        "the disc's extent: %g x %g, %g x %g", (double)c->disc.height, (double)c->disc.width, (double)d->disc.height,
        (double)d->disc.width);
  for (int h = 0; h < VM_HOURS && c->validity == VM_DISC_VALID; h++)
    CHECK(fabsf(c->rim[h] - d->rim[h]) < 0.12f, "hour %d: %g, %g", h, (double)c->rim[h], (double)d->rim[h]);
  CHECK(a->lesions.fovea_known == b->lesions.fovea_known, "the fovea");
}

/* The field is found to a hundredth of a pixel alike, and what is cut there moves a phantom's logits by up to 0.3. */
static void compare(const vm_result *a, const vm_result *b, int quarters, bool doubt) {
  const bool left = quarters == 1;
  CHECK(b->width == H && b->height == W, "%d x %d", b->width, b->height);
  CHECK(a->eye == b->eye && (a->reasons | (doubt ? VM_REASON_TURNED : 0u)) == b->reasons, "reasons: %u, %u", a->reasons,
        b->reasons);
  CHECK(doubt ? b->decision.answer != VM_NO_FINDING : a->decision.answer == b->decision.answer, "the answer: %d",
        (int)b->decision.answer);
  for (int c = 0; c < a->class_count; c++)
    CHECK(fabsf(a->classes[c].logit - b->classes[c].logit) < 0.5f, "class %d: %g, %g", c, (double)a->classes[c].logit,
          (double)b->classes[c].logit);
  const float x = left ? (float)W - b->optic_disc.y : b->optic_disc.y,
              y = left ? b->optic_disc.x : (float)H - b->optic_disc.x;
  CHECK(fabsf(x - a->optic_disc.x) < 2 && fabsf(y - a->optic_disc.y) < 2, "the optic disc at %g, %g, not %g, %g",
        (double)x, (double)y, (double)a->optic_disc.x, (double)a->optic_disc.y);
  CHECK(fabsf(a->vessel_density - b->vessel_density) < 1e-3f, "vessels %g, %g", (double)a->vessel_density,
        (double)b->vessel_density);
  compare_maps(a, b, quarters);
  float off = apart(a, b, quarters, VM_LAYER_VESSELS, 0);
  CHECK(off < 0.01f, "vessels %g", (double)off);
  for (int c = 0; c < a->class_count; c++)
    if (a->classes[c].heatmap_max > 0.05f) {
      off = apart(a, b, quarters, VM_LAYER_HEATMAP, c);
      CHECK(off < 0.05f, "heatmap %d: %g", c, (double)off);
    }
}

/* The released weights, whose head says this of every photograph, and of two ways that it lies this one else: how a phantom
 * lies, they do not see. */
static vm_model *open_model(int says, int next) {
  size_t n;
  vm_error err = {0};
  vm_weights w;
  vm_model *m = NULL;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  CHECK(weights_open(bytes, n, &w, &err) == VM_OK && w.orientation.given, "%s", err.text);
  const weights_tensor *bias = weights_seek(&w, "orientation.out.bias");
  CHECK(bias != NULL && bias->count == WEIGHTS_WAYS && bias->type == WEIGHTS_F16, "the head's bias");
  if (bias == NULL) exit(check_end());
  for (int k = 0; k < WEIGHTS_WAYS; k++) { /* f16: 0, 64 and 32 */
    bytes[bias->offset + 2 * (size_t)k] = 0;
    bytes[bias->offset + 2 * (size_t)k + 1] = k == says ? 0x54 : k == next ? 0x50 : 0;
  }
  weights_close(&w);
  change(bytes, n, "gradable_threshold", '0'); /* or nothing would be drawn on a phantom */
  CHECK(vm_open(bytes, n, NULL, &m, &err) == VM_OK, "%s", err.text);
  free(bytes);
  if (m == NULL) exit(check_end());
  return m;
}

/* A phantom that lies on either side is turned, and everything is where it was. */
static void test_photograph(int fine) {
  vm_model *upright = open_model(0, 1);
  vm_result *up = screen(upright, 0, fine);
  CHECK(up->orientation.turned == 0 && up->orientation.sideways < 1e-6f, "upright: %g",
        (double)up->orientation.sideways);
  for (int quarters = 1; quarters < 4; quarters += 2)
    for (int wrong = 0; wrong < 2; wrong++) { /* the way at first, and seen to stand on its head then */
      vm_model *m = open_model(wrong ? 4 - quarters : quarters, wrong ? 2 : 0);
      vm_result *r = screen(m, quarters, fine);
      CHECK(r->orientation.turned == 90 * quarters && r->orientation.sideways > 0.99f, "lying by %d: by %d", quarters,
            r->orientation.turned);
      compare(up, r, quarters, wrong);
      vm_result_free(r);
      vm_close(m);
    }
  vm_model *head = open_model(2, 0);
  vm_result *r = screen(head, 2, fine);
  CHECK(r->orientation.turned == 0, "on its head: by %d", r->orientation.turned);
  vm_result_free(r);
  vm_close(head);
  vm_result_free(up);
  vm_close(upright);
}

/* Read at one size alone. */
static void test_other_sizes(void) {
  size_t n;
  vm_error err = {0};
  vm_model *m = NULL;
  const vm_options opt = {.size = 256};
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  CHECK(vm_open(bytes, n, &opt, &m, &err) == VM_OK, "%s", err.text);
  free(bytes);
  if (m == NULL) exit(check_end());
  vm_result *r = screen(m, 1, 0);
  CHECK(r->orientation.turned == 0 && isnan(r->orientation.sideways), "at 256: %g", (double)r->orientation.sideways);
  vm_result_free(r);
  vm_close(m);
}

int main(void) {
  const vm_phantom_spec spec = {.seed = 3, .width = W, .height = H, .disc = {380, 290, 270}};
  CHECK(vm_phantom(&spec, upright_photo, vessels, NULL, NULL, NULL) == VM_OK, "phantom");
  test_seen();
  test_wrong_way();
  test_doubt();
  test_maps();
  test_places();
  test_photograph(0);
  test_photograph(1);
  test_other_sizes();
  return check_end();
}
