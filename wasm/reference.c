/* XNNPACK falls back to plain C++ for operators and types that it has no kernel for. Our graph has none of these, and
 * that code would be a seventh of what the page has to fetch. With these two in its place the library's own objects stay
 * out of the module; an operator without a kernel is then refused when the network is built. */
#include "xnnpack/reference-config.h"

const struct xnn_unary_elementwise_config *
xnn_init_unary_reference_config(enum xnn_unary_operator op, enum xnn_datatype in, enum xnn_datatype out) {
  (void)op, (void)in, (void)out;
  return NULL;
}

const struct xnn_binary_elementwise_config *xnn_init_binary_reference_config(enum xnn_binary_operator op,
                                                                             enum xnn_datatype type) {
  (void)op, (void)type;
  return NULL;
}
