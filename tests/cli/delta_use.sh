#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# delta_use.sh SUTURE PAIRS: options, symbols, errors and JSON of `suture delta`.
set -eu
suture=$1
pairs=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
old=$pairs/meminfo-string.ORIG.o
new=$pairs/meminfo-string.PATCHED.o

# expect STATUS WORD ARGUMENT...: the exit status, and a word of what is printed.
expect() {
  wanted=$1
  word=$2
  shift 2
  code=0
  rm -f "$folder/out.o"
  "$suture" delta "$@" >"$folder/out" 2>"$folder/err" || code=$?
  if [ $code != "$wanted" ] || ! cat "$folder/out" "$folder/err" | grep -q -e "$word"; then
    echo "suture delta $*: exit status $code instead of $wanted, or it does not say '$word', but:"
    sed 's/^/  | /' "$folder/out" "$folder/err"
    status=1
  fi
  if [ "$wanted" != 0 ] && [ -e "$folder/out.o" ]; then echo "suture delta $*: wrote a file"; status=1; fi
}

# Alone, the small program still makes deltas, and says what it misses for all else; with suture-host or suture-all
# where packages install them, it has a server's commands, or all.
mkdir -p "$folder/alone/bin" "$folder/alone/libexec/suture"
cp "$suture" "$folder/alone/bin/suture"
code=0
"$folder/alone/bin/suture" --version >"$folder/out" 2>&1 || code=$?
if [ $code != 1 ] || ! grep -q 'start suture-all' "$folder/out"; then
  echo "suture without suture-all: exit status $code, and says:"
  cat "$folder/out"
  status=1
fi
ln -s "$(realpath "$(dirname "$suture")/suture-host")" "$folder/alone/libexec/suture/suture-host"
"$folder/alone/bin/suture" status --help | grep -q '^Usage: suture status' || { echo "suture-host was not found in libexec"; status=1; }
code=0
"$folder/alone/bin/suture" build --target t out >"$folder/out" 2>&1 || code=$?
if [ $code != 1 ] || ! grep -q 'command.not-installed' "$folder/out"; then
  echo "suture build on a server: exit status $code, and says:"
  cat "$folder/out"
  status=1
fi
"$folder/alone/bin/suture" delta "$old" "$new" -o "$folder/alone/delta.o" >"$folder/out" || status=1
[ -s "$folder/alone/delta.o" ] || { echo "suture alone made no delta"; status=1; }
ln -s "$(realpath "$(dirname "$suture")/suture-all")" "$folder/alone/libexec/suture/suture-all"
"$folder/alone/bin/suture" --version | grep -q '^suture [0-9]' || { echo "suture-all was not found in libexec"; status=1; }

# A wrong command line.
expect 1 required
expect 1 required "$old" "$new"
expect 1 'not expected' "$old" "$new" -o "$folder/out.o" --frob
expect 0 Examples --help
for size in jump_entry jump_entry= jump_entry=x jump_entry=-1 jump_entry=16k jump_entry=0 jump_entry=99999999999999999999 unheard_of=4; do
  expect 1 'delta.wrong-use' "$old" "$new" -o "$folder/out.o" --entry-size $size
done
expect 1 'given twice' "$old" "$new" -o "$folder/out.o" --entry-size bug_entry=12 --entry-size bug_entry=12
expect 1 'no name of a module' "$old" "$new" -o "$folder/out.o" --object drivers/loop.ko

# Sizes which the tables contradict are refused, however large they are.
for name in alt_instr paravirt_patch_site exception_table_entry bug_entry jump_entry static_call_site smp_lock mcount_loc orc_entry orc_unwind_ip; do
  for size in 1 3 8 18446744073709551615 9223372036854775808; do
    for pair in special-static static-call-pr-1315 jump-label-issue-946; do
      code=0
      "$suture" delta "$pairs/$pair.ORIG.o" "$pairs/$pair.PATCHED.o" -o "$folder/out.o" --entry-size $name=$size >"$folder/out" 2>"$folder/err" || code=$?
      case $code in
        0) rm "$folder/out.o" ;;
        1) grep -q 'delta.special-section-shape' "$folder/err" || { cat "$folder/err"; status=1; } ;;
        *) echo "$pair --entry-size $name=$size: exit status $code"; status=1 ;;
      esac
    done
  done
done

