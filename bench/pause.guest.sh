# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see pause.sh. Variables: ROUNDS, TASKS, LOADS; MODE is "pause" or "calls". Patches are
# /root/klp.ko and /root/stop.ko, the engine for the second is /root/suture.ko. Lines of the console with FIGURE are what
# is measured.
live=/sys/kernel/livepatch/suture_1
last=/sys/kernel/suture/last
figure() { echo "FIGURE $*"; }
settled() { [ "$(cat $live/transition)" = 0 ]; }
gone() { [ ! -d $live ]; }
# Ten times a second, for a minute of the machine's time.
soon() { # COMMAND...
  tries=600
  until "$@" 2>/dev/null; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    usleep 100000
  done
}

# The emulator runs the processors in turn, and with a clock that counts instructions each goes on until the next timer,
# a halt or a `pause`, the first one first: a first one that is busy would let no other come up. So the second comes when
# somebody says `pause` all the time, and what is not watched works there.
start_processors() {
  for online in /sys/devices/system/cpu/cpu*/online; do
    [ "$(cat "$online")" = 0 ] || continue
    bench_pause yield start /tmp/yield
    check "a processor comes up" sh -c "echo 1 >$online"
    bench_pause yield stop /tmp/yield
  done
  taskset -p 2 $$ >/dev/null
}

klp_apply() { insmod /root/klp.ko && soon settled; }
klp_revert() { echo 0 >$live/enabled && soon gone; }
klp_clean() { soon rmmod suture_1; }
stopmachine_apply() { insmod /root/stop.ko; }
stopmachine_revert() { echo suture_stop_1 >/sys/kernel/suture/revert; }
stopmachine_clean() { soon rmmod suture_stop_1; }
# What any module costs that is loaded and unloaded, and what goes on anyway.
module_apply() { load_module sch_netem; }
module_revert() { rmmod sch_netem; }
module_clean() { :; }
nothing_apply() { usleep 300000; }
nothing_revert() { usleep 300000; }
nothing_clean() { :; }

# The longest times of all processors, and what the engine says itself.
watched() { # ENGINE ACTION
  bench_pause watch mark /tmp/watch
  began=$(seconds)
  if ! "$1_$2" >/tmp/said 2>&1; then
    note "$(cat /tmp/said)"
    [ ! -d $last ] || note "$(head $last/[aeprst]* $last/blockers)"
    check "$1: $2, $tasks tasks, $load" false
    return 1
  fi
  ended=$(seconds)
  gaps=$(bench_pause watch show /tmp/watch | cut -d' ' -f2 | tr '\n' ' ')
  own="- - - - -"
  [ "$1" != stopmachine ] ||
    own=$(cat $last/pause_ns $last/stops $last/attempts $last/examined $last/tasks | tr '\n' ' ')
  figure "pause $1 $2 $tasks $load $round $(echo "$ended $began" | awk '{ print $1 - $2 }')" "$own" "$gaps"
}

measure_pauses() { # TASKS idle|busy
  tasks=$1 load=$2
  step "$tasks tasks, $load"
  check "$tasks tasks sleep" bench_pause sleepers start /tmp/sleepers "$tasks" || return
  [ "$load" = idle ] || check "others work" bench_pause load start /tmp/load
  round=0
  while [ $round -lt "$ROUNDS" ]; do
    round=$((round + 1))
    for engine in nothing module $ENGINES; do
      watched "$engine" apply || return
      watched "$engine" revert || return
      "${engine}_clean"
    done
  done
  if [ "$load" = busy ]; then
    check "they have worked" sh -c "bench_pause load show /tmp/load | grep -v '\<0\>'"
    bench_pause load stop /tmp/load
  fi
  bench_pause sleepers stop /tmp/sleepers
  report pass 0 "all rounds"
}

# Instructions, without those of the loop around the calls being told apart: they are the same each time.
measure_calls() { # WHEN WANTED
  for function in umask getpriority; do
    found=$(bench_pause calls $function 20000)
    check_equal "$function is $2, $1" "$2" "${found% *}"
    figure "calls $1 $function ${found#* }"
  done
}

case $MODE in
  pause)
    start_processors
    check_equal "all processors run" 0-1 "$(cat /sys/devices/system/cpu/online)"
    [ ! -e /root/suture.ko ] || check "the engine loads" insmod /root/suture.ko
    check "somebody watches" bench_pause watch start /tmp/watch
    usleep 500000
    for load in $LOADS; do
      for tasks in $TASKS; do measure_pauses "$tasks" "$load"; done
    done
    bench_pause watch stop /tmp/watch
    ;;
  calls)
    measure_calls none unpatched
    for engine in $ENGINES; do
      [ $engine != stopmachine ] || check "the engine loads" insmod /root/suture.ko
      check "$engine: it is applied" ${engine}_apply
      [ $engine != stopmachine ] || note "$(cat /sys/kernel/suture/functions)"
      measure_calls $engine patched
      check "$engine: it is taken back" ${engine}_revert
      ${engine}_clean
    done
    measure_calls after unpatched
    ;;
esac
