# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: see module_exit.sh. sch_netem is loaded.
# shellcheck source=tests/vm/guest/levels.sh
. /root/levels.sh

# How often the new exit function has run.
runs() { dmesg | grep -c "suture test: netem leaves"; }
load() { check "sch_netem comes" insmod /modules/sch_netem.ko; }
leave() { # RUNS WHEN
  check "$2: sch_netem goes" rmmod sch_netem
  check_equal "$2: its new exit function has run $1 times" "$1" "$(runs)"
}

step "the new exit function of a module"
apply 1
leave 1 "under the patch"
load
leave 2 "loaded under the patch"
load
revert 1
leave 2 "after the patch"

step "a level takes over"
load
apply 1
apply 2
check "level 1 can go" wait_for 10 rmmod suture_1
leave 3 "level 2, which has it as well"
load
apply 3
check "level 2 can go" wait_for 10 rmmod suture_2
leave 3 "level 3, which has it no more"
revert 3

step "the patch goes while the function runs"
load
apply 1
rmmod sch_netem &
check "the function runs" wait_for 10 sh -c '[ "$(dmesg | grep -c "suture test: netem leaves")" = 4 ]'
disable 1
check "its code stays" sh -c '! rmmod suture_1'
wait
check "sch_netem has gone" sh -c '! grep -q sch_netem /proc/modules'
check "the code stays on" sh -c '! rmmod suture_1'
check "the kernel says why" sh -c 'dmesg | grep "suture: sch_netem is just being removed: suture_1 stays in memory"'