# Broken input.
expect 1 'file.unreadable' "$folder/none.o" "$new" -o "$folder/out.o"
head -c 3000 "$new" >"$folder/cut.o"
expect 1 'elf.malformed' "$old" "$folder/cut.o" -o "$folder/out.o"
: >"$folder/empty.o"
expect 1 'elf.malformed' "$folder/empty.o" "$new" -o "$folder/out.o"
expect 1 'elf.malformed' "$0" "$new" -o "$folder/out.o"

# What is written, and that nothing else is.
expect 0 'meminfo_proc_show' "$old" "$new" -o "$folder/out.o"
readelf -SW "$folder/out.o" | grep -q '\.suture\.delta'
[ "$(find "$folder" -name '*out.o*' | wc -l)" = 1 ]
cp "$folder/out.o" "$folder/first.o"
expect 0 '"outcome": "patched"' --json "$old" "$new" -o "$folder/out.o"
cmp "$folder/out.o" "$folder/first.o"
expect 0 '"sympos": null' "$old" "$new" --output "$folder/out.o" --json
# The small program reads the plain form of a command line by itself; suture-all reads any, to the same effect.
all_forms() {
  expect "$@" -o "$folder/out.o"
  expect "$@" --output="$folder/out.o"
  expect "$@" -o"$folder/out.o"
  cmp "$folder/out.o" "$folder/first.o"
}
all_forms 0 'meminfo_proc_show' "$old" "$new"
all_forms 0 '"outcome": "patched"' "$old" "$new" --json
"$(dirname "$suture")/suture-all" delta "$old" "$new" -o "$folder/out.o" >/dev/null
cmp "$folder/out.o" "$folder/first.o"
expect 0 '"unit": "x"' --unit=x "$old" --json "$new" -o "$folder/out.o"
expect 0 '"unit": "x"' "$old" -o "$folder/out.o" --unit x --json "$new"
expect 1 'required' "$old" -o "$folder/out.o"
expect 1 'not expected' "$old" "$new" "$new" -o "$folder/out.o"
expect 0 '"object": "dm_mod"' "$old" "$new" -o "$folder/out.o" --json --object dm-mod
expect 0 '"unit": "meminfo.c"' "$old" "$new" -o "$folder/out.o" --json --unit meminfo.c
expect 3 'nothing changed' "$old" "$old" -o "$folder/out.o"
expect 3 '"outcome": "unchanged"' "$old" "$old" -o "$folder/out.o" --json
expect 4 '\[delta.init-changed\]' "$pairs/meminfo-init.ORIG.o" "$pairs/meminfo-init.PATCHED.FAIL.o" -o "$folder/out.o"
expect 4 '"code": "delta.init-changed"' "$pairs/meminfo-init.ORIG.o" "$pairs/meminfo-init.PATCHED.FAIL.o" -o "$folder/out.o" --json
expect 1 'file.unwritable' "$old" "$new" -o "$0/out.o"

# Symbols: as nm prints them, as the kernel does, with another of that name before, without it, broken.
with_symbols() { expect "$1" "$2" "$old" "$new" -o "$folder/out.o" --json --symbols "$folder/symbols"; }
nm "$old" >"$folder/symbols"
with_symbols 0 '"sympos": 0'
printf 'ffffffff81000000 t meminfo_proc_show\nffffffff81000100 T meminfo_proc_show\n' >"$folder/symbols"
with_symbols 0 '"sympos": 1'
printf 'ffffffff81000000 t meminfo_proc_show\nffffffff81000100 t meminfo_proc_show\n' >"$folder/symbols"
with_symbols 4 'delta.symbol-ambiguous'
printf 'ffffffff81000000 t meminfo_proc_open\n' >"$folder/symbols"
with_symbols 4 'delta.not-in-symbols'
printf 'ffffffff81000000 T _stext\nffffffff81000000 t meminfo_proc_show\nffffffff82000000 T _etext\n' >"$folder/symbols"
with_symbols 4 'delta.symbol-unknown'
printf 'ffffffffc0000000 t meminfo_proc_show\t[meminfo]\n' >"$folder/symbols"
with_symbols 1 'symbols.no-object'
expect 0 '"sympos": 0' "$old" "$new" -o "$folder/out.o" --json --symbols "$folder/symbols" --object meminfo
echo 'Symbol table' >"$folder/symbols"
with_symbols 1 'symbols.malformed'
with_symbols 1 'line 1'
expect 1 'file.unreadable' "$old" "$new" -o "$folder/out.o" --symbols "$folder/none"
exit $status
