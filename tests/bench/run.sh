#!/bin/sh
# `make bench`: see bench.mjs. Options, as in make bench ARGS="--quick":
#   --quick             few rounds: to see that it runs, not to publish
#   --rounds N          11 unless told (of the network alone 5 at most: each of its rounds is ten runs of every runtime)
#   --only PARTS        some of network,screen,way,cold,heap,sizes,pool,series,native
#   --int8 FILE         int8 weights, measured where they exist (weights/vmnet-int8.safetensors)
#   --native            only the native profile: time, GFLOP/s and share of the peak of each operator
set -eu
cd "$(dirname "$0")/../.."
exec node tests/bench/bench.mjs "$@"
