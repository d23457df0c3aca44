#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The server's commands for tokens and the audit log, and what its flat options say beside them.
set -eu
server=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
die() { echo "FAILED: $*"; status=1; }
database=$work/state/fleet.db
# fails CODE ARGUMENT...
fails() {
  wanted=$1
  shift
  code=0
  "$server" "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$wanted" ] || die "$* ended with $code"
}

fails 1 audit --database "$database"
grep -q 'access.database' "$work/err" || die "no word of a database that is not there"
[ ! -e "$database" ] || die "looking has made a database"
fails 2 token
fails 2 token add --name a --database "$database"
fails 2 audit --known 1:2 --database "$database"
fails 1 token add --name a --role god --database "$database"
fails 1 token add --name a --role viewer --scope wake --database "$database"

umask 022
secret=$("$server" token add --name admin --role admin --expires 30 --database "$database" 2>"$work/err")
case $secret in suture_1_????????????????????????????????????????????????????????????????) ;; *) die "the secret is: $secret" ;; esac
grep -q 'needs a token' "$work/err" || die "no word that the server closes"
[ "$(stat -c %a "$database")" = 600 ] || die "others may read the database"
"$server" --database "$database" token add --name ci --role operator --scope wake --scope hosts:read 2>"$work/err" >"$work/out"
[ ! -s "$work/err" ] || die "the second token closes nothing"
"$server" token list --database "$database" >"$work/out"
grep -q 'ci .*operator .*wake hosts:read .*in use' "$work/out" || die "the list is: $(cat "$work/out")"
"$server" token list --json --database "$database" >"$work/out"
if grep -q "${secret##*_}" "$work/out" || grep -q hash "$work/out"; then die "the list shows secrets"; fi
"$server" token revoke ci --database "$database" >"$work/out"
"$server" token revoke 2 --database "$database" >"$work/out"
fails 1 token revoke ci --database "$database"

"$server" audit --database "$database" >"$work/out"
[ "$(wc -l <"$work/out")" = 3 ] || die "the log is: $(cat "$work/out")"
"$server" audit --json --database "$database" | grep -q '"action":"token.revoke"' || die "no JSON of the log"
mark=$("$server" audit --verify --database "$database")
case $mark in 3:*) ;; *) die "the mark is: $mark" ;; esac
"$server" audit --verify --known "$mark" --database "$database" >"$work/out" || die "the mark is not known"
fails 1 audit --verify --known "2:${mark#3:}" --database "$database"
grep -q 'access.audit-broken' "$work/err" || die "another log is not told"
"$server" --help | grep -q -- '--report-token-file' || die "the options are gone"
exit $status
