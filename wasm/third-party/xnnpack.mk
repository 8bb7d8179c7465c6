# libXNNPACK.a (with pthreadpool and unused.c inside) for each target, from unmodified sources. What links it adds XNN_LINK.
#
#   build/xnnpack/TARGET/libXNNPACK.a     TARGET = native, simd, relaxed, simd-mt or relaxed-mt
#
# XNNPACK's own CMake lists do not know Emscripten, hence this file. The targets share no object: -pthread and
# -mrelaxed-simd change what a compiler may emit and how structs are laid out, and a mixture would link without a word.
# One compiler call takes a whole group of sources: emcc spends longer starting than compiling a kernel.

XNN_SOURCES ?= wasm/third-party/xnnpack-sources.mk
XNN_OUT     ?= build/xnnpack
include $(XNN_SOURCES)
# Calls of tables that the graph never asks for go to unused.c, so that their kernels are not linked and need not be compiled.
XNN_LINK := $(shell sed -nE 's/^UNUSED.([a-z0-9_]+).$$/-Wl,--wrap=\1/p' wasm/third-party/unused.c)

# Recipes run in build/xnnpack/TARGET/GROUP: -c writes objects into the current folder. Relative paths keep the folder of
# this checkout out of the objects.
XNN_UP  := ../../../..
XNN_SRC := $(XNN_UP)/build/deps/src

# What each target compiles: its instruction sets, compilers and flags.
XNN_BASE := OPERATORS SUBGRAPH CORE CXX PTHREADPOOL SCALAR
XNN_GROUPS_native     := $(XNN_BASE) SSE SSE2 SSSE3 SSE41 AVX F16C FMA3 AVX2 AVXVNNI AVX256SKX AVX256VNNI \
                         AVX256VNNIGFNI AVX512F AVX512SKX AVX512VBMI AVX512VNNI AVX512VNNIGFNI
XNN_GROUPS_simd       := $(XNN_BASE) WASM WASMSIMD
XNN_GROUPS_relaxed    := $(XNN_GROUPS_simd) WASMRELAXEDSIMD
XNN_GROUPS_simd-mt    := $(XNN_GROUPS_simd)
XNN_GROUPS_relaxed-mt := $(XNN_GROUPS_relaxed)

XNN_TOOLS_wasm   := build/deps/bin/emcc build/deps/bin/em++ build/deps/bin/emar
XNN_CC_wasm      := $(XNN_UP)/build/deps/bin/emcc
XNN_CXX_wasm     := $(XNN_UP)/build/deps/bin/em++
XNN_AR_wasm       = build/deps/bin/emar
XNN_CC_native     = $(CC)
XNN_CXX_native    = $(CXX)
XNN_AR_native     = $(AR)

# -msimd128 must be on every C file, ours too: without it structs get other sizes and the stack is smashed.
WASM_FLAGS_simd       := -msimd128
WASM_FLAGS_relaxed    := -msimd128 -mrelaxed-simd
WASM_FLAGS_simd-mt    := -msimd128 -pthread
WASM_FLAGS_relaxed-mt := -msimd128 -mrelaxed-simd -pthread
# -fPIC: the native archive also goes into libvmnet.so.
XNN_FLAGS_native      := -fPIC -D_GNU_SOURCE

# One section per function and datum, so that the linker drops what the graph never calls. No -ffast-math ever.
XNN_FLAGS := -w -ffunction-sections -fdata-sections -fno-fast-math -fno-math-errno -DNDEBUG \
  -I$(XNN_SRC)/xnnpack/include -I$(XNN_SRC)/xnnpack/src -I$(XNN_SRC)/pthreadpool/include -I$(XNN_SRC)/pthreadpool/src \
  -I$(XNN_SRC)/fp16/include -I$(XNN_SRC)/fxdiv/include

