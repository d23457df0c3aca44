#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What authors of fixes add to a diff: callbacks, updates of data in place, shadow variables. In one machine each is
# seen to close its hole and, taken back, to leave the kernel as it was; and a level takes over from the one before.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build 1 CVE-2026-53238-callback
build 2 tcp-reordering-unsigned
build 3 ptrace-get_dumpable-shadow
build 4 CVE-2026-43074-headless
build 5 CVE-2026-53238-callback tcp-reordering-unsigned
build 6 CVE-2026-53238-callback tcp-reordering-unsigned CVE-2026-53249
build 7 CVE-2026-53249
build 8 callback-fails CVE-2026-53238-callback tcp-reordering-unsigned
build 9 update-unexpected CVE-2026-53238-callback
build 10 ptrace-get_dumpable-padding

# shellcheck disable=SC2086 # a list of words
machine --script tests/vm/authors.guest.sh --file tests/vm/guest/levels.sh --program "$bin/author" $probes $files --timeout 400
