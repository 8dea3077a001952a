#include "cli/settings_file.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::cli;

BOOST_AUTO_TEST_SUITE(settings_file)

namespace {

// `name=value,value;` of each setting.
std::string read(std::string_view toml) {
    std::string fault, text;
    for (const auto& each : read_settings(toml, fault)) {
        text += each.name + "=";
        for (const auto& value : each.values) text += (&value == each.values.data() ? "" : ",") + value;
        text += ";";
    }
    BOOST_TEST(fault == "");
    return text;
}
std::string fault_of(std::string_view toml) {
    std::string fault;
    read_settings(toml, fault);
    return fault;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_flag_has_its_variable) {
    BOOST_TEST(environment_name("log-format") == "CARREL_LOG_FORMAT");
    BOOST_TEST(environment_name("database") == "CARREL_DATABASE");
}

BOOST_AUTO_TEST_CASE(values_are_those_of_toml) {
    BOOST_TEST(read("readers = 4 # a few\n# all\n") == "readers=4;");
    BOOST_TEST(read("database = \"ev#1.db\" # c") == "database=ev#1.db;");
    BOOST_TEST(read("database = \"c8\\u00e9.db\"") == "database=c8é.db;");
    BOOST_TEST(read("database = 'c8\\u00e9.db'") == "database=c8\\u00e9.db;");
    BOOST_TEST(read("database = \"\"\"\na b.db\"\"\"") == "database=a b.db;");
    BOOST_TEST(read("insecure = true\nreaders = 1_0") == "insecure=true;readers=10;");
}

BOOST_AUTO_TEST_CASE(keys_may_be_written_with_underscores_and_lists_hold_several_values) {
    BOOST_TEST(read("log_format = \"json\"\nallow-host = [\"a\", \"b,c\"]  # two\n") ==
               "allow-host=a,b,c;log-format=json;");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_setting_is_named) {
    BOOST_TEST(fault_of("readers = 4\nreaders = 5\n").starts_with("line 2"));
    BOOST_TEST(fault_of("readers = four").starts_with("line 1"));
    BOOST_TEST(fault_of("[serve]\nreaders = 4").starts_with("'serve'"));
    BOOST_TEST(fault_of("a.b = 4").starts_with("'a'"));
    BOOST_TEST(fault_of("readers = 2026-11-23").starts_with("'readers'"));
    BOOST_TEST(fault_of("readers = []").starts_with("'readers'"));
}

BOOST_AUTO_TEST_CASE(letters_beyond_ascii_belong_into_quotes) {
    BOOST_TEST(fault_of("readers = 4\nreaders\xc6\xab = 4\n").starts_with("line 2: a letter"));
    BOOST_TEST(fault_of("a = 4 \xc3\xa4").starts_with("line 1: a letter"));
    BOOST_TEST(fault_of("a = \"\\\xc3\xa4\"").starts_with("line 1: a letter"));
    BOOST_TEST(fault_of("a = 0b1\",\xc3\xa4").starts_with("line 1: a letter"));
    // What begins as a number is one until it ends, whatever quotes and brackets it holds.
    BOOST_TEST(fault_of("a = 1.<'20z\xc6\xab\n=5\n").starts_with("line 1: a letter"));
    BOOST_TEST(fault_of("a = 20QQ[[\"V:=3\xc6\xab").starts_with("line 1: a letter"));
    BOOST_TEST(fault_of("a = [1,\n 2.'\xc6\xab']").starts_with("line 2: a letter"));
    BOOST_TEST(fault_of("a = { b = 2='\xc6\xab' }").starts_with("line 1: a letter"));
    BOOST_TEST(
        fault_of("\xef\xbb\xbf# \xc3\xa4\na = \"\xc3\xa4\"\nb = '\xc3\xa4\\'\nc = \"\"\"\"\xc3\xa4\n\"\"\"\n").empty());
    BOOST_TEST(fault_of("a = [\n\"\xc3\xa4\", '\xc3\xa4']\nb=\"\xc3\xa4\"#\xc3\xa4\n").empty());
    BOOST_TEST(fault_of("a = { b = [{ c.\"\xc3\xa4\" = '\xc3\xa4' }], d='\xc3\xa4' }").starts_with("'a'"));
    BOOST_TEST(fault_of("\"\xc3\xa4\".'\xc3\xa4' = 1").starts_with("'\xc3\xa4'"));
}

BOOST_AUTO_TEST_SUITE_END()
