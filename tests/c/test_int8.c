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
  compare_grade(&g, &o);
  compare_orientation(&g, &o);
  o = golden_run(m.network, 0);
  compare_maps(&g, &o, "guide0", TOLERANCE, 0);
  check_invariant(&o, network_bias(m.network));
  close_model(&m);
  free(g.bytes);
}

/* Colours between eighths would add up to something else on every machine. */
static void test_input_is_rounded(void) {
  model m = open_model(WEIGHTS, 256, 1);
  float *in = network_input(m.network);
  float *logits = NULL;
  for (int fraction = 0; fraction < 2; fraction++) {
    fill_input(m.network, 256);
    for (size_t i = 0; fraction == 1 && i < (size_t)256 * 256 * 3; i++) in[i] += (i % 2 != 0 ? 0.06f : -0.06f) / 128;
    network_output o = golden_run(m.network, 1);
    size_t bytes = sizeof(float) * (size_t)o.classes;
    if (logits == NULL) {
      logits = malloc(bytes);
      memcpy(logits, o.logits, bytes);
    } else {
      CHECK(memcmp(logits, o.logits, bytes) == 0, "fractions of a colour move the logits");
    }
  }
  free(logits);
  close_model(&m);
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

/* bits: of an f16 */
static void refuse_half(const char *name, size_t index, uint16_t bits, const char *words) {
  size_t size;
  uint8_t *bytes = read_all(WEIGHTS, &size);
  memcpy(values(bytes, size, name) + 2 * index, &bits, 2);
  refuse(name, bytes, size, words);
  free(bytes);
}

static void refuse_weights(const char *name, size_t index, int8_t value, int8_t next, const char *words) {
  size_t size;
  uint8_t *bytes = read_all(WEIGHTS, &size);
  memcpy(values(bytes, size, name) + index, &value, 1);
  memcpy(values(bytes, size, name) + index + 1, &next, 1);
  refuse(name, bytes, size, words);
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
  refuse_text("\"encoder.blocks.0.depthwise.output\"", "\"encoder.blocks.0.depthwise.outxxx\"",
              "encoder.blocks.0.project is int8, but what it reads is not");
  refuse_text("\"input.output\"", "\"input.outxxx\"", "vessels.stem is int8, but what it reads is not");
  refuse_value("encoder.stem.whole", 0, 0.5f, "encoder.stem.whole: a limit of 0.5 is out of range");
  refuse_value("encoder.stem.whole", 0, 65537, "encoder.stem.whole: a limit of 65537 is out of range");
  refuse_value("encoder.stem.whole", 0, NAN, "is not a number");
  refuse_value("vessels.d8.output", 0, -0.1f, "no int8 range");
  refuse_value("vessels.d8.output", 0, NAN, "is not a number");
  refuse_value("vessels.d8.output", 1, 128, "no int8 range");
  refuse_value("vessels.d8.output", 1, 0.5f, "no int8 range");
  refuse_value("vessels.d8.output", 3, -9, "no int8 range");
  refuse_value("vessels.d16.output", 0, 0.01f, "differ in scale or zero point");
  refuse_half("vessels.d8.scale", 2, 0, "vessels.d8.scale: scale 0 of channel 2 is out of range");
  refuse_half("vessels.d8.scale", 0, 0xB800, "vessels.d8.scale: scale -0.5 of channel 0 is out of range");
  refuse_half("encoder.blocks.0.project.scale", 0, 1, "encoder.blocks.0.project: the bias of channel 0 does not fit");
  refuse_weights("encoder.blocks.3.depthwise.weight", 2, -128, 1, "int8 weights are -127 to 127");
  /* pairs of products may not pass 16 bits: wasm/relaxed_dot.c */
  refuse_weights("encoder.blocks.3.expand.weight", 0, -65, 64, "int8 weights side by side add up to 128 at most");
  refuse_weights("vessels.d8.weight", 88, 2, 127, "int8 weights side by side add up to 128 at most");
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
  test_input_is_rounded();
  test_refusals();
  return check_end();
}
