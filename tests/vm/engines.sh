#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Two engines behind one agent: a task that holds up the kernel's livepatch and stands in the way of a switch at one
# instant, one that holds up livepatch only, a sleeper that is held at the kernel's edge for it, and a level that moves from one engine to the other.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build 1 CVE-2026-53249 kernel_clone-signal
build 2 CVE-2026-53249 pipe_read-length
build 3 CVE-2026-53249

tests/vm/kbuild_tree.sh "$bin/suture" "$SUTURE_RELEASE" "$work/kbuild"
cp -r tests/vm/kmod/spinner "$work"
make -C "$work/kbuild" M="$work/spinner" CC=gcc-12 modules >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

"$bin/suture" repo init "$work/repository" --keys "$work/keys"
publish() { # LEVEL CHANNEL
  "$bin/suture" repo add-channel "$work/repository" "$2" --keys "$work/keys"
  "$bin/suture" publish "$work/level$1" --repository "$work/repository" --keys "$work/keys" --channel "$2" \
    --unqualified "a test of two engines"
}
publish 1 held
publish 2 sleeper
publish 3 next

cat >"$work/agent.toml" <<'TEXT'
repository = "file:///srv/repository"
distribution = "debian"
channel = "held"
transition_timeout = "5s"
check = "manual"
TEXT
cp "$work/repository/metadata/1.root.json" "$work/root.json"
# shellcheck disable=SC2086 # a list of words
machine --script tests/vm/engines.guest.sh $probes --program "$bin/suture" --program "$bin/suture-all" \
  --program "$bin/sutured" --program "$bin/holder" --folder "$work/repository:/srv/repository" \
  --file "$work/spinner/spinner.ko" --file "$work/agent.toml:/etc/suture/agent.toml" --file "$work/root.json:/etc/suture/root.json" \
  --cpus 2 --memory 768 --timeout 900
