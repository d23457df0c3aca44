#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One change for kernels of all lineages, each compiled by its own compiler in a build root, applied to and taken back
# from the kernel that runs. They have a store of their own, which need not be there for the other tests.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

SUTURE_STORE=$SUTURE_STORE-lineages
for name in $SUTURE_LINEAGES; do
  SUTURE_RELEASE=${name%=*}
  echo "== $SUTURE_RELEASE"
  "$bin/suture" target add "debian:$name" --store "$SUTURE_STORE"
  build 1 cmdline
  "$bin/suture-vm" --kernel "$(target_path image)" --script tests/vm/lineages.guest.sh \
    --file tests/vm/guest/levels.sh --file "$work/level1/suture_1.ko" --env "RELEASE=$SUTURE_RELEASE" --timeout 400
  rm -r "$work/level1"
done
