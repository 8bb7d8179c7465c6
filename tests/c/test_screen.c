/* The public API end to end: a phantom in, every output checked; every refusal leaves the model usable. */
#include "check.h"
#include "graded.h"
#include "json.h"
#include "phantom.h"
#include "vessels.h"

enum { W = 700, H = 600 };

static uint8_t *rgba, *truth;
static vm_disc true_disc = {380, 290, 270};

static vm_model *open_model(int size) {
  size_t n;
  vm_error err = {0};
  vm_model *m = NULL;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  vm_options opt = {size, 1};
  CHECK(vm_open(bytes, n, &opt, &m, &err) == VM_OK, "%s", err.text);
  memset(bytes, 0, n); /* the bytes are not needed after the call */
  free(bytes);
  if (m == NULL) exit(check_end());
  return m;
}

static vm_result *screen(vm_model *m, float guide) {
  vm_error err = {0};
  vm_result *r = NULL;
  vm_request req = {.guide = guide == 0 ? VM_GUIDE_OFF : guide};
  CHECK(vm_screen(m, rgba, W, H, &req, &r, &err) == VM_OK, "%s", err.text);
  if (r == NULL) exit(check_end());
  return r;
}

static void check_layers(const vm_result *r) {
  vm_error err = {0};
  const size_t n = (size_t)W * H;
  float *vessels = malloc(n * sizeof *vessels), *mask = malloc(n * sizeof *mask), *heat = malloc(n * sizeof *heat);
  uint8_t *bytes = malloc(n);
  CHECK(vm_render(r, VM_LAYER_VESSELS, 0, 0, H, vessels, &err) == VM_OK, "vessels");
  CHECK(vm_render(r, VM_LAYER_VESSEL_MASK, 0, 0, H, mask, &err) == VM_OK, "mask");
  size_t wrong = 0, outside = 0, both = 0, either = 0;
  for (size_t i = 0; i < n; i++) {
    float dx = (float)(i % W) + 0.5f - r->disc.x, dy = (float)(i / W) + 0.5f - r->disc.y;
    bool in = dx * dx + dy * dy < r->disc.radius * r->disc.radius;
    wrong += (mask[i] == 1) != (vessels[i] >= r->vessel_threshold);
    outside += !in && vessels[i] != 0;
    both += mask[i] == 1 && truth[i];
    either += (mask[i] == 1) + (truth[i] != 0);
  }
  CHECK(wrong == 0 && outside == 0, "mask and probability disagree at %zu, drawn outside the disc at %zu", wrong,
        outside);
  CHECK(2.0 * (double)both / (double)either > 0.6, "Dice with the phantom's vessels %.3f",
        2.0 * (double)both / (double)either);
  for (int c = 0; c < r->class_count; c++) {
    CHECK(vm_render(r, VM_LAYER_HEATMAP, c, 0, H, heat, &err) == VM_OK, "heatmap %d", c);
    float most = 0, least = 1;
    for (size_t i = 0; i < n; i++) most = fmaxf(most, heat[i]), least = fminf(least, heat[i]);
    CHECK(least >= 0 && most <= 1.0001f && (most > 0.7f || r->classes[c].heatmap_max < 0.01f), "class %d: %g..%g", c,
          (double)least, (double)most);
  }
  /* strips and 8 bit agree with the whole */
  CHECK(vm_render(r, VM_LAYER_VESSELS, 0, 123, 7, heat, &err) == VM_OK, "strip");
  CHECK(memcmp(heat, vessels + 123 * W, 7 * W * sizeof *heat) == 0, "a strip differs from the whole");
  CHECK(vm_render_u8(r, VM_LAYER_VESSELS, 0, 0, H, bytes, &err) == VM_OK, "8 bit");
  size_t off = 0;
  for (size_t i = 0; i < n; i++) off += fabsf((float)bytes[i] - vessels[i] * 255) > 0.51f;
  CHECK(off == 0, "8 bit differs at %zu", off);
  /* both pictures of the vessels at once, in strips, are the two */
  uint8_t *pair = malloc(2 * n), *own = malloc(n);
  if (pair == NULL || own == NULL) exit(1);
  for (int row = 0; row < H; row += 37) {
    int rows = H - row < 37 ? H - row : 37;
    size_t at = (size_t)row * W;
    CHECK(vm_render_vessels(r, row, rows, pair + at, pair + n + at, &err) == VM_OK, "%s", err.text);
  }
  CHECK(memcmp(pair, bytes, n) == 0, "the probabilities differ");
  CHECK(vm_render_u8(r, VM_LAYER_VESSEL_MASK, 0, 0, H, own, &err) == VM_OK && memcmp(pair + n, own, n) == 0,
        "the masks differ");
  memset(own, 7, n);
  CHECK(vm_render_vessels(r, 0, H, NULL, own, &err) == VM_OK && memcmp(own, pair + n, n) == 0, "the mask alone");
  CHECK(vm_render_vessels(r, 0, H, own, NULL, &err) == VM_OK && memcmp(own, pair, n) == 0, "the probabilities alone");
  CHECK(vm_render_vessels(r, 0, 1, NULL, NULL, &err) == VM_ERR_ARGUMENT, "no place for either");
  CHECK(vm_render_vessels(r, H, 1, own, pair, &err) == VM_ERR_ARGUMENT, "a row past the end");
  free(pair), free(own);
  CHECK(vm_render(r, VM_LAYER_VESSELS, 0, H - 3, 4, heat, &err) == VM_ERR_ARGUMENT, "rows past the end");
  CHECK(strstr(err.text, "4 rows from row 597 on: the photograph has 600") != NULL, "%s", err.text);
  CHECK(vm_render(r, VM_LAYER_HEATMAP, r->class_count, 0, 1, heat, &err) == VM_ERR_ARGUMENT, "class past the end");
  CHECK(strstr(err.text, "class 8: must be 0 to 7") != NULL, "%s", err.text);
  CHECK(vm_render_u8(r, (vm_layer)8, 0, 0, 1, bytes, &err) == VM_ERR_ARGUMENT, "an unknown layer");
  CHECK(strstr(err.text, "layer 8: must be 0 to 12, and neither 8 nor 9") != NULL, "%s", err.text);
  CHECK(r->disc_map == NULL && vm_render_u8(r, VM_LAYER_CUP, 0, 0, 1, bytes, &err) == VM_ERR_ARGUMENT, "no cup");
  CHECK(strstr(err.text, "layer 5: there is none") != NULL, "%s", err.text);
  CHECK(vm_render_u8(r, VM_LAYER_LESION_MASK, VM_HARD_EXUDATE, 0, 1, bytes, &err) == VM_ERR_ARGUMENT, "none");
  CHECK(strstr(err.text, "hard-exudates: not drawn for this photograph (n") != NULL, "%s", err.text);
  CHECK(vm_render_u8(r, VM_LAYER_LESION, VM_LESIONS, 0, 1, bytes, &err) == VM_ERR_ARGUMENT, "an unknown lesion");
  CHECK(strstr(err.text, "lesion 4: must be 0 to 3") != NULL, "%s", err.text);
  CHECK(vm_render_u8(NULL, VM_LAYER_GUIDE, 0, 0, 1, bytes, NULL) == VM_ERR_ARGUMENT, "no result");
  free(vessels), free(mask), free(heat), free(bytes);
}

