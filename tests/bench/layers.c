/* The network alone, layer by layer, and the hardware's peak beside it: for the benchmark only.
 *
 * src/network.c is compiled into this file with its XNNPACK calls led through note_...(), so that each operator that
 * XNNPACK times has the name of its layer and its multiply-adds. The product holds none of this.
 *
 * WebAssembly: build/bench/wasm/bench-VARIANT.mjs, driven by tests/bench/runtimes/ours.js.
 * Native: build/bench/layers WEIGHTS SIZE THREADS ROUNDS prints JSON.
 */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <inttypes.h>
#include <math.h>
#include <pthreadpool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>
#ifdef __wasm_relaxed_simd__
#include <wasm_simd128.h>
#endif

#include "weights.h"

/* ---- notes: one graph is built at a time, and the calls that are led here have no room for a context ---- */

#define MAYBE __attribute__((unused)) /* not every build calls it */
#define MAX_NOTES 256
#define MAX_VALUES 1024

typedef struct note {
  char name[WEIGHTS_MAX_NAME];
  double multiply_adds;
} note;

static struct notes {
  uint32_t runtime_flags; /* added to the runtime's own */
  char layer[WEIGHTS_MAX_NAME];
  int count; /* may exceed MAX_NOTES: then names are missing */
  note list[MAX_NOTES];
  double elements[MAX_VALUES]; /* of the tensor with that id */
} notes;

static enum xnn_status note_value(enum xnn_status s, size_t rank, const size_t *dims, const uint32_t *id) {
  if (s == xnn_status_success && *id < MAX_VALUES) {
    notes.elements[*id] = 1;
    for (size_t i = 0; i < rank; i++) notes.elements[*id] *= (double)dims[i];
  }
  return s;
}

/* `inner`: multiply-adds for one element of `output` */
static void note_node(const char *kind, double inner, uint32_t output) {
  if (notes.count < MAX_NOTES) {
    note *n = &notes.list[notes.count];
    snprintf(n->name, sizeof n->name, "%s", inner > 0 && notes.layer[0] ? notes.layer : kind);
    n->multiply_adds = output < MAX_VALUES ? inner * notes.elements[output] : 0;
  }
  if (inner > 0) notes.layer[0] = 0;
  notes.count++;
}

/* "encoder.stem.weight" -> "encoder.stem" */
static const weights_tensor *note_find(const vm_weights *w, const char *name, vm_error *err) {
  const char *dot = strrchr(name, '.');
  snprintf(notes.layer, sizeof notes.layer, "%.*s", (int)(dot ? dot - name : 0), name);
  return weights_find(w, name, err);
}

static enum xnn_status note_tensor(xnn_subgraph_t g, enum xnn_datatype type, size_t rank, const size_t *dims,
                                   const void *data, uint32_t external, uint32_t flags, uint32_t *id) {
  return note_value(xnn_define_tensor_value(g, type, rank, dims, data, external, flags, id), rank, dims, id);
}

MAYBE static enum xnn_status note_quantized(xnn_subgraph_t g, enum xnn_datatype type, int32_t zero, float scale,
                                            size_t rank, const size_t *dims, const void *data, uint32_t external,
                                            uint32_t flags, uint32_t *id) {
  return note_value(xnn_define_quantized_tensor_value(g, type, zero, scale, rank, dims, data, external, flags, id),
                    rank, dims, id);
}

MAYBE static enum xnn_status note_dynamic(xnn_subgraph_t g, enum xnn_datatype type, size_t rank, size_t batch_rank,
                                          const size_t *dims, uint32_t external, uint32_t flags, uint32_t *id) {
  return note_value(xnn_define_dynamically_quantized_tensor_value(g, type, rank, batch_rank, dims, external, flags, id),
                    rank, dims, id);
}

static enum xnn_status note_convolution(xnn_subgraph_t g, uint32_t top, uint32_t right, uint32_t bottom, uint32_t left,
                                        uint32_t kh, uint32_t kw, uint32_t sh, uint32_t sw, uint32_t dh, uint32_t dw,
                                        uint32_t groups, size_t in_c, size_t out_c, float low, float high, uint32_t in,
                                        uint32_t filter, uint32_t bias, uint32_t out, uint32_t flags) {
  note_node("convolution", (double)(kh * kw) * (double)in_c, out);
  return xnn_define_convolution_2d(g, top, right, bottom, left, kh, kw, sh, sw, dh, dw, groups, in_c, out_c, low, high,
                                   in, filter, bias, out, flags);
}

