# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: what happens around an apply. The repository is in /srv/repository.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh

daemon=
start_daemon() {
  sutured >>/tmp/sutured.log 2>&1 &
  daemon=$!
  check "the agent comes up" wait_for 120 test -S /run/suture/control.sock
}
stop_daemon() {
  kill "$daemon"
  wait "$daemon"
}
says() { # WORD...: what a command said last
  for word in "$@"; do
    grep -qF "$word" /tmp/said || { cat /tmp/said; return 1; }
  done
}
say() { # COMMAND...
  "$@" >/tmp/said 2>&1
}
status_says() { # TEXT
  suture status >/tmp/status 2>&1
  grep -q "$1" /tmp/status
}
status_of() { # COMMAND...: its exit status
  if "$@" >/dev/null 2>&1; then echo 0; else echo $?; fi
}
command_file() { # NAME BODY
  printf '#!/bin/sh\n%s\n' "$2" >"/usr/sbin/$1"
  chmod 755 "/usr/sbin/$1"
}
unpatched() {
  [ -z "$(ls /sys/kernel/livepatch)" ]
}
in_kernel() { # LEVEL
  [ "$(ls /sys/kernel/livepatch)" = "suture_$1" ] && [ "$(cat "/sys/kernel/livepatch/suture_$1/transition")" = 0 ]
}
logged() { # TEXT
  grep -qF "$1" /tmp/sutured.log
}

more_checks() { # THAN
  [ "$(grep -c checked: /tmp/sutured.log)" -gt "$1" ]
}

step "a veto"
command_file may-patch 'env | sort >/tmp/told; [ ! -e /run/busy ] || { echo "the nightly run is not over"; exit 1; }'
touch /run/busy
suture config set before_install /usr/sbin/may-patch
start_daemon
check "the agent asks, and waits" wait_for 120 logged "is vetoed: the nightly run is not over"
check "and nothing is applied" unpatched
check "an administrator's update is vetoed, too" say suture update
check "and told why" says vetoed "the nightly run is not over"
check "the status tells" status_says "level 1, waits: the nightly run is not over"
check_equal "and that a level waits" 10 "$(status_of suture status)"
check "the command was told what is to come" grep -qx "SUTURE_CVES=CVE-2026-53249" /tmp/told
check_equal "and has no other environment" "PATH PWD SUTURE_ACTION SUTURE_CVES SUTURE_FROM_LEVEL SUTURE_KERNEL SUTURE_LEVEL" \
  "$(sed 's/=.*//' /tmp/told | grep -v -x -e SHLVL -e _ -e OLDPWD | tr '\n' ' ' | sed 's/ $//')"
chmod 757 /usr/sbin/may-patch
rm /run/busy
check_fails "a command that others may change is not run" agent.command-unsafe suture update
check "and nothing is applied" unpatched
chmod 755 /usr/sbin/may-patch
check "once it lets it in, the level is applied" suture update
check "and is in the kernel" in_kernel 1

step "the command afterwards"
suture revert >/dev/null
stop_daemon
command_file all-is-well 'echo "the shop does not answer"; exit 1'
suture config set before_install ''
suture config set after_install /usr/sbin/all-is-well
start_daemon
check_fails "finds something wrong" agent.bad-sign suture update
check "the level is taken back" unpatched
check_equal "its hole is open again" open "$(probe CVE-2026-53249)"
check "and it is in quarantine" status_says "quarantine *level 1: .*the shop does not answer"
checks=$(grep -c checked: /tmp/sutured.log)
kill -HUP "$daemon"
check "the timer checks again" wait_for 120 more_checks "$checks"
check "and leaves it there" unpatched
command_file all-is-well 'exit 0'
check "an administrator brings it" suture update
check "it is in the kernel" in_kernel 1
check "and out of quarantine" sh -c '! suture status | grep -q quarantine'

step "a transition that is held up"
stop_daemon
suture config set after_install ''
suture config set channel held
suture config set stalled wait
suture config set transition_timeout 2s
mkfifo /tmp/leash
holder /tmp/leash >/tmp/holder.out 2>&1 &
check "a task holds kernel_clone" wait_for 60 grep -qs kernel_clone /proc/$!/stack
holder=$!
start_daemon
check "it is left under way" wait_for 240 logged "the transition to level 2 is left under way"
check "the kernel is on its way" grep -q 1 /sys/kernel/livepatch/suture_2/transition
check_equal "the status says so" 13 "$(status_of suture status)"
check "and tells a person" status_says "level 2 .*transition under way"
check "suture stalled asks the kernel" say suture stalled
note "$(cat /tmp/said)"
check "it names the task, what it waits in, and how" says "holder ($holder), state D, held by kernel_clone" "kernel_clone+0x"
suture stalled --json >/tmp/said
check "and does for a program" says '"transition": "suture_2"' '"kernel_clone"' "\"pid\": $holder"
check_fails "but not for everybody" engine.not-root su nobody -s /bin/sh -c "suture stalled"
check "an update says that it is under way" say suture update
check "and begins nothing" says "transition under way"
check "the daemon goes on" kill -0 "$daemon"
echo go >/tmp/leash
check "the task lets go, and lost nothing" wait_for 60 grep -qx "let go" /tmp/holder.out
check "the end is noticed" wait_for 240 logged "level 2 is applied: its transition has ended"
check "the level is in the kernel, alone" in_kernel 2
check "the level before is unloaded" wait_for 60 test ! -d /sys/module/suture_1
check_equal "the status is good" 0 "$(status_of suture status)"
check "nothing stalls" say suture stalled
check "and that is said" says "no transition is under way"

step "a transition whose sleepers are interrupted"
stop_daemon
suture config set channel testing
suture config set stalled signal
suture config set transition_timeout 10m
dd if=/tmp/leash of=/tmp/read bs=16 count=1 2>/dev/null &
reader=$!
sh -c 'exec 3>/tmp/leash; while [ ! -e /tmp/write ]; do sleep 1; done; echo whole >&3' &
check "a task sleeps in pipe_read" wait_for 60 grep -qs pipe_read /proc/$reader/stack
dmesg -c >/dev/null
start_daemon
check "it is applied" wait_for 300 in_kernel 3
note "$(dmesg | grep -i livepatch)"
check "the reader still sleeps" kill -0 $reader
touch /tmp/write
check "and reads what is written" wait_for 60 grep -qx whole /tmp/read

step "a patch that makes the kernel warn"
stop_daemon
suture config set channel canary
start_daemon
check "it is applied" wait_for 300 in_kernel 4
check "and is looked after" status_says "looked after"
probe CVE-2026-53249 >/dev/null
check "the kernel warned of it" wait_for 60 sh -c 'dmesg | grep -q "WARNING.*ip_options_get.suture.*\[suture_4"'
check "it is taken back, and the good level below comes" wait_for 300 in_kernel 1
check "its module is gone" wait_for 60 test ! -d /sys/module/suture_4
check "it is in quarantine, with the reason" status_says "quarantine *level 4: .*warning.*ip_options_get"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
suture revert >/dev/null
check "the agent still runs" kill -0 "$daemon"
note "$(cat /tmp/sutured.log)"
