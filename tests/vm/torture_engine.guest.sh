# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: ROUNDS times a patch is applied, replaced and reverted through the stop-machine engine, while
# tasks come and go, a processor too, and modules. /root has the engine, suture_stop_1.ko and suture_stop_2.ko, with
# which /proc/cmdline begins with the level, or, of tests/vm/kmod, is what they say.
engine=/sys/kernel/suture
rounds=${ROUNDS:-1000}
: "${PATCHED_MODULE:=vsock}"

measure() { # what a leak would show in, as "NAME NUMBER" lines, once nothing goes on any more
  sync
  echo 3 >/proc/sys/vm/drop_caches
  sleep 2
  echo 3 >/proc/sys/vm/drop_caches
  sed -n 's/^\(MemAvailable\|Slab\|VmallocUsed\|Percpu\|PageTables\|KernelStack\): *\([0-9]*\) kB/\1 \2/p' /proc/meminfo
  echo "modules $(wc -l </proc/modules)"
  echo "symbols $(wc -l </proc/kallsyms)"
  echo "mappings $(wc -l </proc/vmallocinfo)"
  [ ! -e /sys/kernel/tracing/enabled_functions ] || echo "traced $(wc -l </sys/kernel/tracing/enabled_functions)"
  [ ! -e /sys/kernel/debug/kprobes/list ] || echo "kprobes $(wc -l </sys/kernel/debug/kprobes/list)"
  echo "tasks $(ls -d /proc/[0-9]* | wc -l)"
}
result() { # NAME VALUE...: for the table
  echo "result $*"
}
value() { # FILE NAME
  sed -n "s/^$2 //p" "$1"
}
level() {
  cat $engine/level
}
patched() { # LEVEL: whether the code that runs is that level's
  case $(cat /proc/cmdline) in
    "level 2 "* | "patched by 2"*) shown=2 ;;
    "level 1 "* | "patched by 1"*) shown=1 ;;
    *) shown=0 ;;
  esac
  [ "$shown" = "$1" ] && [ "$(level)" = "$1" ]
}

busy=0
coming=0
wrong=0
worst=0
attempts=0
stops=0
tell() {
  for tell_file in "$engine"/last/*; do note "${tell_file##*/}: $(cat "$tell_file")"; done
}
took() { # adds up what the engine says of the last switch
  pause=$(cat $engine/last/pause_ns)
  [ "$pause" -le "$worst" ] || worst=$pause
  attempts=$((attempts + $(cat $engine/last/attempts)))
  stops=$((stops + $(cat $engine/last/stops)))
}
until_free() { # COMMAND...: again when tasks are in the way or a module is just coming, which is told, and nothing else
  tries=0
  until "$@" 2>/tmp/said; do
    case $(cat $engine/last/error) in
      16) busy=$((busy + 1)) ;;
      11) coming=$((coming + 1)) ;;
      *)
        wrong=$((wrong + 1))
        note "$* failed: $(cat /tmp/said)"
        tell
        return 1
        ;;
    esac
    tries=$((tries + 1))
    [ $tries -lt 100 ] || return 1
  done
  took
}
take_back() { # LEVEL
  echo "suture_stop_$1" >$engine/revert
}
expect() { # LEVEL WHEN
  patched "$1" && return
  wrong=$((wrong + 1))
  [ $wrong -gt 5 ] || note "round $round, $2: $(level) $(cat /proc/cmdline)"
}
one_round() {
  until_free insmod /root/suture_stop_1.ko
  expect 1 applied
  last=1
  if [ $((round % 2)) = 0 ]; then
    until_free insmod /root/suture_stop_2.ko
    expect 2 replaced
    last=2
    rmmod suture_stop_1 || wrong=$((wrong + 1))
  fi
  until_free take_back $last
  expect 0 reverted
  rmmod suture_stop_$last || wrong=$((wrong + 1))
}
run_rounds() { # FROM TO
  round=$1
  while [ "$round" -le "$2" ] && [ $wrong -le 5 ]; do
    one_round
    round=$((round + 1))
  done
}

insert_patched() {
  if [ -e "/root/$PATCHED_MODULE.ko" ]; then
    insmod "/root/$PATCHED_MODULE.ko"
  else
    load_module "$PATCHED_MODULE"
  fi
}

