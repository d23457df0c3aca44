# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` does not do, and a package wants: pages are compressed, Debian's packages have a changelog,
# files have one time, the same for all, so that the same files give the same package.
set(epoch $ENV{SOURCE_DATE_EPOCH})
if(NOT epoch)
  string(TIMESTAMP epoch %s UTC)
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
endif()
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)

function(run_or_stop)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB trees ${CPACK_TEMPORARY_DIRECTORY}/*)
foreach(tree ${trees})
  if(CPACK_GENERATOR STREQUAL DEB)
    file(GLOB documents ${tree}/usr/share/doc/*)
    foreach(folder ${documents})
      file(REMOVE ${folder}/LICENSE) # which Debian has in /usr/share/common-licenses
      set(changelog ${folder}/changelog.Debian)
      file(WRITE ${changelog} "suture (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
                              "  * Suture ${CPACK_PACKAGE_VERSION}.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
      run_or_stop(gzip -9nf ${changelog})
      file(GLOB_RECURSE texts ${folder}/*)
      foreach(text ${texts})
        run_or_stop(chmod 0644 ${text})
      endforeach()
    endforeach()
  endif()
  if(CPACK_GENERATOR STREQUAL RPM)
    file(REMOVE_RECURSE ${tree}/usr/share/lintian)
  endif()
  file(GLOB_RECURSE pages ${tree}/usr/share/man/*.[1-8])
  foreach(page ${pages})
    run_or_stop(gzip -9nf ${page})
  endforeach()
  if(EXISTS ${tree}/usr/sbin/sutured)
    # For the administrator's agent.toml.
    file(MAKE_DIRECTORY ${tree}/etc/suture)
  endif()
  run_or_stop(find ${tree} -type d -exec chmod 0755 {} +)
  run_or_stop(find ${tree} -exec touch --no-dereference --date=@${epoch} {} +)
endforeach()
