/* The weights file: safetensors, read with nothing taken on trust.
 *
 * Layout: 8 bytes header length (little endian), header (JSON), tensor data. `__metadata__.vmnet` holds one more JSON
 * text with what is not a tensor: version, classes with calibration and thresholds, preprocessing.
 *
 * A layer's NAME.weight comes in one of three ways, each layer in its own:
 *
 *   F16 or F32                                  as it is; computed in f32
 *   I8 with NAME.step [out]                     whole number times the step of its output channel; computed in f32
 *   I8 with NAME.scale [out], NAME.output [4]   computed in int8; weights/train/quantise.py
 *
 * Beside one of the first two kinds NAME.whole [1] is the upper limit of what the layer gives, rounded to whole numbers: what
 * reads it can then sum products exactly, whatever the order, and a picture has the same answer on every machine.
 *
 * A sum of int8 values has a NAME.output too. Beside a layer of the first two kinds it says into what int8 its output is
 * converted.
 */
#ifndef VM_WEIGHTS_H
#define VM_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmnet.h"

#define WEIGHTS_FORMAT 1 /* the only version that this code reads */
#define WEIGHTS_MAX_HEADER (1u << 20)
#define WEIGHTS_MAX_TENSORS 1024
#define WEIGHTS_MAX_NAME 64
#define WEIGHTS_MOST 127 /* the largest magnitude of a whole number */
/* The largest sum of two magnitudes that lie side by side along the channels of an int8 filter that is no depthwise one: their
 * products with bytes then fit the 16 bits that relaxed SIMD's dot product and dot_avx2.c add them in, 128 * 255 < 32768. */
#define WEIGHTS_MOST_PAIR 128
#define WEIGHTS_PREPROCESSING "(rgb - 127) / 128"

typedef enum weights_type { WEIGHTS_F16, WEIGHTS_F32, WEIGHTS_I8 } weights_type;

typedef struct weights_tensor {
  char name[WEIGHTS_MAX_NAME];
  uint32_t mark; /* of the name: what another name seldom has */
  weights_type type;
  int rank;
  size_t shape[4]; /* unused places are 1 */
  size_t offset;   /* of the first byte, from the start of the file */
  size_t count;    /* elements */
} weights_tensor;

/* A cut on the probability, with what it gave on the validation photographs; all in 0..1. */
typedef struct weights_point {
  float threshold, sensitivity, specificity;
} weights_point;

#define WEIGHTS_POINTS 3
extern const char *const weights_point_names[WEIGHTS_POINTS]; /* "screening", "balanced", "specific" */

typedef struct weights_class {
  char name[WEIGHTS_MAX_NAME];
  char id[WEIGHTS_MAX_NAME]; /* the name in lower case with '-' for all but letters and digits */
  float scale, offset;       /* probability = sigmoid(scale * logit + offset) */
  float threshold;           /* balanced operating point on the probability */
  bool has_points;           /* older weights hold the threshold alone */
  weights_point
      points[WEIGHTS_POINTS]; /* by rising threshold, but for normal where the file says how to decide: there they
                                         * are the decision's own cuts, with the shares of the healthy that then read as
                                         * without a finding and of the diseased that do not */
} weights_class;

/* The cuts of one operating point under which a photograph reads as one without a finding; src/decision.c. */
typedef struct weights_clear {
  float normal_at;         /* least probability of normal */
  float evidence_at;       /* evidence that anything is wrong stays under it */
  float diseased, healthy; /* shares of the validation eyes that then read so, 0..1 */
  float near;              /* logit units under its cut from which a finding counts as near it */
} weights_clear;

/* How the classes become one answer. */
typedef struct weights_decision {
  bool given;                   /* false: older weights, which never answer "no finding" */
  int normal;                   /* index of the class of healthy eyes; -1: none */
  bool unnamed[VM_MAX_CLASSES]; /* classes that are no disease of their own */
  /* evidence = offset + sum of logits[c] * logit c + lse * log-sum-exp of all logits but normal's: log-odds that
   * something is wrong */
  float logits[VM_MAX_CLASSES], lse, offset;
  weights_clear points[WEIGHTS_POINTS];
} weights_decision;

