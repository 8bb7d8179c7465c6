/* Names every XNNPACK function that src/network.c may call. Nothing runs: gen_sources.py links this file against
 * all of XNNPACK and keeps in xnnpack-sources.mk only the sources which the linker then pulled in.
 * A new graph call in network.c that does not link: add it here, then `make xnnpack-sources`. */
#include <pthreadpool.h>
#include <xnnpack.h>

typedef void (*function)(void);
#define F(name) ((function)name)

/* int8 needs no names of its own: the graph calls below choose the kernels by the type of their tensors. */
/* clang-format off */
static const function volatile used[] = {
    F(xnn_initialize), F(xnn_deinitialize),
    F(xnn_create_subgraph), F(xnn_delete_subgraph),
    F(xnn_define_tensor_value), F(xnn_define_quantized_tensor_value),
    F(xnn_define_channelwise_quantized_tensor_value), F(xnn_define_dynamically_quantized_tensor_value),

    F(xnn_define_convolution_2d), F(xnn_define_depthwise_convolution_2d), F(xnn_define_fully_connected),
    F(xnn_define_unary), F(xnn_define_binary),
    F(xnn_define_average_pooling_2d), F(xnn_define_global_average_pooling_2d), F(xnn_define_max_pooling_2d),
    F(xnn_define_static_mean), F(xnn_define_static_reduce),
    F(xnn_define_static_resize_bilinear_2d),
    F(xnn_define_concatenate2), F(xnn_define_concatenate3), F(xnn_define_copy),
    F(xnn_define_static_reshape), F(xnn_define_static_slice), F(xnn_define_static_constant_pad),

    F(xnn_create_runtime_v2), F(xnn_create_runtime_v4), F(xnn_delete_runtime),
    F(xnn_create_workspace), F(xnn_release_workspace),
    F(xnn_reshape_runtime), F(xnn_setup_runtime_v2), F(xnn_invoke_runtime),
    F(xnn_get_external_value_shape), F(xnn_get_runtime_profiling_info),

    F(pthreadpool_create), F(pthreadpool_destroy), F(pthreadpool_get_threads_count),
    F(pthreadpool_parallelize_1d), F(pthreadpool_parallelize_1d_tile_1d), F(pthreadpool_parallelize_2d_tile_1d),
};
/* clang-format on */

int main(int argc, char **argv) {
  (void)argc, (void)argv;
  return used[0] == 0; /* volatile: the compiler may not drop the table */
}
