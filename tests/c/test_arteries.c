/* Arteries and veins out of made-up maps whose truth is known. */
#include "arteries.h"
#include "check.h"

#define SIDE 512
#define RADIUS 40.0f /* of the optic disc, in cells: zone B is 80 to 120 from its middle */

static float vessels[SIDE * SIDE], map[SIDE * SIDE];

/* The field of view fills the square, a pixel a cell. */
static arteries_photo photo_of(void) {
  return (arteries_photo){.view = {SIDE / 2, SIDE / 2, SIDE / 2},
                          .width = SIDE,
                          .height = SIDE,
                          .disc = {1, SIDE / 2, SIDE / 2, RADIUS, 0.9f}};
}

static void clear(void) {
  memset(vessels, 0, sizeof vessels);
  for (int i = 0; i < SIDE * SIDE; i++) map[i] = 0.5f;
}

/* A straight vessel, `width` cells wide, from `from` to `to` cells away from the middle of (x, y) in the direction of an angle. */
static void draw(float x, float y, float angle, float from, float to, float width, float artery) {
  float dx = cosf(angle), dy = sinf(angle);
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      float u = (float)i + 0.5f - x, v = (float)j + 0.5f - y, along = u * dx + v * dy;
      if (along < from || along > to || fabsf(v * dx - u * dy) > width / 2) continue;
      vessels[j * SIDE + i] = 0.9f;
      map[j * SIDE + i] = artery;
    }
}

static vm_arteries measure(const arteries_photo *photo) {
  vm_arteries out = {0};
  CHECK(arteries_measure(vessels, 0.5f, SIDE, photo, map, &out), "out of memory");
  return out;
}

/* A vessel on which most pixels say artery becomes one, from end to end; those beyond a branch point decide for themselves. */
static void test_vote(void) {
  clear();
  draw(100, 100, 0, 0, 100, 5, 0.9f);
  draw(100, 100, 0, 30, 50, 5, 0.2f); /* a fifth of it says vein */
  draw(200, 100, 0.7f, 0, 100, 5, 0.2f);
  draw(200, 100, -0.7f, 0, 100, 5, 0.9f);
  map[300 * SIDE + 300] = 0.75f;
  map[104 * SIDE + 140] = 0.1f; /* beside the vessel, where a drawing may say that it is */
  arteries_photo photo = photo_of();
  vm_arteries a = measure(&photo);
  CHECK(a.map == map && map[100 * SIDE + 140] > 0.6f && map[100 * SIDE + 190] > 0.6f, "one vessel, one word: %g, %g",
        (double)map[100 * SIDE + 140], (double)map[100 * SIDE + 190]);
  CHECK(map[104 * SIDE + 140] > 0.5f, "what is near goes along: %g", (double)map[104 * SIDE + 140]);
  CHECK(map[132 * SIDE + 238] < 0.3f && map[68 * SIDE + 238] > 0.8f, "branches: %g, %g", (double)map[132 * SIDE + 238],
        (double)map[68 * SIDE + 238]);
  CHECK(map[300 * SIDE + 300] == 0.75f, "what is far from all vessels stays: %g", (double)map[300 * SIDE + 300]);
  /* two of three lines of 100 by 5 are arteries, in a circle of radius 256 */
  float field = 3.14159f * 256 * 256;
  CHECK(fabsf(a.artery_density - 1000 / field) < 100 / field && fabsf(a.vein_density - 500 / field) < 100 / field,
        "densities %g, %g", (double)(a.artery_density * field), (double)(a.vein_density * field));
}

