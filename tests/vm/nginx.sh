#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A repository behind Debian's nginx, with TLS and certificates for clients, and a forward proxy before it, serves a
# host in a machine. The host's script asks for what has to happen out here with a request for /do/NAME, and reads what
# came of it from /done/NAME; that goes through an nginx of its own.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
for program in nginx tinyproxy openssl; do
  command -v $program >/dev/null || { echo "nginx.sh: $program is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done

control=
web=
proxy=
server=
stop() { # PID...
  for pid in "$@"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}
# shellcheck disable=SC2086 # each is one word or none
trap 'stop $control $web $proxy $server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

repository=$work/repository
mkdir -p "$work/tls" "$work/done" "$work/control" "$work/web"

# The module for each level counts as fixes: the second hole is open on level 1.
build 1 CVE-2026-53249
build 2 CVE-2026-53249 CVE-2026-53236
"$bin/suture" repo init "$repository" --keys "$work/keys" --channel stable
publish() { # LEVEL
  "$bin/suture" publish "$work/level$1" --repository "$repository" --keys "$work/keys" --channel stable \
    --unqualified 'for a test in this very machine'
}
publish 1

# One authority signs the server and its clients.
(
  cd "$work/tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=Test CA" -keyout ca.key \
    -out ca.pem
  certificate() { # NAME EXTENSION
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    printf '%s\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
  }
  certificate server 'subjectAltName = IP:10.0.2.2, IP:127.0.0.1'
  certificate client 'extendedKeyUsage = clientAuth'
) >"$work/tls/log" 2>&1 || { cat "$work/tls/log"; exit 1; }

# start_nginx NAME: as whoever runs this, one process, all of it below $work/NAME; sets $pid. The block of its server is
# in $work/NAME/server.
start_nginx() {
  folder=$work/$1
  cat >"$folder/nginx.conf" <<CONF
daemon off;
master_process off;
pid $folder/pid;
error_log $folder/error.log;
events { }
http {
  log_format counts '\$request_method \$uri \$status \$request_length \$bytes_sent "\$http_range"';
  access_log $folder/access.log counts;
  default_type application/octet-stream;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
$(cat "$folder/server")
  }
}
CONF
  nginx -p "$folder" -e "$folder/error.log" -c "$folder/nginx.conf" 2>"$folder/stderr" &
  pid=$!
  for _ in $(seq 50); do
    [ ! -s "$folder/pid" ] || ! kill -0 $pid 2>/dev/null || return 0
    sleep 0.1
  done
  cat "$folder/error.log"
  return 1
}

# nginx does not tell which port it got, so it is told one; another program may have it already.
with_port() { # START
  for _ in $(seq 10); do
    port=$(shuf -i 20000-32000 -n 1)
    if "$1"; then return 0; fi
    stop "$pid"
  done
  echo "nginx.sh: no port for $1" >&2
  exit 1
}

start_control() {
  cat >"$work/control/server" <<CONF
    listen 127.0.0.1:$port;
    location /do/ { return 204; }
    location /done/ { root $work; }
CONF
  start_nginx control
}

# $limit: how fast modules go.
limit=
start_web() {
  cat >"$work/web/server" <<CONF
    listen 127.0.0.1:$port ssl;
    ssl_certificate $work/tls/server.pem;
    ssl_certificate_key $work/tls/server.key;
    ssl_client_certificate $work/tls/ca.pem;
    ssl_verify_client on;
    location /suture/ { alias $repository/; }
    location ~ ^/suture/(.*\.ko)$ { alias $repository/\$1; $limit }
CONF
  start_nginx web
}

start_proxy() {
  cat >"$work/proxy.conf" <<CONF
Port $port
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 60
MaxClients 20
LogFile "$work/proxy.log"
LogLevel Connect
CONF
  tinyproxy -d -c "$work/proxy.conf" >"$work/proxy.out" 2>&1 &
  pid=$!
  sleep 1
  kill -0 $pid 2>/dev/null
}

with_port start_control
control=$pid
control_port=$port
with_port start_proxy
proxy=$pid
proxy_port=$port
with_port start_web
web=$pid
web_port=$port