static enum xnn_status note_depthwise(xnn_subgraph_t g, uint32_t top, uint32_t right, uint32_t bottom, uint32_t left,
                                      uint32_t kh, uint32_t kw, uint32_t sh, uint32_t sw, uint32_t dh, uint32_t dw,
                                      uint32_t multiplier, size_t channels, float low, float high, uint32_t in,
                                      uint32_t filter, uint32_t bias, uint32_t out, uint32_t flags) {
  note_node("depthwise convolution", (double)(kh * kw), out);
  return xnn_define_depthwise_convolution_2d(g, top, right, bottom, left, kh, kw, sh, sw, dh, dw, multiplier, channels,
                                             low, high, in, filter, bias, out, flags);
}

static enum xnn_status note_dense(xnn_subgraph_t g, float low, float high, uint32_t in, uint32_t filter, uint32_t bias,
                                  uint32_t out, uint32_t flags) {
  note_node("dense", in < MAX_VALUES ? notes.elements[in] : 1, out);
  return xnn_define_fully_connected(g, low, high, in, filter, bias, out, flags);
}

static enum xnn_status note_concat(xnn_subgraph_t g, int32_t axis, uint32_t p, uint32_t q, uint32_t out,
                                   uint32_t flags) {
  note_node("concatenation", 0, out);
  return xnn_define_concatenate2(g, axis, p, q, out, flags);
}

static enum xnn_status note_concat3(xnn_subgraph_t g, int32_t axis, uint32_t p, uint32_t q, uint32_t r, uint32_t out,
                                    uint32_t flags) {
  note_node("concatenation", 0, out);
  return xnn_define_concatenate3(g, axis, p, q, r, out, flags);
}

static enum xnn_status note_resize(xnn_subgraph_t g, size_t h, size_t w, uint32_t in, uint32_t out, uint32_t flags) {
  note_node("resize", 0, out);
  return xnn_define_static_resize_bilinear_2d(g, h, w, in, out, flags);
}

static enum xnn_status note_binary(xnn_subgraph_t g, enum xnn_binary_operator op,
                                   const struct xnn_binary_params *limits, uint32_t p, uint32_t q, uint32_t out,
                                   uint32_t flags) {
  note_node(op == xnn_binary_add ? "add" : "multiply", 0, out);
  if (limits != NULL && (limits->output_min > -INFINITY || limits->output_max < INFINITY)) note_node("clamp", 0, out);
  return xnn_define_binary(g, op, limits, p, q, out, flags);
}

static enum xnn_status note_unary(xnn_subgraph_t g, enum xnn_unary_operator op, const union xnn_unary_params *params,
                                  uint32_t in, uint32_t out, uint32_t flags) {
  note_node(op == xnn_unary_sigmoid ? "sigmoid" : op == xnn_unary_convert ? "convert" : "unary", 0, out);
  return xnn_define_unary(g, op, params, in, out, flags);
}

static enum xnn_status note_pool(xnn_subgraph_t g, uint32_t top, uint32_t right, uint32_t bottom, uint32_t left,
                                 uint32_t h, uint32_t w, uint32_t sh, uint32_t sw, float low, float high, uint32_t in,
                                 uint32_t out, uint32_t flags) {
  note_node("average pooling", 0, out);
  return xnn_define_average_pooling_2d(g, top, right, bottom, left, h, w, sh, sw, low, high, in, out, flags);
}

static enum xnn_status note_reduce(xnn_subgraph_t g, enum xnn_reduce_operator op, size_t count, const size_t *axes,
                                   uint32_t in, uint32_t out, uint32_t flags) {
  note_node("mean", 0, out);
  return xnn_define_static_reduce(g, op, count, axes, in, out, flags);
}

static enum xnn_status note_runtime(xnn_subgraph_t g, pthreadpool_t pool, uint32_t flags, xnn_runtime_t *out) {
  return xnn_create_runtime_v2(g, pool, flags | notes.runtime_flags, out);
}

