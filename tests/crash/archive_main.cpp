#define BOOST_TEST_MODULE archive_power_loss
#include <boost/test/unit_test.hpp>
