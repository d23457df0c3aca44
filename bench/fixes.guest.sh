# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see fixes.sh. /root/fixes.list has lines NAME MODULE PROBE: MODULE is what is to be loaded
# first, or "vmlinux"; PROBE is "-" where nothing can be seen. The patches are in /root/fixes, for either engine:
# NAME.ko and NAME.stop.ko. The script ends early when one of them stays.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
live=/sys/kernel/livepatch/suture_1
engine=/sys/kernel/suture
settled() { [ "$(cat $live/transition)" = 0 ]; }
gone() { [ ! -d $live ]; }
held_as_before() { [ "$(cat "/sys/module/$1/refcnt")" = "$held" ]; }
disable() { echo 0 >$live/enabled; }

# Unprivileged, two or three kinds of work at a time, in turn: all at once would keep an emulated machine from
# everything else.
start_load() {
  mkdir -m 1777 /tmp/load
  cat >/tmp/load.sh <<'TEXT'
cd /tmp/load
while :; do
  for work in "--fork 1 --pthread 1" "--epoll 1 --sock 1" "--kill 1 --exec 1" "--udp 1 --dentry 1"; do
    stress-ng --quiet --temp-path /tmp/load --timeout 4 $work || sleep 1
  done
done
TEXT
  su nobody -s /bin/sh /tmp/load.sh >/tmp/load.log 2>&1 &
}

load_runs() { pidof stress-ng && kill -0 "$load"; }

# What keeps a transition from its end.
unpatched_tasks() {
  for task in /proc/[0-9]*/task/[0-9]*; do
    [ "$(cat "$task/patch_state" 2>/dev/null)" = 0 ] || continue
    note "still in old code: $(cat "$task/comm") $(tr '\n' ' ' <"$task/stack")"
  done
}

# Negative numbers are taken while the hole is open.
reordering() {
  if echo -1 >/proc/sys/net/ipv4/tcp_reordering 2>/dev/null; then echo open; else echo closed; fi
  echo 3 >/proc/sys/net/ipv4/tcp_reordering
}

look() { # WHEN PROBE WANTED
  [ "$2" != - ] || return 0
  case $2 in
    tcp_reordering) found=$(reordering) ;;
    netlabel | zombie) found=$(author "$2" 2>/tmp/said) ;;
    *) found=$(probe "$2" 2>/tmp/said) ;;
  esac
  check_equal "$1 the patch it is $3" "$3" "$found" || note "$(cat /tmp/said)"
}

klp_on() { # NAME
  check "the patch loads" insmod "/root/fixes/$1.ko" || return
  check "its transition ends" wait_for 120 settled || unpatched_tasks
}

klp_off() {
  check "it is disabled" disable
  check "its transition back ends" wait_for 120 gone || return
  check "it is removed" wait_for 20 rmmod suture_1
}

stopmachine_on() { # NAME
  check "it is applied at once" insmod "/root/fixes/$1.stop.ko" || { cat $engine/last/reason $engine/last/blockers; return 1; }
  tell_switch
}

# A task may be in new code for as long as it likes: then it is tried again, as an agent would.
stopmachine_off() {
  check "it is taken back at once" wait_for 120 sh -c "echo suture_stop_1 >$engine/revert" || return
  tell_switch
  check "it is removed" rmmod suture_stop_1
}

tell_switch() {
  note "$(cat $engine/last/attempts) attempts, $(cat $engine/last/examined) of $(cat $engine/last/tasks) tasks, pause $(cat $engine/last/pause_ns) ns"
}

try_fix() { # NAME MODULE PROBE ENGINE
  step "$1 $4"
  echo "suture-fixes: $1 $4" >/dev/kmsg
  begun=$(seconds)
  held=0
  if [ "$2" != vmlinux ]; then
    check "its module loads" load_module "$2" || return
    held=$(cat "/sys/module/$2/refcnt")
  fi
  look before "$3" open
  "${4}_on" "$1" || return
  look under "$3" closed
  check "the workload loses nothing" workload check /tmp/workload
  check "event polls come and go" author eventpoll
  "${4}_off" || return
  look after "$3" open
  if [ "$2" != vmlinux ]; then
    check "nothing more holds its module" wait_for 30 held_as_before "$2"
    # sctp holds itself, patched or not: it never goes.
    [ "$held" != 0 ] || check "its module goes" rmmod "$2"
  fi
  check "the load runs" wait_for 20 load_runs
  report pass "$(awk -v a="$begun" -v b="$(seconds)" 'BEGIN { print b - a }')" "in all"
}

echo "suture-fixes: begin" >/dev/kmsg
step "the machine"
# As upstream has it. Debian's 3 keeps all of perf from users, the hole with it.
echo 2 >/proc/sys/kernel/perf_event_paranoid
check "the stop-machine engine loads" insmod /root/suture.ko
check "the workload starts" workload start /tmp/workload
start_load
load=$!
check "the load runs" wait_for 60 load_runs
while read -r name module what; do
  try_fix "$name" "$module" "$what" klp </dev/null
  [ ! -d /sys/module/suture_1 ] || exit 1
  try_fix "$name" "$module" "$what" stopmachine </dev/null
  [ ! -d /sys/module/suture_stop_1 ] || exit 1
done </root/fixes.list
step "the machine"
check "the workload lost nothing" workload stop /tmp/workload
