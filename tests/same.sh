#!/bin/sh
# Do two builds of the command give the same bytes? Reports (less the hash of the command itself), `vmnet info`, and of
# every twentieth photograph all pictures too.
#
#   tests/same.sh OLD_VMNET NEW_VMNET PHOTO...
set -eu
[ $# -ge 3 ] || { echo "usage: tests/same.sh OLD_VMNET NEW_VMNET PHOTO..." >&2; exit 2; }
old=$1 new=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# screens everything with the command $1 into $work/$2; what it says goes there as well
run() {
  command=$1 out=$work/$2
  shift 2
  mkdir "$out"
  "$command" info | sed 's/"binary_sha256":"[0-9a-f]*"//' >"$out/info.json"
  "$command" screen --only-report --out "$out/reports" "$@" >"$out/answers" 2>"$out/errors" || [ $? = 1 ]
  find "$out/reports" -name report.json -exec sed -i 's/"binary_sha256":"[0-9a-f]*"//' {} +
  n=0
  for photo in "$@"; do
    n=$((n + 1))
    [ $((n % 20)) = 1 ] || continue
    "$command" screen --out "$out/pictures/$n" "$photo" >>"$out/answers" 2>>"$out/errors" || [ $? = 1 ]
    sed -i 's/"binary_sha256":"[0-9a-f]*"//' "$out/pictures/$n/report.json"
  done
}

run "$old" old "$@" &
run "$new" new "$@"
wait $!
diff -r "$work/old" "$work/new" >"$work/differences" || {
  head -n 20 "$work/differences" | cut -c 1-300
  echo "$(grep -c '^\(diff\|Binary\|Only\)' "$work/differences") files differ" >&2
  exit 1
}
echo "same: $(find "$work/new" -name report.json | wc -l) reports, $(find "$work/new" -name '*.png' | wc -l) pictures"
