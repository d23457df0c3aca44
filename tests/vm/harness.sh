#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The machine must tell a good run from a failed check, from a kernel that complains, from one that goes down, and
# from one that hangs; and find the stock kernel's holes open.
set -eu
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=300
boot() { # WANTED STATUS, WHAT, more options; the script comes from standard input
  wanted=$1
  what=$2
  shift 2
  cat >"$work/script"
  status=0
  machine --script "$work/script" --junit "$work/junit.xml" --timeout "$seconds" "$@" >"$work/out" 2>&1 || status=$?
  if [ $status != "$wanted" ]; then
    cat "$work/out"
    echo "FAILED: $what: exit status $status instead of $wanted"
    exit 1
  fi
  echo "ok: $what"
}
reports() { grep -q "$1" "$work/junit.xml" || { cat "$work/junit.xml"; echo "FAILED: no \"$1\" in the report"; exit 1; }; }

# shellcheck disable=SC2086 # a list of words
boot 0 "a good run passes" --have-module vsock --program "$bin/suture-guest" $probes <<'SH'
. /root/probe.sh
check "as root" test "$(id -u)" = 0
check "the network is up" ping -c 1 10.0.2.2
check "the workload starts" workload start /tmp/workload
for cve in CVE-2026-53249 CVE-2026-53236; do
  check_equal "$cve is open" open "$(probe $cve)"
done
load_module vsock
check_equal "CVE-2026-46234 is open" open "$(probe CVE-2026-46234)"
check "the workload lost nothing" workload stop /tmp/workload
SH
reports 'name="CVE-2026-46234 is open"'

boot 1 "a failed check is a failed check" <<'SH'
check "passes" true
check "fails <&>" sh -c 'echo "said why"; false'
SH
reports 'fails &lt;&amp;&gt;'
reports 'said why'

boot 1 "a script without a check proves nothing" <<'SH'
true
SH

boot 3 "a panic is seen" <<'SH'
check "passes" true
echo c >/proc/sysrq-trigger
SH
reports 'panic'

boot 0 "a panic that is wanted is none to complain of" --expect-end panic <<'SH'
check "passes" true
echo c >/proc/sysrq-trigger
SH
boot 1 "and is missed when it does not come" --expect-end panic <<'SH'
check "passes" true
SH
reports 'the kernel panics'

# What reached the disk before the machine is cut off is there afterwards, and only that.
boot 0 "a machine is cut off" --module virtio_blk --disk "$work/var:32M" --append suture.disable --expect-end cut <<'SH'
check "the kernel is told more" grep -qw suture.disable /proc/cmdline
echo kept >/var/kept
check "a file is brought to the disk" sync /var/kept
echo lost >/var/lost
echo b >/proc/sysrq-trigger
sleep 100
SH
boot 0 "its disk outlives it" --module virtio_blk --disk "$work/var" <<'SH'
check_equal "what was brought to the disk is there" kept "$(cat /var/kept)"
check_equal "what was in memory is gone" "" "$(cat /var/lost 2>&1 | grep lost$)"
SH
e2fsck -fn "$work/var" >"$work/out" 2>&1 || { cat "$work/out"; echo "FAILED: a machine whose script ends leaves its disk in order"; exit 1; }
boot 1 "another end than a cut is seen" --module virtio_blk --disk "$work/var" --expect-end cut <<'SH'
check "passes" true
SH
boot 5 "a disk that is not there is an error" --disk "$work/none" <<'SH'
true
SH

seconds=45
boot 4 "a hang is seen" <<'SH'
check "passes" true
sleep 1000
SH
reports 'the time was over after the check'

# A patch makes the kernel warn: so a WARN in shipped code is found in the shipped table, too.
seconds=300
"$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --fix tests/data/fixes/warn.patch --output "$work/warn" >"$work/out"
boot 3 "a warning of the kernel is seen" --file "$work/warn/suture_1.ko" <<'SH'
check "the patch loads" insmod /root/suture_1.ko
check "the transition ends" wait_for 90 grep -q 0 /sys/kernel/livepatch/suture_1/transition
check "the patched function still works" grep -q ttyS0 /proc/cmdline
SH
reports 'made by a test'

# Levels are cumulative: the second replaces the first in one transition, and the first can go.
build 1 CVE-2026-53249 >"$work/out"
build 2 CVE-2026-53249 CVE-2026-46234 >"$work/out"
# shellcheck disable=SC2086 # a list of words
boot 0 "a higher level replaces a lower one" --have-module vsock $probes $files <<'SH'
. /root/probe.sh
settled() { [ "$(cat /sys/kernel/livepatch/*/transition | sort -u)" = 0 ]; }
load_module vsock
check "level 1 loads" insmod /root/suture_1.ko
check "its transition ends" wait_for 90 settled
check_equal "CVE-2026-53249 is closed" closed "$(probe CVE-2026-53249)"
check_equal "CVE-2026-46234 is open" open "$(probe CVE-2026-46234)"
check "level 2 loads on top" insmod /root/suture_2.ko
check "its transition ends, too" wait_for 90 settled
check "level 1 can go" wait_for 60 rmmod suture_1
check_equal "CVE-2026-53249 is still closed" closed "$(probe CVE-2026-53249)"
check_equal "CVE-2026-46234, in a module loaded before, is closed" closed "$(probe CVE-2026-46234)"
SH

status=0
"$bin/suture-vm" --kernel /dev/null --script "$work/script" >"$work/out" 2>&1 || status=$?
[ $status = 5 ] || { cat "$work/out"; echo "FAILED: no kernel: exit status $status instead of 5"; exit 1; }
echo "ok: a file that is no kernel is an error of its own"