static void check_numbers(const vm_result *r) {
  CHECK(r->width == W && r->height == H && r->grid == r->size / 16 && r->class_count == 8, "shape");
  CHECK(fabsf(r->disc.x - true_disc.x) < 2.7f && fabsf(r->disc.y - true_disc.y) < 2.7f &&
            fabsf(r->disc.radius - true_disc.radius) < 2.7f,
        "disc %g %g %g", (double)r->disc.x, (double)r->disc.y, (double)r->disc.radius);
  CHECK(r->vessel_density > 0.01f && r->vessel_density < 0.4f, "density %g", (double)r->vessel_density);
  CHECK(r->gradability >= 0 && r->gradability <= 1, "gradability %g", (double)r->gradability);
  for (int c = 0; c < r->class_count; c++) {
    const vm_class *k = &r->classes[c];
    double sum = 0;
    for (int i = 0; i < r->grid * r->grid; i++) sum += (double)k->activation[i];
    double off = sum / (r->grid * r->grid) - ((double)k->logit - (double)k->bias);
    CHECK(fabs(off) < 1e-3, "%s: mean of the map is off by %g", k->name, off);
    CHECK(k->probability >= 0 && k->probability <= 1 && k->heatmap_max >= 0, "%s", k->name);
    CHECK(strspn(k->id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(k->id) && k->id[0] != 0, "id %s", k->id);
  }
}

/* The features before and after the guide: F' = F (1 + a guide G), one a for all cells. */
static void check_features(const vm_result *r) {
  float least = 1e9f, most = -1e9f, mean = 0;
  for (int i = 0; i < r->grid * r->grid; i++) {
    float before = r->features_before[i], after = r->features_after[i];
    CHECK(before >= 0 && isfinite(before) && isfinite(after), "cell %d: %g, %g", i, (double)before, (double)after);
    mean += before / (float)(r->grid * r->grid);
    if (before < 1e-3f || r->guide_map[i] < 0.05f) continue;
    float a = (after / before - 1) / r->guide_map[i];
    least = fminf(least, a), most = fmaxf(most, a);
  }
  CHECK(mean > 1e-3f, "the features are all 0");
  CHECK(most - least < 1e-3f, "a guide is %g to %g", (double)least, (double)most);
  CHECK(r->guide > 0 || most == 0, "a guide of 0 changes the features");
}

/* The same measures, of the vessels that were drawn. */
static void measure_truth(const vm_result *r, vm_measures want[VM_REGIONS]) {
  float *map = malloc((size_t)r->size * (size_t)r->size * sizeof *map), step = 2 * r->disc.radius / (float)r->size;
  for (int j = 0; j < r->size; j++)
    for (int i = 0; i < r->size; i++) {
      int x = (int)floorf(r->disc.x - r->disc.radius + ((float)i + 0.5f) * step),
          y = (int)floorf(r->disc.y - r->disc.radius + ((float)j + 0.5f) * step);
      map[j * r->size + i] = x >= 0 && y >= 0 && x < W && y < H && truth[y * W + x] ? 1.0f : 0.0f;
    }
  CHECK(vessels_measure(map, r->size, 0.5f, r->disc, W, H, &r->optic_disc, want), "out of memory");
  free(map);
}

/* The disc in its place, and the measures close to those of the phantom's own vessels. */
static void check_measures(const vm_result *r, const vm_phantom_spec *spec) {
  vm_phantom_marks marks;
  CHECK(vm_phantom_find(spec, &marks, NULL) == VM_OK, "marks");
  vm_disc t = marks.optic_disc;
  CHECK(r->optic_disc.found && hypotf(r->optic_disc.x - t.x, r->optic_disc.y - t.y) < 0.5f * t.radius,
        "optic disc at %g %g, not %g %g", (double)r->optic_disc.x, (double)r->optic_disc.y, (double)t.x, (double)t.y);
  CHECK(r->eye == (t.x > r->disc.x ? VM_EYE_RIGHT : VM_EYE_LEFT) && r->eye_confidence > 0.5f, "eye %d, confidence %g",
        (int)r->eye, (double)r->eye_confidence);
  CHECK(r->vessel_density == r->measures[VM_FIELD].density, "two densities");
  vm_measures want[VM_REGIONS];
  measure_truth(r, want);
  for (int k = 0; k < VM_REGIONS; k++) {
    const vm_measures *m = &r->measures[k], *w = &want[k];
    CHECK(m->seen == w->seen && m->seen >= 0.5f, "region %d: seen %g and %g", k, (double)m->seen, (double)w->seen);
    CHECK(m->length > 0.6f * w->length && m->length < 1.5f * w->length, "region %d: length %g, of the truth %g", k,
          (double)m->length, (double)w->length);
    CHECK(m->width > 0.6f * w->width && m->width < 1.7f * w->width, "region %d: width %g, of the truth %g", k,
          (double)m->width, (double)w->width);
    CHECK(fabsf(m->tortuosity - w->tortuosity) < 0.05f, "region %d: tortuosity %g, of the truth %g", k,
          (double)m->tortuosity, (double)w->tortuosity);
    CHECK(k == VM_ZONE_B || fabsf(m->fractal_dimension - w->fractal_dimension) < 0.15f,
          "region %d: dimension %g, of the truth %g", k, (double)m->fractal_dimension, (double)w->fractal_dimension);
  }
}

static double report_number(yyjson_val *object, const char *key) {
  yyjson_val *v = yyjson_obj_get(object, key);
  CHECK(yyjson_is_num(v), "no number %s in the report", key);
  return yyjson_get_num(v);
}

/* Every region under its own name, with its own numbers. */
static void check_region(const vm_measures *m, yyjson_val *root, const char *name, double diameter) {
  yyjson_val *at = yyjson_obj_get(yyjson_obj_get(root, "vessels"), name);
  const struct {
    const char *key;
    double want;
  } told[] = {{"seen", m->seen},
              {"density", m->density},
              {"length", m->length},
              {"length_px", (double)m->length * diameter},
              {"length_density", m->length_density},
              {"width", m->width},
              {"width_px", (double)m->width * diameter},
              {"branch_points", m->branch_points},
              {"tortuosity", m->tortuosity}};
  CHECK(m->seen > 0, "%s: nothing is seen", name);
  for (size_t k = 0; k < sizeof told / sizeof *told; k++)
    CHECK(fabs(report_number(at, told[k].key) - told[k].want) <= 1e-5 * fabs(told[k].want), "%s.%s", name, told[k].key);
}

static void check_report_measures(const vm_result *r, yyjson_val *root) {
  yyjson_val *disc = yyjson_obj_get(root, "optic_disc"), *eye = yyjson_obj_get(root, "laterality");
  double diameter = 2 * (double)r->disc.radius;
  CHECK(fabs(report_number(disc, "x") - (double)r->optic_disc.x) < 1e-3, "optic disc");
  CHECK(yyjson_equals_str(yyjson_obj_get(eye, "guess"), r->eye == VM_EYE_RIGHT ? "OD" : "OS"), "eye");
  check_region(&r->measures[VM_FIELD], root, "field", diameter);
  check_region(&r->measures[VM_ZONE_B], root, "zone_b", diameter);
  check_region(&r->measures[VM_ZONE_C], root, "zone_c", diameter);
}

static void check_report(const vm_result *r) {
  vm_error err = {0};
  char *json = NULL;
  vm_provenance from = {"a.png", NULL, NULL, NULL, "native", 1};
  CHECK(vm_report(r, &from, &json, &err) == VM_OK, "%s", err.text);
  yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
  yyjson_val *root = yyjson_doc_get_root(doc), *list = yyjson_obj_get(root, "diseases");
  CHECK(doc != NULL, "not JSON: %s", json);
  CHECK(yyjson_arr_size(list) == 8, "diseases");
  double v = report_number(yyjson_arr_get_first(list), "logit");
  CHECK(fabs(v - (double)r->classes[0].logit) < 1e-5, "logit %g", v);
  CHECK(yyjson_equals_str(yyjson_obj_get(root, "notice"), VM_NOTICE), "notice");
  check_report_measures(r, root);
  yyjson_doc_free(doc);
  vm_free(json);
}

/* Each sign under its own word. */
static void test_reasons(const vm_result *r) {
  static const struct {
    unsigned sign;
    const char *word;
  } signs[] = {{VM_REASON_DARK, "dark"},
               {VM_REASON_BRIGHT, "bright"},
               {VM_REASON_BLURRED, "blurred"},
               {VM_REASON_LOW_CONTRAST, "low-contrast"},
               {VM_REASON_FIELD_CUT, "field-cut"},
               {VM_REASON_NOT_FUNDUS, "not-fundus"},
               {VM_REASON_NO_VESSELS, "no-vessels"}};
  for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
    vm_result changed = *r;
    vm_provenance from = {0};
    char *json = NULL;
    changed.reasons = signs[k].sign;
    CHECK(vm_report(&changed, &from, &json, NULL) == VM_OK, "report");
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    yyjson_val *list = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "quality"), "reasons");
    CHECK(yyjson_arr_size(list) == 1 && yyjson_equals_str(yyjson_arr_get_first(list), signs[k].word), "no %s in %s",
          signs[k].word, json);
    yyjson_doc_free(doc);
    vm_free(json);
  }
}

