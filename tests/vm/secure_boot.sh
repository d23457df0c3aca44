#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Modules on a machine that lets nothing unsigned into its kernel: firmware with Secure Boot and Microsoft's keys, then
# shim, GRUB and the target's kernel, all as Debian signed them. The kernel locks itself down. The certificate of
# `suture repo mok` is enrolled as on any machine: mokutil asks for it, and after a reboot MokManager is answered at the
# console.
set -eu
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

firmware=/usr/share/OVMF/OVMF_CODE_4M.ms.fd
firmware_keys=/usr/share/OVMF/OVMF_VARS_4M.ms.fd
shim=/usr/lib/shim/shimx64.efi.signed
mok_manager=/usr/lib/shim/mmx64.efi.signed
grub=/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
for file in $firmware $firmware_keys $shim $mok_manager $grub; do
  [ -f "$file" ] || { echo "FAILED: there is no $file: scripts/setup.sh --test installs it"; exit 1; }
done
die() { echo "FAILED: $*"; exit 1; }

# One patchset without and two with a signature, of the key that will be enrolled and of another one.
fix=tests/data/fixes/CVE-2026-53249.patch
patchset() { # NAME, more options
  name=$1
  shift
  "$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --fix $fix --output "$work/$name" "$@" >"$work/out"
}
sign_with() { echo "--module-key $work/$1/mok.pem --module-certificate $work/$1/mok.der"; }
"$bin/suture" repo mok "$work/ours" --name "Suture test" >"$work/out"
grep -q 'mokutil --import mok.der' "$work/out" || die "repo mok does not tell how to enrol"
"$bin/suture" repo mok "$work/theirs" --name "Somebody else" --json >"$work/out"
patchset unsigned
# shellcheck disable=SC2046 # a list of words
patchset signed $(sign_with ours)
# shellcheck disable=SC2046
patchset foreign $(sign_with theirs)

# But for the signature it is the same patchset, and anybody can confirm that it is what the fix gives.
"$bin/suture" rebuild "$work/signed" --store "$SUTURE_STORE" --cached || die "a signed patchset is not confirmed"
size=$(stat -c %s "$work/unsigned/suture_1.ko")
cmp -n "$size" "$work/unsigned/suture_1.ko" "$work/signed/suture_1.ko" || die "the signed module differs"
differ='"sha256"\|"size"\|"signed_by"\|"certificate_sha256"\|"hash"\|"subject"\|^ *},\?$'
diff "$work/unsigned/patchset.json" "$work/signed/patchset.json" | grep '^[<>]' | sed 's/^..//' | grep -v "$differ" &&
  die "the manifest differs in more than the signature"
modinfo -F signer "$work/signed/suture_1.ko" | grep -q 'Suture test' || die "modinfo does not see who signed"
"$bin/suture" inspect "$work/signed" | grep -q '^signed by CN = Suture test' || die "inspect does not tell who signed"
"$bin/suture" inspect "$work/signed/suture_1.ko" | grep -q '^signed by .*Suture test' || die "nor does it of a module"

# One bit of the code, well within the module: the signature is not of these bytes, and they are not what the fix gives.
cp -r "$work/signed" "$work/altered"
at=$((size / 2))
byte=$(od -An -tu1 -j $at -N 1 "$work/altered/suture_1.ko")
# shellcheck disable=SC2059 # an octal escape
printf "\\$(printf %o $((byte ^ 1)))" |
  dd of="$work/altered/suture_1.ko" bs=1 seek=$at conv=notrunc 2>/dev/null
status=0
"$bin/suture" rebuild "$work/altered" --store "$SUTURE_STORE" --cached >"$work/out" || status=$?
[ $status = 1 ] || die "an altered module is confirmed"

