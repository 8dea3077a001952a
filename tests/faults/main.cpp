#define BOOST_TEST_MODULE faults
#include "support/malloc_faults.hpp"
#include "support/shim_vfs.hpp"

#include <boost/test/unit_test.hpp>

// Both must be there before the first use of SQLite in the process.
struct install_faults {
    install_faults() {
        carrel::testing::malloc_faults::install();
        carrel::testing::shim_vfs::install();
    }
};
BOOST_TEST_GLOBAL_FIXTURE(install_faults);
