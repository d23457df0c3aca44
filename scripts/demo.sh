#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job, on real input: three security fixes become one live patch for a stock Debian kernel, are published,
# fetched by an agent in a virtual machine that runs this kernel, applied under load, taken back, and applied again.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/demo.sh [--no-setup] [--store FOLDER]

Installs what is missing (Debian 12; as root or with sudo), builds, and shows the whole way.

  --no-setup       install and build nothing: take what is in build/release/bin
  --store FOLDER   keep the kernel's packages and source there (default: build/store)
TEXT
}

store=$PWD/build/store
setup=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-setup) setup=no ;;
    --store) store=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

# shellcheck source=scripts/versions.sh
. scripts/versions.sh
bin=$PWD/build/release/bin
fixes=$PWD/tests/data/fixes
work=$(mktemp -d)
server=
summary=$work/summary
finished=no
at_the_end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ $finished = yes ] || echo "demo.sh: stopped in the step \"$title\"" >&2
  rm -rf "$work"
}
trap at_the_end EXIT
trap 'exit 130' INT TERM

now() { date +%s.%N; }
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

step() { # TITLE
  title=$1
  begun=$(now)
  printf '\n== %s\n' "$title"
}
done_with() { # WHAT WAS PROVEN
  took=$(elapsed "$begun")
  printf '   %s s: %s\n' "$took" "$1"
  printf '%s|%s|%s\n' "$title" "$took" "$1" >>"$summary"
}

title=setup
if [ $setup = yes ]; then
  step "setup"
  scripts/setup.sh
  done_with "packages are installed"
  step "compile suture"
  cmake --preset release >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  cmake --build --preset release --target suture sutured suture-server suture-vm suture-guest probes >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  done_with "all programs are built"
fi

step "target"
"$bin/suture" target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$store"
done_with "kernel, headers and source are unpacked, none is installed"
target_path() { "$bin/suture" target show "$SUTURE_RELEASE" --store "$store" | sed -n "s/^$1  *//p"; }

step "build"
"$bin/suture" build --store "$store" --target "$SUTURE_RELEASE" --output "$work/patchset" \
  --fix "$fixes/CVE-2026-53249.patch" --fix "$fixes/CVE-2026-53236.patch" --fix "$fixes/CVE-2026-46234.patch"
done_with "three fixes are one module; each replaced function was compiled like the shipped one"

step "qualify"
"$bin/suture" repo init "$work/repository" --keys "$work/keys"
"$bin/suture" qualify "$work/patchset" --store "$store" --probe tests/data/probes --key "$work/keys/qualifier.pem"
done_with "tried on its own kernel with each engine: probes, tracers, module reload, 20 times loaded and removed"

step "publish"
"$bin/suture" publish "$work/patchset" --repository "$work/repository" --keys "$work/keys" --channel stable
done_with "a signed repository of static files"

step "serve"
"$bin/suture-server" --listen 127.0.0.1:0 --port-file "$work/port" --repository "$work/repository" \
  --database "$work/fleet.sqlite" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  [ -s "$work/port" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
  sleep 0.1
done
port=$(cat "$work/port")
done_with "repository and reports on port $port"

step "virtual machine"
cp "$work/repository/metadata/1.root.json" "$work/root.json"
cat >"$work/agent.toml" <<TEXT
repository = "http://10.0.2.2:$port/repository/"
channel = "stable"
distribution = "debian"
server = "http://10.0.2.2:$port/"
TEXT
"$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" \
  --module virtio_pci --module virtio_net --have-module vsock \
  --program "$bin/suture" --program "$bin/suture-all" --program "$bin/sutured" --program "$bin/suture-guest" \
  --program "$bin/probe-CVE-2026-53249" --program "$bin/probe-CVE-2026-53236" --program "$bin/probe-CVE-2026-46234" \
  --file tests/vm/guest/probe.sh --folder tests/data/probes \
  --file "$work/agent.toml:/etc/suture/agent.toml" --file "$work/root.json:/etc/suture/root.json" \
  --env "PORT=$port" --env "RELEASE=$SUTURE_RELEASE" --timeout 900 --memory 768 \
  --script tests/vm/whole_way.guest.sh --junit "$work/checks.xml" --log "$work/console.log" || {
    status=$?
    mkdir -p build/test
    cp "$work/console.log" "$work/server.log" build/test/ 2>/dev/null || true
    echo "demo.sh: the console's and the server's logs are in build/test" >&2
    exit $status
  }
done_with "stock kernel $SUTURE_RELEASE, nothing rebooted"
# The steps within the machine, from its report.
awk -F'"' '/<testcase/ && $5 ~ /time/ { if (!($2 in sum)) order[++n] = $2; sum[$2] += $6; count[$2]++ }
  END { for (i = 1; i <= n; i++) printf "  %s|%.1f|%d checks passed\n", order[i], sum[order[i]], count[order[i]] }' \
  "$work/checks.xml" >>"$summary"

finished=yes
printf '\n'
{ echo 'STEP|SECONDS|PROVEN'; cat "$summary"; } | awk -F'|' '{ printf "%-18s %8s  %s\n", $1, $2, $3 }'
