#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What authors of fixes add to a diff: callbacks, updates of data in place, shadow variables. In one machine each is
# seen to close its hole and, taken back, to leave the kernel as it was; and a level takes over from the one before.
set -eu
bin=$1
: "${SUTURE_STORE:?is the target store: scripts/test.sh vm sets it}"
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target_path() { "$bin/suture" target show "$SUTURE_RELEASE" --store "$SUTURE_STORE" | sed -n "s/^$1  *//p"; }

build() { # LEVEL FIX...
  level=$1
  shift
  fixes=
  for fix in "$@"; do fixes="$fixes --fix tests/data/fixes/$fix.patch"; done
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --level "$level" $fixes \
    --output "$work/level$level"
}
build 1 CVE-2026-53238-callback
build 2 tcp-reordering-unsigned
build 3 ptrace-get_dumpable-shadow
build 4 CVE-2026-43074-headless
build 5 CVE-2026-53238-callback tcp-reordering-unsigned
build 6 CVE-2026-53238-callback tcp-reordering-unsigned CVE-2026-53249
build 7 CVE-2026-53249
build 8 callback-fails CVE-2026-53238-callback tcp-reordering-unsigned
build 9 update-unexpected CVE-2026-53238-callback

files=
for level in 1 2 3 4 5 6 7 8 9; do files="$files --file $work/level$level/suture_$level.ko"; done
# shellcheck disable=SC2086 # a list of words
"$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" --module virtio_pci --module virtio_net \
  --script tests/vm/authors.guest.sh --program "$bin/author" --program "$bin/probe" $files --timeout 400
