# SPDX-License-Identifier: Apache-2.0
#
# The kernel that demo and tests work with: one release of Debian 12's archive, and the version of its packages. When
# the archive no longer has it, `suture target search debian` lists what it has; the fixes in tests/data/fixes are for
# this version.
SUTURE_RELEASE=6.1.0-47-cloud-amd64
SUTURE_VERSION=6.1.170-3
