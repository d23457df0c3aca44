# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: the agent is killed at its steps (guest/stop_at.cc), started anew, and must finish or undo.
# Variable: POINTS, "journal" (right after each journal entry, and in the kernel's steps) or "all".
# shellcheck source=tests/vm/guest/agent.sh
. /root/agent.sh

# Where to be killed, as guest/stop_at.cc reads it: by default right behind each entry in the journal, and before and
# behind each step in which the kernel changes.
points() { # LIST
  if [ "$POINTS" = all ]; then
    awk '{ print $1 }' "$1"
    return
  fi
  sed 's/^[0-9]* //' "$1" | awk '
    /^rename .*\/journal\.json/ { print "rename " $2 "#" ++entries "+1" }
    /^init_module/ { print "init_module#1"; print "init_module#1+1" }
    /^write \/sys/ { print "write /sys#1"; print "write /sys#1+1" }
    /^delete_module/ { print "delete_module#1"; print "delete_module#1+1" }'
}

# Those that change the kernel. On a host's first update there are no metadata, no folders and no state yet.
operation() { # NAME, then a command to run it by
  name=$1
  shift
  case $name in
    first) rm -rf ${state:?}/*; follow one; target=1; "$@" suture update ;;
    update) follow one; target=1; "$@" suture update ;;
    upgrade) follow two; target=2; "$@" suture update ;;
    revert) target=0; "$@" suture revert ;;
  esac
}
again() { # NAME: to its end, from wherever it is
  case $1 in first) plain=update ;; *) plain=$1 ;; esac
  operation $plain >/tmp/again 2>&1 || { cat /tmp/again; return 1; }
  sane $target
}

survives() { # NAME WHERE
  operation "$1" stop_at kill "$2" >/tmp/killed 2>&1
  killed=$?
  cat /tmp/killed
  # How many steps there are varies by a few, as with the names of files: a number may be behind the last one.
  if [ "$POINTS" = all ] && [ $killed = 0 ]; then
    sane $target
    return
  fi
  [ $killed = 99 ] || { echo "exit status $killed: it did not come so far"; return 1; }
  echo . >>/tmp/$1.killed
  suture status >/tmp/status 2>&1
  case $? in 0 | 10 | 11 | 13) ;; *) cat /tmp/status; return 1 ;; esac
  sutured --once >/tmp/start 2>&1 || { cat /tmp/start; return 1; }
  sane any && again "$1"
}

learn() { # NAME
  if operation "$1" stop_at list >/tmp/$1.out 2>&1; then done=yes; else done=no; fi
  note "$(cat /tmp/$1.out)"
  check_equal "$1, step by step" yes $done
  check "and all is well after it" sane $target
  grep -E '^[0-9]+ ' /tmp/$1.out >/tmp/$1.list
  points /tmp/$1.list >/tmp/$1.points
}
try() { # NAME: killed at the next of its points; when there are none left, left alone
  point=$(sed -n "${round}p" /tmp/$1.points)
  if [ -z "$point" ]; then
    again "$1"
    return
  fi
  left=yes
  check "$1 is killed at $point $(sed -n "s/^$point //p" /tmp/$1.list)" survives "$1" "$point"
}

# Which steps there are depends on what is there: so it is looked at when everything has happened once.
step "steps"
learn first
again upgrade
again revert
learn update
learn upgrade
learn revert

step "kill -9"
left=yes
round=0
while [ $left = yes ]; do
  left=no
  round=$((round + 1))
  try update
  try upgrade
  try revert
  [ "$POINTS" = all ] || continue
  try first
  again revert
done
killed() { # NAME: at nearly all of its points
  points=$(wc -l </tmp/$1.points)
  times=$(wc -l </tmp/$1.killed)
  echo "$1: $(wc -l </tmp/$1.list) steps, $points points, killed $times times"
  [ "$points" -gt 0 ] && [ $((times * 10)) -ge $((points * 9)) ]
}
for name in update upgrade revert; do
  check "the points of $name are hit" killed $name
done
[ "$POINTS" != all ] || check "the points of first are hit" killed first
