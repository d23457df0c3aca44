#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How long kpatch-build takes for a fix that bench/build.sh builds too, for the same stock kernel: first build, and the
# same build again with everything kept that the first one left: its source tree with all objects, and its CACHEDIR.
# Figures depend on the machine; no test looks at them.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh

usage() {
  cat <<'TEXT'
usage: bench/peers.sh [--fix FILE] [--vmlinux FILE] [--jobs N] [--work FOLDER] [KPATCH]

Builds one fix for the kernel of scripts/versions.sh with kpatch-build, twice, and prints wall time and processor time
(user + system) of both, and when each step of kpatch-build began. Source, configuration and symbol versions are copied
from the target store, which is not changed. Only vmlinux is built, no modules of the kernel: that is the least that
kpatch-build can do for a fix of vmlinux.

  KPATCH     a checkout of kpatch (github: dynup/kpatch); its tools are built there. Default: $KPATCH
  --fix      the fix (default: tests/data/fixes/CVE-2026-53249.patch)
  --vmlinux  vmlinux of the kernel with debug information (default: $VMLINUX, or that of the package
             linux-image-RELEASE-dbg, which apt-get downloads)
  --jobs     jobs of make (default: $JOBS, or one for each processor)
  --work     do everything in this folder, which must be new or empty, and keep it (default: a temporary one). Takes
             about 5 GB.

SUTURE_STORE is the target store, which has the target already (default: build/store), SUTURE the suture to ask for its
paths (default: build/release/bin/suture).

needs: bash bc binutils bison cpio flex gawk gcc-12 kmod libelf-dev libssl-dev make openssl pahole patch patchutils
  rsync time, by their names in Debian 12

examples:
  bench/peers.sh ../kpatch
  SUTURE_STORE=build/store bench/peers.sh --jobs 2 --work ../peers ../kpatch
TEXT
}

die() {
  echo "bench/peers.sh: $1" >&2
  exit 1
}

absolute() { # PATH, as of the folder this script was started in
  case $1 in
    /*) echo "$1" ;;
    *) echo "$start_folder/$1" ;;
  esac
}

kpatch=${KPATCH:-}
vmlinux=${VMLINUX:-}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
fix=$PWD/tests/data/fixes/CVE-2026-53249.patch
folder=
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --fix | --vmlinux | --jobs | --work)
      [ $# -ge 2 ] || die "$1 needs a value, see --help"
      case $1 in
        --fix) fix=$(absolute "$2") ;;
        --vmlinux) vmlinux=$2 ;;
        --jobs) jobs=$2 ;;
        --work) folder=$(absolute "$2") ;;
      esac
      shift 2
      ;;
    -*) die "no option $1, see --help" ;;
    *) kpatch=$1; shift ;;
  esac
done
[ -n "$kpatch" ] || die "which checkout of kpatch? see --help"
kpatch=$(absolute "$kpatch")
[ -x "$kpatch/kpatch-build/kpatch-build" ] || die "$kpatch is no checkout of kpatch"
[ -f "$fix" ] || die "no fix $fix"
store=$(absolute "${SUTURE_STORE:-$PWD/build/store}")
suture=$(absolute "${SUTURE:-$PWD/build/release/bin/suture}")
[ -x "$suture" ] || die "run scripts/demo.sh first, it builds suture; or set SUTURE"

if [ -n "$folder" ]; then
  mkdir -p "$folder"
  [ -z "$(ls -A "$folder")" ] || die "$folder is not empty"
  work=$folder
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi

"$suture" target show "$SUTURE_RELEASE" --store "$store" >"$work/target" || die "no target $SUTURE_RELEASE in $store"
target_path() { sed -n "s/^$1  *//p" "$work/target"; }
source=$(target_path source)
headers=$(target_path headers)
config=$(target_path config)
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$config")
for tool in bash bc bison cpio flex gawk "$compiler" lsdiff make modinfo openssl pahole patch rsync strings time; do
  env sh -c "command -v $tool" >/dev/null || die "$tool is not installed, see --help"
done

timed() { # NAME COMMAND...: wall time and processor time; what the command prints goes to a file
  name=$1
  shift
  env time -q -o "$work/time" -f '%e %U %S' "$@" >"$work/out" 2>&1 </dev/null ||
    { tail -n 40 "$work/out"; die "$name failed"; }
  report "$name"
}

report() { # NAME
  awk -v name="$1" '{ printf "%-44s %8.1f s wall %8.1f s cpu (user %.1f, system %.1f)\n", name, $1, $2 + $3, $2,
    $3 }' "$work/time"
}

