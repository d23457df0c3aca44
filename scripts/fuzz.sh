#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Looks for inputs that break a parser, from where earlier runs left off, with another seed each time. The
# fuzz stage of scripts/test.sh is short; this is the search.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/fuzz.sh [TARGET...]

Without a target, each of tests/fuzz in turn. Inputs that break one are left in build/fuzz/found; add what
they show to the unit tests, or the input itself to tests/fuzz/corpus.

environment:
  JOBS      processes for each target (default: the number of processors)
  SECONDS_EACH   for each target (default: 300)

example:
  SECONDS_EACH=3600 scripts/fuzz.sh delta object
TEXT
}

case ${1:-} in -h | --help) usage; exit 0 ;; esac
jobs=${JOBS:-$(nproc)}
seconds=${SECONDS_EACH:-300}

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz_targets --parallel "$jobs"
[ $# != 0 ] || set -- build/fuzz/bin/fuzz_*

found=build/fuzz/found
mkdir -p "$found"
for target in "$@"; do
  target=${target#build/fuzz/bin/fuzz_}
  program=build/fuzz/bin/fuzz_$target
  [ -x "$program" ] || { echo "scripts/fuzz.sh: there is no target $target" >&2; exit 2; }
  seen=build/fuzz/corpus/fuzz_$target
  mkdir -p "$seen"
  corpus=tests/fuzz/corpus/$target
  [ -d "$corpus" ] || corpus=
  echo "fuzz $target for $seconds s"
  # shellcheck disable=SC2086 # $corpus is one word or none
  "$program" -fork="$jobs" -ignore_crashes=1 -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 \
    -artifact_prefix="$found/$target-" "$seen" $corpus 2>&1 | grep '^#' | tail -n 1
done
broken=$(find "$found" -type f | wc -l)
echo "$broken inputs in $found"
[ "$broken" = 0 ]
