#!/bin/sh
# `make bench`: times a screening in headless Chromium, every variant, as ratios within one run; see bench.mjs.
set -eu
cd "$(dirname "$0")/../.."
exec node tests/bench/bench.mjs "$@"
