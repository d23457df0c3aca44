# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: what an idle agent holds, and how long a patch takes to be in the kernel, by `suture update` and
# by `kpatch load` of the same module. Variables: ROUNDS, SECONDS_IDLE. Lines of the console with FIGURE are what is
# measured.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
mkdir -p /bin /sbin /tmp
[ -e /bin/bash ] || ln -s /usr/bin/bash /bin/bash
figure() { echo "FIGURE $*"; }
gone() { [ ! -d /sys/module/suture_1 ]; }
now() { cut -d' ' -f1 /proc/uptime; }
# took COMMAND...: seconds until it has ended, in hundredths as the kernel counts them
took() {
  begun=$(now)
  "$@" >/tmp/took.log 2>&1 || { cat /tmp/took.log; return 1; }
  awk -v a="$begun" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'
}

step "idle"
sutured >/tmp/sutured.log 2>&1 &
agent=$!
check "the agent comes up" wait_for 90 test -S /run/suture/control.sock
check "a first check is made" suture check
check "level 1 is found" wait_for 60 sh -c "suture status --json | grep -q '\"newest_level\": 1'"
memory() { # FIELD, of a file of /proc/PID
  awk -v field="$1:" '$1 == field { print $2 }' "/proc/$agent/$2"
}
for field in VmRSS RssAnon RssFile VmHWM; do figure "$field $(memory $field status) kB"; done
figure "Pss $(memory Pss smaps_rollup) kB"
before=$(cat /proc/$agent/schedstat)
sleep "$SECONDS_IDLE"
figure "idle $before -> $(cat /proc/$agent/schedstat)"

step "rounds"
round=0
while [ $round -lt "$ROUNDS" ]; do
  round=$((round + 1))
  if ! ours=$(took suture update); then note "$ours"; check "update, round $round" false; break; fi
  check_equal "round $round: closed by suture" closed "$(probe CVE-2026-53249)"
  suture revert >/dev/null 2>&1
  wait_for 120 gone
  if ! peers=$(took kpatch load /root/suture_1.ko); then note "$peers"; check "load, round $round" false; break; fi
  check_equal "round $round: closed by kpatch" closed "$(probe CVE-2026-53249)"
  kpatch unload suture_1 >/tmp/unload.log 2>&1 || note "$(cat /tmp/unload.log)"
  wait_for 120 gone
  figure "round $ours $peers"
done
figure "after VmRSS $(memory VmRSS status) kB"
