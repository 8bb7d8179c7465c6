/* Any bytes as a weights file: what opens must be readable to its last number. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "weights.h"

/* As the network expands a filter: along its first or its last side. */
static void expand(const vm_weights *w, const weights_tensor *t, float *out) {
  for (int axis = 0; axis < 4; axis += 3) {
    vm_error err = {0};
    float *steps = calloc(t->shape[axis], sizeof *steps);
    if (steps != NULL && weights_expand(w, t, axis, steps, out, &err) != VM_OK && err.text[0] == 0) abort();
    free(steps);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_weights w;
  vm_error err = {0};
  if (weights_open(data, size, &w, &err) != VM_OK) {
    if (err.text[0] == 0) abort();
    return 0;
  }
  for (int i = 0; i < w.tensor_count; i++) {
    float *out = malloc(w.tensors[i].count * sizeof *out);
    if (out != NULL) weights_read(&w, &w.tensors[i], out, &err);
    if (out != NULL) expand(&w, &w.tensors[i], out);
    free(out);
  }
  weights_close(&w);
  return 0;
}
