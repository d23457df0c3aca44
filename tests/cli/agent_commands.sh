#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# agent_commands.sh SUTURE: what the commands of a server tell any user of a host without a daemon.
set -eu
suture=$1
[ -r /sys/kernel/notes ] || exit 77 # the running kernel is not to be identified here
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

printf 'repository = "file:///nowhere"\nstate = "%s/state"\nsocket = "%s/socket"\n' "$folder" "$folder" \
  >"$folder/agent.toml"

says() { # STATUSES COMMAND WORD...: it ends with one of these, and says these words
  statuses=$1
  command=$2
  shift 2
  status=0
  "$suture" $command --config "$folder/agent.toml" >"$folder/out" 2>&1 || status=$?
  case " $statuses " in
    *" $status "*) ;;
    *) echo "suture $command ends with $status, not one of $statuses"; cat "$folder/out"; exit 1 ;;
  esac
  for word in "$@"; do
    grep -q -- "$word" "$folder/out" || {
      echo "suture $command does not say '$word', but:"
      cat "$folder/out"
      exit 1
    }
  done
}

# Nothing is applied; or this kernel cannot be patched at all.
says "11 12" status "$(uname -r)" "not running" "never"
says "11 12" "--json status" "\"release\": \"$(uname -r)\"" '"daemon": false' '"level": 0'
says 0 list-cves "no CVE"
says 0 "--json list-cves" '"cves": \[\]'

# What scanners and Prometheus are told; a kernel's changelog may be all that is known.
says "0 1" vex 'openvex.dev/ns\|scanner.no-verdicts'
says "0 1" "vex --format csaf" 'csaf_vex\|scanner.no-verdicts'
says 2 "vex --format cyclonedx" "openvex"
says 2 "vex --namespace here" "no http or https URL"
says 1 oval scanner.no-verdicts
says 0 metrics "suture_level 0" 'suture_state{state="applied"} 0' "suture_kernel_info{release=\"$(uname -r)\""
says 0 "--json metrics" '"level": 0' '"state"'
echo old >"$folder/suture.prom"
says 0 "metrics --textfile $folder/suture.prom"
grep -q "^suture_level 0" "$folder/suture.prom"
[ "$(find "$folder" -name '*.prom*')" = "$folder/suture.prom" ] # nothing is left beside it

says 0 list "had nothing for this kernel"
says 1 "info 7" "no such level"
says 11 "cve CVE-2026-53249" unknown
says 11 "--json cve cve-2026-53249" '"verdict": "unknown"' '"level": null' '"cve": "CVE-2026-53249"'
says 1 "cve CVE-2026" agent.cve-id
says "0 10" "--json cve" '"cves": \['
says 2 "cve CVE-2026-53249 --verdict open" "excludes"
says 0 history "nothing has happened"
says 0 "--json history" '"events": \[\]'
says 0 "history --since 7d" "nothing has happened"
says 1 "history --since soon" "agent.history"
says 0 uname "$(uname -r)"
says 0 "uname -a" "$(uname -s) $(uname -n) $(uname -r) $(uname -v) $(uname -m)"
says 0 "uname -m -r" "$(uname -r) $(uname -m)"
says 0 "--json uname" '"package_version": null' "\"release\": \"$(uname -r)\""
says 0 "config explain" "file:///nowhere" "agent.toml, line 1" "when to install"
says 0 "config get install" default
says 0 "config set install 24h" "install = 24h"
says 0 "config get install" 24h
says 1 "config set install soon" agent.config
says 1 "config set instal 24h" "no such setting"
says 0 "--json config get install" '"value": "24h"' "90-set.toml, line 2"
says 1 "doctor --offline" "$(uname -r)" "not running" root.json
says 1 "--json doctor --offline" '"blocked": true' '"findings"'

echo 'chanel = "stable"' >>"$folder/agent.toml"
if "$suture" status --config "$folder/agent.toml" 2>"$folder/out"; then exit 1; fi
grep -q 'agent.toml, line 4, "chanel"' "$folder/out"

# The log is the journal's, where there is one.
if [ ! -d /run/systemd/system ]; then
  if "$suture" log 2>"$folder/out"; then exit 1; fi
  grep -q agent.no-journal "$folder/out"
fi
