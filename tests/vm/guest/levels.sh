# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: levels come and go. Their modules are in /root.
patches=/sys/kernel/livepatch
settled() { [ "$(cat $patches/*/transition | sort -u)" = 0 ]; }
gone() { [ ! -d "$patches/suture_$1" ]; }

apply() { # LEVEL
  check "level $1 loads" insmod "/root/suture_$1.ko"
  check "its transition ends" wait_for 60 settled
}

disable() { # LEVEL
  echo 0 >"$patches/suture_$1/enabled"
  check "level $1 is taken back" wait_for 60 gone "$1"
}

revert() { # LEVEL
  disable "$1"
  check "its module goes" wait_for 10 rmmod "suture_$1"
}
