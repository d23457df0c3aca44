# SPDX-License-Identifier: Apache-2.0
#
# In the virtual machine: the probes of tests/data/probes, compiled to /usr/bin/probe-NAME; who runs them stands in
# their descriptions in /root/probes.
probe() { # NAME
  probe_user=$(sed -n 's/^user = "\(.*\)"/\1/p' "/root/probes/$1/probe.toml")
  su "${probe_user:-nobody}" -s /bin/sh -c "exec probe-$1"
}
