/* Reading the reference outputs in tests/golden/, and what a network gives against them. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "check.h"
#include "network.h"

#define TOLERANCE 1e-3f /* on logits and on vessel probability */

/* A golden file is a safetensors file without V-MNet's metadata: read through the same checks, by a small header. */
typedef struct golden {
  uint8_t *bytes;
  size_t size;
} golden;

/* Finds `"name":{..."data_offsets":[begin,` in the header; the files are ours, so a text search is enough. */
static inline const void *golden_tensor(const golden *g, const char *name, size_t *count_bytes) {
  size_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | g->bytes[i];
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  char *text = malloc(header + 1);
  memcpy(text, g->bytes + 8, header);
  text[header] = 0;
  const char *at = strstr(text, key);
  at = at ? strstr(at, "data_offsets\":[") : NULL;
  unsigned long begin = 0, end = 0;
  bool ok = at != NULL && sscanf(at, "data_offsets\":[%lu,%lu", &begin, &end) == 2;
  free(text);
  CHECK(ok, "no tensor %s", name);
  if (!ok) exit(check_end());
  *count_bytes = end - begin;
  return g->bytes + 8 + header + begin;
}

static inline float worst(const float *a, const void *b, size_t n, size_t stride) {
  float most = 0;
  for (size_t i = 0; i < n; i++) {
    float want;
    memcpy(&want, (const uint8_t *)b + 4 * i, 4);
    most = fmaxf(most, fabsf(a[i * stride] - want));
  }
  return most;
}

typedef struct model {
  uint8_t *bytes;
  vm_weights weights;
  vm_network *network;
} model;

static inline model open_model(const char *path, int size, int threads) {
  model m = {0};
  size_t n;
  vm_error err = {0};
  m.bytes = read_all(path, &n);
  CHECK(weights_open(m.bytes, n, &m.weights, &err) == VM_OK, "%s", err.text);
  CHECK(network_create(&m.weights, size, threads, &m.network, &err) == VM_OK, "%s", err.text);
  if (m.network == NULL) exit(check_end());
  return m;
}

static inline void close_model(model *m) {
  network_free(m->network);
  weights_close(&m->weights);
  free(m->bytes);
}

static inline golden open_golden(const char *kind, int size) {
  char path[64];
  golden g;
  snprintf(path, sizeof path, "tests/golden/%s-%d.safetensors", kind, size);
  g.bytes = read_all(path, &g.size);
  return g;
}

static inline void fill_input(vm_network *net, int size) {
  golden g = open_golden("network", size);
  size_t n;
  const uint8_t *rgb = golden_tensor(&g, "input", &n);
  float *input = network_input(net);
  CHECK(n == (size_t)size * (size_t)size * 3, "input of %zu bytes", n);
  for (size_t i = 0; i < n; i++) input[i] = ((float)rgb[i] - 127) / 128;
  free(g.bytes);
}

static inline network_output golden_run(vm_network *net, float guide) {
  network_output o;
  vm_error err = {0};
  CHECK(network_run(net, guide, &o, &err) == VM_OK, "%s", err.text);
  return o;
}

/* mean(map) = logit - bias, for every class, in int8 too: the head stays f32. */
static inline void check_invariant(const network_output *o, const float *bias) {
  size_t cells = (size_t)o->grid * (size_t)o->grid;
  for (size_t c = 0; c < (size_t)o->classes; c++) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++) sum += (double)o->activation[i * (size_t)o->classes + c];
    double off = sum / (double)cells - ((double)o->logits[c] - (double)bias[c]);
    CHECK(fabs(off) < 1e-3, "class %zu: mean of the map is off by %g", c, off);
  }
}

/* Logits within TOLERANCE of the file's, class maps within `share` of the largest value and `floor`. */
static inline void compare_maps(const golden *g, const network_output *o, const char *tag, float share, float floor) {
  size_t cells = (size_t)o->grid * (size_t)o->grid, bytes;
  char name[32];
  snprintf(name, sizeof name, "%s.logits", tag);
  float logits = worst(o->logits, golden_tensor(g, name, &bytes), (size_t)o->classes, 1);
  snprintf(name, sizeof name, "%s.cam", tag);
  const uint8_t *cam = golden_tensor(g, name, &bytes);
  float most = 0, scale = 0;
  for (int c = 0; c < o->classes; c++) {
    most = fmaxf(most, worst(o->activation + c, cam + (size_t)c * cells * 4, cells, (size_t)o->classes));
    for (size_t i = 0; i < cells; i++) scale = fmaxf(scale, fabsf(o->activation[i * (size_t)o->classes + (size_t)c]));
  }
  CHECK(logits <= TOLERANCE, "size %d %s: logits differ by %g", o->size, tag, (double)logits);
  CHECK(most <= share * scale + floor, "size %d %s: activation maps differ by %g of %g", o->size, tag, (double)most,
        (double)scale);
}

