#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# repo.sh SUTURE SERVER: the life of a repository by the commands, as its owner, its offline signer, a mirror and an
# auditor type them. The clock stands still but for what `at` says, so that days pass in seconds.
set -eu
suture=$(realpath "$1")
server=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d)
serving=
at_the_end() {
  [ -z "$serving" ] || kill "$serving" 2>/dev/null || true
  rm -rf "$folder"
}
trap at_the_end EXIT
trap 'exit 130' INT TERM
cd "$folder"
status=0

hours=0
at() { # HOURS after the beginning
  hours=$1
  SOURCE_DATE_EPOCH=$((1795600000 + hours * 3600))
  export SOURCE_DATE_EPOCH
}

# expect STATUS WORD ARGUMENT...: the exit status of `suture ARGUMENT...`, and a word of what it prints.
expect() {
  wanted=$1
  word=$2
  shift 2
  code=0
  "$suture" "$@" >out 2>err </dev/null || code=$?
  if [ $code != "$wanted" ] || ! cat out err | grep -q -e "$word"; then
    echo "hour $hours: suture $*: exit status $code instead of $wanted, or it does not say '$word', but:"
    sed 's/^/  | /' out err
    status=1
  fi
}
says() { # WORD...: also in what was printed last
  for word in "$@"; do
    grep -q -e "$word" out err || { echo "it does not say '$word' either, but:"; sed 's/^/  | /' out err; status=1; }
  done
}
silent_about() { # WORD
  ! grep -q -e "$1" out err || { echo "it says '$1':"; sed 's/^/  | /' out err; status=1; }
}
# One JSON document is printed, and nothing beside it; read by an independent reader where there is one.
json() { # WORD ARGUMENT...
  word=$1
  shift
  expect 0 "$word" --json "$@"
  ! command -v node >/dev/null || node -e 'JSON.parse(require("fs").readFileSync("out", "utf8"))' || status=1
  [ "$(head -c 1 out)$(tail -c 2 out | head -c 1)" = '{}' ] || { echo "no JSON object: suture --json $*"; cat out; status=1; }
}
patchset() { # LEVEL [BUILD_ID]
  "$here/make_patchset.sh" "patchset-$1" "$@"
}
other_kernel=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb

# The beginning: encrypted keys.
at 0
echo 'correct horse' >words
echo 'battery staple' >wrong
owner="--keys keys --passphrase-file words"
expect 2 required repo init
expect 1 'Give --passphrase-file' repo init r --keys keys --encrypt
rm -rf r keys
expect 0 'give r/metadata/1.root.json to each host' repo init r $owner --encrypt
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' keys/root.pem || { echo "the keys are not encrypted"; status=1; }
expect 1 'repository.exists' repo init r $owner
expect 1 'repository.' repo init inside --keys inside/keys
json '"timestamp": {' repo status r
expect 0 'root.*1 of root' repo status r --keys keys
says 'stable~debian.*1 of stable' '0 patchsets, 0 entries'
json '"patchsets": \[\]' repo list r
expect 0 'no patchsets yet: .suture publish. adds one' repo list r
expect 1 'repository.absent' repo list nowhere

# Publishing.
patchset 1
expect 0 'suture_stop_1.ko' inspect patchset-1
says '^engine  *klp' '^engine  *stopmachine' '^needs  *suture.ko (ABI 1)'
cp -r patchset-1 patchset-bent
printf X | dd of=patchset-bent/suture.ko conv=notrunc status=none
expect 1 'patchset.module-differs' inspect patchset-bent
into="--repository r $owner --channel canary"
expect 1 'policy.\|qualif' publish patchset-1 $into
expect 1 'key.passphrase' publish patchset-1 --repository r --keys keys --passphrase-file wrong --channel canary --unqualified test
expect 1 'repository.module-differs' publish patchset-bent $into --unqualified test
expect 1 'repository.no-channel' publish patchset-1 --repository r $owner --channel nightly --unqualified test
says 'add-channel'
expect 0 'published level 1 .* to canary: CVE-2026-53249' publish patchset-1 $into --unqualified 'a test'
expect 1 'repository.level' publish patchset-1 $into --unqualified 'a test'
json '"level": 1' repo list r
says '"qualified": false' '"withdrawn": null' '"more_modules": \[' 'suture_stop_1.ko"' 'suture.ko"'
"$here/make_patchset.sh" other 1 $other_kernel
json '"published": true' publish other $into --unqualified 'a test'

