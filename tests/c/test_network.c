/* The network against PyTorch on the golden files, and what must hold for every photograph.
 *
 * Tolerances: 1e-3 on logits and on vessel probability. Both sides compute in f32 from the same f16 weights;
 * what differs is the order of sums over up to 1152 products in 60 layers, which costs some 1e-4 at most. */
#include "check.h"
#include "golden.h"
#include "graded.h"
#include "vmnet.h"

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

static void test_golden(int size, int threads) {
  model m = open_model("weights/vmnet.safetensors", size, threads);
  golden g = open_golden("network", size);
  fill_input(m.network, size);
  size_t n;
  float with[VM_MAX_CLASSES];
  network_output o = golden_run(m.network, 1);
  memcpy(with, o.logits, (size_t)o.classes * sizeof *with);
  compare_maps(&g, &o, "guide1", 1e-4f, 1e-4f);
  compare_autograd(&g, &o);
  check_invariant(&o, network_bias(m.network));
  compare_vessels(&g, &o, size == 256 ? 256 : (size_t)size / 4);
  compare_structures(&g, &o);
  compare_lesions(&g, &o);
  compare_arteries(&g, &o);
  compare_grade(&g, &o);
  compare_orientation(&g, &o);
  CHECK(worst(o.guide, golden_tensor(&g, "guide", &n), (size_t)o.grid * (size_t)o.grid, 1) <= TOLERANCE, "guide map");
  CHECK(worst(&o.gradability, golden_tensor(&g, "gradability", &n), 1, 1) <= TOLERANCE, "gradability %g",
        (double)o.gradability);
  o = golden_run(m.network, 0);
  compare_maps(&g, &o, "guide0", 1e-4f, 1e-4f); /* PyTorch's guide 0 leaves the factor out: no guide at all */
  check_invariant(&o, network_bias(m.network));
  float moved = 0;
  for (int c = 0; c < o.classes; c++) moved = fmaxf(moved, fabsf(with[c] - o.logits[c]));
  CHECK(moved > 1e-4f, "the guide changes nothing");
  close_model(&m);
  free(g.bytes);
}

/* Weights that draw neither disc and cup nor lesions and do not tell arteries from veins open as ever, and give all else to the
 * bit. */
static void test_without_structures(void) {
  model m = open_model("weights/vmnet.safetensors", 256, 1);
  vm_network *without = NULL;
  vm_error err;
  m.weights.structures = false;
  m.weights.lesion_kinds = 0;
  m.weights.arteries = false;
  m.weights.grade.given = false;
  m.weights.orientation.given = false;
  CHECK(network_create(&m.weights, 256, 1, &without, &err) == VM_OK, "%s", err.text);
  fill_input(m.network, 256), fill_input(without, 256);
  network_output a = golden_run(m.network, 1), b = golden_run(without, 1);
  size_t cells = (size_t)a.grid * (size_t)a.grid;
  CHECK(a.structures != NULL && b.structures == NULL, "structures");
  CHECK(a.lesions != NULL && b.lesions == NULL && b.lesion_kinds == 0, "lesions");
  CHECK(a.arteries != NULL && b.arteries == NULL, "arteries");
  CHECK(b.grade == NULL, "grade");
  CHECK(a.orientation != NULL && b.orientation == NULL, "orientation");
  size_t disc_cup = 2 * (9 * 48 + 9 * 32 + 16 + 24 + 4);
  CHECK(network_parameters(m.network) - network_parameters(without) > disc_cup, "parameters");
  CHECK(memcmp(a.vessels, b.vessels, 256 * 256 * sizeof(float)) == 0, "vessels");
  CHECK(memcmp(a.logits, b.logits, (size_t)a.classes * sizeof(float)) == 0, "logits");
  CHECK(memcmp(a.activation, b.activation, cells * (size_t)a.classes * sizeof(float)) == 0, "activation");
  CHECK(memcmp(a.guide, b.guide, cells * sizeof(float)) == 0 && a.gradability == b.gradability, "guide, gradability");
  network_free(without);
  close_model(&m);
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
  refuse("disc and cup without their head", "\"structures.d8.weight\"", "\"structures.d8.wxxght\"",
         "structures.d8.weight is missing");
  refuse("lesions without their head", "\"lesions.to4.weight\"", "\"lesions.to4.wxxght\"",
         "lesions.to4.weight is missing");
  refuse("arteries without their head", "\"arteries.wide.1.depthwise.bias\"", "\"arteries.wide.1.depthwise.bxxs\"",
         "arteries.wide.1.depthwise.bias is missing");
}

#define STEPPED "encoder.blocks.12.expand"

/* Finds the bytes of a tensor in a file that is changed on purpose. */
static uint8_t *values(uint8_t *bytes, size_t size, const char *name, size_t *count) {
  golden g = {bytes, size};
  return (uint8_t *)(uintptr_t)golden_tensor(&g, name, count);
}

