#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How many hosts one suture-server bears, on one processor of its own, and nginx beside it.
set -eu
# Each that waits holds a connection on both sides.
files=$(prlimit --nofile --noheadings --output HARD | tr -d ' ')
if [ "$(prlimit --nofile --noheadings --output SOFT | tr -d ' ')" != "$files" ]; then
  exec prlimit --nofile="$files" "$0" "$@"
fi
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<'TEXT'
usage: bench/fleet.sh [--rounds N] [--hosts N] [--million] [--database URL] [--json FILE]

Runs suture-server on processor 0 and simulated hosts (bench/fleet/) on processor 1, over loopback: they speak the
agents' protocol with Ed25519 keys of their own. nginx serves the same files under the same conditions, if it is there.

  --rounds N      of each measurement, of which the median counts (default: 3)
  --hosts N       that the server knows (default: 75000)
  --million       measure a server that knows a million hosts, too: ten minutes more, and 12 GB of disk
  --database URL  of the server, as its own option has it; it must be empty (default: an SQLite file)
  --json FILE     all figures
TEXT
}

rounds=3 hosts=75000 million='' database='' json=''
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --hosts) hosts=$2; shift 2 ;;
    --million) million=1; shift ;;
    --database) database=$2; shift 2 ;;
    --json) json=$(absolute "$2"); shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
bin=$PWD/build/release/bin
cmake --build build/release --target bench_fleet suture-server >/dev/null
need_tools taskset openssl python3
[ "$(nproc)" -ge 2 ] || die "it needs two processors: one for the server, one for the hosts"
work=$(mktemp -d)
server='' nginx=''
at_the_end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$nginx" ] || kill "$nginx" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap at_the_end EXIT
trap 'exit 130' INT TERM

# What is served: a timestamp as a repository has it, a catalog, a module.
mkdir -p "$work/site/repository/metadata"
head -c 1200 /dev/urandom | base64 -w 0 >"$work/site/repository/metadata/timestamp.json"
head -c 17000 /dev/urandom | base64 -w 0 >"$work/site/repository/catalog.json"
head -c 1000000 /dev/urandom >"$work/site/repository/module.ko"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
chmod 600 "$work/tls.key"
openssl rand -hex 32 >"$work/wake-token"

start() { # OPTION...: sets server and port
  rm -f "$work/port"
  # shellcheck disable=SC2086 # a prefix of words
  ${bound:-} taskset -c 0 "$bin/suture-server" --listen 127.0.0.1:0 --port-file "$work/port" --threads 1 \
    --repository "$work/site/repository" --database "${database:-$work/fleet.db}" --database-limit 65536 \
    --wake-token-file "$work/wake-token" --log-level error "$@" >"$work/server.log" 2>&1 &
  server=$!
  until [ -s "$work/port" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; die "the server does not start"; }
    sleep 0.05
  done
  port=$(cat "$work/port")
}
stop() {
  kill "$server"
  wait "$server" || true
  server=''
}
# shellcheck disable=SC2086
start_nginx() { # plain|tls: sets nginx and port
  port=$((20000 + $$ % 10000))
  tls=''
  [ "$1" = plain ] || tls=' ssl'
  cat >"$work/nginx.conf" <<TEXT
daemon off; $([ "$(id -u)" != 0 ] || echo 'user root;') worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log error;
events { worker_connections 16384; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  types { application/json json; } default_type application/octet-stream;
  client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4;
  scgi_temp_path $work/n5;
  server { listen 127.0.0.1:$port$tls backlog=4096; root $work/site;
    ssl_certificate $work/tls.crt; ssl_certificate_key $work/tls.key; ssl_protocols TLSv1.2 TLSv1.3; }
}
TEXT
  taskset -c 0 nginx -c "$work/nginx.conf" 2>"$work/nginx.err" &
  nginx=$!
  for _ in $(seq 100); do
    "$bin/bench_fleet" etag --port "$port" $wire --path /repository/catalog.json >/dev/null 2>&1 && return
    sleep 0.05
  done
  cat "$work/nginx.err" >&2
  die "nginx does not start"
}
stop_nginx() {
  kill "$nginx"
  wait "$nginx" || true
  nginx=''
}