#define weights_find note_find
#define xnn_define_tensor_value note_tensor
#define xnn_define_quantized_tensor_value note_quantized
#define xnn_define_dynamically_quantized_tensor_value note_dynamic
#define xnn_define_convolution_2d note_convolution
#define xnn_define_depthwise_convolution_2d note_depthwise
#define xnn_define_fully_connected note_dense
#define xnn_define_concatenate2 note_concat
#define xnn_define_concatenate3 note_concat3
#define xnn_define_static_resize_bilinear_2d note_resize
#define xnn_define_binary note_binary
#define xnn_define_unary note_unary
#define xnn_define_average_pooling_2d note_pool
#define xnn_define_static_reduce note_reduce
#define xnn_create_runtime_v2 note_runtime
#include "../../src/network.c"
#undef weights_find
#undef xnn_define_tensor_value
#undef xnn_define_quantized_tensor_value
#undef xnn_define_convolution_2d
#undef xnn_create_runtime_v2

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
#define API EMSCRIPTEN_KEEPALIVE
#else
#include <time.h>
#define API MAYBE static
#endif

/* ---- the network ---- */

typedef struct bench_network {
  vm_network *network;
  network_output out;
  note notes[MAX_NOTES];
  int noted; /* -1: more than MAX_NOTES */
} bench_network;

API void bench_close(bench_network *b) {
  if (b != NULL) network_free(b->network);
  free(b);
}

/* `profiling`: take the time of each operator. NULL on failure, with err filled. Owned: bench_close. */
API bench_network *bench_open(const void *bytes, size_t size, int side, int threads, int profiling, vm_error *err) {
  vm_weights weights;
  if (weights_open(bytes, size, &weights, err) != VM_OK) return NULL;
  bench_network *b = calloc(1, sizeof *b);
  notes = (struct notes){.runtime_flags = profiling ? XNN_FLAG_BASIC_PROFILING : 0};
  vm_status s = b != NULL ? network_create(&weights, side, threads, &b->network, err) : VM_ERR_MEMORY;
  weights_close(&weights);
  if (s != VM_OK) {
    bench_close(b);
    return NULL;
  }
  b->noted = notes.count <= MAX_NOTES ? notes.count : -1;
  memcpy(b->notes, notes.list, sizeof b->notes);
  return b;
}

API float *bench_input(bench_network *b) { return network_input(b->network); }
API int bench_run(bench_network *b) { return (int)network_run(b->network, 1, &b->out, NULL); }

/* 0 vessels, 1 logits, 2 activation, 3 guide, 4 gradable (a logit), 5 features, 6 structures, 7 lesions, 8 arteries; valid
 * until the next run. The weights must draw what is asked for. */
API const float *bench_output(const bench_network *b, int which) {
  const int external[] = {EXT_VESSELS,  EXT_LOGITS,     EXT_ACTIVATION, EXT_GUIDE,   EXT_GRADABLE,
                          EXT_FEATURES, EXT_STRUCTURES, EXT_LESIONS,    EXT_ARTERIES};
  return which == 0 ? b->out.vessels : b->network->buffer[external[which]];
}

/* [{"name", "kind", "us", "macs"}] of the last run as JSON, to be freed; NULL without profiling. Where XNNPACK runs
 * other operators than were noted, name is "" and macs 0. */
API char *bench_profile(const bench_network *b) {
  xnn_runtime_t runtime = b->network->runtime;
  size_t count = 0, got = 0, names_size = 0;
  if (xnn_get_runtime_profiling_info(runtime, xnn_profile_info_num_operators, sizeof count, &count, &got) !=
      xnn_status_success)
    return NULL;
  xnn_get_runtime_profiling_info(runtime, xnn_profile_info_operator_name, 0, NULL, &names_size);
  uint64_t *us = calloc(count, sizeof *us);
  char *names = calloc(names_size + 1, 1), *json = NULL;
  size_t room = 3 + count * (WEIGHTS_MAX_NAME + 96) + names_size, at = 0;
  bool ok = us != NULL && names != NULL && (json = malloc(room)) != NULL &&
            xnn_get_runtime_profiling_info(runtime, xnn_profile_info_operator_name, names_size, names, &got) ==
                xnn_status_success &&
            xnn_get_runtime_profiling_info(runtime, xnn_profile_info_operator_timing, count * sizeof *us, us, &got) ==
                xnn_status_success;
  if (ok) {
    bool named = b->noted == (int)count;
    const char *kind = names;
    json[at++] = '[';
    for (size_t i = 0; i < count; i++, kind += strlen(kind) + 1)
      at += (size_t)snprintf(json + at, room - at,
                             "%s{\"name\":\"%s\",\"kind\":\"%s\",\"us\":%" PRIu64 ",\"macs\":%.0f}", i > 0 ? "," : "",
                             named ? b->notes[i].name : "", kind, us[i], named ? b->notes[i].multiply_adds : 0);
    snprintf(json + at, room - at, "]");
  } else {
    free(json);
    json = NULL;
  }
  free(us);
  free(names);
  return json;
}

