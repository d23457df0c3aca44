#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How long klp-build, which comes with Linux since 6.19, takes for a fix, and suture for the same fix and kernel: first
# build, and again with what each keeps. Figures depend on the machine; no test looks at them.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
# shellcheck source=bench/common.sh
. bench/common.sh
for lineage in $SUTURE_LINEAGES; do release=${lineage%%=*}; done # the last one

usage() {
  cat <<TEXT
usage: bench/klp_build.sh [--target RELEASE] [--suite SUITE] [--fix FILE] [--modules] [--jobs N] [--work FOLDER]

Builds one fix for a stock kernel of Debian with suture and with the klp-build in that kernel's source, twice each.
Prints wall time, processor time (user + system), the memory of the largest process, and when each step of klp-build
began. Source and configuration are copied from the target store, which is not changed. klp-build runs in a root of its
own that mmdebstrap makes, from the archive that apt is configured for.

In favour of klp-build, debug information, BTF, Rust and all that the kernel has as modules are switched off: it would
build them all. What it makes is therefore not for the stock kernel. Its second build begins at the step "patched"
(--short-circuit), which keeps the original kernel and all objects. suture is given an empty cache first.

  --target   the kernel's release (default: $release)
  --suite    Debian's suite with the kernel's compiler (default: sid)
  --fix      the fix (default: tests/data/fixes/cmdline.patch)
  --modules  leave the modules on
  --jobs     jobs of make (default: \$JOBS, or one for each processor)
  --work     do everything in this folder, which must be new or empty, and keep it (default: a temporary one). Takes
             about 5 GB.

SUTURE_STORE is the target store, which has the target already (default: build/store), SUTURE the suture to measure
(default: build/release/bin/suture).

needs: apt bubblewrap kmod mmdebstrap python3, by their names in Debian 12

examples:
  bench/klp_build.sh
  SUTURE_STORE=build/store bench/klp_build.sh --jobs 2 --work ../klp
TEXT
}

jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
fix=$PWD/tests/data/fixes/cmdline.patch
suite=sid
folder=
modules=off
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --modules) modules=on; shift ;;
    --target | --suite | --fix | --jobs | --work)
      [ $# -ge 2 ] || die "$1 needs a value, see --help"
      case $1 in
        --target) release=$2 ;;
        --suite) suite=$2 ;;
        --fix) fix=$(absolute "$2") ;;
        --jobs) jobs=$2 ;;
        --work) folder=$(absolute "$2") ;;
      esac
      shift 2
      ;;
    *) die "no option $1, see --help" ;;
  esac
done
[ -f "$fix" ] || die "no fix $fix"
find_suture
need_tools apt-get bwrap mmdebstrap modinfo python3
make_work "$folder"
show_target "$release"
source=$(target_path source)
config=$(target_path config)
version=$(target_path version)
[ -x "$source/scripts/livepatch/klp-build" ] || die "the source of $release has no klp-build: it came with Linux 6.19"
# Debian names the compiler by the machine that it compiles for since 6.12; its package is not named so.
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$config")
compiler=${compiler#x86_64-linux-gnu-}

echo "kernel     $release $version"
echo "fix        $(basename "$fix")"
echo "suture     $("$suture" --version)"
show_machine "$jobs"
echo

# A store of its own with nothing built yet, and the targets of the other.
mkdir "$work/store" "$work/output"
for part in targets sources roots; do
  [ ! -e "$store/$part" ] || ln -s "$store/$part" "$work/store/$part"
done
for run in first again; do
  timed "suture, $run" "$suture" build --store "$work/store" --target "$release" --fix "$fix" \
    --output "$work/output/suture-$run"
done
for module in "$work"/output/suture-again/*.ko; do show_module "$module"; done
echo

archive=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
  awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid)$/ { print $1; exit }')
[ -n "$archive" ] || die "apt is configured for no archive of Debian"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >"$work/sources.list"
{
  echo 'APT::Install-Recommends "false";'
  apt-config dump | sed -n '/^Acquire::\(Check-\|http\|Retries\)/p'
} >"$work/apt.conf"
# The last line is what klp-build and its objtool need beyond what the kernel does.
root=$work/root
timed "prepare: root of $suite" mmdebstrap --quiet --mode=chrootless --variant=extract --aptopt="$work/apt.conf" --include="\
$compiler,bash,bc,bison,coreutils,cpio,dash,diffutils,findutils,flex,gawk,grep,kmod,libc-bin,libc6-dev,libelf-dev,libssl-dev,\
make,openssl,perl,python3,rsync,sed,tar,xz-utils,\
libxxhash-dev,patch,patchutils,util-linux" "$suite" "$root" "$work/sources.list"
# Links that scripts of packages would make.
for link in "gcc $compiler" "cc $compiler" "awk gawk" "sh dash"; do
  [ -e "$root/usr/bin/${link% *}" ] || ln -s "${link#* }" "$root/usr/bin/${link% *}"
done

in_root() { # timed|stepped NAME COMMAND...: in the source
  how=$1
  name=$2
  shift 2
  "$how" "$name" bwrap --unshare-all --die-with-parent --clearenv --bind "$root" / --dev /dev --proc /proc \
    --tmpfs /tmp --bind "$work/source" /source --bind "$work/output" /output --setenv PATH /usr/bin --setenv LC_ALL C \
    --setenv KBUILD_BUILD_USER bench --chdir /source -- "$@"
}

timed "prepare: copy of the source" cp -a "$source" "$work/source"
# Debian's name of the release, without which the patch would not load.
[ -n "$(find "$work/source" -maxdepth 1 -name 'localversion*')" ] ||
  echo "${release#"${version%-*}"}" >"$work/source/localversion"
# Debian's signing key is not public: let the build make one.
sed '/^CONFIG_DEBUG_INFO/d; s|^CONFIG_MODULE_SIG_KEY=.*|CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"|
  s/^CONFIG_RUST=y/CONFIG_RUST=n/' "$config" >"$work/source/.config"
echo CONFIG_DEBUG_INFO_NONE=y >>"$work/source/.config"
[ $modules = on ] || sed -i 's/=m$/=n/' "$work/source/.config"
in_root timed "prepare: configuration" make olddefconfig
count() { # PATTERN FILE
  grep -c "$1" "$2" || true
}
echo "configuration: of $(count '=m$' "$config") modules $(count '=m$' "$work/source/.config") are left, of" \
  "$(count '=y$' "$config") options built in $(count '=y$' "$work/source/.config")"
for option in LIVEPATCH KLP_BUILD MODULES; do
  grep -q "^CONFIG_$option=y" "$work/source/.config" || die "the configuration has no CONFIG_$option"
done
in_root timed "prepare: ask the compiler" gcc --version
echo "compiler: $(head -n 1 "$work/out"), the kernel's: $(target_path compiler)"

cp "$fix" "$work/output/"
klp_build() { # NAME OPTION...
  name="klp-build, $1"
  shift
  echo
  echo "$name: klp-build --jobs $jobs --keep-tmp${*:+ $*} --output suture-peer.ko $(basename "$fix")"
  in_root stepped "$name" scripts/livepatch/klp-build --jobs "$jobs" --keep-tmp "$@" --output /output/suture-peer.ko \
    "/output/$(basename "$fix")" || die "$name failed"
  show_module "$work/output/suture-peer.ko"
}
klp_build first
klp_build again --short-circuit patched
