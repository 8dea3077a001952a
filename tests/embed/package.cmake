# find_package(carrel), with and without components, and what a component that is not there says.
include(${CMAKE_CURRENT_LIST_DIR}/consume.cmake)
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component carrel_development)
configure(${HOST}/host ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCOMPONENTS=engine)
must(${CMAKE_COMMAND} --build ${WORK}/build)
run_host(${WORK}/build/host)

execute_process(COMMAND ${CMAKE_COMMAND} -S ${HOST}/host -B ${WORK}/unknown -G ${GENERATOR}
        -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCOMPONENTS=siem
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE said)
if(status EQUAL 0 OR NOT said MATCHES "carrel has no component 'siem'")
    message(FATAL_ERROR "an unknown component: ${status}\n${said}")
endif()

# The library's target is built without the server, whose program has the same name.
if(GENERATOR STREQUAL Ninja)
    must(ninja -C ${BUILD} -t commands carrel)
    if(output MATCHES "main\\.cpp|siem" OR NOT output MATCHES "libcarrel\\.a")
        message(FATAL_ERROR "the target carrel runs:\n${output}")
    endif()
endif()
# No checksum is worth a dependency.
file(GLOB_RECURSE installed ${WORK}/prefix/*)
foreach(file IN LISTS installed)
    if(file MATCHES "\\.(cmake|pc)$")
        file(READ ${file} text)
        if(text MATCHES "OpenSSL|libcrypto")
            message(FATAL_ERROR "${file} names OpenSSL")
        endif()
    endif()
endforeach()
