#include "network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>

#include "grid.h"
#include "pages.h"
#include "status.h"
#ifdef __wasm_relaxed_simd__
#include "relaxed_dot.h"
#endif

#define MAX_OWNED 512 /* tensors kept alive while the graph is built */
#define MAX_REAL 32   /* int8 values that something reads in f32 */
#define NO_LIMIT INFINITY

/* EfficientNet-Lite0 (Tan & Le 2019): expansion, repeats, stride and kernel; channels come from the weights. */
static const struct {
  int expand, repeats, stride, kernel;
} STAGES[] = {{1, 1, 1, 3}, {6, 2, 2, 3}, {6, 2, 2, 5}, {6, 3, 2, 3}, {6, 3, 1, 5}, {6, 4, 2, 5}, {6, 1, 1, 3}};

enum {
  EXT_INPUT,
  EXT_QUADS,
  EXT_STRENGTH,
  EXT_VESSELS,
  EXT_LOGITS,
  EXT_ACTIVATION,
  EXT_GUIDE,
  EXT_GRADABLE,
  EXT_FEATURES,
  EXT_STRUCTURES, /* this and what follows not every weights file gives */
  EXT_LESIONS,
  EXT_ARTERIES,
  EXT_GRADE,
  EXT_ORIENTATION,
  EXT_COUNT
};

struct vm_network {
  int size, grid, classes;
  bool structures, arteries, grade, orientation;
  int lesion_kinds;
  xnn_runtime_t runtime;
  pthreadpool_t pool;
  float learnt_guide;                              /* a */
  float *buffer[EXT_COUNT];                        /* inputs and outputs, each with XNN_EXTRA_BYTES behind it */
  float unit[1 + XNN_EXTRA_BYTES / sizeof(float)]; /* 1: an operand that the runtime reads in place */
  float bias[VM_MAX_CLASSES];
  size_t parameters;
};

/* ---- building: a value is its id, shape and type; the first failure sticks and the rest does nothing ---- */

/* How an int8 value stands for a number: scale * (q - zero). Scale 0: the value is f32. */
typedef struct quantum {
  float scale;
  int32_t zero;
} quantum;

typedef struct value {
  uint32_t id;
  size_t h, w, c; /* NHWC with N = 1 */
  quantum q;
} value;

static const quantum REAL = {0, 0};
static bool is_int8(value v) { return v.q.scale > 0; }

typedef struct builder {
  xnn_subgraph_t graph;
  const vm_weights *weights;
  vm_status status;
  vm_error *err;
  void *owned[MAX_OWNED];
  int owned_count;
  struct {
    uint32_t from;
    value to;
  } converted[MAX_REAL]; /* to f32, once each */
  int converted_count;
  size_t parameters;
} builder;

static bool failed(const builder *b) { return b->status != VM_OK; }

static void check(builder *b, enum xnn_status s, const char *what) {
  if (!failed(b) && s != xnn_status_success)
    b->status = status_fail(b->err, s == xnn_status_out_of_memory ? VM_ERR_MEMORY : VM_ERR_RUNTIME,
                            "network: XNNPACK answered %d while building %s", (int)s, what);
}

/* `external` is EXT_... for what the caller reads or writes, -1 for what stays inside. */
static value new_value(builder *b, size_t h, size_t w, size_t c, int external) {
  value v = {XNN_INVALID_VALUE_ID, h, w, c, REAL};
  if (failed(b)) return v;
  size_t dims[4] = {1, h, w, c};
  uint32_t flags = external < 0               ? 0
                   : external <= EXT_STRENGTH ? XNN_VALUE_FLAG_EXTERNAL_INPUT
                                              : XNN_VALUE_FLAG_EXTERNAL_OUTPUT;
  check(b,
        xnn_define_tensor_value(b->graph, xnn_datatype_fp32, 4, dims, NULL,
                                external < 0 ? XNN_INVALID_VALUE_ID : (uint32_t)external, flags, &v.id),
        "a value");
  return v;
}

/* Stays inside; f32 where q is REAL. */
static value typed_value(builder *b, size_t h, size_t w, size_t c, quantum q) {
  if (q.scale == 0) return new_value(b, h, w, c, -1);
  value v = {XNN_INVALID_VALUE_ID, h, w, c, q};
  const size_t dims[4] = {1, h, w, c};
  if (!failed(b))
    check(b,
          xnn_define_quantized_tensor_value(b->graph, xnn_datatype_qint8, q.zero, q.scale, 4, dims, NULL,
                                            XNN_INVALID_VALUE_ID, 0, &v.id),
          "an int8 value");
  return v;
}

static value convert(builder *b, value in, quantum q) {
  value out = typed_value(b, in.h, in.w, in.c, q);
  if (!failed(b)) check(b, xnn_define_unary(b->graph, xnn_unary_convert, NULL, in.id, out.id, 0), "a conversion");
  return out;
}

/* The same in f32; several heads read what the trunk holds, and it is converted for the first of them. */
static value real(builder *b, value in) {
  if (!is_int8(in)) return in;
  for (int i = 0; i < b->converted_count; i++)
    if (b->converted[i].from == in.id) return b->converted[i].to;
  value out = convert(b, in, REAL);
  if (!failed(b) && b->converted_count < MAX_REAL) {
    b->converted[b->converted_count].from = in.id;
    b->converted[b->converted_count++].to = out;
  }
  return out;
}

/* Memory that XNNPACK reads a little beyond: only what is beyond is cleared, as all before it is written before it is read. */
static void *allocate(size_t count, size_t bytes_each) {
  char *p = malloc(count * bytes_each + XNN_EXTRA_BYTES);
  if (p != NULL) memset(p + count * bytes_each, 0, XNN_EXTRA_BYTES);
  return p;
}

