# The same module in Python: a wheel, in build/wheel/.

.PHONY: wheel
wheel: build/wheel/stamp ## the Python package: build/wheel/vmnet_web-*.whl

# The command's decoder, for hosts that have none. Its memory grows with the photograph.
DECODER_SRC := $(wildcard src/photo*.c) src/status.c src/stb.c wasm/python/decoder.c
DECODER_LINK := -O3 -sSTRICT=1 -sSTANDALONE_WASM=1 --no-entry -sFILESYSTEM=0 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=2GB -sABORTING_MALLOC=0 \
  -sSTACK_SIZE=1MB -sASSERTIONS=0 -sSUPPORT_LONGJMP=0 -sEXPORTED_FUNCTIONS=_malloc,_free
build/wheel/decoder/%.o: %.c src/native.mk wasm/python/python.mk build/deps/src/pins | build/deps/stamp
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(WASM_CLANG) $(C_FLAGS) -O3 $(WASM_CPU) -msimd128 $(if $(filter $(NOT_OURS),$<),-w) -c $< -o $@
build/wheel/decoder.wasm: $(DECODER_SRC:%.c=build/wheel/decoder/%.o)
	@echo "  LD $@"
	$(Q)$(WASM_CC) $(DECODER_LINK) $^ -o $@
-include $(wildcard build/wheel/decoder/*/*.d build/wheel/decoder/*/*/*.d)

# Put together in a folder of its own: the package, what it carries, the licences. pip fetches the builder that pyproject.toml pins.
WHEEL_DATA := build/wasm/vmnet-simd.wasm build/wheel/decoder.wasm weights/vmnet-int8.safetensors
WHEEL_TEXTS := weights/MODEL_CARD.md weights/RESULTS.md
build/wheel/stamp: $(wildcard wasm/python/vmnet/*) wasm/python/pyproject.toml wasm/python/README.md LICENSE $(WHEEL_DATA) $(WHEEL_TEXTS) | build/venv/bin/python
	@echo "  WHEEL"
	$(Q)rm -rf build/wheel/stage build/wheel/*.whl
	$(Q)mkdir -p build/wheel/stage/vmnet/data
	$(Q)cp wasm/python/pyproject.toml wasm/python/README.md LICENSE build/wheel/stage/
	$(Q)cp wasm/python/vmnet/*.py wasm/python/vmnet/py.typed build/wheel/stage/vmnet/
	$(Q)cp $(WHEEL_DATA) $(WHEEL_TEXTS) build/wheel/stage/vmnet/data/
	$(Q)build/venv/bin/python -m pip wheel -q --no-deps --disable-pip-version-check -w build/wheel build/wheel/stage
	$(Q)touch $@
# A fresh environment with the wheel and what tests/python/ needs besides, each time that the wheel changes.
build/wheel/venv/stamp: build/wheel/stamp tests/requirements.txt
	@rm -rf build/wheel/venv
	$(Q)$(PYTHON) -m venv build/wheel/venv
	$(Q)build/wheel/venv/bin/python -m pip install -q --disable-pip-version-check build/wheel/*.whl mypy==1.18.2 $$(grep -E '^(numpy|pillow|jsonschema)=' tests/requirements.txt)
	@touch $@
