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
