# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: one of several boots with the same disk. Variables: BOOT, which one; AT, where it is cut off
# for BOOT=cut, as guest/stop_at.cc reads it.
# shellcheck source=tests/vm/guest/agent.sh
. /root/agent.sh
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
# The crash guard is to judge, not what the kernel's log says; and no check by the timer comes in between.
SETTINGS='health_window = "0s"
check = "manual"'
none() { [ -z "$(patches)" ]; }
# It answers when its start is over.
daemon() {
  sutured >/tmp/sutured.log 2>&1 &
  agent=$!
  check "the agent comes up" wait_for 120 test -S /run/suture/control.sock
  suture check >/tmp/check 2>&1
  note "$(cat /tmp/sutured.log /tmp/check)"
}
end_daemon() { # as at an orderly end of the machine: what it applied is proven then
  check "the agent ends" kill $agent
  wait $agent
}
status_is() { # NUMBER: the exit status of `suture status`
  suture status
  [ $? = "$1" ]
}
quarantined() { suture status --json | tr -d ' \n' | grep -q "\"quarantined\":\[$1\]"; }

step "$BOOT"
case $BOOT in
  prepare) # for the next boot: a level that the agent has, and is to have
    follow one
    check "level 1 is applied" suture update
    check "all is well" sane 1
    ;;
  again) # after an orderly end, and the repository is away
    follow one
    sed -i 's|file:///repository/|file:///nowhere/|' /etc/suture/agent.toml
    check "the kernel is a fresh one" none
    daemon
    check "level 1 is there again, from the agent's own copy" sane 1
    end_daemon
    ;;
  cut) # in an upgrade
    follow one
    sutured --once
    check "level 1 is there again" sane 1
    follow two
    stop_at cut "$AT" suture update >/tmp/cut 2>&1
    note "exit status $?, at \"$AT\": $(cat /tmp/cut)"
    check "the machine was to be cut off" false
    ;;
  after-cut-before) # it was cut off before the kernel was touched: level 1 is what the agent knows
    follow one
    daemon
    check "level 1 is there again" sane 1
    end_daemon
    ;;
  after-cut-within) # it went down while level 2 was applied, and that may have been the cause
    follow two
    daemon
    check "nothing is applied" sane 0
    check "the status tells that" status_is 13
    check "and why" sh -c "suture status | grep 'went down while level 2'"
    check "an administrator brings it back" suture update
    check "all is well" sane 2
    end_daemon
    ;;
  panic) # a patch that brings the machine down when it is used
    follow bad
    daemon
    check "the daemon updates" suture update
    check "level 9 is applied" sane 9
    check "it is to be proven yet" grep -q unconfirmed $state/state.json
    echo 1 >/proc/sys/kernel/panic_on_oops
    probe CVE-2026-53249
    check "the machine was to go down" false
    ;;
  after-panic)
    follow bad
    daemon
    check "level 9 is in quarantine" quarantined 9
    check "and not in the kernel" sh -c "! test -d /sys/kernel/livepatch/suture_9"
    check "the status tells a person" sh -c "suture status | grep 'quarantine.*level 9'"
    kill -HUP $agent
    check "the timer leaves it there" suture check
    check "still" quarantined 9
    check "an administrator brings it back" suture update
    check "it is there" sane 9
    check "and out of quarantine" quarantined ""
    check "it is on trial again" grep -q unconfirmed $state/state.json
    echo b >/proc/sysrq-trigger
    sleep 60
    check "the machine was to be cut off" false
    ;;
  dies-again) # while the level is applied at boot: a patch that the machine does not live through
    follow bad
    daemon
    check "level 9 is in quarantine again" quarantined 9
    follow one
    check "the agent ends" kill $agent
    wait $agent
    check "level 1 takes its place" suture update
    check "all is well" sane 1
    ;;
  dies-at-boot)
    follow one
    stop_at cut 'init_module#1+1' sutured
    check "the machine was to be cut off" false
    ;;
  disabled) # by the kernel's command line, the way out for an administrator whose machine does not come up
    follow one
    daemon
    check "nothing is applied" sane 0
    check_fails "nor at an administrator's word" engine.disabled-at-boot suture update
    check "the doctor says so" sh -c "suture doctor | grep suture.disable"
    check "nothing is applied still" sane 0
    ;;
  at-last) # all is well again
    follow two
    daemon
    check "nothing is applied by itself" sane 0
    check "the status tells that it is held back" status_says held true
    check "an administrator brings it back" suture update
    check "all is well" sane 2
    check "the agent ends" kill $agent
    wait $agent
    ;;
esac