modules=
for name in unsigned signed altered foreign; do modules="$modules --file $work/$name/suture_1.ko:root/$name.ko"; done
# disk SCRIPT: one that boots into it, with what shim looks for where firmware looks for it.
disk() {
  # shellcheck disable=SC2086 # lists of words
  "$bin/suture-vm" --initramfs "$work/initramfs" --modules "$(target_path modules)" --have-module efivarfs \
    --script tests/vm/secure_boot.guest.sh --env "PART=$1" --program /usr/bin/mokutil --file "$work/ours/mok.der" \
    $probes $modules
  cat >"$work/grub.cfg" <<'CFG'
set timeout=0
linux /vmlinuz console=ttyS0 loglevel=7 panic=-1 no_timer_check
initrd /initramfs
boot
CFG
  disk=$work/$1.disk
  truncate -s 96M "$disk"
  PATH=$PATH:/usr/sbin:/sbin mkfs.vfat -F 32 "$disk" >/dev/null
  mmd -i "$disk" ::/EFI ::/EFI/BOOT ::/EFI/debian
  put $shim EFI/BOOT/BOOTX64.EFI
  put $grub EFI/BOOT/grubx64.efi
  put $mok_manager EFI/BOOT/mmx64.efi
  put "$work/grub.cfg" EFI/debian/grub.cfg
  put "$(target_path image)" vmlinuz
  put "$work/initramfs" initramfs
}
put() { mcopy -i "$disk" "$1" "::/$2"; }

# What the firmware remembers goes from one start to the next.
cp $firmware_keys "$work/variables"
mkfifo "$work/keys"
# start DISK: a machine in the background, in $machine; what is written to descriptor 3 is typed at its console. The
# firmware guards its variables by system management mode, as Secure Boot wants it.
start() {
  : >"$work/console"
  : >"$work/results"
  timeout 300 qemu-system-x86_64 -machine q35,smm=on -accel tcg,thread=single -cpu qemu64,-cx16 -m 768 -nodefaults \
    -no-user-config -display none -no-reboot -global driver=cfi.pflash01,property=secure,value=on \
    -global ICH9-LPC.disable_s3=1 -drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware \
    -drive if=pflash,unit=1,format=raw,file="$work/variables" \
    -drive if=none,id=disk,format=raw,file="$work/$1.disk" -device virtio-blk-pci,drive=disk,bootindex=0 \
    -serial stdio -serial file:"$work/results" <"$work/keys" >"$work/console" 2>&1 &
  machine=$!
  exec 3>"$work/keys"
}
# The machine's end is waited for; its checks must all have passed.
finish() {
  exec 3>&-
  status=0
  wait $machine || status=$?
  [ $status = 0 ] || { tail -c 2000 "$work/console"; die "the machine ended with status $status"; }
}
verdict() { # WHAT
  sed -n 's/^case pass [^ ]* /ok: /p' "$work/results"
  if grep -q '^end 0' "$work/results" && grep -q '^case pass' "$work/results" && ! grep -q '^case fail' "$work/results"; then
    return
  fi
  cat "$work/results"
  tail -c 2000 "$work/console"
  die "$1"
}
shown() { grep -aqF "$1" "$work/console"; }
# answer TEXT KEYS: what to type once this text is on the screen. MokManager draws a menu before it reads keys, and
# throws away what came earlier, so the keys are typed again until the menu is gone for the next one.
answer() {
  tries=0
  until shown "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 120 ] || { tail -c 2000 "$work/console"; die "the console does not show: $1"; }
    sleep 1
  done
  shift
  for key in "$@"; do
    sleep 1
    # shellcheck disable=SC2059 # keys are escapes
    printf "$key" >&3
  done
  sleep 1
}

disk ask
disk verify
start ask
finish
verdict "before the certificate is enrolled"

start verify
down='\033[B'
enter='\r'
answer 'Press any key to perform MOK management' ' '
answer 'Enroll MOK' "$down" "$enter"
answer 'View key 0' "$down" "$enter"
answer 'Enroll the key' "$down" "$enter"
answer 'Password:' s u t u r e "$enter"
answer 'Reboot' "$enter"
finish
echo "ok: MokManager took the password and the certificate"

start verify
finish
verdict "with the certificate enrolled"
