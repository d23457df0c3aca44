#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A rollout in two waves to three hosts of different kernels, each in a machine of its own, by a server that speaks TLS.
# Level 1 is good for all of them. Level 2 makes the kernel of the first wave's host complain: the gate halts the rollout
# and takes the level back, so the two others never get it.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || { echo "rollout.sh: openssl is missing: scripts/setup.sh --test installs it" >&2; exit 1; }

servers=
machines=
at_the_end() {
  # shellcheck disable=SC2086 # a list of words
  [ -z "$machines$servers" ] || kill $machines $servers 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap at_the_end EXIT
trap 'exit 130' INT TERM
fail() {
  echo "FAILED: $*"
  tail -n 20 "$work"/*.log
  exit 1
}
until_true() { # WHAT SECONDS COMMAND...
  what=$1
  left=$2
  shift 2
  until "$@"; do
    left=$((left - 2))
    [ $left -gt 0 ] || fail "$what, and it did not in time"
    for pid in $machines; do kill -0 "$pid" 2>/dev/null || fail "$what, and a machine has ended"; done
    sleep 2
  done
  echo "ok: $what"
}

# The first wave's kernel, and one of each of two other lineages.
first=$SUTURE_RELEASE
fleet=$SUTURE_RELEASE=$SUTURE_VERSION
for name in $SUTURE_LINEAGES; do
  case $name in 5.10.* | 6.12.*) fleet="$fleet $name" ;; esac
done
others=
patterns=
for name in $fleet; do
  "$bin/suture" target add "debian:$name" --store "$SUTURE_STORE"
  patterns="$patterns --targets debian:${name%=*}"
  [ "${name%=*}" = "$first" ] || others="$others ${name%=*}"
done
build_fleet() { # LEVEL FIX...
  level=$1
  shift
  fixes=
  for fix in "$@"; do fixes="$fixes --fix tests/data/fixes/$fix.patch"; done
  # shellcheck disable=SC2086 # lists of words
  "$bin/suture" build --store "$SUTURE_STORE" $patterns $fixes --level "$level" --output "$work/level$level"
}
build_fleet 1 arp-ioctl-name
build_fleet 2 arp-ioctl-name warn

repository=$work/repository
"$bin/suture" repo init "$repository" --keys "$work/keys" --channel stable
publish() { # LEVEL
  for patchset in "$work/level$1"/*/; do
    "$bin/suture" publish "$patchset" --repository "$repository" --keys "$work/keys" --channel stable \
      --unqualified 'for a test in these very machines'
  done
}
publish 1

(
  cd "$work"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=Test CA" -keyout ca.key \
    -out ca.pem
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=server" -keyout server.key -out server.csr
  echo 'subjectAltName = IP:10.0.2.2, IP:127.0.0.1' >server.ext
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem
  chmod 600 server.key
) >"$work/openssl.log" 2>&1 || fail "certificates"
token=$("$bin/suture-server" token add --name test --role admin --database "$work/fleet.db" 2>/dev/null)

# serve NAME OPTION...: sets $port.
serve() {
  name=$1
  shift
  "$bin/suture-server" --listen 127.0.0.1:0 --port-file "$work/$name.port" "$@" >"$work/$name.log" 2>&1 &
  servers="$servers $!"
  until_true "the server called $name comes up" 60 test -s "$work/$name.port"
  port=$(cat "$work/$name.port")
}
# By its plain files the test tells the machines that all is over.
mkdir -p "$work/signs/metadata"
serve signs --repository "$work/signs" --database :memory:
signs=$port
serve fleet --repository "$repository" --database "$work/fleet.db" --tls-certificate "$work/server.pem" \
  --tls-key "$work/server.key"
fleet_port=$port

# api METHOD PATH [BODY]
api() {
  python3 - "$work/ca.pem" "https://127.0.0.1:$fleet_port/api/v1/$2" "$token" "$1" "${3:-}" <<'PY'
import ssl, sys, urllib.error, urllib.request
ca, url, token, method, body = sys.argv[1:]
headers = {"Authorization": "Bearer " + token}
if body:
    headers["Content-Type"] = "application/json"
try:
    with urllib.request.urlopen(urllib.request.Request(url, body.encode() or None, headers, method=method), timeout=60,
                                context=ssl.create_default_context(cafile=ca)) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"{method} {url}: {refused.code} {refused.read().decode()}")
PY
}
# of DOCUMENT EXPRESSION: what the expression makes of it, where `it` is its name.
of() {
  python3 -c 'import json, sys
it = json.loads(sys.argv[1])
print(eval(sys.argv[2]))' "$1" "$2"
}
# A host's kernel is its name here.
host_id() { of "$(api GET hosts)" "next(h['host_id'] for h in it['hosts'] if h['release'] == '$1')"; }
levels() { of "$(api GET hosts)" "' '.join(sorted(f\"{h['release']}={h['level']}\" for h in it['hosts']))"; }

