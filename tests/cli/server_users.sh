#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The server's commands for people who may log in, and options that must not be empty.
set -eu
server=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
die() { echo "FAILED: $*"; status=1; }
database=$work/state/fleet.db
# fails CODE PASSWORD ARGUMENT...
fails() {
  wanted=$1
  password=$2
  shift 2
  code=0
  printf '%s\n' "$password" | "$server" "$@" --database "$database" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$wanted" ] || die "$* ended with $code"
}
said() { grep -q "$1" "$work/err" || die "no word of $1: $(cat "$work/err")"; }

fails 1 '' user list
said access.database
[ ! -e "$database" ] || die "looking has made a database"
fails 2 '' user
fails 2 '' user add --name alice
fails 1 'short' user add --name alice --role admin
said user.password
fails 1 'a password for alice' user add --name 'a b' --role admin
said user.name
fails 1 'a password for alice' user add --name alice --role god
said token.role

fails 0 'a password for alice' user add --name alice --role admin
said 'needs a login'
[ "$(stat -c %a "$database")" = 600 ] || die "others may read the database"
fails 0 'a password for bob' user add --name bob --role operator --scope wake
[ ! -s "$work/err" ] || die "the second user closes nothing"
fails 1 'a password for bob' user add --name bob --role operator
said user.exists
fails 0 '' user list
grep -q 'bob .*operator .*wake .*may log in .*password' "$work/out" || die "the list is: $(cat "$work/out")"
fails 0 '' user list --json
if grep -q argon2 "$work/out"; then die "the list shows hashes"; fi
fails 0 '' user disable --name bob
fails 0 '' user list
grep -q 'bob .*disabled' "$work/out" || die "bob may log in: $(cat "$work/out")"
fails 0 '' user enable --name bob
fails 0 'another one for bob' user passwd --name bob
fails 1 'short' user passwd --name bob
fails 1 '' user disable --name alice
said user.last-admin
fails 1 '' user remove --name alice
said user.last-admin
fails 1 '' user disable --name nobody
said user.unknown

# The code is another program's, by the RFC.
mkfifo "$work/in"
"$server" user totp --name bob --database "$database" <"$work/in" >"$work/out" 2>"$work/err" &
asking=$!
exec 3>"$work/in"
for _ in $(seq 100); do
  if grep -q '^Code' "$work/err"; then break; fi
  sleep 0.1
done
grep -q '█' "$work/err" || die "no QR code"
secret=$(sed -n 's/.*secret=\([A-Z2-7]*\).*/\1/p' "$work/err")
python3 - "$secret" >&3 <<'END'
import base64, hashlib, hmac, struct, sys, time
mac = hmac.new(base64.b32decode(sys.argv[1]), struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()
at = mac[-1] & 15
print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10**6))
END
exec 3>&-
wait "$asking" || die "the code is not taken: $(tail -n 2 "$work/err")"
[ "$(grep -c '^.....-.....-.....-.....-.....$' "$work/out")" = 10 ] || die "the recovery codes: $(cat "$work/out")"
fails 1 'abcdef' user totp --name bob
said user.code
fails 0 '' user list
grep -q 'bob .*password, code' "$work/out" || die "bob needs no code: $(cat "$work/out")"
fails 0 '' user totp --name bob --off
fails 0 '' user list
if grep -q 'bob .*password, code' "$work/out"; then die "bob needs a code"; fi
fails 0 '' user remove --name bob
fails 0 '' audit --verify
case $(cat "$work/out") in 8:*) ;; *) die "the log: $("$server" audit --database "$database")" ;; esac

# An empty variable in somebody's script must not mean a server that asks for less.
for option in --report-token-file --wake-token-file --tls-certificate; do
  fails 2 '' "$option" ''
done
fails 1 '' --listen 127.0.0.1:0 --public-url 'suture.example.org'
said server.public-url
fails 1 '' --listen 127.0.0.1:0 --trusted-proxy localhost
said server.proxy
fails 2 '' --listen 127.0.0.1:0 --oidc-issuer https://id.example.org
fails 1 '' --listen 127.0.0.1:0 --public-url https://a.example.org --oidc-issuer http://id.example.org --oidc-client-id x \
  --oidc-role '*=viewer'
said oidc.insecure
fails 1 '' --listen 127.0.0.1:0 --public-url https://a.example.org --oidc-issuer https://id.example.org --oidc-client-id x \
  --oidc-role 'viewer'
said oidc.role
exit $status
