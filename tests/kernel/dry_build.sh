#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: dry_build.sh RELEASE
# Can one kernel of the store be live patched? Asked of real fixes: one that builds, those that are refused, one for
# other source; with a file, and with commits; and where no answer may look like a verdict. What is kept goes to a
# cache of the test's own.
set -eu
suture=$SUTURE
release=$1
: "${SUTURE_STORE:?is the target store: scripts/test.sh kernel sets it}"
fixes=$(cd "$(dirname "$0")/../data/fixes" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/records" "$work/store" "$work/tmp"
for part in "$SUTURE_STORE"/*; do
  case ${part##*/} in cache | lock | tmp) ;; *) ln -s "$part" "$work/store/" ;; esac
done
export TMPDIR="$work/tmp"
# shellcheck source=tests/kernel/watch_asked.sh
. "$(dirname "$0")/watch_asked.sh"
explain() { # CVE FIX OPTION...
  cve=$1
  fix=$2
  shift 2
  watch explain "$cve" --target "$release" --fix "$fixes/$fix.patch" --dry-build "$@"
}
record() { # CVE FILE FIXED COMMIT...
  name=$1
  {
    cat <<TEXT
{"dataType": "CVE_RECORD", "dataVersion": "5.1",
 "cveMetadata": {"cveId": "$1", "state": "PUBLISHED", "dateUpdated": "2026-11-20T10:00:00.000Z"},
 "containers": {"cna": {"title": "$2", "descriptions": [{"lang": "en", "value": "What happens."}],
  "affected": [{"vendor": "Linux", "product": "Linux", "programFiles": ["$2"], "defaultStatus": "affected",
   "versions": [{"version": "0", "lessThan": "2.6.22", "status": "unaffected", "versionType": "semver"},
                {"version": "$3", "lessThanOrEqual": "6.1.*", "status": "unaffected", "versionType": "semver"}]},
   {"vendor": "Linux", "product": "Linux", "programFiles": ["$2"], "defaultStatus": "unaffected", "versions": [
TEXT
    separator=
    shift 3
    for commit in "$@"; do
      echo "$separator{\"version\": \"1da177e4c3f41524e886b7f1b8a0c1fc7321cac2\", \"lessThan\": \"$commit\", \"status\": \"affected\", \"versionType\": \"git\"}"
      separator=,
    done
    echo ']}]}}}'
  } >"$work/records/$name.json"
}

# A clone as small as it may be: the files of two fixes, as this kernel has them, and the fixes; before that, one fix as
# an older series has it, whose lines this kernel lacks.
source=$work/store/$(python3 -c 'import glob, json, sys
for path in glob.glob(sys.argv[1] + "/targets/*/target.json"):
    target = json.load(open(path))
    if target["target"]["release"] == sys.argv[2]: print(target["paths"]["source"])' "$work/store" "$release")
[ -d "$source/net" ] || { echo "the source of $release is not found" >&2; exit 1; }
clone() { git -C "$work/clone" -c user.name=A -c user.email=a@example.org -c commit.gpgSign=false -c core.autocrlf=false "$@"; }
committed() { clone add -A && clone commit -q -m "$1" && clone rev-parse HEAD; }
git init -q "$work/clone"
options=net/ipv4/ip_options.c
labels=net/netlabel/netlabel_unlabeled.c
mkdir -p "$work/clone/net/ipv4" "$work/clone/net/netlabel"
printf 'int older(void)\n{\n\treturn 1;\n}\n' >"$work/clone/$options"
committed older >/dev/null
printf 'int older(void)\n{\n\treturn 2;\n}\n' >"$work/clone/$options"
foreign=$(committed "the fix of an older series")
cp "$source/$options" "$work/clone/$options"
cp "$source/$labels" "$work/clone/$labels"
committed "as it is" >/dev/null
clone apply --whitespace=nowarn "$fixes/CVE-2026-53249.patch"
own=$(committed "the fix")
clone apply --whitespace=nowarn "$fixes/CVE-2026-53238.patch"
tables=$(committed "a fix of tables")

cat >"$work/watch.toml" <<TEXT
state = "$work/state"
targets = ["debian:$release"]
target_store = "$work/store"
[[source]]
name = "records"
format = "cve"
folder = "$work/records"
TEXT
record CVE-2026-53249 $options 6.1.176 "$foreign" "$own"
record CVE-2026-53238 $labels 6.1.176 "$tables"
record CVE-2026-43074 fs/eventpoll.c 6.1.176
watch sync >"$work/out" 2>&1

# One that builds.
expect "yes, with CVE-2026-53249.patch, for klp and stopmachine; 1 unit compiled" explain CVE-2026-53249 CVE-2026-53249
also "changes ip_options_get"
also "it can be live patched: nothing need be restarted"
explain CVE-2026-53249 CVE-2026-53249 --json >"$work/out"
python3 -c 'import json, sys
found = json.load(sys.stdin)["live_patch"]
assert found["answer"] == "yes" and found["units"] == 1 and found["code"] == "", found
assert found["functions"] == [{"object": "vmlinux", "name": "ip_options_get"}], found' <"$work/out"

# One that its author wrote as an update of data.
expect "changes no function: data is written" explain CVE-2026-53249 tcp-reordering-unsigned

# Those that are refused, with what their authors can do.
expect "[delta.data-changed]" explain CVE-2026-53238 CVE-2026-53238
also "not as the fix stands"
also "Suture-Update-Data"
expect "[delta.layout-changed]" explain CVE-2026-43074 CVE-2026-43074
also "struct eventpoll grows"
also "only when an author has written the fix anew"

# One that is in this kernel, and one for another kernel's source: each of the lines around it is another there.
expect "not needed, with vsock-reopened.patch" explain CVE-2026-43074 vsock-reopened
also "[build.not-affected]"
sed '/^@@/,$s|^ \(.*;\)$| \1 /* other */|' "$fixes/CVE-2026-53249.patch" >"$work/other.patch"
expect "[build.fix-does-not-apply]" watch explain CVE-2026-53249 --target "$release" --fix "$work/other.patch" --dry-build
also "not as the fix stands"
# Its lines are not there, and yet nothing is open: the compiled code is the same.
cat >"$work/same.patch" <<'TEXT'
--- a/fs/proc/cmdline.c
+++ b/fs/proc/cmdline.c
@@ -6,5 +6,5 @@
 
-static int cmdline_proc_show(struct seq_file *m, void *v)
+static int cmdline_proc_show(struct seq_file *m, void *unused)
 {
 	seq_puts(m, saved_command_line);
 	seq_putc(m, '\n');
TEXT
expect "CVE-2026-43074 for $release: affected" watch explain CVE-2026-43074 --target "$release" --fix "$work/same.patch"
expect "CVE-2026-43074 for $release: not_affected (vulnerable_code_not_present)" \
  watch explain CVE-2026-43074 --target "$release" --fix "$work/same.patch" --dry-build
also "[build.nothing-changed]"
# Nothing is at hand: that is no verdict.
expect "unknown: no diff of the fix is at hand [watch.no-diff]" watch explain CVE-2026-43074 --target "$release" --dry-build
never "cannot be live patched"
# Who does not ask is told nothing.
expect '"live_patch": null' watch explain CVE-2026-53249 --target "$release" --json

# All of them, with the commits of a clone: of two, the one that is for this source.
expect "CVE-2026-53249" watch affected --target "$release" --code "$work/clone" --dry-build
also "LIVE PATCH"
also "needs_author delta.data-changed"
also "unknown watch.no-diff"
[ "$(sed -n 's/^\(CVE-[0-9-]*\).*/\1/p' "$work/out" | head -n 1)" = CVE-2026-53249 ] ||
  { cat "$work/out"; echo "what can be patched is not first" >&2; exit 1; }
expect "yes, with commit $(echo "$own" | cut -c1-12)" watch explain CVE-2026-53249 --target "$release" --code "$work/clone" --dry-build

# Without its compiler nothing can be built. What is known already is still known; the rest is no verdict.
target=$(basename "$(dirname "$(grep -l "\"$release\"" "$work"/store/targets/*/target.json)")")
rm "$work/store/targets"
mkdir -p "$work/store/targets/$target"
for part in "$SUTURE_STORE/targets/$target"/*; do ln -s "$part" "$work/store/targets/$target/"; done
rm "$work/store/targets/$target/target.json"
python3 -c 'import json, sys
target = json.load(sys.stdin)
target.update({"compiler": "gcc-none", "build_root": ""})
json.dump(target, sys.stdout)' <"$SUTURE_STORE/targets/$target/target.json" >"$work/store/targets/$target/target.json"
expect "yes, with CVE-2026-53249.patch" explain CVE-2026-53249 CVE-2026-53249
expect "[delta.data-changed]" explain CVE-2026-53238 CVE-2026-53238
expect "unknown, with CVE-2026-43074-headless.patch" explain CVE-2026-43074 CVE-2026-43074-headless
also "[target.compiler-"
never "cannot be live patched"

# A damaged answer is none.
find "$work/store/cache" -type f | while read -r file; do echo damaged >"$file"; done
expect "unknown, with CVE-2026-53249.patch" explain CVE-2026-53249 CVE-2026-53249

[ -z "$(ls "$work/tmp")" ] || { ls -la "$work/tmp"; echo "builds left something behind" >&2; exit 1; }