/* Memory that lives until the runtime has packed it: for weights and biases only. */
static void *own(builder *b, size_t count, size_t bytes_each) {
  if (failed(b)) return NULL;
  void *p = b->owned_count < MAX_OWNED ? allocate(count, bytes_each) : NULL;
  if (p == NULL) {
    b->status = status_fail(b->err, VM_ERR_MEMORY, "network: no memory for a tensor of %zu numbers", count);
    return NULL;
  }
  return b->owned[b->owned_count++] = p;
}

/* Finds `name` and checks its shape; want[i] = 0 takes any side and stores it. */
static const weights_tensor *find_tensor(builder *b, const char *name, int rank, size_t want[4]) {
  if (failed(b)) return NULL;
  const weights_tensor *t = weights_find(b->weights, name, b->err);
  if (t == NULL) {
    b->status = VM_ERR_WEIGHTS;
    return NULL;
  }
  bool same = t->rank == rank;
  for (int i = 0; i < rank && same; i++) {
    if (want[i] == 0) want[i] = t->shape[i];
    same = want[i] == t->shape[i];
  }
  if (!same) {
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: tensor %s at offset %zu has shape [%zu,%zu,%zu,%zu], expected rank %d, "
                            "[%zu,%zu,%zu,%zu]; made for another network",
                            name, t->offset, t->shape[0], t->shape[1], t->shape[2], t->shape[3], rank, want[0], want[1],
                            want[2], want[3]);
    return NULL;
  }
  return t;
}

/* What the file says of its own numbers: no parameter of the network. */
static float *read_tensor(builder *b, const char *name, int rank, size_t want[4]) {
  const weights_tensor *t = find_tensor(b, name, rank, want);
  float *p = t != NULL ? own(b, t->count, sizeof *p) : NULL;
  if (p == NULL) return NULL;
  b->status = weights_read(b->weights, t, p, b->err);
  return failed(b) ? NULL : p;
}

/* What was learnt. */
static float *read_learnt(builder *b, const char *name, int rank, size_t want[4]) {
  float *p = read_tensor(b, name, rank, want);
  if (p != NULL) b->parameters += want[0] * want[1] * want[2] * want[3];
  return p;
}

static int8_t *read_int8(builder *b, const char *name, int rank, size_t want[4], bool pairs) {
  const weights_tensor *t = find_tensor(b, name, rank, want);
  int8_t *p = t != NULL ? own(b, t->count, sizeof *p) : NULL;
  if (p == NULL) return NULL;
  b->parameters += t->count;
  b->status = weights_read_int8(b->weights, t, pairs, p, b->err);
  return failed(b) ? NULL : p;
}

static uint32_t constant(builder *b, const float *data, int rank, const size_t *dims) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  if (!failed(b))
    check(b,
          xnn_define_tensor_value(b->graph, xnn_datatype_fp32, (size_t)rank, dims, data, XNN_INVALID_VALUE_ID, 0, &id),
          "a constant");
  return id;
}

typedef enum activation { LINEAR, RELU, RELU6 } activation;

typedef struct names {
  char weight[WEIGHTS_MAX_NAME], bias[WEIGHTS_MAX_NAME], scale[WEIGHTS_MAX_NAME], output[WEIGHTS_MAX_NAME],
      step[WEIGHTS_MAX_NAME], whole[WEIGHTS_MAX_NAME];
} names;

static names layer_names(const char *layer) {
  names n;
  snprintf(n.weight, sizeof n.weight, "%s.weight", layer);
  snprintf(n.bias, sizeof n.bias, "%s.bias", layer);
  snprintf(n.scale, sizeof n.scale, "%s.scale", layer);
  snprintf(n.output, sizeof n.output, "%s.output", layer);
  snprintf(n.step, sizeof n.step, "%s.step", layer);
  snprintf(n.whole, sizeof n.whole, "%s.whole", layer);
  return n;
}

/* What one convolution reads and gives, f32 or int8. */
typedef struct layer {
  const char *name;
  size_t shape[4], out_c; /* of the filter: [out][k][k][in], depthwise [1][k][k][c] */
  uint32_t weight, bias;  /* ids of values */
  quantum q;              /* of the output */
  quantum then;           /* what it is converted to afterwards; REAL: it stays */
  float low, high;        /* its limits */
  bool whole;             /* rounded to whole numbers afterwards, still f32 */
} layer;

/* Scales of weights are positive, or a channel could not be told from its negative. */
static float *read_scales(builder *b, const char *name, size_t count) {
  size_t shape[4] = {count, 1, 1, 1};
  float *scale = read_tensor(b, name, 1, shape);
  for (size_t i = 0; scale != NULL && i < count; i++)
    if (!(scale[i] >= 1e-12f && scale[i] < 1e6f)) {
      b->status = status_fail(b->err, VM_ERR_WEIGHTS, "weights: tensor %s: scale %s of channel %zu is out of range",
                              name, NUMBER(scale[i]), i);
      return NULL;
    }
  return scale;
}

/* ---- int8: per-channel weights, one scale and zero point for each value inside; weights/train/quantise.py ---- */

/* Reads NAME.output: scale, zero point, and the limits in real units. */
static quantum read_quantum(builder *b, const char *name, float *low, float *high) {
  size_t shape[4] = {4, 1, 1, 1};
  const float *p = read_tensor(b, name, 1, shape);
  if (p == NULL) return REAL;
  bool good =
      p[0] >= 1e-6f && p[0] <= 1e3f && p[1] >= INT8_MIN && p[1] <= INT8_MAX && p[1] == floorf(p[1]) && p[2] < p[3];
  if (!good) {
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: tensor %s: scale %s, zero point %s and limits %s to %s are no int8 range; fetch "
                            "the file again",
                            name, NUMBER(p[0]), NUMBER(p[1]), NUMBER(p[2]), NUMBER(p[3]));
    return REAL;
  }
  *low = p[2];
  *high = p[3];
  return (quantum){p[0], (int32_t)p[1]};
}

