/* The int8 network against the whole-number arithmetic of weights/train/quantise.py, what must hold for every photograph,
 * and files that must be refused.
 *
 * Both sides compute the same whole numbers, so only the f32 parts at the end may differ, by the order of their sums. */
#include "check.h"
#include "golden.h"
#include "vmnet.h"

#define WEIGHTS "weights/vmnet-int8.safetensors"

static void test_golden(int size, int threads) {
  model m = open_model(WEIGHTS, size, threads);
  golden g = open_golden("int8", size);
  fill_input(m.network, size);
  network_output o = golden_run(m.network, 1);
  compare_maps(&g, &o, "guide1", TOLERANCE, 0);
  check_invariant(&o, network_bias(m.network));
  compare_vessels(&g, &o, 256);
  compare_structures(&g, &o);
  compare_lesions(&g, &o);
  compare_arteries(&g, &o);
  o = golden_run(m.network, 0);
  compare_maps(&g, &o, "guide0", TOLERANCE, 0);
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

/* relaxed_dot.h's bound holds on both sides: pairs of products may not pass 16 bits. */
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
  refuse_value("vessels.d8.scale", 0, -0.5f, "vessels.d8.scale: scale -0.5 of channel 0 is out of range");
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
