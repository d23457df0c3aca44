#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: watch_commands.sh RELEASE
# From records to what one kernel of the store has of them, to the queue of its builders. The records are ours, about
# real vulnerabilities and files.
set -eu
suture=$SUTURE
release=$1
: "${SUTURE_STORE:?is the target store: scripts/test.sh kernel sets it}"
data=$(cd "$(dirname "$0")/../data" && pwd)
work=$(mktemp -d)
newer=$(mktemp -d -p "$(dirname "$SUTURE_STORE")") # on the store's disk
trap 'rm -rf "$work" "$newer"' EXIT
# shellcheck source=tests/kernel/watch_asked.sh
. "$(dirname "$0")/watch_asked.sh"
record() { # CVE FILE FIXED TITLE
  cat >"$work/records/$1.json" <<TEXT
{"dataType": "CVE_RECORD", "dataVersion": "5.1",
 "cveMetadata": {"cveId": "$1", "state": "PUBLISHED", "dateUpdated": "2026-11-20T10:00:00.000Z"},
 "containers": {"cna": {"title": "$4", "descriptions": [{"lang": "en", "value": "What happens."}],
  "affected": [{"vendor": "Linux", "product": "Linux", "programFiles": ["$2"], "defaultStatus": "affected",
   "versions": [{"version": "0", "lessThan": "2.6.22", "status": "unaffected", "versionType": "semver"},
                {"version": "$3", "lessThanOrEqual": "6.1.*", "status": "unaffected", "versionType": "semver"}]}]}}}
TEXT
}
mkdir "$work/records"
cat >"$work/watch.toml" <<TEXT
state = "$work/state"
targets = ["debian:$release"]
target_store = "$SUTURE_STORE"
[[source]]
name = "records"
format = "cve"
folder = "$work/records"
TEXT
record CVE-2026-53249 net/ipv4/ip_options.c 6.1.176 "ipv4: restrict IPOPT_SSRR and IPOPT_LSRR options"
record CVE-2026-46000 net/rxrpc/conn_event.c 6.1.176 "rxrpc: Fix conn-level packet handling to unshare RESPONSE packets"
record CVE-2026-46001 drivers/hwmon/no_such_driver.c 6.1.176 "hwmon: a driver that is not there"
record CVE-2026-1001 net/ipv4/tcp.c 6.1.100 "tcp: something that was fixed before"
watch sync >"$work/out" 2>&1

# Versions say that it has the hole; what is compiled, and the source, are looked at.
expect "CVE-2026-53249 for $release: affected" watch explain CVE-2026-53249 --target "$release"
expect "net/ipv4/ip_options.c:" watch explain CVE-2026-53249 --target "$release" --fix "$data/fixes/CVE-2026-53249.patch"
also "ip_options_get"
expect "it is not compiled in this configuration" watch explain CVE-2026-46000 --target "$release"
also "(component_not_present)"
expect "CVE-2026-1001 for $release: fixed" watch explain CVE-2026-1001 --target "$release"
expect '"standing": "not_affected"' watch explain CVE-2026-46000 --target "$release" --json
# A file may have been renamed: its absence alone does not prove that its code is not there.
expect "may have its code elsewhere" watch explain CVE-2026-46001 --target "$release"

# The code may come from a later version of the source package: what differs, by its changelog.
source=$("$suture" target show "$release" --store "$SUTURE_STORE" | sed -n 's/^source  *//p')
version=$("$suture" target show "$release" --store "$SUTURE_STORE" | sed -n 's/^version  *//p')
cp -al "$source/." "$newer"
rm "$newer/net/ipv4/ip_options.c" "$newer/fs/proc/cmdline.c"
cp "$source/net/ipv4/ip_options.c" "$newer/net/ipv4"
cp "$source/fs/proc/cmdline.c" "$newer/fs/proc"
patch -s -d "$newer" -p1 <"$data/fixes/CVE-2026-53249.patch"
patch -s -d "$newer" -p1 <"$data/fixes/cmdline.patch"
cat >"$work/changes" <<TEXT
linux (99-1) sid; urgency=medium

  * New upstream stable update:
    - ipv4: restrict IPOPT_SSRR and IPOPT_LSRR options (CVE-2026-53249)
    - proc: something else is shown as the command line

 -- A Person <a@example.org>  Mon, 16 Nov 2026 11:17:40 +0100

linux ($version) bookworm-security; urgency=high

  * ipv4: what was fixed before (CVE-2026-1002)

 -- A Person <a@example.org>  Mon, 09 Nov 2026 11:17:40 +0100
