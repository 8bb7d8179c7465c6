# Our WebAssembly modules, in build/wasm/.

# Without photo.c, photo_png.c, photo_samples.c and stb.c: a browser decodes pictures itself.
WASM_SRC := $(filter-out src/photo.c src/photo_png.c src/photo_samples.c src/stb.c,$(LIB_SRC)) $(wildcard wasm/*.c)
WASM_CC  := build/deps/bin/emcc
# Compiles, and does not link.
WASM_CLANG := build/deps/bin/clang-wasm
# What every engine with SIMD has: memory is copied and cleared, and floats become whole numbers, in one instruction.
WASM_CPU := -Iwasm -mbulk-memory -mnontrapping-fptoint

# What of XNNPACK src/kernels.c has in its place, and its tables of kernels for which depthwise_int8.c, copy.c and f32_table.c do
OUR_CALLS_WASM := $(OUR_CALLS) xnn_init_qs8_qc8w_dwconv_config xnn_init_xx_copy_config xnn_init_f32_gemm_config xnn_init_f32_gemm_nr2_config

# The linker's settings. STRICT: none of Emscripten's deprecated fallbacks.
#   MODULARIZE EXPORT_ES6       the .mjs exports one async function; nothing global
#   ENVIRONMENT                 page, Worker and Node.js, no shells
#   FILESYSTEM=0                no files: bytes come in through memory
#   DYNAMIC_EXECUTION=0         no eval, so a Content-Security-Policy without 'unsafe-eval' suffices
#   IMPORTED_MEMORY             the caller brings { wasmMemory }, of one fixed size: initial == maximum, so it cannot grow
#   INITIAL/MAXIMUM_MEMORY      only the bounds that the module accepts; 64 MB holds the stack, the statics and little more
#   ALLOW_MEMORY_GROWTH         only so that the bounds may differ
#   ABORTING_MALLOC=0           past the end malloc returns NULL, which the C code reports as VM_ERR_MEMORY
#   --wrap                      OUR_CALLS_WASM lead to ours
#   STACK_SIZE                  1 MB: XNNPACK keeps arrays on it
#   INCOMING_MODULE_JS_API      what the caller may pass; all else is compiled out
#   EXPORTED_RUNTIME_METHODS    what the caller may use
WASM_LINK := -O3 -sSTRICT=1 -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=web,worker,node -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0 \
  -sIMPORTED_MEMORY=1 -sINITIAL_MEMORY=64MB -sMAXIMUM_MEMORY=2GB -sALLOW_MEMORY_GROWTH=1 -sABORTING_MALLOC=0 \
  -sSTACK_SIZE=1MB -sASSERTIONS=0 -sSUPPORT_LONGJMP=0 -sEXPORT_NAME=createVmnet \
  -sINCOMING_MODULE_JS_API=wasmMemory,wasmBinary,instantiateWasm,locateFile,print,printErr,onAbort,mainScriptUrlOrBlob \
  -sEXPORTED_RUNTIME_METHODS=HEAPU8,HEAPF32,UTF8ToString,stringToUTF8,lengthBytesUTF8 -sEXPORTED_FUNCTIONS=_malloc,_free $(XNN_LINK) \
  $(OUR_CALLS_WASM:%=-Wl,--wrap=%)
# Threads: the pool is made before the module is ready and never grows; its size is the caller's option { poolSize }.
# Worker threads get half a megabyte of stack each.
# The warning is about memory that grows while threads run; ours cannot.
WASM_LINK_MT := -pthread -Wno-pthreads-mem-growth -sPTHREAD_POOL_SIZE='Module["poolSize"]' -sPTHREAD_POOL_SIZE_STRICT=2 -sDEFAULT_PTHREAD_STACK_SIZE=512KB
# The plain module runs in hosts without Emscripten's glue too (wasm/python/), which find its functions by name: a link
# that names the library of exports keeps the names. The other three keep their short ones, for a visitor's sake.
WASM_LINK_simd := -lexports.js

.PHONY: wasm sizes
# list_files.py: the page's files with their SHA-256, by which sw.js keeps and updates them
wasm: $(WASM_VARIANTS:%=build/wasm/vmnet-%.mjs) $(WASM_VARIANTS:%=build/wasm/vmnet-%.wasm) $(VENDOR) build/wasm/constants ## the four WebAssembly modules, in build/wasm/
	@$(PYTHON) web/list_files.py

# web/constants.js as the module says it: for what needs a limit before a module is there. In git, so that a checkout has it.
build/wasm/constants: build/wasm/vmnet-simd.mjs wasm/constants.mjs
	$(Q)node wasm/constants.mjs $< web/constants.js && touch $@

# These bytes go over the wire, so small counts wherever it measured no slower: what builds the graph, reads and writes
# reports, and does little for a photograph. The rest does much for each; weights are read by code that the browser has not
# optimised yet.
WASM_SMALL := decision disc_cup exports grade json lesions network phantom photo_kind report screen status upright warm
WASM_OPTIMISE = $(if $(filter $(WASM_SMALL),$(basename $(notdir $<))),-Os,-O3)

# A browser runs code that it has not optimised yet, and optimises what is run often, a function at a time, in the background: a
# large one of which a small loop is hot takes it a tenth of a second, for which the network's kernels wait. So functions stay
# the size that they are written in: the compiler puts into another what is marked for it alone, and so does the linker.
WASM_APART := -finline-hint-functions
WASM_LINK += -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=100

# $(call wasm_build,VARIANT)
define wasm_build
build/wasm/obj/$1/%.o: %.c src/native.mk wasm/wasm.mk build/deps/src/pins | build/deps/stamp
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	$(Q)$$(WASM_CLANG) $$(C_FLAGS) $$(WASM_OPTIMISE) $$(WASM_APART) $$(WASM_CPU) $$(WASM_FLAGS_$1) -c $$< -o $$@
build/wasm/vmnet-$1.mjs: $(WASM_SRC:%.c=build/wasm/obj/$1/%.o) $(XNN_OUT)/$1/libXNNPACK.a
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$1) $$(WASM_LINK_$1) $$(if $$(findstring mt,$1),$$(WASM_LINK_MT)) $$^ -o $$@
build/wasm/vmnet-$1.wasm: build/wasm/vmnet-$1.mjs ;
endef
$(foreach v,$(WASM_VARIANTS),$(eval $(call wasm_build,$v)))
-include $(wildcard build/wasm/obj/*/*/*.d)

sizes: wasm ## bytes of each module, raw and as a server sends them
	@for v in $(WASM_VARIANTS); do for e in wasm mjs; do f=build/wasm/vmnet-$$v.$$e; \
	printf '%-30s %8d raw %8d brotli\n' $$f $$(wc -c < $$f) $$(brotli -q 11 -c $$f | wc -c); done; done
