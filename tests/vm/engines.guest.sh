# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: two engines behind one agent. The repository is in /srv/repository.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh

say() { # COMMAND...
  "$@" >/tmp/said 2>&1
}
fails() { # COMMAND...
  ! "$@" >/tmp/said 2>&1
}
says() { # WORD...: what a command said last
  for word in "$@"; do
    grep -qF -- "$word" /tmp/said || { cat /tmp/said; return 1; }
  done
}
status_says() { # TEXT
  suture status >/tmp/status 2>&1
  grep -q "$1" /tmp/status || { cat /tmp/status; return 1; }
}
held_by_klp() {
  ls /sys/kernel/livepatch
}
held_by_stopmachine() {
  cat /sys/kernel/suture/patch 2>/dev/null || :
}

step "a task that holds kernel_clone"
check "the doctor knows both engines" say suture doctor --offline
check "and that they can be used" says "engine klp: the kernel has livepatch" "engine stopmachine: suture.ko comes with"
sutured >/tmp/sutured.log 2>&1 &
daemon=$!
check "the agent comes up" wait_for 120 test -S /run/suture/control.sock
mkfifo /tmp/leash
holder /tmp/leash >/tmp/holder.out 2>&1 &
holder=$!
check "it waits there" wait_for 60 grep -qs kernel_clone /proc/$holder/stack
check "the level is not applied" fails suture update
note "$(cat /tmp/said)"
check "the error tells of both engines" says engine.transition-stalled "by klp:" "by stopmachine:"
check "and names the task" says "holder ($holder)" "held by kernel_clone"
check_equal "livepatch holds nothing" "" "$(held_by_klp)"
check_equal "and the stop-machine engine neither" "" "$(held_by_stopmachine)"
check_equal "no module of a patch is left" "" "$(grep -o '^suture_[a-z0-9_]*' /proc/modules)"
check "the task can be seen afterwards" say suture stalled
note "$(cat /tmp/said)"
check "with what it was in" says "suture_stop_1 was not applied" "holder ($holder)" "held by kernel_clone"
suture stalled --json >/tmp/said
check "also for a program" says '"patch": "suture_stop_1"' '"action": "apply"' "\"pid\": $holder"
echo go >/tmp/leash
check "the task lets go, and lost nothing" wait_for 60 grep -qx "let go" /tmp/holder.out
check "then the first engine does it" suture update
check_equal "it holds the level" suture_1 "$(held_by_klp)"
check "the status names it" status_says "^engine  *klp"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check "an administrator takes it back" suture revert
check_equal "and nothing is held" "" "$(held_by_klp)$(held_by_stopmachine)"

step "a thread of the kernel's that never rests"
# What the agent and livepatch do is done on the other processor. To go back takes a busy machine some time as well.
suture config set transition_timeout 20s
kill -HUP "$daemon"
dmesg -c >/dev/null
check "it begins" insmod /root/spinner.ko
check "the agent stays away from it" taskset -p 1 "$daemon"
check "the level is applied" say suture update
note "$(cat /tmp/said)"
check_equal "by the stop-machine engine" suture_stop_1 "$(held_by_stopmachine)"
check_equal "and livepatch holds nothing" "" "$(held_by_klp)"
dmesg >/tmp/said
check "which had begun" says "livepatch: 'suture_1': starting patching transition"
check "and had to go back" says "livepatch: 'suture_1': unpatching complete"
check_equal "before it was done" "" "$(grep "'suture_1': patching complete" /tmp/said)"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check "the thread ends" rmmod spinner
check "an administrator takes it back" suture revert
check_equal "and nothing is held" "" "$(held_by_klp)$(held_by_stopmachine)"
check "the agent goes everywhere again" taskset -p 3 "$daemon"

step "a sleeper that is held while the machine is stopped"
suture config set engine stopmachine
suture config set stalled signal
suture config set channel sleeper
suture config set transition_timeout 2m
kill -HUP "$daemon"
dd if=/tmp/leash of=/tmp/read bs=16 count=1 2>/dev/null &
reader=$!
sh -c 'exec 3>/tmp/leash; while [ ! -e /tmp/write ]; do sleep 1; done; echo whole >&3' &
check "a task sleeps in pipe_read" wait_for 60 grep -qs pipe_read /proc/$reader/stack
check "the level is applied" suture update
note "$(dmesg | grep 'suture:' | tail -n 20)"
check_equal "by the stop-machine engine" suture_stop_2 "$(held_by_stopmachine)"
check_equal "and by nobody else" "" "$(held_by_klp)"
check "the status names it" status_says "^engine  *stopmachine"
suture status --json >/tmp/said
check "also for a program" says '"engine": "stopmachine"' '"module": "suture_stop_2"'
suture history --json >/tmp/said
check "and the history" says '"engine": "stopmachine"' '"engine": "klp"'
say suture doctor --offline
check "the doctor tells how it went" says "it holds suture_stop_2; switched at attempt"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check "the reader still sleeps" kill -0 $reader
touch /tmp/write
check "and reads what is written" wait_for 60 grep -qx whole /tmp/read

step "a level that moves"
suture config set engine klp
suture config set channel next
kill -HUP "$daemon"
check "the next one is applied" suture update
check_equal "by livepatch" suture_3 "$(held_by_klp)"
check "the other engine is gone, with its module" sh -c '! grep -q "^suture \|^suture_stop_" /proc/modules'
check "the status names it" status_says "^engine  *klp"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check "the agent still runs" kill -0 "$daemon"
check "all is taken back" suture revert
check_equal "and nothing is left" "" "$(grep '^suture' /proc/modules)"
check_equal "the hole is open again" open "$(probe CVE-2026-53249)"
note "$(cat /tmp/sutured.log)"
