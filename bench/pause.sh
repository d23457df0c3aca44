#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For how long a patch makes a machine stand still, and what a call of a patched function costs afterwards: the kernel's
# own livepatch beside our engine, the same fix, the same machine, one round of each after the other.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<'TEXT'
usage: bench/pause.sh [--rounds N] [--tasks "N..."] [--calls | --pause] [--host-clock] [--modules FOLDER] [--markdown FILE]

Builds a patchset of one fix for the kernel of scripts/versions.sh, for both engines, and measures in a virtual machine
with two processors, whose clock counts instructions, a nanosecond each: what else this computer does changes nothing.
  - the longest time for which a thread on each processor, before all others, could not look at the clock while the patch
    was applied and taken back; and what the engine tells of it itself. Beside it the same with nothing done, and with
    a module of the kernel's that is loaded and unloaded
  - instructions of a call that is not patched and one that is

  --rounds      of apply and revert for each number of tasks, idle and busy (default: 5)
  --tasks       how many sleep meanwhile (default: "50 500 3000")
  --calls       only what calls cost
  --pause       only for how long it stands still
  --host-clock  the machine's clock is this computer's; do nothing else on it then
  --modules     take FOLDER/{klp,stop,suture,calls-klp,calls-stop}.ko instead of building; what is not there is left out
  --markdown    write the results as a page, and a plot beside it, the same name with .svg

SUTURE_STORE is the target store (default: build/store), SUTURE the suture to use (default: build/release/bin/suture).
TEXT
}
rounds=5 tasks="50 500 3000" parts="pause calls" clock="--count-instructions --append maxcpus=1" modules='' markdown=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --calls) parts=calls ;;
    --pause) parts=pause ;;
    --host-clock) clock= ;;
    --rounds | --tasks | --modules | --markdown)
      [ $# -gt 1 ] || die "$1 needs a value, see --help"
      case $1 in
        --rounds) rounds=$2 ;;
        --tasks) tasks=$2 ;;
        --modules) modules=$(absolute "$2") ;;
        --markdown) markdown=$(absolute "$2") ;;
      esac
      shift
      ;;
    *) die "no option $1, see --help" ;;
  esac
  shift
done
[ -z "$markdown" ] || [ "$parts" = "pause calls" ] || die "a page holds all of it, see --help"
find_suture
need_tools qemu-system-x86_64 python3
bin=$(dirname "$suture")
[ -x "$bin/bench_pause" ] || cmake --build build/release --target bench_pause suture-vm suture-guest >/dev/null
make_work
trap 'exit 130' INT TERM
show_target "$SUTURE_RELEASE"

fix=CVE-2026-53249
# Each engine's by itself: a patch for both replaces what both can.
build() { # FIX PREFIX
  for engine in klp stopmachine; do
    "$suture" build --store "$store" --target "$SUTURE_RELEASE" --fix "$1" --engine $engine --output "$work/$2$engine" \
      >"$work/out" 2>&1 || { cat "$work/out" >&2; die "$1 could not be built"; }
  done
  mv "$work/$2klp/suture_1.ko" "$modules/$2klp.ko"
  mv "$work/$2stopmachine/suture_stop_1.ko" "$modules/$2stop.ko"
}
if [ -z "$modules" ]; then
  modules=$work/modules
  mkdir "$modules"
  echo "building the patches and the engine" >&2
  build "tests/data/fixes/$fix.patch" ""
  build bench/pause/calls.patch calls-
  "$suture" build-engine --store "$store" --target "$SUTURE_RELEASE" --output "$work/engine" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; die "the engine could not be built"; }
  mv "$work/engine/suture.ko" "$modules/"
fi

run() { # MODE PREFIX OPTION...
  mode=$1 prefix=$2
  shift 2
  engines='' files=''
  if [ -e "$modules/${prefix}klp.ko" ]; then
    engines="$engines klp"
    files="$files --file $modules/${prefix}klp.ko:/root/klp.ko"
  fi
  if [ -e "$modules/${prefix}stop.ko" ] && [ -e "$modules/suture.ko" ]; then
    engines="$engines stopmachine"
    files="$files --file $modules/${prefix}stop.ko:/root/stop.ko --file $modules/suture.ko"
  fi
  [ -n "$engines" ] || die "there are no modules to measure"
  # shellcheck disable=SC2086 # lists of words
  "$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" --have-module sch_netem $files \
    --program "$bin/bench_pause" --env "MODE=$mode" --env "ENGINES=$engines" --script bench/pause.guest.sh \
    --log "$work/console.log" "$@" >"$work/machine" 2>&1 || {
    mkdir -p build/test
    cp "$work/console.log" build/test/pause.log 2>/dev/null || true
    tail -n 40 "$work/machine" >&2
    die "the run in the machine failed; its console is in build/test/pause.log"
  }
  tr -d '\r' <"$work/console.log" | sed -n 's/^FIGURE //p' >>"$work/figures"
}
: >"$work/figures"
for part in $parts; do
  case $part in
    pause)
      # shellcheck disable=SC2086 # words
      run pause "" $clock --cpus 2 --memory 1024 --timeout 14400 --env "ROUNDS=$rounds" --env "TASKS=$tasks" --env "LOADS=idle busy"
      ;;
    calls) run calls calls- --count-instructions --timeout 1200 ;;
  esac
done
mkdir -p build/test
cp "$work/figures" build/test/pause.figures
[ -z "$markdown" ] || set -- --markdown "$markdown"
python3 -B bench/pause/report.py "$work/figures" --kernel "$SUTURE_RELEASE" --fix "$fix" --rounds "$rounds" \
  --clock "$([ -n "$clock" ] && echo instructions || echo host)" "$@"
