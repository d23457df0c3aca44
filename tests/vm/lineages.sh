#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One change for kernels of all lineages, each compiled by its own compiler in a build root, applied to and taken back
# from the kernel that runs; and a WARN, which not all lineages compile alike. They have a store of their own, which
# need not be there for the other tests.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUTURE_STORE=$SUTURE_STORE-lineages
for name in $SUTURE_LINEAGES; do
  SUTURE_RELEASE=${name%=*}
  echo "== $SUTURE_RELEASE"
  "$bin/suture" target add "debian:$name" --store "$SUTURE_STORE"
  files=
  build 1 cmdline
  build 2 warn
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture-vm" --kernel "$(target_path image)" --script tests/vm/lineages.guest.sh \
    --file tests/vm/guest/levels.sh $files --env "RELEASE=$SUTURE_RELEASE" --timeout 400 \
    --expect-warning fs/proc/cmdline.c
  rm -r "$work/level1" "$work/level2"
done
