#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# kmod_make.sh RELEASE: suture.ko is built as kernel developers build a module, by `make` with a kernel's packages of
# headers. modpost then looks at it, too, and what it warns of is a mistake. SUTURE is the program, SUTURE_STORE the
# store of targets.
set -eu

release=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
path() { "$SUTURE" target show "$release" --store "$SUTURE_STORE" | sed -n "s/^$1  *//p"; }

# The packages' files name each other by where they would be installed.
headers=$(path headers)
common=$(path "common headers")
kbuild=$(path kbuild)
cp -r "$headers" "$work/build"
rm -f "$work/build/scripts" "$work/build/tools"
ln -s "$kbuild/scripts" "$work/build/scripts"
ln -s "$kbuild/tools" "$work/build/tools"
echo "include $common/Makefile" >"$work/build/Makefile"
cp -r "$(dirname "$0")/../../kmod" "$work/kmod"

make -C "$work/kmod" KDIR="$work/build" KCFLAGS=-Werror >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cat "$work/log"
! grep -i warning "$work/log"
[ "$(modinfo -F vermagic "$work/kmod/suture.ko" | cut -d ' ' -f 1)" = "$release" ]
make -C "$work/kmod" KDIR="$work/build" clean
[ ! -e "$work/kmod/suture.ko" ]
