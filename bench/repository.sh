#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a large repository costs its owner and its hosts.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

case ${1:-} in
  -h | --help)
    cat <<'TEXT'
usage: bench/repository.sh [KERNELS [LEVELS [BINS]]]

Makes a repository (default: 10000 kernels, 20 levels each, 64 bins a channel), publishes one more patchset with the
command, and looks at it through suture-server as a host does: for the first time, and again. Needs a release build.
TEXT
    exit 0
    ;;
esac
kernels=${1:-10000}
levels=${2:-20}
bins=${3:-64}
find_suture
bin=$(dirname "$suture")
cmake --build build/release --target bench_repository suture-server >/dev/null
make_work
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
show_machine 1

timed "make it: $kernels kernels, $levels levels" "$bin/bench_repository" make "$work" "$kernels" "$levels" "$bins"
repository=$work/repository

next=$((levels + 1))
id=$("$bin/bench_repository" build-id 77)
mkdir "$work/patchset"
head -c 300000 /dev/urandom >"$work/patchset/suture_$next.ko"
sha=$(sha256sum "$work/patchset/suture_$next.ko" | cut -d' ' -f1)
cat >"$work/patchset/patchset.json" <<TEXT
{"format": 1, "target": {"distribution": "debian", "release": "6.1.0-77-amd64", "version": "6.1.170-3",
  "architecture": "x86_64", "build_id": "$id"},
 "level": $next, "engine": "klp", "module": {"name": "suture_$next", "file": "suture_$next.ko", "sha256": "$sha",
  "size": 300000}, "fixes": [], "objects": [], "risks": [], "tool": "suture"}
TEXT
timed "publish one patchset" "$suture" publish "$work/patchset" --repository "$repository" --keys "$work/keys" \
  --channel stable --unqualified "a benchmark"
timed "renew, as from a timer" "$suture" repo renew "$repository" --keys "$work/keys"

serve "$repository"
echo "a host:"
"$bin/bench_repository" host "$url" "$repository/metadata/1.root.json" "$id"
echo "size:"
(cd "$repository" && du -s --apparent-size -h -- *)