"$bin/suture-server" --listen 127.0.0.1:0 --port-file "$work/server.port" --repository "$repository" \
  --database "$work/fleet.sqlite" --log-level debug >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  [ ! -s "$work/server.port" ] || break
  kill -0 $server 2>/dev/null || { cat "$work/server.log"; exit 1; }
  sleep 0.1
done

# What the host's script asks for; what they print is what it is told.
log_lines() { wc -l <"$work/web/access.log"; }
# The last line of a request is written once its connection is read again.
do_count() { sleep 1; log_lines >"$work/counted"; }
do_counted() {
  sleep 1
  tail -n "+$(($(cat "$work/counted") + 1))" "$work/web/access.log" |
    awk '{ bytes += $4 + $5 } END { print "requests=" NR, "small=" (bytes < 2048 ? "yes" : "no: " bytes) }'
}
do_proxied() { grep -c "CONNECT 127.0.0.1:$web_port" "$work/proxy.log"; }
do_slow() {
  publish 2 >>"$work/out"
  stop $web
  port=$web_port
  limit="limit_rate 4k;"
  start_web
  web=$pid
}
do_cut() { stop $web; web=; }
do_mend() {
  port=$web_port
  limit=
  start_web
  web=$pid
}
# The last request for a module, and how it was answered.
do_resumed() { sleep 1; awk '/\.suture_2\.ko / { answer = $3; range = $6 } END { print answer, range ~ /bytes=[1-9]/ ? "from the middle" : range }' "$work/web/access.log"; }
# Whoever was told the repository's state will hear of each change of it.
do_listening() {
  for _ in $(seq 300); do
    if grep -q 'GET /api/v1/wake: 200' "$work/server.log"; then return 0; fi
    sleep 0.2
  done
  return 1
}
do_withdraw() {
  "$bin/suture" repo withdraw "$repository" 2 --keys "$work/keys" --channel stable --reason 'a test takes it back' >>"$work/out"
}

cat >"$work/agent.toml" <<TEXT
repository = "https://127.0.0.1:$web_port/suture"
distribution = "debian"
interval = "7d"
proxy = "http://10.0.2.2:$proxy_port"
tls_ca = "/etc/suture/ca.pem"
tls_certificate = "/etc/suture/client.pem"
tls_key = "/etc/suture/client.key"
TEXT
# shellcheck disable=SC2086 # a list of words
machine --program "$bin/suture" --program "$bin/suture-all" --program "$bin/sutured" $probes \
  --file "$work/agent.toml:/etc/suture/agent.toml" --file "$repository/metadata/1.root.json:/etc/suture/root.json" \
  --file "$work/tls/ca.pem:/etc/suture/ca.pem" --file "$work/tls/client.pem:/etc/suture/client.pem" \
  --file "$work/tls/client.key:/etc/suture/client.key" \
  --env "SERVER=http://10.0.2.2:$(cat "$work/server.port")" --env "CONTROL=http://10.0.2.2:$control_port" --env "WEB=10.0.2.2:$web_port" --timeout 900 --memory 768 \
  --script tests/vm/nginx.guest.sh --junit "$work/checks.xml" --log "$work/console.log" &
vm=$!

seen=0
while kill -0 $vm 2>/dev/null; do
  asked=$(grep -c ' /do/' "$work/control/access.log" || true)
  while [ $seen -lt "$asked" ]; do
    seen=$((seen + 1))
    name=$(sed -n 's|^GET /do/\([a-z]*\) .*|\1|p' "$work/control/access.log" | sed -n "${seen}p")
    # Not in a subshell: some of them start what this script has to stop.
    "do_$name" >"$work/answer" 2>>"$work/out" || echo "FAILED: $name" >>"$work/answer"
    mv "$work/answer" "$work/done/$seen"
  done
  sleep 0.2
done
status=0
wait $vm || status=$?
if [ $status != 0 ]; then
  cat "$work/web/access.log" "$work/web/error.log" "$work/out" 2>/dev/null || true
fi
exit $status