/* The peak of each map is that of the cells whose middle lies in the circle and in the photograph: in a photograph that
 * shows the field's right part alone, and in one that shows its lower part. */
static void check_peaks(const vm_result *r) {
  float step = 2 * r->disc.radius / (float)r->grid;
  for (int c = 0; c < r->class_count; c++) {
    float most = 0;
    for (int j = 0; j < r->grid; j++)
      for (int i = 0; i < r->grid; i++) {
        float dx = ((float)i + 0.5f) * step - r->disc.radius, dy = ((float)j + 0.5f) * step - r->disc.radius;
        float x = r->disc.x + dx, y = r->disc.y + dy;
        bool in = hypotf(dx, dy) <= r->disc.radius && x >= 0 && y >= 0 && x < (float)r->width && y < (float)r->height;
        if (in) most = fmaxf(most, r->classes[c].activation[j * r->grid + i]);
      }
    CHECK(r->classes[c].heatmap_max == most, "%s: peak %g, in the field %g", r->classes[c].id,
          (double)r->classes[c].heatmap_max, (double)most);
  }
}

static void test_peaks(vm_model *m) {
  static const vm_disc discs[] = {{60, 290, 270}, {380, 60, 270}, {660, 300, 280}, {350, 540, 270}};
  for (size_t k = 0; k < sizeof discs / sizeof *discs; k++) {
    vm_phantom_spec spec = {.seed = 5, .width = W, .height = H, .disc = discs[k], .lesions = VM_LESION_EXUDATES};
    CHECK(vm_phantom(&spec, rgba, truth, NULL, NULL, NULL) == VM_OK, "phantom");
    vm_result *r = screen(m, 1);
    check_peaks(r);
    vm_result_free(r);
  }
}

