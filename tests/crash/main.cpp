#define BOOST_TEST_MODULE crash
#include "support/shim_vfs.hpp"

#include <boost/test/unit_test.hpp>

// The VFS must be there before the first connection of the process.
struct install_shim_vfs {
    install_shim_vfs() { carrel::testing::shim_vfs::install(); }
};
BOOST_TEST_GLOBAL_FIXTURE(install_shim_vfs);
