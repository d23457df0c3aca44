#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install_packages.sh FOLDER: the packages of the lock file, and the programs here that use them, in FOLDER. The lock
# file's hashes decide what is installed; once it is, no network is needed any more.
set -eu
here=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
command -v npm >/dev/null || { echo "install_packages.sh: npm is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
exec 9>lock
flock 9
cp "$here/package.json" "$here/package-lock.json" "$here"/*.mjs "$here"/scanners/*.mjs "$here"/oidc/*.mjs .
cmp -s package-lock.json installed && exit 0
install_packages() { timeout 100 npm ci --no-audit --no-fund --ignore-scripts; }
install_packages || install_packages
cp package-lock.json installed