/* What speaks for a photograph that can be judged; src/quality.c says how each is measured and scaled. */
enum {
  WEIGHTS_FACT_GRADABILITY,
  WEIGHTS_FACT_VESSELS,
  WEIGHTS_FACT_OPTIC_DISC,
  WEIGHTS_FACT_LIT,
  WEIGHTS_FACT_LIGHT,
  WEIGHTS_FACT_FINENESS,
  WEIGHTS_FACT_FUNDUS,
  WEIGHTS_FACT_HUES,
  WEIGHTS_FACTS
};

typedef struct weights_quality {
  bool given; /* false: the network's own gradability alone */
  float facts[WEIGHTS_FACTS], offset;
} weights_quality;

/* A kind of lesion that the network draws. */
typedef struct weights_lesion {
  vm_lesion kind;
  float threshold; /* on the probability, from which on a place counts as one */
} weights_lesion;

/* How a grade is read off the network's own outputs; src/grade.c. */
typedef struct weights_grade {
  bool given;      /* false: the network gives none */
  int class_index; /* of what is graded */
  /* probability of at least grade k + 1 = sigmoid(scale[k] * logit k + offset[k]); the grade is reached from cuts[k] on */
  float scale[VM_GRADES], offset[VM_GRADES], cuts[VM_GRADES];
} weights_grade;

#define WEIGHTS_WAYS 4 /* in which a photograph lies: upright, or turned counter-clockwise by 90, 180, 270 degrees */

/* When a photograph is turned upright; src/upright.c. */
typedef struct weights_orientation {
  bool given;        /* false: the network does not see how it lies */
  float turned_from; /* the chance that it lies on its side, 0..1, from which on it is turned */
} weights_orientation;

typedef struct vm_weights {
  const uint8_t *bytes; /* borrowed: must outlive this struct */
  size_t size;
  int tensor_count;
  weights_tensor *tensors; /* owned */
  int class_count;
  weights_class classes[VM_MAX_CLASSES];
  weights_decision decision;
  weights_quality quality;
  bool structures;  /* the network draws optic disc and cup */
  bool arteries;    /* it tells arteries from veins */
  int lesion_kinds; /* how many kinds of lesion it draws: 0 to VM_LESIONS */
  weights_lesion lesions[VM_LESIONS];
  weights_grade grade;
  weights_orientation orientation;
  float vessel_threshold, gradable_threshold;
  char name[WEIGHTS_MAX_NAME]; /* of the weights, such as "vmnet-v0" */
} vm_weights;

/* Reads and checks everything but the values; bytes are borrowed until weights_close. */
vm_status weights_open(const void *bytes, size_t size, vm_weights *out, vm_error *err);
void weights_close(vm_weights *weights);

/* Frees the tensors and gives the bytes back; classes, thresholds and the rest of the metadata stay. */
void weights_drop_tensors(vm_weights *weights);

/* The tensor of that name; NULL if there is none. */
const weights_tensor *weights_seek(const vm_weights *weights, const char *name);

/* The same, with err filled if there is none. */
const weights_tensor *weights_find(const vm_weights *weights, const char *name, vm_error *err);

/* Converts a tensor of F16 or F32 to f32: out [count]. Fails on NaN and infinity. */
vm_status weights_read(const vm_weights *weights, const weights_tensor *tensor, float *out, vm_error *err);

/* Copies an I8 tensor: out [count]. Fails on magnitudes over WEIGHTS_MOST; with `pairs` too on two side by side along the last
 * side (the first and the second, the third and the fourth, ...) over WEIGHTS_MOST_PAIR. */
vm_status weights_read_int8(const vm_weights *weights, const weights_tensor *tensor, bool pairs, int8_t *out,
                            vm_error *err);

/* Expands an I8 tensor to f32: each whole number times the step of its channel, out [count]. `axis` (0 to 3) is the side that
 * the channels lie along, steps [shape[axis]] > 0. Fails on magnitudes over WEIGHTS_MOST. */
vm_status weights_expand(const vm_weights *weights, const weights_tensor *tensor, int axis, const float *steps,
                         float *out, vm_error *err);

#endif
