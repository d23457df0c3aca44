# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what probes.sh, which stands in front of it, and the environment set
#
# In the virtual machine: everything that a patch goes through on a server, in half a minute. The host puts into the
# guest /suture/patches/MODULE.ko, /suture/probes/NAME/{run,needs}, and says in the environment
#   MODULE     the patch, as "suture_1"
#   PREVIOUS   the patch of the level before; may be empty
#   OBJECTS    modules that it patches, loaded before it comes
#   FUNCTIONS  what it replaces, each OBJECT:FUNCTION
#   FENTRY     "yes" where a kernel can have BPF programs on patched functions
#   TIMES      how often it is loaded and removed at the end
# What follows a check that leaves the kernel in an unknown state is not run: the script ends.
live=/sys/kernel/livepatch
trace=/sys/kernel/tracing
patience=40 # seconds; the kernel itself wakes sleepers after 15

phase() { # NAME
  step "$1"
  echo "suture-qualify: $1" >/dev/kmsg
}

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

# Loads and removes it TIMES times.
again_and_again() {
  again=0
  while [ $again -lt "$TIMES" ]; do
    again=$((again + 1))
    insert "$MODULE" && settled "$MODULE" && disable "$MODULE" && gone "$MODULE" &&
      removed "$MODULE" && continue
    echo "the $again. time"
    return 1
  done
}

second_processor() { echo "$1" >/sys/devices/system/cpu/cpu1/online; }

run_probe() { # "before" or "after"
  if [ "$1" = before ]; then wanted=$before; else wanted=$after; fi
  found=$(bounded 30 su "$user" -s /bin/sh -c "exec $probe/run") && said= || said=$?
  check_equal "${probe##*/} says $wanted" "$wanted" "$found"
  [ "$said" != 124 ] || exit 1
}

# Twice: what the first call leaves locked, the second one waits for.
probe_all() {
  for_all_probes run_probe "$1"
  for_all_probes run_probe "$1"
}

# Tracers on patched functions: the function tracer on all the time, kprobes and BPF programs come and go.
tracer=$trace/instances/suture
start_function_tracer() {
  mkdir "$tracer" || return 1
  # Without a filter it would trace every function there is.
  for function in $FUNCTIONS; do echo "${function#*:}" >>"$tracer/set_ftrace_filter" || return 1; done
  echo function >"$tracer/current_tracer"
}

attach_kprobes() {
  for function in $FUNCTIONS; do
    echo "p:suture/${function#*:} ${function#*:}" >>$trace/kprobe_events || return 1
  done
  echo 1 >$trace/events/suture/enable
}
detach_kprobes() { echo 0 >$trace/events/suture/enable && echo >$trace/kprobe_events; }

attach_fentry() { # FUNCTION
  suture-guest fentry "$1" >/tmp/fentry.output 2>&1 &
  fentry=$!
  fentry_left=100
  until grep -q attached /tmp/fentry.output; do
    fentry_left=$((fentry_left - 1))
    kill -0 $fentry 2>/dev/null && [ $fentry_left -gt 0 ] || { cat /tmp/fentry.output; return 1; }
    sleep 0.1
  done
}
detach_fentry() { kill $fentry && wait $fentry; cat /tmp/fentry.output; }

# Only vmlinux has types that BPF programs are attached by here. The first function that this kernel knows so.
find_fentry_function() {
  fentry_function=
  [ "$FENTRY" = yes ] || return 0
  for function in $FUNCTIONS; do
    [ "${function%%:*}" = vmlinux ] || continue
    attach_fentry "${function#*:}" && detach_fentry >/dev/null && fentry_function=${function#*:} && return 0
  done
}

trace_with() { # WHEN: attaches all, and detaches them
  [ -z "$FUNCTIONS" ] || { check "kprobes are attached $1" attach_kprobes && check "and detached" detach_kprobes; }
  [ -z "$fentry_function" ] || {
    check "a BPF program is attached to $fentry_function $1" attach_fentry "$fentry_function" &&
      check "and detached" detach_fentry
  }
}

phase workload
echo 20 >/proc/sys/kernel/hung_task_timeout_secs 2>/dev/null
check "processes, sockets, files and timers are at work" workload start /tmp/workload

phase before
prepare
[ -z "$FUNCTIONS" ] || check "the function tracer is set to what will be patched" start_function_tracer
probe_all before

phase tracing
find_fentry_function
[ -n "$fentry_function" ] || report note 0 "no BPF program was attached: $(tail -n 1 /tmp/fentry.output 2>/dev/null || echo "no function of vmlinux is patched, or the kernel is older than 6.0")"
[ -z "$FUNCTIONS" ] || check "kprobes are attached before" attach_kprobes
[ -z "$fentry_function" ] || check "a BPF program is attached before" attach_fentry "$fentry_function"

phase patch
load "$MODULE"
probe_all after
check "the workload lost nothing" workload check /tmp/workload

phase "tracing under the patch"
[ -z "$FUNCTIONS" ] || check "kprobes of before are detached" detach_kprobes
[ -z "$fentry_function" ] || check "the BPF program of before is detached" detach_fentry
trace_with after

for module in $OBJECTS; do
  phase "the module $module"
  if [ "$(cat "/sys/module/$module/refcnt")" != 0 ]; then
    report note 0 "$module cannot be removed here: something holds it"
    continue
  fi
  for time in late again; do
    check "$module is removed" rmmod "$module" || exit 1
    check "$module is loaded $time" bounded 60 load_module "$module" || exit 1
    check_equal "it is patched" 1 "$(cat "$live/$MODULE/$module/patched" 2>/dev/null)"
    probe_all after
  done
done

phase processors
check "a processor goes off" second_processor 0
probe_all after
check "and on" second_processor 1

phase "suspended processes"
check "the workload is suspended" workload suspend /tmp/workload
unload "$MODULE"
load "$MODULE"
check "the workload goes on" workload resume /tmp/workload
check "it lost nothing" workload check /tmp/workload

if [ -n "$PREVIOUS" ]; then
  phase "the level before"
  load "$PREVIOUS"
  check "the present level is removed" removed "$MODULE" || exit 1
  phase "up from the level before"
  load "$MODULE"
  check "the level before is removed" removed "$PREVIOUS" || exit 1
  probe_all after
else
  report note 0 "no level before was given"
fi

phase unload
unload "$MODULE"
for_all_probes run_probe before
# Transitions under load were seen above. Here, tasks that run elsewhere, the idle task among them, would only make each
# wait a second for the kernel's next try.
check "the workload is suspended" workload suspend /tmp/workload
second_processor 0
check "loaded and removed $TIMES times" again_and_again || exit 1
second_processor 1
check "the workload goes on" workload resume /tmp/workload
for_all_probes run_probe before

phase end
check "the workload lost nothing" workload stop /tmp/workload
note "$(sed -n 's/^.*: \([^ ]*\) <-.*/\1/p' "$tracer/trace" 2>/dev/null | sort -u)"
report pass 0 "functions that ran"
check "the kernel is tainted by nothing but the patch" sh -c '[ $(($(cat /proc/sys/kernel/tainted) & ~(4096 | 8192 | 32768))) = 0 ]'