# XNNPACK wants a value for every one of these. No assembly (x86 has next to none), no sparse inference (our
# weights are dense), no logging, no other processors. MEMOPT lets tensors share one arena.
XNN_DEFS := -DXNN_LOG_LEVEL=0 -DXNN_ENABLE_ASSEMBLY=0 -DXNN_ENABLE_MEMOPT=1 -DXNN_ENABLE_SPARSE=0 \
  -DXNN_ENABLE_GEMM_M_SPECIALIZATION=1 -DXNN_ENABLE_DWCONV_MULTIPASS=0 -DXNN_ENABLE_HVX=0 -DXNN_ENABLE_KLEIDIAI=0 \
  -DXNN_ENABLE_ARM_FP16_VECTOR=0 -DXNN_ENABLE_ARM_FP16_SCALAR=0 -DXNN_ENABLE_ARM_BF16=0 -DXNN_ENABLE_ARM_DOTPROD=0 \
  -DXNN_ENABLE_ARM_I8MM=0 -DXNN_ENABLE_ARM_SME=0 -DXNN_ENABLE_ARM_SME2=0 -DXNN_ENABLE_RISCV_VECTOR=0 -DXNN_ENABLE_VSX=0
# cpuinfo picks the kernels at run time. AMX, FP16 and VNNI-INT8 stay off: int8 and half variants that f32 never reaches.
XNN_DEFS_native := -DXNN_ENABLE_CPUINFO=1 -DXNN_ENABLE_AVXVNNI=1 -DXNN_ENABLE_AVXVNNIINT8=0 -DXNN_ENABLE_AVX256SKX=1 \
  -DXNN_ENABLE_AVX256VNNI=1 -DXNN_ENABLE_AVX256VNNIGFNI=1 -DXNN_ENABLE_AVX512F=1 -DXNN_ENABLE_AVX512SKX=1 \
  -DXNN_ENABLE_AVX512VBMI=1 -DXNN_ENABLE_AVX512VNNI=1 -DXNN_ENABLE_AVX512VNNIGFNI=1 -DXNN_ENABLE_AVX512AMX=0 \
  -DXNN_ENABLE_AVX512FP16=0
# WebAssembly has nothing to detect at run time: the module that was fetched is the choice. The shim: see the file.
XNN_DEFS_wasm := -DXNN_ENABLE_CPUINFO=0 -I$(XNN_UP)/wasm/third-party/shim

# The C++ is reference code for types that no kernel handles. -Os: none of ours runs it, and it is half as large (16 KB less
# of a compressed module).
XNN_STD_CXX := -std=gnu++14 -fno-exceptions -fno-rtti -Os
# So does, in WebAssembly, what is no kernel (it builds the graph and hands work out) and what moves and packs without SIMD
# (7 KB less of a compressed module).
XNN_OPTIMISE = $(if $(and $(filter wasm,$1),$(filter OPERATORS SUBGRAPH CORE SCALAR,$2)),-Os,-O2)

# Each instruction set alone: a kernel must not contain what the processor it is chosen for does not have.
XNN_SKX                  := -mf16c -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl
XNN_ISA_SSE              := -msse -mno-sse2
XNN_ISA_SSE2             := -msse2 -mno-sse3
XNN_ISA_SSSE3            := -mssse3 -mno-sse4.1
XNN_ISA_SSE41            := -msse4.1 -mno-sse4.2
XNN_ISA_AVX              := -mavx -mno-avx2 -mno-fma -mno-f16c
XNN_ISA_F16C             := -mf16c -mno-avx2 -mno-fma
XNN_ISA_FMA3             := -mf16c -mfma -mno-avx2
XNN_ISA_AVX2             := -mf16c -mfma -mavx2
XNN_ISA_AVXVNNI          := -mf16c -mfma -mavx2 -mavxvnni
XNN_ISA_AVX256SKX        := $(XNN_SKX)
XNN_ISA_AVX256VNNI       := $(XNN_SKX) -mavx512vnni
XNN_ISA_AVX256VNNIGFNI   := $(XNN_SKX) -mavx512vnni -mgfni
XNN_ISA_AVX512F          := -mavx512f
XNN_ISA_AVX512SKX        := $(XNN_SKX)
XNN_ISA_AVX512VBMI       := $(XNN_SKX) -mavx512vbmi
XNN_ISA_AVX512VNNI       := $(XNN_SKX) -mavx512vnni
XNN_ISA_AVX512VNNIGFNI   := $(XNN_SKX) -mavx512vnni -mgfni

