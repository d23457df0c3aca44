#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds a small kernel from the source of the kernel that tests pin, for machines without disks: one such as no
# distribution has, without livepatch, or one that looks for the engine's mistakes.
set -eu

usage() {
  cat <<'TEXT'
usage: scripts/kernel.sh KIND FOLDER

Builds a kernel in FOLDER, beside its source, and does nothing if that is done. Kinds:

  plain       without livepatch
  no-ftrace   without livepatch and without ftrace: functions can be redirected by jumps only
  lockdep     without livepatch; preemptible, checks locks, RCU and sleeping where none is allowed
  kasan       without livepatch; checks each access to memory, and every mapping for being writable and executable
  klp         with livepatch, preemptible, checks locks: for comparison

environment:
  SUTURE_STORE   the target store (default: build/store), which must have the target of scripts/versions.sh
  SUTURE         the program (default: build/release/bin/suture)
  JOBS           how many compilers run at a time (default: 2)
  CMAKE_C_COMPILER_LAUNCHER   such as ccache
TEXT
}
case ${1:-} in -h | --help) usage; exit 0 ;; esac
[ $# = 2 ] || { usage >&2; exit 2; }
kind=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh

# What a guest of suture-vm needs, what an engine needs, and how distributions compile: the kernel's code should look
# as theirs does.
common='
  EXPERT 64BIT SMP HOTPLUG_CPU PRINTK PRINTK_TIME BUG MULTIUSER FUTEX EPOLL SIGNALFD TIMERFD EVENTFD SHMEM
  ADVISE_SYSCALLS MEMBARRIER POSIX_TIMERS HIGH_RES_TIMERS NO_HZ_IDLE FILE_LOCKING
  BINFMT_ELF BINFMT_SCRIPT VM_EVENT_COUNTERS SLUB SPARSEMEM_VMEMMAP
  MODULES MODULE_UNLOAD MODVERSIONS STRICT_MODULE_RWX STRICT_KERNEL_RWX KALLSYMS KALLSYMS_ALL
  BLK_DEV_INITRD RD_GZIP DEVTMPFS TMPFS PROC_FS PROC_SYSCTL SYSFS DEBUG_FS DEBUG_FS_ALLOW_ALL MAGIC_SYSRQ
  TTY UNIX98_PTYS SERIAL_8250 SERIAL_8250_CONSOLE EARLY_PRINTK
  PCI ACPI X86_LOCAL_APIC X86_IO_APIC RELOCATABLE RANDOMIZE_BASE KERNEL_GZIP
  NET INET UNIX PACKET NETDEVICES
  UNWINDER_ORC STACKTRACE KPROBES JUMP_LABEL CPU_MITIGATIONS RETPOLINE RETHUNK STACKPROTECTOR
  STACKPROTECTOR_STRONG VMAP_STACK PREEMPT_VOLUNTARY
  DEBUG_KERNEL DEBUG_BUGVERBOSE DEBUG_WX PANIC_ON_OOPS DETECT_HUNG_TASK SOFTLOCKUP_DETECTOR
'
modules='VIRTIO_MENU VIRTIO_PCI=m VIRTIO_NET=m NET_CORE DUMMY=m VSOCKETS=m NET_SCHED NET_SCH_NETEM=m UNIX_DIAG=m'
ftrace='FTRACE FUNCTION_TRACER DYNAMIC_FTRACE KPROBES_ON_FTRACE KPROBE_EVENTS'
case $kind in
  plain) settings="$common $modules $ftrace" ;;
  no-ftrace) settings="$common $modules" ;;
  lockdep | klp)
    common=$(echo "$common" | sed 's/PREEMPT_VOLUNTARY//')
    settings="$common $modules $ftrace PREEMPT PROVE_LOCKING PROVE_RCU DEBUG_ATOMIC_SLEEP DEBUG_PREEMPT DEBUG_LIST
      DEBUG_OBJECTS DEBUG_OBJECTS_FREE DEBUG_OBJECTS_WORK DEBUG_OBJECTS_TIMERS DEBUG_OBJECTS_RCU_HEAD FTRACE_RECORD_RECURSION"
    [ "$kind" = lockdep ] || settings="$settings LIVEPATCH"
    ;;
  kasan)
    common=$(echo "$common" | sed 's/PREEMPT_VOLUNTARY//')
    settings="$common $modules $ftrace PREEMPT KASAN KASAN_GENERIC KASAN_INLINE KASAN_VMALLOC DEBUG_LIST
      SLUB_DEBUG"
    ;;
  *) usage >&2; exit 2 ;;
esac

store=${SUTURE_STORE:-$PWD/build/store}
suture=${SUTURE:-$PWD/build/release/bin/suture}
source=$("$suture" target show "$SUTURE_RELEASE" --store "$store" | sed -n 's/^source  *//p')
[ -e "$source/Kconfig" ] || { echo "kernel.sh: no source of $SUTURE_RELEASE in $store" >&2; exit 1; }
source=$(cd "$source" && pwd)

for setting in $settings; do
  case $setting in
    *=*) echo "CONFIG_$setting" ;;
    *) echo "CONFIG_$setting=y" ;;
  esac
done >"$folder/wanted"
echo "CONFIG_LOCALVERSION=\"-$kind\"" >>"$folder/wanted"

# Nobody's name, no time and no folder is in it: so it is the same wherever it is built.
build() {
  make -C "$source" O="$folder" ARCH=x86 CC="${CMAKE_C_COMPILER_LAUNCHER:-} gcc-12" KBUILD_BUILD_USER=suture KBUILD_BUILD_HOST=suture \
    KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026' "$@"
}
if ! cmp -s "$folder/wanted" "$folder/configured"; then
  build KCONFIG_ALLCONFIG="$folder/wanted" allnoconfig >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  cp "$folder/wanted" "$folder/configured"
fi
# What depends on something else is dropped without a word.
while read -r line; do
  grep -qxF "$line" "$folder/.config" || { echo "kernel.sh: this kernel cannot have $line" >&2; exit 1; }
done <"$folder/wanted"
build -j"${JOBS:-2}" bzImage modules >"$folder/log" 2>&1 || { grep -A5 -E 'error|Error' "$folder/log" >&2; exit 1; }
