#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The agent's borders on the stock kernel: what a process that handles remote bytes can no longer do there, who may ask the
# daemon for what, and what the daemon holds when it sleeps.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

"$bin/suture" repo init "$work/repository" --keys "$work/keys" --channel stable >"$work/out"
cat >"$work/agent.toml" <<TEXT
repository = "file:///root/repository"
distribution = "debian"
TEXT
machine --program "$bin/suture" --program "$bin/suture-all" --program "$bin/sutured" --program "$bin/unit_agent" \
  --file "$work/agent.toml:/etc/suture/agent.toml" \
  --file "$work/repository/metadata/1.root.json:/etc/suture/root.json" --folder "$work/repository" \
  --memory 1024 --timeout 600 --script tests/vm/sandbox.guest.sh --junit "$work/checks.xml"
