# Tests, linters and the evaluation.

.PHONY: test test-dicomweb orthanc test-embed test-embed-cdn test-embed-csp test-ohif test-stream build-tests asan fuzz mutate same screenshots lint-quick lint format eval

C_TESTS := $(patsubst tests/c/%.c,%,$(wildcard tests/c/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
# In WebAssembly, beside XNNPACK's kernels that the modules do without.
WASM_TESTS := $(foreach v,simd relaxed,build/wasm/tests/depthwise-$v.mjs build/wasm/tests/kernels-$v.mjs)
NODE_MODULES := tests/node_modules/.package-lock.json

test: native site package orthanc build-tests $(C_TESTS:%=build/asan/tests/%) $(FUZZERS) test-deps build/venv/tests build/wheel/venv/stamp build/venv/bin/ruff $(NODE_MODULES) ## everything: C, JavaScript, browser, golden numbers
	tests/run.sh

test-dicomweb: package orthanc test-deps build/venv/tests $(NODE_MODULES) ## from a worklist to results in a real archive (Orthanc); a part of make test
	node --test tests/dicomweb/*.test.mjs
orthanc: build/deps/stamp
	@wasm/third-party/deps.sh orthanc

test-embed: native package test-deps $(NODE_MODULES) ## the package in Vite, webpack, esbuild and plain pages; a part of make test
	node --test tests/embed/*.test.mjs

# Slower, and not a part of it:
test-embed-cdn: package test-deps $(NODE_MODULES) ## the package from another origin
	node --test tests/embed/more/cdn.test.mjs
test-embed-csp: package test-deps $(NODE_MODULES) ## the package under strict policies, and what it says when they forbid it
	node --test tests/embed/more/csp.test.mjs
test-ohif: package orthanc build/deps/ohif/index.html test-deps build/venv/tests $(NODE_MODULES) ## what was written, drawn by OHIF before Orthanc; three minutes, and a screenshot in build/screenshots/
	node --test tests/dicomweb/more/ohif.test.mjs

# The viewer as its makers built it. Its own npm install does not resolve; the package holds all of it.
OHIF := @ohif/app@3.13.2
OHIF_SHA512 := 5997719a9986eeba85816f5924b71b82bdd70ad2e2d4a0cd3e831a798e4f3deea3e06e1f8c48e393271933a0ba664d85f3b04ac457e9abe8dde715d907d13c10
build/deps/ohif/index.html: | build/deps/stamp
	@rm -rf build/deps/ohif.part && mkdir -p build/deps/ohif.part
	@echo "  NPM $(OHIF)"
	$(Q)cd build/deps/ohif.part && npm pack --silent $(OHIF) >/dev/null && mv ohif-app-*.tgz ohif.tgz
	@[ "$$(sha512sum build/deps/ohif.part/ohif.tgz | cut -d ' ' -f 1)" = $(OHIF_SHA512) ] || { echo "$(OHIF) is not the pinned package; look at OHIF_SHA512 in tests/tests.mk" >&2; exit 1; }
	$(Q)tar xzf build/deps/ohif.part/ohif.tgz -C build/deps/ohif.part package/dist
	@rm -rf build/deps/ohif && mv build/deps/ohif.part/package/dist build/deps/ohif && rm -rf build/deps/ohif.part && touch $@

test-stream: native build/venv/tests ## memory of `screen --jsonl` over N=10000 files, good and bad; half an hour
	build/venv/bin/python tests/command/stream.py $(N)

build-tests: $(C_TESTS:%=build/native/tests/%) $(WASM_TESTS) build/locale/comma/LC_NUMERIC ## the C tests, in build/native/tests/ and build/wasm/tests/

.PRECIOUS: $(foreach v,simd relaxed,$(foreach t,wasm_depthwise test_kernels,build/wasm/obj/$v/tests/c/$t.o))
-include $(wildcard build/wasm/obj/*/tests/c/*.d)
kernels_of = $(addprefix build/wasm/obj/$1/,$(addprefix wasm/,depthwise_int8.o copy.o f32_table.o) $(addprefix src/,kernels.o narrow.o pairs.o depthwise.o))
define wasm_test
build/wasm/tests/$1-%.mjs: build/wasm/obj/%/tests/c/$2.o $(call kernels_of,%) build/wasm/obj/%/wasm/third-party/unused.o $(XNN_OUT)/%/libXNNPACK.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$$*) -sENVIRONMENT=node -sEXPORTED_FUNCTIONS=_main $$^ -o $$@
endef
$(eval $(call wasm_test,depthwise,wasm_depthwise))
$(eval $(call wasm_test,kernels,test_kernels))

# A locale with a decimal comma and nothing else: localedef warns of the rest, which stays as in C.
build/locale/comma/LC_NUMERIC: tests/c/comma.locale
	@mkdir -p build/locale
	@localedef -c --no-archive -i $< build/locale/comma 2>build/locale/log || [ -s $@ ] || { cat build/locale/log >&2; exit 1; }

asan: $(C_TESTS:%=build/asan/tests/%) build/locale/comma/LC_NUMERIC ## the C tests with the sanitizers of memory, undefined behaviour and whole numbers; a part of make test
	@set -e; for t in $(filter build/asan/%,$^); do echo "  asan $$t"; $$t; done

# A finding is written to build/fuzz/ as crash-...; the corpus that grew stays in build/fuzz/corpus/.
fuzz: $(FUZZERS) ## each fuzzer for FUZZ_SECONDS (60), from the seeds in tests/fuzz/seeds/
	@set -e; for f in $(notdir $^); do n=$${f#fuzz_}; mkdir -p build/fuzz/corpus/$$n; \
	echo "  fuzz $$n, $(FUZZ_SECONDS) s"; \
	build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -verbosity=0 \
	  -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$n tests/fuzz/seeds/$$n; done
build/fuzz/fuzz_dicom: $(call c_objects,fuzz,src/dicom_dump.c src/dicom_pixels.c)
# fuzzer: links libFuzzer's main
build/fuzz/fuzz_%: build/fuzz/obj/tests/fuzz/fuzz_%.o build/fuzz/libvmnet.a $(XNN_NATIVE)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_fuzz) -fsanitize=fuzzer $^ $(LINK_NATIVE) -o $@

OLD ?=
same: ## does the command give the same bytes as another build of it, on a few photographs of each data set? OLD=command DATA=folder
	$(call need_data,same)
	@[ -x "$(OLD)" ] || { echo 'make same: set OLD to the command to compare with, as in `make same OLD=/tmp/vmnet DATA=/data/fundus`' >&2; exit 1; }
	@$(MAKE) --no-print-directory native build/venv/tests
	@rm -rf build/same
	build/venv/bin/python tests/few.py "$(DATA)" build/same > build/same.list
	tests/same.sh "$(OLD)" build/native/vmnet $$(cat build/same.list)

# Half an hour and more; not a part of `make test`. The table of survivors comes last.
mutate: $(XNN_NATIVE) build/venv/tests build/locale/comma/LC_NUMERIC ## faults planted in the core, and which of them no test notices [ARGS="--file quality.c --max 50"]
	build/venv/bin/python tests/mutate/mutate.py --cc "$(CC)" --flags "$(filter-out -W% -M%,$(C_FLAGS))" --sanitizers "$(FLAGS_asan)" \
	  --avx2 "$(notdir $(AVX2))" --avx2-flags="-mavx2 -mfma -fno-sanitize=all" \
	  --link "$(XNN_NATIVE) $(LINK_NATIVE)" $(ARGS)

screenshots: native wasm test-deps $(NODE_MODULES) ## every main state of the page at three widths, to leaf through: build/screenshots/index.html [STATES="result series"]
	node tests/browser/screenshots.mjs $(STATES)

OUR_C  := $(wildcard src/*.[ch] wasm/*.[ch] wasm/python/*.c wasm/third-party/*.c tests/c/*.[ch] tests/fuzz/*.c tests/bench/*.c)
OUR_PY := weights tests web wasm
BIOME  := tests/node_modules/.bin/biome check --config-path=web sw.js web tests
TSC    := tests/node_modules/.bin/tsc --noEmit --checkJs --strict
# clang-tidy reads the product; the tests are held to -Werror, valgrind and the sanitizers.
TIDY   := $(filter-out $(NOT_OURS),$(filter src/%.c wasm/%.c,$(OUR_C)))
# -idirafter: exports.c needs emscripten.h, and everything else this machine's own headers.
TIDY_FLAGS := $(filter-out -Werror -M%,$(C_FLAGS)) -mavx2 -mfma -idirafter /usr/share/emscripten/cache/sysroot/include
# What may be in the repository, pictures only where they are named: no photograph of a data set is ever committed.
OUR_FILES := '^((\.ci|src|wasm|web|weights|tests)/.*|Makefile|index\.html|sw\.js|README\.md|LICENSE|\.[a-z.-]+)$$'
OUR_PICTURES := '^(web/sample/|web/page/shell/|tests/fuzz/seeds/photo/|tests/browser/fixtures/cat\.jpg$$)'
# What takes seconds; a part of `make test`.
lint-quick: build/deps/stamp build/venv/bin/ruff $(NODE_MODULES) $(VENDOR)
	@! git ls-files | grep -vE $(OUR_FILES) || { echo "these do not belong in the repository"; false; }
	@! git ls-files | grep -iE '\.(png|jpe?g|webp|tiff?|bmp|gif|dcm)$$' | grep -vE $(OUR_PICTURES) || { echo "pictures that do not belong in the repository"; false; }
	$(CLANG_FORMAT) --dry-run -Werror $(OUR_C)
	$(BIOME)
	$(TSC) -p web/tsconfig.json
	$(TSC) -p web/tsconfig.sw.json
	$(TSC) -p web/tsconfig.node.json
	build/venv/bin/ruff check $(OUR_PY)
	build/venv/bin/ruff format --check $(OUR_PY)
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run $(wildcard wasm/*/*.sh tests/*.sh tests/*/*.sh); fi

lint: lint-quick ## clang-format, clang-tidy, Biome, tsc, ruff and shellcheck; changes nothing
	printf '%s\n' $(TIDY) | xargs -n 1 -P "$$(nproc)" sh -c '$(CLANG_TIDY) --quiet "$$0" -- $(TIDY_FLAGS)'

format: build/deps/stamp build/venv/bin/ruff $(NODE_MODULES) ## rewrite our files in the one style that lint wants
	$(CLANG_FORMAT) -i $(OUR_C)
	$(BIOME) --write
	build/venv/bin/ruff format $(OUR_PY)

$(NODE_MODULES): tests/package.json tests/package-lock.json
	cd tests && npm ci --no-audit --no-fund
	@touch $@

# touch: pip gives the file the age it has in the wheel
build/venv/bin/ruff: build/venv/bin/python
	build/venv/bin/python -m pip install -q ruff==0.12.12
	@touch $@
# For the tests and the evaluation, which runs the C core: no PyTorch.
build/venv/tests: tests/requirements.txt | build/venv/bin/python
	build/venv/bin/python -m pip install -q -r $<
	@touch $@

# STRANGERS=folder: pictures that are no fundus photographs (tests/eval/strangers.py collects them)
eval: ## measure the weights on labelled photographs: DATA=folder [SETS=rfmid,airogs,...] [LIST=file] [STRANGERS=folder]
	$(call need_data,eval)
	@$(MAKE) --no-print-directory build/venv/tests native
	build/venv/bin/python tests/eval/eval.py --data "$(DATA)" $(if $(SETS),--sets "$(SETS)") $(if $(LIST),--list "$(LIST)") \
	  $(if $(STRANGERS),--strangers "$(STRANGERS)") $(ARGS)