echo "kernel     $SUTURE_RELEASE $SUTURE_VERSION"
echo "fix        $(basename "$fix")"
commit=
[ ! -e "$kpatch/.git" ] || commit=", $(git -C "$kpatch" rev-parse HEAD)"
echo "kpatch     $("$kpatch/kpatch-build/kpatch-build" --version | sed 's/.*: *//')$commit"
echo "compiler   $("$compiler" --version | head -n 1)"
echo "machine    $(getconf _NPROCESSORS_ONLN) processors, $jobs jobs, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo

timed "prepare: kpatch's own tools" make -C "$kpatch/kpatch-build"

if [ -z "$vmlinux" ]; then
  package=linux-image-$SUTURE_RELEASE-dbg
  mkdir "$work/debug"
  timed "prepare: download of debug information" sh -c "cd '$work/debug' && apt-get download '$package=$SUTURE_VERSION'"
  timed "prepare: unpack its vmlinux" sh -c "cd '$work/debug' && dpkg-deb --fsys-tarfile ./*.deb |
    tar -x './usr/lib/debug/boot/vmlinux-$SUTURE_RELEASE'"
  rm -f "$work"/debug/*.deb
  vmlinux=$work/debug/usr/lib/debug/boot/vmlinux-$SUTURE_RELEASE
else
  vmlinux=$(absolute "$vmlinux")
fi
[ -f "$vmlinux" ] || die "no $vmlinux"

# kpatch-build works inside the source tree. It takes `gcc` from PATH, and the kernel wants its own.
mkdir "$work/bin" "$work/output" "$work/cache"
ln -s "$(command -v "$compiler")" "$work/bin/gcc"
PATH=$work/bin:$PATH
export PATH
timed "prepare: copy of the source" cp -a "$source" "$work/source"
# Debian's build gives this name to make, kpatch-build does not, and without it the patch would not load.
sed "s|^\(filechk_kernel.release = \).*|\1echo $SUTURE_RELEASE|; /^\techo \"\$(KERNELVERSION)/d" "$source/Makefile" \
  >"$work/source/Makefile"
# A build of vmlinux alone does not write Module.symvers, and kpatch-build wants one: that of the stock kernel.
cp "$headers/Module.symvers" "$work/source/Module.symvers"
# Debian's signing key is not public: let the build make one.
sed 's|^CONFIG_MODULE_SIG_KEY=.*|CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"|' "$config" >"$work/source/.config"
timed "prepare: configuration" make -C "$work/source" olddefconfig
cp "$work/source/.config" "$work/config"

CACHEDIR=$work/cache
export CACHEDIR
build() { # NAME OUTPUT
  echo
  echo "$1: kpatch-build -s SOURCE -c CONFIG -v VMLINUX -t vmlinux -t modules_prepare -j $jobs -n suture-peer" \
    "-o OUTPUT $(basename "$fix")"
  output=$work/output/$2
  mkdir "$output"
  start=$(date +%s.%N)
  {
    env time -q -o "$work/time" -f '%e %U %S' "$kpatch/kpatch-build/kpatch-build" -s "$work/source" -c "$work/config" \
      -v "$vmlinux" -t vmlinux -t modules_prepare -j "$jobs" -n suture-peer -o "$output" "$fix" </dev/null 2>&1 &&
      : >"$output/done"
  } | while IFS= read -r line; do
    printf '%9.1f s  %s\n' "$(echo "$start $(date +%s.%N)" | awk '{ print $2 - $1 }')" "$line"
  done
  report "$1"
  if [ ! -e "$output/done" ]; then
    tail -n 40 "$work/cache/build.log" >&2 || true
    die "$1 failed"
  fi
  module=$output/suture-peer.ko
  echo "$(basename "$module"): $(wc -c <"$module") bytes, vermagic $(modinfo -F vermagic "$module")"
}
build "kpatch-build, first" first
build "kpatch-build, again" again
