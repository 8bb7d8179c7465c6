#!/bin/sh
# Everything the build needs and does not hold: compilers, and the pinned third-party sources. Called by `make deps`.
#
#   wasm/third-party/deps.sh        toolchain and sources, for `make native` and `make wasm`
#   wasm/third-party/deps.sh test   besides, what only the tests need: a browser, valgrind, brotli, shellcheck
#   wasm/third-party/deps.sh orthanc  the archive that `make test-dicomweb` talks to, into build/deps/orthanc/
#
# Debian 12 and 13: installs packages, as root or through sudo; the release itself and /etc stay as they are.
# Elsewhere: nothing is installed. Variables say where things are:
#   EMCC=...        Emscripten 3.1.69 or newer; default: emcc on PATH
#   SRC_DIR=...     a folder with the source archives that SHA256SUMS names, or with them unpacked (xnnpack/, ...)
#   SRC_MIRROR=...  a URL in front of the archives' names, such as a Debian pool mirror's flattened copy
#
# A second call finds its stamp and ends at once, without the network. Archives are kept under ~/.cache/vmnet by the hash
# of their content, so that a second checkout does not fetch them again; deleting that folder is harmless.
set -eu
cd "$(dirname "$0")/../.."

PINS=wasm/third-party
DEPS=build/deps
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmnet
NEED_EMCC=3.1.69 # the first with both ES6 pthreads in one file and today's relaxed SIMD opcodes
NEED_BINARYEN=120 # what 3.1.69 was made for; 108 of Debian 12 does not know its flags

say() { printf '  deps: %s\n' "$*"; }
die() {
  printf '%s\n' "deps: $1" >&2
  shift
  for line in "$@"; do printf '      %s\n' "$line" >&2; done
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
sha256() { if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d ' ' -f 1; }
at_least() { # at_least HAVE WANT: dotted numbers
  printf '%s\n%s\n' "$1" "$2" | awk -F. 'NR == 1 { split($0, a) } NR == 2 { split($0, b) }
    END { for (i = 1; i <= 3; i++) if (a[i] + 0 != b[i] + 0) exit !(a[i] + 0 > b[i] + 0) }'
}

os=other
if [ -r /etc/os-release ]; then
  # shellcheck source=/dev/null
  os=$(. /etc/os-release && printf '%s%s' "${ID:-}" "${VERSION_ID:-}")
fi
case $os in debian12 | debian13) ;; *) os=other ;; esac

# ---- packages ------------------------------------------------------------------------------------------------------

as_root() {
  if [ "$(id -u)" = 0 ]; then env "$@"; elif have sudo; then sudo env "$@"; else
    die "packages are missing and neither root nor sudo is at hand" "run once as root: $PINS/deps.sh" "missing:$missing"
  fi
}

installed() { # installed PACKAGE[/RELEASE]: with a release, a version that only the newer release has
  name=${1%/*}
  version=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$name" 2>/dev/null) || return 1
  case $version in 'ii '*) version=${version#ii } ;; *) return 1 ;; esac
  case $1 in
    emscripten/*) dpkg --compare-versions "$version" ge "$NEED_EMCC" ;;
    libcpuinfo*/*) dpkg --compare-versions "$version" ge 0.0~git20240101 ;;
  esac
}

# A private configuration: the system's own Debian sources, the next release beside them at a priority that nothing is
# taken from it unless named PACKAGE/trixie (`-t trixie` would upgrade libc6 and what hangs on it), and its sources.
apt_ready=
apt() { # apt apt-get|apt-cache ARGUMENTS
  if [ -z "$apt_ready" ]; then
    apt_dir=$(mktemp -d)
    trap 'rm -rf "$apt_dir" 2>/dev/null || as_root rm -rf "$apt_dir"' EXIT
    mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial" "$apt_dir/prefs" "$apt_dir/get"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
      grep -E '/debian(-security)?/ ' | sort -u |
      while read -r uri suite; do echo "deb [signed-by=$keyring] $uri $suite main"; done >"$apt_dir/sources.list"
    mirror=$(sed -n 's/.*\] \([^ ]*\/debian\/\) .*/\1/p' "$apt_dir/sources.list" | head -n 1)
    [ -n "$mirror" ] || die "apt knows no Debian mirror" "add one to /etc/apt/sources.list, or set SRC_DIR"
    echo "deb-src [signed-by=$keyring] $mirror trixie main" >>"$apt_dir/sources.list"
    if [ "$os" = debian12 ]; then
      echo "deb [signed-by=$keyring] $mirror trixie main" >>"$apt_dir/sources.list"
      printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >"$apt_dir/prefs/trixie"
    fi
    cat >"$apt_dir/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt_dir/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "$apt_dir/prefs";
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
Acquire::Languages "none";
DPkg::Lock::Timeout "600";
CONF
    apt_ready=1
    say "reading the package lists"
    apt apt-get -qq update
  fi
  tool=$1
  shift
  if ! (cd "$apt_dir/get" && as_root "APT_CONFIG=$apt_dir/apt.conf" DEBIAN_FRONTEND=noninteractive "$tool" "$@") \
    >"$apt_dir/log" 2>&1; then
    tail -n 20 "$apt_dir/log" >&2
    die "$tool $* failed (above)" "check the network and the mirror, then run this again; nothing is half done"
  fi
}

