#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh FOLDER: checks the page's types and bundles it, in FOLDER; what the server takes is in FOLDER/out. The lock
# file's hashes decide which packages are installed; once they are, no network is needed any more.
set -eu
here=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
rm -rf src test out
cp -r "$here/src" "$here/test" "$here/build.mjs" "$here/index.html" "$here/icon.svg" "$here/package.json" "$here/package-lock.json" \
  "$here/.npmrc" "$here/tsconfig.json" .
install_packages() { timeout 200 npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >npm.log 2>&1; }
if ! cmp -s package-lock.json installed; then
  install_packages || install_packages || { cat npm.log >&2; exit 1; }
  cp package-lock.json installed
fi
node_modules/.bin/tsc --project .
node build.mjs out >files
node_modules/.bin/esbuild test/pure.test.ts --bundle --platform=node --format=esm --outfile=pure.test.mjs --log-level=error
