#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the packages that are to be handed out, or tries packages on a machine.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/packages.sh [DEB|RPM]...
       scripts/packages.sh --try

Without an option, builds with the preset "package" and puts packages into build/packages: .deb by default.
SOURCE_DATE_EPOCH is the time of the last commit, so that the same source gives the same packages.

  --try   run tests/vm/packages.sh on build/release, which scripts/test.sh build makes: install, reboot, upgrade, remove
          and purge, in a virtual machine with systemd. Takes some minutes, and apt's archive.
TEXT
}

case ${1:-} in
  -h | --help) usage; exit 0 ;;
  --try)
    # shellcheck source=scripts/versions.sh
    . scripts/versions.sh
    SUTURE_STORE=${SUTURE_STORE:-$PWD/build/store}
    export SUTURE_STORE
    build/release/bin/suture target add "debian:$SUTURE_RELEASE=$SUTURE_VERSION" --store "$SUTURE_STORE"
    exec tests/vm/packages.sh build/release/bin
    ;;
esac
for generator in "$@"; do
  case $generator in DEB | RPM) ;; *) usage >&2; exit 2 ;; esac
done
[ $# -gt 0 ] || set -- DEB
scripts/setup.sh
cmake --preset package
cmake --build --preset package
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
for generator in "$@"; do
  cpack -G "$generator" --config build/package/CPackConfig.cmake -B build/packages
done
rm -rf build/packages/_CPack_Packages
ls build/packages
