# Our C, natively: the library and the command in build/native/, with checks built in in build/asan/ and build/fuzz/.

# -isystem: their headers keep their own warnings. stb and yyjson: one of our files compiles each.
# NOT_OURS: a file that holds nothing else, so its warnings are not ours to mend (-w).
# xnnpack/src: its own headers, for kernels alone.
THIRD_PARTY := $(addprefix -isystem build/deps/src/,xnnpack/include xnnpack/src pthreadpool/include libstb yyjson/src)
NOT_OURS := src/stb.c src/json.c
# What its functions never wrote is 0: the colour of an index beyond a PNG's palette is black, as in browsers.
STB_FLAGS := -ftrivial-auto-var-init=zero

# Kernels of our own, for processors with AVX2: kernels.c asks before they run. dot_avx2.c holds XNNPACK's sources, with their
# warnings, which read up to 16 bytes past rows: no sanitizers.
AVX2 := src/pairs.c src/narrow.c src/depthwise.c src/dot_avx2.c
AVX2_FLAGS = -mavx2 -mfma $(if $(filter %/dot_avx2.c,$<),-w -fno-sanitize=all)
# What of XNNPACK kernels.c has in its place
OUR_CALLS := xnn_create_convolution2d_nhwc_f32 xnn_init_f32_dwconv_config
OUR_CALLS_NATIVE := $(OUR_CALLS) xnn_init_qs8_qc8w_gemm_config

# The command's own; everything else is the library. dicom*.c calls programs, which neither a browser nor a host may want.
CLI_SRC := src/cli.c $(wildcard src/dicom*.c)
LIB_SRC := $(filter-out $(CLI_SRC),$(wildcard src/*.c))

# -std=c11               nothing newer, no GNU extensions
# -ffp-contract=off      no fused multiply-add in our own code: every compiler rounds alike, so results can be compared
# -W...                  -Wconversion finds the int/size_t/float slips that image code is made of
# -MMD -MP               header dependencies, and no error when a header goes away
C_FLAGS := -std=c11 -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -MMD -MP -Isrc $(THIRD_PARTY)

# native: -O3 fast; -fPIC the same objects go into libvmnet.so
# asan:   -O1 -g readable traces; -fno-sanitize-recover=all the first finding ends the program with an error
#         integer, implicit-conversion: sums of unsigned numbers that wrap and casts that lose something, too: no undefined
#         behaviour, but a fault wherever tests/c/wraps.txt does not name it. gcc knows neither.
# fuzz:   the same, and coverage counters for libFuzzer (fuzzer-no-link: the library has no main of the fuzzer's)
SANITIZE     := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize-ignorelist=tests/c/wraps.txt \
  -fsanitize=address,undefined,float-cast-overflow,integer,implicit-conversion
FLAGS_native := -O3 -fPIC
FLAGS_asan   := $(SANITIZE)
FLAGS_fuzz   := $(SANITIZE) -fsanitize=fuzzer-no-link

# XNNPACK itself is built without sanitizers in every case: its kernels read up to 16 bytes past rows, by contract.
XNN_NATIVE := $(XNN_OUT)/native/libXNNPACK.a
# cpuinfo and the kernels are chosen for x86-64. XNNPACK has Arm kernels, but nobody has listed and tested them here yet.
ifneq ($(shell uname -m),x86_64)
XNN_NATIVE := x86-64
.PHONY: x86-64
x86-64:
	@echo "the native build is for x86-64 only so far, this is $$(uname -m). 'make wasm' and 'make serve' work here." >&2; exit 1
endif
# cpuinfo: which kernels this processor runs. md: SHA-256 of the weights, in the command. gc-sections: drop unused kernels.
# undefined: kernels.o is taken out of libvmnet.a before XNNPACK, which stands behind it, asks for it.
LINK_NATIVE := -lcpuinfo -lmd -lm -pthread -Wl,--gc-sections $(XNN_LINK) $(foreach c,$(OUR_CALLS_NATIVE),-Wl,--wrap=$c,--undefined=__wrap_$c)

# $(call c_objects,BUILD,SOURCES) -> build/BUILD/obj/src/square.o ...
c_objects = $(patsubst %.c,build/$1/obj/%.o,$2)
define c_build
build/$1/obj/%.o: %.c src/native.mk build/deps/src/pins | build/deps/stamp
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	$(Q)$$(CC) $$(C_FLAGS) $$(FLAGS_$1) $$(if $$(filter $(NOT_OURS),$$<),-w) $$(if $$(filter $(AVX2),$$<),$$(AVX2_FLAGS)) $$(if $$(filter src/stb.c,$$<),$(STB_FLAGS)) -c $$< -o $$@
build/$1/libvmnet.a: $(call c_objects,$1,$(LIB_SRC))
	@rm -f $$@
	@echo "  AR $$@"
	$(Q)$$(AR) rcsD $$@ $$^
build/$1/tests/%: build/$1/obj/tests/c/%.o build/$1/libvmnet.a $(XNN_NATIVE)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(CC) $$(FLAGS_$1) $$^ $$(LINK_NATIVE) -o $$@
endef
$(foreach b,native asan fuzz,$(eval $(call c_build,$b)))
# make would take a test's object for a by-product and delete it
.PRECIOUS: $(foreach b,native asan fuzz,build/$b/obj/%.o)
-include $(wildcard build/*/obj/*/*.d build/*/obj/*/*/*.d)

.PHONY: native
native: build/native/vmnet build/native/libvmnet.a build/native/libvmnet.so ## the library and the command, in build/native/

build/native/vmnet: $(call c_objects,native,$(CLI_SRC)) build/native/libvmnet.a $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_native) $^ $(LINK_NATIVE) -o $@
# For ctypes. exclude-libs: XNNPACK stays invisible, or it could clash with the copy that PyTorch brings along.
# defs: a symbol that nobody defines is an error now, not at load time.
build/native/libvmnet.so: $(call c_objects,native,$(LIB_SRC)) $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) -shared $^ $(LINK_NATIVE) -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,-z,defs -o $@
