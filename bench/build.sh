#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How long a patch engineer waits: for a target that the store does not have yet, and for a patchset, one fix at a time
# and all at once, first and repeated. Figures depend on machine and network; no test looks at them.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
bin=$PWD/build/release/bin
[ -x "$bin/suture" ] || { echo "bench/build.sh: run scripts/demo.sh first, it builds suture" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

timed() { # NAME COMMAND...
  name=$1
  shift
  start=$(date +%s.%N)
  "$@" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
  printf '%-44s %7.1f s\n' "$name" "$(echo "$start $(date +%s.%N)" | awk '{ print $2 - $1 }')"
}

timed "target add, new store" "$bin/suture" target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$work/store"
timed "target add, in the store" "$bin/suture" target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$work/store"
number=0
build() { # NAME FIX...
  name=$1
  shift
  for run in first again; do
    number=$((number + 1))
    options=
    for fix in "$@"; do options="$options --fix tests/data/fixes/$fix.patch"; done
    # shellcheck disable=SC2086 # a list of words
    timed "build $name, $run" "$bin/suture" build --store "$work/store" --target "$SUTURE_RELEASE" --output "$work/$number" $options
  done
}
build "CVE-2026-53249 (net/ipv4/ip_options.c)" CVE-2026-53249
build "CVE-2026-53236 (net/core/sock.c)" CVE-2026-53236
build "CVE-2026-46234 (module vsock)" CVE-2026-46234
build "all three" CVE-2026-53249 CVE-2026-53236 CVE-2026-46234