static uint32_t int8_filter(builder *b, const layer *l, const int8_t *weight, const float *scale) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  size_t channels = l->shape[0] == l->out_c ? 0 : 3; /* the side that the scales belong to; 3: depthwise */
  if (!failed(b))
    check(b,
          xnn_define_channelwise_quantized_tensor_value(b->graph, xnn_datatype_qcint8, scale, 4, channels, l->shape,
                                                        weight, XNN_INVALID_VALUE_ID, 0, &id),
          l->name);
  return id;
}

/* The bias in units of its channel's products, in place: f32 in, int32 out. */
static uint32_t int8_bias(builder *b, const layer *l, float *bias, float *scale, float in_scale) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  float *units = own(b, l->out_c, sizeof *units);
  if (units == NULL) return id;
  int32_t *whole = (int32_t *)bias;
  for (size_t i = 0; i < l->out_c; i++) {
    units[i] = in_scale * scale[i];
    float v = rintf(bias[i] / units[i]);
    if (!(fabsf(v) < 1e9f)) {
      b->status = status_fail(b->err, VM_ERR_WEIGHTS, "weights: %s: the bias of channel %zu does not fit its scale %s",
                              l->name, i, NUMBER(scale[i]));
      return id;
    }
    whole[i] = (int32_t)v;
  }
  check(b,
        xnn_define_channelwise_quantized_tensor_value(b->graph, xnn_datatype_qcint32, units, 1, 0, &l->out_c, whole,
                                                      XNN_INVALID_VALUE_ID, 0, &id),
        l->name);
  return id;
}

/* ---- convolutions ---- */

/* A filter that is kept in eight bits and computed in f32: `channels` is the side of its output channels, each with a step. */
static float *read_stepped(builder *b, const names *n, size_t want[4], int channels) {
  const weights_tensor *t = find_tensor(b, n->weight, 4, want);
  float *p = t != NULL ? own(b, t->count, sizeof *p) : NULL;
  float *steps = p != NULL ? read_scales(b, n->step, want[channels]) : NULL;
  if (steps == NULL) return NULL;
  b->parameters += t->count;
  b->status = weights_expand(b->weights, t, channels, steps, p, b->err);
  return failed(b) ? NULL : p;
}

/* The filter of a layer, in the type that it is computed in. */
static void *read_filter(builder *b, const names *n, layer *l, bool depthwise, bool int8) {
  if (int8) return read_int8(b, n->weight, 4, l->shape, !depthwise);
  if (weights_seek(b->weights, n->step) != NULL) return read_stepped(b, n, l->shape, depthwise ? 3 : 0);
  return read_learnt(b, n->weight, 4, l->shape);
}

/* What becomes of the output of a layer that is computed in f32. */
static void read_afterwards(builder *b, const names *n, layer *l) {
  float low, high; /* as they are of this layer already */
  if (weights_seek(b->weights, n->output) != NULL) l->then = read_quantum(b, n->output, &low, &high);
  if (weights_seek(b->weights, n->whole) == NULL) return;
  size_t one[4] = {1, 1, 1, 1};
  const float *most = read_tensor(b, n->whole, 1, one);
  if (most == NULL) return;
  l->whole = true;
  l->high = *most;
  if (!(*most >= 1 && *most <= 65536))
    b->status =
        status_fail(b->err, VM_ERR_WEIGHTS, "weights: tensor %s: a limit of %s is out of range; fetch the file again",
                    n->whole, NUMBER(*most));
}

/* Reads a layer for the input `in`; how the file holds its filter decides how it is computed. */
static layer read_layer(builder *b, const char *name, value *in, int kernel, activation act, bool depthwise) {
  size_t k = (size_t)kernel;
  layer l = {.name = name, .shape = {depthwise ? 1 : 0, k, k, in->c}, .q = REAL, .then = REAL};
  l.low = act == LINEAR ? -NO_LIMIT : 0;
  l.high = act == RELU6 ? 6.0f : NO_LIMIT;
  names n = layer_names(name);
  const weights_tensor *t = weights_seek(b->weights, n.weight);
  bool int8 = t != NULL && t->type == WEIGHTS_I8 && weights_seek(b->weights, n.step) == NULL;
  if (!int8) *in = real(b, *in);
  void *weight = read_filter(b, &n, &l, depthwise, int8);
  l.out_c = depthwise ? in->c : l.shape[0];
  size_t bias_shape[4] = {l.out_c, 1, 1, 1};
  float *bias = read_learnt(b, n.bias, 1, bias_shape);
  if (failed(b)) return l;
  if (!int8) {
    l.weight = constant(b, weight, 4, l.shape);
    l.bias = constant(b, bias, 1, bias_shape);
    read_afterwards(b, &n, &l);
    return l;
  }
  float *scale = read_scales(b, n.scale, l.out_c);
  l.q = read_quantum(b, n.output, &l.low, &l.high);
  if (!failed(b) && !is_int8(*in))
    b->status = status_fail(b->err, VM_ERR_WEIGHTS, "weights: %s is int8, but what it reads is not", name);
  l.weight = int8_filter(b, &l, weight, scale);
  l.bias = failed(b) ? XNN_INVALID_VALUE_ID : int8_bias(b, &l, bias, scale, in->q.scale);
  return l;
}

static value binary_as(builder *b, enum xnn_binary_operator op, value p, value q, quantum as, float low) {
  value out = typed_value(b, p.h, p.w, p.c > q.c ? p.c : q.c, as);
  struct xnn_binary_params limits = {low, INFINITY};
  if (!failed(b)) check(b, xnn_define_binary(b->graph, op, &limits, p.id, q.id, out.id, 0), "a sum or product");
  return out;
}

static value binary(builder *b, enum xnn_binary_operator op, value p, value q) {
  return binary_as(b, op, p, q, REAL, -INFINITY);
}

/* Numbers that lie so far up that f32 has only multiples of 1, or of an eighth of a colour, around them; read in place, in every
 * run. */
typedef float grid[1 + XNN_EXTRA_BYTES / sizeof(float)];
static const grid WHOLE[2] = {{0x1.8p23f}, {-0x1.8p23f}}, EIGHTHS[2] = {{0x1.8p13f}, {-0x1.8p13f}};

