# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: definitions for the fleet (/root/fleet.xml), and those that the host writes itself.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
chmod -R a+rX /root /etc/suture

judged() { # FILE: what oscap says of the one definition
  oscap oval eval --skip-valid --results /tmp/results.xml "$1" >/tmp/oscap 2>&1 || cat /tmp/oscap
  sed -n 's/^Definition .*: \([a-z]*\)$/\1/p' /tmp/oscap | tr '\n' ' '
}

step "open"
check_equal "the hole is there" open "$(probe CVE-2026-53249)"
suture check >/tmp/out 2>&1
suture oval --output /tmp/host.xml
check_equal "by the fleet's definitions the machine is vulnerable" "true true " "$(judged /root/fleet.xml)"
check_equal "by its own, too" "true true " "$(judged /tmp/host.xml)"

step "patched"
check "the patch goes in" suture update
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check_equal "by the fleet's definitions it is not vulnerable" "false false " "$(judged /root/fleet.xml)"
suture oval --output /tmp/host.xml
check_equal "by its own, neither" "false false " "$(judged /tmp/host.xml)"

step "taken back"
check "the patch goes out" suture revert
check_equal "it is vulnerable again" "true true " "$(judged /root/fleet.xml)"
