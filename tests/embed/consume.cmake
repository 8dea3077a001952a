# Installs carrel to a private prefix, builds the host project against it, and runs that.
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

must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component carrel_development)
must(${CMAKE_COMMAND} -S ${HOST} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${WORK}/prefix
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_BUILD_TYPE=Release)
must(${CMAKE_COMMAND} --build ${WORK}/build)
must(${WORK}/build/host)
if(NOT output MATCHES "^1 note, commit [1-9][0-9]*\n$")
    message(FATAL_ERROR "the host said: ${output}")
endif()
message(STATUS "the host said: ${output}")