/* To multiples, ties to even. For values under a third of what is added. */
static value rounded(builder *b, value in, const grid there_and_back[2]) {
  const size_t one[4] = {1, 1, 1, 1};
  for (int i = 0; i < 2; i++)
    in = binary(b, xnn_binary_add, in, (value){constant(b, there_and_back[i], 4, one), 1, 1, 1, REAL});
  return in;
}

/* Stride 2 pads as TensorFlow's SAME does on even sides: the odd pixel at the bottom and the right. */
static value convolve(builder *b, const char *name, value in, int kernel, int stride, activation act, bool depthwise) {
  layer l = read_layer(b, name, &in, kernel, act, depthwise);
  value out = typed_value(b, in.h / (size_t)stride, in.w / (size_t)stride, l.out_c, l.q);
  uint32_t before = (uint32_t)(kernel - stride) / 2, after = (uint32_t)(kernel - stride) - before;
  uint32_t ks = (uint32_t)kernel, st = (uint32_t)stride;
  if (failed(b)) return out;
  if (depthwise)
    check(b,
          xnn_define_depthwise_convolution_2d(b->graph, before, after, after, before, ks, ks, st, st, 1, 1, 1, in.c,
                                              l.low, l.high, in.id, l.weight, l.bias, out.id, 0),
          name);
  else
    check(b,
          xnn_define_convolution_2d(b->graph, before, after, after, before, ks, ks, st, st, 1, 1, 1, in.c, l.out_c,
                                    l.low, l.high, in.id, l.weight, l.bias, out.id, 0),
          name);
  if (l.whole) out = rounded(b, out, WHOLE);
  return l.then.scale > 0 ? convert(b, out, l.then) : out;
}

static value conv(builder *b, const char *name, value in, int kernel, activation act) {
  return convolve(b, name, in, kernel, 1, act, false);
}

/* int8 values can stand side by side where they mean the same. */
static void check_alike(builder *b, value p, value q) {
  if (!failed(b) && (p.q.scale != q.q.scale || p.q.zero != q.q.zero))
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: two int8 values that stand side by side differ in scale or zero point (%s, %d "
                            "and %s, %d)",
                            NUMBER(p.q.scale), (int)p.q.zero, NUMBER(q.q.scale), (int)q.q.zero);
}

static value concat(builder *b, value p, value q) {
  check_alike(b, p, q);
  value out = typed_value(b, p.h, p.w, p.c + q.c, p.q);
  if (!failed(b)) check(b, xnn_define_concatenate2(b->graph, 3, p.id, q.id, out.id, 0), "a concatenation");
  return out;
}

static value concat3(builder *b, value p, value q, value r) {
  check_alike(b, p, q);
  check_alike(b, p, r);
  value out = typed_value(b, p.h, p.w, p.c + q.c + r.c, p.q);
  if (!failed(b)) check(b, xnn_define_concatenate3(b->graph, 3, p.id, q.id, r.id, out.id, 0), "a concatenation");
  return out;
}

/* Bilinear, half-pixel centres: PyTorch's align_corners=False. */
static value up2(builder *b, value in) {
  value out = typed_value(b, in.h * 2, in.w * 2, in.c, in.q);
  if (!failed(b)) check(b, xnn_define_static_resize_bilinear_2d(b->graph, out.h, out.w, in.id, out.id, 0), "a resize");
  return out;
}

static value sum(builder *b, value p, value q) { return binary(b, xnn_binary_add, p, q); }
static value relu_of_sum(builder *b, value p, value q) { return binary_as(b, xnn_binary_add, p, q, REAL, 0); }

/* The sum of a block and what it skips; int8 where both are, in the range that NAME.output gives. */
static value shortcut(builder *b, int index, value p, value q) {
  if (!is_int8(p) || !is_int8(q)) return binary(b, xnn_binary_add, real(b, p), real(b, q));
  char name[WEIGHTS_MAX_NAME];
  float low, high;
  snprintf(name, sizeof name, "encoder.blocks.%d.output", index);
  return binary_as(b, xnn_binary_add, p, q, read_quantum(b, name, &low, &high), -INFINITY);
}

static value sigmoid(builder *b, value in, int external) {
  value out = new_value(b, in.h, in.w, in.c, external);
  if (!failed(b)) check(b, xnn_define_unary(b->graph, xnn_unary_sigmoid, NULL, in.id, out.id, 0), "a sigmoid");
  return out;
}

/* Means of side x side values. */
static value pooled(builder *b, value in, size_t side) {
  uint32_t s = (uint32_t)side;
  value out = new_value(b, in.h / side, in.w / side, in.c, -1);
  if (!failed(b))
    check(b, xnn_define_average_pooling_2d(b->graph, 0, 0, 0, 0, s, s, s, s, -INFINITY, INFINITY, in.id, out.id, 0),
          "a pooling");
  return out;
}

/* Over the picture: [1][1][c]. */
static value mean(builder *b, value in) {
  value out = new_value(b, 1, 1, in.c, -1);
  const size_t axes[2] = {1, 2};
  if (!failed(b))
    check(b, xnn_define_static_reduce(b->graph, xnn_reduce_mean, 2, axes, in.id, out.id, XNN_FLAG_KEEP_DIMS), "a mean");
  return out;
}

/* Over the channels: [h][w][1]. */
static value mean_of_channels(builder *b, value in, int external) {
  value out = new_value(b, in.h, in.w, 1, external);
  const size_t axis = 3;
  if (!failed(b))
    check(b, xnn_define_static_reduce(b->graph, xnn_reduce_mean, 1, &axis, in.id, out.id, XNN_FLAG_KEEP_DIMS),
          "a mean of channels");
  return out;
}

/* One number or logit per row of the filter [out][in.c]. */
static value dense(builder *b, const float *weight, const float *bias, value in, size_t out_c, int external) {
  value out = new_value(b, 1, 1, out_c, external);
  size_t shape[2] = {out_c, in.c}, bias_shape[1] = {out_c};
  uint32_t ids[2] = {constant(b, weight, 2, shape), constant(b, bias, 1, bias_shape)};
  if (!failed(b))
    check(b, xnn_define_fully_connected(b->graph, -INFINITY, INFINITY, in.id, ids[0], ids[1], out.id, 0), "a head");
  return out;
}