# Promotion, by age and by the file's rules.
expect 0 'nothing to do' repo promote r $owner --from canary --to stable --after 24h
expect 1 'publish.malformed-expiry' repo promote r $owner --from canary --to stable --after soon
expect 1 'promotion' repo promote r $owner --to stable
at 23
expect 0 'nothing to do' repo promote r $owner --from canary --to stable --after 24h
at 24
expect 0 'promoted level 1 .*aaaaaaaaaaaa.* in stable' repo promote r $owner --from canary --to stable --after 24h \
  --build-id aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
silent_about bbbbbbbbbbbb
json '"channel": "stable"' repo promote r $owner --from canary --to stable --after 1d
says '"build_id": "bbbbbbbb'
expect 0 'nothing to do' repo promote r $owner --from canary --to stable --after 0h

# Definitions for a fleet.
expect 0 'CVE-2026-53249' repo oval r --channel canary
says '6.1.0-47-cloud-amd64 6.1.170-3 without live patch level 1'
expect 1 'scanner.no-verdicts' repo oval r --channel testing
"$suture" repo oval r --output stable.oval.xml || status=1
! command -v oscap >/dev/null || oscap oval validate stable.oval.xml >out 2>&1 || { cat out; status=1; }

# Withdrawal, and levels that are old.
for level in 2 3 4; do
  patchset $level
  expect 0 "published level $level" publish patchset-$level $into --unqualified 'a test'
done
expect 0 'promoted level 4' repo promote r $owner --from canary --to stable --after 0h
expect 1 'repository.no-level' repo withdraw r 9 $owner --channel stable --reason 'there is none'
expect 0 'withdrawn: level 4 .* in stable' repo withdraw r 4 $owner --channel stable --reason 'hangs on NFS'
expect 0 'withdrawn: hangs on NFS' repo list r
json '"reason": "hangs on NFS"' repo list r
expect 1 'withdrawn' repo withdraw r 4 $owner --channel stable --reason 'again'
expect 0 'no longer offered: level 1 .* in canary' repo expire r $owner --channel canary --keep 2
silent_about 'in stable'
expect 0 'nothing to do' repo expire r $owner --channel canary --keep 2

# A further channel, and keys.
expect 1 'repository.' repo add-channel r stable $owner
expect 1 'repository.bad-channel' repo add-channel r ../r $owner
expect 0 'made the channel nightly for fedora' repo add-channel r nightly --distribution fedora $owner
expect 0 'nightly~fedora' repo status r

# Two of two for the targets: one of the keys lies in a safe.
mkdir safe
expect 0 '^[0-9a-f]\{64\}$' repo key safe/second.pem
tail -n 1 out >second.pub
expect 1 '--request FILE' repo add-key r targets --key second.pub --threshold 2 $owner
expect 0 'not published yet: targets' repo add-key r targets --key second.pub --threshold 2 $owner --request two.change
expect 0 'signed targets with second' repo sign two.change --keys safe
json '"published": true' repo apply r two.change $owner
expect 0 'targets.*2 of ' repo status r --keys keys
expect 1 'repository.no-key' repo add-channel r beta $owner
says '--request'
expect 0 'not published yet: targets' repo add-channel r beta $owner --request beta.change
says 'suture repo sign beta.change' 'suture repo apply r beta.change'
expect 1 'signature\|threshold' repo apply r beta.change $owner
mkdir empty
expect 1 'repository.no-key' repo sign beta.change --keys empty
expect 0 'beta' repo sign beta.change --keys safe
says 'signed targets with second'
cp beta.change late.change
expect 0 'published' repo apply r beta.change $owner
expect 0 'beta~debian' repo status r
expect 1 'change.stale' repo apply r late.change $owner
echo '{}' >broken.change
expect 1 'change' repo sign broken.change --keys safe
# The owner's own keys are shown by name, others by how their ids begin.
expect 0 '2 of .*targets' repo status r --keys keys
second=$(sed -n '/^targets /s/.*\<\([0-9a-f]\{16\}\)\>.*/\1/p' out)
expect 1 'threshold' repo remove-key r targets --key-id "$second" $owner
expect 0 'the keys of targets are changed' repo remove-key r targets --key-id "$second" --threshold 1 $owner

# New keys in the place of old ones; the root's is a chain that old hosts follow.
cp r/metadata/1.root.json first.json
for role in timestamp snapshot targets root stable log; do
  expect 0 "the keys of $role are changed" repo rotate r $role $owner --encrypt
done
expect 1 'repository.' repo rotate r conductor $owner
expect 0 verified repo verify r --root first.json
[ -e r/metadata/3.root.json ] || { echo "there is no chain of roots"; status=1; }