/* The two branches of a vessel go along with it; of two lines that cross each is its own. */
static void test_neighbours(void) {
  clear();
  draw(60, 100, 0, 0, 100, 5, 0.9f);
  draw(160, 100, 0.6f, 0, 25, 5, 0.4f);
  draw(160, 100, -0.6f, 0, 60, 5, 0.9f);
  draw(300, 300, 0, -80, 80, 5, 0.9f);
  draw(300, 300, 1.57f, -80, 40, 5, 0.2f);
  map[300 * SIDE + 300] = 0.5f;
  for (int j = 303; j < 345; j++)
    for (int i = 290; i < 310; i++) map[j * SIDE + i] = 0.55f; /* unsure behind the crossing */
  arteries_photo photo = photo_of();
  measure(&photo);
  CHECK(map[110 * SIDE + 175] > 0.5f, "a branch: %g", (double)map[110 * SIDE + 175]);
  CHECK(map[240 * SIDE + 300] < 0.35f && map[325 * SIDE + 300] < 0.5f, "across: %g, %g", (double)map[240 * SIDE + 300],
        (double)map[325 * SIDE + 300]);
  CHECK(map[300 * SIDE + 240] > 0.7f && map[300 * SIDE + 360] > 0.7f, "along: %g, %g", (double)map[300 * SIDE + 240],
        (double)map[300 * SIDE + 360]);
}

/* Worked by hand. */
static void test_equivalent(void) {
  float w[6] = {5, 1, 6, 3, 2, 4}, same[6] = {2, 2, 2, 2, 2, 2};
  float e = arteries_equivalent(w, 0.88f);
  CHECK(fabsf(e - 6.7960f) < 1e-3f, "%g", (double)e);
  e = arteries_equivalent(same, 0.95f);
  CHECK(fabsf(e - 2 * 2.1376f) < 1e-3f, "%g", (double)e);
}

/* Spokes around the disc, arteries and veins in turn, in widths that are known; the seventh of each is narrower. */
static void draw_spokes(int arteries, int veins) {
  clear();
  for (int i = 0; i < arteries; i++)
    draw(SIDE / 2, SIDE / 2, 0.9f * (float)i + 0.11f, 50, 200, i == 6 ? 3 : 5 + 0.4f * (float)i, 0.9f);
  for (int i = 0; i < veins; i++)
    draw(SIDE / 2, SIDE / 2, 0.9f * (float)i + 0.56f, 50, 200, i == 6 ? 3 : 6.5f + 0.5f * (float)i, 0.2f);
}

static void test_calibres(void) {
  float a[6], v[6];
  for (int i = 0; i < 6; i++) a[i] = 5 + 0.4f * (float)i, v[i] = 6.5f + 0.5f * (float)i;
  float crae = arteries_equivalent(a, 0.88f), crve = arteries_equivalent(v, 0.95f);
  arteries_photo photo = photo_of();
  for (int more = 0; more < 2; more++) {
    draw_spokes(6 + more, 6 + more);
    vm_calibres c = measure(&photo).calibres;
    CHECK(c.validity == VM_CALIBRES_VALID && c.arteries == 6 + more && c.veins == 6 + more, "%d: %d arteries, %d veins",
          (int)c.validity, c.arteries, c.veins);
    CHECK(fabsf(c.crae * SIDE / crae - 1) < 0.04f, "CRAE %g of %g", (double)(c.crae * SIDE), (double)crae);
    CHECK(fabsf(c.crve * SIDE / crve - 1) < 0.04f, "CRVE %g of %g", (double)(c.crve * SIDE), (double)crve);
    CHECK(fabsf(c.ratio / (crae / crve) - 1) < 0.03f, "ratio %g of %g", (double)c.ratio, (double)(crae / crve));
  }
}

