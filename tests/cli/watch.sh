#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: watch.sh SUTURE
# What is announced, from files to the list and the queue, as a person and a script see it.
set -eu
suture=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() {
  echo "watch.sh: $1" >&2
  exit 1
}
watch() { "$suture" watch --config "$work/watch.toml" "$@"; }
fails() { # STATUS CODE COMMAND...
  status=$1
  code=$2
  shift 2
  got=0
  "$@" >"$work/out" 2>&1 || got=$?
  [ "$got" = "$status" ] || { cat "$work/out"; die "status $got instead of $status: $*"; }
  grep -q "$code" "$work/out" || { cat "$work/out"; die "no $code: $*"; }
}
record() { # CVE TITLE
  cat <<TEXT
{"dataType": "CVE_RECORD", "dataVersion": "5.1",
 "cveMetadata": {"cveId": "$1", "state": "PUBLISHED", "dateUpdated": "2026-11-20T10:00:00.000Z"},
 "containers": {"cna": {"title": "$2", "descriptions": [{"lang": "en", "value": "What happens."}],
  "affected": [{"vendor": "Linux", "product": "Linux", "programFiles": ["net/core/dev.c"], "defaultStatus": "affected",
   "versions": [{"version": "6.1.170", "lessThan": "6.1.180", "status": "affected", "versionType": "semver"}]}]}}}
TEXT
}

fails 1 file.unreadable watch sync
echo 'sate = "/x"' >"$work/watch.toml"
fails 1 watch.config watch sync
cat >"$work/watch.toml" <<TEXT
state = "$work/state"
[[source]]
name = "records"
format = "cve"
folder = "$work/records"
TEXT
fails 1 watch.no-store watch list
fails 1 watch.source-absent watch sync
mkdir "$work/records"
record CVE-2026-1001 "net: fix a leak" >"$work/records/CVE-2026-1001.json"
record CVE-2026-1002 "ext4: fix a race" >"$work/records/CVE-2026-1002.json"
echo '{' >"$work/records/CVE-2026-1003.json"
watch sync >"$work/out" 2>"$work/err" || die "sync"
grep -q '^records: 3 documents, 3 read; 2 added, 1 kept aside$' "$work/out" || { cat "$work/out"; die "what sync says"; }
grep -q 'kept-aside' "$work/err" || die "nobody is told of what was kept aside"
watch sources --kept-aside | grep -q CVE-2026-1003 || die "what was kept aside is not named"
watch sources | grep -q '^records  *cve ' || die "the source is not shown"

watch list | sed 1d | cut -d' ' -f1 >"$work/out"
[ "$(cat "$work/out")" = "CVE-2026-1002
CVE-2026-1001" ] || { cat "$work/out"; die "the list"; }
[ "$(watch list --match RACE --kernel --json | grep -c '"cve"')" = 1 ] || die "a filtered list"
watch list --exploited | grep -qx none || die "an empty list"
watch show CVE-2026-1001 >"$work/out"
for text in 'net: fix a leak' 'net/core/dev.c' 'records' 'What happens.'; do
  grep -q "$text" "$work/out" || { cat "$work/out"; die "show has no \"$text\""; }
done
watch --json show CVE-2026-1001 | python3 -c 'import json, sys; assert json.load(sys.stdin)["voices"][0]["source"] == "records"'
fails 1 watch.unknown-cve watch show CVE-2026-9999
fails 1 watch.cve-id watch show nonsense
fails 1 watch.unknown-source watch sync other
fails 2 '' watch list --score 11

# Text of others cannot move the cursor.
printf '%s' "$(record CVE-2026-1004 'a\u001b[2Jb')" >"$work/records/CVE-2026-1004.json"
watch sync >/dev/null 2>&1
if watch list | grep -q "$(printf '\033')"; then die "a title writes to the terminal"; fi

watch follow --once >/dev/null 2>&1 || die "one round of follow"
watch queue | grep -q 'nothing waits' || die "the queue is not empty"
fails 10 'nothing waits' watch take
fails 1 watch.not-taken watch finish 1
fails 1 watch.lease watch take --lease soon

fails 1 watch.unknown-cve watch want CVE-2026-9999 --target 6.1.0-47
fails 1 watch.no-target watch want CVE-2026-1001
watch want CVE-2026-1001 --target 6.1.0-47 --reason 'it is in use' | grep -q ': queued$' || die "want"
watch want CVE-2026-1002 --target 6.1.0-47 --priority 9 >/dev/null
watch want CVE-2026-1002 --target 6.1.0-47 --priority 9 | grep -q 'known to the queue' || die "twice"
watch take --builder forge | grep -q CVE-2026-1002 || die "the most urgent one is not taken first"
watch queue | grep -q 'taken  *forge until' || die "who has it is not shown"
fails 1 watch.not-taken watch finish 2 --builder other
watch finish 2 --builder forge --outcome 'level 8' >/dev/null
watch take --builder forge | grep -q CVE-2026-1001 || die "the second one"
watch lose 1 --builder forge --outcome 'no disk' >/dev/null
watch take --builder other | grep -q CVE-2026-1001 || die "what was given back is not taken"
watch finish 1 --builder other --failed 'does not compile' >/dev/null
fails 10 'nothing waits' watch take
[ "$(watch queue --all --json | grep -c '"state"')" = 2 ] || die "what is done is not kept"

sed -i '1i targets = ["6.1.0-47", "6.12.1"]' "$work/watch.toml"
[ "$(watch want CVE-2026-1001 --json | grep -c '"new": false')" = 1 ] || die "for the targets of the configuration"
watch take --target 6.12.1 | grep -q CVE-2026-1001 || die "the one for the other target"