# What goes on meanwhile.
begin_load() {
  workload start /tmp/workload || return 1
  touch /tmp/load
  for i in 1 2; do
    nice -n 19 sh -c 'while [ -e /tmp/load ]; do :; done' &
  done
  while [ -e /tmp/load ]; do
    sh -c 'cat /proc/self/stat /proc/version | wc -c' >/dev/null
    sleep 0.02
  done &
  while [ -e /tmp/load ]; do
    echo text | cat | cat >/dev/null
    sleep 0.05
  done &
  while [ -e /tmp/load ]; do
    echo 0 >/sys/devices/system/cpu/cpu1/online && echo off >>/tmp/hotplug
    sleep 0.3
    echo 1 >/sys/devices/system/cpu/cpu1/online
    sleep 0.7
  done 2>/dev/null &
  while [ -e /tmp/load ]; do
    load_module dummy
    insert_patched && echo loaded >>/tmp/storm
    rmmod dummy
    rmmod "$PATCHED_MODULE"
    sleep 0.05
  done >/dev/null 2>&1 &
}
end_load() {
  rm /tmp/load
  wait
  workload stop /tmp/workload
}

step "the engine"
check "the engine loads" insmod /root/suture.ko
check "level 1 is applied" insmod /root/suture_stop_1.ko
note "$(cat $engine/functions)"
check "its code runs" patched 1
check "level 2 replaces it" insmod /root/suture_stop_2.ko
note "$(cat $engine/functions)"
check "its code runs" patched 2
check "level 1 can go" rmmod suture_stop_1
check "and comes back" insmod /root/suture_stop_1.ko
check "its code runs" patched 1
check "level 2 can go" rmmod suture_stop_2
check "level 1 is reverted" take_back 1
check "the old code runs" patched 0
check "it can go" rmmod suture_stop_1

step "$rounds rounds"
# Caches fill up at first.
check "the load begins" begin_load
run_rounds 1 $((rounds / 50 + 4))
check "it lost nothing" end_load
check_equal "the first rounds go well" 0 $wrong
measure >/tmp/before
busy=0 coming=0 worst=0 attempts=0 stops=0
: >/tmp/hotplug
: >/tmp/storm
started=$(seconds)
check "the load begins again" begin_load
run_rounds 1 "$rounds"
lasted=$(echo "$(seconds) $started" | awk '{ printf "%d", $1 - $2 }')
check "it lost nothing" end_load
check_equal "every round went well" "0 $((rounds + 1))" "$wrong $round"
[ -e /sys/devices/system/cpu/cpu1/online ] && echo 1 >/sys/devices/system/cpu/cpu1/online
measure >/tmp/after
result "rounds $((round - 1))"
result "seconds $lasted"
result "attempts $attempts"
result "stops $stops"
result "given_up $busy"
result "module_was_coming $coming"
result "longest_pause_us $((worst / 1000))"
result "processor_went $(wc -l </tmp/hotplug)"
result "modules_came $(wc -l </tmp/storm)"
while read -r name number; do
  result "$name $number $(value /tmp/after "$name")"
done </tmp/before
check "the processor went and came" test "$(wc -l </tmp/hotplug)" -gt 10
check "modules came and went" test "$(wc -l </tmp/storm)" -gt 10

# A page lost in each round would be 4 kB a round, the smallest piece of a slab 8 bytes. What else goes on in a kernel
# moves these numbers by some hundred kB, whatever the rounds are.
lost() { # NAME MOST: kB
  lost_now=$(($(value /tmp/after "$1") - $(value /tmp/before "$1")))
  echo "$1 has grown by $lost_now kB"
  [ "$lost_now" -le "$2" ]
}
check "memory is not less by half a page a round" \
  test $(($(value /tmp/before MemAvailable) - $(value /tmp/after MemAvailable))) -le $((rounds * 2 + 1024))
check "slabs have not grown by 256 bytes a round" lost Slab $((rounds / 4 + 768))
check "module memory has not grown by a page in 64 rounds" lost VmallocUsed $((rounds / 16 + 64))
check "per-processor memory has not grown" lost Percpu 64
for name in modules symbols traced kprobes; do
  check_equal "as many as before: $name" "$(value /tmp/before $name)" "$(value /tmp/after $name)"
done
if [ -e /proc/lockdep_stats ]; then
  check "lockdep still looks" grep -q "debug_locks: *1" /proc/lockdep_stats
  note "$(grep -E 'lock-classes|dependency chains:|stack-trace entries' /proc/lockdep_stats)"
fi
if [ -e /sys/kernel/debug/kmemleak ]; then
  echo scan >/sys/kernel/debug/kmemleak
  sleep 6
  echo scan >/sys/kernel/debug/kmemleak
  cat /sys/kernel/debug/kmemleak >/tmp/leaks
  note "$(head -n 60 /tmp/leaks)"
  check "no memory is left that nobody knows of" sh -c '! grep -q suture /tmp/leaks'
fi
check "the engine goes" rmmod suture
