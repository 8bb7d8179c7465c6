/* The int8 network against the whole-number arithmetic of weights/train/quantise.py, what must hold for every photograph,
 * and files that must be refused.
 *
 * Both sides compute the same whole numbers, so only the f32 parts at the end may differ, by the order of their sums. */
#include "check.h"
#include "golden.h"
#include "network.h"
#include "vmnet.h"

#define WEIGHTS "weights/vmnet-int8.safetensors"
#define TOLERANCE 1e-3f

typedef struct model {
  uint8_t *bytes;
  vm_weights weights;
  vm_network *network;
} model;

static model open_model(const char *path, int size, int threads) {
  model m = {0};
  size_t n;
  vm_error err = {0};
  m.bytes = read_all(path, &n);
  CHECK(weights_open(m.bytes, n, &m.weights, &err) == VM_OK, "%s", err.text);
  CHECK(network_create(&m.weights, size, threads, &m.network, &err) == VM_OK, "%s", err.text);
  if (m.network == NULL) exit(check_end());
  return m;
}

static void close_model(model *m) {
  network_free(m->network);
  weights_close(&m->weights);
  free(m->bytes);
}

static golden open_golden(const char *kind, int size) {
  char path[64];
  golden g;
  snprintf(path, sizeof path, "tests/golden/%s-%d.safetensors", kind, size);
  g.bytes = read_all(path, &g.size);
  return g;
}

static void fill_input(vm_network *net, int size) {
  golden g = open_golden("network", size);
  size_t n;
  const uint8_t *rgb = golden_tensor(&g, "input", &n);
  float *input = network_input(net);
  CHECK(n == (size_t)size * (size_t)size * 3, "input of %zu bytes", n);
  for (size_t i = 0; i < n; i++) input[i] = ((float)rgb[i] - 127) / 128;
  free(g.bytes);
}

static network_output run(vm_network *net, float guide) {
  network_output o;
  vm_error err = {0};
  CHECK(network_run(net, guide, &o, &err) == VM_OK, "%s", err.text);
  return o;
}

/* mean(map) = logit - bias, for every class: the head stays f32. */
static void check_invariant(const network_output *o, const float *bias) {
  size_t cells = (size_t)o->grid * (size_t)o->grid;
  for (size_t c = 0; c < (size_t)o->classes; c++) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++) sum += (double)o->activation[i * (size_t)o->classes + c];
    double off = sum / (double)cells - ((double)o->logits[c] - (double)bias[c]);
    CHECK(fabs(off) < 1e-3, "class %zu: mean of the map is off by %g", c, off);
  }
}

static void compare(const golden *g, const network_output *o, const char *tag) {
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
  CHECK(most <= TOLERANCE * scale, "size %d %s: activation maps differ by %g of %g", o->size, tag, (double)most,
        (double)scale);
}

static void test_golden(int size, int threads) {
  model m = open_model(WEIGHTS, size, threads);
  golden g = open_golden("int8", size);
  fill_input(m.network, size);
  size_t n, side = 256, step = (size_t)size / side;
  network_output o = run(m.network, 1);
  compare(&g, &o, "guide1");
  check_invariant(&o, network_bias(m.network));
  const uint8_t *vessels = golden_tensor(&g, "vessels", &n);
  float most = 0;
  for (size_t y = 0; y < side; y++)
    most = fmaxf(most, worst(o.vessels + y * step * (size_t)size, vessels + y * side * 4, side, step));
  CHECK(most <= TOLERANCE, "size %d: vessel probability differs by %g", size, (double)most);
  o = run(m.network, 0);
  compare(&g, &o, "guide0");
  check_invariant(&o, network_bias(m.network));
  close_model(&m);
  free(g.bytes);
}

/* Finds the numbers of a tensor in a file that is damaged on purpose. */
static uint8_t *values(uint8_t *bytes, size_t size, const char *name) {
  golden g = {bytes, size};
  size_t n;
  return (uint8_t *)(uintptr_t)golden_tensor(&g, name, &n);
}

