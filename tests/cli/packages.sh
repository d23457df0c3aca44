#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the packages of a build folder, looks at what is in them, and installs, upgrades, removes and purges them below
# a folder of their own, where no systemd runs. tests/vm/packages.sh does it on a machine.
set -eu
build=$1
source=$(cd "$(dirname "$0")/../.." && pwd)
for program in cpack dpkg-deb lintian rpm fakeroot; do
  command -v $program >/dev/null || { echo "packages.sh: $program is missing: scripts/setup.sh --test installs it" >&2; exit 1; }
done
# Below a folder of root's own, maintainer scripts need nobody's rights but its owner's.
[ "$(id -u)" = 0 ] || [ -n "${FAKEROOTKEY:-}" ] || exec fakeroot "$0" "$@"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
status=0
die() { echo "FAILED: $*"; status=1; }
version=$(sed -n 's/^project(suture VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")

# pack GENERATOR FOLDER [OPTION...]
pack() {
  generator=$1
  folder=$2
  shift 2
  SOURCE_DATE_EPOCH=1700000000 cpack -G "$generator" --config "$build/CPackConfig.cmake" -B "$folder" "$@" \
    >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  rm -rf "$folder/_CPack_Packages"
}
pack DEB "$work/deb"
pack RPM "$work/rpm"
for name in suture suture-agent suture-build suture-server; do
  [ -s "$work/deb/${name}_$version-1_$(dpkg --print-architecture).deb" ] || die "there is no package $name for dpkg"
  [ -s "$work/rpm/$name-$version-1.$(uname -m).rpm" ] || die "there is no package $name for rpm"
done

# Debian's own rules. A first package in its archive would close a bug there.
lintian --no-cfg --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$work"/deb/*.deb ||
  die "lintian"

# Servers get none of what builds patches.
for name in suture suture-agent; do
  depends=$(dpkg-deb -f "$work/deb/${name}_"*.deb Depends)
  case $depends in *libarchive* | *libp11* | *libbpf* | *gcc-1* | *make*) die "$name depends on: $depends" ;; esac
  size=$(dpkg-deb -f "$work/deb/${name}_"*.deb Installed-Size)
  [ "$size" -le 8192 ] || die "$name takes $size KiB"
done
case $(dpkg-deb -f "$work/deb/suture-agent_"*.deb Depends) in
  "suture (= $version-1), "*) ;;
  *) die "suture-agent fits commands of another version" ;;
esac
for package in "$work"/deb/*.deb; do dpkg-deb -x "$package" "$work/all"; done
for program in usr/bin/suture usr/libexec/suture/suture-all usr/sbin/sutured usr/sbin/suture-server; do
  if grep -aqF "$source" "$work/all/$program"; then die "$program names the folder that it was built in"; fi
done
# The pages of each package's commands are in it, and those of no other.
has() { dpkg-deb -c "$work/deb/$1_"*.deb >"$work/log" && grep -q "$2" "$work/log"; } # PACKAGE PATTERN
has suture 'man1/suture-status.1.gz' || die "no page of suture status"
has suture-build 'man1/suture-build.1.gz' || die "no page of suture build"
has suture-server 'man8/suture-server.8.gz' || die "no page of suture-server"
if has suture-agent '/etc/suture/.'; then die "suture-agent brings a configuration"; fi
[ "$("$work/all/usr/bin/suture" --version)" = "suture $version" ] || die "suture does not find suture-all where it is installed"
rm "$work/all/usr/libexec/suture/suture-all"
"$work/all/usr/bin/suture" --version >"$work/log" || die "nor suture-host"

# The same files give the same packages.
if [ "${REPEAT:-no}" = yes ]; then
  pack DEB "$work/deb2"
  pack RPM "$work/rpm2"
  diff -r "$work/deb" "$work/deb2" || die "two packages of the same files differ"
  diff -r "$work/rpm" "$work/rpm2" || die "two packages of the same files differ"
fi

# Install, upgrade, remove, purge: with nothing else below that folder, and no systemd that runs.
root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc"
: >"$root/var/lib/dpkg/status"
dpkg_there() {
  PATH=$PATH:/usr/sbin:/sbin dpkg --root="$root" --log=/dev/null --force-script-chrootless --force-depends --force-bad-path "$@" \
    >"$work/log" 2>&1 || { cat "$work/log"; die "dpkg $*"; }
}
wants() { find "$root/etc/systemd" -name '*.service' 2>/dev/null | sed 's,.*/,,' | sort | tr '\n' ' '; }
equal() { [ "$2" = "$3" ] || die "$1: \"$3\" instead of \"$2\""; }
dpkg_there --install "$work"/deb/suture_*.deb "$work"/deb/suture-agent_*.deb
equal "enabled" "suture-boot.service sutured.service " "$(wants)"
grep -q '^_suture:' "$root/etc/passwd" || die "the user is not made"
[ -d "$root/etc/suture" ] || die "there is no folder for the configuration"
rm "$root/etc/systemd/system/sysinit.target.wants/suture-boot.service" # by the administrator
echo mine >"$root/etc/suture/agent.toml"
echo mine >"$root/etc/suture/client.key"
mkdir -p "$root/var/lib/suture/patchsets"
dpkg_there --install "$work"/deb/suture_*.deb "$work"/deb/suture-agent_*.deb
equal "disabled by the administrator" "sutured.service " "$(wants)"
equal "the configuration" mine "$(cat "$root/etc/suture/agent.toml")"
dpkg_there --remove suture-agent
[ -d "$root/var/lib/suture/patchsets" ] || die "the state is gone, though nobody purged"
[ ! -e "$root/usr/sbin/sutured" ] || die "the daemon is still there"
dpkg_there --purge suture-agent
equal "purged" "" "$(wants)"
equal "keys that an administrator put there" client.key "$(ls "$root/etc/suture")"
[ ! -e "$root/var/lib/suture" ] || die "the state is still there"
grep -q '^_suture:' "$root/etc/passwd" || die "the user is gone, and its number free for another"
dpkg_there --purge suture
equal "what is left" "" "$(find "$root" -path "$root/usr/*" -type f)"

# rpm: its scriptlets are shell, and an erased package leaves nothing.
for package in "$work"/rpm/*.rpm; do
  for script in PREIN POSTIN PREUN POSTUN; do
    rpm -qp --qf "%{$script}" "$package" | sed 's/^(none)$//' | sh -n || die "$script of $package"
  done
done
requires=$(rpm -qp --requires "$work"/rpm/suture-agent-*.rpm)
echo "$requires" | grep -qx "suture = $version" || die "suture-agent's rpm fits commands of another version"
if echo "$requires" | grep -q 'libarchive\|libp11'; then die "suture-agent's rpm needs too much"; fi
mkdir "$work/rpmroot"
rpm_there() { rpm --root "$work/rpmroot" --dbpath /rpmdb "$@" >"$work/log" 2>&1 || { cat "$work/log"; die "rpm $*"; }; }
rpm_there --initdb
rpm_there -i --nodeps --noscripts "$work"/rpm/suture-"$version"*.rpm "$work"/rpm/suture-agent-*.rpm
for file in usr/bin/suture usr/sbin/sutured usr/lib/systemd/system/suture-boot.service usr/lib/sysusers.d/suture.conf \
  usr/share/doc/suture/LICENSE; do
  [ -f "$work/rpmroot/$file" ] || die "rpm installs no $file"
done
rpm_there -e --noscripts suture suture-agent
equal "what rpm leaves" "" "$(find "$work/rpmroot" -path "$work/rpmroot/rpmdb" -prune -o -type f -print)"

exit $status
