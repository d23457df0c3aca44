#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Debian's oscap judges the stock kernel by our OVAL definitions: without a live patch, and with one.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
command -v oscap >/dev/null || { echo "oscap.sh: oscap is missing: scripts/setup.sh --test installs it" >&2; exit 1; }

build 1 CVE-2026-53249
"$bin/suture" repo init "$work/repository" --keys "$work/keys" --channel stable >"$work/out"
"$bin/suture" publish "$work/level1" --repository "$work/repository" --keys "$work/keys" --channel stable \
  --unqualified 'for a test in this very machine' >>"$work/out"
"$bin/suture" repo oval "$work/repository" --channel stable --output "$work/fleet.xml"
cat >"$work/agent.toml" <<TEXT
repository = "file:///root/repository"
distribution = "debian"
TEXT
# shellcheck disable=SC2086 # a list of words
machine --program "$bin/suture" --program "$bin/suture-all" --program "$(command -v oscap)" --file "$work/fleet.xml" \
  --file "$work/agent.toml:/etc/suture/agent.toml" $probes \
  --file "$work/repository/metadata/1.root.json:/etc/suture/root.json" --folder "$work/repository" \
  --memory 1024 --timeout 600 --script tests/vm/oscap.guest.sh --junit "$work/checks.xml"
