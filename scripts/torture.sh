#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What tests/vm tries of the stop-machine engine a few times, ROUNDS times under load, on kernels that look for
# mistakes and on such as no distribution has. Building them takes a quarter of an hour each.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/torture.sh [KIND...]

Builds small kernels (scripts/kernel.sh), patchsets and the engine for them, and lets them run in machines with two
processors; without a KIND plain, no-ftrace, lockdep and kasan.

environment:
  SUTURE_STORE   the target store with the pinned source (default: build/store)
  KERNELS        where the kernels are, and a store of their own (default: build/kernels)
  ROUNDS         how often patches are applied, replaced and reverted (default: 1000)
  RESULT         where the table is written (default: docs/results/torture.md)
  BIN            the programs (default: build/release/bin)
TEXT
}
case ${1:-} in -h | --help) usage; exit 0 ;; esac

. scripts/versions.sh
export SUTURE_STORE="${SUTURE_STORE:-$PWD/build/store}"
kernels=${KERNELS:-$PWD/build/kernels}
rounds=${ROUNDS:-1000}
table=${RESULT:-docs/results/torture.md}
bin=${BIN:-$PWD/build/release/bin}
store=$kernels/store
[ $# != 0 ] || set -- plain no-ftrace lockdep kasan

path() { "$bin/suture" target show "$1" --store "$store" | sed -n "s/^$2  *//p"; }

# The kernel as a target of a store of its own: the other one stays as it is.
add_target() { # KIND
  mkdir -p "$store"
  built=$(find "$kernels/$1/arch/x86/boot/bzImage" -newer "$store/$1.added" 2>/dev/null || echo new)
  [ -n "$built" ] || return 0
  "$bin/suture" target remove "local:$1" --store "$store" >/dev/null 2>&1 || true
  "$bin/suture" target add "local:$1" --build "$kernels/$1" --hard-links --store "$store"
  touch "$store/$1.added"
}

# Patch modules of the engine's own tests, and the module that they patch. Where each access to memory is checked, each
# text is a variable of its own, and a change that adds one looks as if it had changed the others.
build_patches_by_hand() { # KIND
  cp -r tests/vm/kmod "$kernels/$1.patches/by-hand"
  make -C "$kernels/$1" M="$kernels/$1.patches/by-hand" CC=gcc-12 SUTURE_KMOD="$PWD/kmod" \
    SUTURE_BUILD_ID="$(path "$1" build-id)" modules >"$kernels/$1.patches/log" 2>&1 ||
    { cat "$kernels/$1.patches/log"; exit 1; }
  for module in suture_victim suture_stop_1 suture_stop_2; do
    strip --strip-debug -o "$kernels/$1.patches/$module.ko" "$kernels/$1.patches/by-hand/$module.ko"
  done
}

build_patches() { # KIND
  rm -rf "$kernels/$1.patches"
  mkdir "$kernels/$1.patches"
  more=
  [ "$1" = no-ftrace ] || more="--fix tests/data/fixes/trace-clock.patch"
  "$bin/suture" build-engine --store "$store" --target "$1" --output "$kernels/$1.patches/engine"
  if [ "$1" = kasan ]; then
    build_patches_by_hand "$1"
    return
  fi
  "$bin/suture" build --store "$store" --target "$1" --level 1 --fix tests/data/fixes/cmdline-level-1.patch \
    --fix tests/data/fixes/CVE-2026-46234.patch --output "$kernels/$1.patches/level1"
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture" build --store "$store" --target "$1" --level 2 --fix tests/data/fixes/cmdline-level-2.patch \
    --fix tests/data/fixes/CVE-2026-46234.patch --fix tests/data/fixes/CVE-2026-53249.patch $more \
    --output "$kernels/$1.patches/level2"
  mv "$kernels/$1.patches/level1/suture_stop_1.ko" "$kernels/$1.patches/level2/suture_stop_2.ko" "$kernels/$1.patches"
}

run() { # KIND
  patches=$kernels/$1.patches
  files=
  for module in "$patches"/*.ko; do files="$files --file $module"; done
  module=vsock
  [ ! -e "$patches/suture_victim.ko" ] || module=suture_victim
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture-vm" --kernel "$(path "$1" image)" --modules "$(path "$1" modules)" \
    --script tests/vm/torture_engine.guest.sh --env ROUNDS="$rounds" --env PATCHED_MODULE=$module --program "$bin/suture-guest" \
    --have-module vsock --have-module dummy --file "$patches/engine/suture.ko:/root/suture.ko" $files \
    --cpus 2 --memory 1024 --timeout $((1200 + rounds * 30)) --log "$kernels/$1.log"
}

status=0
for kind; do
  echo "== $kind"
  scripts/kernel.sh "$kind" "$kernels/$kind"
  add_target "$kind"
  build_patches "$kind"
  if run "$kind" >"$kernels/$kind.out" 2>&1; then
    echo pass >"$kernels/$kind.verdict"
  else
    echo "fail: $(tail -n 1 "$kernels/$kind.out")" >"$kernels/$kind.verdict"
    cat "$kernels/$kind.out"
    status=1
  fi
  # What lockdep, KASAN and others print has many forms; the engine's own lines are no such.
  if grep -a '^\[' "$kernels/$kind.log" | grep -avE '\] suture(_stop_[0-9]+)?: ' |
    grep -aE 'WARNING|BUG|KASAN|ODEBUG|INFO: |DEBUG_LOCKS|suspicious|Call Trace|kmemleak: [1-9]' >"$kernels/$kind.faults"; then
    cat "$kernels/$kind.faults"
    echo "fail: the kernel complained" >"$kernels/$kind.verdict"
    status=1
  fi
done

# The table.
value() { sed -n "s/\r*\$//; s/^result $2 //p" "$kernels/$1.log" | tail -n 1; }
row() { # HEADING NAME
  printf '| %s |' "$1"
  shift 1
  row_name=$1
  shift 1
  for row_kind; do printf ' %s |' "$(value "$row_kind" "$row_name" | sed 's/ / → /')"; done
  echo
}
{
  cat <<TEXT
<!-- SPDX-License-Identifier: Apache-2.0 -->
# What the stop-machine engine goes through

    ROUNDS=$rounds scripts/torture.sh $*

Small kernels of $SUTURE_VERSION's source, in an emulated machine with two processors. A round applies level 1, every other
one replaces it by level 2, and reverts; after each step \`/proc/cmdline\` must show which code runs. Meanwhile connections,
timers, files and children are checked by a workload, two shells spin, programs start, pipes are read, the second processor
goes and comes back, and modules are loaded and unloaded, one of them patched.

TEXT
  printf '| |'
  for kind; do printf ' %s |' "$kind"; done
  printf '\n|---|'
  for kind; do printf -- '---|'; done
  echo
  printf '| verdict |'
  for kind; do printf ' %s |' "$(cat "$kernels/$kind.verdict")"; done
  echo
  printf '| lines of lockdep, KASAN, WARN, BUG |'
  for kind; do printf ' %s |' "$(wc -l <"$kernels/$kind.faults")"; done
  echo
  row "rounds" rounds "$@"
  row "seconds" seconds "$@"
  row "attempts" attempts "$@"
  row "times the machine stood still" stops "$@"
  row "switches given up as busy, and begun again" given_up "$@"
  row "begun again since a module was just coming" module_was_coming "$@"
  row "longest pause, µs" longest_pause_us "$@"
  row "the second processor went" processor_went "$@"
  row "modules came" modules_came "$@"
  row "MemAvailable, kB, before → after" MemAvailable "$@"
  row "Slab, kB" Slab "$@"
  row "VmallocUsed, kB" VmallocUsed "$@"
  row "Percpu, kB" Percpu "$@"
  row "modules" modules "$@"
  row "symbols" symbols "$@"
  row "traced functions" traced "$@"
  cat <<'TEXT'

Bounds: `MemAvailable` less by at most 2 kB a round and 1 MB of noise, `Slab` more by at most 256 bytes a round and 768 kB,
`VmallocUsed` by 64 bytes a round and 64 kB. A page lost in each round would be 4 kB a round, a module's memory 20 kB. Of
modules, symbols and traced functions there must be as many as before, and lockdep must still be looking at the end.
TEXT
} >"$table"
cat "$table"
exit $status