static void refuse_bytes(const char *name, uint16_t value, size_t width, const char *words) {
  size_t n, count;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  memcpy(values(bytes, n, name, &count), &value, width);
  vm_model *m = NULL;
  vm_error err = {0};
  CHECK(vm_open(bytes, n, NULL, &m, &err) == VM_ERR_WEIGHTS && m == NULL, "%s %x: not refused", name, value);
  CHECK(strstr(err.text, words) != NULL, "%s %x: %s", name, value, err.text);
  free(bytes);
}

/* What is kept in eight bits is computed in f32, so whole numbers half as large on steps twice as large are the same network. */
static void test_steps(void) {
  refuse_bytes(STEPPED ".step", 0, 2, "step: scale 0 of channel 0 is out of range");
  refuse_bytes(STEPPED ".step", 0xB800, 2, "step: scale -0.5 of channel 0 is out of range");
  refuse_bytes(STEPPED ".step", 0x7C00, 2, "is not a number");
  refuse_bytes(STEPPED ".weight", 0x80, 1, "is -128, int8 weights are -127 to 127");
  refuse("missing steps", "\"" STEPPED ".step\"", "\"" STEPPED ".sxxp\"", STEPPED ".scale is missing");
  size_t n, channels, count;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  uint8_t *steps = values(bytes, n, STEPPED ".step", &channels), *whole = values(bytes, n, STEPPED ".weight", &count);
  vm_weights a, b;
  vm_error err = {0};
  vm_network *p = NULL, *q = NULL;
  channels /= 2;
  for (size_t i = 0; i < count / channels; i++) whole[i] = (uint8_t)((int8_t)whole[i] / 2 * 2);
  CHECK(weights_open(bytes, n, &a, &err) == VM_OK && network_create(&a, 256, 1, &p, &err) == VM_OK, "%s", err.text);
  for (size_t i = 0; i < count / channels; i++) whole[i] = (uint8_t)((int8_t)whole[i] / 2);
  steps[1] = (uint8_t)(steps[1] + 4); /* f16: the exponent's last bit */
  CHECK(weights_open(bytes, n, &b, &err) == VM_OK && network_create(&b, 256, 1, &q, &err) == VM_OK, "%s", err.text);
  fill_input(p, 256), fill_input(q, 256);
  network_output x = golden_run(p, 1), y = golden_run(q, 1);
  CHECK(memcmp(x.logits, y.logits, (size_t)x.classes * sizeof(float)) == 0, "logits");
  CHECK(memcmp(x.vessels, y.vessels, 256 * 256 * sizeof(float)) == 0, "vessels");
  network_free(p), network_free(q);
  weights_close(&a), weights_close(&b);
  free(bytes);
}

/* ---- the head that grades, made up ---- */

/* Opens a file whose head has these numbers, gives it the golden input and runs it. */
static network_output run_graded(uint8_t *bytes, size_t n, vm_weights *w, vm_network **net, float guide) {
  vm_error err = {0};
  CHECK(weights_open(bytes, n, w, &err) == VM_OK && w->grade.given, "%s", err.text);
  CHECK(network_create(w, 256, 1, net, &err) == VM_OK, "%s", err.text);
  if (*net == NULL) exit(check_end());
  fill_input(*net, 256);
  return golden_run(*net, guide);
}

/* f16 as f32, of ordinary numbers */
static float half(const uint8_t *bytes) {
  unsigned h = bytes[0] | (unsigned)bytes[1] << 8;
  float value = ldexpf((float)(h & 1023) + ((h >> 10 & 31) != 0 ? 1024.0f : 0.0f),
                       (int)((h >> 10 & 31) != 0 ? h >> 10 & 31 : 1) - 25);
  return h & 0x8000 ? -value : value;
}

/* Rows taken from other heads give what those give: the first columns read F', the last E32. All else stays to the bit. */
static void test_grade_columns(const char *path) {
  static float weight[GRADED_LOGITS][GRADED_READ], bias[GRADED_LOGITS];
  size_t n, count;
  model m = open_model(path, 256, 1);
  uint8_t *head = values(m.bytes, m.weights.size, "diseases.head.weight", &count);
  uint8_t *head_bias = values(m.bytes, m.weights.size, "diseases.head.bias", &count);
  uint8_t *gradable = values(m.bytes, m.weights.size, "gradable.weight", &count);
  uint8_t *gradable_bias = values(m.bytes, m.weights.size, "gradable.bias", &count);
  for (int k = 0; k < 3; k++) { /* three diseases */
    for (int i = 0; i < 128; i++) weight[k][i] = half(head + 2 * (128 * k + i));
    bias[k] = half(head_bias + 2 * k);
  }
  for (int i = 0; i < 320; i++) weight[3][240 + i] = half(gradable + 2 * i);
  bias[3] = half(gradable_bias);
  uint8_t *bytes = graded_file(path, GRADED_PLAIN, weight[0], bias, &n);
  vm_weights w;
  vm_network *net = NULL;
  network_output got = run_graded(bytes, n, &w, &net, 1);
  m.weights.grade.given = false;
  vm_network *without = NULL;
  vm_error err = {0};
  CHECK(network_create(&m.weights, 256, 1, &without, &err) == VM_OK, "%s", err.text);
  fill_input(without, 256);
  network_output o = golden_run(without, 1);
  CHECK(got.grade != NULL && o.grade == NULL, "the head");
  for (int k = 0; k < 3; k++)
    CHECK(fabsf(got.grade[k] - o.logits[k]) < 1e-4f, "%g, not %g", (double)got.grade[k], (double)o.logits[k]);
  float as_gradable = 1 / (1 + expf(-got.grade[3]));
  CHECK(fabsf(as_gradable - o.gradability) < 1e-4f, "%g, not %g", (double)as_gradable, (double)o.gradability);
  CHECK(network_parameters(net) - network_parameters(without) == GRADED_LOGITS * (GRADED_READ + 1), "parameters");
  CHECK(memcmp(got.logits, o.logits, (size_t)o.classes * sizeof(float)) == 0, "logits");
  CHECK(memcmp(got.vessels, o.vessels, 256 * 256 * sizeof(float)) == 0, "vessels");
  CHECK(got.gradability == o.gradability, "gradability");
  network_free(net), network_free(without);
  weights_close(&w);
  close_model(&m);
  free(bytes);
}