static void refuse(vm_model *m, const uint8_t *pixels, int w, int h, float guide, vm_status want, const char *words) {
  vm_error err = {0};
  vm_request req = {.guide = guide};
  vm_result *r = (void *)1;
  vm_status s = vm_screen(m, pixels, w, h, &req, &r, &err);
  CHECK(s == want && r == NULL && err.status == want, "%d x %d: status %d", w, h, (int)s);
  CHECK(strstr(err.text, words) != NULL, "\"%s\" is not in \"%s\"", words, err.text);
}

/* Every limit at, below and above it; afterwards the model answers as before, to the last bit. */
static void test_refusals(vm_model *m, const vm_result *before) {
  uint8_t *blank = calloc((size_t)8193 * 300, 4);
  refuse(m, NULL, W, H, 1, VM_ERR_ARGUMENT, "no pixels");
  refuse(m, blank, 255, 256, 1, VM_ERR_TOO_SMALL, "256 a side");
  refuse(m, blank, 256, 256, 1, VM_ERR_NOT_FUNDUS, "blank");
  refuse(m, blank, 8192, 256, 1, VM_ERR_NOT_FUNDUS, "blank");
  refuse(m, blank, 8193, 256, 1, VM_ERR_TOO_LARGE, "8192 a side");
  refuse(m, blank, 8000, 5001, 1, VM_ERR_TOO_LARGE, "40 megapixels");
  refuse(m, blank, -5, 300, 1, VM_ERR_TOO_SMALL, "-5 x 300");
  refuse(m, rgba, W, H, 1.01f, VM_ERR_ARGUMENT, "0 to 1");
  refuse(m, rgba, W, H, NAN, VM_ERR_ARGUMENT, "0 to 1");
  refuse(m, rgba, W, H, -0.5f, VM_ERR_ARGUMENT, "0 to 1");
  refuse(NULL, rgba, W, H, 1, VM_ERR_ARGUMENT, "a model");
  vm_error err = {0};
  vm_result *none = (void *)1;
  const vm_request strange = {.point = (vm_point)4};
  CHECK(vm_screen(m, rgba, W, H, &strange, &none, &err) == VM_ERR_ARGUMENT && none == NULL, "point 4");
  CHECK(strstr(err.text, "operating point 4") != NULL, "%s", err.text);
  free(blank);
  vm_result *after = screen(m, 1);
  for (int c = 0; c < after->class_count; c++)
    CHECK(after->classes[c].logit == before->classes[c].logit, "class %d changed after refusals", c);
  CHECK(memcmp(after->vessels, before->vessels, (size_t)after->size * (size_t)after->size * sizeof(float)) == 0,
        "vessels changed");
  vm_result_free(after);
}

