# Written by wasm/third-party/gen_sources.py (make sources). Do not edit.

XNN_OPERATORS := \
  src/operators/average-pooling-nhwc.c \
  src/operators/binary-elementwise-nd.c \
  src/operators/convolution-nchw.c \
  src/operators/convolution-nhwc.c \
  src/operators/dynamic-fully-connected-nc.c \
  src/operators/fully-connected-nc.c \
  src/operators/pack-lh.c \
  src/operators/reduce-nd.c \
  src/operators/resize-bilinear-nchw.c \
  src/operators/resize-bilinear-nhwc.c \
  src/operators/unary-elementwise-nc.c

XNN_SUBGRAPH := \
  src/subgraph/average-pooling-2d.c \
  src/subgraph/binary.c \
  src/subgraph/concatenate.c \
  src/subgraph/convolution-2d.c \
  src/subgraph/depthwise-convolution-2d.c \
  src/subgraph/fully-connected.c \
  src/subgraph/pack-lh.c \
  src/subgraph/reshape-helpers.c \
  src/subgraph/static-reduce.c \
  src/subgraph/static-resize-bilinear-2d.c \
  src/subgraph/unary.c \
  src/subgraph/validation.c

XNN_CORE := \
  src/allocator.c \
  src/cache.c \
  src/configs/avgpool-config.c \
  src/configs/binary-elementwise-config.c \
  src/configs/dwconv-config.c \
  src/configs/gemm-config.c \
  src/configs/hardware-config.c \
  src/configs/ibilinear-config.c \
  src/configs/pack-lh-config.c \
  src/configs/pavgpool-config.c \
  src/configs/reduce-config.c \
  src/configs/unary-elementwise-config.c \
  src/configs/vmulcaddc-config.c \
  src/datatype.c \
  src/enums/datatype-strings.c \
  src/enums/microkernel-type.c \
  src/enums/operator-type.c \
  src/indirection.c \
  src/init.c \
  src/memory-planner.c \
  src/microkernel-utils.c \
  src/microparams-init.c \
  src/normalization.c \
  src/operator-delete.c \
  src/operator-run.c \
  src/operator-utils.c \
  src/params.c \
  src/runtime.c \
  src/subgraph.c \
  src/tables/exp2minus-k-over-64.c \
  src/tensor.c

XNN_CXX := \
  src/reference/packing.cc

XNN_SCALAR := \
  src/xx-copy/xx-copy-scalar-memcpy.c

