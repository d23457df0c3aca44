# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: tries that end, whatever they try. What differs from engine to engine is in engine/NAME.sh.
# shellcheck disable=SC2034 # for those
patience=40 # seconds; the kernel itself wakes sleepers after 15

# Tasks in this state, but for the workload, each with its stack.
tasks_in() {
  for task in /proc/[0-9]*; do
    grep -q "^State:[[:space:]]*$1" "$task/status" 2>/dev/null || continue
    case $(cat "$task/comm") in suture-guest | sh | grep | cat | sed | tr) [ "$1" = D ] || continue ;; esac
    echo "$(cat "$task/comm"): $(sed 's/.*\] //; s/+.*//' "$task/stack" 2>/dev/null | tr '\n' ' ')"
  done
}

# bounded SECONDS COMMAND...: 124 when it does not end, and what holds it.
bounded() {
  bounded_left=$(($1 * 5))
  shift
  rm -f /tmp/bounded.status
  # Nothing of the caller's is held open by what may never end.
  { "$@" >/tmp/bounded.output 2>&1; echo $? >/tmp/bounded.status; } </dev/null >/dev/null 2>&1 &
  until [ -s /tmp/bounded.status ]; do
    bounded_left=$((bounded_left - 1))
    if [ $bounded_left -le 0 ]; then
      # Blocked in the kernel, or else running in it for ever.
      echo "it does not end: $(tasks_in D)$(tasks_in R)"
      return 124
    fi
    sleep 0.2
  done
  cat /tmp/bounded.output
  return "$(cat /tmp/bounded.status)"
}

removed() { # NAME
  removed_left=100
  until rmmod "$1"; do
    removed_left=$((removed_left - 1))
    [ $removed_left -gt 0 ] || { echo "it is held $(cat "/sys/module/$1/refcnt") times"; return 1; }
    sleep 0.1
  done 2>/tmp/rmmod.output || { cat /tmp/rmmod.output; return 1; }
}

# Since 6.0 a function may have both a BPF program and a live patch. Where the former is just being changed, the kernel
# wants the latter to come again (bpf_tramp_ftrace_ops_func() in kernel/bpf/trampoline.c).
insert() { # NAME
  insert_left=50
  until insmod "/suture/patches/$1.ko" 2>/tmp/insmod.output; do
    insert_left=$((insert_left - 1))
    grep -q "temporarily unavailable" /tmp/insmod.output && [ $insert_left -gt 0 ] ||
      { cat /tmp/insmod.output; return 1; }
    sleep 0.1
  done
}
