#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# inspect.sh SUTURE OBJECTS: what inspect says about real objects of kernel units, in a pipe and on a terminal.
set -eu
suture=$1
objects=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
escape=$(printf '\033')

fail() {
  echo "$1; it says:"
  cat "$folder/out"
  exit 1
}

run() { # ARGUMENT...
  "$suture" inspect "$@" >"$folder/out" 2>"$folder/err" || {
    cat "$folder/err" >>"$folder/out"
    fail "suture inspect $* fails"
  }
}

says() { grep -q -- "$1" "$folder/out" || fail "there is no '$1'"; }
says_not() { if grep -q -- "$1" "$folder/out"; then fail "there is '$1'"; fi; }

holds() { # EXPRESSION of Perl, on the JSON document $it
  perl -MJSON::PP -0777 -ne 'BEGIN { $claim = shift } $it = decode_json($_); exit !eval $claim' "$1" "$folder/out" ||
    fail "it does not hold that $1"
}

refuses() { # CODE ARGUMENT...
  code=$1
  shift
  if "$suture" inspect "$@" >"$folder/stdout" 2>"$folder/out"; then fail "suture inspect $* does not fail"; fi
  says "\[$code\]"
}

# An object: its functions, variables, entries of the kernel's tables, and what it needs.
run "$objects/bug-table-section.PATCHED.o"
says '^kind  *object'
says '^sysctl_head_grab  *local  *.text.sysctl_head_grab  *[0-9][0-9]* '
says '[1-9] warning'
says 'UNDEFINED'
says '_raw_spin_lock'
says_not "$escape"
run --json "$objects/bug-table-section.PATCHED.o"
holds '$it->{kind} eq "object"'
holds 'grep { $_->{name} eq "sysctl_head_grab" && $_->{size} > 50 } @{$it->{functions}}'
holds 'grep { $_->{special_entries}{__bug_table} } @{$it->{functions}}'
holds 'grep { $_ eq "_raw_spin_lock" } @{$it->{undefined}}'

# One function, by itself.
run "$objects/meminfo-string.PATCHED.o" --function meminfo_proc_show
says 'call   si_meminfo'
says '"VMALLOCCHUNK:   "'
says_not '^+'
run "$objects/meminfo-string.PATCHED.o" --function meminfo_proc_show --syntax intel
says 'mov    rbx, rdi'

# Before and after: in a pipe a unified diff without colours.
compare="$objects/meminfo-string.PATCHED.o --function meminfo_proc_show --original $objects/meminfo-string.ORIG.o"
# shellcheck disable=SC2086 # words
run $compare
says '^--- .*ORIG.o, [0-9]* bytes$'
says '^-.*"VmallocChunk:'
says '^+.*"VMALLOCCHUNK:'
says '^@@ [0-9]* the same @@$'
says '^instructions: 1 changed, 0 removed, 0 added, [0-9]* the same$'
says_not "$escape"
# shellcheck disable=SC2086
run $compare --whole
says '^ .*call   si_meminfo'
says_not '^@@'
# shellcheck disable=SC2086
run $compare --json
holds '@{$it->{functions}} == 1 && $it->{functions}[0]{name} eq "meminfo_proc_show"'
holds 'length(join "", map { $_->{bytes} } @{$it->{functions}[0]{lines}}) == 2 * $it->{functions}[0]{after}{size}'
holds '(grep { $_->{status} ne "same" } @{$it->{functions}[0]{lines}}) == 1'
holds 'grep { $_->{status} eq "changed" && $_->{text} =~ /"VMALLOCCHUNK/ && $_->{before}{text} =~ /"VmallocChunk/ }
  @{$it->{functions}[0]{lines}}'

# The part that the compiler moved away comes along.
run "$objects/cold-add.PATCHED.o" --function meminfo_proc_open --original "$objects/cold-add.ORIG.o"
says '^meminfo_proc_open.cold.0$'
grep -q 'note: meminfo_proc_open.cold.0 is new' "$folder/err" || fail 'there is no note'

# What cannot be shown is said, with a way out.
refuses inspect.no-function "$objects/meminfo-string.PATCHED.o" --function meminfo_proc_shw
says 'it has meminfo_proc_show'
refuses elf.malformed "$0"
refuses target.not-in-store "$objects/meminfo-string.PATCHED.o" --function meminfo_proc_show --store "$folder" \
  --target 6.1.0-1-amd64

# On a terminal: colours, and two columns where there is room.
command -v script >/dev/null || exit 0
on_terminal() { # COLUMNS
  script -qec "COLUMNS=$1 '$suture' inspect $compare" /dev/null </dev/null >"$folder/out"
}
on_terminal 160
says "$escape\\[33m"
says "before: .*│.* after: "
says 'VmallocChunk.*~.*VMALLOCCHUNK'
on_terminal 80
says "$escape\\[31m-"
says "$escape\\[32m+"
says_not 'VmallocChunk.*VMALLOCCHUNK'