install_packages() {
  missing=
  for p in "$@"; do installed "$p" || missing="$missing $p"; done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  # shellcheck disable=SC2086 # a list
  apt apt-get install $missing
}

# Debian 12's binaryen is too old and the newer one wants a newer libc: unpacked beside it, run through its own loader.
binaryen_beside() {
  [ -x $DEPS/binaryen/bin/wasm-opt ] && $DEPS/binaryen/bin/wasm-opt --version 2>/dev/null |
    grep -q "version $NEED_BINARYEN" && return 0
  say "unpacking binaryen $NEED_BINARYEN"
  apt apt-get download binaryen/trixie libc6/trixie libstdc++6/trixie libgcc-s1/trixie
  rm -rf $DEPS/binaryen
  mkdir -p $DEPS/binaryen/bin
  for deb in "$apt_dir"/get/*.deb; do dpkg -x "$deb" $DEPS/binaryen/root; done
  for tool in "$DEPS"/binaryen/root/usr/bin/wasm*; do
    name=$(basename "$tool")
    # the loader's name holds the processor's: ld-linux-x86-64.so.2, ld-linux-aarch64.so.1
    cat >"$DEPS/binaryen/bin/$name" <<'SH'
#!/bin/sh
root=$(cd "$(dirname "$0")/../root/usr" && pwd)
for lib in "$root"/lib/*-linux-gnu; do :; done
for ld in "$lib"/ld-linux-*; do :; done
exec "$ld" --library-path "$lib:$lib/binaryen" --argv0 "$0" "$root/bin/$(basename "$0")" "$@"
SH
    chmod +x "$DEPS/binaryen/bin/$name"
  done
  $DEPS/binaryen/bin/wasm-opt --version | grep -q "version $NEED_BINARYEN" || die "binaryen $NEED_BINARYEN does not run"
}

# Installed, it would run as a service from then on: unpacked, with those of its libraries that are missing here.
orthanc_beside() {
  if have Orthanc || [ -x $DEPS/orthanc/usr/sbin/Orthanc ]; then return 0; fi
  say "unpacking Orthanc"
  apt apt-get install --download-only orthanc orthanc-dicomweb
  rm -rf $DEPS/orthanc $DEPS/orthanc.part
  for deb in "$apt_dir"/cache/archives/*.deb; do dpkg -x "$deb" $DEPS/orthanc.part; done
  mv $DEPS/orthanc.part $DEPS/orthanc
}

# ---- sources -------------------------------------------------------------------------------------------------------

fetch() { # fetch ARCHIVE SHA256: into the cache, checked
  kept=$CACHE/$2
  if [ -f "$kept" ] && [ "$(sha256 "$kept")" = "$2" ]; then return 0; fi
  mkdir -p "$CACHE"
  if [ -n "${SRC_DIR:-}" ] && [ -f "$SRC_DIR/$1" ]; then
    cp "$SRC_DIR/$1" "$kept.part"
  elif [ -n "${SRC_MIRROR:-}" ]; then
    say "fetching $1"
    if have curl; then curl -fsSL -o "$kept.part" "${SRC_MIRROR%/}/$1"; else wget -qO "$kept.part" "${SRC_MIRROR%/}/$1"; fi ||
      die "cannot fetch ${SRC_MIRROR%/}/$1" "check SRC_MIRROR"
  elif [ "$os" != other ]; then
    say "fetching $1"
    version=${1#*_}
    # only the original archive: the packaging is not ours to build
    apt apt-get source --download-only --tar-only "${1%%_*}/trixie"
    [ -f "$apt_dir/get/$1" ] || die "the mirror no longer has $1 (version ${version%%.orig*})" \
      "snapshot.debian.org keeps every version: download it and set SRC_DIR to its folder"
    cp "$apt_dir/get/$1" "$kept.part"
  else
    die "the source archive $1 is missing" \
      "SRC_DIR=folder     a folder that holds it (or ${1%%_*}/ unpacked)" \
      "SRC_MIRROR=url     a URL prefix; every archive is checked against $PINS/SHA256SUMS" \
      "On any Debian 13, 'apt-get source --download-only --tar-only ${1%%_*}' gives it; snapshot.debian.org has it too."
  fi
  got=$(sha256 "$kept.part")
  [ "$got" = "$2" ] || die "$1 is not the pinned archive" "sha256 $got" "wanted $2"
  mv "$kept.part" "$kept"
}

unpack_sources() {
  if [ -f $DEPS/src/pins ] && cmp -s $PINS/SHA256SUMS $DEPS/src/pins; then return 0; fi
  mkdir -p $DEPS/src
  for folder in "$DEPS"/src/*/; do
    grep -q "  $(basename "$folder")_" $PINS/SHA256SUMS || rm -rf "$folder"
  done
  while read -r sum archive; do
    name=${archive%%_*}
    # what is unpacked already stays, and so does all that was compiled from it
    if [ -d "$DEPS/src/$name" ] && grep -qxF "$sum  $archive" $DEPS/src/pins 2>/dev/null; then continue; fi
    rm -rf "$DEPS/src/$name" "$DEPS/src/$name.part"
    if [ -n "${SRC_DIR:-}" ] && [ -d "$SRC_DIR/$name" ] && [ ! -f "$SRC_DIR/$archive" ]; then
      say "taking $SRC_DIR/$name as it is, unchecked"
      cp -R "$SRC_DIR/$name" "$DEPS/src/$name"
      touch "$DEPS/src/$name/pin"
      continue
    fi
    fetch "$archive" "$sum"
    mkdir "$DEPS/src/$name.part"
    case $archive in
      *.gz) gzip -dc "$CACHE/$sum" ;;
      *) xz -dc "$CACHE/$sum" ;;
    esac | tar -C "$DEPS/src/$name.part" -xf -
    # most archives hold one folder, XNNPACK's does not
    set -- "$DEPS/src/$name.part"/*
    if [ $# = 1 ] && [ -d "$1" ]; then mv "$1" "$DEPS/src/$name" && rmdir "$DEPS/src/$name.part"; else
      mv "$DEPS/src/$name.part" "$DEPS/src/$name"
    fi
    touch "$DEPS/src/$name/pin" # the age of this copy, for make
  done <$PINS/SHA256SUMS
  # our objects depend on this copy, not on a stamp that every call touches; XNNPACK's on the pins in its folders
  cp $PINS/SHA256SUMS $DEPS/src/pins
}

# ---- Emscripten ----------------------------------------------------------------------------------------------------

# build/deps/bin/emcc: the compiler that was found, with the settings it needs. The build calls nothing else.
wrap_emscripten() {
  emcc=$(command -v "${EMCC:-emcc}") || die "no Emscripten: ${EMCC:-emcc} is not on PATH" \
    "install $NEED_EMCC or newer (https://emscripten.org/docs/getting_started/downloads.html)" \
    "then put emcc on PATH, or: make EMCC=/path/to/emcc"
  version=$("$emcc" --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
  [ -n "$version" ] || die "$emcc --version says nothing that looks like a version"
  at_least "$version" $NEED_EMCC || die "$emcc is $version, needed is $NEED_EMCC or newer" \
    "install a newer one, then: make EMCC=/path/to/emcc"
  mkdir -p $DEPS/bin
  config=
  # Debian's Emscripten has its settings beside it; ours start as a copy of them
  if [ -r /usr/share/emscripten/.emscripten ] && [ "$emcc" = /usr/bin/emcc ]; then
    # shellcheck disable=SC2016 # for the wrapper, not for us
    config='export EM_CONFIG="$here/emscripten.config"'
    {
      cat /usr/share/emscripten/.emscripten
      echo "import os"
      echo "here = os.path.dirname(os.environ['EM_CONFIG'])"
      [ ! -d $DEPS/binaryen ] || echo "BINARYEN_ROOT = os.path.join(here, 'binaryen')"
      echo "NODE_JS = ['$(command -v node)'$(acorn_hook)]"
    } >$DEPS/emscripten.config
  fi
  for tool in emcc em++ emar; do
    cat >$DEPS/bin/$tool <<SH
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
$config
exec "$(dirname "$emcc")/$tool" "\$@"
SH
    chmod +x $DEPS/bin/$tool
  done
  wrap_clang
  say "Emscripten $version ($emcc)"
}

# build/deps/bin/clang-wasm: what emcc -c runs, with the same flags and without emcc's own start, which takes three times
# as long as compiling a file of ours.
wrap_clang() {
  plain=$(clang_of_emcc)
  threads=$(clang_of_emcc -pthread)
  cat >$DEPS/bin/clang-wasm <<SH
#!/bin/sh
case " \$* " in *' -pthread '*) exec $threads "\$@" ;; esac
exec $plain "\$@"
SH
  chmod +x $DEPS/bin/clang-wasm
}

# The command that emcc says it would run, up to what it was asked.
clang_of_emcc() {
  command=$($DEPS/bin/emcc "$@" -c '-###' -x c /dev/null -o /dev/null 2>&1 | sed -n '1s/ -c .*//p')
  case $command in *clang*wasm32*) ;; *) die "emcc -### says nothing that looks like clang: $command" "$NEED_EMCC or newer does: make EMCC=/path/to/emcc" ;; esac
  printf "%s" "$command"
}