/* A request of zeros is no request: guide and operating point as documented. */
static void test_defaults(vm_model *m) {
  vm_error err = {0};
  vm_result *zeros = NULL, *none = NULL;
  const vm_request empty = {0};
  CHECK(vm_screen(m, rgba, W, H, &empty, &zeros, &err) == VM_OK, "%s", err.text);
  CHECK(vm_screen(m, rgba, W, H, NULL, &none, &err) == VM_OK, "%s", err.text);
  if (zeros == NULL || none == NULL) exit(check_end());
  CHECK(zeros->guide == 1 && none->guide == 1, "guide %g, %g", (double)zeros->guide, (double)none->guide);
  CHECK(zeros->decision.point == VM_POINT_BALANCED && none->decision.point == VM_POINT_BALANCED, "point");
  for (int c = 0; c < none->class_count; c++)
    CHECK(zeros->classes[c].logit == none->classes[c].logit, "class %d differs", c);
  for (int i = 0; i < VM_POINTS; i++) {
    const vm_request at = {.point = (vm_point)(i + 1)};
    vm_result *r = NULL;
    CHECK(vm_screen(m, rgba, W, H, &at, &r, &err) == VM_OK, "%s", err.text);
    if (r == NULL) exit(check_end());
    CHECK(memcmp(&r->decision, &none->decisions[i], sizeof r->decision) == 0, "point %d: not what `decisions` said", i);
    CHECK(r->decision.point == at.point, "point %d", i);
    for (int c = 0; c < r->class_count; c++) {
      const vm_class *k = &r->classes[c];
      CHECK(k->threshold == k->cuts[i] && memcmp(k->cuts, none->classes[c].cuts, sizeof k->cuts) == 0, "%s: cut %d",
            k->id, i);
    }
    vm_result_free(r);
  }
  vm_result_free(zeros);
  vm_result_free(none);
}

static void test_options(void) {
  static const int bad[] = {-1, 224, 255, 257, 300, 1025, 1056};
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  vm_error err = {0};
  vm_model *m = NULL;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK(vm_open(bytes, n, &(vm_options){bad[i], 1}, &m, &err) == VM_ERR_ARGUMENT && m == NULL, "size %d taken",
          bad[i]);
    CHECK(strstr(err.text, "steps of 32") != NULL, "%s", err.text);
  }
  CHECK(vm_open(bytes, n, &(vm_options){512, 65}, &m, &err) == VM_ERR_ARGUMENT, "65 threads taken");
  CHECK(vm_open(bytes, n, NULL, NULL, &err) == VM_ERR_ARGUMENT, "no place for the model");
  CHECK(vm_open(bytes, n / 2, NULL, &m, NULL) == VM_ERR_WEIGHTS, "half a file");
  free(bytes);
  vm_close(NULL);
  vm_result_free(NULL);
}

/* Wider vessels measure wider and cover more, as drawn and as the network finds them. */
static void test_calibre(void) {
  static const float calibres[] = {0.6f, 1, 1.6f};
  vm_model *m = open_model(512);
  vm_measures before = {0}, drawn_before = {0};
  for (int k = 0; k < 3; k++) {
    vm_phantom_spec spec = {.seed = 8, .width = W, .height = H, .disc = true_disc, .calibre = calibres[k]};
    vm_phantom_marks marks;
    CHECK(vm_phantom(&spec, rgba, truth, NULL, NULL, NULL) == VM_OK && vm_phantom_find(&spec, &marks, NULL) == VM_OK,
          "draw");
    vm_result *r = screen(m, 1);
    vm_measures drawn[VM_REGIONS], now = r->measures[VM_FIELD];
    measure_truth(r, drawn);
    float pixels = 2 * r->disc.radius;
    CHECK(now.width > before.width && now.density > before.density, "calibre %g: found width %g, density %g",
          (double)calibres[k], (double)now.width, (double)now.density);
    CHECK(drawn[VM_FIELD].width > drawn_before.width && drawn[VM_FIELD].density > drawn_before.density,
          "calibre %g: drawn width %g, density %g", (double)calibres[k], (double)drawn[VM_FIELD].width,
          (double)drawn[VM_FIELD].density);
    float told = marks.vessel_width / pixels;
    CHECK(fabsf(told / drawn[VM_FIELD].width - 1) < 0.12f, "calibre %g: told width %g, of its mask %g",
          (double)calibres[k], (double)told, (double)drawn[VM_FIELD].width);
    before = now, drawn_before = drawn[VM_FIELD];
    vm_result_free(r);
  }
  vm_close(m);
}