/* ---- the peak: a 1x1 convolution of 512 to 64 channels on 16 x 16 by the network's own kernels ----
 * Input and weights stay in the cache, and sums are so long that what is done once for each (in int8: to scale, round and
 * clamp it) hardly counts: next to nothing is left but the kernel's multiply-adds. */

enum { PEAK_SIDE = 16, PEAK_IN = 512, PEAK_OUT = 64, PEAK_PIXELS = PEAK_SIDE * PEAK_SIDE };

typedef struct bench_peak {
  xnn_runtime_t runtime;
  pthreadpool_t pool;
  void *input, *output;
  bool int8, chosen, whole; /* of the dot product: its form */
} bench_peak;

API int bench_peak_macs(void) { return PEAK_PIXELS * PEAK_IN * PEAK_OUT; }

API void bench_peak_close(bench_peak *p) {
  if (p == NULL) return;
  if (p->runtime != NULL) xnn_delete_runtime(p->runtime);
  if (p->pool != NULL) pthreadpool_destroy(p->pool);
  free(p->input);
  free(p->output);
  free(p);
}

/* f32, or with `int8` signed 8 bit with a scale per channel of the filter */
static enum xnn_status peak_graph(xnn_subgraph_t g, bool int8, const void *filter, const void *bias,
                                  const float *scales) {
  const size_t given[4] = {1, PEAK_SIDE, PEAK_SIDE, PEAK_IN}, made[4] = {1, PEAK_SIDE, PEAK_SIDE, PEAK_OUT},
               shape[4] = {PEAK_OUT, 1, 1, PEAK_IN}, channels[1] = {PEAK_OUT};
  const uint32_t none = XNN_INVALID_VALUE_ID, in_flag = XNN_VALUE_FLAG_EXTERNAL_INPUT,
                 out_flag = XNN_VALUE_FLAG_EXTERNAL_OUTPUT;
  uint32_t in, out, w, b;
  enum xnn_status s[5];
  if (int8) {
    s[0] = xnn_define_quantized_tensor_value(g, xnn_datatype_qint8, 0, 0.05f, 4, given, NULL, 0, in_flag, &in);
    s[1] = xnn_define_quantized_tensor_value(g, xnn_datatype_qint8, 0, 0.1f, 4, made, NULL, 1, out_flag, &out);
    s[2] =
        xnn_define_channelwise_quantized_tensor_value(g, xnn_datatype_qcint8, scales, 4, 0, shape, filter, none, 0, &w);
    s[3] = xnn_define_channelwise_quantized_tensor_value(g, xnn_datatype_qcint32, scales + PEAK_OUT, 1, 0, channels,
                                                         bias, none, 0, &b);
  } else {
    s[0] = xnn_define_tensor_value(g, xnn_datatype_fp32, 4, given, NULL, 0, in_flag, &in);
    s[1] = xnn_define_tensor_value(g, xnn_datatype_fp32, 4, made, NULL, 1, out_flag, &out);
    s[2] = xnn_define_tensor_value(g, xnn_datatype_fp32, 4, shape, filter, none, 0, &w);
    s[3] = xnn_define_tensor_value(g, xnn_datatype_fp32, 1, channels, bias, none, 0, &b);
  }
  for (int i = 0; i < 4; i++)
    if (s[i] != xnn_status_success) return s[i];
  return xnn_define_convolution_2d(g, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, PEAK_IN, PEAK_OUT, -INFINITY, INFINITY, in, w, b,
                                   out, 0);
}

