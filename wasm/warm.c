/* What makes an engine optimise the module's functions while the weights still come: to run them. Without it the first photograph
 * took 1.5 times as long as the next; in a V8 that had optimised all of the module before, 1.13 times. */
#include <emscripten.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <xnnpack.h>

#include "arteries.h"
#include "field.h"
#include "optic_disc.h"
#include "phantom.h"
#include "quality.h"
#include "square.h"
#include "vessels.h"
#ifdef __wasm_relaxed_simd__
#include "relaxed_dot.h"
#endif

/* ---- a small network that answers nothing, of the operations that the real one spends its time in ---- */

#define SIDE 32                        /* of most layers */
#define WIDE 512                       /* channels where packing weights is what counts */
#define NUMBERS (WIDE * WIDE)          /* of the largest filter */
#define RUNS 8                         /* 4, 6 and 12 measured alike */
#define LAST ((size_t)SIDE * SIDE * 4) /* numbers of the output */

typedef struct value {
  uint32_t id;
  size_t side, channels;
} value;

typedef struct builder {
  xnn_subgraph_t graph;
  bool int8, failed;
  float *zeros, *ones; /* owned [NUMBERS], [WIDE], each with XNN_EXTRA_BYTES behind it */
} builder;

static void check(builder *b, enum xnn_status s) { b->failed |= s != xnn_status_success; }

static value real(builder *b, size_t side, size_t channels, uint32_t external, uint32_t flags) {
  value v = {XNN_INVALID_VALUE_ID, side, channels};
  const size_t dims[4] = {1, side, side, channels};
  check(b, xnn_define_tensor_value(b->graph, xnn_datatype_fp32, 4, dims, NULL, external, flags, &v.id));
  return v;
}

static value inner(builder *b, size_t side, size_t channels) {
  if (!b->int8) return real(b, side, channels, XNN_INVALID_VALUE_ID, 0);
  value v = {XNN_INVALID_VALUE_ID, side, channels};
  const size_t dims[4] = {1, side, side, channels};
  check(b, xnn_define_quantized_tensor_value(b->graph, xnn_datatype_qint8, 0, 1, 4, dims, NULL, XNN_INVALID_VALUE_ID, 0,
                                             &v.id));
  return v;
}

/* Zeros, of the side `channels` of which each has a scale in int8 */
static uint32_t constant(builder *b, enum xnn_datatype int8, size_t rank, size_t channels, const size_t *dims) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  check(b, b->int8 ? xnn_define_channelwise_quantized_tensor_value(b->graph, int8, b->ones, rank, channels, dims,
                                                                   b->zeros, XNN_INVALID_VALUE_ID, 0, &id)
                   : xnn_define_tensor_value(b->graph, xnn_datatype_fp32, rank, dims, b->zeros, XNN_INVALID_VALUE_ID, 0,
                                             &id));
  return id;
}

/* Of `made` channels; of as many as it reads, each by itself, where that is 0 */
static value convolve(builder *b, value in, uint32_t kernel, uint32_t stride, size_t made) {
  const bool apart = made == 0;
  const uint32_t before = (kernel - stride) / 2, after = kernel - stride - before;
  const size_t filter[4] = {apart ? 1 : made, kernel, kernel, in.channels};
  if (apart) made = in.channels;
  const uint32_t weight = constant(b, xnn_datatype_qcint8, 4, apart ? 3 : 0, filter),
                 bias = constant(b, xnn_datatype_qcint32, 1, 0, &made);
  value out = inner(b, in.side / stride, made);
  check(b, apart ? xnn_define_depthwise_convolution_2d(b->graph, before, after, after, before, kernel, kernel, stride,
                                                       stride, 1, 1, 1, made, 0, 6, in.id, weight, bias, out.id, 0)
                 : xnn_define_convolution_2d(b->graph, before, after, after, before, kernel, kernel, stride, stride, 1,
                                             1, 1, in.channels, made, 0, 6, in.id, weight, bias, out.id, 0));
  return out;
}

static value up2(builder *b, value in) {
  value out = inner(b, 2 * in.side, in.channels);
  check(b, xnn_define_static_resize_bilinear_2d(b->graph, out.side, out.side, in.id, out.id, 0));
  return out;
}

static value sum(builder *b, value p, value q) {
  value out = inner(b, p.side, p.channels);
  const struct xnn_binary_params limits = {-INFINITY, INFINITY};
  check(b, xnn_define_binary(b->graph, xnn_binary_add, &limits, p.id, q.id, out.id, 0));
  return out;
}

static value beside(builder *b, value p, value q) {
  value out = inner(b, p.side, p.channels + q.channels);
  check(b, xnn_define_concatenate2(b->graph, 3, p.id, q.id, out.id, 0));
  return out;
}

static value unary(builder *b, enum xnn_unary_operator op, value in, value out) {
  check(b, xnn_define_unary(b->graph, op, NULL, in.id, out.id, 0));
  return out;
}

/* An encoder and a decoder of few layers, of each kind one. */
static value trunk(builder *b, value x) {
  value fine = convolve(b, x, 3, 2, 32);
  value y = convolve(b, fine, 1, 1, 96);
  y = convolve(b, convolve(b, y, 3, 1, 0), 5, 1, 0);
  value half = convolve(b, y, 3, 2, 0);
  y = convolve(b, half, 5, 2, 0);
  y = convolve(b, convolve(b, y, 1, 1, WIDE), 1, 1, WIDE);
  y = sum(b, up2(b, convolve(b, y, 1, 1, 96)), half);
  y = convolve(b, beside(b, up2(b, y), fine), 3, 1, 32);
  return convolve(b, y, 3, 1, 4);
}

