# SPDX-License-Identifier: Apache-2.0
#
# Suture's own engine: the machine stands still for a moment, and all tasks have the patch at once, or none has. A module
# that loads is in; when tasks are in the way for too long it is refused, and the kernel is as before.
stop=/sys/kernel/suture

bring_engine() { check "the engine loads" insmod /suture/patches/suture.ko || exit 1; }
remove_engine() { check "the engine is removed" removed suture; }

# What the engine says of the switch that did not come about, and who is in the way.
refused() {
  cat "$stop/last/reason"
  suture-guest stalled switch
  return 1
}

put_in() { insert "$1" || refused; }

take_back() { bounded 30 sh -c "echo $1 >$stop/revert" || refused; }

level_is() { # LEVEL
  level_found=$(cat "$stop/level")
  [ "$level_found" = "$1" ] || { echo "it is $level_found"; return 1; }
}

load() { # NAME
  check "it loads" bounded 60 put_in "$1" || exit 1
  check "its level is applied" level_is "${1##*_}" || exit 1
}

unload() { # NAME
  check "it is taken back" take_back "$1" || exit 1
  check "no level is applied" level_is 0 || exit 1
  check "it is removed" removed "$1" || exit 1
}

# Nothing waits for tasks here, so they may run.
be_calm() { :; }
be_busy() { :; }

in_and_out() { # NAME
  put_in "$1" && level_is "${1##*_}" && take_back "$1" && level_is 0 && removed "$1"
}

# is_patched NAME MODULE
is_patched() { grep -q "^$2 " "$stop/functions"; }
