#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The demo is the test: any of its steps that fails ends it.
set -eu
: "${SUTURE_STORE:?is the target store: scripts/test.sh vm sets it}"
exec "$(dirname "$0")/../../scripts/demo.sh" --no-setup --store "$SUTURE_STORE"
