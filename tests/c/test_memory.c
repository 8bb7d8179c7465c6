/* Memory that runs short at each allocation in turn is said, and what was taken is given back, then and otherwise. With the
 * sanitizers, which have an allocator of their own, nothing runs short here, and they look for leaks themselves. */
#include <errno.h>

#include "arteries.h"
#include "check.h"
#include "graded.h"
#include "optic_disc.h"
#include "phantom.h"
#include "quality.h"
#include "disc_cup.h"
#include "lesions.h"
#include "square.h"
#include "vessels.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static long living, left = -1; /* allocations: how many are not freed; how many until one fails, none if under 0 */

#if defined(__GLIBC__) && !defined(SANITIZED) && !defined(__SANITIZE_ADDRESS__)
enum { COUNTED = 1 };
/* glibc's own, under the names that it keeps for this; NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c) */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c) */

static bool is_short(void) { return left >= 0 && left-- == 0; }

static void *counted(void *p) {
  if (p != NULL) __atomic_add_fetch(&living, 1, __ATOMIC_RELAXED);
  return p;
}

void *malloc(size_t size) { return is_short() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return is_short() ? NULL : counted(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }
int posix_memalign(void **out, size_t alignment, size_t size) {
  *out = counted(__libc_memalign(alignment, size));
  return *out != NULL ? 0 : ENOMEM;
}
void *realloc(void *p, size_t size) {
  if (is_short()) return NULL;
  return p == NULL ? counted(__libc_malloc(size)) : __libc_realloc(p, size);
}
void free(void *p) {
  if (p != NULL) __atomic_sub_fetch(&living, 1, __ATOMIC_RELAXED);
  __libc_free(p);
}
#else
enum { COUNTED = 0 };
#endif

enum { N = 300, SIZE = 256 };

static uint8_t *rgba;
static float *input, *vessels;
static vm_disc field;

static bool draw(vm_error *err) {
  vm_phantom_spec spec = {.seed = 2, .width = N, .height = N};
  vm_phantom_marks marks;
  return vm_phantom(&spec, rgba, NULL, NULL, &field, err) == VM_OK && vm_phantom_find(&spec, &marks, err) == VM_OK;
}

static bool find(vm_error *err) { return vm_find_disc(rgba, N, N, &field, err) == VM_OK; }

static bool prepare(vm_error *err) { return vm_prepare(rgba, N, N, field, SIZE, input, err) == VM_OK; }

static bool prepare_side_by_side(vm_error *err) {
  static pthreadpool_t pool; /* which keeps what it takes when it is first used */
  if (pool == NULL) pool = pthreadpool_create(2);
  return square_prepare(rgba, N, N, field, SIZE, pool, input, err) == VM_OK;
}

static vm_model *judging; /* takes every photograph for one that can be judged, so that all is measured */

static bool screen(vm_error *err) {
  vm_result *result = NULL;
  bool ok = vm_screen(judging, rgba, N, N, NULL, &result, err) == VM_OK;
  vm_result_free(result);
  return ok;
}

static bool screen_finely(vm_error *err) {
  vm_result *result = NULL;
  bool ok = vm_screen(judging, rgba, N, N, &(vm_request){.fine = 1}, &result, err) == VM_OK;
  vm_result_free(result);
  return ok;
}

static bool judge(vm_error *err) {
  (void)err;
  quality_facts facts;
  return quality_measure(input, SIZE, &facts);
}

static bool look_for_disc(vm_error *err) {
  (void)err;
  vm_optic_disc disc;
  return optic_disc_find(input, vessels, SIZE, field, N, N, &disc, NULL);
}

static bool measure(vm_error *err) {
  (void)err;
  const vm_optic_disc disc = {.found = 1, .x = 190, .y = 150, .radius = 20};
  vm_measures out[VM_REGIONS];
  return vessels_measure(vessels, SIZE, 0.5f, field, N, N, &disc, out);
}

static bool draw_disc(vm_error *err) {
  (void)err;
  static float map[2 * 64 * 64], disc[64 * 64], cup[64 * 64];
  const disc_cup_photo photo = {field, N, N, {.found = 1, .x = 190, .y = 150, .radius = 20}};
  for (int j = 28; j < 36; j++)
    for (int i = 36; i < 45; i++) map[2 * (j * 64 + i)] = 0.9f, map[2 * (j * 64 + i) + 1] = j < 34 ? 0.8f : 0;
  vm_disc_cup out;
  return disc_cup_measure(map, 64, &photo, disc, cup, &out);
}

static bool count_up(vm_error *err) {
  char *json = NULL;
  bool ok = vm_constants(&json, err) == VM_OK;
  vm_free(json);
  return ok;
}

static bool draw_lesions(vm_error *err) {
  (void)err;
  static float map[64 * 64];
  const lesions_photo photo = {.view = field, .width = N, .height = N};
  for (int i = 30; i < 36; i++) map[32 * 64 + i] = 0.9f;
  const vm_drawn_lesions all = {0};
  vm_lesion_measures out = {.threshold = 0.5f};
  return lesions_measure(map, 64, &photo, &all, &out);
}

static bool tell_arteries(vm_error *err) {
  (void)err;
  static float map[SIZE * SIZE];
  const arteries_photo photo = {field, N, N, {.found = 1, .x = 190, .y = 150, .radius = 20}};
  vm_arteries out;
  return arteries_measure(vessels, 0.5f, SIZE, &photo, map, &out);
}

static void test_short(void) {
  static const struct {
    const char *name;
    bool (*run)(vm_error *err);
    bool says; /* with a status and words, else with false alone */
  } all[] = {{"a phantom", draw, true},
             {"the field", find, true},
             {"the network's input", prepare, true},
             {"the network's input on two threads", prepare_side_by_side, true},
             {"a photograph", screen, true},
             {"a photograph, finely", screen_finely, true},
             {"quality", judge, false},
             {"optic disc", look_for_disc, false},
             {"vessels", measure, false},
             {"optic disc and cup", draw_disc, false},
             {"lesions", draw_lesions, false},
             {"arteries and veins", tell_arteries, false},
             {"the constants", count_up, true}};
  long n = 0; /* what is screened finely runs as the one before, and then longer */
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    vm_error err = {0};
    CHECK(all[i].run(&err), "%s: %s", all[i].name, err.text);
    long before = living;
    for (n = all[i].run == screen_finely ? n : 0; n < (COUNTED ? 1000 : 1); n++) {
      left = COUNTED ? n : -1;
      bool ok = all[i].run(&err);
      bool fell_short = COUNTED && left < 0;
      left = -1;
      CHECK(living == before, "%s, allocation %ld: %ld more than before", all[i].name, n, living - before);
      CHECK(ok != fell_short, "%s, allocation %ld: %s", all[i].name, n, ok ? "goes on" : "fails");
      if (!fell_short) break;
      CHECK(!all[i].says || (err.status == VM_ERR_MEMORY && strstr(err.text, "out of memory") != NULL), "%s: %s",
            all[i].name, err.text);
    }
  }
}

