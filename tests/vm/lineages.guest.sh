# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see lineages.sh.
# shellcheck source=tests/vm/guest/levels.sh
. /root/levels.sh
# shellcheck source=tests/vm/guest/stop_machine.sh
. /root/stop_machine.sh
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh

hole() { [ "$(probe "${2:-arp-ioctl-name}")" = "$1" ]; }

check_equal "the kernel that was built for" "$RELEASE" "$(uname -r)"
check "the hole is open" hole open
apply 1
check "the hole is closed" hole closed
revert 1
check "the hole is open again" hole open
if [ -n "${MODULE:-}" ]; then
  load_module "$MODULE"
  check "the module's hole is closed" hole closed CVE-2026-46234
  apply 3
  check "the module's hole is open" hole open CVE-2026-46234
  revert 3
  check "the module's hole is closed again" hole closed CVE-2026-46234
fi

step "by the stop-machine engine"
check "it loads" insmod /root/suture.ko
switch_to 1
check "the hole is closed" hole closed
check "livepatch is refused the same function" sh -c '! insmod /root/suture_1.ko'
switch_back 1
check "the hole is open again" hole open
if [ -n "${MODULE:-}" ]; then
  check "the module goes" rmmod "$MODULE"
  switch_to 3
  load_module "$MODULE"
  check "it was patched when it came: its hole is open" hole open CVE-2026-46234
  check_equal "which is told" "$MODULE" "$(cut -d ' ' -f 1 $engine/functions)"
  switch_to 1
  check "the level before can go" rmmod suture_stop_3
  check "the hole is closed" hole closed
  check "the module's hole is closed again" hole closed CVE-2026-46234
  switch_back 1
fi
check "the engine goes" rmmod suture
check "the kernel has no complaint" sh -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
apply 2
# Found in the table that was shipped with it, the trap says its text and place (see lineages.sh), and the function
# goes on.
check "the function still works" grep -q ttyS0 /proc/cmdline
check "the warning says what it was to say" sh -c 'dmesg | grep -q "made by a test"'
check "it is not a fault" sh -c '! dmesg | grep -E "BUG:|Oops"'
revert 2
