#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How long a fix takes for 1, 4 and 16 kernels, first and repeated, and how much memory the largest process has at most.
# "First" knows nothing of earlier builds. Figures depend on the machine; no test looks at them.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: bench/build_fleet.sh STORE

STORE is a target store with 16 targets or more (suture target add); the first ones in it are taken, the fix is
tests/data/fixes/cmdline.patch, which is for kernels of all versions. What the store keeps of builds is lost.
TEXT
}

case ${1:-} in -h | --help) usage; exit 0 ;; '') usage >&2; exit 2 ;; esac
store=$1
bin=$PWD/build/release/bin
[ -x "$bin/suture" ] || { echo "bench/build_fleet.sh: run scripts/demo.sh first, it builds suture" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '%7s  %-8s  %7s  %7s  %s\n' KERNELS BUILD SECONDS MB OUTCOME
for count in 1 4 16; do
  patterns=$("$bin/suture" target list --store "$store" --json |
    python3 -c 'import json, sys
for target in json.load(sys.stdin)["targets"][:int(sys.argv[1])]:
    name = target["target"]
    print("--targets", name["distribution"] + ":" + name["release"] + "=" + name["version"])' "$count")
  [ "$(echo "$patterns" | wc -l)" = "$count" ] || { echo "bench/build_fleet.sh: the store has fewer targets" >&2; exit 1; }
  rm -rf "$store/cache"
  for build in first repeated; do
    # shellcheck disable=SC2086 # a list of words
    /usr/bin/time -o "$work/time" -f '%e %M' "$bin/suture" build --store "$store" $patterns \
      --fix tests/data/fixes/cmdline.patch --output "$work/out" >"$work/said"
    rm -rf "$work/out"
    awk -v count="$count" -v build="$build" -v said="$(tail -n 1 "$work/said")" \
      '{ printf "%7d  %-8s  %7.1f  %7.0f  %s\n", count, build, $1, $2 / 1000, said }' "$work/time"
  done
done