TEXT
expect "net/ipv4/ip_options.c:" watch explain CVE-2026-53249 --target "$release" --newer "$newer" \
  --changelog "$work/changes"
also "ip_options_get"
expect "yes, with what the package changed after $version, for klp and stopmachine" watch explain CVE-2026-53249 \
  --target "$release" --newer "$newer" --changelog "$work/changes" --dry-build
echo "linux (99-1) sid" >"$work/changes"
watch explain CVE-2026-53249 --target "$release" --newer "$newer" --changelog "$work/changes" >"$work/out" 2>&1 &&
  { echo "a changelog that does not know the target is believed" >&2; exit 1; }
also "it has no entry of that version"
watch explain CVE-2026-53249 --target "$release" --newer "$newer" >"$work/out" 2>&1 &&
  { echo "no changelog is needed" >&2; exit 1; }
also "Name one with --changelog."

expect "2 affected" watch affected --target "$release"
also "1 not_affected"
also "1 fixed"
[ "$(grep -c '^CVE-' "$work/out")" = 2 ] || { cat "$work/out"; echo "more than what is open is listed" >&2; exit 1; }
expect "CVE-2026-46000" watch affected --target "$release" --all

watch report --target "$release" --output "$work/page.html"
grep -q '<td class="affected">affected</td>' "$work/page.html" || { echo "the page lacks what is open" >&2; exit 1; }
grep -q '<h1>Vulnerabilities of Linux' "$work/page.html" || { echo "the page has no heading" >&2; exit 1; }
statement() { # CVE: its status and justification in OpenVEX
  python3 -c 'import json, sys
for one in json.load(sys.stdin)["statements"]:
    if one["vulnerability"]["name"] == sys.argv[1]: print(one["status"], one.get("justification", "-"))' "$1"
}
watch report --target "$release" --format openvex >"$work/vex"
[ "$(statement CVE-2026-53249 <"$work/vex")" = "affected -" ] || { cat "$work/vex"; exit 1; }
[ "$(statement CVE-2026-46000 <"$work/vex")" = "not_affected component_not_present" ] || { cat "$work/vex"; exit 1; }
[ "$(statement CVE-2026-1001 <"$work/vex")" = "fixed -" ] || { cat "$work/vex"; exit 1; }
expect '"label": "component_not_present"' watch report --target "$release" --format csaf
also '"known_affected"'

expect "2 fixes queued" watch follow --once
expect "CVE-2026-53249" watch queue
also "debian:$release"
[ "$(grep -c CVE- "$work/out")" = 2 ] || { cat "$work/out"; echo "too much is queued" >&2; exit 1; }

# A source says now that this kernel has the fix.
record CVE-2026-53249 net/ipv4/ip_options.c 6.1.100 "ipv4: restrict IPOPT_SSRR and IPOPT_LSRR options"
watch sync >"$work/out" 2>&1
expect "1 withdrawn" watch follow --once

# A hole in a module: who can have it loaded, on any host, on one, on some.
record CVE-2026-46002 net/vmw_vsock/af_vsock.c 6.1.176 "vsock: something that every user reaches"
record CVE-2026-46003 net/sched/sch_netem.c 6.1.176 "net/sched: netem: something in a namespace of one's own"
record CVE-2026-46004 drivers/net/ethernet/amazon/ena/ena_netdev.c 6.1.176 "net: ena: something in a driver"
watch sync >"$work/out" 2>&1
expect "anybody can have it loaded, with vsock_loopback: socket(2) of its protocol (net-pf-40)" watch explain CVE-2026-46002 --target "$release"
also "+8  vsock: anybody can have it loaded"
expect '"reach": "user_namespace"' watch explain CVE-2026-46003 --target "$release" --json
expect "it is loaded where its hardware is: a device that it drives (pci:" watch explain CVE-2026-46004 --target "$release"
expect "vmlinux      built into the kernel" \
  watch explain CVE-2026-53249 --target "$release" --fix "$data/fixes/CVE-2026-53249.patch"

