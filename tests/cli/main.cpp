#define BOOST_TEST_MODULE carrel command line
#include <boost/test/unit_test.hpp>