static bool peak_build(bench_peak *p, bool int8) {
  size_t one = int8 ? 1 : sizeof(float), weights = (size_t)PEAK_IN * PEAK_OUT;
  void *filter = malloc(weights * one + XNN_EXTRA_BYTES);
  float bias[PEAK_OUT] = {0}, scales[2 * PEAK_OUT]; /* an int32 0 is all zero bits too */
  xnn_subgraph_t g = NULL;
  bool ok = filter != NULL && xnn_create_subgraph(2, 0, &g) == xnn_status_success;
  for (size_t i = 0; ok && i < weights; i++) {
    int v = (int)(i * 37 % 101) - 50;
    if (int8) ((int8_t *)filter)[i] = (int8_t)v;
    else ((float *)filter)[i] = (float)v / 100;
  }
  for (int i = 0; i < PEAK_OUT; i++) {
    scales[i] = 0.01f;
    scales[PEAK_OUT + i] = 0.01f * 0.05f;
  }
  const struct xnn_external_value external[2] = {{0, p->input}, {1, p->output}};
  ok = ok && peak_graph(g, int8, filter, bias, scales) == xnn_status_success &&
       xnn_create_runtime_v2(g, p->pool, 0, &p->runtime) == xnn_status_success &&
       xnn_reshape_runtime(p->runtime) == xnn_status_success &&
       xnn_setup_runtime_v2(p->runtime, 2, external) == xnn_status_success;
  if (g != NULL) xnn_delete_subgraph(g);
  free(filter);
  return ok;
}

/* NULL where it cannot be built. Owned: bench_peak_close. */
API bench_peak *bench_peak_open(int int8, int threads) {
  size_t bytes = (size_t)PEAK_PIXELS * PEAK_IN * (int8 ? 1 : sizeof(float)) + XNN_EXTRA_BYTES;
  bench_peak *p = xnn_initialize(NULL) == xnn_status_success ? calloc(1, sizeof *p) : NULL;
  if (p == NULL) return NULL;
  p->int8 = int8 != 0;
  p->input = calloc(bytes, 1);
  p->output = calloc(bytes, 1);
  if (threads > 1) p->pool = pthreadpool_create((size_t)threads);
  if (p->input == NULL || p->output == NULL || (threads > 1 && p->pool == NULL) || !peak_build(p, int8 != 0)) {
    bench_peak_close(p);
    return NULL;
  }
  for (size_t i = 0; i < (size_t)PEAK_PIXELS * PEAK_IN; i++) {
    int v = (int)(i * 53 % 201) - 100;
    if (int8) ((int8_t *)p->input)[i] = (int8_t)v;
    else ((float *)p->input)[i] = (float)v / 100;
  }
  return p;
}

/* In int8 with relaxed SIMD and one thread the peak is not a convolution's but the dot product's own: two rows by four
 * columns of it, unrolled, from 6 KiB. In the two forms that the product has (wasm/dot_kernels.c), of which the faster one
 * counts, as many multiply-adds as the convolution's. */
#if defined(__wasm_relaxed_simd__) && defined(__EMSCRIPTEN__)
enum { DOT_STEPS = 64, DOT_TIMES = PEAK_PIXELS * PEAK_IN * PEAK_OUT / (DOT_STEPS * 8 * 16), DOT_TRIES = 20 };

static inline v128_t dot_whole(v128_t weights, v128_t values, v128_t sums) {
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(weights, values, sums);
}

static inline v128_t dot_pieces(v128_t weights, v128_t values, v128_t sums) {
  v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(weights, values);
  return wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
}

static inline void dot_run(const v128_t *from, v128_t *sums, v128_t (*dot)(v128_t, v128_t, v128_t)) {
  for (int time = 0; time < DOT_TIMES; time++) {
    const v128_t *at = from;
    __asm__ volatile("" : "+r"(at) : : "memory"); /* else the compiler computes it once */
    for (int step = 0; step < DOT_STEPS; step++, at += 6)
      for (int c = 0; c < 4; c++) {
        sums[c] = dot(at[c], at[4], sums[c]);
        sums[4 + c] = dot(at[c], at[5], sums[4 + c]);
      }
  }
}

static void dot_once(bench_peak *p, bool whole) {
  v128_t sums[8] = {wasm_i32x4_splat(0)};
  if (whole) dot_run(p->input, sums, dot_whole);
  else dot_run(p->input, sums, dot_pieces);
  for (int i = 0; i < 8; i++) wasm_v128_store((v128_t *)p->output + i, sums[i]);
}

