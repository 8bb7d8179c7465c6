/* Copies, as concatenations make them: one for each pixel, of a few channels. XNNPACK calls memcpy, which in WebAssembly leaves
 * the module for the engine each time: the largest concatenation took 5.6 ms so, and takes 3.7. */
#ifdef __wasm_simd128__
#include <string.h>
#include <wasm_simd128.h>

#include "xnnpack/config.h"

enum { VECTOR = 16, MANY = 1024 }; /* bytes; MANY at once are left to the engine */

/* size < VECTOR */
static void copy_few(const char *in, char *out, size_t size) {
  for (; size >= 4; size -= 4, in += 4, out += 4) memcpy(out, in, 4);
  for (; size > 0; size--) *out++ = *in++;
}

static void copy(size_t size, const void *input, void *output, const union xnn_unary_uparams *unused) {
  const char *in = input;
  char *out = output;
  (void)unused;
  if (size >= MANY) {
    memcpy(out, in, size);
    return;
  }
  for (; size >= VECTOR; size -= VECTOR, in += VECTOR, out += VECTOR) wasm_v128_store(out, wasm_v128_load(in));
  copy_few(in, out, size);
}

/* In place of XNNPACK's: wasm.mk leads the calls here. */
const struct xnn_unary_elementwise_config *__wrap_xnn_init_xx_copy_config(void);
const struct xnn_unary_elementwise_config *__wrap_xnn_init_xx_copy_config(void) {
  static const struct xnn_unary_elementwise_config table = {.ukernel = copy};
  return &table;
}
#endif
