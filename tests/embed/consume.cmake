# What the scripts beside this one share: running commands that must succeed, configuring a host, and what it prints.
file(REMOVE_RECURSE ${WORK})
if(SANITIZE)
    string(APPEND FLAGS " -fsanitize=${SANITIZE}")
endif()

function(must)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${ARGN}: ${status}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# Configures the project in `source` as a stranger would; further arguments go to CMake.
function(configure source binary)
    must(${CMAKE_COMMAND} -S ${source} -B ${binary} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
        -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_BUILD_TYPE=Release ${ARGN})
endfunction()

function(run_host program)
    must(${program})
    if(NOT output MATCHES "^1 note, commit [1-9][0-9]*\n$")
        message(FATAL_ERROR "the host said: ${output}")
    endif()
    message(STATUS "the host said: ${output}")
endfunction()
