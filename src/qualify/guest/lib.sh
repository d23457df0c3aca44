# SPDX-License-Identifier: Apache-2.0
#
# What a guest's script has to tell what it found: `. /suture/lib.sh`, then check after check. A failed check does
# not end the script; its end is not the verdict, the checks are.

# One line to the host.
send() {
  echo "$*" >/dev/ttyS1
}

# Lines that belong to the next check or, behind the last one, to none.
note() {
  echo "$*" | sed 's/^/output /' >/dev/ttyS1
}

# A heading: what follows belongs to it.
step() {
  echo "== $*"
  send "step $*"
}

report() { # STATUS SECONDS NAME
  echo "$1: $3"
  send "case $1 $2 $3"
}

seconds() {
  cut -d' ' -f1 /proc/uptime
}

# check NAME COMMAND...: passes when the command does.
check() {
  check_name=$1
  shift
  check_start=$(seconds)
  "$@" >/tmp/check.output 2>&1
  check_status=$?
  sed 's/^/output /' /tmp/check.output >/dev/ttyS1
  check_time=$(echo "$(seconds) $check_start" | awk '{ printf "%.2f", $1 - $2 }')
  if [ $check_status -eq 0 ]; then
    report pass "$check_time" "$check_name"
  else
    cat /tmp/check.output
    note "exit status $check_status: $*"
    report fail "$check_time" "$check_name"
  fi
  return $check_status
}

# check_equal NAME WANTED FOUND
check_equal() {
  if [ "$2" = "$3" ]; then
    report pass 0 "$1"
  else
    note "wanted: $2"
    note "found:  $3"
    report fail 0 "$1"
    return 1
  fi
}

# check_fails NAME CODE COMMAND...: passes when the command fails and says that code.
check_fails() {
  check_name=$1
  check_code=$2
  shift 2
  if "$@" >/tmp/check.output 2>&1; then
    note "it did not fail: $*"
    report fail 0 "$check_name"
    return 1
  fi
  sed 's/^/output /' /tmp/check.output >/dev/ttyS1
  if grep -qF "[$check_code]" /tmp/check.output; then
    report pass 0 "$check_name"
  else
    cat /tmp/check.output
    note "the error is not $check_code"
    report fail 0 "$check_name"
    return 1
  fi
}

# A module that the host put into the guest, with what it depends on.
load_module() {
  while read -r load_path; do
    load_file=${load_path##*/}
    [ -d "/sys/module/${load_file%.ko}" ] || insmod "$load_path" || return 1
  done <"/modules/$1.order"
}

# wait_for SECONDS COMMAND...: until the command passes.
wait_for() {
  wait_left=$1
  shift
  until "$@" >/dev/null 2>&1; do
    wait_left=$((wait_left - 1))
    [ $wait_left -gt 0 ] || return 1
    sleep 1
  done
}

# See suture-guest: workload start|check|suspend|resume|stop FILE
workload() {
  suture-guest workload "$@"
}
