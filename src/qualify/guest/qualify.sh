# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what stands in front of it, and the environment, set
#
# In the virtual machine: everything that a patch goes through on a server, in half a minute. The host puts into the
# guest /suture/patches/MODULE.ko, /suture/engine/NAME.sh, /suture/probes/NAME/{run,needs}, and says in the environment
#   ENGINE     what brings the patch into the kernel: "klp"
#   MODULE     the patch, as "suture_1"
#   PREVIOUS   the patch of the level before; may be empty
#   OBJECTS    modules that it patches, loaded before it comes
#   FUNCTIONS  what it replaces, each OBJECT:FUNCTION
#   FENTRY     "yes" where a kernel can have BPF programs on patched functions
#   TIMES      how often it is loaded and removed at the end
# What follows a check that leaves the kernel in an unknown state is not run: the script ends.
trace=/sys/kernel/tracing
# shellcheck source=src/qualify/guest/engine/klp.sh
. "/suture/engine/$ENGINE.sh"

phase() { # NAME
  step "$1"
  echo "suture-qualify: $1" >/dev/kmsg
}

# Loads and removes it TIMES times.
again_and_again() {
  again=0
  while [ $again -lt "$TIMES" ]; do
    again=$((again + 1))
    in_and_out "$MODULE" && continue
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
  traceable='' untraceable=''
  mkdir "$tracer" || return 1
  for function in $FUNCTIONS; do
    if echo "${function#*:}" >>"$tracer/set_ftrace_filter"; then
      traceable="$traceable $function"
    else
      untraceable="$untraceable $function"
    fi
  done
  # Without a filter it would trace every function there is.
  [ -z "$traceable" ] || echo function >"$tracer/current_tracer"
}

# Not every engine needs ftrace. Nobody watches a function that it does not reach.
leave_out_untraceable() {
  FUNCTIONS=$traceable
  [ -n "$untraceable" ] || return 0
  note "${untraceable# }"
  report note 0 "ftrace does not reach"
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
[ -z "$FUNCTIONS" ] || {
  check "the function tracer is set to what will be patched" start_function_tracer || exit 1
  leave_out_untraceable
}
probe_all before

phase tracing
find_fentry_function
[ -n "$fentry_function" ] || report note 0 "no BPF program was attached: $(tail -n 1 /tmp/fentry.output 2>/dev/null || echo "no function of vmlinux is patched, or the kernel is older than 6.0")"
[ -z "$FUNCTIONS" ] || check "kprobes are attached before" attach_kprobes
[ -z "$fentry_function" ] || check "a BPF program is attached before" attach_fentry "$fentry_function"

phase patch
bring_engine
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
    check "it is patched" is_patched "$MODULE" "$module"
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
  report note 0 "no level before was given, or none that this engine can exchange"
fi

phase unload
unload "$MODULE"
for_all_probes run_probe before
be_calm
check "loaded and removed $TIMES times" again_and_again || exit 1
be_busy
for_all_probes run_probe before

phase end
check "the workload lost nothing" workload stop /tmp/workload
remove_engine
note "$(sed -n 's/^.*: \([^ ]*\) <-.*/\1/p' "$tracer/trace" 2>/dev/null | sort -u)"
report pass 0 "functions that ran"
check "the kernel is tainted by nothing but the patch" sh -c '[ $(($(cat /proc/sys/kernel/tainted) & ~(4096 | 8192 | 32768))) = 0 ]'
