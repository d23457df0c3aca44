#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The stop-machine engine itself, with patch modules that no builder made:
#   by_hand.sh PROGRAMS [TARGET FOLDER]; FOLDER is where the target was built, if it is none of a distribution.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
SUTURE_RELEASE=${2:-$SUTURE_RELEASE}
kbuild=${3:-$work/kbuild}
[ $# -gt 2 ] || tests/vm/kbuild_tree.sh "$bin/suture" "$SUTURE_RELEASE" "$kbuild"

# Makes the modules of a folder of ours where nothing else lies.
modules() { # FOLDER
  cp -r "$1" "$work/${1##*/}.made"
  make -C "$kbuild" M="$work/${1##*/}.made" CC=gcc-12 SUTURE_KMOD="$PWD/kmod" \
    SUTURE_BUILD_ID="$(target_path build-id)" modules >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
ls kmod/*.c >/dev/null
mkdir "$work/engine"
cp kmod/*.[ch] "$work/engine"
cp kmod/Kbuild "$work/engine" 2>/dev/null || cp kmod/Makefile "$work/engine"
modules "$work/engine"
modules tests/vm/kmod
for module in "$work"/engine.made/suture.ko "$work"/kmod.made/*.ko; do
  strip --strip-debug "$module"
  files="$files --file $module"
done
ftrace=no
! grep -q '^CONFIG_FUNCTION_TRACER=y' "$(target_path config)" || ftrace=yes
# shellcheck disable=SC2086 # a list of words
machine --script tests/vm/by_hand.guest.sh $files --env FTRACE=$ftrace --memory 512 --timeout 900 --cpus 2
