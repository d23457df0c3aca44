#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Patches that are bad on purpose, each in another way, are found out by the machine that is to qualify them, and cannot
# be published; a good one passes with each engine, up from the level before and down again. (The demo qualifies one with
# a module.) Of the bad ones, three are tried with both engines: one of them holds up each engine in its own way, two are
# found out quickly. The others are for one engine each, which keeps this short: what finds them is the same.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build_bad() { # NAME ENGINES FOLDER
  "$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --fix "tests/data/bad-fixes/$1.patch" \
    --engine "$2" --output "$3" >"$work/log" || { cat "$work/log"; exit 1; }
}
for fix in tests/data/bad-fixes/*.patch; do
  name=$(basename "$fix" .patch)
  case $name in
    slow) build_bad "$name" klp,stopmachine "$work/slow" ;;
    crashes | never-goes) build_bad "$name" klp "$work/all/$name" ;;
    keeps-a-lock | warns) build_bad "$name" stopmachine "$work/all/$name" ;;
    *) build_bad "$name" klp,stopmachine "$work/all/$name" ;;
  esac
done
build 1 CVE-2026-53249 >/dev/null
build 2 CVE-2026-53249 CVE-2026-98655 >/dev/null
"$bin/suture" repo init "$work/repository" --keys "$work/keys" >/dev/null

qualify() { # OPTION...
  "$bin/suture" qualify --store "$SUTURE_STORE" --probe tests/data/probes --key "$work/keys/qualifier.pem" --times 2 "$@"
}
publish() { # FOLDER OPTION...
  "$bin/suture" publish "$@" --repository "$work/repository" --keys "$work/keys"
}

# Most of the time these wait for something that never comes: three machines at a time.
qualify --all "$work/all" --machines 3 --timeout 150 --html "$work/report.html" --json >"$work/bad.json" &&
  { echo "FAIL: all are said to be qualified"; exit 1; }
qualify "$work/slow" --engine klp --json >"$work/slow.json" &
slow=$!
good=yes
qualify "$work/level2" --previous "$work/level1" --json >"$work/good.json" || good=no
wait "$slow" || { cat "$work/slow.json"; exit 1; }
[ $good = yes ] || { cat "$work/good.json"; exit 1; }

# What is said of each, by step and text.
python3 - "$work/bad.json" "$work/slow.json" "$work/good.json" <<'PYTHON'
import json, os, sys
def predicates(file):
    return {os.path.basename(p["patchset"]): p["statement"]["predicate"] for p in json.load(open(file))["patchsets"]}
wanted = {  # with each engine, a failure, by its beginning and a part of it
    "crashes": {"klp": ("patch: kernel oops", "NULL pointer dereference")},
    "warns": {"stopmachine": ("patch: kernel warning", "ip_options_get")},
    "keeps-a-lock": {"stopmachine": ("patch: CVE-2026-53249", "ip_options_get")},
    "never-settles": {"klp": ("patch: its transition ends", "khungtaskd"),
                      "stopmachine": ("patch: it loads", "khungtaskd")},
    "never-goes": {"klp": ("suspended processes: it is disabled", "suture_never_returns")},
    "leaves-the-hole": dict.fromkeys(("klp", "stopmachine"), ("patch: CVE-2026-53249", "found:  open")),
    "keeps-the-module-out": dict.fromkeys(("klp", "stopmachine"), ("the module vsock: vsock is loaded late", "busy")),
}
bad = predicates(sys.argv[1])
wrong = []
for name, failures in wanted.items():
    found = bad.pop(name)
    said = found["failures"]
    if {c["engine"] for c in found["checks"]} != set(failures): wrong.append(name + " was tried with other engines")
    for engine, (beginning, part) in failures.items():
        good = any(s.startswith(f"{engine}: {beginning}") and part in s for s in said)
        print("pass" if good else "FAIL", name, engine, said[:3])
        if not good: wrong.append(f"{name} with {engine}")
slow = predicates(sys.argv[2])["slow"]
reported = [c["name"] for c in slow["checks"] if c["outcome"] == "reported"]
if slow["failures"] or not any("times as many instructions" in r for r in reported): wrong.append(f"slow: {slow['failures']} {reported}")
found = predicates(sys.argv[3])["level2"]
for engine in "klp", "stopmachine":
    checks = [c for c in found["checks"] if c["engine"] == engine]
    steps = {c["step"] for c in checks}
    for step in "up from the level before", "the level before", "processors", "suspended processes", "tracing under the patch", "cost":
        if step not in steps: wrong.append(f"no step {step} with {engine}")
    if not any("BPF program is attached" in c["name"] for c in checks): wrong.append("no BPF program with " + engine)
# The syscall's 32-bit entry is replaced, too, and nobody calls it: that is said.
ran = {"vmlinux:__x64_sys_perf_event_open", "vmlinux:ip_options_get"}
if set(found["functions"]["ran"]) != ran or not found["functions"]["never_ran"]: wrong.append(str(found["functions"]))
print("good:", len(found["checks"]), "checks in", round(found["seconds"]), "s")
sys.exit(f"FAIL: {wrong} {list(bad)}" if wrong or bad else 0)
PYTHON
grep -q '<td class="failed">failed</td>' "$work/report.html"

# Only what passed is published, or what somebody answers for.
refused() { # CODE FOLDER
  publish "$2" >"$work/log" 2>&1 && { echo "FAIL: $2 was published"; exit 1; }
  grep -qF "[$1]" "$work/log" || { cat "$work/log"; exit 1; }
}
refused publish.not-qualified "$work/level1"
refused publish.qualification-failed "$work/all/warns"
refused publish.engine-untried "$work/slow"
publish "$work/level2"
publish "$work/all/warns" --channel canary --unqualified "a test of the override"
"$bin/suture" inspect "$work/all/warns" | grep "published without a qualification: a test of the override"
"$bin/suture" repo list "$work/repository" --json | grep -q '"qualified": false'

# A run that is repeated keeps what is known.
qualify "$work/level2" --previous "$work/level1" | grep -q kept
