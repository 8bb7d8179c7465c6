/* Lesions out of made-up maps whose truth is known. */
#include "check.h"
#include "lesions.h"

#define SIDE 128
#define W 1000
#define H 900

static float map[SIDE * SIDE];

/* The field of view leaves a margin, and is cut below. */
static const vm_disc view = {500, 480, 450};
static const float UNIT = 900.0f / SIDE; /* pixels a cell */

static void block(int x, int y, int wide, int high, float p) {
  for (int j = y; j < y + high; j++)
    for (int i = x; i < x + wide; i++) map[j * SIDE + i] = p;
}

static lesions_photo photo_of(vm_eye eye) {
  float side = eye == VM_EYE_RIGHT ? 1.0f : -1.0f;
  return (lesions_photo){
      .view = view, .width = W, .height = H, .disc = {1, 500 + side * 250, 480, 50, 0.9f}, .eye = eye};
}

static vm_lesion_measures measure(const lesions_photo *photo, vm_drawn_lesions *all) {
  vm_lesion_measures out = {.threshold = 0.5f};
  lesions_place_fovea(photo, all);
  CHECK(lesions_measure(map, SIDE, photo, all, &out), "out of memory");
  return out;
}

static void test_counts(void) {
  memset(map, 0, sizeof map);
  block(40, 40, 3, 2, 0.9f);   /* one */
  block(43, 42, 2, 2, 0.5f);   /* touches it at a corner, at the threshold */
  block(60, 60, 3, 2, 0.7f);   /* the smallest that counts */
  block(70, 70, 5, 1, 0.99f);  /* noise */
  block(80, 40, 5, 5, 0.499f); /* under the threshold */
  block(0, 0, 6, 6, 0.9f);     /* out of the field's circle */
  block(60, 125, 6, 2, 0.9f);  /* under the photograph's edge */
  lesions_photo photo = photo_of(VM_EYE_RIGHT);
  vm_drawn_lesions all;
  vm_lesion_measures m = measure(&photo, &all);
  CHECK(m.drawn == 1 && m.count == 2 && m.threshold == 0.5f && m.map == map, "%d pieces", m.count);
  int seen = 0;
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      float x = 50 + ((float)i + 0.5f) * UNIT, y = 30 + ((float)j + 0.5f) * UNIT;
      seen += (x - 500) * (x - 500) + (y - 480) * (y - 480) < 450 * 450 && y < H;
    }
  CHECK(fabsf(m.area - 16.0f / (float)seen) < 0.02f * m.area, "area %g", (double)m.area);
  CHECK(map[70 * SIDE + 70] < 0.5f && map[60 * SIDE + 60] == 0.7f, "what is too small is not drawn either");
}

/* In an eye and in its mirror image the same lesions lie in the same quadrants. */
static void test_places(void) {
  for (int k = 0; k < 2; k++) {
    vm_eye eye = k == 0 ? VM_EYE_RIGHT : VM_EYE_LEFT;
    lesions_photo photo = photo_of(eye);
    vm_drawn_lesions all;
    memset(map, 0, sizeof map);
    lesions_place_fovea(&photo, &all);
    float side = k == 0 ? 1.0f : -1.0f;
    CHECK(all.fovea_known && fabsf(all.fovea_x - (500 + side * (250 - 248.8f))) < 1 && fabsf(all.fovea_y - 504.2f) < 1,
          "fovea at %g, %g", (double)all.fovea_x, (double)all.fovea_y);
    CHECK(all.disc_diameter == 100, "%g", (double)all.disc_diameter);
    /* seen from the fovea: offsets in cells towards the nose, and down */
    static const int places[][2] = {{-30, -20}, {20, -30}, {25, -25}, {-30, 30}, {4, 5}};
    int fx = (int)((all.fovea_x - 50) / UNIT), fy = (int)((all.fovea_y - 30) / UNIT);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
      block(fx + (int)side * places[i][0] - 1, fy + places[i][1] - 1, 3, 3, 0.9f);
    vm_lesion_measures m = measure(&photo, &all);
    CHECK(m.count == 5 && m.quadrants[VM_SUPEROTEMPORAL] == 1 && m.quadrants[VM_SUPERONASAL] == 2 &&
              m.quadrants[VM_INFEROTEMPORAL] == 1 && m.quadrants[VM_INFERONASAL] == 1,
          "eye %d: %d %d %d %d", (int)eye, m.quadrants[0], m.quadrants[1], m.quadrants[2], m.quadrants[3]);
    CHECK(m.macula == 1, "%d near the fovea", m.macula);
  }
}

/* The region of the ETDRS grid as told by angle and distance: offsets towards the nose and down, in disc diameters. */
static int true_region(float nose, float down) {
  float away = hypotf(nose, down), angle = atan2f(down, nose) * 57.29578f; /* 0: nasal; 90: below */
  int quarter = angle > -135 && angle <= -45 ? 0 : angle > -45 && angle <= 45 ? 1 : angle > 45 && angle <= 135 ? 2 : 3;
  return away < 1.0f / 3 ? 0 : away < 1 ? 1 + quarter : away < 2 ? 5 + quarter : -1;
}