/* Each probability is calibrated with its class's own scale and offset. */
static void check_calibration(const vm_model *m, const vm_result *r) {
  char *json = NULL;
  CHECK(vm_info(m, &json, NULL) == VM_OK, "info");
  yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
  yyjson_val *classes = yyjson_obj_get(yyjson_doc_get_root(doc), "classes");
  CHECK((int)yyjson_arr_size(classes) == r->class_count, "classes");
  for (int c = 0; c < r->class_count; c++) {
    yyjson_val *k = yyjson_arr_get(classes, (size_t)c);
    double logit = report_number(k, "scale") * (double)r->classes[c].logit + report_number(k, "offset");
    CHECK(fabs((double)r->classes[c].probability - 1 / (1 + exp(-logit))) < 1e-5, "%s: %g", r->classes[c].id,
          (double)r->classes[c].probability);
    CHECK(fabs((double)r->classes[c].threshold - report_number(k, "threshold")) < 1e-6, "%s: cut", r->classes[c].id);
    yyjson_val *points = yyjson_obj_get(k, "points");
    for (int i = 0; i < VM_POINTS; i++) {
      double cut =
          report_number(yyjson_obj_get(points, vm_point_name((vm_point)(VM_POINT_SCREENING + i))), "threshold");
      CHECK(fabs((double)r->classes[c].cuts[i] - cut) < 1e-6, "%s: cut %d", r->classes[c].id, i);
    }
  }
  yyjson_doc_free(doc);
  vm_free(json);
}

/* The thresholds are the file's own, each its own. */
static void test_thresholds(void) {
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  change(bytes, n, "vessel_threshold", '2');
  change(bytes, n, "gradable_threshold", '8');
  vm_error err = {0};
  vm_model *m = NULL;
  CHECK(vm_open(bytes, n, &(vm_options){.size = 256}, &m, &err) == VM_OK, "%s", err.text);
  free(bytes);
  if (m == NULL) exit(check_end());
  vm_result *r = screen(m, 1);
  CHECK(r->vessel_threshold >= 0.2f && r->vessel_threshold < 0.3f, "vessels %g", (double)r->vessel_threshold);
  CHECK(r->gradable_at >= 0.8f && r->gradable_at < 0.9f, "gradable %g", (double)r->gradable_at);
  CHECK(r->gradable == (r->gradability >= r->gradable_at), "gradability %g", (double)r->gradability);
  vm_result_free(r);
  vm_close(m);
}

/* The drawn exudates of the phantom are seen on the map of hard exudates, and somewhere nothing is. */
static void check_lesions(const vm_result *r) {
  const vm_lesion_measures *hard = &r->lesions.kinds[VM_HARD_EXUDATE];
  CHECK(r->lesions.validity == VM_LESIONS_VALID && hard->drawn && hard->map != NULL, "lesions: %d",
        (int)r->lesions.validity);
  float most = 0, least = 1;
  for (int i = 0; hard->map != NULL && i < r->size * r->size; i++) {
    most = fmaxf(most, hard->map[i]);
    least = fminf(least, hard->map[i]);
  }
  CHECK(most > 0.5f && most <= 1 && least >= 0 && least < 0.01f, "hard exudates %g to %g", (double)least, (double)most);
}

/* Every vessel is an artery or a vein, and there are both. */
static void check_arteries(const vm_result *r) {
  const vm_arteries *a = &r->arteries;
  CHECK(a->validity == VM_ARTERIES_VALID && a->map != NULL, "arteries: %d", (int)a->validity);
  CHECK(a->artery_density > 0 && a->vein_density > 0, "%g, %g", (double)a->artery_density, (double)a->vein_density);
  float both = a->artery_density + a->vein_density;
  CHECK(fabsf(both - r->vessel_density) < 1e-4f, "%g of %g", (double)both, (double)r->vessel_density);
}

/* Where photographs are judged that this network would not, lesions are drawn on the phantom, too, and arteries told from veins. */
static void test_heads(void) {
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  change(bytes, n, "gradable_threshold", '0');
  vm_error err = {0};
  vm_model *m = NULL;
  CHECK(vm_open(bytes, n, &(vm_options){.size = 512}, &m, &err) == VM_OK, "%s", err.text);
  free(bytes);
  if (m == NULL) exit(check_end());
  vm_result *r = screen(m, 1);
  check_lesions(r);
  check_arteries(r);
  vm_result_free(r);
  vm_close(m);
}