XNN_WASMSIMD := \
  src/f32-avgpool/f32-avgpool-9p8x-minmax-wasmsimd-arm-c4.c \
  src/f32-avgpool/f32-avgpool-9p8x-minmax-wasmsimd-x86-c4.c \
  src/f32-avgpool/f32-avgpool-9x-minmax-wasmsimd-arm-c4.c \
  src/f32-avgpool/f32-avgpool-9x-minmax-wasmsimd-x86-c4.c \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-wasmsimd-arm-splat.c \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-wasmsimd-x86-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-wasmsimd-x86-splat.c \
  src/f32-gemm/gen/f32-gemm-1x8-relu-wasmsimd-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-relu-wasmsimd-splat.c \
  src/f32-gemm/gen/f32-gemm-1x8-wasmsimd-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-wasmsimd-splat.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-minmax-wasmsimd-arm.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-minmax-wasmsimd-x86.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-wasmsimd.c \
  src/f32-gemm/gen/f32-gemm-4x8-minmax-wasmsimd-x86-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-4x8-minmax-wasmsimd-x86-splat.c \
  src/f32-gemm/gen/f32-gemm-4x8-relu-wasmsimd-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-4x8-relu-wasmsimd-splat.c \
  src/f32-gemm/gen/f32-gemm-4x8-wasmsimd-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-4x8-wasmsimd-splat.c \
  src/f32-gemm/gen/f32-gemm-5x8-minmax-wasmsimd-arm-splat.c \
  src/f32-gemm/gen/f32-gemm-5x8-relu-wasmsimd-splat.c \
  src/f32-gemm/gen/f32-gemm-5x8-wasmsimd-splat.c \
  src/f32-ibilinear/gen/f32-ibilinear-wasmsimd-c8.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-wasmsimd-arm-splat.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-wasmsimd-x86-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-wasmsimd-x86-splat.c \
  src/f32-igemm/gen/f32-igemm-1x8-relu-wasmsimd-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-relu-wasmsimd-splat.c \
  src/f32-igemm/gen/f32-igemm-1x8-wasmsimd-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-wasmsimd-splat.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-minmax-wasmsimd-arm.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-minmax-wasmsimd-x86.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-wasmsimd.c \
  src/f32-igemm/gen/f32-igemm-4x8-minmax-wasmsimd-x86-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-4x8-minmax-wasmsimd-x86-splat.c \
  src/f32-igemm/gen/f32-igemm-4x8-relu-wasmsimd-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-4x8-relu-wasmsimd-splat.c \
  src/f32-igemm/gen/f32-igemm-4x8-wasmsimd-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-4x8-wasmsimd-splat.c \
  src/f32-igemm/gen/f32-igemm-5x8-minmax-wasmsimd-arm-splat.c \
  src/f32-igemm/gen/f32-igemm-5x8-relu-wasmsimd-splat.c \
  src/f32-igemm/gen/f32-igemm-5x8-wasmsimd-splat.c \
  src/f32-pavgpool/f32-pavgpool-9p8x-minmax-wasmsimd-arm-c4.c \
  src/f32-pavgpool/f32-pavgpool-9p8x-minmax-wasmsimd-x86-c4.c \
  src/f32-pavgpool/f32-pavgpool-9x-minmax-wasmsimd-arm-c4.c \
  src/f32-pavgpool/f32-pavgpool-9x-minmax-wasmsimd-x86-c4.c \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-wasmsimd-magic-u32.c \
  src/f32-rdsum/gen/f32-rdsum-7p7x-minmax-wasmsimd-c16.c \
  src/f32-rsum/gen/f32-rsum-wasmsimd-u16-acc4.c \
  src/f32-vbinary/gen/f32-vadd-wasmsimd-u16.c \
  src/f32-vbinary/gen/f32-vaddc-wasmsimd-u16.c \
  src/f32-vbinary/gen/f32-vmul-wasmsimd-u16.c \
  src/f32-vbinary/gen/f32-vmulc-wasmsimd-u16.c \
  src/f32-vclamp/gen/f32-vclamp-wasmsimd-arm-u8.c \
  src/f32-vclamp/gen/f32-vclamp-wasmsimd-x86-u8.c \
  src/f32-vmulcaddc/gen/f32-vmulcaddc-c4-minmax-wasmsimd-arm-2x.c \
  src/f32-vmulcaddc/gen/f32-vmulcaddc-c4-minmax-wasmsimd-x86-2x.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-wasmsimd-rr2-p5-div-u16.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-wasmsimd-u32.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x4c2s4-minmax-fp32-wasmsimd-dot16x2-ld128.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-4x4c2s4-minmax-fp32-wasmsimd-dot16x2-ld128.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x4c2s4-minmax-fp32-wasmsimd-dot16x2-ld128.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-4x4c2s4-minmax-fp32-wasmsimd-dot16x2-ld128.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-wasmsimd-u32.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-wasmsimd-u32.c \
  src/qs8-vcvt/gen/qs8-vcvt-wasmsimd-u16.c \
  src/qs8-vmul/gen/qs8-vmul-minmax-fp32-wasmsimd-mul32-ld64-u8.c \
  src/qs8-vmulc/gen/qs8-vmulc-minmax-fp32-wasmsimd-mul32-ld64-u8.c \
  src/s8-ibilinear/gen/s8-ibilinear-wasmsimd-dot16x2-c8.c \
  src/s8-vclamp/s8-vclamp-wasmsimd-u64.c \
  src/x32-packw/gen/x32-packw-x2c4-gemm-goi-wasmsimd-u4.c \
  src/x32-packw/gen/x32-packw-x8-gemm-goi-wasmsimd-u4.c

