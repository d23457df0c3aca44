# SPDX-License-Identifier: Apache-2.0
#
# On the machine of packages.sh, run at each boot by a unit. /suture/stage counts the boots.
stty -F /dev/ttyS1 raw -echo
# shellcheck source=src/qualify/guest/lib.sh
. /suture/lib.sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin

status_says() { # KEY VALUE
  suture status --json | grep -q "\"$1\": *\"\?$2\"\?"
}
property() { # UNIT NAME
  systemctl show --property "$2" --value "$1"
}
next() { # STAGE COMMAND...
  echo "$1" >/suture/stage
  shift
  sync
  "$@"
  exit
}
hole() { # what an ordinary user may do
  su nobody -s /bin/sh -c /suture/probe-CVE-2026-53249
}
patch=/sys/kernel/livepatch/suture_1
times_patched() { dmesg | grep -c "enabling patch 'suture_1'"; }
earlier() { # MICROSECONDS MICROSECONDS
  note "$1 $2"
  [ "$1" -gt 0 ] && [ "$1" -lt "$2" ]
}
all_is_well() {
  check_equal "no unit failed" "" "$(systemctl --failed --plain --no-legend)"
  check_equal "no unit waits for itself" "" "$(journalctl -b | grep -i 'ordering cycle')"
}

first_boot() {
  step "install"
  check "the packages install" dpkg -i /packages/old/*.deb
  check_equal "both units are enabled" "enabled enabled" "$(systemctl is-enabled sutured suture-boot | paste -s -d' ')"
  check_equal "without a configuration, the daemon does not run" inactive "$(systemctl is-active sutured)"
  check "the user is there" getent passwd _suture
  all_is_well
  cp /suture/agent.toml /suture/root.json /etc/suture/
  check_equal "the hole is open" open "$(hole)"
  check "the daemon starts" systemctl start sutured
  check "it fetches, verifies and applies" wait_for 120 status_says state applied
  check_equal "the hole is closed" closed "$(hole)"
  check_equal "in the kernel" 1 "$(cat $patch/enabled)"
  check "the downloads are nobody's else" test "$(stat -c %U /var/lib/suture/repository)" = _suture
  note "$(journalctl -b -u sutured --no-pager)"
  # From the next boot on, there is no repository.
  mv /srv/repository /srv/away
  next 2 systemctl reboot
}

second_boot() {
  step "reboot"
  check_equal "the level is applied again" 1 "$(cat $patch/enabled)"
  check_equal "the hole is closed" closed "$(hole)"
  check_equal "by the early unit" active "$(systemctl is-active suture-boot)"
  note "$(journalctl -b -u suture-boot --no-pager)"
  done_at=$(property suture-boot ExecMainExitTimestampMonotonic)
  check "before the network" earlier "$done_at" "$(property systemd-networkd ExecMainStartTimestampMonotonic)"
  check "before any service that waits for the basic system" earlier "$done_at" "$(property basic.target ActiveEnterTimestampMonotonic)"
  check "before the daemon" earlier "$done_at" "$(property sutured ExecMainStartTimestampMonotonic)"
  check "which runs" wait_for 60 systemctl is-active sutured
  # That the repository is away is another matter.
  check "and knows" status_says module suture_1
  check_equal "it was applied once" 1 "$(times_patched)"
  all_is_well

  step "upgrade"
  daemon=$(property sutured MainPID)
  early=$(property suture-boot InvocationID)
  since=$(suture status --json | grep changed_at)
  check "newer packages install" dpkg -i /packages/new/*.deb
  check_equal "they are there" "0.1.1-1" "$(dpkg-query -W -f '${Version}' suture-agent)"
  check "the daemon runs" wait_for 60 systemctl is-active sutured
  check "it is another process" test "$daemon" != "$(property sutured MainPID)"
  check_equal "the early unit was left alone" "$early" "$(property suture-boot InvocationID)"
  check_equal "the patch stays in the kernel" 1 "$(cat $patch/enabled)"
  check_equal "it was not applied anew" 1 "$(times_patched)"
  check_equal "the state is the same" "$since" "$(suture status --json | grep changed_at)"
  check "the configuration is the administrator's" cmp /suture/agent.toml /etc/suture/agent.toml

  step "remove"
  check "the package goes" sh -c 'dpkg -r suture-agent >/tmp/removed 2>&1'
  note "$(cat /tmp/removed)"
  check "and says what stays" grep -q 'suture_1 stays in the kernel' /tmp/removed
  check_equal "the daemon is gone" inactive "$(systemctl is-active sutured)"
  check_equal "the hole is still closed" closed "$(hole)"
  check "the state is still there" test -s /var/lib/suture/state.json
  check "installed again" dpkg -i /packages/new/suture-agent_*.deb
  check "the daemon runs again" wait_for 60 systemctl is-active sutured
  check "and goes on where it was" status_says module suture_1
  all_is_well
  echo 3 >/suture/stage
  send "end 0"
  systemctl poweroff
}

third_boot() {
  step "suture.disable"
  check "the daemon runs" wait_for 60 systemctl is-active sutured
  check_equal "nothing is applied" "" "$(ls /sys/kernel/livepatch)"
  check_equal "the early unit was skipped" no "$(property suture-boot ConditionResult)"
  check_fails "the doctor says why" engine.disabled-at-boot suture doctor --offline
  check "no level is suspected" sh -c "suture status --json | tr -d ' \n' | grep -F '\"quarantined\":[]'"

  step "purge"
  check "the packages go" dpkg -P suture-agent suture
  for left in /var/lib/suture /etc/suture /run/suture /usr/sbin/sutured /usr/bin/suture; do
    check "$left is gone" test ! -e $left
  done
  check_equal "no unit is left" "" "$(find /etc/systemd /usr/lib/systemd /var/lib/systemd -name 'suture*' ! -name suture-test.service)"
  check "the user stays" getent passwd _suture
  all_is_well

  step "rpm"
  check "the packages install" rpm -i --nodeps /packages/rpm/*.rpm
  check "the files are there" test -x /usr/sbin/sutured -a -x /usr/bin/suture -a -d /etc/suture
  check_equal "systemd's presets count" "enabled enabled" "$(systemctl is-enabled sutured suture-boot | paste -s -d' ')"
  check "a server's commands work" suture --version
  check "they are erased" rpm -e suture suture-agent
  check_equal "no unit is left" "" "$(find /etc/systemd /usr/lib/systemd -name 'suture*' ! -name suture-test.service)"
  all_is_well
  send "end 0"
  systemctl poweroff
}

case $(cat /suture/stage) in
  1) first_boot ;;
  2) second_boot ;;
  3) third_boot ;;
esac
