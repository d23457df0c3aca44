# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: the stop-machine engine, spoken to as by hand. The modules of tests/vm/kmod are in /root;
# FTRACE says whether the kernel can redirect functions by ftrace.
engine=/sys/kernel/suture
victim=/sys/module/suture_victim/parameters

shows() { # WANTED FILE
  [ "$(cat "$2")" = "$1" ] || { echo "$2: $(cat "$2") instead of $1"; return 1; }
}
says() { # TEXT FILE
  grep -q "$1" "$2" || { cat "$2"; return 1; }
}
apply() { # CASE
  insmod "/root/suture_stop_$1.ko" || { tell; return 1; }
}
revert() { # CASE
  echo "suture_stop_$1" 2>/dev/null >$engine/revert && rmmod "suture_stop_$1"
}
tell() {
  for tell_file in "$engine"/last/*; do echo "${tell_file##*/}: $(cat "$tell_file")"; done
}
unpatched() {
  shows 0 $engine/level && shows "" $engine/patch && shows "" $engine/functions && shows "$cmdline" /proc/cmdline &&
    shows "$version" /proc/version && ! grep suture_stop /proc/modules
}
refused() { # CASE: with a reason, and nothing is left behind
  dmesg -c >/dev/null
  if insmod "/root/suture_stop_$1.ko"; then
    echo "it was taken"
    return 1
  fi
  tell
  [ "$(cat $engine/last/error)" -gt 0 ] && [ -n "$(cat $engine/last/reason)" ] && shows apply $engine/last/action &&
    shows "suture_stop_$1" $engine/last/patch && unpatched
}
effects() { # WANTED: what the kernel's log has of effects
  dmesg | sed -n 's/.*by hand: //p' >/tmp/effects
  printf '%s\n' "$@" >/tmp/wanted
  cmp /tmp/effects /tmp/wanted || { cat /tmp/effects; return 1; }
}
enabled() {
  [ ! -e /sys/kernel/tracing/enabled_functions ] || wc -l </sys/kernel/tracing/enabled_functions
}
cmdline=$(cat /proc/cmdline)
version=$(cat /proc/version)
traced=$(enabled)

step "without the engine"
check "a patch is not loaded" sh -c '! insmod /root/suture_stop_1.ko'
check "and leaves nothing behind" sh -c '! grep suture_stop /proc/modules'
check "the engine loads" insmod /root/suture.ko tries=3
check "it says what it speaks" shows 1 $engine/abi
check "nothing is patched" unpatched
check "nothing was done" shows none $engine/last/action
check "its files are root's" sh -c "[ \"\$(find $engine ! -user root -o -perm /022)\" = '' ]"

step "apply, late module, revert"
dmesg -c >/dev/null
check "level 1 is applied" apply 1
note "$(tell)"
check "it is there" shows 1 $engine/level
check "it is named" shows suture_stop_1 $engine/patch
check "the kernel's function is replaced" shows "patched by 1" /proc/cmdline
check "and listed" says "^vmlinux cmdline_proc_show 0 [fj]" $engine/functions
check "once" shows apply $engine/last/action
check "its effects took place" effects "1 pre_patch 0 kernel after none" "1 post_patch 0"
check "it cannot be unloaded" sh -c '! rmmod suture_stop_1'
check "the engine cannot be unloaded" sh -c '! rmmod suture'
check "it is not applied twice" sh -c '! insmod /root/suture_stop_1.ko'
check "another name is not reverted" sh -c "! echo suture_stop_9 >$engine/revert"
if [ "$FTRACE" = yes ]; then
  dmesg -c >/dev/null
  check "a module comes late" insmod /root/suture_victim.ko
  check "and was patched before its init ran" says "^by 1, 41 1," $victim/word_of_init
  check "its variable is reached" shows "by 1, 41 1, 41" $victim/word
  check "it is listed" says "^suture_victim victim_word 0 ftrace" $engine/functions
  check "so did the effects" effects "1 pre_patch 1 suture_victim after none" "1 post_patch 1"
  dmesg -c >/dev/null
  check "it goes" rmmod suture_victim
  check "the list is shorter" sh -c "! grep victim $engine/functions"
  note "$(dmesg | grep 'by hand')"
  check "it comes again" insmod /root/suture_victim.ko
  check "as before" shows "by 1, 41 1, 41" $victim/word
else
  check "a module comes first" insmod /root/suture_victim.ko
fi
dmesg -c >/dev/null
check "level 1 is reverted" revert 1
note "$(tell)"
check "nothing is patched" unpatched
check "in the module neither" shows "old 41" $victim/word
check "that is told" shows revert $engine/last/action
dmesg | grep 'by hand' >/tmp/effects
note "$(cat /tmp/effects)"
for effect in "pre_unpatch 0" "post_unpatch 0" "pre_unpatch 1" "post_unpatch 1"; do
  check_equal "of its effects, once: $effect" 1 "$(grep -c "1 $effect" /tmp/effects)"
done
check_equal "ftrace has as many functions as before" "$traced" "$(enabled)"

