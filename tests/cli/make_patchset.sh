#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# make_patchset.sh FOLDER LEVEL [BUILD_ID]: a folder as `suture build` leaves it, without a kernel: its modules, for two
# engines, are lines of text. To `suture publish --unqualified REASON`, all that counts is that the manifest names them.
set -eu
folder=$1
level=$2
build_id=${3:-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
name=suture_$level
mkdir -p "$folder"
echo "module of level $level for $build_id" >"$folder/$name.ko"
echo "module of level $level for another engine, for $build_id" >"$folder/suture_stop_$level.ko"
echo "that engine for $build_id" >"$folder/suture.ko"
file() { # NAME: what the manifest says of a file
  sha256=$(sha256sum "$folder/$1")
  echo "\"file\": \"$1\", \"sha256\": \"${sha256%% *}\", \"size\": $(wc -c <"$folder/$1")"
}
cat >"$folder/patchset.json" <<JSON
{
  "format": 2,
  "target": {
    "distribution": "debian",
    "release": "6.1.0-47-cloud-amd64",
    "version": "6.1.170-3",
    "architecture": "x86_64",
    "build_id": "$build_id"
  },
  "level": $level,
  "modules": [
    {"engine": "klp", "name": "$name", $(file "$name.ko")},
    {
      "engine": "stopmachine", "name": "suture_stop_$level", $(file "suture_stop_$level.ko"),
      "engine_module": {$(file suture.ko), "abi": 1}
    }
  ],
  "fixes": [
    {
      "name": "CVE-2026-53249",
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
      "cves": ["CVE-2026-53249"]
    }
  ],
  "objects": [],
  "risks": [],
  "tool": "suture of a test"
}
JSON
