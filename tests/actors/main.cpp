#define BOOST_TEST_MODULE actors
#include "support/fault_vfs.hpp"

#include <boost/test/unit_test.hpp>

// The VFS must be there before the first connection of the process.
struct install_fault_vfs {
    install_fault_vfs() { carrel::testing::fault_vfs::install(); }
};
BOOST_TEST_GLOBAL_FIXTURE(install_fault_vfs);
