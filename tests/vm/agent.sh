#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An agent that is killed, cut off and lied to on a stock kernel, and must always be right afterwards. $2 names the parts,
# of kill, faults and boots. scripts/torture_agent.sh does the same at more places: POINTS=all, LEVELS, TIMEOUT.
set -eu
parts=${2:-kill faults boots}
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

patchsets=${LEVELS:-10}
first=10
build 1 CVE-2026-53249 >/dev/null
build 2 CVE-2026-53249 CVE-2026-53236 >/dev/null
last=$((first + patchsets - 1))
# Only one part needs the many.
case $parts in *faults*) ;; *) last=$first ;; esac
for number in $(seq $first $last); do build "$number" CVE-2026-53249 >/dev/null; done
# Its function writes to address 0 when it is called.
"$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --level 9 --fix tests/data/bad-fixes/crashes.patch \
  --output "$work/level9" >/dev/null

repository=$work/repository
"$bin/suture" repo init "$repository" --keys "$work/keys" --channel one --channel two --channel many --channel bad >/dev/null
publish() { # CHANNEL LEVEL...
  channel=$1
  shift
  for number in "$@"; do
    "$bin/suture" publish "$work/level$number" --repository "$repository" --keys "$work/keys" --channel "$channel" \
      --unqualified 'for a test in this very machine' >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  done
}
publish one 1
publish two 1
cp "$repository/metadata/timestamp.json" "$work/old-timestamp.json"
publish two 2
publish bad 1 9
# shellcheck disable=SC2046 # a list of words
publish many $(seq $first $last)

guest() { # NAME OPTION...: tests/vm/agent_NAME.guest.sh in a machine with the disk
  script=$1
  shift
  echo "== $script $*"
  # shellcheck disable=SC2086 # a list of words
  machine --module virtio_blk --disk "$work/disk:64M" --program "$bin/suture" --program "$bin/suture-all" \
    --program "$bin/sutured" --program "$bin/suture-guest" --program "$bin/stop_at" $probes \
    --file tests/vm/guest/agent.sh --folder "$repository:/repository" \
    --file "$repository/metadata/1.root.json:/etc/suture/root.json" --file "$work/old-timestamp.json" \
    --script "tests/vm/agent_$script.guest.sh" --log "$work/console.log" --timeout "${TIMEOUT:-900}" --memory 768 "$@"
}
boot() { # BOOT OPTION...
  boot=$1
  shift
  guest boots --env "BOOT=$boot" "$@"
}
# As the next boot finds it: its own journal makes it whole.
disk_is_whole() {
  cp "$work/disk" "$work/copy"
  e2fsck -p "$work/copy" >"$work/log" 2>&1 || [ $? = 1 ] || { cat "$work/log"; echo "FAILED: the disk is not whole"; exit 1; }
  e2fsck -fn "$work/copy" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: the disk is not whole"; exit 1; }
}
cut() { # WHERE
  boot cut --env "AT=$1" --expect-end cut
  disk_is_whole
}

run() { # PART
  case $1 in
    kill) guest kill --env "POINTS=${POINTS:-journal}" ;;
    faults) guest faults --env "FIRST=$first" --env "LEVELS=$patchsets" ;;
    boots)
      boot prepare
      boot again
      cut 'rename /var/lib/suture/journal.json#3+2'
      boot after-cut-before
      cut 'init_module#1+1'
      boot after-cut-within
      boot panic --expect-end panic
      boot after-panic --expect-end cut
      disk_is_whole
      boot dies-again
      boot dies-at-boot --expect-end cut
      disk_is_whole
      boot disabled --append suture.disable
      boot at-last
      disk_is_whole
      ;;
  esac
}
for part in $parts; do run "$part"; done