step "upgrade and downgrade"
check "level 1 is applied to what is there" apply 1
check "in the module, too" shows "by 1, 41 1, 41" $victim/word
check "level 2 follows" apply 2
check "it is there" shows 2 $engine/level
check "a function has new new code" shows "patched by 2" /proc/cmdline
check "another one is new" shows "version by 2" /proc/version
check "one is as it was" shows "old 41" $victim/word
check "level 1 can go" rmmod suture_stop_1
check "level 1 comes back" apply 1
check "it is there" shows 1 $engine/level
check "a function has its code" shows "patched by 1" /proc/cmdline
check "another one is as it was" shows "$version" /proc/version
check "one is new again" shows "by 1, 41 1, 41" $victim/word
check "level 2 can go" rmmod suture_stop_2
check "a level that is refused leaves the one before" sh -c '! insmod /root/suture_stop_10.ko'
check "it is there" shows "patched by 1" /proc/cmdline
check "and in the module" shows "by 1, 41 1, 41" $victim/word
check "reverted" revert 1
check "nothing is patched" unpatched

step "what is refused"
check "another version of the tables" refused 3
check "another kernel's" refused 4
check "a symbol that lies elsewhere" refused 5
check "a function that does not exist" refused 6
check "one that there are two of" refused 7
check "the third of two" refused 9
check "a second function that does not exist" refused 10
check "an effect that cannot take place" refused 12
check "and one in a module" refused 13
check "a patch of nothing" refused 18
check "a function twice" refused 19
check "a function that its module has not" refused 21
check "a variable that its module has not" refused 22
check "the victim is as it was" shows "old 41" $victim/word

step "one of several functions of a name"
check_equal "both are as they were" "1 2" "$(cat $victim/twins)"
check "the second is replaced" apply 8
check_equal "and no other" "1 8" "$(cat $victim/twins)"
check "reverted" revert 8
check_equal "both are as they were" "1 2" "$(cat $victim/twins)"
check "a module that never comes is no obstacle" apply 20
check "what is there is patched" shows "patched by 20" /proc/cmdline
check "reverted" revert 20

step "a thread in the old function"
echo 1 >$victim/sleeps
check "it sleeps" wait_for 60 shows 1 $victim/sleeps
check "the patch is refused" refused 11
check_equal "as busy" 16 "$(cat $engine/last/error)"
check_equal "after the tries" 3 "$(cat $engine/last/attempts)"
check "the thread is named" says "^[0-9]* [0-9]* [A-Z] kthread victim_wait+0x[0-9a-f]*/0x[0-9a-f]* suture victim$" $engine/last/blockers
note "$(cat $engine/last/blockers)"
echo 0 >$victim/sleeps
check "it wakes" wait_for 60 shows 0 $victim/sleeps
check "the patch is applied" apply 11

step "a thread in the new function"
echo 1 >$victim/sleeps
sleep 2
check "to revert it is refused" sh -c "! echo suture_stop_11 >$engine/revert"
note "$(tell)"
check_equal "as busy" 16 "$(cat $engine/last/error)"
check "the thread is named" says "kthread new_wait+0x[0-9a-f]*/0x[0-9a-f]* suture victim$" $engine/last/blockers
check "the patch stays" shows 11 $engine/level
check "with its functions" shows "patched by 11" /proc/cmdline
echo 0 >$victim/sleeps
echo 1 >/sys/module/suture_stop_11/parameters/released
wait_for 60 revert 11
check "once it has left, the patch is reverted" unpatched
check "the victim goes" rmmod suture_victim

if [ "$FTRACE" = yes ]; then
  step "a late module that cannot be patched"
  for case in 13 21 22; do
    apply $case
    note "$(insmod /root/suture_victim.ko 2>&1; dmesg | tail -n 4)"
    check "case $case: it does not come unpatched" sh -c '! grep suture_victim /proc/modules'
    check "case $case: what is there stays" shows "patched by $case" /proc/cmdline
    check "case $case: reverted" revert $case
  done
  check "it comes when there is no patch" insmod /root/suture_victim.ko
  check "as it is" shows "old 41" $victim/word
  check "it goes" rmmod suture_victim
fi

if [ -e /sys/kernel/tracing/trace_clock ]; then
  step "a function that ftrace cannot reach"
  clock=$(cat /sys/kernel/tracing/trace_clock)
  check "is reached by a jump" apply 14
  check "which is told" says "^vmlinux tracing_clock_show 0 jump" $engine/functions
  check "the new code runs" shows "patched by 14" /sys/kernel/tracing/trace_clock
  check "reverted" revert 14
  check "the old code runs" shows "$clock" /sys/kernel/tracing/trace_clock
  check "no jump is written over other code" refused 15
  check "nor where it would not be safe" refused 16
  check "nor over more than is known" refused 17
fi

step "the end"
check "nothing is patched" unpatched
check_equal "ftrace has as many functions as before" "$traced" "$(enabled)"
check "the engine goes" rmmod suture
check "with its files" test ! -e $engine
