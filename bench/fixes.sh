#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real fixes, one at a time: each is built for the stock kernel and then, in a virtual machine under load, loaded,
# probed, taken back and removed, with either engine; or it is refused, for the reason that is listed below.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: bench/fixes.sh [--store FOLDER] [--keep FOLDER] [--markdown FILE] [FIX...]

Builds each fix of tests/data/fixes by itself, and tries all that could be built in one virtual machine. Exit status 0:
everything came out as listed in this script, and the kernel did not complain.

  --store     the target store (default: $SUTURE_STORE, or build/store); the target is added when it is not there
  --keep      keep what was built there, and take what is there instead of building it anew
  --markdown  write the results as a page; only of all fixes
  FIX         names, as CVE-2026-53249: just these

examples:
  bench/fixes.sh --markdown docs/results/fixes.md
  bench/fixes.sh --keep /tmp/fixes CVE-2026-53249 CVE-2026-46234
TEXT
}

# What is expected: name, module to load first, "patched" or the reason code of the refusal, probe.
fixes() {
  cat <<'TEXT'
CVE-2026-53249 vmlinux patched CVE-2026-53249
CVE-2026-53236 vmlinux patched CVE-2026-53236
CVE-2026-46234 vsock patched CVE-2026-46234
CVE-2026-53074 vmlinux patched CVE-2026-53074
CVE-2026-43099 vmlinux patched -
CVE-2026-46132 vmlinux patched -
CVE-2026-53352 vmlinux patched -
CVE-2026-53004 sctp patched CVE-2026-53004
CVE-2026-31673 unix_diag patched -
CVE-2026-31684 act_csum patched -
CVE-2026-46294 dm_mod patched -
netem-validate-slot sch_netem patched netem-validate-slot
CVE-2026-98655 vmlinux patched CVE-2026-98655
CVE-2026-53050 vmlinux patched -
CVE-2026-53238 vmlinux delta.data-changed -
CVE-2026-64422 vmlinux delta.data-changed -
CVE-2026-43074 vmlinux delta.layout-changed -
ptrace-get_dumpable vmlinux delta.layout-changed -
TEXT
}

# The same for what authors made of those that are refused.
variants() {
  cat <<'TEXT'
CVE-2026-53238-callback vmlinux patched netlabel
tcp-reordering-unsigned vmlinux patched tcp_reordering
CVE-2026-43074-headless vmlinux patched -
ptrace-get_dumpable-shadow vmlinux patched zombie
ptrace-get_dumpable-padding vmlinux patched zombie
TEXT
}

# Why a refusal holds, or why there is no probe.
reason() { # NAME
  case $1 in
    CVE-2026-43099) echo "no probe: it needs a machine booted without IPv6, and crashes that before the fix" ;;
    CVE-2026-46132) echo "no probe: what leaks is told of virtual functions, which only a network card with SR-IOV has" ;;
    CVE-2026-53352) echo "no probe: a race of a stopping task; the function runs whenever a program with threads ends" ;;
    CVE-2026-31673) echo "no probe: a race between unix_diag and a socket that is being bound" ;;
    CVE-2026-31684) echo "no probe: it reads beyond a short packet, which changes nothing that can be relied on" ;;
    CVE-2026-46294) echo "no probe: before the fix, the kernel writes beyond a buffer" ;;
    CVE-2026-53050) echo "no probe: a race between scans of disk quotas" ;;
    CVE-2026-53238) echo "right: a table that the running kernel points to changes in four entries of two words each, which no one write can switch; see CVE-2026-53238-callback" ;;
    CVE-2026-64422) echo "right: the same, of a table of which each network namespace holds a copy; see tcp-reordering-unsigned, which is the part that one word can do" ;;
    CVE-2026-43074) echo "right: objects of the old size live on, and new code would write behind their end; see CVE-2026-43074-headless" ;;
    ptrace-get_dumpable) echo "right: bits of tasks that are alive would have to move; see ptrace-get_dumpable-padding, where the new bit stands behind them, and ptrace-get_dumpable-shadow" ;;
    CVE-2026-43074-headless) echo "no probe: a use after free in a race; event polls are made and freed under each patch" ;;
  esac
}

fail_usage() { usage >&2; exit 2; }
store=${SUTURE_STORE:-$PWD/build/store} keep='' markdown='' only=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --store | --keep | --markdown)
      [ $# -gt 1 ] || fail_usage
      case $1 in
        --store) store=$2 ;;
        --keep) keep=$2 ;;
        --markdown) markdown=$2 ;;
      esac
      shift
      ;;
    -*) fail_usage ;;
    *)
      { fixes; variants; } | cut -d' ' -f1 | grep -qxF -e "$1" || { echo "bench/fixes.sh: no fix $1 is listed" >&2; exit 2; }
      only="$only $1"
      ;;
  esac
  shift