XNN_WASMRELAXEDSIMD := \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-wasmrelaxedsimd-fma-splat.c \
  src/f32-gemm/gen/f32-gemm-1x8-relu-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-relu-wasmrelaxedsimd-fma-splat.c \
  src/f32-gemm/gen/f32-gemm-1x8-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-1x8-wasmrelaxedsimd-fma-splat.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-minmax-wasmrelaxedsimd-fma.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-wasmrelaxedsimd-fma.c \
  src/f32-gemm/gen/f32-gemm-4x8-minmax-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-4x8-relu-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-4x8-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-gemm/gen/f32-gemm-6x8-minmax-wasmrelaxedsimd-fma-splat.c \
  src/f32-gemm/gen/f32-gemm-6x8-relu-wasmrelaxedsimd-fma-splat.c \
  src/f32-gemm/gen/f32-gemm-6x8-wasmrelaxedsimd-fma-splat.c \
  src/f32-ibilinear/gen/f32-ibilinear-wasmrelaxedsimd-c8.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-wasmrelaxedsimd-fma-splat.c \
  src/f32-igemm/gen/f32-igemm-1x8-relu-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-relu-wasmrelaxedsimd-fma-splat.c \
  src/f32-igemm/gen/f32-igemm-1x8-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-1x8-wasmrelaxedsimd-fma-splat.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-minmax-wasmrelaxedsimd-fma.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-wasmrelaxedsimd-fma.c \
  src/f32-igemm/gen/f32-igemm-4x8-minmax-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-4x8-relu-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-4x8-wasmrelaxedsimd-fma-loadsplat.c \
  src/f32-igemm/gen/f32-igemm-6x8-minmax-wasmrelaxedsimd-fma-splat.c \
  src/f32-igemm/gen/f32-igemm-6x8-relu-wasmrelaxedsimd-fma-splat.c \
  src/f32-igemm/gen/f32-igemm-6x8-wasmrelaxedsimd-fma-splat.c \
  src/f32-vmulcaddc/gen/f32-vmulcaddc-c4-minmax-wasmrelaxedsimd-fma-2x.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-wasmrelaxedsimd-fma-rr2-p5-div-u24.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-wasmsdot-u2.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-wasmsdot.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-wasmusdot-u2.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-2x8c8-minmax-fp32-wasmsdot.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-4x8c8-minmax-fp32-wasmsdot-u2.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-4x8c8-minmax-fp32-wasmusdot-u2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-wasmsdot-u2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-wasmsdot.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-wasmusdot-u2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-2x8c8-minmax-fp32-wasmsdot.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-4x8c8-minmax-fp32-wasmsdot-u2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-4x8c8-minmax-fp32-wasmusdot-u2.c \
  src/qs8-vcvt/gen/qs8-vcvt-wasmrelaxedsimd-u32.c

