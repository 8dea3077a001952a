# pkg-config carrel, from a prefix that was moved after the installation.
include(${CMAKE_CURRENT_LIST_DIR}/consume.cmake)
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/made --component carrel_development)
file(RENAME ${WORK}/made ${WORK}/moved)
set(ENV{PKG_CONFIG_PATH} ${WORK}/moved/${LIBDIR}/pkgconfig)
must(pkg-config --cflags --libs carrel)
string(STRIP "${output}" flags)
separate_arguments(arguments UNIX_COMMAND "${FLAGS} ${flags}")
must(${COMPILER} -std=c++20 -O0 ${HOST}/main.cpp -o ${WORK}/host ${arguments})
run_host(${WORK}/host)

# What the headers cannot do without is said at once.
execute_process(COMMAND ${COMPILER} -std=c++20 -fno-exceptions -fsyntax-only -x c++ ${HOST}/main.cpp ${arguments}
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE said)
if(status EQUAL 0 OR NOT said MATCHES "carrel needs exceptions")
    message(FATAL_ERROR "without exceptions: ${status}\n${said}")
endif()
