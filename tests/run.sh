#!/bin/sh
# Every test of the project, as `make test` calls it; the last line is "N passed, N failed".
# Needs what `make test` builds and installs before: native, wasm, package, wheel, C tests (with the sanitizers too), node_modules, build/venv, chromium.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/tests
passed=0 failed=0

# count PASSED FAILED: adds up, and a suite that ran nothing counts as a failure
count() {
  [ $(($1 + $2)) -gt 0 ] || set -- 0 1
  passed=$((passed + $1)) failed=$((failed + $2))
  printf '   %s passed, %s failed\n' "$1" "$2"
}

# one NAME COMMAND...: a check that passes or fails as a whole
one() {
  name=$1
  shift
  printf '== %s\n' "$name"
  if "$@" >build/tests/log 2>&1; then count 1 0; else
    cat build/tests/log
    count 0 1
  fi
}

# c_test PROGRAM: prints its own count; a crash is a failure on top
c_test() {
  printf '== %s\n' "$1"
  "$1" >build/tests/log 2>&1
  status=$?
  line=$(tail -n 1 build/tests/log)
  p=$(printf '%s\n' "$line" | sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')
  f=$(printf '%s\n' "$line" | sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')
  [ "${f:-1}" = 0 ] || cat build/tests/log
  if [ -z "$p" ] || { [ $status -ne 0 ] && [ "$f" = 0 ]; }; then p=${p:-0} f=$((${f:-0} + 1)); fi
  count "$p" "$f"
}

# node_tests FOLDER [FILES AT ONCE]: node's own test runner
node_tests() {
  printf '== %s\n' "$1"
  node --test ${2:+--test-concurrency="$2"} --test-reporter=tap "$1"/*.test.mjs >build/tests/log 2>&1
  p=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' build/tests/log)
  f=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' build/tests/log)
  c=$(sed -n 's/^# cancelled \([0-9]*\)$/\1/p' build/tests/log)
  f=$((${f:-1} + ${c:-0}))
  # of a suite that fails, what failed: not two hundred lines of what did not
  [ "$f" = 0 ] || awk '/^ *# Subtest/ { show = 0 } /^ *(not ok|Bail)/ { show = 1 } /^ *ok/ { show = 0 } show || /^# [a-z]* [0-9]/' build/tests/log
  count "${p:-0}" "$f"
}

# unit_tests FOLDER [PYTHON]: Python's own test runner; what was skipped counts neither way
unit_tests() {
  printf '== %s\n' "$1"
  "${2:-build/venv/bin/python}" -m unittest discover -s "$1" >build/tests/log 2>&1
  n=$(sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1/p' build/tests/log)
  f=$(sed -n 's/^FAILED (\(.*\))$/\1/p' build/tests/log | tr ',' '\n' | sed -n 's/^ *\(failures\|errors\)=\([0-9]*\)$/\2/p' | awk '{ n += $1 } END { print n + 0 }')
  s=$(tail -n 1 build/tests/log | sed -n 's/.*skipped=\([0-9]*\).*/\1/p')
  n=$((${n:-0} - ${s:-0}))
  tail -n 1 build/tests/log | grep -q '^OK' || [ "$f" -gt 0 ] || f=1
  [ "$f" = 0 ] || cat build/tests/log
  [ -z "$s" ] || echo "   $s skipped: PyTorch and what else training needs is not installed (weights/train/requirements.txt)"
  count $((n > f ? n - f : 0)) "$f"
}

for t in tests/c/test_*.c; do
  t=$(basename "$t" .c)
  c_test "build/native/tests/$t"
  c_test "build/asan/tests/$t"
done
for n in tests/fuzz/seeds/*; do
  n=$(basename "$n")
  one "fuzzer on its seeds: $n" "build/fuzz/fuzz_$n" "tests/fuzz/seeds/$n"/*
done
one "valgrind: weights reader" valgrind -q --error-exitcode=1 --leak-check=full build/native/tests/test_weights
one "valgrind: photographs" valgrind -q --error-exitcode=1 --leak-check=full build/native/tests/test_photo
unit_tests tests/command
unit_tests tests/eval
unit_tests tests/train
unit_tests tests/python build/wheel/venv/bin/python
node_tests tests/js
node_tests tests/dicom
if [ -x build/deps/orthanc/usr/sbin/Orthanc ] || [ -x /usr/sbin/Orthanc ]; then node_tests tests/dicomweb; else
  echo "== tests/dicomweb: skipped, Orthanc is not on this system"
fi
node_tests tests/browser "$(nproc)" # a page waits as long as it computes
node_tests tests/embed
one "quick linters" make --no-print-directory lint-quick
[ "$failed" -eq 0 ] || echo "what failed stands above"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