static char *report_of(vm_model *m, int fine) {
  vm_result *r = NULL;
  char *json = NULL;
  CHECK(vm_screen(m, rgba, W, H, &(vm_request){.fine = fine}, &r, NULL) == VM_OK, "screen");
  if (r == NULL) exit(check_end());
  CHECK(r->arteries.validity == VM_ARTERIES_VALID && r->lesions.validity == VM_LESIONS_VALID, "not all is measured");
  CHECK(vm_report(r, &(vm_provenance){.variant = "native", .threads = 1}, &json, NULL) == VM_OK, "report");
  vm_result_free(r);
  return json;
}

/* On any number of threads the same report: the parts that follow the network run side by side then. */
static void test_threads(void) {
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  change(bytes, n, "gradable_threshold", '0');
  char *want[2] = {NULL, NULL};
  for (int threads = 1; threads <= 3; threads++) {
    vm_model *m = NULL;
    CHECK(vm_open(bytes, n, &(vm_options){512, threads}, &m, NULL) == VM_OK, "%d threads", threads);
    for (int fine = 0; fine <= 1; fine++) {
      char *json = report_of(m, fine);
      if (want[fine] == NULL) want[fine] = json;
      CHECK(strcmp(json, want[fine]) == 0, "%d threads, fine %d: another report", threads, fine);
      if (want[fine] != json) vm_free(json);
    }
    vm_close(m);
  }
  vm_free(want[0]);
  vm_free(want[1]);
  free(bytes);
}

/* ---- the grade, of a made-up head that always gives the same ---- */

static vm_result *screen_graded(int size, char gradable_at, vm_point point) {
  static const float weight[GRADED_LOGITS][GRADED_READ], bias[GRADED_LOGITS] = {1, 0.5f, -1, 3};
  size_t n;
  uint8_t *bytes =
      graded_file("weights/vmnet.safetensors",
                  GRADED_BLOCK(GRADED_CLASS, "[1,2,1,1]", "[0,-0.5,0.25,0]", "[0.5,0.5,0.5,0.5]"), weight[0], bias, &n);
  change(bytes, n, "gradable_threshold", gradable_at);
  vm_error err = {0};
  vm_model *m = NULL;
  vm_result *r = NULL;
  CHECK(vm_open(bytes, n, &(vm_options){.size = size}, &m, &err) == VM_OK, "%s", err.text);
  free(bytes);
  if (m == NULL) exit(check_end());
  CHECK(vm_screen(m, rgba, W, H, &(vm_request){.point = point, .fine = size == 512}, &r, &err) == VM_OK, "%s",
        err.text);
  if (r == NULL) exit(check_end());
  vm_close(m);
  return r;
}

/* At every point the grade goes with what is decided there of what it grades. */
static void test_grade(void) {
  static const float want[VM_GRADES] = {0.731059f, 0.622459f, 0.320821f, 0.320821f}; /* sigmoids of 1, 0.5, -0.75 */
  for (int point = VM_POINT_SCREENING; point <= VM_POINT_SPECIFIC; point++) {
    vm_result *r = screen_graded(512, '0', (vm_point)point);
    const vm_class *k = NULL;
    for (int c = 0; c < r->class_count; c++)
      if (strcmp(r->classes[c].name, GRADED_CLASS) == 0) k = &r->classes[c];
    bool seen = k != NULL && k->probability >= k->cuts[point - VM_POINT_SCREENING];
    for (int i = 0; k != NULL && i < r->decision.reason_count; i++)
      seen |= &r->classes[r->decision.reasons[i].class_index < 0 ? 0 : r->decision.reasons[i].class_index] == k;
    CHECK(r->gradable && r->grade.validity == (seen ? VM_GRADE_VALID : VM_GRADE_NOT_SUSPECTED), "point %d: %s", point,
          vm_grade_validity_name(r->grade.validity));
    CHECK(r->grade.grade == (seen ? 2 : 0), "point %d: grade %d", point, r->grade.grade);
    const vm_grade_at *at = &r->grade.at[point - VM_POINT_SCREENING];
    CHECK(at->validity == r->grade.validity && at->grade == r->grade.grade, "at point %d: %d", point, at->grade);
    for (int i = 0; i < VM_GRADES; i++)
      CHECK(fabsf(r->grade.at_least[i] - want[i]) < 1e-5f, "at least %d: %g", i + 1, (double)r->grade.at_least[i]);
    vm_result_free(r);
  }
  vm_result *r = screen_graded(512, '9', VM_POINT_DEFAULT);
  CHECK(!r->gradable && r->grade.validity == VM_GRADE_NOT_GRADABLE, "%s", vm_grade_validity_name(r->grade.validity));
  vm_result_free(r);
  r = screen_graded(256, '0', VM_POINT_DEFAULT);
  CHECK(r->grade.validity == VM_GRADE_NO_OUTPUT, "another size: %s", vm_grade_validity_name(r->grade.validity));
  vm_result_free(r);
}

static void test_size(int size) {
  vm_model *m = open_model(size);
  vm_result *r = screen(m, 1);
  check_numbers(r);
  check_layers(r);
  vm_result_free(r);
  vm_close(m);
}

/* ---- fine vessels ---- */

enum { SMALL = 480 }; /* the field is looked for in all of such a photograph's pixels: as exactly on either side */