static void build(builder *b) {
  value x = real(b, (size_t)2 * SIDE, 3, 0, XNN_VALUE_FLAG_EXTERNAL_INPUT);
  if (b->int8) x = unary(b, xnn_unary_convert, x, inner(b, x.side, x.channels));
  value y = trunk(b, x);
  if (b->int8) y = unary(b, xnn_unary_convert, y, real(b, y.side, y.channels, XNN_INVALID_VALUE_ID, 0));
  unary(b, xnn_unary_sigmoid, y, real(b, y.side, y.channels, 1, XNN_VALUE_FLAG_EXTERNAL_OUTPUT));
}

static void run(builder *b, float *out) {
  xnn_runtime_t runtime = NULL;
  const struct xnn_external_value external[2] = {{0, b->zeros}, {1, out}};
  check(b, xnn_create_runtime_v2(b->graph, NULL, 0, &runtime));
  if (!b->failed) check(b, xnn_reshape_runtime(runtime));
  if (!b->failed) check(b, xnn_setup_runtime_v2(runtime, 2, external));
  for (int i = 0; i < RUNS && !b->failed; i++) check(b, xnn_invoke_runtime(runtime));
  if (runtime != NULL) xnn_delete_runtime(runtime);
}

/* int8: whether the weights will be. Returns 0 where it could not: nothing is lost by it. Meant for an instance of its own, as
 * is what follows. */
EMSCRIPTEN_KEEPALIVE int vmw_warm_network(int int8) {
  const size_t extra = XNN_EXTRA_BYTES / sizeof(float);
  float *out = malloc((LAST + extra) * sizeof *out);
  builder b = {
      .int8 = int8, .zeros = calloc(NUMBERS + extra, sizeof *out), .ones = malloc((WIDE + extra) * sizeof *out)};
  b.failed = out == NULL || b.zeros == NULL || b.ones == NULL;
  for (size_t i = 0; i < WIDE && !b.failed; i++) b.ones[i] = 1;
#ifdef __wasm_relaxed_simd__
  relaxed_dot_choose();
#endif
  if (!b.failed) check(&b, xnn_initialize(NULL));
  if (!b.failed) check(&b, xnn_create_subgraph(2, 0, &b.graph));
  if (!b.failed) build(&b);
  if (!b.failed) run(&b, out);
  if (b.graph != NULL) xnn_delete_subgraph(b.graph);
  free(out);
  free(b.zeros);
  free(b.ones);
  return !b.failed;
}

/* ---- what is around the network, step by step, on a phantom and its true vessels ---- */

typedef struct phantom_maps {
  vm_disc view;
  vm_optic_disc disc;
  uint8_t rgba[VM_SIZE_DEFAULT * VM_SIZE_DEFAULT * 4], drawn[VM_SIZE_DEFAULT * VM_SIZE_DEFAULT];
  float input[VM_SIZE_DEFAULT * VM_SIZE_DEFAULT * 3], vessels[VM_SIZE_DEFAULT * VM_SIZE_DEFAULT],
      arteries[VM_SIZE_DEFAULT * VM_SIZE_DEFAULT];
} phantom_maps;

enum { DRAW, FIND_FIELD, CUT, FIND_DISC, MEASURE_VESSELS, MEASURE_QUALITY, MEASURE_ARTERIES };

static bool draw(phantom_maps *m) {
  const vm_phantom_spec spec = {.seed = 1, .width = VM_SIZE_DEFAULT, .height = VM_SIZE_DEFAULT};
  if (vm_phantom(&spec, m->rgba, m->drawn, NULL, NULL, NULL) != VM_OK) return false;
  for (int i = 0; i < VM_SIZE_DEFAULT * VM_SIZE_DEFAULT; i++)
    m->vessels[i] = m->arteries[i] = m->drawn[i] > 0 ? 0.9f : 0.1f;
  return true;
}

static bool find_field(phantom_maps *m) {
  field f;
  if (field_find(m->rgba, VM_SIZE_DEFAULT, VM_SIZE_DEFAULT, &f, NULL) != VM_OK) return false;
  m->view = f.disc;
  field_free(&f);
  return true;
}

static bool measure_arteries(phantom_maps *m) {
  const arteries_photo photo = {m->view, VM_SIZE_DEFAULT, VM_SIZE_DEFAULT, m->disc};
  vm_arteries out;
  return arteries_measure(m->vessels, 0.5f, VM_SIZE_DEFAULT, &photo, m->arteries, &out);
}

/* What the steps share, for free; NULL: out of memory. */
EMSCRIPTEN_KEEPALIVE void *vmw_warm_measures(void) { return calloc(1, sizeof(phantom_maps)); }

/* The next step, from 0 on; each takes some tens of milliseconds in code that is not optimised yet (8 to 45 in V8, beside a
 * build). Returns 1 while there are more, 0 at the end and where one could not. */
EMSCRIPTEN_KEEPALIVE int vmw_warm_step(void *shared, int step) {
  phantom_maps *m = shared;
  const int side = VM_SIZE_DEFAULT;
  vm_measures measures[VM_REGIONS];
  quality_facts facts;
  switch (step) {
  case DRAW: return draw(m);
  case FIND_FIELD: return find_field(m);
  case CUT: return vm_prepare(m->rgba, side, side, m->view, side, m->input, NULL) == VM_OK;
  case FIND_DISC: return optic_disc_find(m->input, m->vessels, side, m->view, side, side, &m->disc, NULL);
  case MEASURE_VESSELS: return vessels_measure(m->vessels, side, 0.5f, m->view, side, side, &m->disc, measures);
  case MEASURE_QUALITY: return quality_measure(m->input, side, &facts);
  case MEASURE_ARTERIES: return measure_arteries(m);
  default: return 0;
  }
}
