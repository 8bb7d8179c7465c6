/* The network against PyTorch on the golden files, and what must hold for every photograph.
 *
 * Tolerances (DESIGN): 1e-3 on logits and on vessel probability. Both sides compute in f32 from the same f16 weights;
 * what differs is the order of sums over up to 1152 products in 60 layers, which costs some 1e-4 at most. */
#include "check.h"
#include "golden.h"
#include "network.h"
#include "vmnet.h"

#define TOLERANCE 1e-3f

static vm_network *open_network(int size, int threads, vm_weights *w, uint8_t **bytes) {
  size_t n;
  vm_error err = {0};
  *bytes = read_all("weights/vmnet.safetensors", &n);
  CHECK(weights_open(*bytes, n, w, &err) == VM_OK, "%s", err.text);
  vm_network *net = NULL;
  CHECK(network_create(w, size, threads, &net, &err) == VM_OK, "%s", err.text);
  if (net == NULL) exit(check_end());
  return net;
}

static void compare_maps(const golden *g, const network_output *o, const char *tag) {
  size_t cells = (size_t)o->grid * (size_t)o->grid, bytes;
  char name[32];
  snprintf(name, sizeof name, "%s.logits", tag);
  float logits = worst(o->logits, golden_tensor(g, name, &bytes), (size_t)o->classes, 1);
  CHECK(logits <= TOLERANCE, "size %d %s: logits differ by %g", o->size, tag, (double)logits);
  snprintf(name, sizeof name, "%s.cam", tag);
  const uint8_t *cam = golden_tensor(g, name, &bytes);
  float most = 0, scale = 0;
  for (int c = 0; c < o->classes; c++) {
    const uint8_t *plane = cam + (size_t)c * cells * 4;
    most = fmaxf(most, worst(o->activation + c, plane, cells, (size_t)o->classes));
    for (size_t i = 0; i < cells; i++) scale = fmaxf(scale, fabsf(o->activation[i * (size_t)o->classes + (size_t)c]));
  }
  CHECK(most <= 1e-4f * scale + 1e-4f, "size %d %s: activation maps differ by %g of %g", o->size, tag, (double)most,
        (double)scale);
}

/* Grad-CAM by autograd: relu(map), 1e-4 relative to the largest value. */
static void compare_autograd(const golden *g, const network_output *o) {
  size_t cells = (size_t)o->grid * (size_t)o->grid, bytes;
  const uint8_t *want = golden_tensor(g, "autograd", &bytes);
  CHECK(bytes == cells * (size_t)o->classes * 4, "autograd: %zu bytes", bytes);
  float most = 0, scale = 0;
  for (size_t c = 0; c < (size_t)o->classes; c++)
    for (size_t i = 0; i < cells; i++) {
      float w;
      memcpy(&w, want + (c * cells + i) * 4, 4);
      most = fmaxf(most, fabsf(fmaxf(o->activation[i * (size_t)o->classes + c], 0) - w));
      scale = fmaxf(scale, w);
    }
  CHECK(scale > 0.1f && most <= 1e-4f * scale, "Grad-CAM differs from autograd by %g of %g", (double)most,
        (double)scale);
}

/* mean(map) = logit - bias, for every class. */
static void check_invariant(const network_output *o, const float *bias) {
  size_t cells = (size_t)o->grid * (size_t)o->grid;
  for (size_t c = 0; c < (size_t)o->classes; c++) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++) sum += (double)o->activation[i * (size_t)o->classes + c];
    double off = sum / (double)cells - ((double)o->logits[c] - (double)bias[c]);
    CHECK(fabs(off) < 1e-3, "class %zu: mean of the map is off by %g", c, off);
  }
}

static void test_golden(int size, int threads) {
  golden g;
  char path[64];
  snprintf(path, sizeof path, "tests/golden/network-%d.safetensors", size);
  g.bytes = read_all(path, &g.size);
  vm_weights w;
  uint8_t *bytes;
  vm_network *net = open_network(size, threads, &w, &bytes);
  size_t n, step = size == 256 ? 1 : 4;
  const uint8_t *rgb = golden_tensor(&g, "input", &n);
  float *input = network_input(net);
  CHECK(n == (size_t)size * (size_t)size * 3, "input of %zu bytes", n);
  for (size_t i = 0; i < n; i++) input[i] = ((float)rgb[i] - 127) / 128;
  network_output o;
  vm_error err = {0};
  float with[VM_MAX_CLASSES];
  CHECK(network_run(net, 1, &o, &err) == VM_OK, "%s", err.text);
  memcpy(with, o.logits, (size_t)o.classes * sizeof *with);
  compare_maps(&g, &o, "guide1");
  compare_autograd(&g, &o);
  check_invariant(&o, network_bias(net));
  float most = 0;
  const uint8_t *vessels = golden_tensor(&g, "vessels", &n);
  size_t side = (size_t)size / step;
  for (size_t y = 0; y < side; y++)
    most = fmaxf(most, worst(o.vessels + y * step * (size_t)size, vessels + y * side * 4, side, step));
  CHECK(most <= TOLERANCE, "vessel probability differs by %g", (double)most);
  CHECK(worst(o.guide, golden_tensor(&g, "guide", &n), (size_t)o.grid * (size_t)o.grid, 1) <= TOLERANCE, "guide map");
  CHECK(worst(&o.gradability, golden_tensor(&g, "gradability", &n), 1, 1) <= TOLERANCE, "gradability %g",
        (double)o.gradability);
  CHECK(network_run(net, 0, &o, &err) == VM_OK, "%s", err.text);
  compare_maps(&g, &o, "guide0"); /* PyTorch's guide 0 leaves the factor out: the network without the guide */
  check_invariant(&o, network_bias(net));
  float moved = 0;
  for (int c = 0; c < o.classes; c++) moved = fmaxf(moved, fabsf(with[c] - o.logits[c]));
  CHECK(moved > 1e-4f, "the guide changes nothing");
  network_free(net);
  weights_close(&w);
  free(bytes);
  free(g.bytes);
}

/* A network with a tensor renamed, reshaped or poisoned must be refused by name. */
static void refuse(const char *what, const char *find, const char *replace, const char *words) {
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  size_t length = strlen(find);
  bool done = false;
  for (size_t i = 8; i + length < n && !done; i++)
    if (memcmp(bytes + i, find, length) == 0) memcpy(bytes + i, replace, length), done = true;
  vm_model *m = NULL;
  vm_error err = {0};
  CHECK(done, "%s: not in the file", find);
  CHECK(vm_open(bytes, n, NULL, &m, &err) == VM_ERR_WEIGHTS && m == NULL, "%s: not refused", what);
  CHECK(strstr(err.text, words) != NULL, "%s: %s", what, err.text);
  free(bytes);
}

static void test_refusals(void) {
  refuse("missing tensor", "\"vessels.d8.bias\"", "\"vessels.d8.bxxs\"", "vessels.d8.bias is missing");
  refuse("wrong shape", "\"gradable.weight\":{\"dtype\":\"F16\",\"shape\":[1,320]",
         "\"gradable.weight\":{\"dtype\":\"F16\",\"shape\":[320,1]", "gradable.weight at offset");
}

int main(void) {
  test_golden(256, 1);
  test_golden(512, 1);
  test_golden(512, 2);
  test_refusals();
  return check_end();
}
