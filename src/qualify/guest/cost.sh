# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what stands in front of it, and the environment, set
#
# In a virtual machine whose clock counts instructions: what the calls of probes cost without the patch, and with it by
# one engine after the other. The environment says
#   PATCHES  the patch, ENGINE:MODULE for each engine
#   OBJECTS  modules that it patches
calls=100

elapsed() { # CALLS
  suture-guest elapsed su "$user" -s /bin/sh -c "exec $probe/run cost $1"
}

# Nanoseconds of all calls, without the start of the program.
measure() { # WHEN
  [ "$cost" = yes ] || return 0
  none=$(elapsed 0) && all=$(elapsed $calls) || { report fail 0 "cost $1 ${probe##*/}"; return; }
  note $((all - none))
  report pass 0 "cost $1 ${probe##*/}"
}

step cost
prepare
for_all_probes measure before
for patch in $PATCHES; do
  step "cost ${patch%%:*}"
  # shellcheck source=src/qualify/guest/engine/klp.sh
  . "/suture/engine/${patch%%:*}.sh"
  bring_engine
  load "${patch#*:}"
  for_all_probes measure after
  [ "$patch" = "${PATCHES##* }" ] && continue
  unload "${patch#*:}"
  remove_engine
done
