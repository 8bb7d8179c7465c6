# The benchmark: this project and others' runtimes.

.PHONY: bench

# The network alone: src/network.c inside tests/bench/layers.c, with the rest of the library, for each variant and natively.
bench_rest = $(filter-out %/src/network.o %/wasm/exports.o,$1)
define bench_build
build/bench/wasm/bench-$1.mjs: $(call bench_rest,$(WASM_SRC:%.c=build/wasm/obj/$1/%.o)) build/wasm/obj/$1/tests/bench/layers.o $(XNN_OUT)/$1/libXNNPACK.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$1) $$(if $$(findstring mt,$1),$$(WASM_LINK_MT)) $$^ -o $$@
endef
$(foreach v,$(WASM_VARIANTS),$(eval $(call bench_build,$v)))
build/bench/layers: $(call bench_rest,$(call c_objects,native,$(LIB_SRC))) build/native/obj/tests/bench/layers.o $(XNN_NATIVE)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_native) $^ $(LINK_NATIVE) -o $@
-include $(wildcard build/wasm/obj/*/tests/bench/*.d)

# The whole way, step by step: src/screen.c inside tests/bench/steps.c; in WebAssembly the whole module, for web/engine.js.
bench_whole = $(filter-out %/src/screen.o,$1)
define bench_steps
build/bench/wasm/steps-$1.mjs: $(call bench_whole,$(WASM_SRC:%.c=build/wasm/obj/$1/%.o)) build/wasm/obj/$1/tests/bench/steps.o $(XNN_OUT)/$1/libXNNPACK.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$(Q)$$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$1) $$^ -o $$@
endef
$(foreach v,$(filter-out %-mt,$(WASM_VARIANTS)),$(eval $(call bench_steps,$v)))
build/bench/steps: $(call bench_whole,$(call c_objects,native,$(LIB_SRC))) build/native/obj/tests/bench/steps.o $(XNN_NATIVE)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(FLAGS_native) $^ $(LINK_NATIVE) -o $@

# What we compare with: their packages by the hashes in the lock file, no script of theirs runs; and the network for them.
tests/bench/node_modules/.package-lock.json: tests/bench/package.json tests/bench/package-lock.json
	cd tests/bench && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --silent
	@touch $@
build/venv/bench: tests/bench/requirements.txt | build/venv/bin/python
	build/venv/bin/python -m pip install -q -r $<
	@touch $@
build/bench/peers/%.onnx: weights/%.safetensors $(addprefix weights/train/,peers.py peers_onnx.py peers_tflite.py) build/venv/bench
	build/venv/bin/python weights/train/peers.py --weights $< --out $(@D)

BENCH_NATIVE := native build/bench/layers build/bench/steps
BENCH_WASM   := site $(WASM_VARIANTS:%=build/bench/wasm/bench-%.mjs) $(patsubst %,build/bench/wasm/steps-%.mjs,$(filter-out %-mt,$(WASM_VARIANTS))) test-deps $(NODE_MODULES) \
  tests/bench/node_modules/.package-lock.json build/bench/peers/vmnet.onnx build/bench/peers/vmnet-int8.onnx
# NATIVE=1: the operator profile alone, no browser. ARGS=--quick: few rounds, to see that it runs.
bench: $(BENCH_NATIVE) $(if $(filter 1,$(NATIVE)),,$(BENCH_WASM)) ## time it against other runtimes, as ratios, in Chromium and natively [ARGS=--quick] [NATIVE=1: profile]
	tests/bench/run.sh $(if $(filter 1,$(NATIVE)),--native) $(ARGS)
