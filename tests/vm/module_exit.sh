#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A changed exit function of a module, which ftrace cannot redirect: it runs when the module is removed under the
# patch, and only then; and the patch stays in memory as long as it may be running.
set -eu
bin=$1
: "${SUTURE_STORE:?is the target store: scripts/test.sh vm sets it}"
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target_path() { "$bin/suture" target show "$SUTURE_RELEASE" --store "$SUTURE_STORE" | sed -n "s/^$1  *//p"; }

files=
build() { # LEVEL FIX...
  level=$1
  shift
  fixes=
  for fix in "$@"; do fixes="$fixes --fix tests/data/fixes/$fix.patch"; done
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --level "$level" $fixes \
    --output "$work/level$level"
  files="$files --file $work/level$level/suture_$level.ko"
}
build 1 module-exit
build 2 module-exit CVE-2026-53249
build 3 CVE-2026-53249

# shellcheck disable=SC2086 # a list of words
"$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" --module virtio_pci --module virtio_net \
  --module sch_netem --script tests/vm/module_exit.guest.sh $files --timeout 400
