#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# delta.sh SUTURE PAIRS: `suture delta` on real pairs of objects, as its page says: exit status, what nm finds
# in the object written, and what is said when none is.
set -eu
suture=$1
pairs=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

wrong() { # NAME SENTENCE
  echo "$1: $2"
  [ ! -s "$folder/err" ] || sed 's/^/  | /' "$folder/err"
  status=1
}

# Exit status of suture delta, which left $folder/out.o, out and err.
delta() { # ARGUMENT...
  code=0
  rm -f "$folder/out.o"
  "$suture" delta "$@" -o "$folder/out.o" >"$folder/out" 2>"$folder/err" || code=$?
  if [ $code != 0 ] && [ -n "$(find "$folder" -name '*out.o*')" ]; then wrong "$*" "it exited with $code, but wrote a file"; fi
}

# The sizes in a .env file are those that the peer takes from its environment.
entry_sizes() { # NAME
  [ ! -f "$pairs/$1.env" ] || sed -n 's/^JUMP_STRUCT_SIZE=/--entry-size jump_entry=/p' "$pairs/$1.env"
}

pair() { # NAME EXPECTED-EXIT [NUMBER-OF-FUNCTIONS]
  patched=$pairs/$1.PATCHED.o
  [ -f "$patched" ] || patched=$pairs/$1.PATCHED.FAIL.o
  # shellcheck disable=SC2046 # words
  delta "$pairs/$1.ORIG.o" "$patched" $(entry_sizes "$1")
  if [ $code != "$2" ]; then wrong "$1" "exit status $code instead of $2"; return; fi
  if [ "$2" = 0 ]; then
    readelf -Ws "$folder/out.o" >/dev/null 2>"$folder/err" || wrong "$1" "readelf does not read what was written"
    [ ! -s "$folder/err" ] || wrong "$1" "readelf complains"
    functions=$(nm "$folder/out.o" | grep -ci ' t ') || true
    if [ -n "${3:-}" ] && [ "$functions" != "$3" ]; then wrong "$1" "$functions functions instead of $3"; nm "$folder/out.o"; fi
  elif [ "$2" = 4 ]; then
    grep -q '\[delta\.[a-z-]*\]' "$folder/err" || wrong "$1" "no reason code"
  fi
}

# The numbers that the peer's own tests ask for.
pair bug-table-section 0 1
pair cmdline-ubsan 0 2
pair cold-add 0 2
pair cold-change-parent 0 1
pair convert-global-local 0 1
nm "$folder/out.o" | grep -q ' t __kmalloc$' || wrong convert-global-local "__kmalloc is not local"
pair data-new 0 1
pair data-read-mostly 0 1
pair fixup-section 0 1
pair function-ptr-new 0 2
pair gcc-constprop 0 1
pair gcc-static-local-var-3 0 2
pair jump-label-issue-946 0
pair meminfo-init 4
pair meminfo-string 0 1
pair new-function 0 2
pair smp-locks-section 0 1
pair special-static 0 2
pair static-call-pr-1315 0 3
pair tracepoints-section 0 1
pair warn-detect 3

for original in "$pairs"/*.ORIG.o; do
  name=$(basename "$original" .ORIG.o)
  grep -q "^pair $name " "$0" || wrong "$name" "this pair is not tested"
  delta "$original" "$original"
  [ $code = 3 ] || wrong "$name" "between the object and itself: exit status $code instead of 3"
done
exit $status
