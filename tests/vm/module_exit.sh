#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A changed exit function of a module, which ftrace cannot redirect: it runs when the module is removed under the
# patch, and only then; and the patch stays in memory as long as it may be running.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build 1 module-exit
build 2 module-exit CVE-2026-53249
build 3 CVE-2026-53249

# shellcheck disable=SC2086 # a list of words
machine --module sch_netem --script tests/vm/module_exit.guest.sh --file tests/vm/guest/levels.sh $files --timeout 400
