#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The packages on a Debian 12 with systemd, on its stock kernel: installed, rebooted with a level applied, upgraded under
# it, removed, purged; and what of the rpm can be tried without a distribution that is made of them.
#
# usage: tests/vm/packages.sh FOLDER-OF-PROGRAMS, which is bin in a build folder that is complete.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
tree=$(dirname "$(realpath "$bin")")
die() { echo "FAILED: $*"; exit 1; }
chmod 777 "$work" # another root's, when an ordinary user runs this

pack() { # GENERATOR FOLDER VERSION
  SOURCE_DATE_EPOCH=1700000000 cpack -G "$1" --config "$tree/CPackConfig.cmake" -B "$work/$2" -D "CPACK_PACKAGE_VERSION=$3" \
    >"$work/log" 2>&1 || { cat "$work/log"; die "cpack"; }
  rm -rf "$work/$2/_CPack_Packages"
}
pack DEB packages/old 0.1.0
pack DEB packages/new 0.1.1
pack RPM packages/rpm 0.1.0
rm "$work"/packages/*/suture-build[-_]* "$work"/packages/*/suture-server[-_]*

build 1 CVE-2026-53249
"$bin/suture" repo init "$work/repository" --keys "$work/keys" --channel stable
"$bin/suture" publish "$work/level1" --repository "$work/repository" --keys "$work/keys" --channel stable \
  --unqualified 'for a test in this very machine'

# The system: what is essential, systemd, and what our packages depend on. From where this machine's apt gets Debian 12.
mkdir "$work/suture"
cp src/qualify/guest/lib.sh tests/vm/packages.guest.sh "$bin/probe-CVE-2026-53249" "$work/suture/"
cp "$work/repository/metadata/1.root.json" "$work/suture/root.json"
cat >"$work/suture/agent.toml" <<'TOML'
repository = "file:///srv/repository"
distribution = "debian"
TOML
cat >"$work/suture/suture-test.service" <<'UNIT'
[Unit]
After=network-online.target sutured.service
[Service]
ExecStart=/bin/sh /suture/packages.guest.sh
StandardOutput=journal+console
UNIT
depends=$(for package in "$work"/packages/old/*.deb; do dpkg-deb -f "$package" Depends; done |
  tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g; /^suture$/d' | sort -u | paste -s -d,)
apt-get indextargets --format 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(SITE) $(RELEASE) main' \
  'Created-By: Packages' | grep ' bookworm[a-z-]* main$' | sort -u >"$work/sources.list"
[ -s "$work/sources.list" ] || die "apt knows no archive of Debian 12"
apt-config dump | grep '^Acquire::\(Check-\|http\|Retries\)' >"$work/apt.conf" || true
disk=$work/disk
# In the root's own view of who owns what, before mmdebstrap puts it away.
cat >"$work/make-disk" <<HOOK
#!/bin/sh
set -e
cp -r "$work/suture" "$work/packages" "\$1/"
cp -r "$work/repository" "\$1/srv/repository"
chmod -R a+rX "\$1/suture" "\$1/packages" "\$1/srv"
cp "\$1/suture/suture-test.service" "\$1/etc/systemd/system/"
mkdir -p "\$1/etc/systemd/system/multi-user.target.wants"
ln -s /etc/systemd/system/suture-test.service "\$1/etc/systemd/system/multi-user.target.wants/"
ln -sf /lib/systemd/system/systemd-networkd.service "\$1/etc/systemd/system/multi-user.target.wants/"
for unit in getty.target serial-getty@ttyS0.service; do ln -s /dev/null "\$1/etc/systemd/system/\$unit"; done
echo 1 >"\$1/suture/stage"
rm -rf "\$1/var/cache/apt" "\$1/var/lib/apt/lists" "\$1/usr/sbin/policy-rc.d"
# Without what is mounted there.
cp -a --one-file-system "\$1" "$work/system"
truncate -s 1200M "$disk"
mke2fs -q -t ext4 -F -O ^has_journal -d "$work/system" "$disk"
rm -rf "$work/system"
HOOK
chmod 755 "$work/make-disk"
mmdebstrap --quiet --variant=essential --include="$depends,systemd-sysv,rpm" --aptopt="$work/apt.conf" \
  --aptopt='APT::Install-Recommends "false"' --format=null --customize-hook="$work/make-disk \"\$1\"" \
  bookworm /dev/null "$work/sources.list" >"$work/log" 2>&1 || { tail -n 30 "$work/log"; die "mmdebstrap"; }

# A first file system that finds the disk.
mkdir -p "$work/early/bin" "$work/early/root" "$work/early/dev"
cp "$(command -v busybox)" "$work/early/bin/busybox"
modules="virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk"
for module in $modules; do find "$(target_path modules)" -name "$module.ko" -exec cp {} "$work/early/" \;; done
cat >"$work/early/init" <<INIT
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in $modules; do busybox insmod /\$module.ko; done
until [ -b /dev/vda ]; do busybox sleep 0.1; done
busybox mount -t ext4 /dev/vda /root
exec busybox switch_root /root /sbin/init
INIT
chmod 755 "$work/early/init"
(cd "$work/early" && find . | cpio --quiet -o -H newc) | gzip -1 >"$work/initramfs"

# start WHAT [WORD...]: runs until the machine switches itself off; the words go to the kernel.
start() {
  what=$1
  shift
  status=0
  : >"$work/results"
  timeout 900 qemu-system-x86_64 -accel tcg,thread=single -cpu qemu64,-cx16 -m 768 -nodefaults -no-user-config \
    -display none -kernel "$(target_path image)" -initrd "$work/initramfs" \
    -append "console=ttyS0 loglevel=4 panic=-1 no_timer_check systemd.show_status=0 $*" \
    -drive if=none,id=disk,format=raw,cache=unsafe,file="$disk" -device virtio-blk-pci,drive=disk \
    -serial file:"$work/console" -serial file:"$work/results" </dev/null || status=$?
  sed -n 's/^case pass [^ ]* /ok: /p' "$work/results"
  if [ $status != 0 ] || [ "$(grep -c '^case pass' "$work/results")" -lt 5 ] || grep -q '^case fail' "$work/results" ||
    [ "$(tail -n 1 "$work/results")" != "end 0" ]; then
    cat "$work/results"
    tail -n 60 "$work/console"
    die "$what (qemu: $status)"
  fi
}
start "install, reboot, upgrade, remove"
start "suture.disable, purge, rpm" suture.disable
