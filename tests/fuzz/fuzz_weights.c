/* Any bytes as a weights file: what opens must be readable to its last number. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "weights.h"

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
    free(out);
  }
  weights_close(&w);
  return 0;
}