# The optimiser imports "acorn", which only Debian's Node.js finds in Debian's folder.
acorn_hook() {
  if ! (cd /usr/share/emscripten/tools && node --input-type=module -e 'import "acorn"') 2>/dev/null; then
    cp $PINS/acorn-hook.mjs $DEPS/
    printf "%s" ", '--import', os.path.join(here, 'acorn-hook.mjs')"
  fi
}

# ---- what was asked ------------------------------------------------------------------------------------------------

mkdir -p $DEPS
key=$({ cat $PINS/deps.sh $PINS/SHA256SUMS $PINS/acorn-hook.mjs; echo "${EMCC:-}"; } | sha256 -)
current() { [ -f "$1" ] && [ "$(cat "$1")" = "$key" ]; }

if [ "${1:-}" = test ]; then
  if current $DEPS/stamp-test && have valgrind && have brotli && have dcmcjpeg && have dciodvfy && have opj_decompress; then exit 0; fi
  if [ "$os" = other ]; then
    say "the tests use, where they find them: chromium, firefox-esr, WebKitWebDriver, xvfb, valgrind, brotli, shellcheck, dcmtk, libopenjp2-tools, dicom3tools. Nothing is installed on this system."
  else
    # Chromium draws text only where there is a font: Latin and Arabic, Devanagari, Chinese
    install_packages chromium firefox-esr webkit2gtk-driver xvfb fonts-dejavu-core fonts-lohit-deva fonts-wqy-microhei valgrind brotli shellcheck dcmtk libopenjp2-tools dicom3tools
  fi
  echo "$key" >$DEPS/stamp-test
  exit 0
