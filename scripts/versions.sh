# SPDX-License-Identifier: Apache-2.0
#
# The kernel that demo and tests work with: one release of Debian 12's archive, and the version of its packages. When
# the archive no longer has it, `suture target search debian` lists what it has; the fixes in tests/data/fixes are for
# this version.
SUTURE_RELEASE=6.1.0-47-cloud-amd64
SUTURE_VERSION=6.1.170-3
# A later version of the same kernel, for bench/changelog.sh.
SUTURE_UPDATE_VERSION=6.1.192-2
# Kernels of a fleet, each RELEASE=VERSION, for tests/vm/lineages.sh: other flavours of that kernel, and the lineages 5.10,
# 6.12 and 7.2. The last one has the fix arp-ioctl-name, the others do not.
SUTURE_LINEAGES="6.1.0-47-amd64=6.1.170-3 6.1.0-47-rt-amd64=6.1.170-3 5.10.0-46-cloud-amd64=5.10.262-1
  6.12.107+deb13-cloud-amd64=6.12.107-1 7.2.6+deb13-cloud-amd64=7.2.6-1~bpo13+1 7.2.13+deb14-cloud-amd64=7.2.13-1"
