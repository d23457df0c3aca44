#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One fix of Linux's stable series for a fleet: all lineages, each compiled by its own compiler in a build root, and all
# flavours of one. Applied to and taken back from each kernel that runs, by either engine; and a WARN, which not all
# compile alike.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

fix=arp-ioctl-name
for name in $SUTURE_LINEAGES; do "$bin/suture" target add "debian:$name" --store "$SUTURE_STORE"; done

# Patterns, so that other targets of the store are left alone.
patterns=
for name in "$SUTURE_RELEASE" $SUTURE_LINEAGES; do patterns="$patterns --targets debian:${name%=*}"; done
# build_fleet FIX LEVEL: patchsets in $work/FIX, and what became of each kernel in $work/FIX.json.
build_fleet() {
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture" build --store "$SUTURE_STORE" $patterns --fix "tests/data/fixes/$1.patch" --level "$2" \
    --output "$work/$1" --json >"$work/$1.json"
}
build_fleet $fix 1
build_fleet warn 2
# Of a module, which is compressed from 6.12 on; kernels before 6.1.176 have the hole anyway.
build_fleet vsock-reopened 3

# outcome_of RELEASE FIX FIELD: of the document.
outcome_of() {
  python3 -c 'import json, sys
for result in json.load(open(sys.argv[2]))["targets"]:
    if result["target"]["release"] == sys.argv[1]:
        functions = [f["name"] for o in result.get("patchset", {}).get("objects", []) for f in o["functions"]]
        print(result["outcome"], *functions)' "$1" "$work/$2.json"
}
is() { # WHAT EXPECTED FOUND
  if [ "$2" = "$3" ]; then echo "pass: $1: $3"; else echo "FAIL: $1: $3, not $2"; exit 1; fi
}

for name in "$SUTURE_RELEASE=$SUTURE_VERSION" $SUTURE_LINEAGES; do
  SUTURE_RELEASE=${name%=*}
  folder=debian-$SUTURE_RELEASE-${name#*=}
  "$bin/suture" rebuild "$work/warn/$folder" --store "$SUTURE_STORE"
  case $name in
    7.2.13+*) is "$name" "not affected" "$(outcome_of "$SUTURE_RELEASE" $fix)"; continue ;;
    *) is "$name" "patched arp_ioctl" "$(outcome_of "$SUTURE_RELEASE" $fix)" ;;
  esac
  is "$name" "patched cmdline_proc_show" "$(outcome_of "$SUTURE_RELEASE" warn)"
  # objtool's work: without it nobody could tell what is on a stack that patched code is on.
  is "$name: unwind data" 1 "$(readelf -SW "$work/warn/$folder/suture_2.ko" | grep -c ' \.orc_unwind ')"
  module=
  case $name in
    6.1.0-47-*) is "$name" "not affected" "$(outcome_of "$SUTURE_RELEASE" vsock-reopened)" ;;
    *)
      is "$name" "patched vsock_update_buffer_size" "$(outcome_of "$SUTURE_RELEASE" vsock-reopened)"
      module="--modules $(target_path modules) --have-module vsock --env MODULE=vsock"
      module="$module --file $work/vsock-reopened/$folder/suture_3.ko"
      module="$module --file $work/vsock-reopened/$folder/suture_stop_3.ko"
      ;;
  esac
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture-vm" --kernel "$(target_path image)" --script tests/vm/lineages.guest.sh $probes \
    --file tests/vm/guest/levels.sh --file "$work/$fix/$folder/suture_1.ko" \
    --file "$work/warn/$folder/suture_2.ko" --file tests/vm/guest/stop_machine.sh \
    --file "$work/$fix/$folder/suture.ko" --file "$work/$fix/$folder/suture_stop_1.ko" --env "RELEASE=$SUTURE_RELEASE" --timeout 400 \
    --expect-warning fs/proc/cmdline.c $module
done
