#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# page.sh SUTURE SERVER FOLDER [ARGUMENT...]: what a person does on the page, in a real browser against a real server.
# Packages and screenshots are in FOLDER; further arguments are Playwright's.
set -eu
here=$(dirname "$(realpath "$0")")
SUTURE=$(realpath "$1")
SUTURE_SERVER=$(realpath "$2")
export SUTURE SUTURE_SERVER PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
mkdir -p "$3"
cd "$3"
shift 3
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "page.sh: chromium is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
exec 9>lock
flock 9
rm -f ./*.ts
cp "$here"/*.ts "$here/package.json" "$here/package-lock.json" "$here/.npmrc" .
install_packages() { timeout 100 npm ci --no-audit --no-fund --ignore-scripts --loglevel=error; }
if ! cmp -s package-lock.json installed; then
  install_packages || install_packages
  cp package-lock.json installed
fi
exec node_modules/.bin/playwright test "$@"
