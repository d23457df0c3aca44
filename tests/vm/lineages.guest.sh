# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see lineages.sh.
# shellcheck source=tests/vm/guest/levels.sh
. /root/levels.sh

patched() { grep -q '^patched' /proc/cmdline; }

check_equal "the kernel that was built for" "$RELEASE" "$(uname -r)"
check "the old code runs" sh -c '! grep -q ^patched /proc/cmdline'
apply 1
check "the new code runs" patched
revert 1
check "the old code runs again" sh -c '! grep -q ^patched /proc/cmdline'
check "the kernel has no complaint" sh -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
apply 2
# Found in the table that was shipped with it, the trap says its text and place (see lineages.sh), and the function
# goes on.
check "the function still works" grep -q ttyS0 /proc/cmdline
check "the warning says what it was to say" sh -c 'dmesg | grep -q "made by a test"'
check "it is not a fault" sh -c '! dmesg | grep -E "BUG:|Oops"'
revert 2
