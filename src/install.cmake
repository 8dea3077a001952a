# `find_package(carrel)` for hosts: the library, its headers and its targets; beside them the server if it was built.
include(CMakePackageConfigHelpers)
set(CARREL_BOOST_MINIMUM 1.81)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/carrel)

install(TARGETS carrel EXPORT carrelTargets
    ARCHIVE COMPONENT carrel_development
    LIBRARY COMPONENT carrel_development
    FILE_SET HEADERS COMPONENT carrel_development)
install(EXPORT carrelTargets NAMESPACE carrel:: DESTINATION ${package_dir} COMPONENT carrel_development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/carrelConfig.cmake.in carrelConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(carrelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/carrelConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/carrelConfigVersion.cmake
    DESTINATION ${package_dir} COMPONENT carrel_development)
if(CARREL_BUILD_SERVER)
    install(TARGETS carrel_cli RUNTIME COMPONENT carrel_server)
endif()