processor_time() { # of the server's process, in ticks
  sed 's/.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}
note() { # NAME JSON
  printf '%s\t%s\n' "$1" "$2" >>"$work/figures"
  printf '.' >&2
}
# shellcheck disable=SC2086 # $wire is options
load() { # NAME COMMAND OPTION...: one run
  name=$1
  command=$2
  shift 2
  process=${server:-$(pgrep -P "$nginx" | head -n 1)}
  before=$(processor_time "$process")
  said=$(taskset -c 1 "$bin/bench_fleet" "$command" --port "$port" $wire "$@") || die "$name failed"
  after=$(processor_time "$process")
  note "$name" "$(printf '%s' "$said" | sed "s/}\$/,\"ticks\":$((after - before))}/")"
}
again() { # as load, as often as asked for
  for _ in $(seq "$rounds"); do load "$@"; done
}
memory() { # NAME
  note "$1" "{\"anonymous_kb\":$(awk '/^RssAnon/ {print $2}' "/proc/$server/status"),\"resident_kb\":$(awk '/^VmRSS/ {print $2}' "/proc/$server/status"),\"database_kb\":$(du -ck "$work"/fleet.db* 2>/dev/null | tail -n 1 | cut -f1)}"
}
# shellcheck disable=SC2086
tag_of() { # PATH
  "$bin/bench_fleet" etag --port "$port" $wire --path "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["etag"])'
}
files() { # WHO: all files of the server that runs
  tag=$(tag_of /repository/metadata/timestamp.json)
  again "$1 unchanged" get --count 40000 --etag "$tag"
  again "$1 timestamp" get --count 40000
  again "$1 catalog" get --count 20000 --path /repository/catalog.json
  again "$1 module" get --count 1500 --path /repository/module.ko
}

for way in plain tls; do
  wire='' tls_options=''
  if [ $way = tls ]; then
    wire="--ca $work/tls.crt"
    tls_options="--tls-certificate $work/tls.crt --tls-key $work/tls.key"
  fi
  if command -v nginx >/dev/null; then
    start_nginx $way
    files "nginx $way"
    [ $way = plain ] || again "nginx handshake" get --fresh --count 4000 --etag "$tag"
    [ $way = plain ] || again "nginx resumed" get --fresh --resume --count 4000 --etag "$tag"
    stop_nginx
  fi
  # shellcheck disable=SC2086 # options
  start $tls_options
  [ $way = tls ] || memory "memory empty"
  files "suture $way"
  if [ $way = plain ]; then
    load "register" check-in --reports-only --hosts "$hosts" --count "$hosts" --round 0
    memory "memory known"
    again "check-in" check-in --hosts "$hosts" --count 30000 --etag "$tag"
    again "report" check-in --reports-only --hosts "$hosts" --count 30000
    for rate in 1000 4000; do
      load "check-in at $rate" check-in --hosts "$hosts" --count $((rate * 5)) --rate $rate --etag "$tag"
    done
    again "check-in connecting" check-in --hosts "$hosts" --count 15000 --etag "$tag" --fresh
  else
    again "check-in tls" check-in --hosts "$hosts" --count 20000 --etag "$tag"
    again "suture handshake" get --fresh --count 4000 --etag "$tag"
    again "suture resumed" get --fresh --resume --count 4000 --etag "$tag"
    again "check-in tls connecting" check-in --hosts "$hosts" --count 4000 --etag "$tag" --fresh
  fi
  waiting=$((files > 11000 ? 10000 : files - 1000))
  again "wake $way" wake --rate 1500 --count "$waiting" --token "$(cat "$work/wake-token")"
  # Woken hosts spread their checks over five seconds.
  load "herd $way" check-in --hosts "$hosts" --count "$waiting" --rate $((waiting / 5)) --etag "$tag" --fresh --clients 500
  stop
done
wire=''

# A small machine: one processor and 1 GiB, the kernel's buffers and its copies of the database's pages included,
# where this system lets us bound them; else 1 GiB of address space.
group=/sys/fs/cgroup/memory/suture-bench-$$
if mkdir "$group" 2>/dev/null && echo 1073741824 >"$group/memory.limit_in_bytes"; then
  bound="$work/bound"
  # shellcheck disable=SC2016 # for the script
  printf '#!/bin/sh\necho $$ >%s/cgroup.procs\nexec "$@"\n' "$group" >"$bound"
  chmod +x "$bound"
else
  bound="prlimit --as=1073741824"
fi
start
tag=$(tag_of /repository/metadata/timestamp.json)
load "small machine" check-in --hosts "$hosts" --count 2500 --rate 500 --etag "$tag" --fresh
memory "memory small machine"
[ ! -d "$group" ] || note "bound" "{\"most_kb\":$(($(cat "$group/memory.max_usage_in_bytes") / 1024))}"
stop
[ ! -d "$group" ] || rmdir "$group"
bound=''

if [ -n "$million" ]; then
  rm -f "$work"/fleet.db*
  note "fill a million" "$("$bin/bench_fleet" fill --database "$work/fleet.db" --hosts 1000000)"
  start
  tag=$(tag_of /repository/metadata/timestamp.json)
  again "check-in of a million" check-in --hosts 1000000 --count 20000 --etag "$tag"
  memory "memory million"
  stop
fi
echo >&2
python3 bench/fleet/table.py "$work/figures" "$rounds" "$hosts" ${json:+"$json"}
