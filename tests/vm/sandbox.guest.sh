# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: the borders of an agent whose repository is a folder.
chmod -R a+rX /root /etc/suture

step "the process that handles remote bytes"
tests() { # FILTER
  unit_agent --gtest_filter="$1" >/tmp/tests 2>&1 && ! grep -q SKIPPED /tmp/tests && grep -q PASSED /tmp/tests ||
    { cat /tmp/tests; return 1; }
}
check "system calls, sockets, memory and files, with Landlock" tests 'Sandbox*'
check "the dying and the hanging" tests 'Unprivileged*:HandOver*'

step "the control socket"
check "who may ask, and nobody holds it" tests 'Control.*'

step "the daemon"
sutured >/tmp/sutured.log 2>&1 &
agent=$!
check "it comes up" wait_for 90 test -S /run/suture/control.sock
asked_by_nobody() { su nobody -s /bin/sh -c "suture status --json"; }
running() { asked_by_nobody | grep -q '"daemon": *true'; }
check "any user asks it for its status" wait_for 60 running
suture check >/tmp/checked 2>&1
check_equal "a check through it says that there is nothing for this kernel" 11 $?
check "it has not been told of a child that died" sh -c "! grep -q 'agent.child\|agent.forbidden-call' /tmp/sutured.log"
resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$agent/status"; }
small() {
  echo "resident: $(resident) kB"
  [ "$(resident)" -le 8192 ]
}
check "it holds at most 8 MB, after a check" small
check "and has not loaded libcurl" sh -c "! grep -q libcurl /proc/$agent/maps"
switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$agent/status"; }
before=$(switches)
sleep 5
check_equal "it sleeps while nobody asks" "$before" "$(switches)"
check "it still runs" kill -0 "$agent"