build_id=$("$suture" target show "$release" --store "$SUTURE_STORE" --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target"]["build_id"])')
host=$work/host
mkdir -p "$host/proc/sys/user" "$host/sys/kernel" "$host/etc/modprobe.d" "$work/reports"
echo "sch_netem 28672 0 - Live 0x0" >"$host/proc/modules"
echo 31000 >"$host/proc/sys/user/max_user_namespaces"
echo "install vsock /bin/false" >"$host/etc/modprobe.d/hardening.conf"
python3 - "$build_id" >"$host/sys/kernel/notes" <<'END'
import struct, sys
build_id = bytes.fromhex(sys.argv[1])
sys.stdout.buffer.write(struct.pack("<III", 4, len(build_id), 3) + b"GNU\0" + build_id)
END
expect "the host has not loaded it: modprobe's configuration blocks it" \
  watch explain CVE-2026-46002 --target "$release" --host --root "$host"
also "CVE-2026-46002 for $release: affected"
also "-10  vsock: the host has not loaded it"
expect "the host has it loaded" watch explain CVE-2026-46003 --target "$release" --host --root "$host"
# What users of this host come near is the first.
watch affected --target "$release" --host --root "$host" >"$work/out"
[ "$(grep '^CVE-' "$work/out" | head -n 1 | cut -c 1-14)" = CVE-2026-46003 ] || { cat "$work/out"; exit 1; }

python3 - "$build_id" "$work/reports" <<'END'
import json, sys
build_id, folder = sys.argv[1:]
def host(number, build_id, **modules):
    report = {"format": 1, "host_id": "%032x" % number, "hostname": "web%d" % number, "agent": "sutured 0.1.0",
              "boot_id": "6f3c2f0e-0000-4000-8000-000000000000", "uptime_seconds": 1, "release": "r", "architecture": "x86_64",
              "build_id": build_id, "state": "unpatched", "level": 0, "channel": "stable", "cves": [],
              "changed_at": "", "checked_at": modules.pop("at", "2026-11-24T10:00:00Z"), "error": None}
    if modules:
        report["modules"] = {"loaded": [], "blocked": [], "blacklisted": [], "loading": True, "user_namespaces": True} | modules
    return report
json.dump(host(1, build_id, loaded=["vsock"]), open(folder + "/one.json", "w"))
json.dump({"hosts": [host(2, build_id, blocked=["vsock"]), host(3, build_id, blocked=[]), host(4, build_id),
                     host(5, "00" * 20, loaded=["vsock"])], "next": None}, open(folder + "/page.json", "w"))
# An older one of a host that is known does not count.
json.dump({"reports": [{"id": 7, "report": host(1, build_id, blocked=["vsock"], at="2026-11-23T10:00:00Z")}]},
          open(folder + "/history.json", "w"))
open(folder + "/broken.json", "w").write("[{]")
json.dump([1, {"format": 2}], open(folder + "/others.json", "w"))
END
expect "loaded on 1 of 3 hosts, on 1 more users without privileges can have it loaded, blocked on 1" \
  watch explain CVE-2026-46002 --target "$release" --reports "$work/reports"
also "3 reports were not understood"
also "1 hosts with this kernel have agents that do not tell of modules"
also "+5  vsock: loaded on 1 of 3 hosts"
expect '"loaded": 1' watch explain CVE-2026-46002 --target "$release" --reports "$work/reports" --json
watch report --target "$release" --reports "$work/reports/one.json" >"$work/page.html"
grep -q 'the host has it loaded' "$work/page.html" || { echo "the page does not tell of hosts" >&2; exit 1; }

# The queue heeds them, too.
sed -i "1i reports = \"$work/reports\"" "$work/watch.toml"
expect "loaded on 1 of 3 hosts" watch explain CVE-2026-46002 --target "$release"
expect "3 fixes queued" watch follow --once
watch queue --json >"$work/out"
python3 - "$work/out" <<'END'
import json, sys
found = {one["cve"]: one["priority"] for one in json.load(open(sys.argv[1]))["queue"]}
wanted = {"CVE-2026-46002": 5, "CVE-2026-46003": 6}
assert wanted.items() <= found.items(), found
END

refuse() { # CODE COMMAND...
  code=$1
  shift
  if "$@" >"$work/out" 2>&1; then echo "accepted: $*" >&2; exit 1; fi
  grep -qF "[$code]" "$work/out" || { cat "$work/out"; echo "no [$code]: $*" >&2; exit 1; }
}
refuse watch.reports watch explain CVE-2026-46002 --target "$release" --reports "$work/nowhere"
printf '\004\000\000\000\024\000\000\000\003\000\000\000GNU\00001234567890123456789' >"$host/sys/kernel/notes"
refuse watch.other-kernel watch explain CVE-2026-46002 --target "$release" --host --root "$host"
