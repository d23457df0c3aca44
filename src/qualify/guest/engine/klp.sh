# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what tries.sh, which stands in front of it, sets
#
# The kernel's livepatch: a patch is in as soon as its module is, and task after task goes over to it. It leaves the same
# way, before its module can.
live=/sys/kernel/livepatch

bring_engine() { :; }
remove_engine() { :; }

# settled NAME: its transition ends in time; else, who keeps it.
settled() {
  settled_left=$((patience * 10))
  while [ "$(cat "$live/$1/transition" 2>/dev/null)" != 0 ]; do
    settled_left=$((settled_left - 1))
    if [ $settled_left -le 0 ]; then
      suture-guest stalled "$(cat "$live/$1/enabled")"
      return 1
    fi
    sleep 0.1
  done
}

gone() { # NAME
  gone_left=$((patience * 10))
  while [ -d "$live/$1" ]; do
    gone_left=$((gone_left - 1))
    [ $gone_left -gt 0 ] || { suture-guest stalled 0; return 1; }
    sleep 0.1
  done
}

# By a shell of its own, since callbacks run in it.
disable() { bounded 30 sh -c "echo 0 >$live/$1/enabled"; }

load() { # NAME
  check "it loads" bounded 60 insert "$1" || exit 1
  check "its transition ends" settled "$1" && return
  disable "$1"
  check "the transition is reversed" gone "$1"
  exit 1
}

unload() { # NAME
  check "it is disabled" disable "$1" || exit 1
  check "the transition back ends" gone "$1" || exit 1
  check "it is removed" removed "$1" || exit 1
}

# Transitions under load are seen before. When many follow each other, tasks that run elsewhere, the idle task among
# them, would only make each wait a second for the kernel's next try.
be_calm() {
  check "the workload is suspended" workload suspend /tmp/workload
  second_processor 0
}
be_busy() {
  second_processor 1
  check "the workload goes on" workload resume /tmp/workload
}

in_and_out() { # NAME
  insert "$1" && settled "$1" && disable "$1" && gone "$1" && removed "$1"
}

# is_patched NAME MODULE
is_patched() { [ "$(cat "$live/$1/$2/patched")" = 1 ]; }