XNN_SSE := \
  src/f32-avgpool/f32-avgpool-9p8x-minmax-sse-c4.c \
  src/f32-avgpool/f32-avgpool-9x-minmax-sse-c4.c \
  src/f32-dwconv/gen/f32-dwconv-25p8c-minmax-sse.c \
  src/f32-dwconv/gen/f32-dwconv-3p8c-minmax-sse.c \
  src/f32-dwconv/gen/f32-dwconv-4p8c-minmax-sse.c \
  src/f32-dwconv/gen/f32-dwconv-9p8c-minmax-sse.c \
  src/f32-gemm/gen/f32-gemm-1x8-minmax-sse-load1.c \
  src/f32-gemm/gen/f32-gemm-4x2c4-minmax-sse.c \
  src/f32-gemm/gen/f32-gemm-4x8-minmax-sse-load1.c \
  src/f32-ibilinear/gen/f32-ibilinear-sse-c8.c \
  src/f32-igemm/gen/f32-igemm-1x8-minmax-sse-load1.c \
  src/f32-igemm/gen/f32-igemm-4x2c4-minmax-sse.c \
  src/f32-igemm/gen/f32-igemm-4x8-minmax-sse-load1.c \
  src/f32-pavgpool/f32-pavgpool-9p8x-minmax-sse-c4.c \
  src/f32-pavgpool/f32-pavgpool-9x-minmax-sse-c4.c \
  src/f32-rdsum/gen/f32-rdsum-7p7x-minmax-sse-c16.c \
  src/f32-rsum/gen/f32-rsum-sse-u16-acc4.c \
  src/f32-vbinary/gen/f32-vadd-sse-u8.c \
  src/f32-vbinary/gen/f32-vaddc-sse-u8.c \
  src/f32-vbinary/gen/f32-vmul-sse-u8.c \
  src/f32-vbinary/gen/f32-vmulc-sse-u8.c \
  src/f32-vclamp/gen/f32-vclamp-sse-u8.c \
  src/f32-vmulcaddc/gen/f32-vmulcaddc-c4-minmax-sse-2x.c

XNN_SSE2 := \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-sse2-u32.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-sse2-rr2-lut64-p2-div-u8.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-sse2-u32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p8c-minmax-fp32-sse2-mul16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-3p8c-minmax-fp32-sse2-mul16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p8c-minmax-fp32-sse2-mul16.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x4c8-minmax-fp32-sse2-ld64.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-3x4c8-minmax-fp32-sse2-ld64.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x4c8-minmax-fp32-sse2-ld64.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-3x4c8-minmax-fp32-sse2-ld64.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-sse2-mul16-ld64-u8.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-sse2-mul16-ld64-u8.c \
  src/qs8-vcvt/gen/qs8-vcvt-sse2-u32.c \
  src/qs8-vmul/gen/qs8-vmul-minmax-fp32-sse2-mul16-ld64-u8.c \
  src/qs8-vmulc/gen/qs8-vmulc-minmax-fp32-sse2-mul16-ld64-u8.c \
  src/s8-ibilinear/gen/s8-ibilinear-sse2-c8.c \
  src/s8-vclamp/s8-vclamp-sse2-u64.c \
  src/x32-packw/gen/x32-packw-x2c4-gemm-goi-sse2-u4.c \
  src/x32-packw/gen/x32-packw-x8-gemm-goi-sse2-u4.c

XNN_SSSE3 := \
  src/qs8-vcvt/gen/qs8-vcvt-ssse3-u32.c

XNN_SSE41 := \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-sse41-u32.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-sse41-rr2-lut64-p2-div-u8.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-sse41-u16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p8c-minmax-fp32-sse41-mul16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-3p8c-minmax-fp32-sse41-mul16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p8c-minmax-fp32-sse41-mul16.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x4c8-minmax-fp32-sse41-ld64.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-3x4c8-minmax-fp32-sse41-ld64.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x4c8-minmax-fp32-sse41-ld64.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-3x4c8-minmax-fp32-sse41-ld64.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-sse41-mul16-ld64-u8.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-sse41-mul16-ld64-u8.c \
  src/qs8-vcvt/gen/qs8-vcvt-sse41-u32.c \
  src/qs8-vmul/gen/qs8-vmul-minmax-fp32-sse41-mul16-ld64-u16.c \
  src/qs8-vmulc/gen/qs8-vmulc-minmax-fp32-sse41-mul16-ld64-u16.c \
  src/s8-ibilinear/gen/s8-ibilinear-sse41-c16.c \
  src/s8-vclamp/s8-vclamp-sse41-u64.c

