# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: loads patches, one after another, while the machine is busy. /root/patches.list has lines
# NAME MODULE, MODULE being what is patched: "vmlinux", a module to load first, or "-" for one to leave alone.
# The script ends early when the kernel is not to be trusted any more: the host boots anew for the rest.
live=/sys/kernel/livepatch/suture_1

say_to_kernel() {
  echo "suture-corpus: $*" >/dev/kmsg
}

settled() {
  [ "$(cat $live/transition)" = 0 ]
}

gone() {
  [ ! -d $live ]
}

disable() {
  echo 0 >$live/enabled
}

# Unprivileged, as programs on a server are, and all that it writes is in memory. Two or three kinds of work at a
# time, in turn: all at once would keep an emulated machine from everything else.
start_load() {
  mkdir -m 1777 /tmp/load
  cat >/tmp/load.sh <<'TEXT'
cd /tmp/load
while :; do
  for work in "--cpu 1 --cpu-load 50 --sock 1" "--fork 1 --dentry 1" "--vm 1 --vm-bytes 16m --pipe 1" \
    "--io 1 --timer 1 --timer-freq 1000" "--udp 1 --mmap 1 --mmap-bytes 4m" "--epoll 1 --rename 1"; do
    stress-ng --quiet --temp-path /tmp/load --timeout 4 $work || sleep 1
  done
done
TEXT
  su nobody -s /bin/sh /tmp/load.sh >/tmp/load.log 2>&1 &
}

load_runs() {
  pidof stress-ng
}

# What keeps a transition from its end.
unpatched_tasks() {
  for task in /proc/[0-9]*/task/[0-9]*; do
    [ "$(cat "$task/patch_state" 2>/dev/null)" = 0 ] || continue
    note "still in old code: $(cat "$task/comm") $(tr '\n' ' ' <"$task/stack")"
  done
}

load_target() { # MODULE
  if load_module "$1" >/tmp/target.log 2>&1; then
    note loaded
  else
    note "$(tail -n 1 /tmp/target.log)"
  fi
  report pass 0 target
}

try_patch() { # NAME MODULE
  step "$1"
  say_to_kernel "target of $1"
  case $2 in
    vmlinux | -) ;;
    *) load_target "$2" ;;
  esac
  say_to_kernel "patch $1"
  check load insmod "/root/patches/$1.ko" || return
  check transition wait_for 60 settled || unpatched_tasks
  check disable disable
  check disabled wait_for 60 gone || return
  check remove wait_for 20 rmmod suture_1 || return
  case $2 in
    vmlinux | -) ;;
    *) rmmod "$2" 2>/dev/null ;;
  esac
  check "load runs" wait_for 20 load_runs
}

# W: it warned, D: it oopsed, B: a page is bad, L: it was locked up. Documentation/admin-guide/tainted-kernels.rst
kernel_is_sound() {
  [ $(($(cat /proc/sys/kernel/tainted) & (512 | 128 | 32 | 16384))) = 0 ]
}

start_load
wait_for 60 load_runs
while read -r name module; do
  rm -f /tmp/tried
  { try_patch "$name" "$module"; touch /tmp/tried; } </dev/null &
  patience=1500 # fifths of a second: the kernel may hold it for ever
  until [ -e /tmp/tried ]; do
    patience=$((patience - 1))
    [ $patience -gt 0 ] || exit 1
    sleep 0.2
  done
  kernel_is_sound || exit 1
  [ ! -d /sys/module/suture_1 ] || exit 1
done </root/patches.list
