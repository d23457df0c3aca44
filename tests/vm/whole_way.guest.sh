# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: a stock kernel with an agent and a workload on it. The host serves a repository with one
# patchset (variables: PORT, RELEASE). /etc/suture has the agent's configuration and the repository's root of trust.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
api=http://10.0.2.2:$PORT/api/v1

probes() { # WANTED: of the two holes in vmlinux
  for cve in CVE-2026-53249 CVE-2026-53236; do
    check_equal "$cve is $1" "$1" "$(probe $cve 2>&1)"
  done
}

vsock_probe() { # WANTED
  load_module vsock
  check_equal "CVE-2026-46234 in the module vsock is $1" "$1" "$(probe CVE-2026-46234 2>&1)"
}

status_says() { # KEY VALUE
  suture status --json | grep -q "\"$1\": *\"\?$2\"\?"
}

server_says() { # WORD...: each is in what the server tells of its only host
  wget -q -O /tmp/hosts "$api/hosts" || return 1
  for word in "$@"; do
    grep -q "$word" /tmp/hosts || return 1
  done
}

step "open"
boot_id=$(cat /proc/sys/kernel/random/boot_id)
uptime=$(seconds)
check_equal "the stock kernel runs" "$RELEASE" "$(uname -r)"
check "the workload starts" workload start /tmp/workload
probes open
vsock_probe open
check "the module vsock goes again" rmmod vsock

step "what goes wrong"
other_agent() { # FILE LINE...: a configuration with its own state, of which no agent runs
  { printf '%s\n' "$@" | sed 1d; echo 'distribution = "debian"'; echo "socket = \"$1.sock\""; echo "state = \"$1.state\""; } >"$1"
}
unpatched() {
  [ -z "$(ls /sys/kernel/livepatch)" ] && [ "$(probe CVE-2026-53249)" = open ]
}
check_fails "without root, update is refused" engine.not-root su nobody -s /bin/sh -c "suture update"
other_agent /tmp/away 'repository = "http://10.0.2.2:1/"'
check_fails "a server that is away" repository.unreachable suture update --config /tmp/away
other_agent /tmp/gone "repository = \"http://10.0.2.2:$PORT/no-repository/\""
check_fails "a server without a repository" repository.absent suture update --config /tmp/gone
mkdir /tmp/full.state
mount -t tmpfs -o size=16k tmpfs /tmp/full.state
other_agent /tmp/full "repository = \"http://10.0.2.2:$PORT/repository/\""
if suture update --config /tmp/full >/tmp/full.out 2>&1; then failed=no; else failed=yes; fi
note "$(cat /tmp/full.out)"
check_equal "a full disk fails" yes $failed
check "and nothing was applied" unpatched

step "check and apply"
status_of() { # COMMAND...: its exit status, for those that say more than yes or no
  if "$@" >/dev/null 2>&1; then echo 0; else echo $?; fi
}
check_equal "suture check tells that there is a level" 10 "$(status_of suture check)"
check "and installs nothing" unpatched
check_equal "suture cve tells that the hole is open" 10 "$(status_of suture cve CVE-2026-53249)"
check_equal "and that of another nothing is known" 11 "$(status_of suture cve CVE-2026-1001)"
suture config set install manual
check_equal "sutured may be told to wait" manual "$(suture config get install)"
sutured --once >/dev/null 2>&1
check "and waits" unpatched
suture config set install ''
echo 0 >/proc/sys/kernel/ftrace_enabled
check_fails "with ftrace switched off, nothing is applied" engine.ftrace-disabled suture update
check_fails "and the doctor says why" engine.ftrace-disabled suture doctor
echo 1 >/proc/sys/kernel/ftrace_enabled
check "the kernel is as it was" unpatched
suture config set metrics 127.0.0.1:9798
sutured >/tmp/sutured.log 2>&1 &
check "the agent comes up" wait_for 90 test -S /run/suture/control.sock
check "suture update fetches, verifies and applies" suture update
probes closed
vsock_probe closed
check "the transition is over" grep -q 0 /sys/kernel/livepatch/suture_1/transition
check "status tells a program" status_says state applied
check "status tells a person" suture status
check "the doctor finds nothing in the way" suture doctor
check "list-cves tells a person" suture list-cves
suture list-cves --json >/tmp/cves
check "list-cves tells a program" test "$(grep -o 'CVE-2026-[0-9]*' /tmp/cves | sort -u | wc -l)" = 3
check_equal "suture cve tells that each hole is closed" "0 0 0" \
  "$(status_of suture cve CVE-2026-53249) $(status_of suture cve CVE-2026-53236) $(status_of suture cve CVE-2026-46234)"
