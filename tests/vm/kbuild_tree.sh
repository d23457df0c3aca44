#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Puts together, of links, a folder in which the kernel's own build makes modules for a target:
#   kbuild_tree.sh SUTURE TARGET FOLDER, then make -C FOLDER M=...
# What distributions install is in several packages, whose files name the places where they would be.
set -eu
[ $# = 3 ]
path() { "$suture" target show "$target" --store "$SUTURE_STORE" | sed -n "s/^$1  *//p"; }
suture=$1
target=$2
folder=$3
mkdir -p "$folder"
for part in "common headers" headers; do
  from=$(cd "$(path "$part")" && pwd)
  cp -as --remove-destination "$from/." "$folder/"
done
for part in scripts tools; do
  rm -rf "${folder:?}/$part"
  cp -as "$(cd "$(path kbuild)" && pwd)/$part" "$folder/$part"
done
rm -f "$folder/Makefile" "$folder/.kernelvariables"
cp "$(path "common headers")/Makefile" "$folder/Makefile"
