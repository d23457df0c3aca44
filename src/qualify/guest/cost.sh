# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what probes.sh, which stands in front of it, and the environment set
#
# In a virtual machine whose clock counts instructions: what the calls of probes cost without the patch and with it.
# The environment is that of qualify.sh.
transition=/sys/kernel/livepatch/$MODULE/transition
calls=100

elapsed() { # CALLS
  suture-guest elapsed su "$user" -s /bin/sh -c "exec $probe/run cost $1"
}

# Nanoseconds of all calls, without the start of the program.
measure() { # WHEN
  [ "$cost" = yes ] || return 0
  none=$(elapsed 0) && all=$(elapsed $calls) || { report fail 0 "cost $1 ${probe##*/}"; return; }
  note $((all - none))
  report pass 0 "cost $1 ${probe##*/}"
}

step cost
prepare
for_all_probes measure before
check "it loads" insmod "/suture/patches/$MODULE.ko" || exit 1
check "its transition ends" wait_for 60 grep -q 0 "$transition" || exit 1
for_all_probes measure after