/* The columns between read E16: features that are made its first 64 channels, u = relu(u) - relu(-u), give the same. */
static void test_grade_middle(const char *path) {
  static float weight[GRADED_LOGITS][GRADED_READ], bias[GRADED_LOGITS] = {0, 0, 0.5f, 0.5f};
  size_t n, count;
  for (int j = 0; j < 64; j++) {
    float own = (float)(j * 7 % 13 - 6) / 8;
    weight[0][128 + j] = weight[2][128 + j] = own;
    weight[1][2 * j] = own, weight[1][2 * j + 1] = -own;
  }
  uint8_t *bytes = graded_file(path, GRADED_PLAIN, weight[0], bias, &n);
  int8_t *features = (int8_t *)values(bytes, n, "diseases.features.weight", &count);
  uint8_t *step = values(bytes, n, "diseases.features.step", &count);
  memset(features, 0, (size_t)128 * 432);
  for (int j = 0; j < 64; j++) features[2 * j * 432 + j] = 1, features[(2 * j + 1) * 432 + j] = -1;
  for (int i = 0; i < 128; i++) step[2 * i] = 0, step[2 * i + 1] = 0x3C; /* 1 */
  memset(values(bytes, n, "diseases.features.bias", &count), 0, 256);
  vm_weights w;
  vm_network *net = NULL;
  network_output o = run_graded(bytes, n, &w, &net, 0);
  CHECK(fabsf(o.grade[0]) > 0.01f && fabsf(o.grade[0] - o.grade[1]) < 1e-4f, "%g, not %g", (double)o.grade[0],
        (double)o.grade[1]);
  CHECK(fabsf(o.grade[2] - o.grade[0] - 0.5f) < 1e-5f && o.grade[3] == 0.5f, "the bias: %g, %g", (double)o.grade[2],
        (double)o.grade[3]);
  network_free(net);
  weights_close(&w);
  free(bytes);
}

static void test_grade_refusals(void) {
  static const float weight[GRADED_LOGITS][GRADED_READ], bias[GRADED_LOGITS];
  static const char *const changes[][3] = {{"\"grade.weight\"", "\"grade.wxxght\"", "grade.weight is missing"},
                                           {"\"grade.bias\"", "\"grade.bxxs\"", "grade.bias is missing"},
                                           {"\"shape\":[4,560]", "\"shape\":[560,4]", "grade.weight at offset"},
                                           {"\"shape\":[4,560]", "\"shape\":[5,448]", "grade.weight at offset"}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    size_t n, length = strlen(changes[i][0]), at = 8;
    uint8_t *bytes = graded_file("weights/vmnet.safetensors", GRADED_PLAIN, weight[0], bias, &n);
    while (at + length < n && memcmp(bytes + at, changes[i][0], length) != 0) at++;
    memcpy(bytes + at, changes[i][1], length);
    vm_model *m = NULL;
    vm_error err = {0};
    CHECK(vm_open(bytes, n, NULL, &m, &err) == VM_ERR_WEIGHTS && m == NULL, "%s: not refused", changes[i][1]);
    CHECK(strstr(err.text, changes[i][2]) != NULL, "%s: %s", changes[i][1], err.text);
    free(bytes);
  }
}

int main(void) {
  test_golden(256, 1);
  test_golden(512, 1);
  test_golden(512, 2);
  test_without_structures();
  test_refusals();
  test_steps();
  static const char *const files[] = {"weights/vmnet.safetensors", "weights/vmnet-int8.safetensors"};
  for (int i = 0; i < 2; i++) {
    test_grade_columns(files[i]);
    test_grade_middle(files[i]);
  }
  test_grade_refusals();
  return check_end();
}
