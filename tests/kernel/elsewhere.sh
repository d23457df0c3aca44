#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A patchset is built, and built again by somebody else: another user without a home, on another host, in another year and
# time zone, with another umask. The bytes are the same. SUTURE is the program, SUTURE_STORE the store of targets.
set -eu

release=$1 fix=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$SUTURE" build --store "$SUTURE_STORE" --target "$release" --fix "$fix" --output "$work/out"
umask 077
elsewhere() {
  env NO_FAKE_STAT=1 HOME=/nonexistent USER=somebody LOGNAME=somebody TZ=Pacific/Auckland LANG=C.UTF-8 \
    faketime '2031-03-01 12:00:00' \
    bwrap --dev-bind / / --unshare-user --uid 12345 --gid 12345 --unshare-uts --hostname elsewhere "$@"
}
[ "$(elsewhere sh -c 'echo $(id -u) $(hostname) $(date +%Y)')" = "12345 elsewhere 2031" ]
elsewhere "$SUTURE" rebuild --store "$SUTURE_STORE" "$work/out"
# It would tell.
printf '\0' >>"$work/out/suture_1.ko"
! elsewhere "$SUTURE" rebuild --store "$SUTURE_STORE" "$work/out"
