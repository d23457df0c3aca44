#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How `suture delta` does beside create-diff-object, the peer: time, memory, and what each refuses, on the same pairs in
# one run, the two by turns. Figures depend on the machine; no test looks at them.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: bench/delta.sh --peer CREATE-DIFF-OBJECT [--pairs FOLDER] [--rounds N] [--symbols VMLINUX]
                      [--env 'NAME=VALUE...'] [--list FILE] [--build FOLDER]

  --peer     the built create-diff-object of the public repository dynup/kpatch (README.md there says how)
  --pairs    folder with NAME.ORIG.o and NAME.PATCHED.o; default: those of the golden tests
  --rounds   how often each pair is run by each (default 5); the fastest counts
  --symbols  an ELF file with the symbols of the kernel that runs; default: of each pair, its own original's
  --env      struct sizes that the peer wants from its environment, where they differ from those below
  --list     write one line for each pair there: name, bytes, outcomes, times, memory
  --build    folder of the release build (default: build/release)
TEXT
}

peer='' pairs=tests/golden/kpatch-x86_64 rounds=5 symbols='' list=/dev/null build=build/release
sizes='PARA_STRUCT_SIZE=16 EX_STRUCT_SIZE=12 BUG_STRUCT_SIZE=12 ALT_STRUCT_SIZE=13 JUMP_STRUCT_SIZE=24 ORC_STRUCT_SIZE=6
STATIC_CALL_STRUCT_SIZE=8 PRINTK_INDEX_STRUCT_SIZE=44 CONFIG_PRINTK_INDEX=y CONFIG_PARAVIRT=y CONFIG_UNWINDER_ORC=y'
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --peer | --pairs | --rounds | --symbols | --env | --list | --build)
      [ $# -gt 1 ] || { usage >&2; exit 2; }
      case $1 in
        --peer) peer=$2 ;;
        --pairs) pairs=$2 ;;
        --rounds) rounds=$2 ;;
        --symbols) symbols=$2 ;;
        --env) sizes="$sizes $2" ;;
        --list) list=$2 ;;
        --build) build=$2 ;;
      esac
      shift 2
      ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ -n "$peer" ] || { usage >&2; exit 2; }
for program in "$peer" "$build/bin/suture"; do
  [ -x "$program" ] || { echo "bench/delta.sh: there is no program $program" >&2; exit 1; }
done
[ -x "$build/bin/bench_delta" ] || cmake --build "$build" --target bench_delta >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tables() { # ELF NAME: the symbols as the peer wants them, and as we do
  readelf -s --wide "$1" >"$work/$2.symtab"
  nm "$1" >"$work/$2.nm"
}
[ -z "$symbols" ] || tables "$symbols" all
for original in "$pairs"/*.ORIG.o; do
  name=$(basename "$original" .ORIG.o)
  patched=$pairs/$name.PATCHED.o
  [ -e "$patched" ] || patched=$pairs/$name.PATCHED.FAIL.o
  [ -e "$patched" ] || continue
  table=all
  if [ -z "$symbols" ]; then
    tables "$original" "$name"
    table=$name
  fi
  own=$(cat "$pairs/$name.env" 2>/dev/null || true)
  # shellcheck disable=SC2086 # words
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$original" "$patched" "$work/$table.nm" "$work/$table.symtab" \
    "$(echo $sizes $own)" >>"$work/pairs"
done
"$build/bin/bench_delta" "$build/bin/suture" "$peer" "$rounds" "$work/pairs" "$work/out" "$list"
