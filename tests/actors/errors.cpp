// Each error has a message, and the portable condition that a host knows it by.
#include "fixture.hpp"

#include <boost/asio/error.hpp>

using namespace carrel;

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(each_value_has_a_message_of_its_own) {
    std::set<std::string> messages;
    int value = 1;
    for (; carrel_category().message(value) != "unknown carrel error"; ++value)
        BOOST_TEST(messages.insert(carrel_category().message(value)).second, value);
    BOOST_TEST(value - 1 >= static_cast<int>(errc::query_cancelled));
    BOOST_TEST(carrel_category().message(0) == "unknown carrel error");
    BOOST_TEST(carrel_category().message(10'000) == "unknown carrel error");
}

BOOST_AUTO_TEST_CASE(errors_compare_equal_to_portable_conditions) {
    namespace portable = boost::system::errc;
    const auto equal = [](errc code, portable::errc_t condition) {
        return make_error_code(code) == portable::make_error_condition(condition);
    };
    BOOST_TEST(equal(errc::cancelled, portable::operation_canceled));
    BOOST_TEST((make_error_code(errc::cancelled).default_error_condition() ==
                error_code(boost::asio::error::operation_aborted).default_error_condition()));
    BOOST_TEST(equal(errc::deadline_exceeded, portable::timed_out));
    BOOST_TEST(equal(errc::overloaded, portable::resource_unavailable_try_again));
    BOOST_TEST(equal(errc::would_deadlock, portable::resource_deadlock_would_occur));
    BOOST_TEST(equal(errc::invalid_option, portable::invalid_argument));
    BOOST_TEST(equal(errc::no_directory, portable::no_such_file_or_directory));
    BOOST_TEST(equal(errc::database_in_use, portable::device_or_resource_busy));
    BOOST_TEST(!equal(errc::stopping, portable::operation_canceled));
    BOOST_TEST(!equal(errc::stopping, portable::success));
    BOOST_TEST((make_error_code(sqlite_errc::full) == portable::make_error_condition(portable::no_space_on_device)));
    BOOST_TEST((make_error_code(sqlite_errc::nomem) == portable::make_error_condition(portable::not_enough_memory)));
    BOOST_TEST(
        (make_error_code(sqlite_errc::constraint_unique).default_error_condition().category() == sqlite_category()));
}

BOOST_AUTO_TEST_SUITE_END()
