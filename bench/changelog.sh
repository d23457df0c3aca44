#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For how many vulnerabilities that Debian's changelog names between two versions of its kernel the files and functions of
# the fix are found, in nothing but the difference of the two source packages; and which of them the older kernel has.
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
  TARGET         kernel of the older version, in the target store (default: the release of scripts/versions.sh)
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
need_tools apt-get dpkg-deb tar xz diff python3
if [ -n "${WORK:-}" ]; then
  work=$(absolute "$WORK")
  mkdir -p "$work"
else
  make_work
fi
cmake --build build/release --target bench_changelog suture suture_all >/dev/null

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

# Which of them the older kernel has. Each question begins with an empty store of advisories.
suture=build/release/bin/suture
target=${TARGET:-$SUTURE_RELEASE}
mkdir -p "$work/asked"
zcat "$changelog" | sed "/^linux ($old)/,\$d" >"$work/asked/changes"
ask() { # ANSWER [FOLDER]
  rm -rf "$work/asked/state"
  {
    printf 'state = "%s"\n[[source]]\nname = "changelog"\nformat = "debian-changelog"\nfile = "%s"\n' \
      "$work/asked/state" "$work/asked/changes"
    [ -z "${2:-}" ] || printf '[[source]]\nname = "records"\nformat = "cve"\nfolder = "%s"\n' "$2"
  } >"$work/asked/watch.toml"
  "$suture" watch --config "$work/asked/watch.toml" sync >/dev/null
  "$suture" watch --config "$work/asked/watch.toml" affected --all --json --target "$target" --store "$store" \
    --newer "$after" --changelog "$changelog" >"$1"
}
echo "verdicts for $target"
ask "$work/asked/without.json"
if [ -z "${RECORDS:-}" ]; then
  python3 bench/verdict_table.py "$work/asked/without.json"
else
  # Of all records, those of the changelog's vulnerabilities.
  rm -rf "$work/asked/records"
  mkdir "$work/asked/records"
  grep -oE 'CVE-[0-9]{4}-[0-9]{4,}' "$work/asked/changes" | sort -u >"$work/asked/ids"
  find "$(absolute "$RECORDS")" -name 'CVE-*.json' | grep -wFf "$work/asked/ids" | xargs -r -d '\n' cp -t "$work/asked/records"
  ask "$work/asked/with.json" "$work/asked/records"
  python3 bench/verdict_table.py "$work/asked/without.json" "$work/asked/with.json"
fi
