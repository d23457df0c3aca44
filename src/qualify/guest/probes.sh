# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: the probes in /suture/probes, each a folder with `run`, and `needs`, which sets
#   user  before  after  cost  modules  settings

probe='' user='' before='' after='' cost='' modules='' settings=''

for_all_probes() { # COMMAND ARGUMENT...
  for probe in /suture/probes/*; do
    [ -d "$probe" ] || continue
    # shellcheck source=/dev/null
    . "$probe/needs"
    "$@"
  done
}

prepare_probe() {
  for module in $modules; do
    check "${probe##*/}: the module $module loads" load_module "$module" || exit 1
  done
  for setting in $settings; do echo "${setting#*=}" >"/proc/sys/${setting%%=*}"; done
}

# Everything that is there before the patch: modules that it patches, and what probes need.
prepare() {
  for module in $OBJECTS; do check "the module $module loads" load_module "$module" || exit 1; done
  for_all_probes prepare_probe
}
