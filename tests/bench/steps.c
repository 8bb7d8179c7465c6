/* The way from a photograph's file to the answer, step by step: for the benchmark only.
 *
 * src/screen.c is compiled into this file with its calls led through a clock. The product holds none of this.
 *
 * WebAssembly: build/bench/wasm/steps-VARIANT.mjs, the product's own module with this in it, driven by
 * tests/bench/runtimes/steps.js. Native: build/bench/steps WEIGHTS SIZE THREADS ROUNDS PHOTO prints JSON: a list of
 * rounds, each with milliseconds by step.
 */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "network.h"
#include "optic_disc.h"
#include "quality.h"
#include "square.h"
#include "vessels.h"

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
static double now(void) { return emscripten_get_now(); }
#else
#include <time.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
#endif

/* In vm_screen; then, natively only, what is around it. The benchmark's own state: one thread screens. */
enum {
  FIELD,
  CUT,
  NETWORK,
  OPTIC_DISC,
  MEASURES,
  QUALITY,
  IN_SCREEN,
  DECODE = IN_SCREEN,
  SCREEN,
  LAYERS,
  REPORT,
  STEPS
};
static double spent[STEPS], begun;

static void step_begin(void) { begun = now(); }
static int step_end(int step, int value) {
  spent[step] += now() - begun;
  return value;
}

#define TIMED(step, type, call) (step_begin(), (type)step_end(step, (int)(call)))
#define field_find(...) TIMED(FIELD, vm_status, field_find(__VA_ARGS__))
#define vm_prepare(...) TIMED(CUT, vm_status, vm_prepare(__VA_ARGS__))
#define field_darken(...) (step_begin(), field_darken(__VA_ARGS__), (void)step_end(CUT, 0))
#define network_run(...) TIMED(NETWORK, vm_status, network_run(__VA_ARGS__))
#define optic_disc_find(...) TIMED(OPTIC_DISC, bool, optic_disc_find(__VA_ARGS__))
#define vessels_measure(...) TIMED(MEASURES, bool, vessels_measure(__VA_ARGS__))
#define quality_measure(...) TIMED(QUALITY, bool, quality_measure(__VA_ARGS__))
#include "../../src/screen.c"

#ifdef __EMSCRIPTEN__
/* Milliseconds of each step in vm_screen since the last call, IN_SCREEN of them; borrowed. */
EMSCRIPTEN_KEEPALIVE const double *bench_steps(void) {
  static double last[IN_SCREEN];
  memcpy(last, spent, sizeof last);
  memset(spent, 0, sizeof spent);
  return last;
}
#else
static void *read_file(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  void *bytes = NULL;
  if (f == NULL) return NULL;
  if (fseek(f, 0, SEEK_END) == 0) {
    long n = ftell(f);
    rewind(f);
    bytes = malloc(n > 0 ? (size_t)n : 1);
    if (bytes != NULL) *size = fread(bytes, 1, (size_t)n, f);
  }
  fclose(f);
  return bytes;
}

static vm_status draw_layers(const vm_result *r, uint8_t *out, vm_error *err) {
  vm_status s = vm_render_u8(r, VM_LAYER_VESSELS, 0, 0, r->height, out, err);
  if (s == VM_OK) s = vm_render_u8(r, VM_LAYER_VESSEL_MASK, 0, 0, r->height, out, err);
  for (int c = 0; s == VM_OK && c < r->class_count; c++)
    s = vm_render_u8(r, VM_LAYER_HEATMAP, c, 0, r->height, out, err);
  return s;
}

static vm_status one_round(vm_model *m, const void *file, size_t size, vm_error *err) {
  vm_image photo;
  vm_result *r = NULL;
  char *json = NULL;
  double t = now();
  vm_status s = vm_image_load(file, size, &photo, err);
  spent[DECODE] = now() - t, t = now();
  if (s == VM_OK) s = vm_screen(m, photo.rgba, photo.width, photo.height, NULL, &r, err);
  spent[SCREEN] = now() - t;
  uint8_t *out = s == VM_OK ? malloc((size_t)r->width * (size_t)r->height) : NULL;
  t = now();
  if (out != NULL) s = draw_layers(r, out, err);
  spent[LAYERS] = now() - t, t = now();
  const vm_provenance from = {.variant = "native", .threads = 1};
  if (s == VM_OK) s = vm_report(r, &from, &json, err);
  spent[REPORT] = now() - t;
  vm_free(json);
  free(out);
  vm_result_free(r);
  vm_image_free(&photo);
  return s;
}

static void print_round(bool first) {
  double rest = spent[SCREEN];
  for (int k = 0; k < IN_SCREEN; k++) rest -= spent[k];
  printf("%s{\"decode\":%.4f,\"field\":%.4f,\"cut\":%.4f,\"network\":%.4f,\"optic disc\":%.4f,\"measures\":%.4f,"
         "\"quality\":%.4f,\"result\":%.4f,\"layers\":%.4f,\"report\":%.4f}",
         first ? "" : ",\n", spent[DECODE], spent[FIELD], spent[CUT], spent[NETWORK], spent[OPTIC_DISC],
         spent[MEASURES], spent[QUALITY], rest, spent[LAYERS], spent[REPORT]);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: steps WEIGHTS SIZE THREADS ROUNDS PHOTO\n");
    return 2;
  }
  size_t sizes[2] = {0, 0};
  void *weights = read_file(argv[1], &sizes[0]), *photo = read_file(argv[5], &sizes[1]);
  vm_error err = {VM_ERR_ARGUMENT, "a file cannot be read", ""};
  const vm_options options = {atoi(argv[2]), atoi(argv[3])};
  vm_model *m = NULL;
  vm_status s = weights == NULL || photo == NULL ? VM_ERR_ARGUMENT : vm_open(weights, sizes[0], &options, &m, &err);
  for (int i = -1; s == VM_OK && i < atoi(argv[4]); i++) {
    memset(spent, 0, sizeof spent);
    s = one_round(m, photo, sizes[1], &err);
    if (i < 0) printf("[");
    else if (s == VM_OK) print_round(i == 0);
  }
  if (s == VM_OK) printf("]\n");
  else fprintf(stderr, "steps: %s\n", err.text);
  vm_close(m);
  free(weights);
  free(photo);
  return s != VM_OK;
}
#endif
