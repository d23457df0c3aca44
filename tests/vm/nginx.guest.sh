# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: a host whose repository is behind a proxy and TLS at first, and then behind TLS alone.
# Variables: CONTROL, where nginx.sh is asked to do things; WEB, the repository's address; SERVER,
# who calls.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh

outside() { # NAME: lets nginx.sh do it, and prints what came of it
  # In a file, for those who call this in a subshell.
  echo "$1" >>/tmp/asked
  asked=$(wc -l </tmp/asked)
  wget -q -O /dev/null "$CONTROL/do/$1"
  wait_for 60 wget -q -O /tmp/answer "$CONTROL/done/$asked" && cat /tmp/answer
}
probes() { # OF CVE-2026-53249, OF CVE-2026-53236
  check_equal "CVE-2026-53249 is $1" "$1" "$(probe CVE-2026-53249 2>&1)"
  check_equal "CVE-2026-53236 is $2" "$2" "$(probe CVE-2026-53236 2>&1)"
}
status_says() { # KEY VALUE
  suture status --json | grep -q "\"$1\": *\"\?$2\"\?"
}
restart() {
  if [ -n "${agent:-}" ]; then kill "$agent" && wait "$agent"; fi
  rm -f /run/suture/control.sock
  sutured >>/tmp/sutured.log 2>&1 &
  agent=$!
  check "the agent comes up" wait_for 90 test -S /run/suture/control.sock
}
partial() { [ -n "$(find /var/lib/suture/repository/partial -type f -size +0 2>/dev/null)" ]; }
settled() { [ "$(cat /sys/kernel/livepatch/*/transition 2>/dev/null | sort -u)" = 0 ]; }

# Files of /etc/suture came with the image; the key is the unprivileged process's own, as packages have it.
chown nobody /etc/suture/client.key
chmod 400 /etc/suture/client.key

step "who may not"
other_agent() { # FILE LINE...: a configuration with its own state, of which no agent runs
  { printf '%s\n' "$@" | sed 1d; echo 'distribution = "debian"'; echo "socket = \"$1.sock\""; echo "state = \"$1.state\""; } >"$1"
}
direct="repository = \"https://$WEB/suture\""
other_agent /tmp/no-ca "$direct" 'tls_certificate = "/etc/suture/client.pem"' 'tls_key = "/etc/suture/client.key"'
check_fails "a server that no known authority vouches for" repository.unreachable suture update --config /tmp/no-ca
other_agent /tmp/nobody "$direct" 'tls_ca = "/etc/suture/ca.pem"'
check_fails "a host without a certificate" repository.unreachable suture update --config /tmp/nobody
other_agent /tmp/no-proxy 'repository = "https://127.0.0.1/suture"' 'tls_ca = "/etc/suture/ca.pem"'
check_fails "the proxy's own address, without the proxy" repository.unreachable suture update --config /tmp/no-proxy

step "through the proxy"
probes open open
restart
check "suture update fetches and applies" suture update
probes closed open
check "status tells level 1" status_says level 1
check "the proxy was used" test "$(outside proxied)" -gt 0

step "an idle check"
sed -i -e '/^proxy/d' -e "s|^repository.*|$direct|" /etc/suture/agent.toml
restart
check "a first check, without the proxy" suture update
outside count >/dev/null
check "a check that finds nothing new" suture update
check_equal "is one request of less than 2 KB, with all headers" "requests=1 small=yes" "$(outside counted)"

step "a cut connection"
check_equal "level 2 comes, over a slow line" "" "$(outside slow)"
suture update >/tmp/cut 2>&1 &
cut=$!
check "some of the module comes" wait_for 60 partial
check_equal "the server goes down" "" "$(outside cut)"
if wait $cut; then failed=no; else failed=yes; fi
note "$(cat /tmp/cut)"
check_equal "the update fails" yes $failed
check "what came is kept" partial
probes closed open
check_equal "the server comes back" "" "$(outside mend)"
suture update >/tmp/next 2>&1
note "$(cat /tmp/next)"
check "the next update applies it" grep -q 'level 2' /tmp/next
check_equal "and asked only for what was missing" "206 from the middle" "$(outside resumed)"
probes closed closed
check "status tells level 2" status_says level 2

step "an administrator's word"
check "suture list tells both levels" sh -c "suture list | grep -q '2 *applied' && suture list | grep -q '1 *older'"
check "suture revert --to goes to another level" suture revert --to 1
check "the transition ends" wait_for 90 settled
probes closed open
check "status tells level 1" status_says level 1
kill -HUP "$agent"
sleep 3
check "the timer stays there" status_says level 1
check "suture update goes on" suture update
check "the transition ends" wait_for 90 settled
probes closed closed

step "a withdrawal, and a server that calls"
echo "wake = \"$SERVER\"" >>/etc/suture/agent.toml
kill -HUP "$agent"
check_equal "after a reload, the host waits for its call" "" "$(outside listening)"
check_equal "level 2 is withdrawn" "" "$(outside withdraw)"
check "the host goes back by itself" wait_for 90 status_says level 1
check "the transition ends" wait_for 90 settled
probes closed open
check "status tells level 1" status_says level 1
check "the patch's module is gone" test ! -d /sys/module/suture_2
note "$(cat /tmp/sutured.log)"
check "the agent still runs" kill -0 "$agent"