# pthreadpool: a shim that calls straight through where there are no threads.
XNN_PTP_THREADS          := portable-api.c memory.c pthreads.c
XNN_PTP_native           := $(XNN_PTP_THREADS) fastpath.c
XNN_PTP_simd             := shim.c
XNN_PTP_relaxed          := shim.c
XNN_PTP_simd-mt          := $(XNN_PTP_THREADS)
XNN_PTP_relaxed-mt       := $(XNN_PTP_THREADS)
XNN_PTP_DEFS_native      := -DPTHREADPOOL_USE_FASTPATH=1
XNN_PTP_DEFS_wasm        := -DPTHREADPOOL_USE_FASTPATH=0

# $(call xnn_sources,TARGET,GROUP) and $(call xnn_command,TARGET,KIND,GROUP): what to compile, and how.
xnn_sources = $(if $(filter PTHREADPOOL,$2),$(addprefix $(XNN_SRC)/pthreadpool/src/,$(XNN_PTP_$1)),$(addprefix $(XNN_SRC)/xnnpack/,$(XNN_$2)))
xnn_command = $(if $(filter CXX,$3),$(XNN_CXX_$2) $(XNN_STD_CXX),$(XNN_CC_$2) -std=gnu11 $(call XNN_OPTIMISE,$2,$3)) $(XNN_FLAGS) $(XNN_FLAGS_$1) \
  $(WASM_FLAGS_$1) $(XNN_DEFS) $(XNN_DEFS_$2) $(XNN_ISA_$3) $(if $(filter PTHREADPOOL,$3),$(XNN_PTP_DEFS_$2)) -c $(call xnn_sources,$1,$3)

# $(call xnn_stale,FILE,COMMAND): FILE holds the command that made its group; a group whose command is another now is made
# anew. So a kernel more compiles one group, and another age of these files none.
.PHONY: xnn-stale
xnn_stale = $(if $(findstring <$2>,<$(file <$1)>),,xnn-stale)

# As old as the archive was unpacked: another version of one compiles anew what is made of it.
XNN_PINS := $(wildcard $(addsuffix /pin,$(addprefix build/deps/src/,xnnpack pthreadpool fp16 fxdiv)))
$(XNN_PINS): | build/deps/stamp ;

# $(call xnn_group,TARGET,KIND,GROUP): compiled aside and moved into place whole, so that neither an interrupted build nor
# two at once leave half a group behind.
define xnn_group
$(XNN_OUT)/$1/$3/done: $(call xnn_stale,$(XNN_OUT)/$1/$3/done,$(call xnn_command,$1,$2,$3)) $(XNN_PINS) | build/deps/stamp
	@echo "  XNNPACK $1 $3"
	@t=$$(@D).$$$$$$$$; mkdir -p $$$$t; trap 'rm -rf '$$$$t EXIT; \
	(cd $$$$t && $$(call xnn_command,$1,$2,$3)) && rm -rf $$(@D) && mv $$$$t $$(@D)
	@echo '$$(call xnn_command,$1,$2,$3)' > $$@
endef

# $(call xnn_groups,TARGET): those that have sources; $(call xnn_unused,TARGET): unused.c, compiled as our own C is
xnn_groups = $(foreach g,$(XNN_GROUPS_$1),$(if $(call xnn_sources,$1,$g),$g))
xnn_unused = $(if $(filter native,$1),build/native/obj,build/wasm/obj/$1)/wasm/third-party/unused.o

# $(call xnn_target,TARGET,KIND): q appends without looking for a member of the same name (operators/ and subgraph/ share
# names). D: no times and owners, so equal inputs give equal bytes.
define xnn_target
$(foreach g,$(call xnn_groups,$1),$(eval $(call xnn_group,$1,$2,$g)))
$(XNN_OUT)/$1/libXNNPACK.a: $(foreach g,$(call xnn_groups,$1),$(XNN_OUT)/$1/$g/done) $(call xnn_unused,$1)
	@rm -f $$@.new
	@$$(XNN_AR_$2) qcsD $$@.new $$$$(find $$(patsubst %/done,%,$$^) -name '*.o' | sort) && mv $$@.new $$@
endef
WASM_VARIANTS := simd relaxed simd-mt relaxed-mt
$(eval $(call xnn_target,native,native))
$(foreach v,$(WASM_VARIANTS),$(eval $(call xnn_target,$v,wasm)))