static vm_result *screen_small(vm_model *m, const uint8_t *pixels, int fine) {
  vm_error err = {0};
  vm_result *r = NULL;
  vm_request req = {.fine = fine};
  CHECK(vm_screen(m, pixels, SMALL, SMALL, &req, &r, &err) == VM_OK, "%s", err.text);
  if (r == NULL) exit(check_end());
  return r;
}

/* Mean difference of a photograph's vessels from those of its mirror image, mirrored. */
static float asymmetry(vm_model *m, const uint8_t *pixels, const uint8_t *mirrored, int fine) {
  vm_result *a = screen_small(m, pixels, fine), *b = screen_small(m, mirrored, fine);
  double sum = 0;
  for (int j = 0; j < a->size; j++)
    for (int i = 0; i < a->size; i++)
      sum += fabs((double)a->vessels[j * a->size + i] - (double)b->vessels[j * a->size + a->size - 1 - i]);
  sum /= (double)a->size * (double)a->size;
  vm_result_free(a);
  vm_result_free(b);
  return (float)sum;
}

/* What is the mean over all mirror images is the same for a photograph and its mirror image. */
static void test_mirrored(vm_model *m, const uint8_t *pixels) {
  uint8_t *mirrored = malloc((size_t)SMALL * SMALL * 4);
  for (int y = 0; y < SMALL; y++)
    for (int x = 0; x < SMALL; x++) memcpy(mirrored + 4 * (y * SMALL + x), pixels + 4 * (y * SMALL + SMALL - 1 - x), 4);
  float plain = asymmetry(m, pixels, mirrored, 0), fine = asymmetry(m, pixels, mirrored, 1);
  CHECK(plain > 1e-3f && fine < plain / 10, "plain %g, fine %g", (double)plain, (double)fine);
  free(mirrored);
}

/* Vessels alone are measured anew: the answer and all else stay, and the next photograph is screened as ever. */
static void test_fine(vm_model *m) {
  uint8_t *pixels = malloc((size_t)SMALL * SMALL * 4), *vessels = malloc((size_t)SMALL * SMALL);
  vm_phantom_spec spec = {.seed = 3, .width = SMALL, .height = SMALL, .disc = {240, 240, 230}};
  CHECK(vm_phantom(&spec, pixels, vessels, NULL, NULL, NULL) == VM_OK, "phantom");
  vm_result *plain = screen_small(m, pixels, 0), *fine = screen_small(m, pixels, 1),
            *again = screen_small(m, pixels, 0);
  CHECK(fine->fine == 1 && plain->fine == 0, "fine is %d, else %d", fine->fine, plain->fine);
  for (int c = 0; c < plain->class_count; c++)
    CHECK(fine->classes[c].logit == plain->classes[c].logit, "class %d changed", c);
  CHECK(fine->decision.answer == plain->decision.answer && fine->reasons == plain->reasons &&
            fine->gradability == plain->gradability,
        "the answer changed");
  CHECK(fine->measures[VM_FIELD].length != plain->measures[VM_FIELD].length, "nothing was measured anew");
  CHECK(fine->vessel_density == fine->measures[VM_FIELD].density, "two densities");
  CHECK(memcmp(again->vessels, plain->vessels, 512 * 512 * sizeof(float)) == 0, "it left something behind");
  test_mirrored(m, pixels);
  vm_result_free(plain);
  vm_result_free(fine);
  vm_result_free(again);
  free(pixels);
  free(vessels);
}

int main(void) {
  rgba = malloc((size_t)W * H * 4);
  truth = malloc((size_t)W * H);
  vm_phantom_spec spec = {.seed = 5, .width = W, .height = H, .disc = true_disc, .lesions = VM_LESION_EXUDATES};
  CHECK(vm_phantom(&spec, rgba, truth, NULL, NULL, NULL) == VM_OK, "phantom");
  vm_model *m = open_model(512);
  vm_result *r = screen(m, 1), *off = screen(m, 0);
  check_numbers(r);
  check_layers(r);
  check_report(r);
  check_calibration(m, r);
  check_features(r);
  check_features(off);
  check_measures(r, &spec);
  float moved = 0;
  for (int c = 0; c < r->class_count; c++) moved = fmaxf(moved, fabsf(r->classes[c].logit - off->classes[c].logit));
  CHECK(moved > 1e-4f, "the guide changes nothing");
  CHECK(memcmp(r->vessels, off->vessels, 512 * 512 * sizeof(float)) == 0, "the guide changed the vessels");
  CHECK(memcmp(r->features_before, off->features_before, 32 * 32 * sizeof(float)) == 0, "the guide changed F");
  test_fine(m);
  test_refusals(m, r);
  test_reasons(r);
  check_peaks(r);
  test_peaks(m);
  test_defaults(m);
  vm_result_free(r);
  vm_result_free(off);
  vm_close(m);
  test_options();
  test_thresholds();
  test_heads();
  test_grade();
  if (!CHECK_FEWER) {
    test_threads();
    test_calibre();
    test_size(256);
    test_size(608);
    test_size(1024);
  }
  free(rgba);
  free(truth);
  return check_end();
}