/* The vessel probability at every size / side-th pixel of each row and column. */
static inline void compare_vessels(const golden *g, const network_output *o, size_t side) {
  size_t n, size = (size_t)o->size, step = size / side;
  const uint8_t *vessels = golden_tensor(g, "vessels", &n);
  float most = 0;
  for (size_t y = 0; y < side; y++)
    most = fmaxf(most, worst(o->vessels + y * step * size, vessels + y * side * 4, side, step));
  CHECK(most <= TOLERANCE, "size %d: vessel probability differs by %g", o->size, (double)most);
}

/* Optic disc and cup, as PyTorch gives them. */
static inline void compare_structures(const golden *g, const network_output *o) {
  size_t n, count = (size_t)o->size / 4 * ((size_t)o->size / 4) * 2;
  const uint8_t *want = golden_tensor(g, "structures", &n);
  CHECK(o->structures != NULL && n == count * 4, "structures: %zu bytes", n);
  float off = o->structures != NULL && n == count * 4 ? worst(o->structures, want, count, 1) : 1;
  CHECK(off <= TOLERANCE, "size %d: disc and cup differ by %g", o->size, (double)off);
}

/* Lesions, as PyTorch gives them: every seventh row and fifth column of each kind's map. */
static inline void compare_lesions(const golden *g, const network_output *o) {
  size_t n, side = (size_t)o->size, rows = (side + 6) / 7, columns = (side + 4) / 5;
  const uint8_t *want = golden_tensor(g, "lesions", &n);
  bool same = o->lesions != NULL && n == rows * columns * (size_t)o->lesion_kinds * 4;
  CHECK(same, "lesions: %zu bytes", n);
  float off = 0;
  float *map = malloc(side * side * sizeof *map);
  for (size_t i = 0; same && i < rows * (size_t)o->lesion_kinds; i++) {
    if (i % rows == 0) network_lesions(o, (int)(i / rows), map);
    off = fmaxf(off, worst(map + i % rows * 7 * side, want + i * columns * 4, columns, 5));
  }
  free(map);
  CHECK(off <= TOLERANCE, "size %d: lesions differ by %g", o->size, (double)off);
}

/* Arteries, as PyTorch gives them: every seventh row and fifth column. */
static inline void compare_arteries(const golden *g, const network_output *o) {
  size_t n, side = (size_t)o->size, rows = (side + 6) / 7, columns = (side + 4) / 5;
  const uint8_t *want = golden_tensor(g, "arteries", &n);
  bool same = o->arteries != NULL && n == rows * columns * 4;
  CHECK(same, "arteries: %zu bytes", n);
  float off = 0;
  float *map = malloc(side * side * sizeof *map);
  if (same) network_arteries(o, map);
  for (size_t i = 0; same && i < rows; i++)
    off = fmaxf(off, worst(map + i * 7 * side, want + i * columns * 4, columns, 5));
  free(map);
  CHECK(off <= TOLERANCE, "size %d: arteries differ by %g", o->size, (double)off);
}

/* Logits of how it lies, as PyTorch gives them; nothing where the weights give none. */
static inline void compare_orientation(const golden *g, const network_output *o) {
  size_t n;
  if (o->orientation == NULL) return;
  const uint8_t *want = golden_tensor(g, "orientation", &n);
  CHECK(n == WEIGHTS_WAYS * 4, "orientation: %zu bytes", n);
  float off = n == WEIGHTS_WAYS * 4 ? worst(o->orientation, want, WEIGHTS_WAYS, 1) : 1;
  CHECK(off <= TOLERANCE, "size %d: logits of how it lies differ by %g", o->size, (double)off);
}

/* Logits of the grades, as PyTorch gives them; nothing where the weights give none. */
static inline void compare_grade(const golden *g, const network_output *o) {
  size_t n;
  if (o->grade == NULL) return;
  const uint8_t *want = golden_tensor(g, "grade", &n);
  CHECK(n == VM_GRADES * 4, "grade: %zu bytes", n);
  float off = n == VM_GRADES * 4 ? worst(o->grade, want, VM_GRADES, 1) : 1;
  CHECK(off <= TOLERANCE, "size %d: grades differ by %g", o->size, (double)off);
}

#endif