/* ---- the network ---- */

static value inverted_residual(builder *b, int index, value in, int expand, int stride, int kernel) {
  char name[WEIGHTS_MAX_NAME];
  value y = in;
  if (expand > 1) {
    snprintf(name, sizeof name, "encoder.blocks.%d.expand", index);
    y = conv(b, name, in, 1, RELU6);
  }
  snprintf(name, sizeof name, "encoder.blocks.%d.depthwise", index);
  y = convolve(b, name, y, kernel, stride, RELU6, true);
  snprintf(name, sizeof name, "encoder.blocks.%d.project", index);
  y = conv(b, name, y, 1, LINEAR);
  return stride == 1 && y.c == in.c ? shortcut(b, index, in, y) : y;
}

/* E2, E4, E8, E16, E32: the last block's output at each stride. */
static void encoder(builder *b, value x, value taps[5]) {
  value y = convolve(b, "encoder.stem", x, 3, 2, RELU6, false);
  int index = 0, tap = 0;
  for (size_t s = 0; s < sizeof STAGES / sizeof *STAGES; s++) {
    if (STAGES[s].stride == 2) taps[tap++] = y;
    for (int r = 0; r < STAGES[s].repeats; r++, index++)
      y = inverted_residual(b, index, y, STAGES[s].expand, r == 0 ? STAGES[s].stride : 1, STAGES[s].kernel);
  }
  taps[tap] = y;
}

/* The vessel decoder's values at S/16, S/8, S/4 and S/2. */
typedef struct decoded {
  value d16, d8, d4, d2;
} decoded;

/* U-Net decoder to half resolution, where each pixel answers for the four that it stands for; a stem of its own reads
 * the photograph for the thin vessels. Returns probabilities [size/2][size/2][4]; d is for what reads the same. */
static value vessel_decoder(builder *b, value quads, const value e[5], decoded *d) {
  value y = conv(b, "vessels.d32", e[4], 1, RELU6);
  d->d16 = conv(b, "vessels.d16", concat(b, up2(b, y), e[3]), 3, RELU6);
  d->d8 = conv(b, "vessels.d8", concat(b, up2(b, d->d16), e[2]), 3, RELU6);
  d->d4 = conv(b, "vessels.d4", concat(b, up2(b, d->d8), e[1]), 3, RELU6);
  value stem = conv(b, "vessels.stem", quads, 3, RELU6);
  y = conv(b, "vessels.d2a", concat3(b, up2(b, d->d4), e[0], stem), 3, RELU6);
  d->d2 = conv(b, "vessels.d2b", y, 3, RELU6);
  y = conv(b, "vessels.out", d->d2, 3, LINEAR);
  return sigmoid(b, real(b, y), EXT_VESSELS);
}

/* Probability of the optic disc and of its cup, [size/4][size/4][2]: linear in what the vessel decoder and the encoder hold
 * at three resolutions. */
static void structures_head(builder *b, const decoded *d, value e4) {
  value y = up2(b, conv(b, "structures.d16", d->d16, 3, LINEAR));
  y = sum(b, y, conv(b, "structures.d8", d->d8, 3, LINEAR));
  y = sum(b, up2(b, y), conv(b, "structures.d4", d->d4, 1, LINEAR));
  y = sum(b, y, conv(b, "structures.e4", e4, 1, LINEAR));
  if (!failed(b) && y.c != 2) {
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: structures.d16 gives %zu channels, expected 2: made for another network", y.c);
    return;
  }
  sigmoid(b, y, EXT_STRUCTURES);
}

/* Probability of each kind of lesion, [size/2][size/2][kinds][4]: each pixel answers for the four that it stands for. A small
 * decoder of its own on what the encoder and the vessel decoder hold, and on the photograph. */
static void lesions_head(builder *b, const decoded *d, const value e[5], value quads, size_t kinds) {
  value y = up2(b, sum(b, conv(b, "lesions.e16", e[3], 1, LINEAR), conv(b, "lesions.d16", d->d16, 1, LINEAR)));
  y = sum(b, y, conv(b, "lesions.e8", e[2], 3, LINEAR));
  y = relu_of_sum(b, y, conv(b, "lesions.d8", d->d8, 3, LINEAR));
  y = up2(b, conv(b, "lesions.to4", y, 1, LINEAR));
  y = sum(b, y, conv(b, "lesions.e4", e[1], 3, LINEAR));
  y = relu_of_sum(b, y, conv(b, "lesions.d4", d->d4, 3, LINEAR));
  y = up2(b, conv(b, "lesions.to2", y, 1, LINEAR));
  y = sum(b, y, conv(b, "lesions.e2", e[0], 1, LINEAR));
  y = sum(b, y, conv(b, "lesions.d2", d->d2, 1, LINEAR));
  y = relu_of_sum(b, y, conv(b, "lesions.photo", quads, 3, LINEAR));
  y = convolve(b, "lesions.near.depthwise", y, 3, 1, LINEAR, true);
  y = conv(b, "lesions.mix", y, 1, RELU);
  y = conv(b, "lesions.out", y, 1, LINEAR);
  if (!failed(b) && y.c != 4 * kinds) {
    b->status =
        status_fail(b->err, VM_ERR_WEIGHTS,
                    "weights: lesions.out gives %zu channels, expected %zu: made for another network", y.c, 4 * kinds);
    return;
  }
  sigmoid(b, y, EXT_LESIONS);
}

/* A filter of its own for each channel, then a mix of the channels. */
static value apart(builder *b, const char *layer, value in, int kernel, int stride, activation act) {
  char name[WEIGHTS_MAX_NAME];
  snprintf(name, sizeof name, "arteries.%s.depthwise", layer);
  value y = convolve(b, name, in, kernel, stride, LINEAR, true);
  snprintf(name, sizeof name, "arteries.%s.mix", layer);
  return conv(b, name, y, 1, act);
}