done
[ -z "$only" ] || [ -z "$markdown" ] || fail_usage

missing=
for tool in qemu-system-x86_64 stress-ng patch make; do
  command -v $tool >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { echo "bench/fixes.sh: not installed:$missing; scripts/setup.sh --test installs all" >&2; exit 5; }
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
bin=$PWD/build/release/bin
programs="suture suture-all suture-vm suture-guest author probes"
for program in ${programs% probes} probe-CVE-2026-53249; do [ -x "$bin/$program" ] || missing=$program; done
if [ -n "$missing" ]; then
  echo "bench/fixes.sh: building $programs" >&2
  cmake --preset release >/dev/null
  # shellcheck disable=SC2086 # a list of words
  cmake --build --preset release --target $programs >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
[ -n "$keep" ] || keep=$work/built
mkdir -p "$keep" "$work/modules"
"$bin/suture" target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$store" >"$work/out" 2>&1 ||
  { cat "$work/out" >&2; exit 1; }
target_path() { "$bin/suture" target show "$SUTURE_RELEASE" --store "$store" | sed -n "s/^$1  *//p"; }

seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'; }

# Leaves a line "OUTCOME SECONDS" in $keep/NAME.outcome: "patched", a reason code, or "failed".
build() { # NAME
  outcome=$keep/$1.outcome
  if [ -e "$outcome" ] && [ -z "$(find "tests/data/fixes/$1.patch" "$bin/suture-all" -newer "$outcome")" ]; then return; fi
  rm -rf "${keep:?}/$1" "$outcome"
  start=$(date +%s.%N)
  if "$bin/suture" build --store "$store" --target "$SUTURE_RELEASE" --fix "tests/data/fixes/$1.patch" \
    --output "$keep/$1" >"$keep/$1.said" 2>&1; then
    code=patched
  else
    code=$(sed -n 's/^suture: .*\[\([a-z-]*\.[a-z-]*\)\]$/\1/p' "$keep/$1.said" | head -n 1)
  fi
  echo "${code:-failed} $(seconds_since "$start")" >"$outcome"
}

# First all are built: as listed, "FIX MODULE WANTED PROBE".
{ fixes; variants; } | while read -r name rest; do
  case " ${only:-$name} " in *" $name "*) echo "$name $rest" ;; esac
done >"$work/list"
total=$(wc -l <"$work/list")
number=0
while read -r name module wanted probe; do
  number=$((number + 1))
  build "$name" </dev/null
  read -r outcome took <"$keep/$name.outcome"
  printf '[%2d/%d] %-28s %-22s %6.1f s\n' $number "$total" "$name" "$outcome" "$took" >&2
  if [ "$outcome" != patched ]; then continue; fi
  cp "$keep/$name/suture_1.ko" "$work/modules/$name.ko"
  cp "$keep/$name/suture_stop_1.ko" "$work/modules/$name.stop.ko"
  cp "$keep/$name/suture.ko" "$work/suture.ko"
  echo "$name $module $probe" >>"$work/fixes.list"
done <"$work/list"

# Then they are tried, in one machine. A complaint of the kernel from before the script began, a stall on a busy host
# for one, is nothing that a patch did: then the machine is started again.
begins_late() { # the first fault that suture-vm names stands behind the script's first line
  fault=$(sed -n 's/^kernel [a-z-]*: //p' "$work/machine" | head -n 1)
  awk -v fault="$fault" '/suture-fixes: begin/ { late = 1 } index($0, fault) { exit } END { exit !late }' \
    "$work/console.log"
}
try() {
  options=
  for module in $(cut -d' ' -f2 "$work/fixes.list" | sort -u); do
    [ "$module" = vmlinux ] || options="$options --have-module $module"
  done
  for program in "$bin/suture-guest" "$bin/author" "$bin"/probe-*; do options="$options --program $program"; done
  options="$options --file tests/vm/guest/probe.sh --folder tests/data/probes"
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" $options \
    --program "$(command -v stress-ng)" --file "$work/fixes.list" --file "$work/suture.ko" --folder "$work/modules:/root/fixes" --memory 768 \
    --timeout 6000 --script bench/fixes.guest.sh --junit "$work/checks.xml" --log "$work/console.log" \
    >"$work/machine" 2>&1
}
machine=0
if [ -e "$work/fixes.list" ]; then
  for _ in 1 2 3; do
    echo "trying $(wc -l <"$work/fixes.list") patches in a virtual machine" >&2
    machine=0
    try || machine=$?
    [ $machine = 3 ] && ! begins_late || break
  done
  if [ $machine != 0 ]; then
    mkdir -p build/test
    cp "$work/console.log" "$work/checks.xml" build/test/ 2>/dev/null || true
    grep -E '^(fail|kernel|FAILED)' "$work/machine" >&2 || cat "$work/machine" >&2
    echo "bench/fixes.sh: the machine failed ($machine); its log and checks are in build/test" >&2
  fi
