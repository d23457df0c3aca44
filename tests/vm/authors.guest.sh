# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see authors.sh. What it calls to apply levels is in levels.sh.
# shellcheck source=tests/vm/guest/levels.sh
. /root/levels.sh
# shellcheck source=tests/vm/guest/probe.sh
. /root/probe.sh

# Negative numbers are taken while the hole is open.
reordering() {
  if echo -1 >/proc/sys/net/ipv4/tcp_reordering 2>/dev/null; then echo open; else echo closed; fi
  echo 3 >/proc/sys/net/ipv4/tcp_reordering
}

netlabel_is() { check_equal "$2: netlabel's lengths are $1" "$1" "$(author netlabel 2>/tmp/said)"; note "$(cat /tmp/said)"; }
reordering_is() { check_equal "$2: tcp_reordering is $1" "$1" "$(reordering)"; }

step "callbacks rewrite a table of constants"
netlabel_is open "before"
apply 1
netlabel_is closed "under the patch"
revert 1
netlabel_is open "after"
apply 1
netlabel_is closed "again"
revert 1

step "a declared update of one word"
reordering_is open "before"
apply 2
reordering_is closed "under the patch"
check_equal "it can still be set" 3 "$(cat /proc/sys/net/ipv4/tcp_reordering)"
revert 2
reordering_is open "after"

step "shadow variables"
check_equal "before: a zombie that was not dumpable is open" open "$(author zombie)"
apply 3
check_equal "under the patch it is closed" closed "$(author zombie)"
check_equal "one that was dumpable is not" open "$(author dumpable)"
check "many come and go" sh -c 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done'
check_equal "still closed" closed "$(author zombie)"
revert 3
check_equal "after: open" open "$(author zombie)"

step "a bit in what was padding"
apply 10
check_equal "under the patch a zombie that was not dumpable is closed" closed "$(author zombie)"
check_equal "one that was dumpable is not" open "$(author dumpable)"
revert 10
check_equal "after: open" open "$(author zombie)"

step "a fix that can do without the new member"
apply 4
check_equal "event polls come and go" "done" "$(author eventpoll)"
revert 4
check_equal "and after" "done" "$(author eventpoll)"

step "a level takes over from the one before"
apply 5
netlabel_is closed "level 5"
reordering_is closed "level 5"
apply 6
check "level 5 can go" wait_for 10 rmmod suture_5
netlabel_is closed "level 6"
reordering_is closed "level 6"
check_equal "its own is closed" closed "$(probe CVE-2026-53249)"
apply 7
check "level 6 can go" wait_for 10 rmmod suture_6
netlabel_is open "level 7, which has it no more"
reordering_is open "level 7, which has it no more"
apply 6
check "level 7 can go" wait_for 10 rmmod suture_7
netlabel_is closed "level 6 again"
revert 6
netlabel_is open "after all"
reordering_is open "after all"

step "what is refused leaves nothing behind"
check "level 8, one of whose callbacks fails, does not load" sh -c '! insmod /root/suture_8.ko'
check "it is gone" wait_for 30 gone 8
check "the kernel says why" sh -c 'dmesg | grep "suture: fs/proc/cmdline.c:.*refused the patch: -16"'
check "what had been done was undone" sh -c 'dmesg | grep "suture test: undone 1"'
check "what had not been done was not" sh -c '! dmesg | grep "suture test: undone 2"'
netlabel_is open "level 8"
check "level 9, whose variable holds something else, does not load" sh -c '! insmod /root/suture_9.ko'
check "it is gone" wait_for 30 gone 9
check "the kernel says why" sh -c 'dmesg | grep "suture: max_user_watches holds 0x.* instead of 0x0:"'
netlabel_is open "level 9"
apply 5
netlabel_is closed "and level 5 still applies"
revert 5
netlabel_is open "and goes"
