#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How long a sync of a large feed takes, and what it takes when nothing is new.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

case ${1:-} in
  -h | --help)
    cat <<'TEXT'
usage: bench/watch.sh [RECORDS]

Makes so many CVE records (default: 100000) of the shape of the kernel CNA's, and syncs them on one processor: from a
folder and from a git repository, for the first time, again, and after 100 of them changed. Needs a release build, and
3 GB of disk for the default.
TEXT
    exit 0
    ;;
esac
records=${1:-100000}
find_suture
bin=$(dirname "$suture")
cmake --build build/release --target bench_watch >/dev/null
# shellcheck disable=SC2119
make_work
show_machine 1

place=$work/records
"$bin/bench_watch" make "$place" "$records"
echo "$records records, $(du -s --apparent-size -h "$place" | cut -f1)"
# What changed within the last two seconds is read twice, since the clock of a file system goes in steps.
wait_for_clock() { sleep 3; }

configure() { # KIND
  cat >"$work/watch.toml" <<TEXT
state = "$work/state-$1"
[[source]]
name = "records"
format = "cve"
$1 = "$place"
TEXT
}
sync_it() { timed "$1" taskset -c 0 "$suture" watch --config "$work/watch.toml" sync; }

configure folder
wait_for_clock
sync_it "folder, the first time"
sync_it "folder, again"
"$bin/bench_watch" change "$place" 100
wait_for_clock
sync_it "folder, 100 changed"
echo "store: $(du -s --apparent-size -h "$work/state-folder" | cut -f1)"

git -C "$place" init --quiet
git -C "$place" add .
git -C "$place" -c user.name=bench -c user.email=bench@example commit --quiet --message records
configure git
sync_it "git, the first time"
sync_it "git, again"
