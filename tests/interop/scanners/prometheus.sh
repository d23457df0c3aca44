#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# prometheus.sh SUTURED: Prometheus scrapes the daemon on this machine, and knows then what the host is in.
set -eu
sutured=$(realpath "$1")
for command in prometheus promtool; do
  command -v $command >/dev/null || { echo "prometheus.sh: $command is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || exit 77         # the daemon is root's
[ -r /sys/kernel/notes ] || exit 77 # the running kernel is not to be identified here
work=$(mktemp -d)
running=
# shellcheck disable=SC2086 # a list of words
trap '[ -z "$running" ] || kill $running 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"
chmod 755 . # the daemon's unprivileged child reads the repository that is not there
fault() {
  echo "FAILED: $*"
  cat daemon.log prometheus.log 2>/dev/null
  exit 1
}
# Starts "$@" PORT for other ports until one is free: it is when `$probe PORT` succeeds.
free_port() { # LOG START PROBE
  for _ in $(seq 20); do
    port=$(shuf -i 20000-32000 -n 1)
    "$2" "$port" >"$1" 2>&1 &
    process=$!
    for _ in $(seq 300); do
      if "$3" "$port"; then
        running="$running $process"
        return 0
      fi
      kill -0 $process 2>/dev/null && ! grep -q 'metrics.in-use' "$1" || break
      sleep 0.1
    done
    kill $process 2>/dev/null || true
    wait $process || true
  done
  fault "no port is free, or nobody answers"
}

daemon() {
  cat >agent.toml <<TOML
repository = "file://$work/nowhere"
distribution = "debian"
state = "$work/state"
socket = "$work/control.sock"
root = "$work/root.json"
metrics = "127.0.0.1:$1"
TOML
  exec "$sutured" --config agent.toml
}
daemon_answers() { scrape "$1" >scraped 2>/dev/null; }
# As a browser or an exporter's user would look at it.
scrape() { # PORT
  bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3 && cat <&3"
}
free_port daemon.log daemon daemon_answers
sed '1,/^.$/d' scraped >samples
promtool check metrics <samples >log 2>&1 && [ ! -s log ] || { cat log; fault "promtool does not take what is scraped"; }
echo "ok: scraped $(grep -vc '^#' samples) samples"

cat >prometheus.yml <<YAML
scrape_configs:
  - job_name: suture
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{targets: ["127.0.0.1:$port"]}]
YAML
promtool check config prometheus.yml >/dev/null || fault "the configuration is none"
server() {
  exec prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$1"
}
query() { promtool query instant "http://127.0.0.1:$prometheus" "$1" 2>/dev/null; }
server_answers() { prometheus=$1; query 'vector(1)' >found; }
free_port prometheus.log server server_answers
prometheus=$port

becomes() { # QUERY WANTED
  for _ in $(seq 600); do
    ! query "$1" | grep -Eq "$2" || { echo "ok: Prometheus says $1: $(query "$1" | head -n 1)"; return 0; }
    sleep 0.1
  done
  query "$1" || true
  fault "Prometheus does not come to say $1 $2"
}
becomes 'up{job="suture"}' '=> 1 @'
becomes suture_level '=> 0 @'
becomes "suture_kernel_info{release=\"$(uname -r)\"}" '=> 1 @'
becomes 'sum(suture_state)' '=> 1 @'
becomes 'suture_error' 'code="[a-z]+\.[a-z-]+".* => 1 @' # the repository is nowhere
