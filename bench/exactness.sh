#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The share of functions that we compile just as the distribution shipped them: docs/results/exactness-*.md. Options are those of
# suture-exactness: bench/exactness.sh --help.
set -eu
cd "$(dirname "$0")/.."
program=build/release/bin/suture-exactness
if [ ! -x $program ]; then
  echo "bench/exactness.sh: building suture-exactness" >&2
  cmake --preset release >/dev/null
  cmake --build --preset release --target suture-exactness >/dev/null
fi
exec $program "$@"