/* What a layer of the arteries' way down takes up beside what comes from the finer one. */
static value with_features(builder *b, value y, const char *encoder_layer, value e, const char *decoder_layer,
                           value d) {
  y = sum(b, y, conv(b, encoder_layer, e, 1, LINEAR));
  return relu_of_sum(b, y, conv(b, decoder_layer, d, 1, LINEAR));
}

static value block(builder *b, const char *layer, value in, int kernel) {
  return relu_of_sum(b, in, apart(b, layer, in, kernel, 1, LINEAR));
}

/* Probability of artery against vein, [size/2][size/2][4]: a small U-Net of its own from the photograph down to S/16 and back,
 * that takes up at each scale what the encoder and the vessel decoder hold there. */
static void arteries_head(builder *b, const decoded *d, const value e[5], value quads) {
  value a = conv(b, "arteries.photo", quads, 1, LINEAR);
  a = with_features(b, a, "arteries.e2", e[0], "arteries.d2", d->d2);
  value half = apart(b, "down4", a, 3, 2, LINEAR);
  half = with_features(b, half, "arteries.e4", e[1], "arteries.d4", d->d4);
  value quarter = apart(b, "down8", half, 3, 2, LINEAR);
  quarter = with_features(b, quarter, "arteries.e8", e[2], "arteries.d8", d->d8);
  value y = apart(b, "down16", quarter, 3, 2, LINEAR);
  y = with_features(b, y, "arteries.e16", e[3], "arteries.d16", d->d16);
  y = block(b, "wide.0", y, 5);
  y = block(b, "wide.1", y, 5);
  y = block(b, "wide.2", y, 5);
  y = relu_of_sum(b, up2(b, conv(b, "arteries.to8", y, 1, LINEAR)), quarter);
  y = block(b, "near8", y, 5);
  y = relu_of_sum(b, up2(b, conv(b, "arteries.to4", y, 1, LINEAR)), half);
  y = block(b, "near4", y, 3);
  y = relu_of_sum(b, up2(b, conv(b, "arteries.to2", y, 1, LINEAR)), a);
  y = conv(b, "arteries.out", apart(b, "near2", y, 3, 1, RELU), 1, LINEAR);
  if (!failed(b) && y.c != 4) {
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: arteries.out gives %zu channels, expected 4: made for another network", y.c);
    return;
  }
  sigmoid(b, y, EXT_ARTERIES);
}

/* F' = F (1 + a G) */
static value guided_features(builder *b, vm_network *n, value e16, value e32, value density, value d16,
                             value strength) {
  value f = conv(b, "diseases.features", concat(b, e16, up2(b, e32)), 1, RELU);
  mean_of_channels(b, f, EXT_FEATURES);
  value g = conv(b, "diseases.guide", concat(b, density, d16), 1, LINEAR);
  g = sigmoid(b, g, EXT_GUIDE);
  const size_t shape[4] = {1, 1, 1, 1};
  n->unit[0] = 1;
  value unit = {constant(b, n->unit, 4, shape), 1, 1, 1, REAL};
  value factor = binary(b, xnn_binary_add, binary(b, xnn_binary_multiply, g, strength), unit);
  return binary(b, xnn_binary_multiply, f, factor);
}

/* average: of guided, over the picture */
static void disease_heads(builder *b, vm_network *n, value guided, value average) {
  size_t shape[4] = {(size_t)n->classes, guided.c, 1, 1}, bias_shape[4] = {(size_t)n->classes, 1, 1, 1};
  float *weight = read_learnt(b, "diseases.head.weight", 2, shape);
  float *bias = read_learnt(b, "diseases.head.bias", 1, bias_shape);
  if (failed(b)) return;
  memcpy(n->bias, bias, (size_t)n->classes * sizeof *bias);
  dense(b, weight, bias, average, (size_t)n->classes, EXT_LOGITS);
  /* Grad-CAM: the head is a mean and a linear layer, so the gradient of a logit is its row of weights */
  const size_t filter[4] = {(size_t)n->classes, 1, 1, guided.c};
  value map = new_value(b, guided.h, guided.w, (size_t)n->classes, EXT_ACTIVATION);
  uint32_t id = constant(b, weight, 4, filter);
  if (!failed(b))
    check(b,
          xnn_define_convolution_2d(b->graph, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, guided.c, (size_t)n->classes, -INFINITY,
                                    INFINITY, guided.id, id, XNN_INVALID_VALUE_ID, map.id, 0),
          "the activation maps");
}

/* average: of E32, over the picture */
static void gradability_head(builder *b, value average) {
  size_t shape[4] = {1, average.c, 1, 1}, bias_shape[4] = {1, 1, 1, 1};
  float *weight = read_learnt(b, "gradable.weight", 2, shape);
  float *bias = read_learnt(b, "gradable.bias", 1, bias_shape);
  if (!failed(b)) dense(b, weight, bias, average, 1, EXT_GRADABLE);
}

/* Logits of at least grade 1, 2, 3 and 4, from what the other heads have averaged and the finer features behind it; by way of a
 * hidden layer where the weights have one. */
static void grade_head(builder *b, value guided, value e16, value e32) {
  value read = concat3(b, guided, e16, e32);
  if (weights_seek(b->weights, "grade.hidden.weight") != NULL) read = conv(b, "grade.hidden", read, 1, RELU);
  size_t shape[4] = {VM_GRADES, read.c, 1, 1}, bias_shape[4] = {VM_GRADES, 1, 1, 1};
  float *weight = read_learnt(b, "grade.weight", 2, shape);
  float *bias = read_learnt(b, "grade.bias", 1, bias_shape);
  if (!failed(b)) dense(b, weight, bias, read, VM_GRADES, EXT_GRADE);
}