# Three machines that are emulated at once may be slow, of which a kernel complains, too.
slow="rcupdate.rcu_cpu_stall_suppress=1 nosoftlockup"
for name in $fleet; do
  SUTURE_RELEASE=${name%=*}
  role=other
  expect=
  bad_sign=revert
  # What the agent finds is for the server to judge.
  [ "$SUTURE_RELEASE" != "$first" ] || { role=first; expect='--expect-warning fs/proc/cmdline.c'; bad_sign=report; }
  cat >"$work/$SUTURE_RELEASE.toml" <<TEXT
repository = "https://10.0.2.2:$fleet_port/repository"
server = "https://10.0.2.2:$fleet_port"
tls_ca = "/etc/suture/ca.pem"
distribution = "debian"
interval = "1m"
bad_sign = "$bad_sign"
TEXT
  # Newer kernels have it built in.
  pci='--module virtio_pci'
  [ -n "$(find "$(target_path modules)" -name 'virtio_pci.ko*')" ] || pci=
  # shellcheck disable=SC2086 # lists of words
  "$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" $pci --module virtio_net \
    --script tests/vm/rollout.guest.sh --program "$bin/suture" --program "$bin/suture-all" --program "$bin/sutured" \
    --program "$bin/probe-arp-ioctl-name" --file tests/vm/guest/probe.sh --folder tests/data/probes \
    --file "$work/$SUTURE_RELEASE.toml:/etc/suture/agent.toml" --file "$work/ca.pem:/etc/suture/ca.pem" \
    --file "$repository/metadata/1.root.json:/etc/suture/root.json" --env "ROLE=$role" --env "RELEASE=$SUTURE_RELEASE" \
    --env "SIGNS=$signs" --memory 768 --timeout 1600 --append "$slow" $expect >"$work/$SUTURE_RELEASE.log" 2>&1 &
  machines="$machines$! "
done

all_have() { # LEVEL
  wanted=
  for name in $fleet; do wanted="$wanted ${name%=*}=$1"; done
  # shellcheck disable=SC2086 # a list of words
  [ "$(levels)" = "$(printf '%s\n' $wanted | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" ]
}
until_true "all hosts have level 1" 1200 all_have 1

api PUT "hosts/$(host_id "$first")/tags" '{"tags": ["wave=first"]}' >/dev/null
api PUT rollout-policies/careful '{"channel": "stable", "revert_on_failure": true,
  "gates": {"min_applied": 100, "max_reverted": 0},
  "waves": [{"tag": "wave=first", "soak": "1h"}, {"soak": "1h"}]}' >/dev/null
publish 2
# A rollout brings what the server has seen of the repository, which it looks at once in a while.
sees_level_2() {
  for name in $fleet; do
    api GET "hosts/$(host_id "${name%=*}")/explain" | grep -q 'the repository has level 2' || return 1
  done
}
until_true "the server sees level 2 for every kernel" 60 sees_level_2
rollout=$(of "$(api POST rollouts '{"policy": "careful"}')" "it['id']")
rollout_is() { [ "$(of "$(api GET "rollouts/$rollout")" "it['state']")" = "$1" ]; }
until_true "the rollout is halted and taken back" 1200 rollout_is reverted
until_true "all hosts have level 1 again" 1200 all_have 1
api GET "rollouts/$rollout"
touch "$work/signs/metadata/over"

status=0
# In the order in which they were started.
for name in $fleet; do
  pid=${machines%% *}
  machines=${machines#* }
  wait "$pid" || { status=$?; echo "FAILED: the machine of ${name%=*}: $status"; cat "$work/${name%=*}.log"; }
done
machines=
[ $status = 0 ] || exit 1
tail -n 40 "$work"/[0-9]*.log

# What the server was told, from the beginning.
for release in $others; do
  api GET "hosts/$(host_id "$release")/explain"
  had=$(of "$(api GET "hosts/$(host_id "$release")/reports?limit=1000")" "sorted({r['report']['level'] for r in it['reports']})")
  [ "$had" = "[0, 1]" ] || fail "$release had levels $had"
  echo "ok: $release never had another level than 1: $had"
done
had=$(of "$(api GET "hosts/$(host_id "$first")/reports?limit=1000")" \
  "[r['report']['level'] for r in reversed(it['reports'])]")
case $had in *1,*2,*1]) echo "ok: $first had $had" ;; *) fail "$first had $had" ;; esac
