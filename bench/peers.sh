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
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<'TEXT'
usage: bench/peers.sh [--fix FILE] [--vmlinux FILE] [--jobs N] [--work FOLDER] [KPATCH]

Builds one fix for the kernel of scripts/versions.sh with kpatch-build, twice, and prints wall time, processor time
(user + system) and the memory of the largest process of both, and when each step of kpatch-build began. Source,
configuration and symbol versions are copied from the target store, which is not changed. Only vmlinux is built, no
modules of the kernel: that is the least that kpatch-build can do for a fix of vmlinux.

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
  python3 rsync, by their names in Debian 12

examples:
  bench/peers.sh ../kpatch
  SUTURE_STORE=build/store bench/peers.sh --jobs 2 --work ../peers ../kpatch
TEXT
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
find_suture
make_work "$folder"
show_target "$SUTURE_RELEASE"
source=$(target_path source)
headers=$(target_path headers)
config=$(target_path config)
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$config")
need_tools bash bc bison cpio flex gawk "$compiler" lsdiff make modinfo openssl pahole patch python3 rsync strings

echo "kernel     $SUTURE_RELEASE $SUTURE_VERSION"
echo "fix        $(basename "$fix")"
commit=
[ ! -e "$kpatch/.git" ] || commit=", $(git -C "$kpatch" rev-parse HEAD)"
echo "kpatch     $("$kpatch/kpatch-build/kpatch-build" --version | sed 's/.*: *//')$commit"
echo "compiler   $("$compiler" --version | head -n 1)"
show_machine "$jobs"
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
  stepped "$1" "$kpatch/kpatch-build/kpatch-build" -s "$work/source" -c "$work/config" -v "$vmlinux" -t vmlinux \
    -t modules_prepare -j "$jobs" -n suture-peer -o "$output" "$fix" || {
    tail -n 40 "$work/cache/build.log" >&2 || true
    die "$1 failed"
  }
  show_module "$output/suture-peer.ko"
}
build "kpatch-build, first" first
build "kpatch-build, again" again