/* Logits of how the photograph lies, from means over a grid of 4 by 4, each place of which has a filter of its own. */
static void orientation_head(builder *b, value e16, value d16, value density) {
  const size_t side = density.h / 4;
  value y = sum(b, conv(b, "orientation.e16", pooled(b, e16, side), 1, LINEAR),
                conv(b, "orientation.d16", pooled(b, d16, side), 1, LINEAR));
  y = relu_of_sum(b, y, conv(b, "orientation.vessels", pooled(b, density, side), 1, LINEAR));
  layer l = read_layer(b, "orientation.out", &y, 4, LINEAR, false);
  if (!failed(b) && l.out_c != WEIGHTS_WAYS)
    b->status = status_fail(b->err, VM_ERR_WEIGHTS,
                            "weights: orientation.out gives %zu channels, expected %d: made for another network",
                            l.out_c, WEIGHTS_WAYS);
  value out = new_value(b, 1, 1, WEIGHTS_WAYS, EXT_ORIENTATION);
  if (!failed(b))
    check(b,
          xnn_define_convolution_2d(b->graph, 0, 0, 0, 0, 4, 4, 1, 1, 1, 1, 1, y.c, WEIGHTS_WAYS, l.low, l.high, y.id,
                                    l.weight, l.bias, out.id, 0),
          l.name);
}

/* (rgb - 127) / 128 as rgb - 128: exact for whole numbers. Only weights in int8 have `input.output`. */
static value as_int8_input(builder *b, value x) {
  float low, high;
  if (weights_seek(b->weights, "input.output") == NULL) return x;
  return convert(b, x, read_quantum(b, "input.output", &low, &high));
}

/* A stem that gives whole numbers sums without rounding; whole colours would move the logits by 0.16 (root mean square, 398
 * photographs). */
static value as_stem_input(builder *b, value x) {
  return weights_seek(b->weights, "encoder.stem.whole") != NULL ? rounded(b, x, EIGHTHS) : as_int8_input(b, x);
}

static void build_graph(builder *b, vm_network *n) {
  size_t side = (size_t)n->size, one[4] = {1, 1, 1, 1};
  value x = new_value(b, side, side, 3, EXT_INPUT), quads = new_value(b, side / 2, side / 2, 12, EXT_QUADS);
  value strength = new_value(b, 1, 1, 1, EXT_STRENGTH), e[5];
  decoded d;
  encoder(b, as_stem_input(b, x), e);
  value vessels = vessel_decoder(b, as_int8_input(b, quads), e, &d);
  /* what follows is f32: it is small, and mean(map) = logit - bias must hold */
  value e16 = real(b, e[3]), e32 = real(b, e[4]);
  value density = mean_of_channels(b, pooled(b, vessels, 8), -1), d16 = real(b, d.d16);
  value guided = guided_features(b, n, e16, e32, density, d16, strength);
  value of_guided = mean(b, guided), of_e32 = mean(b, e32); /* several heads read them */
  disease_heads(b, n, guided, of_guided);
  gradability_head(b, of_e32);
  if (n->grade) grade_head(b, of_guided, mean(b, e16), of_e32);
  if (n->orientation) orientation_head(b, e16, d16, density);
  if (n->structures) structures_head(b, &d, e[1]);
  if (n->arteries) arteries_head(b, &d, e, quads);
  /* What both read is converted for each of them: kept in f32 from one to the other it took 7 MB more, at S = 512, and to
   * convert it takes under 1 of 209 ms. */
  b->converted_count = 0;
  if (n->lesion_kinds > 0) lesions_head(b, &d, e, quads, (size_t)n->lesion_kinds);
  float *a = read_learnt(b, "diseases.a", 1, one);
  if (!failed(b)) n->learnt_guide = *a;
}

/* ---- life of a network ---- */

static bool allocate_buffers(vm_network *n) {
  size_t pixels = (size_t)n->size * (size_t)n->size, cells = (size_t)n->grid * (size_t)n->grid, c = (size_t)n->classes;
  const size_t counts[EXT_COUNT] = {[EXT_INPUT] = pixels * 3,
                                    [EXT_QUADS] = pixels * 3,
                                    [EXT_STRENGTH] = 1,
                                    [EXT_VESSELS] = pixels,
                                    [EXT_LOGITS] = c,
                                    [EXT_ACTIVATION] = cells * c,
                                    [EXT_GUIDE] = cells,
                                    [EXT_GRADABLE] = 1,
                                    [EXT_FEATURES] = cells,
                                    [EXT_STRUCTURES] = pixels / 8,
                                    [EXT_LESIONS] = pixels * (size_t)n->lesion_kinds,
                                    [EXT_ARTERIES] = n->arteries ? pixels : 0,
                                    [EXT_GRADE] = VM_GRADES,
                                    [EXT_ORIENTATION] = WEIGHTS_WAYS};
  for (int i = 0; i < EXT_COUNT; i++) {
    n->buffer[i] = allocate(counts[i], sizeof(float));
    if (n->buffer[i] == NULL) return false;
  }
  return true;
}

static void drop_owned(builder *b) {
  while (b->owned_count > 0) free(b->owned[--b->owned_count]);
}

static vm_status bind_runtime(vm_network *n, builder *b, vm_error *err) {
  struct xnn_external_value external[EXT_COUNT];
  uint32_t count = 0;
  for (uint32_t i = 0; i < EXT_COUNT; i++)
    if ((i != EXT_STRUCTURES || n->structures) && (i != EXT_LESIONS || n->lesion_kinds > 0) &&
        (i != EXT_ARTERIES || n->arteries) && (i != EXT_GRADE || n->grade) && (i != EXT_ORIENTATION || n->orientation))
      external[count++] = (struct xnn_external_value){i, n->buffer[i]};
  enum xnn_status s = xnn_create_runtime_v2(b->graph, n->pool, 0, &n->runtime);
  drop_owned(b); /* packed: what the runs need is put in its place */
  if (s == xnn_status_success) s = xnn_reshape_runtime(n->runtime);
  if (s == xnn_status_success) s = xnn_setup_runtime_v2(n->runtime, count, external);
  if (s == xnn_status_success) return VM_OK;
  if (s == xnn_status_out_of_memory)
    return status_fail(err, VM_ERR_MEMORY, "network: not enough memory for an input of %d x %d; choose a smaller size",
                       n->size, n->size);
  return status_fail(err, VM_ERR_RUNTIME, "network: XNNPACK answered %d", (int)s);
}