# Time goes on: a host refuses what is old until it is renewed.
at 80
expect 1 'expired' repo verify r --root first.json
expect 0 'signed anew: .*timestamp' repo renew r $owner
expect 0 verified repo verify r --root first.json
json '"renewed": \[' repo renew r $owner
expect 0 'signed anew' repo renew r $owner --expires timestamp=2d
expect 1 'publish.malformed-expiry' repo renew r $owner --expires timestamp=2y
expect 1 'publish.malformed-expiry' repo renew r $owner --expires mirrors=2d

# Auditors, and a head that a host saw.
expect 0 consistent repo audit r --root first.json
head=$(sed -n 's/^head //p' out)
json '"entries": \[' repo audit r
patchset 5
expect 0 'published level 5' publish patchset-5 $into --unqualified 'a test'
expect 0 '1 heads that others saw belong to the same log' repo audit r --head "$head"
expect 1 'log\.' repo audit r --head "${head%:*}:0000000000000000000000000000000000000000000000000000000000000000"
expect 1 'log.malformed' repo audit r --head nonsense

# Served, mirrored, carried.
"$server" --listen 127.0.0.1:0 --port-file port --repository r --database fleet.sqlite >server.log 2>&1 &
serving=$!
for _ in $(seq 100); do
  [ -s port ] && break
  kill -0 "$serving" 2>/dev/null || { cat server.log; exit 1; }
  sleep 0.1
done
url=http://127.0.0.1:$(cat port)/repository
expect 1 'Give the root that you trust: --root' repo verify "$url"
expect 0 verified repo verify "$url" --root first.json
expect 1 'repository.' repo mirror "$url" mirror
expect 0 'of them new' repo mirror "$url" mirror --root first.json
expect 0 '; 0 of them new' repo mirror "$url" mirror
expect 0 verified repo verify mirror --root first.json
cmp r/metadata/timestamp.json mirror/metadata/timestamp.json || status=1
catalog=canary/debian/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/catalog.json
expect 1 'Give the root that you trust: --root' repo fetch "$url" $catalog --output catalog.json
expect 1 'repository.no-target' repo fetch "$url" $catalog.old --root first.json --output catalog.json
expect 0 'catalog.json: ' repo fetch "$url" $catalog --root first.json --output catalog.json --state trusted
grep -q '"level":5' catalog.json || { cat catalog.json; status=1; }
json '"sha256": "' repo fetch mirror $catalog --state trusted -o catalog.json

expect 0 'whole.bundle: ' repo export r whole.bundle
expect 1 'repository.' repo import whole.bundle island
expect 0 'of them new' repo import whole.bundle island --root first.json
expect 0 verified repo verify island --root first.json
at 90
patchset 6
expect 0 'published level 6' publish patchset-6 $into --unqualified 'a test'
json '"listed": ' repo export r next.bundle --since whole.bundle
[ "$(wc -c <next.bundle)" -lt "$(wc -c <whole.bundle)" ] || { echo "an increment is as large as the whole"; status=1; }
rm -rf desert
expect 1 'repository.\|bundle.' repo import next.bundle desert --root first.json
[ ! -e desert/metadata/timestamp.json ] || { echo "half a repository shows itself"; status=1; }
expect 0 'of them new' repo import next.bundle island
expect 0 '"level": 6' --json repo list island
expect 1 'older\|version\|rollback' repo import whole.bundle island
expect 1 'bundle.malformed' repo import words island
# What is fetched with a state is not believed when it is older than what was seen.
expect 0 'catalog.json: ' repo fetch "$url" $catalog --state trusted --output catalog.json
expect 1 'repository.\|version' repo fetch mirror $catalog --state trusted --output catalog.json

# A byte of a module, of a document.
for name in suture_6.ko suture_stop_6.ko suture.ko; do
  rm -rf bent
  cp -r r bent
  module=$(find bent/patchsets -path '*/000006/*' -name "*.$name")
  printf X | dd of="$module" conv=notrunc status=none
  expect 1 'repository.tampered\|hash' repo verify bent --root first.json
done
cp -r r forged
sed -i 's/"version":/"version": /' forged/metadata/timestamp.json
expect 0 verified repo verify forged --root first.json
sed -i 's/"sha256":"[0-9a-f]/"sha256":"z/' forged/metadata/timestamp.json
expect 1 'repository.' repo verify forged --root first.json

# What nothing names goes, and not before its time.
json '"files": \[\]' repo gc r
expect 0 'would remove [1-9][0-9]* files' repo gc r --grace 0h --dry-run
expect 0 'removed [1-9][0-9]* files' repo gc r --grace 0h
expect 0 'removed 0 files' repo gc r --grace 0h
expect 0 verified repo verify "$url" --root first.json
exit $status
