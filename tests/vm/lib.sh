# SPDX-License-Identifier: Apache-2.0
#
# What tests in a machine begin with; $1 is the folder of the programs.
bin=$1
: "${SUTURE_STORE:?is the target store: scripts/test.sh vm sets it}"
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=scripts/versions.sh
. scripts/versions.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target_path() { "$bin/suture" target show "$SUTURE_RELEASE" --store "$SUTURE_STORE" | sed -n "s/^$1  *//p"; }

# The modules of levels, as options of suture-vm.
files=
# build LEVEL FIX...: a patchset of these fixes, in $work/levelLEVEL.
build() {
  level=$1
  shift
  fixes=
  for fix in "$@"; do fixes="$fixes --fix tests/data/fixes/$fix.patch"; done
  # shellcheck disable=SC2086 # a list of words
  "$bin/suture" build --store "$SUTURE_STORE" --target "$SUTURE_RELEASE" --level "$level" $fixes \
    --output "$work/level$level"
  files="$files --file $work/level$level/suture_$level.ko"
}

# What guest/probe.sh needs.
probes="--file tests/vm/guest/probe.sh --folder tests/data/probes"
for probe in "$bin"/probe-*; do probes="$probes --program $probe"; done

# machine OPTION...: the target's kernel with what every guest needs; the options are suture-vm's.
machine() {
  "$bin/suture-vm" --kernel "$(target_path image)" --modules "$(target_path modules)" --module virtio_pci \
    --module virtio_net "$@"
}
