# The engine as a port, from the source tree that this file lies in: vcpkg install carrel --overlay-ports=scripts/packaging/vcpkg
vcpkg_cmake_configure(
    SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.."
    OPTIONS -DCARREL_BUILD_SERVER=OFF -DCARREL_BUILD_TESTS=OFF -DCARREL_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME carrel CONFIG_PATH lib/cmake/carrel)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${CMAKE_CURRENT_LIST_DIR}/../debian/copyright")
