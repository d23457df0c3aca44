#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For how many vulnerabilities that Debian's changelog names between two versions of its kernel the files and functions of
# the fix are found, in nothing but the difference of the two source packages.
set -eu
start_folder=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=bench/common.sh
. bench/common.sh
# shellcheck source=scripts/versions.sh
. scripts/versions.sh

case ${1:-} in
  -h | --help)
    cat <<'TEXT'
usage: bench/changelog.sh [OLD [NEW]]

Versions of linux-source-6.1 (default: those of scripts/versions.sh). What the target store does not have is fetched by
apt and unpacked; 1.5 GB each. Needs a release build.

environment:
  SUTURE_STORE   target store (default: build/store)
  WORK           folder to unpack in, kept afterwards (default: a temporary one)
  RECORDS        folder with CVE records in JSON, such as a checkout of the kernel CNA's: with what they name, and
                 without, judged by them
  TABLE          file for what was found for each vulnerability
TEXT
    exit 0
    ;;
esac
old=${1:-$SUTURE_VERSION}
new=${2:-$SUTURE_UPDATE_VERSION}
package=linux-source-6.1
store=$(absolute "${SUTURE_STORE:-$PWD/build/store}")
need_tools apt-get dpkg-deb tar xz diff
if [ -n "${WORK:-}" ]; then
  work=$(absolute "$WORK")
  mkdir -p "$work"
else
  make_work
fi
cmake --build build/release --target bench_changelog >/dev/null

fetch() { # VERSION: the package's files, in a folder of that name
  [ ! -d "$work/$1/usr/src" ] || return 0
  (cd "$work" && apt-get -qq download "$package=$1") || {
    echo "the archive has:" >&2
    apt-cache madison "$package" | cut -d'|' -f2 >&2
    die "it has no $package $1 any more: name another version, or set it in scripts/versions.sh"
  }
  dpkg-deb -x "$work/${package}_$1_all.deb" "$work/$1"
  rm "$work/${package}_$1_all.deb"
}

source_of() { # VERSION: sets tree
  tree=$store/sources/debian/${package}_$1
  [ ! -d "$tree" ] || return 0
  tree=$work/$1/$package
  [ -d "$tree" ] || { fetch "$1" && tar -C "$work/$1" -xf "$work/$1/usr/src/$package.tar.xz"; }
}

source_of "$old"
before=$tree
source_of "$new"
after=$tree
fetch "$new"
changelog=$work/$new/usr/share/doc/$package/changelog.Debian.gz

find_all() {
  build/release/bin/bench_changelog --before "$before" --after "$after" --changelog "$changelog" --until "$old" "$@"
}
echo "$package $old to $new"
if [ -z "${RECORDS:-}" ]; then
  find_all ${TABLE:+--table "$(absolute "$TABLE")"}
else
  find_all --records "$(absolute "$RECORDS")" --judge-only
  find_all --records "$(absolute "$RECORDS")" ${TABLE:+--table "$(absolute "$TABLE")"}
fi
