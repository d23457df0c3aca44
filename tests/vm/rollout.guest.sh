# SPDX-License-Identifier: Apache-2.0
#
# In a virtual machine: one host of a rollout, see rollout.sh. Variables: ROLE, "first" for that of the first wave or
# "other"; RELEASE; SIGNS, the port by which the test tells that all is over.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
state=/var/lib/suture

in_kernel() { # LEVEL
  [ "$(ls /sys/kernel/livepatch)" = "suture_$1" ] && [ "$(cat "/sys/kernel/livepatch/suture_$1/transition")" = 0 ]
}
hole() { [ "$(probe arp-ioctl-name)" = "$1" ]; }
logged() { grep -q "$1" /tmp/sutured.log; }
# "applied 0-1 ": what changed the kernel, by the host's own history.
changes() {
  suture history --json | tr -d ' \n' | sed 's/},{/\n/g' |
    sed -n 's/.*"event":"\(applied\|reverted\|withdrawn\)".*"from":\([0-9]*\).*"to":\([0-9]*\).*/\1 \2-\3/p' | tr '\n' ' '
}
changed() { changes | grep -q "$1"; }
planned() { grep '"planned"' $state/history.jsonl | grep -q "$1"; }
plan_level() { tr -d ' \n' <$state/state.json | sed -n 's/.*"plan":{[^}]*"level":\([0-9]*\).*/\1/p'; }
plan_is() { [ "$(plan_level)" = "$1" ]; }
over() { wget -q -O /dev/null "http://10.0.2.2:$SIGNS/repository/metadata/over"; }

check_equal "the kernel that was built for" "$RELEASE" "$(uname -r)"
check "the hole is open" hole open
sutured >/tmp/sutured.log 2>&1 &
check "level 1 comes by itself" wait_for 1200 in_kernel 1
check "and the hole is closed" hole closed

if [ "$ROLE" = first ]; then
  # How long it stays is the server's to say, so what is asked for is what is written down.
  check "the first wave brings level 2" wait_for 1200 changed 'applied 1-2'
  check "as the server planned it" planned 'level 2 at most: .*(rollout 1)'
  # Who reads this runs the function that complains.
  cat /proc/cmdline >/dev/null
  check "the agent finds that the kernel complains" wait_for 300 logged 'agent.bad-sign'
  check "the server takes the level back" wait_for 1200 in_kernel 1
  check "the hole is closed again" hole closed
  check_equal "the history has it all" "applied 0-1 applied 1-2 withdrawn 2-1 " "$(changes)"
fi
check "the rollout is over" wait_for 1200 over
check "no level above 1 is for this host" wait_for 300 plan_is 1
check_equal "the history" "$([ "$ROLE" = first ] && echo "applied 0-1 applied 1-2 withdrawn 2-1 " || echo "applied 0-1 ")" "$(changes)"
suture update >/tmp/update 2>&1
check "an administrator's update waits, too" grep -q "level 2 waits: level 1 at most" /tmp/update
check "level 1 is in the kernel" in_kernel 1
check_equal "nothing is half done" "{}" "$(cat $state/journal.json)"
check "the hole is closed" hole closed
note "$(cat /tmp/update /tmp/sutured.log)"
note "$(cat $state/history.jsonl $state/state.json)"
check "the agent still runs" kill -0 $!
