#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One change for kernels of all lineages, each compiled by its own compiler in a build root, applied to and taken back
# from the kernel that runs. They have a store of their own, since other tests expect one target in theirs.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

store=$SUTURE_STORE-lineages
for name in $SUTURE_LINEAGES; do
  release=${name%=*}
  echo "== $release"
  "$bin/suture" target add "debian:$name" --store "$store"
  show() { "$bin/suture" target show "$release" --store "$store" | sed -n "s/^$1  *//p"; }
  "$bin/suture" build --store "$store" --target "$release" --fix tests/data/fixes/cmdline.patch \
    --output "$work/$release"
  "$bin/suture-vm" --kernel "$(show image)" --script tests/vm/lineages.guest.sh --file tests/vm/guest/levels.sh \
    --file "$work/$release/suture_1.ko" --env "RELEASE=$release" --timeout 400
done
