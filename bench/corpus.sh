#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What becomes of real changes: every file that a distribution changed between two versions of its kernel, taken
# for a fix of the older one. Hours of work for a small machine, which may be stopped and gone on with at any time.
# All options are those of suture-corpus: bench/corpus.sh --help.
set -eu
cd "$(dirname "$0")/.."
program=build/release/bin/suture-corpus
missing=
for tool in qemu-system-x86_64 stress-ng diff patch make; do
  command -v $tool >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { echo "bench/corpus.sh: not installed:$missing; scripts/setup.sh --test installs all" >&2; exit 5; }
if [ ! -x $program ]; then
  echo "bench/corpus.sh: building suture-corpus" >&2
  cmake --preset release >/dev/null
  cmake --build --preset release --target suture-corpus >/dev/null
fi
exec $program "$@"