/* A lesion anywhere counts where it lies, in both eyes; its area too, and what is out of sight says nothing. */
static void test_regions(void) {
  for (int k = 0; k < 2; k++) {
    lesions_photo photo = photo_of(k == 0 ? VM_EYE_RIGHT : VM_EYE_LEFT);
    float side = k == 0 ? 1.0f : -1.0f;
    for (int turn = 0; turn < 48; turn++) {
      float angle = 6.2831853f * ((float)turn + 0.5f) / 48, away = 0.1f + 0.6f * (float)(turn % 4);
      vm_drawn_lesions all;
      lesions_place_fovea(&photo, &all);
      float nose = away * cosf(angle), down = away * sinf(angle);
      int i = (int)((all.fovea_x + side * nose * all.disc_diameter - 50) / UNIT),
          j = (int)((all.fovea_y + down * all.disc_diameter - 30) / UNIT);
      memset(map, 0, sizeof map);
      block(i - 1, j - 1, 3, 3, 0.9f);
      vm_lesion_measures m = measure(&photo, &all);
      float x = 50 + ((float)i + 0.5f) * UNIT, y = 30 + ((float)j + 0.5f) * UNIT;
      int want = true_region(side * (x - all.fovea_x) / all.disc_diameter, (y - all.fovea_y) / all.disc_diameter);
      int count = 0;
      float area = 0;
      for (int r = 0; r < VM_ETDRS; r++) {
        count += m.etdrs[r], area += m.etdrs_area[r];
        CHECK(m.etdrs[r] == (r == want), "eye %d, %d: %d in region %d, not %d", k, turn, m.etdrs[r], r, want);
        CHECK(all.etdrs_seen[r] > 0.99f, "region %d seen: %g", r, (double)all.etdrs_seen[r]);
      }
      float whole = 9 * UNIT * UNIT / (100 * 100);
      CHECK(count == 1 && (away > 1.8f || fabsf(area - whole) < 1e-4f), "%d, area %g of %g", count, (double)area,
            (double)whole);
    }
  }
  lesions_photo photo = photo_of(VM_EYE_RIGHT);
  photo.height = 600; /* cut a disc diameter below the fovea */
  vm_drawn_lesions all;
  vm_lesion_measures m = measure(&photo, &all);
  CHECK(all.etdrs_seen[VM_OUTER_INFERIOR] < 0.3f && isnan(m.etdrs_area[VM_OUTER_INFERIOR]) &&
            m.etdrs_area[VM_OUTER_SUPERIOR] == 0 && all.etdrs_seen[VM_INNER_INFERIOR] > 0.9f,
        "seen %g, area %g", (double)all.etdrs_seen[VM_OUTER_INFERIOR], (double)m.etdrs_area[VM_OUTER_INFERIOR]);
}

/* Without disc or eye, or with a fovea out of sight, nothing is said of places; the number stands. */
static void test_unknown_places(void) {
  memset(map, 0, sizeof map);
  block(40, 40, 3, 3, 0.9f);
  for (int k = 0; k < 3; k++) {
    lesions_photo photo = photo_of(VM_EYE_RIGHT);
    if (k == 0) photo.disc.found = 0;
    if (k == 1) photo.eye = VM_EYE_UNKNOWN;
    if (k == 2) photo.disc.radius = 160;
    vm_drawn_lesions all;
    vm_lesion_measures m = measure(&photo, &all);
    CHECK(!all.fovea_known && all.fovea_x == 0 && all.disc_diameter == 0, "case %d: a fovea", k);
    for (int r = 0; r < VM_ETDRS; r++)
      CHECK(m.etdrs[r] == 0 && isnan(m.etdrs_area[r]) && all.etdrs_seen[r] == 0, "case %d: region %d", k, r);
    CHECK(m.count == 1 && m.macula == 0 && m.quadrants[0] + m.quadrants[1] + m.quadrants[2] + m.quadrants[3] == 0,
          "case %d", k);
  }
}

/* The disc that the network drew goes before the circle. */
static void test_drawn_disc(void) {
  lesions_photo photo = photo_of(VM_EYE_RIGHT);
  photo.drawn = (vm_extent){740, 470, 0.12f, 0.10f, 0.01f};
  vm_drawn_lesions all;
  lesions_place_fovea(&photo, &all);
  CHECK(fabsf(all.disc_diameter - 99) < 0.1f, "%g", (double)all.disc_diameter);
  CHECK(fabsf(all.fovea_x - (740 - 2.5f * 99 * cosf(0.097f))) < 0.5f, "%g", (double)all.fovea_x);
}

static void test_layers(void) {
  memset(map, 0, sizeof map);
  block(60, 60, 10, 10, 0.9f);
  vm_result r = {.width = W, .height = H, .disc = view, .size = SIDE};
  lesions_photo photo = photo_of(VM_EYE_RIGHT);
  r.lesions.kinds[VM_HAEMORRHAGE] = measure(&photo, &r.lesions);
  uint8_t *mask = malloc((size_t)W * H);
  CHECK(vm_render_u8(&r, VM_LAYER_LESION_MASK, VM_HAEMORRHAGE, 0, H, mask, NULL) == VM_OK, "mask");
  int area = 0, between = 0;
  for (int i = 0; i < W * H; i++) area += mask[i] == 255, between += mask[i] != 0 && mask[i] != 255;
  CHECK(between == 0 && abs(area - (int)(100 * UNIT * UNIT)) < 0.1 * 100 * UNIT * UNIT, "%d pixels, %d between", area,
        between);
  free(mask);
}

int main(void) {
  test_counts();
  test_places();
  test_regions();
  test_unknown_places();
  test_drawn_disc();
  test_layers();
  CHECK(strcmp(vm_lesion_name(VM_SOFT_EXUDATE), "soft-exudates") == 0 && *vm_lesion_name((vm_lesion)4) == 0, "names");
  CHECK(strcmp(vm_lesions_validity_name(VM_LESIONS_NOT_GRADABLE), "not-gradable") == 0 &&
            *vm_lesions_validity_name((vm_lesions_validity)3) == 0,
        "reasons");
  return check_end();
}
