#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing on a Debian 12 machine, as root or through sudo. Needs nothing but apt itself, and
# does nothing, quickly, when all is there.
set -eu

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [--test] [--list]

  --test   also install what only tests and benchmarks need (clang-19, linters, stress-ng, firmware, nginx, a browser)
  --list   print the packages instead of installing them
TEXT
}

# To build and run: the compiler and libraries; what `suture target add` and `suture build` call (dpkg-deb, rpm,
# xz, patch, make, gcc-12: the compiler of Debian 12's kernels; mmdebstrap and bubblewrap for those of others);
# the machine in which patchsets are tried.
build_packages="
  ca-certificates git
  g++ gcc-12 make cmake ninja-build pkg-config
  libelf-dev libdw-dev libzydis-dev libcurl4-openssl-dev libboost1.81-dev nlohmann-json3-dev
  libtomlplusplus-dev libcli11-dev libfmt-dev libspdlog-dev libsystemd-dev libsqlite3-dev libpq-dev libsimdjson-dev libsodium-dev
  libssl-dev
  libbpf-dev libzstd-dev liblz4-dev libbz2-dev liblzma-dev zlib1g-dev libp11-kit-dev libarchive-dev
  libargon2-dev liboath-dev libqrencode-dev
  libgtest-dev libgmock-dev
  dpkg-dev rpm xz-utils zstd patch bc
  mmdebstrap bubblewrap
  qemu-system-x86 busybox-static cpio kmod e2fsprogs
"
# clang 14 cannot compile std::expected of libstdc++, hence 19.
# stress-ng keeps the machine busy in which bench/corpus.sh tries patches; faketime builds in another year; softhsm2
# is a token for signing keys, which opensc fills; nginx and tinyproxy stand between a repository and its hosts;
# lintian and fakeroot are for our own packages; python3-jsonschema checks what commands print against docs/schemas;
# tests/vm/secure_boot.sh boots from a disk through firmware, shim and GRUB; openscap-scanner and prometheus read what
# we tell scanners, and promtool checks our alerts; python3-aiosmtpd is a mail server to notify through;
# scripts/kernel.sh builds kernels with flex and bison; the server's page is tried in chromium;
# scripts/postgresql.sh runs a database server for tests.
test_packages="
  clang-19 clang-tidy-19 libclang-rt-19-dev clang-format-14 mandoc shellcheck stress-ng faketime
  softhsm2 opensc nginx tinyproxy-bin openssl
  lintian fakeroot python3-jsonschema
  ovmf shim-signed grub-efi-amd64-signed mtools dosfstools mokutil
  openscap-scanner prometheus python3-aiosmtpd
  flex bison
  chromium
  postgresql
"
# To bundle the server's page, and for other implementations of what the repository speaks. A newer nodejs than Debian's
# brings an npm of its own, which Debian's package npm conflicts with: only what is not there as a command is installed.
build_commands="node:nodejs npm:npm"

packages=$build_packages
commands=$build_commands
list=no
for option in "$@"; do
  case $option in
    --test) packages="$packages $test_packages" ;;
    --list) list=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

if [ $list = yes ]; then
  # shellcheck disable=SC2086 # a list of words
  printf '%s\n' $packages
  # shellcheck disable=SC2086 # a list of words
  printf '%s\n' $commands | sed 's/.*://'
  exit 0
fi

missing=
for command in $commands; do
  command -v "${command%:*}" >/dev/null || missing="$missing ${command#*:}"
done
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" != bookworm ]; then
  echo "setup.sh: these packages are missing, and their names are those of Debian 12:$missing" >&2
  exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: run me as root, or install sudo. Missing:$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "setup.sh: installing$missing"
quietly() {
  # shellcheck disable=SC2086 # $as_root is empty or one word
  $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null && return
  cat "$log" >&2
  echo "setup.sh: failed: $*" >&2
  exit 1
}
quietly apt-get -q update -o Acquire::Retries=3
# shellcheck disable=SC2086 # a list of words
quietly apt-get -q install --yes --no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 $missing
