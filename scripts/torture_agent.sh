#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What tests/vm/agent.sh tries at chosen places, at every one: the agent is killed before each step that leaves a trace,
# and a hundred levels come one after another.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/torture_agent.sh [PART...]

  kill     kill -9 before every step of a first update, an update, an upgrade and a revert
  faults   full and read-only disks, a wrong clock, a lying server, several agents, a revert under load, 100 levels
  boots    reboots, power cuts, and a patch that panics

environment:
  SUTURE_STORE   the target store (default: build/store)
  LEVELS         how many levels come one after another (default: 100)
TEXT
}
case ${1:-} in -h | --help) usage; exit 0 ;; esac

store=${SUTURE_STORE:-$PWD/build/store}
for part in "${@:-all}"; do
  case $part in
    all) parts="kill faults boots" ;;
    kill | faults | boots) parts=$part ;;
    *) usage >&2; exit 2 ;;
  esac
  SUTURE_STORE=$store POINTS=all LEVELS=${LEVELS:-100} TIMEOUT=14400 tests/vm/agent.sh build/release/bin "$parts"
done