XNN_AVX := \
  src/f32-dwconv/gen/f32-dwconv-25p8c-minmax-avx.c \
  src/f32-dwconv/gen/f32-dwconv-3p16c-minmax-avx.c \
  src/f32-dwconv/gen/f32-dwconv-4p16c-minmax-avx.c \
  src/f32-dwconv/gen/f32-dwconv-9p16c-minmax-avx.c \
  src/f32-gemm/gen/f32-gemm-1x16-minmax-avx-broadcast.c \
  src/f32-gemm/gen/f32-gemm-5x16-minmax-avx-broadcast.c \
  src/f32-igemm/gen/f32-igemm-1x16-minmax-avx-broadcast.c \
  src/f32-igemm/gen/f32-igemm-5x16-minmax-avx-broadcast.c \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-avx-u32.c \
  src/f32-rdsum/gen/f32-rdsum-7p7x-minmax-avx-c32.c \
  src/f32-rsum/gen/f32-rsum-avx-u32-acc4.c \
  src/f32-vbinary/gen/f32-vadd-avx-u16.c \
  src/f32-vbinary/gen/f32-vaddc-avx-u16.c \
  src/f32-vbinary/gen/f32-vmul-avx-u16.c \
  src/f32-vbinary/gen/f32-vmulc-avx-u16.c \
  src/f32-vclamp/gen/f32-vclamp-avx-u16.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-avx-rr2-p5-nr2-u40.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-avx-u32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p16c-minmax-fp32-avx-mul16-add16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-3p16c-minmax-fp32-avx-mul16-add16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p16c-minmax-fp32-avx-mul16-add16.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x4c8-minmax-fp32-avx-ld128.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-2x4c8-minmax-fp32-avx-ld128.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x4c8-minmax-fp32-avx-ld128.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-2x4c8-minmax-fp32-avx-ld128.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-avx-mul32-ld32-u8.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-avx-mul32-ld32-u8.c \
  src/qs8-vcvt/gen/qs8-vcvt-avx-u32.c \
  src/qs8-vmul/gen/qs8-vmul-minmax-fp32-avx-mul16-ld64-u16.c \
  src/qs8-vmulc/gen/qs8-vmulc-minmax-fp32-avx-mul16-ld64-u16.c \
  src/x32-packw/gen/x32-packw-x16-gemm-goi-avx-u4.c \
  src/x32-packw/gen/x32-packw-x16s4-gemm-goi-avx-u4.c

XNN_FMA3 := \
  src/f32-dwconv/gen/f32-dwconv-25p8c-minmax-fma3.c \
  src/f32-dwconv/gen/f32-dwconv-3p16c-minmax-fma3.c \
  src/f32-dwconv/gen/f32-dwconv-4p16c-minmax-fma3.c \
  src/f32-dwconv/gen/f32-dwconv-9p16c-minmax-fma3.c \
  src/f32-gemm/gen/f32-gemm-1x16-minmax-fma3-broadcast.c \
  src/f32-gemm/gen/f32-gemm-1x16s4-minmax-fma3-broadcast.c \
  src/f32-gemm/gen/f32-gemm-4x16s4-minmax-fma3-broadcast.c \
  src/f32-gemm/gen/f32-gemm-5x16-minmax-fma3-broadcast.c \
  src/f32-igemm/gen/f32-igemm-1x16-minmax-fma3-broadcast.c \
  src/f32-igemm/gen/f32-igemm-1x16s4-minmax-fma3-broadcast.c \
  src/f32-igemm/gen/f32-igemm-4x16s4-minmax-fma3-broadcast.c \
  src/f32-igemm/gen/f32-igemm-5x16-minmax-fma3-broadcast-prfm.c

XNN_AVX2 := \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-avx2-u64.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-avx2-rr1-p5-div-u40.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-avx2-u16.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p16c-minmax-fp32-avx2-mul32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-3p16c-minmax-fp32-avx2-mul32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p16c-minmax-fp32-avx2-mul32.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-avx2.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-3x8c8-minmax-fp32-avx2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-avx2.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-3x8c8-minmax-fp32-avx2.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-avx2-mul32-ld64-u16.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-avx2-mul32-ld64-u16.c \
  src/qs8-vcvt/gen/qs8-vcvt-avx2-u32.c \
  src/s8-vclamp/s8-vclamp-avx2-u128.c

