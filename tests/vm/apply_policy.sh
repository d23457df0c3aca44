#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What happens around an apply, in one machine with an agent: a veto, a command that finds something wrong afterwards, a
# transition that is held up and left under way, one whose sleepers are interrupted, and a patch that makes the kernel warn.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build 1 CVE-2026-53249
build 2 CVE-2026-53249 kernel_clone-signal
build 3 CVE-2026-53249 pipe_read-length
"$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --level 4 --fix tests/data/bad-fixes/warns.patch \
  --output "$work/level4"

# A channel for each part of the test; the last one has a good level below the bad one.
"$bin/suture" repo init "$work/repository" --keys "$work/keys"
"$bin/suture" repo add-channel "$work/repository" held --keys "$work/keys"
publish() { # LEVEL CHANNEL
  "$bin/suture" publish "$work/level$1" --repository "$work/repository" --keys "$work/keys" --channel "$2" \
    --unqualified "a test of what happens around an apply"
}
publish 1 stable
publish 2 held
publish 3 testing
publish 1 canary
publish 4 canary

cat >"$work/agent.toml" <<'TEXT'
repository = "file:///srv/repository"
distribution = "debian"
TEXT
cp "$work/repository/metadata/1.root.json" "$work/root.json"
# shellcheck disable=SC2086 # a list of words
machine --script tests/vm/apply_policy.guest.sh $probes --program "$bin/suture" --program "$bin/suture-all" \
  --program "$bin/sutured" --program "$bin/holder" --folder "$work/repository:/srv/repository" \
  --file "$work/agent.toml:/etc/suture/agent.toml" --file "$work/root.json:/etc/suture/root.json" \
  --expect-warning ip_options_get.suture --memory 768 --timeout 900
