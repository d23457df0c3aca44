# SPDX-License-Identifier: Apache-2.0
#
# Read by cpack: packages of one version belong together. `cpack -D CPACK_PACKAGE_VERSION=…` makes another one.
set(same "suture (= ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "${same}, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_WORKSHOP_PACKAGE_DEPENDS "${same}, ${CPACK_SUTURE_BUILD_TOOLS}")
set(CPACK_RPM_AGENT_PACKAGE_REQUIRES "suture = ${CPACK_PACKAGE_VERSION}, systemd")
set(CPACK_RPM_WORKSHOP_PACKAGE_REQUIRES "suture = ${CPACK_PACKAGE_VERSION}, make, patch, bc, xz")
