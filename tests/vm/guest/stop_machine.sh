# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: levels come and go by the stop-machine engine. suture.ko and the levels' modules are in /root.
engine=/sys/kernel/suture

switched() { # WHAT LEVEL
  check_equal "$1: the level" "$2" "$(cat $engine/level)"
  note "$(cat $engine/last/attempts) attempts, $(cat $engine/last/pause_ns) ns, $(cat $engine/last/examined) of $(cat $engine/last/tasks) tasks"
}

switch_to() { # LEVEL
  check "level $1 is applied at once" insmod "/root/suture_stop_$1.ko"
  switched "applied" "$1"
}

switch_back() { # LEVEL
  check "level $1 is taken back at once" sh -c "echo suture_stop_$1 >$engine/revert"
  switched "taken back" 0
  check "its module goes" rmmod "suture_stop_$1"
}
