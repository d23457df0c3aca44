#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the agent costs a server: memory and processor time when it sleeps, processor time of a check, and the time from
# `suture update` until the kernel is patched, beside that of `kpatch load` of the same module in the same machine.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<'TEXT'
usage: bench/agent.sh [--rounds N] [--idle SECONDS] [--kpatch FILE]

Builds a patchset of one fix for the kernel of scripts/versions.sh, publishes it, and measures
  - natively, on this machine: the processor time of 100 checks that find nothing new, both processes together
  - in a virtual machine: resident memory, wake-ups in idle seconds, and rounds of update and load. suture fetches over
    the network and verifies in each round; kpatch has the module's file at hand.

  --rounds  default: 50
  --idle    default: 60
  --kpatch  kpatch's script; default: that of the package kpatch of Debian 13, which apt-get downloads

SUTURE_STORE is the target store (default: build/store), SUTURE the suture to use (default: build/release/bin/suture).
TEXT
}
rounds=50 idle=60 kpatch=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --rounds | --idle | --kpatch)
      [ $# -gt 1 ] || die "$1 needs a value, see --help"
      case $1 in
        --rounds) rounds=$2 ;;
        --idle) idle=$2 ;;
        --kpatch) kpatch=$(absolute "$2") ;;
      esac
      shift 2
      ;;
    *) die "no option $1, see --help" ;;
  esac
done
find_suture
need_tools readelf bash insmod rmmod modinfo apt-get dpkg-deb
bin=$(dirname "$suture")
make_work
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
show_target "$SUTURE_RELEASE"
show_machine 1

if [ -z "$kpatch" ]; then
  archive=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid)$/ { print $1; exit }')
  [ -n "$archive" ] || die "apt is configured for no archive of Debian"
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive trixie main" >"$work/apt/sources.list"
  (
    cd "$work/apt"
    for action in update "download kpatch"; do
      # shellcheck disable=SC2086 # two words
      apt-get -qq -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache" $action
    done
    dpkg-deb -x kpatch_*.deb root
  ) >"$work/out" 2>&1 || { cat "$work/out" >&2; die "no package kpatch"; }
  kpatch=$work/apt/root/usr/sbin/kpatch
fi
echo "kpatch     $(sed -n 's/^VERSION="\(.*\)"/\1/p' "$kpatch")"

fix=CVE-2026-53249
"$suture" build --store "$store" --target "$SUTURE_RELEASE" --fix "tests/data/fixes/$fix.patch" --output "$work/patchset" \
  >"$work/out" 2>&1 || { cat "$work/out" >&2; die "the patchset could not be built"; }
{
  "$suture" repo init "$work/repository" --keys "$work/keys" --channel stable
  "$suture" publish "$work/patchset" --repository "$work/repository" --keys "$work/keys" --channel stable \
    --unqualified 'for a benchmark'
} >"$work/out" 2>&1 || { cat "$work/out" >&2; die "the patchset could not be published"; }
serve "$work/repository"
root=$work/repository/metadata/1.root.json

echo
echo "a check that finds nothing new, processor time of both processes, on this machine:"
build_id=$(sed -n 's/.*"build_id": *"\([0-9a-f]*\)".*/\1/p' "$work/patchset/patchset.json" | head -n 1)
chmod 755 "$work" "$work/repository" "$work/repository/metadata"
"$bin/bench_agent" "$work/state" "$url" "$root" "$build_id" 100

echo
echo "in the virtual machine:"
cat >"$work/agent.toml" <<TEXT
repository = "http://10.0.2.2:$(cat "$work/port")/repository"
distribution = "debian"
check = "manual"
TEXT
bring=
for program in "$suture" "$bin/suture-all" "$bin/sutured" "$bin/probe-$fix" "$(command -v bash)" "$(command -v readelf)"; do
  bring="$bring --program $program"
done
# shellcheck disable=SC2086 # a list of words
"$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" --module virtio_pci \
  --module virtio_net $bring --file "$kpatch:/usr/bin/kpatch" --file "$work/patchset/suture_1.ko" \
  --file tests/vm/guest/probe.sh --folder tests/data/probes --file "$work/agent.toml:/etc/suture/agent.toml" \
  --file "$root:/etc/suture/root.json" --env "ROUNDS=$rounds" --env "SECONDS_IDLE=$idle" --timeout 7200 --memory 768 \
  --script bench/agent.guest.sh --log "$work/console.log" >"$work/guest.log" 2>&1 || {
  tail -n 40 "$work/guest.log" >&2
  die "the run in the machine failed"
}
tr -d '\r' <"$work/console.log" | sed -n 's/^FIGURE //p' >"$work/figures"
grep -v '^round' "$work/figures"
grep '^round' "$work/figures" >"$work/rounds" || die "nothing was measured"
column() { # NUMBER OF THE COLUMN: median and 99th percentile
  sort -n -k "$1,$1" "$work/rounds" | awk -v c="$1" '{ v[NR] = $c }
    END { print v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.99)], NR }'
}
column 2 >"$work/ours"
column 3 >"$work/peers"
paste -d' ' "$work/ours" "$work/peers" | awk '{
  printf "%d rounds, until the kernel is patched\n", $3
  printf "  suture update   median %6.2f s   p99 %6.2f s\n", $1, $2
  printf "  kpatch load     median %6.2f s   p99 %6.2f s\n", $4, $5
  printf "  ratio           median %6.2f     p99 %6.2f\n", $1 / $4, $2 / $5 }'