static void test_no_calibres(void) {
  arteries_photo photo = photo_of();
  draw_spokes(6, 5);
  vm_calibres c = measure(&photo).calibres;
  CHECK(c.validity == VM_CALIBRES_FEW && c.arteries == 6 && c.veins == 5, "%d", (int)c.validity);
  CHECK(isnan(c.crae) && isnan(c.crve) && isnan(c.ratio), "five veins are too few");
  draw_spokes(6, 6);
  photo.disc.x = SIDE / 2 + 4.2f * RADIUS; /* zone B reaches from 248 to 288 to the right: two circles are whole */
  c = measure(&photo).calibres;
  CHECK(c.validity == VM_CALIBRES_CUT && isnan(c.ratio) && c.veins == 0, "%d", (int)c.validity);
  photo = photo_of();
  photo.height = SIDE / 2 + 86;
  c = measure(&photo).calibres;
  CHECK(c.validity == VM_CALIBRES_CUT, "cut below: %d", (int)c.validity);
  photo.height = SIDE / 2 + 100;
  c = measure(&photo).calibres;
  CHECK(c.validity == VM_CALIBRES_VALID && c.ratio > 0, "three circles are enough: %d", (int)c.validity);
  photo = photo_of();
  photo.disc.found = 0;
  c = measure(&photo).calibres;
  CHECK(c.validity == VM_CALIBRES_NO_DISC && isnan(c.crae), "%d", (int)c.validity);
  clear();
  photo = photo_of();
  vm_arteries a = measure(&photo);
  CHECK(a.artery_density == 0 && a.vein_density == 0 && a.calibres.validity == VM_CALIBRES_FEW, "no vessels at all");
}

/* The two masks share the vessel mask among them. */
static void test_layers(void) {
  draw_spokes(6, 6);
  arteries_photo photo = photo_of();
  vm_result r = {.width = SIDE,
                 .height = SIDE,
                 .disc = photo.view,
                 .size = SIDE,
                 .vessels = vessels,
                 .vessel_threshold = 0.5f,
                 .arteries = measure(&photo)};
  static uint8_t all[SIDE * SIDE], masks[2][SIDE * SIDE];
  CHECK(vm_render_u8(&r, VM_LAYER_VESSEL_MASK, 0, 0, SIDE, all, NULL) == VM_OK, "vessels");
  for (int k = 0; k < 2; k++)
    CHECK(vm_render_u8(&r, k == 0 ? VM_LAYER_ARTERIES : VM_LAYER_VEINS, 0, 0, SIDE, masks[k], NULL) == VM_OK, "mask");
  int counts[2] = {0, 0}, wrong = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    counts[0] += masks[0][i] == 255, counts[1] += masks[1][i] == 255;
    wrong += masks[0][i] + masks[1][i] != all[i];
  }
  CHECK(wrong == 0 && counts[0] > 3000 && counts[1] > counts[0], "%d wrong, %d and %d", wrong, counts[0], counts[1]);
  CHECK(vm_map(&r, VM_LAYER_ARTERY_MAP, 0) == map && vm_map(&r, VM_LAYER_VEINS, 0) == NULL, "maps");
  vm_error err;
  r.arteries = (vm_arteries){.validity = VM_ARTERIES_NOT_GRADABLE};
  CHECK(vm_render_u8(&r, VM_LAYER_VEINS, 0, 0, 1, all, &err) == VM_ERR_ARGUMENT &&
            strstr(err.text, "not-gradable") != NULL,
        "%s", err.text);
  CHECK(vm_render_u8(&r, VM_LAYER_BEFORE, 0, 0, 1, all, &err) == VM_ERR_ARGUMENT, "no layer for the eye");
}

int main(void) {
  test_vote();
  test_neighbours();
  test_equivalent();
  test_calibres();
  test_no_calibres();
  test_layers();
  CHECK(strcmp(vm_arteries_validity_name(VM_ARTERIES_NOT_GRADABLE), "not-gradable") == 0 &&
            *vm_arteries_validity_name((vm_arteries_validity)3) == 0,
        "reasons");
  CHECK(strcmp(vm_calibres_validity_name(VM_CALIBRES_FEW), "few-vessels") == 0 &&
            *vm_calibres_validity_name((vm_calibres_validity)4) == 0,
        "reasons");
  return check_end();
}