static vm_status build(vm_network *n, const vm_weights *weights, vm_error *err) {
  builder b = {.weights = weights, .err = err};
  if (xnn_create_subgraph(EXT_COUNT, 0, &b.graph) != xnn_status_success)
    return status_fail(err, VM_ERR_MEMORY, "network: no memory for a graph");
  build_graph(&b, n);
  n->parameters = b.parameters;
  vm_status s = failed(&b) ? b.status : bind_runtime(n, &b, err);
  xnn_delete_subgraph(b.graph);
  drop_owned(&b);
  return s;
}

vm_status network_create(const vm_weights *weights, int size, int threads, vm_network **out, vm_error *err) {
  *out = NULL;
#ifdef __wasm_relaxed_simd__
  relaxed_dot_choose();
#endif
  if (xnn_initialize(pages_allocator()) != xnn_status_success)
    return status_fail(err, VM_ERR_RUNTIME, "network: XNNPACK does not support this processor");
  vm_network *n = calloc(1, sizeof *n);
  if (n == NULL) return status_fail(err, VM_ERR_MEMORY, "network: out of memory");
  n->size = size;
  n->grid = size / 16;
  n->classes = weights->class_count;
  n->structures = weights->structures;
  n->lesion_kinds = weights->lesion_kinds;
  n->arteries = weights->arteries;
  n->grade = weights->grade.given;
  n->orientation = weights->orientation.given;
  vm_status s = VM_OK;
  if (!allocate_buffers(n))
    s = status_fail(err, VM_ERR_MEMORY, "network: out of memory for size %d; choose a smaller size", size);
  if (s == VM_OK && threads > 1) {
    n->pool = pthreadpool_create((size_t)threads);
    if (n->pool == NULL)
      s = status_fail(err, VM_ERR_MEMORY, "network: could not start %d threads; ask for fewer", threads);
  }
  if (s == VM_OK) s = build(n, weights, err);
  if (s != VM_OK) {
    network_free(n);
    return s;
  }
  *out = n;
  return VM_OK;
}

void network_free(vm_network *n) {
  if (n == NULL) return;
  if (n->runtime != NULL) xnn_delete_runtime(n->runtime);
  if (n->pool != NULL) pthreadpool_destroy(n->pool);
  for (int i = 0; i < EXT_COUNT; i++) free(n->buffer[i]);
  free(n);
}

float *network_input(vm_network *n) { return n->buffer[EXT_INPUT]; }
const float *network_bias(const vm_network *n) { return n->bias; }
pthreadpool_t network_threads(vm_network *n) { return n->pool; }
size_t network_parameters(const vm_network *n) { return n->parameters; }

/* [size][size][3] -> [size/2][size/2][2][2][3] */
static void gather(const float *map, size_t size, float *quads) {
  for (size_t y = 0; y < size; y++)
    for (size_t x = 0; x < size; x++) {
      const float *p = map + (y * size + x) * 3;
      float *q = quads + (((y / 2) * (size / 2) + x / 2) * 4 + (y & 1) * 2 + (x & 1)) * 3;
      q[0] = p[0], q[1] = p[1], q[2] = p[2];
    }
}

/* Map `at` of [size/2][size/2][maps][2][2] -> [size][size] */
static void spread(const float *quads, size_t maps, size_t at, size_t size, float *map) {
  for (size_t y = 0; y < size; y++)
    for (size_t x = 0; x < size; x++)
      map[y * size + x] = quads[(((y / 2) * (size / 2) + x / 2) * maps + at) * 4 + (y & 1) * 2 + (x & 1)];
}

vm_status network_run(vm_network *n, float guide, network_output *out, vm_error *err) {
  *n->buffer[EXT_STRENGTH] = guide * n->learnt_guide;
  gather(n->buffer[EXT_INPUT], (size_t)n->size, n->buffer[EXT_QUADS]);
  enum xnn_status s = xnn_invoke_runtime(n->runtime);
  if (s != xnn_status_success) return status_fail(err, VM_ERR_RUNTIME, "network: XNNPACK answered %d in a run", (int)s);
  float *vessels = n->buffer[EXT_QUADS]; /* read by now */
  spread(n->buffer[EXT_VESSELS], 1, 0, (size_t)n->size, vessels);
  *out = (network_output){n->size,
                          n->grid,
                          n->classes,
                          vessels,
                          n->buffer[EXT_LOGITS],
                          n->buffer[EXT_ACTIVATION],
                          n->buffer[EXT_GUIDE],
                          n->buffer[EXT_FEATURES],
                          *n->buffer[EXT_STRENGTH],
                          probability_of(*n->buffer[EXT_GRADABLE]),
                          n->structures ? n->buffer[EXT_STRUCTURES] : NULL,
                          n->lesion_kinds,
                          n->lesion_kinds > 0 ? n->buffer[EXT_LESIONS] : NULL,
                          n->arteries ? n->buffer[EXT_ARTERIES] : NULL,
                          n->grade ? n->buffer[EXT_GRADE] : NULL,
                          n->orientation ? n->buffer[EXT_ORIENTATION] : NULL};
  return VM_OK;
}

void network_lesions(const network_output *o, int index, float *out) {
  spread(o->lesions, (size_t)o->lesion_kinds, (size_t)index, (size_t)o->size, out);
}

void network_arteries(const network_output *o, float *out) { spread(o->arteries, 1, 0, (size_t)o->size, out); }

void network_guided(const network_output *o, float *out) {
  for (int i = 0; i < o->grid * o->grid; i++) out[i] = o->features[i] * (1 + o->strength * o->guide[i]);
}
