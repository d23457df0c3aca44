#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# agent_commands.sh SUTURE: what status and list-cves tell any user of a host without a daemon.
set -eu
suture=$1
[ -r /sys/kernel/notes ] || exit 77 # the running kernel is not to be identified here
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

printf 'repository = "file:///nowhere"\nstate = "%s/state"\nsocket = "%s/socket"\n' "$folder" "$folder" \
  >"$folder/agent.toml"

says() { # COMMAND WORD...
  command=$1
  shift
  "$suture" $command --config "$folder/agent.toml" >"$folder/out"
  for word in "$@"; do
    grep -q -- "$word" "$folder/out" || {
      echo "suture $command does not say '$word', but:"
      cat "$folder/out"
      exit 1
    }
  done
}

says status "$(uname -r)" "not running" "never"
says "--json status" "\"release\": \"$(uname -r)\"" '"daemon": false' '"level": 0'
says list-cves "no CVE"
says "--json list-cves" '"cves": \[\]'

echo 'chanel = "stable"' >>"$folder/agent.toml"
if "$suture" status --config "$folder/agent.toml" 2>"$folder/out"; then exit 1; fi
grep -q 'agent.toml, line 4, "chanel"' "$folder/out"
