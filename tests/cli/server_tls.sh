#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# server_tls.sh SERVER: the server's life with TLS, as an administrator sees it: started, given a new certificate,
# given a broken one, stopped.
set -eu
server=$(realpath "$1")
folder=$(mktemp -d)
serving=
at_the_end() {
  [ -z "$serving" ] || kill "$serving" 2>/dev/null || true
  rm -rf "$folder"
}
trap at_the_end EXIT
trap 'exit 130' INT TERM
cd "$folder"
status=0

certificate() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$1" \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$1.key" -out "$1.crt" 2>/dev/null
  chmod 600 "$1.key"
}
expect() { # WHAT COMMAND...
  what=$1
  shift
  if ! "$@"; then
    echo "expected: $what; the log says:"
    sed 's/^/  | /' log
    status=1
  fi
}
until_log() { # WORD
  until grep -q -e "$1" log; do
    kill -0 "$serving" 2>/dev/null || { echo "the server ended, and never said '$1'"; exit 1; }
    sleep 0.05
  done
}
healthy() { # CERTIFICATE: the server shows one that this one vouches for
  printf 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
    openssl s_client -quiet -verify_return_error -verify_quiet -CAfile "$1" -connect "127.0.0.1:$port" 2>/dev/null |
    grep -q '^HTTP/1.1 200'
}
refused() { # STATUS WORD ARGUMENT...: it does not start
  code=0
  wanted=$1
  word=$2
  shift 2
  "$server" --listen 127.0.0.1:0 --database :memory: "$@" >out 2>log || code=$?
  expect "$* ends with $wanted" test $code = "$wanted"
  expect "$* says $word" grep -q -e "$word" out log
}

certificate first
certificate second

refused 2 tls-key --tls-certificate first.crt
refused 2 tls-certificate --tls-key first.key
refused 2 'names no file' --tls-certificate '' --tls-key ''
refused 1 key.mismatch --tls-certificate first.crt --tls-key second.key
chmod 644 second.key
refused 1 key.exposed --tls-certificate second.crt --tls-key second.key
chmod 600 second.key

cp -p first.crt server.crt
cp -p first.key server.key
"$server" --listen 127.0.0.1:0 --port-file port --database :memory: --tls-certificate server.crt --tls-key server.key \
  --stop-time 30 >/dev/null 2>log &
serving=$!
until_log 'serving on port'
port=$(cat port)
expect 'an answer over TLS' healthy first.crt

# The new certificate's key came a moment later.
cp -p second.crt server.crt
kill -HUP $serving
until_log key.mismatch
expect 'an answer with the old certificate' healthy first.crt
cp -p second.key server.key
: >log
kill -HUP $serving
until_log 'TLS with the certificate'
expect 'an answer with the new certificate' healthy second.crt
if healthy first.crt; then echo "the old certificate is still shown"; status=1; fi

kill -TERM $serving
code=0
wait $serving || code=$?
serving=
expect 'an end with 0' test $code = 0

# Without TLS it stays as it was, and says so where strangers might listen.
"$server" --listen 0.0.0.0:0 --port-file port --database :memory: >/dev/null 2>log &
serving=$!
until_log 'serving on port'
expect 'a warning' grep -q 'without TLS' log
kill -HUP $serving
kill -TERM $serving
code=0
wait $serving || code=$?
serving=
expect 'an end with 0' test $code = 0
exit $status
