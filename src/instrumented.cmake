# The engine once more, with the failpoints of src/sqlite/failpoints.hpp: harnesses must catch its faults, and scripts/bench
# compares with its single connection. Objects, so that they come before the engine that the other libraries bring along.
get_target_property(engine_sources carrel SOURCES)
list(FILTER engine_sources INCLUDE REGEX "\\.cpp$")
add_library(carrel_canaries OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/support/failpoints.cpp)
foreach(source IN LISTS engine_sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR})
    target_sources(carrel_canaries PRIVATE ${source})
endforeach()
target_compile_definitions(carrel_canaries PRIVATE CARREL_FAILPOINTS)
carrel_precompile(carrel_canaries)
carrel_unity(carrel_canaries)
target_include_directories(carrel_canaries PRIVATE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(carrel_canaries PUBLIC Boost::headers Threads::Threads SQLite::SQLite3 PRIVATE carrel_warnings)

if(CARREL_BUILD_SERVER)
    # What has failpoints of the store of events; the rest of it comes from its library, where these must be alone to be left out.
    set(siem_with_failpoints segments/token_filter.cpp siem/event_removal.cpp siem/legal_hold.cpp siem/segment_collector.cpp)
    set_source_files_properties(${siem_with_failpoints} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    add_library(siem_canaries OBJECT EXCLUDE_FROM_ALL ${siem_with_failpoints})
    target_compile_definitions(siem_canaries PRIVATE CARREL_FAILPOINTS)
    target_include_directories(siem_canaries PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(siem_canaries PUBLIC Boost::headers Threads::Threads PRIVATE carrel_warnings)
    add_executable(carrel_canary $<TARGET_OBJECTS:carrel_cli>)
    set_target_properties(carrel_canary PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
    target_link_libraries(carrel_canary PRIVATE siem_canaries carrel_canaries carrel_http carrel_siem carrel
        CLI11::CLI11 spdlog::spdlog ZLIB::ZLIB SQLite::SQLite3)
endif()
