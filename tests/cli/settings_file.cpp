#include "cli/settings_file.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace carrel::cli;

BOOST_AUTO_TEST_SUITE(settings_file_)

BOOST_AUTO_TEST_CASE(a_flag_has_its_variable) {
    BOOST_TEST(environment_name("log-format") == "CARREL_LOG_FORMAT");
    BOOST_TEST(environment_name("database") == "CARREL_DATABASE");
}

BOOST_AUTO_TEST_CASE(a_comment_ends_a_line_but_not_a_string) {
    BOOST_TEST(without_comment("readers = 4 # a few") == "readers = 4 ");
    BOOST_TEST(without_comment("database = \"a#b.db\" # c") == "database = \"a#b.db\" ");
    BOOST_TEST(without_comment("database = 'a#b.db'") == "database = 'a#b.db'");
    BOOST_TEST(without_comment("# all") == "");
}

BOOST_AUTO_TEST_CASE(keys_may_be_written_with_underscores_and_lists_hold_several_values) {
    std::istringstream file("log_format = \"json\"\nallow-host = [\"a\", \"b\"]  # two\n");
    const auto entries = settings_file().from_config(file);
    BOOST_TEST_REQUIRE(entries.size() == 2u);
    BOOST_TEST(entries[0].name == "log-format");
    BOOST_TEST(entries[0].inputs == std::vector<std::string>{"json"}, boost::test_tools::per_element());
    BOOST_TEST(entries[1].inputs == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