check_equal "a level that says nothing of it leaves the kernel its names" "$(uname -srvm)" "$(suture uname -srvm)"
check "list and info tell of the level" sh -c "suture list | grep -q '^1 ' && suture info 1 | grep -q CVE-2026-53236"
check_fails "there is no journal here, and the log says so" agent.no-journal suture log
check "an ordinary user may ask all this" su nobody -s /bin/sh -c "suture cve && suture history && suture uname"
check "the server knows" wait_for 60 server_says applied CVE-2026-53249 "$(uname -r)"
check "the workload lost nothing" workload check /tmp/workload
check_equal "the same boot" "$boot_id" "$(cat /proc/sys/kernel/random/boot_id)"
check "uptime ran on" awk -v a="$uptime" -v b="$(seconds)" 'BEGIN { exit !(b > a) }'
check "a second update finds nothing to do" suture update

# The daemon, and the process that waits for a call of the server.
waits() { [ "$(pidof sutured | wc -w)" = 2 ]; }
check "the agent waits for a call" wait_for 60 waits
pss() {
  for pid in $(pidof sutured); do awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup"; done |
    awk '{ sum += $1 } END { print sum }'
}
small() { echo "$(pss) kB" && [ "$(pss)" -le 8192 ]; }
check "both of its processes come to hold at most 8 MB" wait_for 60 small

step "scanners"
suture vex --output /tmp/vex.json
check "OpenVEX says fixed of all three" test "$(grep -c '"status": "fixed"' /tmp/vex.json)" = 3
check "of this kernel's package" grep -q "pkg:deb/debian/linux-image-$RELEASE@" /tmp/vex.json
suture vex --format csaf --output /tmp/csaf.json
check "CSAF says it of the live patch on the kernel" grep -q '"relates_to_product_reference": "kernel"' /tmp/csaf.json
suture oval --output /tmp/oval.xml
check "OVAL looks at sysfs as this kernel has it" test \
  "$(cat /sys/kernel/livepatch/suture_1/enabled /sys/kernel/livepatch/suture_1/transition | tr -d '\n')" = 10
check "and defines all three" test "$(grep -c 'class="vulnerability"' /tmp/oval.xml)" = 3
check "Prometheus may scrape the daemon" wget -q -O /tmp/metrics http://127.0.0.1:9798/metrics
check "which tells the level" grep -q '^suture_level 1$' /tmp/metrics
check "and the CVEs" grep -q '^suture_cves_closed 3$' /tmp/metrics
suture metrics --textfile /tmp/suture.prom
check "suture metrics tells the same" cmp -s /tmp/metrics /tmp/suture.prom

step "revert"
check "suture revert takes it back" suture revert
probes open
vsock_probe open
check "the patch's module is gone" test ! -d /sys/module/suture_1
check "status says so" status_says state reverted
check_equal "the hole is open again" 10 "$(status_of suture cve CVE-2026-53249)"
events() {
  suture history --json | sed -n 's/^ *"event": "\(.*\)",$/\1/p' | grep -v -e available -e failed -e recovered | tr '\n' ' '
}
check_equal "the history has both" "applied reverted " "$(events)"
suture vex --output /tmp/vex.json
check "OpenVEX says affected" test "$(grep -c '"status": "affected"' /tmp/vex.json)" = 3
check "the server knows" wait_for 60 server_says reverted

step "again"
check "suture update brings it again" suture update
probes closed
vsock_probe closed
check "the workload lost nothing" workload stop /tmp/workload
check_equal "still the same boot" "$boot_id" "$(cat /proc/sys/kernel/random/boot_id)"
note "$(cat /tmp/sutured.log)"
check "the agent still runs" kill -0 $!