static void refuse(const char *what, uint8_t *bytes, size_t size, const char *words) {
  vm_model *m = NULL;
  vm_error err = {0};
  vm_status s = vm_open(bytes, size, NULL, &m, &err);
  CHECK(s == VM_ERR_WEIGHTS && m == NULL, "%s: status %d", what, (int)s);
  CHECK(strstr(err.text, words) != NULL, "%s: \"%s\" is not in \"%s\"", what, words, err.text);
  vm_close(m);
}

static void refuse_value(const char *name, size_t index, float value, const char *words) {
  size_t size;
  uint8_t *bytes = read_all(WEIGHTS, &size);
  memcpy(values(bytes, size, name) + 4 * index, &value, 4);
  refuse(name, bytes, size, words);
  free(bytes);
}

/* dot.h's bound holds on both sides: pairs of products may not pass 16 bits. */
static void refuse_weight(const char *name, size_t index, int8_t value) {
  size_t size;
  uint8_t *bytes = read_all(WEIGHTS, &size);
  memcpy(values(bytes, size, name) + index, &value, 1);
  refuse(name, bytes, size, "int8 weights are -64 to 64");
  free(bytes);
}

/* One text in the header against another of the same length. */
static void refuse_text(const char *find, const char *replace, const char *words) {
  size_t size, length = strlen(find);
  uint8_t *bytes = read_all(WEIGHTS, &size);
  bool done = false;
  for (size_t i = 8; i + length < size && !done; i++)
    if (memcmp(bytes + i, find, length) == 0) memcpy(bytes + i, replace, length), done = true;
  CHECK(done, "%s: not in the file", find);
  refuse(find, bytes, size, words);
  free(bytes);
}

static void test_refusals(void) {
  refuse_text("\"vessels.d8.scale\"", "\"vessels.d8.scxxx\"", "vessels.d8.scale is missing");
  refuse_text("\"vessels.d8.output\"", "\"vessels.d8.outxxx\"", "vessels.d8.output is missing");
  refuse_text("\"encoder.blocks.2.output\"", "\"encoder.blocks.2.outxxx\"", "encoder.blocks.2.output is missing");
  refuse_text("\"input.output\"", "\"input.outxxx\"", "encoder.stem is int8, but what it reads is not");
  refuse_value("vessels.d8.output", 0, -0.1f, "no int8 range");
  refuse_value("vessels.d8.output", 0, NAN, "is not a number");
  refuse_value("vessels.d8.output", 1, 128, "no int8 range");
  refuse_value("vessels.d8.output", 1, 0.5f, "no int8 range");
  refuse_value("vessels.d8.output", 3, -9, "no int8 range");
  refuse_value("vessels.d16.output", 0, 0.01f, "differ in scale or zero point");
  refuse_value("vessels.d8.scale", 2, 0, "vessels.d8.scale: scale 0 of channel 2 is out of range");
  refuse_value("encoder.stem.bias", 1, 1e20f, "encoder.stem: the bias of channel 1 does not fit");
  refuse_weight("encoder.blocks.3.depthwise.weight", 0, 65);
  refuse_weight("encoder.blocks.3.depthwise.weight", 1, -65);
  refuse_weight("encoder.blocks.3.depthwise.weight", 2, -128);
}

/* The same network: what only the format needs does not count as its parameters. */
static void test_parameters(void) {
  model a = open_model(WEIGHTS, 256, 1), b = open_model("weights/vmnet.safetensors", 256, 1);
  size_t ours = network_parameters(a.network), f32 = network_parameters(b.network);
  CHECK(ours == f32, "%zu parameters, %zu in f32", ours, f32);
  close_model(&a);
  close_model(&b);
}

int main(void) {
  test_parameters();
  test_golden(256, 1);
  test_golden(512, 1);
  test_golden(512, 2);
  test_refusals();
  return check_end();
}
