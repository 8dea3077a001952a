# The component `carrel_system`, what a service needs beside its program, and CPack: the Debian packages `carrel` and
# `libcarrel-dev`. scripts/package makes them from a build whose prefix is /usr.
set(packaging ${CMAKE_CURRENT_LIST_DIR})
set(CARREL_PACKAGE_CONTACT "Maintainers of carrel <carrel@packages.example>" CACHE STRING "Who is asked about a package")

find_package(Python3 3.9 QUIET COMPONENTS Interpreter)
set(described ${PROJECT_BINARY_DIR}/described)
if(Python3_FOUND)
    file(GLOB describing CONFIGURE_DEPENDS ${packaging}/*.py)
    add_custom_command(OUTPUT ${described}/man1/carrel.1.gz
        COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${Python3_EXECUTABLE} ${packaging}/describe.py
            $<TARGET_FILE:carrel_cli> ${described} ${CARREL_PACKAGE_CONTACT}
        DEPENDS carrel_cli ${describing} ${PROJECT_SOURCE_DIR}/docs/operations.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM)
    add_custom_target(carrel_described DEPENDS ${described}/man1/carrel.1.gz)
endif()

# Only when it is asked for by name: its places are the system's, whatever the prefix.
function(install_system)
    install(${ARGN} COMPONENT carrel_system EXCLUDE_FROM_ALL)
endfunction()
install_system(FILES ${packaging}/carrel.service ${packaging}/carrel.socket DESTINATION /lib/systemd/system)
install_system(FILES ${packaging}/carrel.sysusers RENAME carrel.conf DESTINATION /usr/lib/sysusers.d)
install_system(FILES ${packaging}/carrel.toml DESTINATION /etc/carrel)
install_system(DIRECTORY ${described}/man1/ DESTINATION /usr/share/man/man1)
install_system(FILES ${described}/bash/carrel DESTINATION /usr/share/bash-completion/completions)
install_system(FILES ${described}/zsh/_carrel DESTINATION /usr/share/zsh/vendor-completions)
install_system(FILES ${described}/fish/carrel.fish DESTINATION /usr/share/fish/vendor_completions.d)
install_system(DIRECTORY ${described}/doc/ DESTINATION /usr/share/doc/carrel)
install_system(FILES ${packaging}/debian/copyright DESTINATION /usr/share/doc/carrel)
install(DIRECTORY ${described}/doc/ DESTINATION /usr/share/doc/libcarrel-dev COMPONENT carrel_library_documents EXCLUDE_FROM_ALL)
install(FILES ${packaging}/debian/copyright DESTINATION /usr/share/doc/libcarrel-dev COMPONENT carrel_library_documents
    EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME carrel)
set(CPACK_PACKAGE_CONTACT ${CARREL_PACKAGE_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL carrel_server carrel_system carrel_development carrel_library_documents)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME carrel)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION database)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "systemd-standalone-sysusers | systemd-sysusers, tzdata")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "ca-certificates, git")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    "${packaging}/debian/postinst;${packaging}/debian/prerm;${packaging}/debian/postrm;${packaging}/debian/conffiles")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "store and search security events and alerts
A server that keeps events, alerts, rules and indicators in one SQLite file.
One writer commits for everybody, readers answer from snapshots beside it,
and an acknowledged write is on the disk.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcarrel-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libboost1.81-dev, libsqlite3-dev (>= 3.40)")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "one SQLite file behind one writer and many readers
The engine of carrel as a C++20 library: headers, the static library, and
its files for CMake and pkg-config.")

include(CPack)
cpack_add_component_group(server)
cpack_add_component_group(development)
cpack_add_component(carrel_server GROUP server)
cpack_add_component(carrel_system GROUP server)
cpack_add_component(carrel_development GROUP development)
cpack_add_component(carrel_library_documents GROUP development)
