#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs every test, on a bare Debian 12 machine, as root or as a user with sudo. Each stage counts its tests;
# the last line sums them up, and the exit status is that of the worst.
set -eu
cd "$(dirname "$0")/.."

all_stages="build lint unit sanitize fuzz kernel vm"
usage() {
  cat <<'TEXT'
usage: scripts/test.sh [STAGE...]

Without a stage, all of them, in this order:
  build      install what is missing; compile everything
  lint       format, clang-tidy, licences, manual pages, shell scripts
  unit       unit and golden tests
  sanitize   the unit tests again, with address and undefined-behaviour checks
  fuzz       each fuzz target with its corpus and a little more (scripts/fuzz.sh searches for long)
  kernel     what needs a real kernel's packages; fetched to build/store
  vm         what needs a running kernel, in a virtual machine

environment:
  JOBS           how much to run at once (default: the number of processors)
  FUZZ_RUNS      for each fuzz target (default: 20000)

What a stage printed is kept in build/test/STAGE.log.
TEXT
}

case ${1:-} in -h | --help) usage; exit 0 ;; esac
for stage in "$@"; do
  case " $all_stages " in *" $stage "*) ;; *) usage >&2; exit 2 ;; esac
done
stages=${*:-$all_stages}

jobs=${JOBS:-$(nproc)}
fuzz_runs=${FUZZ_RUNS:-20000}
store=$PWD/build/store
logs=$PWD/build/test
mkdir -p "$logs"
passed=0
failed=0
started=$(date +%s)

# Runs one check into the stage's log and counts it; shows the end of what it said when it failed.
check() {
  what=$1
  shift
  if "$@" >"$log.check" 2>&1; then
    passed=$((passed + 1))
    cat "$log.check" >>"$log"
    rm "$log.check"
    return 0
  fi
  failed=$((failed + 1))
  cat "$log.check" >>"$log"
  echo "FAILED: $what"
  tail -n 60 "$log.check" | sed 's/^/  | /'
  rm "$log.check"
  return 1
}

# Runs CTest and adds up its counts. No test at all is a failure too.
run_tests() {
  folder=$1
  shift
  status=0
  ctest --test-dir "$folder" --output-on-failure --no-tests=error --output-junit "$logs/$stage.xml" "$@" \
    >>"$log" 2>&1 || status=$?
  # "98% tests passed, 2 tests failed out of 123"
  counts=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log" | tail -n 1)
  bad=${counts% *}
  total=${counts#* }
  if [ -z "$counts" ] || { [ "$bad" = 0 ] && [ $status != 0 ]; }; then
    failed=$((failed + 1))
    echo "FAILED: the tests did not run"
    tail -n 20 "$log" | sed 's/^/  | /'
    return
  fi
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  [ "$bad" = 0 ] || sed -n '/\*\*\*/p; /^\[  FAILED  \]/p; /: Failure$/,/^$/p' "$log" | tail -n 80 | sed 's/^/  | /'
}

configure_and_build() {
  preset=$1
  shift
  cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs" "$@"
}

stage_build() {
  check "build" configure_and_build release
}

stage_lint() {
  [ -f build/release/compile_commands.json ] || check "configure" cmake --preset release
  for name in $(scripts/lint.sh --list); do
    check "lint: $name" scripts/lint.sh "$name" || true
  done
}

stage_unit() {
  run_tests build/release --label-exclude 'kernel|vm' --parallel "$jobs" --timeout 120
}

# One build with clang serves the sanitized unit tests and the fuzz targets.
stage_sanitize() {
  check "build with sanitizers" configure_and_build fuzz --target unit_tests || return 0
  run_tests build/fuzz --label-regex unit --parallel "$jobs" --timeout 300
}

# libFuzzer does not try the same twice even with one seed, so this is kept short: what turns up by chance should turn up
# in scripts/fuzz.sh, where somebody waits for it.
fuzz_one() {
  name=$(basename "$1")
  corpus=tests/fuzz/corpus/${name#fuzz_}
  [ -d "$corpus" ] || corpus=
  # A folder that is empty at first: a machine that has run this before tries no more than one that has not.
  seen=build/fuzz/seen/$name
  rm -rf "$seen"
  mkdir -p "$seen"
  # shellcheck disable=SC2086 # $corpus is one word or none
  "$1" -seed=1 -runs="$fuzz_runs" -timeout=30 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "$seen" $corpus
}

stage_fuzz() {
  check "build the fuzz targets" configure_and_build fuzz --target fuzz_targets || return 0
  started_ones=0
  for program in build/fuzz/bin/fuzz_*; do
    told=$logs/$(basename "$program")
    { fuzz_one "$program" >"$told.log" 2>&1 && echo 0 || echo 1; } >"$told.status" &
    started_ones=$((started_ones + 1))
    [ $((started_ones % jobs)) != 0 ] || wait
  done
  wait
  for program in build/fuzz/bin/fuzz_*; do
    check "fuzz: $program" outcome_of "$logs/$(basename "$program")" || true
  done
}

outcome_of() {
  cat "$1.log"
  return "$(cat "$1.status")"
}

fetch_target() {
  # shellcheck source=scripts/versions.sh
  . scripts/versions.sh
  build/release/bin/suture target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$store"
}

with_target() {
  check "fetch the target" fetch_target || return 0
  export SUTURE_STORE="$store"
  run_tests build/release "$@"
}

# The labels are exclusive here: a VM test may need the packages too.
stage_kernel() { with_target --label-regex kernel --label-exclude vm --parallel "$jobs" --timeout 1500; }
stage_vm() { with_target --label-regex vm --parallel "$jobs" --timeout 1800; }

finish() {
  echo "$passed passed, $failed failed ($(($(date +%s) - started)) s)"
  [ $failed = 0 ] || exit 1
  exit 0
}

scripts/setup.sh --test
for stage in $stages; do
  log=$logs/$stage.log
  : >"$log"
  begun=$(date +%s)
  before=$failed
  stage_"$stage" || true
  verdict=ok
  [ $failed = $before ] || verdict=FAILED
  printf '%-9s %-6s %4s s\n' "$stage" $verdict $(($(date +%s) - begun))
  # Nothing else can run.
  if [ "$stage" = build ] && [ $verdict = FAILED ]; then finish; fi
done
finish