XNN_AVXVNNI := \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-avxvnni-prfm.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-5x8c8-minmax-fp32-avxvnni-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-avxvnni-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-5x8c8-minmax-fp32-avxvnni-prfm.c \
  src/qs8-qu8-packw/gen/qs8-qu8-packw-x8c8-gemm-goi-avxvnni.c

XNN_AVX256SKX := \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x8c8-minmax-fp32-avx256skx.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-4x8c8-minmax-fp32-avx256skx.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x8c8-minmax-fp32-avx256skx.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-4x8c8-minmax-fp32-avx256skx.c

XNN_AVX256VNNI := \
  src/qs8-qu8-packw/gen/qs8-qu8-packw-x16c8-gemm-goi-avx256vnni.c

XNN_AVX512F := \
  src/f32-dwconv/gen/f32-dwconv-25p16c-minmax-avx512f.c \
  src/f32-dwconv/gen/f32-dwconv-3p16c-minmax-avx512f.c \
  src/f32-dwconv/gen/f32-dwconv-4p16c-minmax-avx512f.c \
  src/f32-dwconv/gen/f32-dwconv-9p16c-minmax-avx512f.c \
  src/f32-gemm/gen/f32-gemm-1x32-minmax-avx512f-broadcast.c \
  src/f32-gemm/gen/f32-gemm-7x32-minmax-avx512f-broadcast.c \
  src/f32-igemm/gen/f32-igemm-1x32-minmax-avx512f-broadcast.c \
  src/f32-igemm/gen/f32-igemm-7x32-minmax-avx512f-broadcast.c \
  src/f32-rdsum/gen/f32-rdsum-7p7x-minmax-avx512f-c64.c \
  src/f32-rsum/gen/f32-rsum-avx512f-u64-acc4.c \
  src/f32-vbinary/gen/f32-vadd-avx512f-u32.c \
  src/f32-vbinary/gen/f32-vaddc-avx512f-u32.c \
  src/f32-vbinary/gen/f32-vmul-avx512f-u32.c \
  src/f32-vbinary/gen/f32-vmulc-avx512f-u32.c \
  src/f32-vclamp/gen/f32-vclamp-avx512f-u16.c \
  src/f32-vsigmoid/gen/f32-vsigmoid-avx512f-rr2-lut32-p2-perm2-scalef-div-u64.c \
  src/x32-packw/gen/x32-packw-x32-gemm-goi-avx512f-u4-prfm.c

XNN_AVX512SKX := \
  src/f32-qs8-vcvt/gen/f32-qs8-vcvt-avx512skx-u128.c \
  src/qs8-f32-vcvt/gen/qs8-f32-vcvt-avx512skx-u32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-25p32c-minmax-fp32-avx512skx-mul32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-3p32c-minmax-fp32-avx512skx-mul32.c \
  src/qs8-qc8w-dwconv/gen/qs8-qc8w-dwconv-9p32c-minmax-fp32-avx512skx-mul32.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x16c8-minmax-fp32-avx512skx-prfm.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-7x16c8-minmax-fp32-avx512skx-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x16c8-minmax-fp32-avx512skx-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-7x16c8-minmax-fp32-avx512skx-prfm.c \
  src/qs8-vadd/gen/qs8-vadd-minmax-avx512skx-mul32-ld128-u16.c \
  src/qs8-vaddc/gen/qs8-vaddc-minmax-avx512skx-mul32-ld128-u16.c \
  src/s8-vclamp/s8-vclamp-avx512skx-u256.c

XNN_AVX512VNNI := \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-1x16c8-minmax-fp32-avx512vnni-prfm.c \
  src/qs8-qc8w-gemm/gen/qs8-qc8w-gemm-7x16c8-minmax-fp32-avx512vnni-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-1x16c8-minmax-avx512vnni-prfm.c \
  src/qs8-qc8w-igemm/gen/qs8-qc8w-igemm-7x16c8-minmax-avx512vnni-prfm.c
