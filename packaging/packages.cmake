# SPDX-License-Identifier: Apache-2.0
#
# `cpack -G DEB` and `cpack -G RPM`. Four packages: `suture` (the commands of a server) and `suture-agent` for each
# server, `suture-build` for patch engineers, `suture-server` for who serves repositories. What a thousand servers
# install is small: what reads compilers' output, archives and tokens is in suture-build, with the libraries it needs.
set(SUTURE_MAINTAINER "Suture maintainers <maintainers@suture.example>" CACHE STRING
    "Who answers for the packages: a name and an address")

set(CPACK_PACKAGE_NAME suture)
set(CPACK_PACKAGE_VENDOR Suture)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${SUTURE_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL commands agent workshop server)
set(CPACK_COMPONENTS_GROUPING IGNORE)
# What depends on the version is said when packages are made, not before.
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/versions.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/package_tree.cmake)
set(CPACK_THREADS 0)

set(CPACK_COMPONENT_COMMANDS_DESCRIPTION "live patching of Linux servers: the commands of a server
Suture patches running kernels: no reboot, no maintenance window, no stopped
service. This package has the commands that tell what is applied, fetch and
apply, and take back. The daemon is in suture-agent; what makes patches is in
suture-build.")
set(CPACK_COMPONENT_AGENT_DESCRIPTION "live patching of Linux servers: the agent
The daemon sutured follows a signed repository of live patches, verifies those
for the running kernel, applies them, and applies them again early after a
reboot. It does nothing until /etc/suture/agent.toml is there.")
set(CPACK_COMPONENT_WORKSHOP_DESCRIPTION "live patching of Linux servers: builds and publishes patches
Turns source fixes into live patches for a distribution's kernels, proves
that they fit the shipped image, tries them in a virtual machine, and
publishes them in signed repositories. Not needed on servers that are to be
patched.")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "live patching of Linux servers: repository and fleet server
Serves a repository of live patches over HTTP, takes the reports of hosts, and
shows the fleet.")

# What the workshop calls. Kernels of other releases are built in roots of their own; gcc-12 is for Debian 12's.
set(build_tools make patch bc xz-utils dpkg-dev)
set(build_more gcc-12 git mmdebstrap bubblewrap qemu-system-x86 busybox-static cpio kmod zstd)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMMANDS_PACKAGE_NAME suture)
set(CPACK_DEBIAN_AGENT_PACKAGE_NAME suture-agent)
set(CPACK_DEBIAN_WORKSHOP_PACKAGE_NAME suture-build)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME suture-server)
set(CPACK_DEBIAN_COMMANDS_PACKAGE_SUGGESTS "suture-agent, suture-build")
set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS ca-certificates)
list(JOIN build_more ", " CPACK_DEBIAN_WORKSHOP_PACKAGE_RECOMMENDS)
set(CPACK_DEBIAN_WORKSHOP_PACKAGE_SUGGESTS rpm)
list(JOIN build_tools ", " SUTURE_BUILD_TOOLS)
set(CPACK_SUTURE_BUILD_TOOLS ${SUTURE_BUILD_TOOLS})
foreach(component agent workshop server)
  string(TOUPPER ${component} upper)
  foreach(script postinst prerm postrm)
    list(APPEND CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/deb/${component}/${script})
  endforeach()
endforeach()

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0 AND GPL-2.0-only")
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Base")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  string(REGEX MATCH "^[^\n]*" CPACK_RPM_${upper}_PACKAGE_SUMMARY "${CPACK_COMPONENT_${upper}_DESCRIPTION}")
endforeach()
set(CPACK_RPM_COMMANDS_PACKAGE_NAME suture)
set(CPACK_RPM_AGENT_PACKAGE_NAME suture-agent)
set(CPACK_RPM_WORKSHOP_PACKAGE_NAME suture-build)
set(CPACK_RPM_SERVER_PACKAGE_NAME suture-server)
# Folders that other packages have.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /usr/lib /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d /usr/libexec /usr/sbin /usr/share/man
    /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man8 /usr/share/doc /usr/share/bash-completion
    /usr/share/bash-completion/completions)
# The same files give the same package.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost suture
%define _build_id_links none")
foreach(component agent workshop server)
  string(TOUPPER ${component} upper)
  set(CPACK_RPM_${upper}_POST_INSTALL_SCRIPT_FILE ${CMAKE_CURRENT_SOURCE_DIR}/rpm/${component}/post)
  set(CPACK_RPM_${upper}_PRE_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_SOURCE_DIR}/rpm/${component}/preun)
  set(CPACK_RPM_${upper}_POST_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_SOURCE_DIR}/rpm/${component}/postun)
endforeach()

include(CPack)
