# V-MNet Web. Bare `make` prints the targets. Each .mk file lies beside what it drives:
#
#   src/native.mk            our C: the library and the command
#   wasm/wasm.mk             the four WebAssembly modules
#   wasm/third-party/*.mk    XNNPACK, for both
#   wasm/python/python.mk    the Python wheel
#   web/third-party/*.mk     what the page takes from npm
#   tests/tests.mk           tests, linters, evaluation
#   tests/spark/spark.mk     a population of photographs on Apache Spark
#   tests/bench/bench.mk     the benchmark
#   weights/train/train.mk   training

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

.PHONY: help deps test-deps serve site clean distclean
help:
	@echo "usage: make TARGET"; \
	awk -F ' *## ' '/^[a-z][a-z0-9-]*:.*## / { sub(/:.*/, "", $$1); printf "  %-11s %s\n", $$1, $$2 }' $(filter Makefile %.mk,$(MAKEFILE_LIST))

# ---- what is not ours ----------------------------------------------------------------------------------------------

deps: ## compilers and pinned third-party sources (Debian 12/13: installs packages; else see wasm/third-party/deps.sh)
	@wasm/third-party/deps.sh
test-deps: ## besides, what only the tests need: chromium, firefox-esr, webkit2gtk-driver, fonts for all six languages, valgrind, brotli, shellcheck, dcmtk, libopenjp2-tools, dicom3tools
	@wasm/third-party/deps.sh test

build/deps/stamp: $(addprefix wasm/third-party/,deps.sh SHA256SUMS acorn-hook.mjs)
	@wasm/third-party/deps.sh
# Written by the same script, and only when a pin changed: everything compiled hangs on this one.
build/deps/src/pins: | build/deps/stamp ;

# Python's packages: each .mk file installs its own list into the one environment.
build/venv/bin/python:
	$(PYTHON) -m venv build/venv

# ---- the parts -----------------------------------------------------------------------------------------------------

# $(call need_data,TARGET): says what is missing, before anything is built for it
need_data = @[ -n "$(DATA)" ] && [ -d "$(DATA)" ] || { echo 'make $1: set DATA to the folder with the data sets, as in `make $1 DATA=/data/fundus`' \
  "$(if $(DATA),($(DATA) is not a folder))" >&2; exit 1; }

include wasm/third-party/xnnpack.mk src/native.mk web/third-party/vendor.mk wasm/wasm.mk wasm/third-party/sources.mk wasm/python/python.mk
serve: site ## build the page and serve it; prints the address (PORT=...)
	$(PYTHON) web/serve.py --root build/site $(if $(PORT),--port $(PORT))
site: wasm ## the page as it is put on a server, in build/site/: any host for static files will do
	@echo "  BUNDLE build/site"
	$(Q)node web/site.mjs $(NPM_PAGE) build/site
include web/package/package.mk
include tests/tests.mk tests/spark/spark.mk tests/bench/bench.mk weights/train/train.mk

clean: ## remove what was built; keeps what was downloaded
	rm -rf $(filter-out build/deps build/venv,$(wildcard build/*)) web/vendor
distclean: ## remove everything that is not in the repository
	rm -rf build tests/node_modules web/vendor