fi
if [ "${1:-}" = orthanc ]; then
  if [ "$os" != other ]; then orthanc_beside; elif ! have Orthanc; then
    say "Orthanc with its DICOMweb plugin is missing; nothing is installed on this system"
  fi
  exit 0
fi
[ $# = 0 ] || die "unknown argument: $1" "usage: $PINS/deps.sh [test | orthanc]"

if current $DEPS/stamp && [ -x $DEPS/bin/emcc ] && [ -f $DEPS/src/pins ] && { [ "$os" = other ] || have clang-19; }; then
  touch $DEPS/stamp # newer than its prerequisites in make's eyes, too
  exit 0
fi
if [ "$os" = other ]; then
  have node || die "Node.js 20 or newer is missing" "Emscripten's optimiser and the tests run in it"
  say "not Debian 12 or 13: nothing is installed. 'make native' needs besides: clang 19 (or CC=), libcpuinfo and libmd."
else
  newer=
  [ "$os" = debian13 ] || newer=/trixie
  # bookworm's libcpuinfo predates what this XNNPACK asks it; libmd has SHA-256 for the command
  set -- make xz-utils python3 python3-venv libc6-dev binutils "libstdc++-$([ "$os" = debian13 ] && echo 14 || echo 12)-dev" \
    clang-19 lld-19 llvm-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 libmd-dev node-acorn \
    "emscripten$newer" "libcpuinfo-dev$newer" "libcpuinfo0$newer"
  have node || set -- "$@" nodejs npm
  install_packages "$@"
  [ "$os" = debian13 ] || binaryen_beside
fi
unpack_sources
wrap_emscripten
echo "$key" >$DEPS/stamp