fi

# Seconds that a fix took with an engine, or "failed".
time_of() { # FIX ENGINE
  awk -F'"' -v fix="$1 $2" '/<testcase/ && $2 == fix { if (/<failure/) bad = 1; if ($4 == "in all") t = $6 }
    END { print bad || t == "" ? "failed" : t }' "$work/checks.xml" 2>/dev/null || echo failed
}

# A line for each: fix|object|outcome|seconds to build|with either engine in the machine|probe; and whether all is as it
# should be.
right=yes
while read -r name module wanted probe; do
  read -r outcome took <"$keep/$name.outcome"
  run='-|-'
  said=-
  if [ "$outcome" = patched ]; then
    run="$(time_of "$name" klp)|$(time_of "$name" stopmachine)"
    if [ "${run#*failed}" != "$run" ]; then
      outcome="FAILED in the machine"
      right=no
    else
      [ "$probe" = - ] || said="open → closed → open"
      outcome="patched, loaded, taken back"
    fi
    [ "$wanted" = patched ] || { outcome="$outcome; NOT refused"; right=no; }
  elif [ "$outcome" = "$wanted" ]; then
    outcome="refused: $outcome"
  else
    outcome="REFUSED: $outcome"
    right=no
  fi
  echo "$name|$module|$outcome|$took|$run|$said"
  [ $right = yes ] || : >"$work/wrong"
done <"$work/list" >"$work/rows"
[ $machine = 0 ] || : >"$work/wrong"

echo
{ echo 'FIX|OBJECT|OUTCOME|BUILD s|KLP s|STOP s|PROBE'; cat "$work/rows"; } |
  awk -F'|' '{ printf "%-27s %-10s %-32s %8s %7s %7s  %s\n", $1, $2, $3, $4, $5, $6, $7 }'
count() { grep -c -e "$1" "$2" || true; }
fixes | cut -d' ' -f1 | sed 's/.*/^&|/' >"$work/names"
grep -f "$work/names" "$work/rows" >"$work/rows.fixes" || true
summary="$(wc -l <"$work/rows.fixes") fixes: $(count '|patched, loaded, taken back|' "$work/rows.fixes") patched, tried and \
taken back, $(count '|refused: ' "$work/rows.fixes") refused as is right"
printf '\n%s\n' "$summary"
if [ -e "$work/wrong" ]; then
  echo "bench/fixes.sh: not everything came out as it should" >&2
  exit 1
fi

table() { # ROWS
  echo '| fix | object | outcome | build, s | livepatch, s | stop-machine, s | hole before → under → after the patch |'
  echo '|---|---|---|---:|---:|---:|---|'
  sed 's/|/ | /g; s/^/| /; s/$/ |/; s/refused: \([a-z.-]*\)/refused: `\1`/' "$1"
}
reasons() { # ROWS
  echo
  while IFS='|' read -r name rest; do
    text=$(reason "$name")
    [ -z "$text" ] || echo "- $name: $text."
  done <"$1"
}
if [ -n "$markdown" ]; then
  grep -v -f "$work/names" "$work/rows" >"$work/rows.variants"
  {
    cat <<TEXT
<!-- SPDX-License-Identifier: Apache-2.0 -->
# Real fixes for $SUTURE_RELEASE

Each fix is built by itself for the stock kernel $SUTURE_RELEASE $SUTURE_VERSION. All patches are then tried in one
virtual machine with that kernel, one after another, under load, first with the kernel's livepatch and then with the
stop-machine engine: loaded, waited for, probed, taken back, waited for, removed. The module that a fix is for is loaded before. Connections that check every byte ran through all of it, and the
kernel had nothing to complain about. The command, which wrote this page as well:

    bench/fixes.sh --markdown $markdown

$summary.

TEXT
    table "$work/rows.fixes"
    reasons "$work/rows.fixes"
    echo
    echo 'What authors made of those that are refused ([patch-authors.md](../patch-authors.md)):'
    echo
    table "$work/rows.variants"
    reasons "$work/rows.variants"
    echo
    echo 'Times are of one run on a small machine; the virtual one is emulated.'
  } >"$markdown"
fi
