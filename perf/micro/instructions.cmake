# The harness that counts instructions a request. In a file of its own, since perf/compare.py gives it to commits that have
# none (CMAKE_PROJECT_carrel_INCLUDE), before any of their targets exists: hence nothing here asks for one.
add_executable(micro_instructions ${CMAKE_CURRENT_LIST_DIR}/instructions.cpp)
set_target_properties(micro_instructions PROPERTIES CXX_STANDARD 20 CXX_EXTENSIONS OFF)
# The client comes from the harness's own tree, the server from the commit that is measured.
target_include_directories(micro_instructions PRIVATE ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_LIST_DIR}/../../tests)
target_link_libraries(micro_instructions PRIVATE carrel_http carrel_siem carrel)
