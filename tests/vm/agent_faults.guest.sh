# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: what the world does to an agent. Each time there is a clear error, the kernel stays as it is,
# and all is well again when the cause has gone. Variables: LEVELS, how many levels come one after another, the first of
# which is FIRST.
# shellcheck source=tests/vm/guest/agent.sh
. /root/agent.sh
# No check by the timer comes in between.
SETTINGS='check = "manual"'
patched() { [ "$(patches)" = "$1" ]; }
at_level() { # LEVEL: from wherever it is
  case $1 in
    0) suture revert ;;
    1) follow one; suture update ;;
    2) follow two; suture update ;;
  esac >/tmp/at_level 2>&1 || { cat /tmp/at_level; return 1; }
  sane "$1"
}

follow one
step "a full disk"
fill() { dd if=/dev/zero of=/var/fill bs=64k 2>/dev/null; dd if=/dev/zero of=/var/fill.2 bs=512 2>/dev/null; ! echo more >/var/fill.3; }
free() { rm -f /var/fill*; }
check "nothing is applied" at_level 0
check "the disk is full" fill
check_fails "an update says so" file.unwritable suture update
check "and the kernel is as before" patched ""
check "a start does not fail" sutured --once
free
check "with room again, the update works" at_level 1
check "the disk is full" fill
check_fails "a revert says so" file.unwritable suture revert
check "and the patch stays" patched "suture_1 "
follow two
check_fails "an upgrade says so" file.unwritable suture update
check "and the patch stays" patched "suture_1 "
free
check "with room again, the revert works" at_level 0

step "a read-only disk"
check "nothing is applied" at_level 0
check "the disk is read-only" mount -o remount,ro /var
check_fails "an update says so" file.unwritable suture update
check "the kernel is as before" patched ""
check "the status can be asked" sh -c "suture status; [ \$? != 1 ]"
mount -o remount,rw /var
check "writable again, the update works" at_level 1
mount -o remount,ro /var
check_fails "a revert says so" file.unwritable suture revert
check "the patch stays" patched "suture_1 "
mount -o remount,rw /var
check "writable again, all is well" at_level 2

step "a clock that is wrong"
now=$(date +%s)
check "the year after next" date -s "@$((now + 700 * 86400))"
check_fails "the metadata have expired" repository.expired suture update
check "the patch stays" patched "suture_2 "
check "the year before last" date -s "@$((now - 700 * 86400))"
check_fails "a check says so" agent.clock suture check
check "the patch stays" patched "suture_2 "
check "today" date -s "@$now"
check "all is well" at_level 2

step "a server that lies"
from_copy() { sed -i 's|file:///repository/|file:///tmp/repository/|' /etc/suture/agent.toml; }
check "nothing is applied" at_level 0
check "at level 1" at_level 1
cp -r /repository /tmp/repository
module=$(find /tmp/repository -name '*suture_2.ko')
check "the module of level 2 is found" test -f "$module"
printf 'XXXX' | dd of="$module" bs=1 seek=3000 conv=notrunc 2>/dev/null
follow two
from_copy
check_fails "a changed module is refused" repository.tampered suture update
check "level 1 stays" sane 1
cp /root/old-timestamp.json /tmp/repository/metadata/timestamp.json
check_fails "an old timestamp is refused" repository.rollback suture update
check "level 1 stays" sane 1
check "an honest server is believed" at_level 2

step "several agents at once"
check "nothing is applied" at_level 0
follow two
suture update >/tmp/first 2>&1 &
first=$!
suture update >/tmp/second 2>&1 &
second=$!
sutured >/tmp/sutured.log 2>&1 &
agent=$!
suture update >/tmp/third 2>&1 &
third=$!
check "the first is content" wait $first
check "the second is content" wait $second
check "the third is content" wait $third
check "the daemon comes up" wait_for 90 test -S /run/suture/control.sock
check "and answers" suture update
check "level 2 is there once" sane 2
note "$(cat /tmp/first /tmp/second /tmp/third /tmp/sutured.log)"

step "a revert under load"
check "the workload starts" workload start /tmp/workload
for _ in 1 2; do
  check "revert" suture revert
  check "update" suture update
done
check "all is well" sane 2
check "the workload lost nothing" workload stop /tmp/workload

step "levels one after another"
kill $agent
wait $agent
follow many
sutured >>/tmp/sutured.log 2>&1 &
agent=$!
check "the daemon comes up" wait_for 90 test -S /run/suture/control.sock
# What a level would leave behind: its module, its patch, memory, file descriptors.
rss() { awk '$1 == "VmRSS:" { print $2 }' /proc/$agent/status; }
files() { ls /proc/$agent/fd | wc -l; }
slab() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
  sed -n 's/^Slab: *\([0-9]*\) kB/\1/p' /proc/meminfo
}
vmalloc() { sed -n 's/^VmallocUsed: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
symbols() { grep -c '\[suture_' /proc/kallsyms; }
traced() { wc -l </sys/kernel/tracing/enabled_functions; }
measure() { echo "$(rss) $(files) $(slab) $(vmalloc) $(symbols) $(traced)"; }
go_to() { # LEVEL
  suture revert --to "$1" >/tmp/go 2>&1 || { cat /tmp/go; return 1; }
  sane "$1"
}
# The first few are there for caches to fill up.
last=$((FIRST + LEVELS - 1))
level=$FIRST
while [ $level -le $last ]; do
  check "level $level" go_to $level
  [ $level != $((FIRST + 3)) ] || measure >/tmp/before
  level=$((level + 1))
done
measure >/tmp/after
read -r rss_0 files_0 slab_0 vmalloc_0 symbols_0 traced_0 </tmp/before
read -r rss_1 files_1 slab_1 vmalloc_1 symbols_1 traced_1 </tmp/after
check "measured" echo "after level $((FIRST + 3)) and $last: RSS $rss_0 $rss_1 kB, descriptors $files_0 $files_1," \
  "slab $slab_0 $slab_1 kB, vmalloc $vmalloc_0 $vmalloc_1 kB, symbols $symbols_0" \
  "$symbols_1, traced functions $traced_0 $traced_1"
count=$((LEVELS - 4))
check_equal "no file descriptor more" "$files_0" "$files_1"
check_equal "no symbol more" "$symbols_0" "$symbols_1"
check_equal "no traced function more" "$traced_0" "$traced_1"
# A module takes some 40 kB: a tenth of that for each level, and what is noise.
check "the kernel's memory did not grow" test $((slab_1 - slab_0)) -le $((512 + 4 * count))
check "nor that of modules" test $((vmalloc_1 - vmalloc_0)) -le $((64 + 4 * count))
check "nor the agent's" test $((rss_1 - rss_0)) -le $((512 + 4 * count))
check "the daemon ends" sh -c "kill $agent"
wait $agent
check "level $last stays" sane $last
note "$(tail -n 20 /tmp/sutured.log)"