/* Photographs that touch, which are looked for in pieces of the picture. */
static void test_several(void) {
  const vm_phantom_spec spec = {.seed = 2, .width = N, .height = N, .disc = {150, 150, 158}};
  uint8_t *two = malloc((size_t)2 * N * N * 4);
  vm_error err = {0};
  CHECK(vm_phantom(&spec, rgba, NULL, NULL, NULL, &err) == VM_OK, "%s", err.text);
  for (int j = 0; j < 2 * N; j++) memcpy(two + j * N * 4, rgba + j / 2 * N * 4, (size_t)N * 4);
  long before = living;
  vm_disc d;
  CHECK(vm_find_disc(two, 2 * N, N, &d, &err) == VM_ERR_NOT_FUNDUS && strcmp(err.why, "several") == 0, "%s", err.text);
  CHECK(living == before, "%ld more than before", living - before);
  free(two);
}

/* A model that is opened, used and closed leaves nothing; twice before, for what libraries keep. */
static void test_nothing_stays(void) {
  size_t n;
  uint8_t *weights = read_all("weights/vmnet.safetensors", &n);
  long at[3];
  for (int k = 0; k < 3; k++) {
    vm_model *model = NULL;
    vm_result *result = NULL;
    vm_error err = {0};
    const vm_options options = {SIZE, 2};
    char *report = NULL;
    const vm_provenance from = {"a name", "", "", NULL, "native", 2};
    CHECK(vm_open(weights, n, &options, &model, &err) == VM_OK, "%s", err.text);
    CHECK(vm_screen(model, rgba, N, N, NULL, &result, &err) == VM_OK, "%s", err.text);
    CHECK(vm_report(result, &from, &report, &err) == VM_OK, "%s", err.text);
    vm_free(report);
    vm_result_free(result);
    vm_close(model);
    at[k] = living;
  }
  CHECK(at[1] == at[2], "%ld allocations stay", at[2] - at[1]);
  free(weights);
}

static vm_model *open_judging(void) {
  size_t n;
  uint8_t *weights = read_all("weights/vmnet.safetensors", &n);
  vm_model *model = NULL;
  change(weights, n, "gradable_threshold", '0');
  CHECK(vm_open(weights, n, NULL, &model, NULL) == VM_OK, "open");
  free(weights);
  return model;
}

int main(void) {
  rgba = malloc((size_t)N * N * 4);
  input = malloc((size_t)SIZE * SIZE * 3 * sizeof *input);
  vessels = calloc((size_t)SIZE * SIZE, sizeof *vessels);
  for (int i = 0; i < SIZE; i++) vessels[100 * SIZE + i] = vessels[i * SIZE + 90] = vessels[i * SIZE + i] = 1;
  judging = open_judging();
  test_short();
  vm_close(judging);
  test_nothing_stays();
  test_several();
  free(rgba), free(input), free(vessels);
  return check_end();
}
