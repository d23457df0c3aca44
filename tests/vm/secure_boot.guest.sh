# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine, behind Secure Boot. PART is "ask" before the certificate is enrolled, and "verify" after.
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh
load_module efivarfs
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
mount -t securityfs securityfs /sys/kernel/security

# refused NAME FILE REASON: the kernel does not load it, and that is what its log says of why.
refused() {
  dmesg -c >/dev/null
  if insmod "/root/$2.ko" >/tmp/refused 2>&1; then
    check "$1 is refused" false
    return
  fi
  check "$1 is refused" grep -F "Key was rejected by service" /tmp/refused
  check_equal "the kernel says why: ${3:-nothing, since the signature is bad}" "$3" \
    "$(dmesg | sed -n 's/.*\(Loading of .*\)/\1/p' | sort -u)"
  check_equal "and nothing is patched" "" "$(ls /sys/kernel/livepatch)"
}
no_key="Loading of module with unavailable key is rejected"

step "the machine"
check "Secure Boot is on" sh -c "mokutil --sb-state | grep -F 'SecureBoot enabled'"
check "the kernel is locked down" grep -F '[integrity]' /sys/kernel/security/lockdown

if [ "$PART" = ask ]; then
  step "before enrolment"
  refused "a module signed by a key that is not enrolled" signed "$no_key"
  mokutil --generate-hash=suture >/tmp/password
  check "mokutil asks for the certificate" mokutil --hash-file /tmp/password --import /root/mok.der
  check "it will be asked about at the next start" sh -c "mokutil --list-new | grep -F 'CN=Suture test'"
  exit
fi

step "the certificate"
check "is enrolled" sh -c "mokutil --list-enrolled | grep -F 'CN=Suture test'"
check "is in a keyring of the kernel" grep -F 'Suture test' /proc/keys

step "what must not load"
refused "an unsigned module" unsigned "Loading of unsigned module is rejected"
refused "a signed module with one bit changed" altered ""
refused "a module signed by another key" foreign "$no_key"

step "what must"
check_equal "the hole is open" open "$(probe CVE-2026-53249)"
check "the signed module loads" insmod /root/signed.ko
check "its transition ends" wait_for 90 grep -q 0 /sys/kernel/livepatch/suture_1/transition
check_equal "livepatch has it enabled" 1 "$(cat /sys/kernel/livepatch/suture_1/enabled)"
check_equal "the hole is closed" closed "$(probe CVE-2026-53249)"
check_equal "the kernel is not tainted by an unsigned module" 0 $(($(cat /proc/sys/kernel/tainted) >> 13 & 1))
