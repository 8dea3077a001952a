# `find_package(carrel)` and `pkg-config carrel` for hosts: the library, its headers and its targets; beside them the
# server if it was built.
include(CMakePackageConfigHelpers)
set(CARREL_BOOST_MINIMUM 1.81)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/carrel)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
# Who links the static library links SQLite, too.
set(CARREL_FIND_SQLITE "find_dependency(SQLite3 3.40)")
set(CARREL_PC_REQUIRES Requires)
if(BUILD_SHARED_LIBS)
    set(CARREL_FIND_SQLITE "")
    set(CARREL_PC_REQUIRES Requires.private)
endif()

install(TARGETS ${carrel_library} EXPORT carrelTargets
    ARCHIVE COMPONENT carrel_development
    LIBRARY COMPONENT carrel_development
    FILE_SET HEADERS COMPONENT carrel_development)
install(EXPORT carrelTargets NAMESPACE carrel:: DESTINATION ${package_dir} COMPONENT carrel_development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/carrelConfig.cmake.in carrelConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(carrelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/carrelConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/carrelConfigVersion.cmake
    DESTINATION ${package_dir} COMPONENT carrel_development)

# Relative to where the file lies, so that the prefix can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} OUTPUT_VARIABLE CARREL_PC_PREFIX)
configure_file(${CMAKE_CURRENT_LIST_DIR}/carrel.pc.in carrel.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/carrel.pc DESTINATION ${pkgconfig_dir} COMPONENT carrel_development)
if(CARREL_BUILD_SERVER)
    install(TARGETS carrel_cli RUNTIME COMPONENT carrel_server)
endif()
