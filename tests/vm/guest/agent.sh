# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: an agent whose repository is /repository, and what must be right with it at any time.
state=/var/lib/suture

follow() { # CHANNEL
  mkdir -p /etc/suture
  cat >/etc/suture/agent.toml <<TOML
repository = "file:///repository/"
channel = "$1"
distribution = "debian"
${SETTINGS:-}
TOML
}

status_says() { # KEY VALUE
  suture status --json | grep -q "\"$1\": *\"\?$2\"\?"
}

patches() { ls /sys/kernel/livepatch | tr '\n' ' '; }
modules() { sed -n 's/^\(suture_[0-9]*\) .*/\1/p' /proc/modules | tr '\n' ' '; }
# What a write that was cut short leaves, and folders that are not finished.
strays() { find $state | grep -E '\.unfinished-[A-Za-z0-9]{6}$|/new-[^/]*$' | tr '\n' ' '; }

# sane LEVEL: the kernel is at this level (0: none; "any": the status tells which), nothing is half done, and the agent
# knows it all. Prints what is not so.
sane() {
  level=$1
  [ "$level" != any ] || level=$(suture status --json | sed -n 's/.*"level": *\([0-9]*\).*/\1/p')
  wrong=
  wanted=
  [ "$level" = 0 ] || wanted="suture_$level "
  [ "$(patches)" = "$wanted" ] || wrong="$wrong; patches in the kernel: $(patches)"
  [ "$(modules)" = "$wanted" ] || wrong="$wrong; modules in the kernel: $(modules)"
  [ "$level" = 0 ] || grep -q 0 "/sys/kernel/livepatch/suture_$level/transition" || wrong="$wrong; a transition is under way"
  [ ! -f $state/journal.json ] || [ "$(cat $state/journal.json)" = "{}" ] || wrong="$wrong; the journal: $(cat $state/journal.json)"
  # What was fetched last stays until the next time.
  [ "$(ls $state/spool 2>/dev/null | wc -l)" -le 1 ] || wrong="$wrong; the spool: $(ls $state/spool)"
  [ -z "$(strays)" ] || wrong="$wrong; files left over: $(strays)"
  [ "$(ls $state/patchsets 2>/dev/null | wc -l)" -le 1 ] || wrong="$wrong; patchsets: $(ls $state/patchsets)"
  status_says level "$level" || wrong="$wrong; the status: $(suture status --json | tr -d '\n')"
  [ -n "$wrong" ] || return 0
  echo "level $level is wanted$wrong"
  return 1
}