static bool whole_is_faster(bench_peak *p) {
  double least[2] = {INFINITY, INFINITY};
  for (int i = 0; i < 2 * DOT_TRIES; i++) {
    double begin = emscripten_get_now();
    dot_once(p, i % 2 == 1);
    double took = emscripten_get_now() - begin;
    if (took < least[i % 2]) least[i % 2] = took;
  }
  return least[1] < least[0];
}

API int bench_peak_run(bench_peak *p) {
  if (!p->int8 || p->pool != NULL) return (int)xnn_invoke_runtime(p->runtime);
  if (!p->chosen) p->whole = whole_is_faster(p);
  p->chosen = true;
  dot_once(p, p->whole);
  return 0;
}
#else
API int bench_peak_run(bench_peak *p) { return (int)xnn_invoke_runtime(p->runtime); }
#endif

/* ---- native ---- */

#ifndef __EMSCRIPTEN__

static double milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *read_file(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) return NULL;
  void *bytes = NULL;
  long end = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
  if (end > 0 && fseek(f, 0, SEEK_SET) == 0) bytes = malloc((size_t)end);
  if (bytes != NULL && fread(bytes, 1, (size_t)end, f) != (size_t)end) {
    free(bytes);
    bytes = NULL;
  }
  fclose(f);
  *size = bytes != NULL ? (size_t)end : 0;
  return bytes;
}

/* Something to work on: all zeros would be no picture. */
static void fill(bench_network *b, int side) {
  float *input = bench_input(b);
  for (int i = 0; i < side * side * 3; i++) input[i] = (float)(i * 29 % 255 - 127) / 128;
}

/* A JSON array, one round a line: times of the network, of the f32 and the int8 peak in ms, and the profile */
static int measure(bench_network *plain, bench_network *profiled, bench_peak *peak[2], int rounds) {
  const int peak_runs = 10, warm_up = 2;
  for (int round = -warm_up; round < rounds; round++) {
    double t[4] = {milliseconds()};
    int failed = bench_run(plain);
    t[1] = milliseconds();
    for (int kind = 0; kind < 2; kind++) {
      for (int i = 0; i < peak_runs; i++) failed |= bench_peak_run(peak[kind]);
      t[2 + kind] = milliseconds();
    }
    failed |= bench_run(profiled);
    char *profile = failed ? NULL : bench_profile(profiled);
    if (profile == NULL) return 1;
    if (round >= 0)
      printf("%s{\"network\":%.4f,\"peak_macs\":%d,\"peak_f32\":%.5f,\"peak_int8\":%.5f,\"profile\":%s}\n",
             round > 0 ? "," : "[", t[1] - t[0], bench_peak_macs(), (t[2] - t[1]) / peak_runs,
             (t[3] - t[2]) / peak_runs, profile);
    free(profile);
  }
  puts("]");
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: layers WEIGHTS SIZE THREADS ROUNDS\n");
    return 2;
  }
  size_t size;
  void *bytes = read_file(argv[1], &size);
  int side = atoi(argv[2]), threads = atoi(argv[3]);
  vm_error err = {.status = VM_OK, .text = "out of memory", .why = ""};
  bench_network *plain = bytes != NULL ? bench_open(bytes, size, side, threads, 0, &err) : NULL;
  bench_network *profiled = plain != NULL ? bench_open(bytes, size, side, threads, 1, &err) : NULL;
  bench_peak *peak[2] = {bench_peak_open(0, threads), bench_peak_open(1, threads)};
  int failed = 1;
  if (bytes == NULL) fprintf(stderr, "layers: %s cannot be read\n", argv[1]);
  else if (profiled == NULL) fprintf(stderr, "layers: %s\n", err.text);
  else if (peak[0] == NULL || peak[1] == NULL) fprintf(stderr, "layers: the peak's convolution cannot be built\n");
  else {
    fill(plain, side);
    fill(profiled, side);
    failed = measure(plain, profiled, peak, atoi(argv[4]));
  }
  bench_peak_close(peak[0]);
  bench_peak_close(peak[1]);
  bench_close(plain);
  bench_close(profiled);
  free(bytes);
  return failed;
}
#endif
