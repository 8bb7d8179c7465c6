# V-MNet Web. Bare `make` prints the targets; each is explained where it stands.

# ---- settings: override on the command line, as in `make native CC=clang` ------------------------------------------

# clang 19: gcc 12 makes the FMA3 kernels half as fast. origin: make's own default is not a choice of yours.
ifeq ($(origin CC),default)
CC  := clang-19
endif
ifeq ($(origin CXX),default)
CXX := $(subst clang,clang++,$(CC))
endif
PYTHON       ?= python3
CLANG_FORMAT ?= clang-format-19
CLANG_TIDY   ?= clang-tidy-19
FUZZ_SECONDS ?= 60
# DATA=folder with the data sets, SETS=only these of them (names with commas), WITHOUT=not these, WORK=where training keeps its checkpoints, LIST=a file that names the photographs, PORT=where to serve
DATA ?=
WORK ?= build/train
SETS ?=
WITHOUT ?=
LIST ?=
PORT ?=

# Use every core unless told otherwise. No built-in rules: they only slow make down and hide mistakes.
ifeq ($(MAKELEVEL),0)
ifeq ($(filter -j% --jobs%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
# V=1 prints the commands themselves
ifneq ($(V),1)
Q := @
endif
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help deps screenshots test-deps native wasm serve build-tests test lint lint-quick format asan fuzz train int8 ablation probe eval bench sizes clean distclean
help:
	@echo "usage: make TARGET"; \
	awk -F ' *## ' '/^[a-z][a-z-]*:.*## / { sub(/:.*/, "", $$1); printf "  %-11s %s\n", $$1, $$2 }' Makefile

# ---- what is not ours ----------------------------------------------------------------------------------------------

deps: ## compilers and pinned third-party sources (Debian 12/13: installs packages; else see wasm/third-party/deps.sh)
	@wasm/third-party/deps.sh
test-deps: ## besides, what only the tests need: chromium, firefox-esr, webkit2gtk-driver, valgrind, brotli, shellcheck
	@wasm/third-party/deps.sh test

build/deps/stamp: $(addprefix wasm/third-party/,deps.sh SHA256SUMS acorn-hook.mjs)
	@wasm/third-party/deps.sh
# Written by the same script, and only when a pin changed: everything compiled hangs on this one.
build/deps/src/pins: | build/deps/stamp ;

include wasm/third-party/xnnpack.mk

# -isystem: their headers keep their own warnings. stb and jsmn are headers only: one of our files compiles each.
# NOT_OURS: a file that holds nothing else, so its warnings are not ours to mend (-w).
# xnnpack/src: its own headers, for dot.c alone.
THIRD_PARTY := $(addprefix -isystem build/deps/src/,xnnpack/include xnnpack/src pthreadpool/include libstb jsmn)
NOT_OURS := src/stb.c

# ---- our C ---------------------------------------------------------------------------------------------------------

# Everything but the command is the library.
LIB_SRC := $(filter-out src/cli.c,$(wildcard src/*.c))
TEST_SRC := $(wildcard tests/c/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

# -std=c11               nothing newer, no GNU extensions
# -ffp-contract=off      no fused multiply-add in our own code: every compiler rounds alike, so results can be compared
# -W...                  -Wconversion finds the int/size_t/float slips that image code is made of
# -MMD -MP               header dependencies, and no error when a header goes away
# -ffile-prefix-map      the folder of this checkout stays out of the objects
C_FLAGS := -std=c11 -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -MMD -MP -Isrc $(THIRD_PARTY)

# native: -O3 fast; -fPIC the same objects go into libvmnet.so
# asan:   -O1 -g readable traces; -fno-sanitize-recover=all the first finding ends the program with an error
# fuzz:   the same, and coverage counters for libFuzzer (fuzzer-no-link: the library has no main of the fuzzer's)
SANITIZE     := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
FLAGS_native := -O3 -fPIC
FLAGS_asan   := $(SANITIZE) -fsanitize=address,undefined
FLAGS_fuzz   := $(SANITIZE) -fsanitize=fuzzer-no-link,address,undefined

# XNNPACK itself is built without sanitizers in every case: its kernels read up to 16 bytes past rows, by contract.
XNN_NATIVE := build/xnnpack/native/libXNNPACK.a
# cpuinfo: which kernels this processor runs. md: SHA-256 of the weights, in the command. gc-sections: drop unused kernels.
LINK_NATIVE := $(XNN_NATIVE) -lcpuinfo -lmd -lm -pthread -Wl,--gc-sections

# $(call c_objects,BUILD,SOURCES) -> build/BUILD/obj/src/fundus.o ...
c_objects = $(patsubst %.c,build/$1/obj/%.o,$2)
define c_build
build/$1/obj/%.o: %.c Makefile build/deps/src/pins | build/deps/stamp
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	$(Q)$$(CC) $$(C_FLAGS) $$(FLAGS_$1) $$(if $$(filter $(NOT_OURS),$$<),-w) -c $$< -o $$@
build/$1/libvmnet.a: $(call c_objects,$1,$(LIB_SRC))
	@rm -f $$@
	@echo "  AR $$@"
	$(Q)$$(AR) rcsD $$@ $$^
build/$1/tests/%: build/$1/obj/tests/c/%.o build/$1/libvmnet.a $(XNN_NATIVE)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(CC) $$(FLAGS_$1) $$(filter-out $(XNN_NATIVE),$$^) $$(LINK_NATIVE) -o $$@
endef
$(foreach b,native asan fuzz,$(eval $(call c_build,$b)))
# make would take a test's object for a by-product and delete it
.PRECIOUS: $(foreach b,native asan fuzz,build/$b/obj/%.o)
-include $(wildcard build/*/obj/*/*.d build/*/obj/*/*/*.d)

# cpuinfo and the kernels are chosen for x86-64. XNNPACK has Arm kernels, but nobody has listed and tested them here yet.
ifeq ($(shell uname -m),x86_64)
native: build/native/vmnet build/native/libvmnet.a build/native/libvmnet.so ## the library and the command, in build/native/
build-tests: $(TEST_SRC:tests/c/%.c=build/native/tests/%) ## the C tests, in build/native/tests/
else
native build-tests asan fuzz:
	@echo "make $@: the native build is for x86-64 only so far, this is $$(uname -m). 'make wasm' and 'make serve' work here." >&2
	@exit 1
endif

build/native/vmnet: build/native/obj/src/cli.o build/native/libvmnet.a $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_native) $(filter-out $(XNN_NATIVE),$^) $(LINK_NATIVE) -o $@
# For ctypes. exclude-libs: XNNPACK stays invisible, or it could clash with the copy that PyTorch brings along.
# defs: a symbol that nobody defines is an error now, not at load time.
build/native/libvmnet.so: $(call c_objects,native,$(LIB_SRC)) $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) -shared $(filter-out $(XNN_NATIVE),$^) $(LINK_NATIVE) -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,-z,defs -o $@

# ---- the page's third-party modules --------------------------------------------------------------------------------

# npm checks each package against the hash in package-lock.json; no script of theirs runs. Kept by `make clean`.
NPM_PAGE := build/deps/npm
$(NPM_PAGE)/stamp: web/third-party/package.json web/third-party/package-lock.json | build/deps/stamp
	@command -v npm >/dev/null || { echo "npm is missing: it comes with Node.js 20, or as Debian's package npm" >&2; exit 1; }
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@echo "  NPM $(@D)"
	$(Q)cd $(@D) && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --silent
	@touch $@

VENDOR := $(addprefix web/vendor/,fflate.js tiff.js fflate.d.ts fflate-all.d.ts tiff.d.ts NOTICE)
$(VENDOR) &: $(wildcard web/third-party/*) $(NPM_PAGE)/stamp
	@echo "  BUNDLE web/vendor"
	$(Q)node web/third-party/build.mjs $(NPM_PAGE) web/vendor

# ---- our WebAssembly -----------------------------------------------------------------------------------------------

# Without image.c and stb.c: a browser decodes pictures itself.
WASM_SRC := $(filter-out src/image.c src/stb.c,$(LIB_SRC)) $(wildcard wasm/*.c)
WASM_CC  := build/deps/bin/emcc
# What every engine with SIMD has: memory is copied and cleared, and floats become whole numbers, in one instruction.
WASM_CPU := -mbulk-memory -mnontrapping-fptoint

# The linker's settings. STRICT: none of Emscripten's deprecated fallbacks.
#   MODULARIZE EXPORT_ES6       the .mjs exports one async function; nothing global
#   ENVIRONMENT                 page, Worker and Node.js, no shells
#   FILESYSTEM=0                no files: bytes come in through memory
#   DYNAMIC_EXECUTION=0         no eval, so a Content-Security-Policy without 'unsafe-eval' suffices
#   IMPORTED_MEMORY             the caller brings { wasmMemory }, of one fixed size: initial == maximum, so it cannot grow
#   INITIAL/MAXIMUM_MEMORY      only the bounds that the module accepts; 64 MB holds the stack, the statics and little more
#   ALLOW_MEMORY_GROWTH         only so that the bounds may differ
#   ABORTING_MALLOC=0           past the end malloc returns NULL, which the C code reports as VM_ERR_MEMORY
#   STACK_SIZE                  1 MB: XNNPACK keeps arrays on it
#   INCOMING_MODULE_JS_API      what the caller may pass; all else is compiled out
#   EXPORTED_RUNTIME_METHODS    what the caller may use
WASM_LINK := -O3 -sSTRICT=1 -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=web,worker,node -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0 \
  -sIMPORTED_MEMORY=1 -sINITIAL_MEMORY=64MB -sMAXIMUM_MEMORY=2GB -sALLOW_MEMORY_GROWTH=1 -sABORTING_MALLOC=0 \
  -sSTACK_SIZE=1MB -sASSERTIONS=0 -sSUPPORT_LONGJMP=0 -sEXPORT_NAME=createVmnet \
  -sINCOMING_MODULE_JS_API=wasmMemory,wasmBinary,instantiateWasm,locateFile,print,printErr,onAbort,mainScriptUrlOrBlob \
  -sEXPORTED_RUNTIME_METHODS=HEAPU8,HEAPF32,UTF8ToString,stringToUTF8,lengthBytesUTF8 -sEXPORTED_FUNCTIONS=_malloc,_free
# Tables of kernels that the graph does not use: wasm/unused.c.
WASM_LINK += $(shell sed -nE 's/^UNUSED.([a-z0-9_]+).$$/-Wl,--wrap=\1/p' wasm/unused.c)
# Threads: the pool is made before the module is ready and never grows; its size is the caller's option { poolSize }.
# Worker threads get half a megabyte of stack each.
# The warning is about memory that grows while threads run; ours cannot.
WASM_LINK_MT := -pthread -Wno-pthreads-mem-growth -sPTHREAD_POOL_SIZE='Module["poolSize"]' -sPTHREAD_POOL_SIZE_STRICT=2 -sDEFAULT_PTHREAD_STACK_SIZE=512KB

# list_files.py: the page's files with their SHA-256, by which sw.js keeps and updates them
wasm: $(WASM_VARIANTS:%=build/wasm/vmnet-%.mjs) $(WASM_VARIANTS:%=build/wasm/vmnet-%.wasm) $(VENDOR) ## the four WebAssembly modules, in build/wasm/
	@$(PYTHON) web/list_files.py

# These bytes go over the wire, so small counts wherever it measured no slower: what builds the graph, reads weights and
# writes reports, and loops that follow pixels one by one.
WASM_SMALL := json measures network phantom quality report skeleton status weights
WASM_OPTIMISE = $(if $(filter $(WASM_SMALL),$(basename $(notdir $<))),-Os,-O3)

# $(call wasm_build,VARIANT)
define wasm_build
build/wasm/obj/$1/%.o: %.c Makefile build/deps/src/pins | build/deps/stamp
	@mkdir -p $$(@D)
	@echo "  CC $$@"
	$(Q)$$(WASM_CC) $$(C_FLAGS) $$(WASM_OPTIMISE) $$(WASM_CPU) $$(WASM_FLAGS_$1) -c $$< -o $$@
build/wasm/vmnet-$1.mjs: $(WASM_SRC:%.c=build/wasm/obj/$1/%.o) build/xnnpack/$1/libXNNPACK.a
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$1) $$(if $$(findstring mt,$1),$$(WASM_LINK_MT)) $$^ -o $$@
build/wasm/vmnet-$1.wasm: build/wasm/vmnet-$1.mjs ;
endef
$(foreach v,$(WASM_VARIANTS),$(eval $(call wasm_build,$v)))
-include $(wildcard build/wasm/obj/*/*/*.d)

serve: wasm ## build what the page needs and serve it; prints the address (PORT=...)
	$(PYTHON) web/serve.py $(if $(PORT),--port $(PORT))

sizes: wasm ## bytes of each module, raw and as a server sends them
	@for v in $(WASM_VARIANTS); do for e in wasm mjs; do f=build/wasm/vmnet-$$v.$$e; \
	printf '%-30s %8d raw %8d brotli\n' $$f $$(wc -c < $$f) $$(brotli -q 11 -c $$f | wc -c); done; done

# ---- checks --------------------------------------------------------------------------------------------------------

test: native wasm build-tests test-deps build/venv/tests build/venv/bin/ruff tests/node_modules/.package-lock.json ## everything: C, JavaScript, browser, golden numbers
	tests/run.sh

screenshots: native wasm test-deps tests/node_modules/.package-lock.json ## every main state of the page at three widths, to leaf through: build/screenshots/index.html [STATES="result series"]
	node tests/browser/screenshots.mjs $(STATES)

asan: $(TEST_SRC:tests/c/%.c=build/asan/tests/%) ## the C tests with the address and undefined-behaviour sanitizers
	@set -e; for t in $^; do echo "  asan $$t"; $$t; done

# A finding is written to build/fuzz/ as crash-...; the corpus that grew stays in build/fuzz/corpus/.
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
fuzz: $(FUZZERS) ## each fuzzer for FUZZ_SECONDS (60), from the seeds in tests/fuzz/seeds/
	@set -e; for f in $(notdir $^); do n=$${f#fuzz_}; mkdir -p build/fuzz/corpus/$$n; \
	seeds=$$(ls -d tests/fuzz/seeds/$$n tests/fuzz/seeds/$$f 2>/dev/null || true); echo "  fuzz $$n, $(FUZZ_SECONDS) s"; \
	build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -verbosity=0 \
	  -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$n $$seeds; done
# fuzzer: links libFuzzer's main
build/fuzz/fuzz_%: build/fuzz/obj/tests/fuzz/fuzz_%.o build/fuzz/libvmnet.a $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_fuzz) -fsanitize=fuzzer $(filter-out $(XNN_NATIVE),$^) $(LINK_NATIVE) -o $@

# Each tool looks only at what is there.
OUR_C  := $(wildcard src/*.c src/*.h wasm/*.c wasm/third-party/*.c tests/c/*.c tests/c/*.h tests/fuzz/*.c tests/bench/*.c)
OUR_PY := $(wildcard weights tests web wasm)
# clang-tidy reads the product; the tests are held to -Werror, valgrind and the sanitizers.
TIDY   := $(filter-out wasm/third-party/probe.c $(NOT_OURS),$(filter src/%.c wasm/%.c,$(OUR_C)))
NPM    := $(if $(wildcard tests/package.json),tests/node_modules/.package-lock.json)
# -idirafter: exports.c needs emscripten.h, and everything else this machine's own headers.
TIDY_FLAGS := $(filter-out -Werror -M%,$(C_FLAGS)) -idirafter /usr/share/emscripten/cache/sysroot/include
# What takes seconds; a part of `make test`.
lint-quick: build/deps/stamp build/venv/bin/ruff $(NPM) $(VENDOR)
	$(CLANG_FORMAT) --dry-run -Werror $(OUR_C)
	$(if $(NPM),$(if $(wildcard web tests/js),tests/node_modules/.bin/biome check $(BIOME) $(wildcard sw.js web tests)))
	$(if $(NPM),$(if $(wildcard web/tsconfig.json),tests/node_modules/.bin/tsc --noEmit --checkJs --strict -p web/tsconfig.json))
	$(if $(NPM),$(if $(wildcard web/tsconfig.sw.json),tests/node_modules/.bin/tsc --noEmit --checkJs --strict -p web/tsconfig.sw.json))
	build/venv/bin/ruff check $(OUR_PY)
	build/venv/bin/ruff format --check $(OUR_PY)
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run $(wildcard wasm/*/*.sh tests/*.sh tests/*/*.sh); fi

lint: lint-quick ## clang-format, clang-tidy, Biome, tsc, ruff and shellcheck; changes nothing
	$(if $(TIDY),printf '%s\n' $(TIDY) | xargs -n 1 -P "$$(nproc)" sh -c '$(CLANG_TIDY) --quiet "$$0" -- $(TIDY_FLAGS)')
BIOME := $(if $(wildcard web/biome.json),--config-path=web,$(if $(wildcard tests/biome.json),--config-path=tests))

format: build/deps/stamp build/venv/bin/ruff $(NPM) ## rewrite our files in the one style that lint wants
	$(CLANG_FORMAT) -i $(OUR_C)
	$(if $(NPM),$(if $(wildcard web tests/js),tests/node_modules/.bin/biome check --write $(BIOME) $(wildcard sw.js web tests)))
	build/venv/bin/ruff format $(OUR_PY)

tests/node_modules/.package-lock.json: $(wildcard tests/package.json tests/package-lock.json)
	cd tests && npm $(if $(wildcard tests/package-lock.json),ci,install) --no-audit --no-fund
	@touch $@

# ---- Python: training and evaluation -------------------------------------------------------------------------------

build/venv/bin/python:
	$(PYTHON) -m venv build/venv
# touch: pip gives the file the age it has in the wheel
build/venv/bin/ruff: build/venv/bin/python
	build/venv/bin/pip install -q ruff==0.12.12
	@touch $@
build/venv/done: weights/train/requirements.txt | build/venv/bin/python
	build/venv/bin/pip install -q -r $<
	@touch $@

# For the tests and the evaluation, which runs the C core: no PyTorch.
build/venv/tests: tests/requirements.txt | build/venv/bin/python
	build/venv/bin/pip install -q -r $<
	@touch $@

# $(call need_data,TARGET): says what is missing, before anything is built for it
need_data = @[ -n "$(DATA)" ] && [ -d "$(DATA)" ] || { echo 'make $1: set DATA to the folder with the data sets, as in `make $1 DATA=/data/fundus`' \
  "$(if $(DATA),($(DATA) is not a folder))" >&2; exit 1; }

# Pictures to learn refusal from, out of Debian's packages; where these cannot be had, only the few that come with the
# training's own packages.
build/negatives: | build/venv/done
	@build/venv/bin/python weights/train/negatives.py $@.part && mv $@.part $@ || \
	  echo "no pictures from Debian packages (above): the network learns refusal from few (weights/train/negatives.py)" >&2
train: ## train the network and export it to WORK (build/train): DATA=folder [SETS=rfmid,airogs,...] [FINE="--minutes 90"] (see weights/train/README.md)
	$(call need_data,train)
	@$(MAKE) --no-print-directory build/negatives
	build/venv/bin/python weights/train/train.py --data "$(DATA)" --work "$(WORK)" $$([ ! -d build/negatives ] || echo --negatives build/negatives) $(if $(SETS),--sets "$(SETS)") $(if $(WITHOUT),--without "$(WITHOUT)") $(ARGS)
	build/venv/bin/python weights/train/plot.py "$(WORK)/log.csv" "$(WORK)/log.svg"
	build/venv/bin/python weights/train/fine.py --data "$(DATA)" --start "$(WORK)/vmnet.pt" --work "$(WORK)/fine" $(FINE) $(filter --allow-missing,$(ARGS))
	build/venv/bin/python weights/train/export.py --data "$(DATA)" --checkpoint "$(WORK)/fine/vmnet.pt" --out "$(WORK)/vmnet.safetensors" $(filter --allow-missing,$(ARGS))
	@echo 'measure it: make eval DATA=$(DATA) ARGS="--weights $(WORK)/vmnet.safetensors"'
int8: ## weights/vmnet-int8.safetensors from weights/vmnet.safetensors, and its golden files: DATA=folder [ARGS="--photographs 96"]
	$(call need_data,int8)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/quantise.py --data "$(DATA)" $(ARGS)
	build/venv/bin/python weights/train/quantise.py --golden tests/golden
ablation: ## what the vessel branch and its guide bring, arm by arm: DATA=folder [ARGS="--steps 400 --side 192"]
	$(call need_data,ablation)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/ablation.py --data "$(DATA)" $(ARGS)
probe: ## can the data set be told from the features: DATA=folder [ARGS="--checkpoint ..."]
	$(call need_data,probe)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/probe.py --data "$(DATA)" $(ARGS)
# STRANGERS=folder: pictures that are no fundus photographs (tests/eval/strangers.py collects them)
eval: ## measure the weights on labelled photographs: DATA=folder [SETS=rfmid,airogs,...] [LIST=file] [STRANGERS=folder]
	$(call need_data,eval)
	@$(MAKE) --no-print-directory build/venv/tests native
	build/venv/bin/python tests/eval/eval.py --data "$(DATA)" $(if $(SETS),--sets "$(SETS)") $(if $(LIST),--list "$(LIST)") \
	  $(if $(STRANGERS),--strangers "$(STRANGERS)") $(ARGS)
# ---- benchmark -----------------------------------------------------------------------------------------------------

# The network alone: src/network.c inside tests/bench/layers.c, with the rest of the library, for each variant and natively.
bench_rest = $(filter-out %/src/network.o %/wasm/exports.o,$1)
define bench_build
build/bench/wasm/bench-$1.mjs: $(call bench_rest,$(WASM_SRC:%.c=build/wasm/obj/$1/%.o)) build/wasm/obj/$1/tests/bench/layers.o build/xnnpack/$1/libXNNPACK.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$1) $$(if $$(findstring mt,$1),$$(WASM_LINK_MT)) $$^ -o $$@
endef
$(foreach v,$(WASM_VARIANTS),$(eval $(call bench_build,$v)))
build/bench/layers: $(call bench_rest,$(call c_objects,native,$(LIB_SRC))) build/native/obj/tests/bench/layers.o $(XNN_NATIVE)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_native) $(filter-out $(XNN_NATIVE),$^) $(LINK_NATIVE) -o $@
-include $(wildcard build/wasm/obj/*/tests/bench/*.d)

# What we compare with: their packages by the hashes in the lock file, no script of theirs runs; and the network for them.
tests/bench/node_modules/.package-lock.json: tests/bench/package.json tests/bench/package-lock.json
	cd tests/bench && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --silent
	@touch $@
build/venv/bench: tests/bench/requirements.txt | build/venv/bin/python
	build/venv/bin/pip install -q -r $<
	@touch $@
build/bench/peers/%.onnx: weights/%.safetensors $(addprefix weights/train/,peers.py peers_onnx.py peers_tflite.py) build/venv/bench
	build/venv/bin/python weights/train/peers.py --weights $< --out $(@D)

BENCH_NATIVE := native build/bench/layers
BENCH_WASM   := wasm $(WASM_VARIANTS:%=build/bench/wasm/bench-%.mjs) test-deps tests/node_modules/.package-lock.json \
  tests/bench/node_modules/.package-lock.json build/bench/peers/vmnet.onnx \
  $(patsubst weights/%.safetensors,build/bench/peers/%.onnx,$(wildcard weights/vmnet-int8.safetensors))
# NATIVE=1: the operator profile alone, no browser. ARGS=--quick: few rounds, to see that it runs.
bench: $(BENCH_NATIVE) $(if $(filter 1,$(NATIVE)),,$(BENCH_WASM)) ## time it against other runtimes, as ratios, in Chromium and natively [ARGS=--quick] [NATIVE=1: profile]
	tests/bench/run.sh $(if $(filter 1,$(NATIVE)),--native) $(ARGS)

clean: ## remove what was built; keeps what was downloaded
	rm -rf $(filter-out build/deps build/venv,$(wildcard build/*)) web/vendor
distclean: ## remove everything that is not in the repository
	rm -rf build tests/node_modules web/vendor
